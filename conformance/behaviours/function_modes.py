"""Modes, which are asked about every function, and what else `torch.overrides` has."""

from __future__ import annotations

import inspect
import threading
from typing import Any, ClassVar


def spy(torch: Any, log: list[Any], name: str = "spy", answer: Any = None) -> Any:
    """A mode that notes what it is asked about, and goes on."""

    class Spy(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append((name, func.__name__, [t.__name__ for t in types]))
            return func(*args, **(kwargs or {})) if answer is None else answer

    return Spy()


def sees_functions(torch):
    log = []
    p = torch.ones(2, 2)
    with spy(torch, log):
        y = torch.add(p, 1), p.sum(), p + 1, p[0], p.shape, torch.nn.functional.relu(p), torch.einsum("ij->i", p)
    return log, y[0], type(y[1]).__name__


def sees_functions_that_make_tensors(torch):
    log = []
    with spy(torch, log):
        torch.zeros(2), torch.ones(2), torch.tensor([1.0]), torch.arange(3), torch.randn(2), torch.empty(1)
        torch.as_tensor([1.0]), torch.full((1,), 2.0), torch.eye(2), torch.linspace(0, 1, 3), torch.randperm(3)
    return log


def does_not_see(torch):
    log = []
    p = torch.ones(2)
    with spy(torch, log):
        torch.is_tensor(p), torch.is_grad_enabled(), torch.manual_seed(0), torch.broadcast_shapes((1,), (2,))
        torch.get_default_dtype(), hash(p), isinstance(p, torch.Tensor), torch.Size([1]), torch.nn.Parameter(p)
    return log


def answers(torch):
    with spy(torch, [], answer=3):
        return torch.add(torch.ones(1), 1), torch.zeros(2)


def nested_modes(torch):
    log = []
    with spy(torch, log, "outer"), spy(torch, log, "inner"):
        torch.zeros(2).sum(dim=0)
    return log


def the_same_mode_twice(torch):
    log = []
    mode = spy(torch, log)
    with mode, mode:
        torch.zeros(2)
    return log


def a_mode_does_not_see_its_own_calls(torch):
    log = []

    class Doubling(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            return torch.mul(func(*args, **(kwargs or {})), 2)

    with Doubling():
        y = torch.ones(2)
    return y, log


def a_mode_that_enters_itself_again(torch):
    log = []

    class Deep(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            if func is torch.add:
                with self:
                    return torch.mul(*args)
            return func(*args, **(kwargs or {}))

    with Deep():
        torch.add(torch.ones(1), 1)
    return log


def a_mode_is_asked_before_classes(torch):
    log = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            log.append(("class", func.__name__, [t.__name__ for t in types]))
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2).as_subclass(Logged)
    with spy(torch, log):
        y = torch.add(x, 1)
    return log, type(y).__name__


def a_mode_that_does_not_answer_leaves_it_to_classes(torch):
    class Length(torch.Tensor):
        pass

    x = torch.ones(2).as_subclass(Length)
    with spy(torch, [], answer=NotImplemented):
        return type(torch.add(x, 1)).__name__


def a_mode_that_does_not_answer(torch):
    with spy(torch, [], answer=NotImplemented):
        return torch.add(torch.ones(1), 1)


def a_mode_that_does_not_answer_a_network_function(torch):
    p = torch.ones(1)
    with spy(torch, [], answer=NotImplemented):
        try:
            torch.nn.functional.relu(p)
        except TypeError as error:
            return str(error).partition(" nor ")[0]


def a_mode_that_does_not_answer_an_operator(torch):
    p = torch.ones(1)
    with spy(torch, [], answer=NotImplemented):
        return p + 1


def a_mode_without_a_handler(torch):
    class Unfinished(torch.overrides.TorchFunctionMode):
        pass

    with Unfinished():
        return torch.add(torch.ones(1), 1)


def the_mode_that_changes_nothing(torch):
    with torch.overrides.BaseTorchFunctionMode():
        return torch.add(torch.ones(2), 1), torch.zeros(2).shape


def a_mode_leaves_after_an_exception(torch):
    log = []
    try:
        with spy(torch, log):
            raise ValueError
    except ValueError:
        pass
    torch.zeros(2)
    return log, torch.overrides._get_current_function_mode_stack()


def an_exception_in_a_mode(torch):
    class Failing(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            raise KeyError(func.__name__)

    mode = Failing()
    with mode:
        try:
            torch.zeros(2)
        except KeyError as error:
            return str(error), torch.overrides._get_current_function_mode() is mode


def modes_switched_off(torch):
    log = []
    with spy(torch, log):
        with torch._C.DisableTorchFunction():
            torch.zeros(2)
        with torch._C.DisableTorchFunctionSubclass():
            torch.ones(2)
    return log


def modes_belong_to_a_thread(torch):
    log = []
    with spy(torch, log):
        thread = threading.Thread(target=lambda: torch.zeros(2))
        thread.start()
        thread.join()
    return log


def the_current_mode(torch):
    outer, inner = spy(torch, []), spy(torch, [])
    overrides = torch.overrides
    seen = [overrides._get_current_function_mode() is None]
    with outer as entered, inner:
        seen += [entered is outer, overrides._get_current_function_mode() is inner]
        seen += [overrides._get_current_function_mode_stack() == [outer, inner]]
    return seen


def push(torch):
    class Mode(torch.overrides.TorchFunctionMode):
        def __init__(self, n):
            self.n = n

    return Mode.push(3).n


def gradients_under_a_mode(torch):
    log = []
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with spy(torch, log):
        (x * x).sum().backward()
    return [name for _, name, _ in log], x.grad


def a_module_under_a_mode(torch):
    log = []
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    with spy(torch, log):
        model(torch.ones(1, 2))
    return [name for _, name, _ in log]


# -- functions of the user's own ---------------------------------------------------------------------------------------


def has_torch_function(torch):
    class Length(torch.Tensor):
        pass

    x, p, has = torch.ones(1).as_subclass(Length), torch.ones(1), torch.overrides.has_torch_function
    with torch._C.DisableTorchFunctionSubclass():
        off = has((x,))
    with torch.overrides.BaseTorchFunctionMode():
        mode = has((p,))
    return has((p, x)), has([p]), has((1, "a", None)), has(()), off, mode, has((p, [x]))


def has_torch_function_of_a_number(torch):
    return torch.overrides.has_torch_function(3)


def has_torch_function_other_forms(torch):
    class Length(torch.Tensor):
        pass

    x, p, o = torch.ones(1).as_subclass(Length), torch.ones(1), torch.overrides
    return [o.has_torch_function_unary(x), o.has_torch_function_unary(p), o.has_torch_function_variadic(p, x),
            o.has_torch_function_variadic(p, p)]  # fmt: skip


def handle_torch_function(torch):
    def double(a, scale=1):
        if torch.overrides.has_torch_function((a,)):
            return torch.overrides.handle_torch_function(double, (a,), a, scale=scale)
        return a * 2 * scale

    class Named(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func.__name__, [t.__name__ for t in types], len(args), kwargs

    return double(torch.ones(1)), double(torch.ones(1).as_subclass(Named)), double(torch.ones(1).as_subclass(Named), 3)


def handle_torch_function_in_order(torch):
    class Base(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return cls.__name__, [t.__name__ for t in types]

    class Derived(Base):
        pass

    a, b, p = torch.ones(1).as_subclass(Base), torch.ones(1).as_subclass(Derived), torch.ones(1)
    handle = torch.overrides.handle_torch_function
    return handle(torch.add, (p, a, b), a, b), handle(torch.add, (a, p), a)


def handle_torch_function_with_nobody(torch):
    def double(a):
        return a

    try:
        torch.overrides.handle_torch_function(double, (), 1)
    except TypeError as error:
        return str(error).partition("' on ")[2]


def wrap_torch_function(torch):
    @torch.overrides.wrap_torch_function(lambda a, b=None: (a, b))
    def both(a, b=None):
        """Both."""
        return a, b

    class Named(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return func is both, func.__name__, func.__doc__, kwargs

    return both(1), both(torch.ones(1)), both(1, b=torch.ones(1).as_subclass(Named))


def redispatch(torch):
    class Logged(torch.Tensor):
        log: ClassVar[list[str]] = []

        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            cls.log.append(func.__name__)
            return torch.overrides.redispatch_function(func, types, args, kwargs)

    def scaled(a, b):
        if torch.overrides.has_torch_function((a, b)):
            return torch.overrides.handle_torch_function(scaled, (a, b), a, b)
        return a * b + 1

    x, y = torch.tensor([3.0]).as_subclass(Logged), torch.tensor([4.0]).as_subclass(Logged)
    z = scaled(x, y)
    return Logged.log, type(z).__name__, z.tolist()


def redispatch_in_a_mode(torch):
    log = []

    class Logging(torch.overrides.TorchFunctionMode):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            log.append(func.__name__)
            with self:
                return torch.overrides.redispatch_function(func, types, args, kwargs)

    def scaled(a, b):
        if torch.overrides.has_torch_function((a, b)):
            return torch.overrides.handle_torch_function(scaled, (a, b), a, b)
        return a * b + 1

    a, b = torch.tensor([3.0]), torch.tensor([4.0])
    with Logging():
        z = scaled(a, b)
    return log, z


def torch_function_enabled_again(torch):
    class Length(torch.Tensor):
        pass

    x = torch.ones(1).as_subclass(Length)
    with torch._C.DisableTorchFunctionSubclass():
        with torch.overrides._enable_torch_function():
            inside = type(x + 1).__name__
        after = type(x + 1).__name__
    return inside, after


def is_tensor_like(torch):
    class Stand:
        def __torch_function__(self):
            pass

    like = torch.overrides.is_tensor_like
    return like(torch.ones(1)), like(torch.nn.Parameter(torch.ones(1))), like(1), like(None), like(Stand()), like([1])


# -- lists -------------------------------------------------------------------------------------------------------------


def names_of_functions(torch):
    T, name = torch.Tensor, torch.overrides.resolve_name
    functions = [torch.add, T.add, T.shape.__get__, torch.nn.functional.relu, torch.linalg.norm, T.__rsub__]
    functions += [torch.split, T.grad.__set__, torch.nn.functional.softmax, torch.sum, T.sum, torch.zeros]
    functions += [torch.fft.fft, print, T.T.__get__]
    return [name(f) for f in functions]


def methods_and_properties(torch):
    T, of_tensor = torch.Tensor, torch.overrides.is_tensor_method_or_property
    functions = [T.add, torch.add, T.shape.__get__, T.__add__, T.__rsub__, torch.nn.functional.relu, T.grad.__set__]
    return [of_tensor(f) for f in functions]


def overridable_functions(torch):
    found = torch.overrides.get_overridable_functions()
    T = torch.Tensor
    F = torch.nn.functional
    return [torch.add in found[torch], T.add in found[T], T.shape.__get__ in found[T.shape], F.relu in found[F],
            torch.zeros in found[torch], torch.linalg.norm in found[torch.linalg], torch.add in found[T],
            T.__hash__ in found[T]]  # fmt: skip


def ignored_functions(torch):
    ignored, T = torch.overrides.get_ignored_functions(), torch.Tensor
    # Not manual_seed: torch._dynamo, once imported by anything, replaces it.
    functions = [torch.zeros, torch.tensor, torch.add, T.add, torch.is_tensor, torch.initial_seed, T.as_subclass]
    functions += [T.__hash__]
    return [f in ignored for f in functions]


def overrides_for_tests(torch):
    table = torch.overrides.get_testing_overrides()
    found = [table[torch.add], table[torch.Tensor.dim], table[torch.nn.functional.relu]]
    names = [list(inspect.signature(f).parameters) for f in found]
    return names[1:], names[0][:2], found[0](1, 2), found[1](1), found[2](1, inplace=True), torch.zeros in table


def functions_whose_results_stay(torch):
    stay, T = torch.overrides.get_default_nowrap_functions(), torch.Tensor
    return [f in stay for f in (T._base.__get__, T.grad.__get__, T.data.__get__, T.shape.__get__)]


def every_overridable_method_asks(torch):
    """Each method of Tensor without arguments, and each attribute, asks the class of the tensor."""
    names = """abs all amax any argsort bool ceil clone contiguous cos count_nonzero cpu data_ptr detach diag dim double
        element_size exp float floor half int is_complex is_contiguous is_floating_point isnan item log long
        max mean median min neg nonzero numel numpy prod ravel reciprocal relu round rsqrt sigmoid sign sin size sort
        sqrt square squeeze std storage_offset stride sum t tan tanh tolist tril triu trunc unbind unique var zero_
        shape dtype device layout grad grad_fn requires_grad is_leaf data T mT H real ndim is_cuda is_sparse
        name""".split()

    class Asked(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func, types, args=(), kwargs=None):
            return ("asked", func.__name__, len(args), kwargs)

    x = torch.ones(2, 2).as_subclass(Asked)
    seen = []
    for name in names:
        member = getattr(x, name)
        seen.append((name, member if isinstance(member, tuple) else member()))
    return seen
