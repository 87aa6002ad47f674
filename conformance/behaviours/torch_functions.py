"""Classes with a `__torch_function__` of their own: who is asked, about what, with which arguments."""

from __future__ import annotations

import copy
import functools
from typing import Any


def shown(value: Any) -> Any:
    """A value as text in which no tensor's own repr is asked for."""
    if isinstance(value, (tuple, list)):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {key: shown(item) for key, item in sorted(value.items())}
    if isinstance(value, (int, float, str, bool, type(None))):
        return value
    return type(value).__name__


def logging_class(torch: Any) -> tuple[Any, list[Any]]:
    """A subclass that notes what it is asked about."""
    log: list[Any] = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append((func.__name__, [t.__name__ for t in types], shown(args), shown(kwargs)))
            return super().__torch_function__(func, types, args, kwargs or {})

    return torch.tensor([[1.0, 2.0], [3.0, 4.0]]).as_subclass(Logged), log


def asked(torch: Any, *calls: Any) -> list[Any]:
    x, log = logging_class(torch)
    p = torch.ones(2, 2)
    seen = []
    for call in calls:
        log.clear()
        result = call(x, p)
        seen.append((list(log), shown(result)))
    return seen


def duck(torch: Any, answer: Any = None) -> Any:
    """An object that is no tensor and is asked."""
    _ = torch.overrides  # tapegrad's functions ask objects of classes that it does not know of from then on

    class Duck:
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if answer is not None:
                return answer
            return func.__name__, [t.__name__ for t in types], shown(args), shown(kwargs)

    return Duck()


# -- what is asked -----------------------------------------------------------------------------------------------------


def about_operators(torch):
    return asked(torch, lambda x, p: x + p, lambda x, p: p + x, lambda x, p: x + 1, lambda x, p: 1 + x,
                 lambda x, p: x - p, lambda x, p: p - x, lambda x, p: x * 2, lambda x, p: 2 * x, lambda x, p: x / 2,
                 lambda x, p: x @ p, lambda x, p: p @ x)  # fmt: skip


def about_reflected_operators(torch):
    return asked(torch, lambda x, p: 1 - x, lambda x, p: 1 / x, lambda x, p: 2**x, lambda x, p: 2 // x,
                 lambda x, p: 2 % x)  # fmt: skip


def about_powers_and_quotients(torch):
    return asked(torch, lambda x, p: x**2, lambda x, p: p**x, lambda x, p: x // 2, lambda x, p: x % 2)


def about_comparisons(torch):
    return asked(torch, lambda x, p: x > p, lambda x, p: p > x, lambda x, p: 1 > x, lambda x, p: x == p,
                 lambda x, p: x != 1, lambda x, p: x <= p, lambda x, p: x >= 2)  # fmt: skip


def about_unary_operators(torch):
    return asked(torch, lambda x, p: -x, lambda x, p: +x, lambda x, p: abs(x), lambda x, p: ~(x > 1))


def about_logical_operators(torch):
    return asked(torch, lambda x, p: (x > 1) & (p > 0), lambda x, p: (p > 0) & (x > 1), lambda x, p: True | (x > 1),
                 lambda x, p: (x > 1) ^ (p > 0))  # fmt: skip


def about_in_place_operators(torch):
    def add(x, p):
        x += p
        return x

    def subtract(x, p):
        x -= 1
        return x

    def multiply(x, p):
        p *= x
        return p

    def power(x, p):
        x **= 2
        return x

    return asked(torch, add, subtract, multiply, power)


def about_indexing(torch):
    def write(x, p):
        x[0] = 1.0

    def write_into_plain(x, p):
        p[0] = x[1]

    return asked(torch, lambda x, p: x[0], lambda x, p: p[x.long() % 2], write, write_into_plain)


def about_attributes(torch):
    return asked(torch, lambda x, p: x.shape, lambda x, p: x.dtype, lambda x, p: x.grad, lambda x, p: x.T,
                 lambda x, p: x.data, lambda x, p: x.requires_grad, lambda x, p: x.is_cuda, lambda x, p: x.grad_fn,
                 lambda x, p: x.real, lambda x, p: x.ndim, lambda x, p: x.device)  # fmt: skip


def about_setting_attributes(torch):
    def set_grad(x, p):
        x.grad = p

    def delete_grad(x, p):
        del x.grad

    def set_data(x, p):
        x.data = p

    def set_requires_grad(x, p):
        x.requires_grad = True

    return asked(torch, set_grad, delete_grad, set_data, set_requires_grad)


def about_python_values(torch):
    return asked(torch, lambda x, p: len(x), lambda x, p: x.tolist(), lambda x, p: 1.0 in x, lambda x, p: x.numel(),
                 lambda x, p: x.size(0), lambda x, p: x.numpy().shape)  # fmt: skip


def about_numbers_of_one_element(torch):
    return asked(torch, lambda x, p: float(x[0, 0]), lambda x, p: int(x[0, 0]), lambda x, p: bool(x[0, 0]),
                 lambda x, p: x[0, 0].item())  # fmt: skip


def about_methods(torch):
    return asked(
        torch,
        lambda x, p: x.sum(),
        lambda x, p: x.sum(dim=0, keepdim=True),
        lambda x, p: x.add(p, alpha=2),
        lambda x, p: p.add(x),
        lambda x, p: x.mul_(2),
        lambda x, p: x.t(),
        lambda x, p: x.reshape(4),
    )


def about_methods_that_are_python(torch):
    return asked(torch, lambda x, p: x.split(1), lambda x, p: x.norm(), lambda x, p: x.unique(),
                 lambda x, p: x.register_hook(len) if x.requires_grad else None)  # fmt: skip


def about_aliases_of_methods(torch):
    return asked(torch, lambda x, p: x.clip(0, 1), lambda x, p: x.clamp(0, 1), lambda x, p: x.absolute(),
                 lambda x, p: x.multiply(2), lambda x, p: x.greater(p), lambda x, p: x.neg())  # fmt: skip


def about_functions(torch):
    return asked(
        torch,
        lambda x, p: torch.add(p, x),
        lambda x, p: torch.add(p, other=x, alpha=2),
        lambda x, p: torch.sum(x),
        lambda x, p: torch.where(p > 0, x, p),
        lambda x, p: torch.max(x, 0),
        lambda x, p: torch.zeros_like(x),
        lambda x, p: torch.numel(x),
        lambda x, p: torch.allclose(x, p),
    )


def about_functions_of_sequences(torch):
    return asked(torch, lambda x, p: torch.stack([x, p]), lambda x, p: torch.cat((p, x)),
                 lambda x, p: torch.cat(tensors=[p, x], dim=0))  # fmt: skip


def about_functions_that_are_python(torch):
    return asked(torch, lambda x, p: torch.split(x, 1), lambda x, p: torch.einsum("ij,jk", x, p),
                 lambda x, p: torch.tensordot(x, p, 1), lambda x, p: torch.cdist(x, p), lambda x, p: torch.unique(x),
                 lambda x, p: torch.broadcast_tensors(x, p), lambda x, p: torch.atleast_1d(x))  # fmt: skip


def about_network_functions(torch):
    F = torch.nn.functional
    return asked(
        torch,
        lambda x, p: F.relu(x),
        lambda x, p: F.softmax(x, 0),
        lambda x, p: F.mse_loss(x, p),
        lambda x, p: F.cross_entropy(x, p),
        lambda x, p: F.dropout(x, 0.0),
        lambda x, p: F.linear(p, x),
        lambda x, p: F.pad(x, (1, 1)),
        lambda x, p: F.gelu(x),
        lambda x, p: F.layer_norm(x, (2,)),
    )


def about_autograd(torch):
    def by_grad(x, p):
        x.requires_grad_()
        return torch.autograd.grad((x * x).sum(), x)

    def by_backward(x, p):
        torch.autograd.backward((x * x).sum())

    return asked(torch, by_grad, by_backward, lambda x, p: (x * x).sum().backward(retain_graph=True))


def about_out(torch):
    return asked(torch, lambda x, p: torch.add(p, p, out=x), lambda x, p: torch.sum(p, 0, out=x[0].clone()))


def not_about_making_tensors(torch):
    return asked(
        torch,
        lambda x, p: torch.as_tensor(x),
        lambda x, p: torch.tensor(x),
        lambda x, p: torch.is_tensor(x),
        lambda x, p: isinstance(x, torch.Tensor),
        lambda x, p: hash(x) == id(x),
        lambda x, p: x.__dict__,
    )


def about_copies(torch):
    return asked(torch, lambda x, p: x.clone(), lambda x, p: x.detach(), lambda x, p: copy.copy(x),
                 lambda x, p: x.to(torch.float64), lambda x, p: x.cpu())  # fmt: skip


def about_repr(torch):
    return asked(torch, lambda x, p: repr(x))


def about_a_parameter_of_it(torch):
    return asked(torch, lambda x, p: torch.nn.Parameter(x))


# -- func --------------------------------------------------------------------------------------------------------------


def func_is_what_was_called(torch):
    found = []

    class Seen(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            found.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2).as_subclass(Seen)
    F, T = torch.nn.functional, torch.Tensor
    torch.add(x, 1), x.add(1), x + 1, torch.mean(x), F.relu(x), x[0], x.sum(), -x, len(x), x.split(1), 1 - x
    expected = [torch.add, T.add, T.add, torch.mean, F.relu, T.__getitem__, T.sum, T.neg, T.__len__, T.split]
    expected += [T.__rsub__]
    return [a is b for a, b in zip(found, expected, strict=True)]


def func_of_an_attribute(torch):
    found = []

    class Seen(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            found.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2).as_subclass(Seen)
    [x.shape, x.grad, x.T].clear()
    T = torch.Tensor
    equal = [a == b for a, b in zip(found, (T.shape.__get__, T.grad.__get__, T.T.__get__), strict=True)]
    return equal, {T.shape.__get__: 1}[found[0]], [f.__name__ for f in found]


def methods_and_functions_are_two(torch):
    T = torch.Tensor
    return T.add is torch.add, T.clip is T.clamp, T.__neg__ is T.neg, T.__add__ is T.add, T.multiply is T.mul


def a_table_of_handlers(torch):
    handled = {}

    def implements(function):
        def register(handler):
            functools.update_wrapper(handler, function)
            handled[function] = handler
            return handler

        return register

    @implements(torch.mean)
    def mean(input, *args):
        return "the mean"

    @implements(torch.Tensor.add)
    def add(input, other):
        return "the sum"

    class Handled(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func in handled:
                return handled[func](*args, **(kwargs or {}))
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2).as_subclass(Handled)
    return torch.mean(x), x + 1, x.add(2), type(torch.add(x, 1)).__name__, x.mean().tolist(), mean.__name__


def functions_imported_before(torch):
    add, mean, relu = torch.add, torch.mean, torch.nn.functional.relu
    x, log = logging_class(torch)
    add(x, 1), mean(x), relu(x)
    return [name for name, *_ in log]


def methods_called_through_tensor(torch):
    return asked(
        torch,
        lambda x, p: torch.Tensor.add(p, x),
        lambda x, p: torch.Tensor.sum(x),
        lambda x, p: torch.Tensor.shape.__get__(x),
        lambda x, p: torch.Tensor.__add__(x, p),
    )


# -- order and answers -------------------------------------------------------------------------------------------------


def family(torch: Any, *answers: bool) -> tuple[Any, ...]:
    """Objects of three related classes that note being asked and do not answer unless told to."""
    log: list[str] = []

    def handler(name, answer):
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append(f"{name} of {[t.__name__ for t in types]}")
            return name if answer else NotImplemented

        return classmethod(__torch_function__)

    names = ("A", "B", "C")
    flags = answers or (False, False, False)
    A = type("A", (torch.Tensor,), {"__torch_function__": handler("A", flags[0])})
    B = type("B", (A,), {"__torch_function__": handler("B", flags[1])})
    C = type("C", (torch.Tensor,), {"__torch_function__": handler("C", flags[2])})
    assert names == (A.__name__, B.__name__, C.__name__)
    return (*[torch.ones(2).as_subclass(cls) for cls in (A, B, C)], log)


def subclasses_are_asked_first(torch):
    a, b, c, log = family(torch, True, False, False)
    return torch.where(a, b, c), torch.where(c, a, b), torch.cat([a, c, b, a]), log


def left_comes_first(torch):
    a, b, c, log = family(torch, True, True, True)
    return torch.add(a, c), torch.add(c, a), torch.add(a, b), a + c, c + a, c.add(b), log


def each_class_is_asked_once(torch):
    a, b, c, log = family(torch, False, False, True)
    return torch.cat([a, a, b, b, c]), log


def nobody_answers_a_function(torch):
    a, b = family(torch)[:2]
    return torch.add(a, b)


def nobody_answers_a_method(torch):
    a, _, c, _ = family(torch)
    return a.add(c)


def nobody_answers_a_python_function(torch):
    a = family(torch)[0]
    return torch.nn.functional.relu(a)


def nobody_answers_a_loss(torch):
    a = family(torch)[0]
    return torch.nn.functional.mse_loss(a, torch.ones(2))


def nobody_answers_a_method_that_is_python(torch):
    a = family(torch)[0]
    return a.split(1)


def nobody_answers_an_attribute(torch):
    a = family(torch)[0]
    return a.shape


def nobody_answers_an_operator(torch):
    a = family(torch)[0]
    return a + 1


def nobody_answers_a_power(torch):
    a = family(torch)[0]
    return a**2


def nobody_answers_a_sign(torch):
    a = family(torch)[0]
    return -a


def nobody_answers_a_comparison(torch):
    a = family(torch)[0]
    return a > 1


def nobody_answers_an_equality(torch):
    a = family(torch)[0]
    return a == 1, a != 1


def nobody_answers_len(torch):
    a = family(torch)[0]
    return len(a)


def the_other_operand_may_try(torch):
    a = family(torch)[0]

    class Other:
        def __radd__(self, other):
            return "reflected"

    return a + Other(), torch.ones(2) + Other()


def type_errors_of_a_handler(torch):
    class Refusing(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise TypeError("I refuse.")

    x = torch.ones(2).as_subclass(Refusing)
    seen = []
    for call in (lambda: x.add(1), lambda: x + 1, lambda: torch.add(x, 1)):
        try:
            call()
        except TypeError as error:
            seen.append(str(error))
    return seen


def other_errors_of_a_handler(torch):
    class Refusing(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            raise KeyError(func.__name__)

    return torch.ones(2).as_subclass(Refusing) + 1


def plain_method_as_handler(torch):
    class Old(torch.Tensor):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            return "old"

    return torch.add(torch.ones(2).as_subclass(Old), 1)


def anything_may_be_answered(torch):
    class Odd(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return {"func": func.__name__}

    x = torch.ones(2).as_subclass(Odd)
    return x + 1, x.shape, torch.stack([x]), x.sum(dim=0)


def no_default_answer_for_other_types(torch):
    class Length(torch.Tensor):
        pass

    kwargs: dict[str, Any] = {}
    return (Length.__torch_function__(torch.add, (Length, int), (torch.ones(1), 1), kwargs),
            type(Length.__torch_function__(torch.add, (Length,), (torch.ones(1), 1), kwargs)).__name__,
            type(torch.Tensor.__torch_function__(torch.add, (), (torch.ones(1), 1))).__name__)  # fmt: skip


def arguments_unwrapped_by_the_handler(torch):
    class Wrapped(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            args = [a.as_subclass(torch.Tensor) if isinstance(a, Wrapped) else a for a in args]
            return func(*args, **(kwargs or {}))

    x = torch.ones(2).as_subclass(Wrapped)
    return [type(y).__name__ for y in (x + 1, x.sum(), x.reshape(2, 1), torch.nn.functional.relu(x))]


# -- switched off ------------------------------------------------------------------------------------------------------


def disabled_for_a_class(torch):
    class Quiet(torch.Tensor):
        __torch_function__ = torch._C._disabled_torch_function_impl

    x = torch.ones(2).as_subclass(Quiet)
    return [type(y).__name__ for y in (x + 1, torch.add(x, x), x[0], x.detach(), x.add_(1))], repr(x)


def disabled_in_a_block(torch):
    x, log = logging_class(torch)
    with torch._C.DisableTorchFunctionSubclass():
        y, enabled = x + 1, torch._C._is_torch_function_enabled()
    return type(y).__name__, enabled, len(log), type(x + 1).__name__, torch._C._is_torch_function_enabled()


def disabled_in_nested_blocks(torch):
    x, log = logging_class(torch)
    with torch._C.DisableTorchFunction():
        with torch._C.DisableTorchFunctionSubclass():
            pass
        y = x + 1
    return type(y).__name__, len(log)


def disabled_until_an_exception(torch):
    x = logging_class(torch)[0]
    try:
        with torch._C.DisableTorchFunctionSubclass():
            raise ValueError
    except ValueError:
        pass
    return type(x + 1).__name__


def parameters_are_not_asked(torch):
    p = torch.nn.Parameter(torch.ones(2))
    return torch.overrides.has_torch_function((p,)), type(p * 2).__name__, torch.overrides.is_tensor_like(p)


def subclass_of_parameter_that_is_asked(torch):
    log = []

    class Weight(torch.nn.Parameter):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs or {})

    w = Weight(torch.ones(2, 2))
    y = torch.nn.functional.linear(torch.ones(1, 2), w)
    return type(y).__name__, type(w + 1).__name__, log, repr(w)


# -- what is no tensor -------------------------------------------------------------------------------------------------


def ducks_in_functions(torch):
    d, p = duck(torch), torch.ones(2)
    return (torch.add(d, 1), torch.add(p, d), torch.add(1, d), torch.mean(d, dim=0), torch.where(d, 1, 2),
            torch.sum(input=d), torch.clamp(p, d), torch.zeros_like(d), torch.matmul(p, d))  # fmt: skip


def ducks_in_sequences(torch):
    d, p = duck(torch), torch.ones(2)
    return torch.cat([d, d], 0), torch.cat((p, d)), torch.stack([d]), torch.block_diag(d), torch.broadcast_tensors(p, d)


def ducks_in_operators(torch):
    d, p = duck(torch), torch.ones(2)
    return p + d, d + p, p @ d, p > d, p * d, p / d, p[d], p - d


def ducks_in_network_functions(torch):
    F, d, p = torch.nn.functional, duck(torch), torch.ones(2)
    return F.relu(d), F.linear(d, p), F.embedding(d, p), F.dropout(d), F.cross_entropy(d, p), F.conv2d(d, d)


def ducks_in_modules(torch):
    d = duck(torch, "answered")
    return torch.nn.ReLU()(d), torch.nn.Linear(2, 2)(d), torch.nn.MSELoss()(d, torch.ones(2))


def ducks_as_out(torch):
    return torch.add(torch.ones(2), torch.ones(2), out=duck(torch))


def ducks_are_no_tensors(torch):
    d = duck(torch)
    return torch.is_tensor(d), isinstance(d, torch.Tensor), torch.overrides.is_tensor_like(d)


def tensor_of_a_duck(torch):
    return torch.tensor(duck(torch))


def ducks_that_do_not_answer(torch):
    return torch.add(torch.ones(2), duck(torch, NotImplemented))


def ducks_that_do_not_answer_in_a_sum(torch):
    return torch.ones(2) + duck(torch, NotImplemented)


def ducks_that_do_not_answer_in_an_equality(torch):
    return torch.ones(2) == duck(torch, NotImplemented)


def ducks_with_operators_of_their_own(torch):
    _ = torch.overrides

    class Duck:
        def __add__(self, other):
            return "duck + "

        def __radd__(self, other):
            return "+ duck"

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    return Duck() + torch.ones(2), torch.ones(2) + Duck()


def metadata_beside_a_tensor(torch):
    _ = torch.overrides

    class MetadataTensor:
        def __init__(self, data, metadata=None, **kwargs):
            self._t = torch.as_tensor(data, **kwargs)
            self._metadata = metadata

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            metadatas = tuple(a._metadata for a in args if hasattr(a, "_metadata"))
            args = [getattr(a, "_t", a) for a in args]
            assert len(metadatas) > 0
            return MetadataTensor(func(*args, **(kwargs or {})), metadata=metadatas[0])

    m, t = MetadataTensor([[1, 2], [3, 4]], metadata={"owner": "me"}), torch.tensor([[1, 2], [1, 2]])
    added, product = torch.add(t, m), torch.mul(t, m)
    return added._t, added._metadata, product._t, torch.add(m, m)._t


def multiples_of_the_identity(torch):
    """A type with a table of functions, which falls back on tensors for those it lacks."""
    handled = {}
    _ = torch.overrides

    class Multiple:
        def __init__(self, n, value):
            self.n, self.value = n, value

        def dense(self):
            return self.value * torch.eye(self.n)

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            if func not in handled or not all(issubclass(t, (torch.Tensor, Multiple)) for t in types):
                return NotImplemented
            return handled[func](*args, **(kwargs or {}))

    def implements(function):
        def register(handler):
            functools.update_wrapper(handler, function)
            handled[function] = handler
            return handler

        return register

    @implements(torch.mean)
    def mean(input):
        return float(input.value) / input.n

    @implements(torch.add)
    def add(input, other):
        if isinstance(input, Multiple) and isinstance(other, Multiple):
            return input.n, input.value + other.value
        return torch.add(*[x.dense() if isinstance(x, Multiple) else torch.as_tensor(x) for x in (input, other)])

    m = Multiple(2, 3)
    seen = [torch.mean(m), torch.add(m, m), torch.add(m, torch.ones(2, 2)), torch.add(torch.ones(2, 2), m)]
    for call in (lambda: torch.mul(m, 3), lambda: m + torch.ones(2, 2), lambda: torch.ones(2, 2) - m):
        try:
            seen.append(call())
        except TypeError as error:
            seen.append(str(error).split(";")[0])
    return seen


def nothing_to_ask(torch):
    class Plain:
        pass

    return torch.add(Plain(), 1)
