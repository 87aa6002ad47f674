"""Programs written to break a capture: each is run as it is written and compiled, and must give the same.

A scenario gets `wrap` (nothing, or `torch.compile`) and yields what it sees: results, gradients, Python state, errors.
"""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Callable, Iterator
from typing import Any

import tapegrad as torch

Scenario = Callable[[Any], Iterator[Any]]
SCENARIOS: dict[str, Scenario] = {}
TIMES = 6


def scenario(function: Scenario) -> Scenario:
    """Enter a scenario."""
    SCENARIOS[function.__name__] = function
    return function


def arange(*shape: int, dtype: Any = None, grad: bool = False) -> Any:
    """Numbers that differ from place to place."""
    n = 1
    for size in shape:
        n *= size
    return (
        (torch.arange(n, dtype=dtype or torch.float32).reshape(shape) / 7 - 0.5)
        .to(dtype or torch.float32)
        .requires_grad_(grad)
    )


def caught(call: Callable[[], Any]) -> Any:
    """A result, or the type and first line of an error."""
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error).split("\n")[0].split(". ")[0]


# -- functions of one tensor, called with many kinds of them -----------------------------------------------------------

SIMPLE: dict[str, Callable[[Any], Any]] = {
    "identity": lambda x: x,
    "negated": lambda x: -x,
    "twice_the_same": lambda x: (x * 2, x * 2),
    "result_and_its_view": lambda x: (lambda y: (y, y.reshape(-1)))(x.detach() * 2),
    "nothing": lambda x: None,
    "constants_only": lambda x: torch.ones(2),
    "shape_as_number": lambda x: x.sum() * x.numel(),
    "ndim_branch": lambda x: x + 1 if x.dim() > 1 else x - 1,
    "dtype_branch": lambda x: x * 2 if x.dtype is torch.float64 else x * 3,
    "size_zero_branch": lambda x: x.sum() if x.numel() else torch.tensor(-1.0),
    "nan_made": lambda x: (x - x) / (x - x),
    "inf_made": lambda x: 1 / (x * 0).abs(),
    "sum_of_all": lambda x: x.sum(),
    "mean_of_all": lambda x: x.mean(),
    "flattened": lambda x: x.flatten() * 1.5,
    "transposed_product": lambda x: (x.reshape(-1, 1) @ x.reshape(1, -1)).sum(0),
    "softmax": lambda x: torch.softmax(x.reshape(-1), 0),
    "norm": lambda x: x.norm(),
    "where": lambda x: torch.where(x > 0, x, x * 0.5),
    "clamped": lambda x: x.clamp(-0.2, 0.2),
    "cumsum": lambda x: x.reshape(-1).cumsum(0),
    "sorted": lambda x: x.reshape(-1).sort().values,
    "own_clone_written": lambda x: x.clone().mul_(3).add_(1),
    "own_zeros_filled": lambda x: torch.zeros(3).fill_(2).add_(x.detach().sum()),
    "own_rows_assigned": lambda x: _assigned(x.clone()),
    "stacked": lambda x: torch.stack([x, x * 2]),
    "in_a_dict": lambda x: {"a": x + 1, "b": [x * 2, (x * 3,)]},
    "dtype_changed": lambda x: x.double() * 2,
    "halves": lambda x: x.half() + 1,
    "integers": lambda x: (x * 10).int() // 3,
    "comparison": lambda x: x > 0,
    "any_of": lambda x: (x > 0).any(),
    "detached": lambda x: x.detach() * x,
    "no_grad_inside": lambda x: _without(x) * x,
    "boolean_mask": lambda x: x[x > 0],
    "nonzero": lambda x: x.nonzero(),
    "item_inside": lambda x: x * x.sum().item(),
    "branch_on_value": lambda x: x * 2 if x.sum() > 0 else x * 3,
    "loop_on_value": lambda x: _loop(x),
    "tolist_inside": lambda x: torch.tensor(x.detach().reshape(-1).tolist()) * 2,
    "max_with_place": lambda x: x.reshape(-1).max(0),
    "gradient_inside": lambda x: _gradient_inside(x),
    "unused_work": lambda x: (x.exp().sin(), x * 2)[1],
    "same_input_returned_twice": lambda x: (x, x),
    "dropout_in_eval": lambda x: torch.nn.functional.dropout(x, 0.5, training=False),
    "random_each_time": lambda x: x * torch.rand(2, 3)[0, 0],
    "dropout": lambda x: torch.nn.functional.dropout(x, 0.5),
    "equal_question": lambda x: x + 1 if torch.equal(x, x) else x,
    "view_of_the_input": lambda x: x.detach().reshape(-1)[:2] if x.numel() > 1 else x.detach(),
}


def _assigned(y: Any) -> Any:
    flat = y.reshape(-1)
    if flat.numel() > 1:
        flat[0] = flat[1] * 2
    return y * 1


def _without(x: Any) -> Any:
    with torch.no_grad():
        return x * 2


def _loop(x: Any) -> Any:
    n = 0
    while float(x.detach().abs().sum()) > 1 and n < 5:
        x, n = x / 2, n + 1
    return x


def _gradient_inside(x: Any) -> Any:
    leaf = x.detach().reshape(-1).clone().requires_grad_()
    (g,) = torch.autograd.grad((leaf**3).sum(), leaf)
    return g


INPUTS: dict[str, Callable[[int], Any]] = {
    "plain": lambda i: arange(2, 3) + i,
    "leaf": lambda i: (arange(2, 3) + i).requires_grad_(),
    "with_history": lambda i: (arange(2, 3).requires_grad_()) * (i + 1),
    "no_dimensions": lambda i: torch.tensor(0.5 + i, requires_grad=True),
    "empty": lambda i: torch.zeros(0, requires_grad=True),
    "transposed": lambda i: (arange(3, 2) + i).t(),
    "nan": lambda i: torch.tensor([1.0, float("nan"), -float("inf") + i]),
    "doubles_and_floats": lambda i: arange(2, 3, dtype=torch.float64 if i % 2 else torch.float32),
    "sizes_that_change": lambda i: arange(2, 1 + i % 3),
    "gradient_that_flips": lambda i: arange(2, 3, grad=bool(i % 2)),
}


def simple(function: Any, make: Any) -> Scenario:
    """A function of one tensor, called several times with inputs of a kind, and gone backward through."""

    def run(wrap: Any) -> Iterator[Any]:
        torch.manual_seed(5)
        f = wrap(function)
        for i in range(TIMES):
            x = make(i)
            leaves = [x] if x.requires_grad and x.is_leaf else []
            y = caught(lambda x=x: f(x))
            yield y
            for t in tensors(y):
                if t.requires_grad and t is not x:
                    caught(lambda t=t: t.sum().backward(retain_graph=True))
            for leaf in leaves:
                yield leaf.grad

    return run


def tensors(x: Any) -> list[Any]:
    """The tensors of a result."""
    if isinstance(x, torch.Tensor):
        return [x]
    if isinstance(x, (tuple, list)):
        return [t for part in x for t in tensors(part)]
    return [t for part in x.values() for t in tensors(part)] if isinstance(x, dict) else []


for _name, _function in SIMPLE.items():
    for _kind, _make in INPUTS.items():
        SCENARIOS[f"{_name}-{_kind}"] = simple(_function, _make)


# -- Python state ------------------------------------------------------------------------------------------------------


@scenario
def closure_rebound(wrap: Any) -> Iterator[Any]:
    a = 2.0
    f = wrap(lambda x: x * a)
    for i in range(8):
        a = 2.0 + i // 4
        yield f(arange(3))


@scenario
def closure_of_a_tensor_rebound(wrap: Any) -> Iterator[Any]:
    w = torch.ones(3)
    f = wrap(lambda x: x * w)
    for i in range(8):
        if i == 5:
            w = torch.full((3,), 9.0)
        yield f(arange(3))


@scenario
def closure_of_a_tensor_written_into(wrap: Any) -> Iterator[Any]:
    w = torch.ones(3)
    f = wrap(lambda x: x * w)
    for _ in range(8):
        w += 1
        yield f(arange(3))


@scenario
def closure_of_a_tensor_given_other_data(wrap: Any) -> Iterator[Any]:
    w = torch.ones(3)
    f = wrap(lambda x: x * w)
    for i in range(8):
        w.data = torch.full((3,), float(i))
        yield f(arange(3))


@scenario
def dictionary_changed(wrap: Any) -> Iterator[Any]:
    options = {"scale": 2.0}
    f = wrap(lambda x: x * options["scale"])
    for i in range(8):
        options["scale"] = float(i // 2)
        yield f(arange(3))


@scenario
def dictionary_grown(wrap: Any) -> Iterator[Any]:
    parts = {"a": 1.0}
    f = wrap(lambda x: sum(x * v for v in parts.values()))
    for i in range(8):
        if i == 5:
            parts["b"] = 2.0
        yield f(arange(3))


@scenario
def list_of_tensors_exchanged(wrap: Any) -> Iterator[Any]:
    ws = [torch.ones(3), torch.ones(3) * 2]
    f = wrap(lambda x: x * ws[0] + ws[1])
    for i in range(8):
        if i == 5:
            ws.reverse()
        yield f(arange(3))


@scenario
def list_appended_to(wrap: Any) -> Iterator[Any]:
    log: list[Any] = []

    def step(x: Any) -> Any:
        y = x * 2
        log.append(len(log))
        return y

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))
        yield list(log)


@scenario
def results_kept_in_a_list(wrap: Any) -> Iterator[Any]:
    kept: list[Any] = []

    def step(x: Any) -> Any:
        kept.append(x * 2)
        return x + 1

    f = wrap(step)
    for i in range(TIMES):
        yield f(arange(3) + i)
    yield kept


@scenario
def counter_on_an_object(wrap: Any) -> Iterator[Any]:
    class Holder:
        n = 0

    holder = Holder()

    def step(x: Any) -> Any:
        holder.n += 1
        return x * holder.n

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))
        yield holder.n


@scenario
def nonlocal_counter(wrap: Any) -> Iterator[Any]:
    n = 0

    def step(x: Any) -> Any:
        nonlocal n
        n += 1
        return x * n

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def attribute_of_a_class_changed(wrap: Any) -> Iterator[Any]:
    class Options:
        scale = 1.0

    f = wrap(lambda x: x * Options.scale)
    for i in range(8):
        if i == 5:
            Options.scale = 3.0
        yield f(arange(3))


@scenario
def attribute_that_hides_the_class(wrap: Any) -> Iterator[Any]:
    class Options:
        scale = 1.0

    options = Options()
    f = wrap(lambda x: x * options.scale)
    for i in range(8):
        if i == 5:
            options.scale = 3.0
        yield f(arange(3))


@scenario
def method_replaced(wrap: Any) -> Iterator[Any]:
    class Doer:
        def do(self, x: Any) -> Any:
            return x + 1

    doer = Doer()
    f = wrap(lambda x: doer.do(x))
    for i in range(8):
        if i == 5:
            Doer.do = lambda self, x: x - 1  # type: ignore[method-assign]
        yield f(arange(3))


@scenario
def helper_function_replaced(wrap: Any) -> Iterator[Any]:
    def helper(x: Any) -> Any:
        return x + 1

    f = wrap(lambda x: helper(x))
    for i in range(8):
        if i == 5:

            def helper(x: Any) -> Any:
                return x - 1

        yield f(arange(3))


@scenario
def minus_zero_is_not_zero(wrap: Any) -> Iterator[Any]:
    scale = 0.0
    f = wrap(lambda x: 1 / (x * scale))
    for i in range(8):
        scale = -0.0 if i > 4 else 0.0
        yield f(torch.ones(2))


@scenario
def numbers_that_are_equal_but_of_other_types(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, k: x // k)
    for i in range(9):
        yield f(torch.tensor([7, 8]), (2, 2.0, True)[i % 3])


@scenario
def generator_as_state(wrap: Any) -> Iterator[Any]:
    numbers = iter(range(100))
    f = wrap(lambda x: x * next(numbers))
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def array_of_numpy_changed(wrap: Any) -> Iterator[Any]:
    import numpy as np

    a = np.ones(3, np.float32)
    f = wrap(lambda x: x * torch.from_numpy(a))
    for _ in range(TIMES):
        a += 1
        yield f(arange(3))


@scenario
def python_random_numbers(wrap: Any) -> Iterator[Any]:
    import random

    random.seed(0)
    f = wrap(lambda x: x * random.random())
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def numpy_random_numbers(wrap: Any) -> Iterator[Any]:
    import numpy as np

    np.random.seed(0)
    f = wrap(lambda x: x * float(np.random.rand()))
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def generator_of_numpy(wrap: Any) -> Iterator[Any]:
    import numpy as np

    rng = np.random.default_rng(0)
    f = wrap(lambda x: x * float(rng.standard_normal()))
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def property_that_counts(wrap: Any) -> Iterator[Any]:
    class Counting:
        def __init__(self) -> None:
            self.seen = 0

        @property
        def scale(self) -> int:
            self.seen += 1
            return self.seen

    counting = Counting()
    f = wrap(lambda x: x * counting.scale)
    for _ in range(TIMES):
        yield f(arange(3))


# -- arguments ---------------------------------------------------------------------------------------------------------


@scenario
def number_that_changes(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, k: x * k)
    for i in range(20):
        yield f(arange(3), i)


@scenario
def keyword_and_position(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, scale=1.0, shift=0.0: x * scale + shift)
    for i in range(12):
        yield (f(arange(3)), f(arange(3), 2.0), f(arange(3), shift=1.0), f(arange(3), shift=1.0, scale=3.0))[i % 4]


@scenario
def nested_containers(wrap: Any) -> Iterator[Any]:
    pair = namedtuple("pair", "a b")
    f = wrap(lambda d: {"sum": d["x"][0] + d["x"][1].a, "p": pair(d["x"][1].b, 3)})
    for i in range(TIMES):
        yield f({"x": [arange(3) + i, pair(arange(3), arange(2))]})


@scenario
def lists_of_changing_length(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda xs: sum(xs))
    for i in range(12):
        yield f([arange(3)] * (1 + i % 3))


@scenario
def ordered_dictionary(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda d: OrderedDict((k, v * 2) for k, v in d.items()))
    for i in range(TIMES):
        keys = ("a", "b") if i < 4 else ("b", "a")
        yield f(OrderedDict((k, arange(2) + i) for k in keys))


@scenario
def one_tensor_twice_or_two(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a, b: a * 2 + b)
    for i in range(10):
        x = arange(3, grad=True)
        y = x if i % 2 else arange(3, grad=True)
        z = f(x, y)
        z.sum().backward()
        yield z
        yield x.grad
        yield y.grad


@scenario
def wrong_number_of_arguments(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a, b: a + b)
    for i in range(8):
        yield caught(lambda i=i: f(arange(3)) if i % 2 else f(arange(3), arange(3)))


@scenario
def shapes_that_do_not_fit(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a, b: a + b)
    for i in range(8):
        yield caught(lambda i=i: f(arange(3), arange(4 if i % 2 else 3)))


@scenario
def parameter_as_argument(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, w: (x * w).sum())
    for i in range(TIMES):
        w = torch.nn.Parameter(torch.ones(3) * i)
        f(arange(3), w).backward()
        yield w.grad


@scenario
def subclass_as_argument(wrap: Any) -> Iterator[Any]:
    class Mine(torch.Tensor):
        pass

    f = wrap(lambda x: x * 2)
    for i in range(TIMES):
        x = arange(3).as_subclass(Mine) if i % 2 else arange(3)
        yield type(f(x)).__name__
        yield f(x).as_subclass(torch.Tensor)


@scenario
def object_as_argument(wrap: Any) -> Iterator[Any]:
    class Holder:
        def __init__(self, scale: float) -> None:
            self.scale = scale

    f = wrap(lambda x, h: x * h.scale)
    holder = Holder(2.0)
    for i in range(8):
        if i == 5:
            holder.scale = 7.0
        yield f(arange(3), holder)
    yield f(arange(3), Holder(11.0))


# -- memory ------------------------------------------------------------------------------------------------------------


@scenario
def argument_written_into(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x.add_(1).mul(2))
    for i in range(TIMES):
        x = arange(3) + i
        yield f(x)
        yield x
        yield x._version


@scenario
def view_of_an_argument_written_into(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        x[0].zero_()
        return x.sum()

    f = wrap(step)
    for i in range(TIMES):
        x = arange(2, 3) + i
        yield f(x)
        yield x


@scenario
def arguments_that_share_memory(wrap: Any) -> Iterator[Any]:
    def step(a: Any, b: Any) -> Any:
        before = b * 1
        a.add_(1)
        return before, b * 2

    f = wrap(step)
    for i in range(10):
        memory = arange(4)
        a, b = (memory[:3], memory[1:]) if i % 2 else (memory[:3].clone(), memory[1:])
        yield f(a, b)
        yield memory


@scenario
def argument_that_overlaps_what_is_written_into(wrap: Any) -> Iterator[Any]:
    memory = torch.zeros(5)
    total = memory[:4]

    def step(x: Any) -> Any:
        total.add_(1)
        return total.add_(x)

    f = wrap(step)
    for i in range(10):
        yield caught(lambda i=i: f(memory[1:] if i % 4 == 3 else torch.ones(4)))
        yield memory.clone()


@scenario
def arguments_that_begin_to_overlap(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a, b: a.add_(b))
    for i in range(10):
        memory = arange(5)
        yield caught(lambda i=i, m=memory: f(m[:4], m[1:] if i in (5, 8) else m[1:].clone()))
        yield memory


@scenario
def written_into_after_it_was_read(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        y = x * 2
        x.zero_()
        return y + x

    f = wrap(step)
    for i in range(TIMES):
        x = arange(3) + i
        yield f(x)
        yield x


@scenario
def results_do_not_share_memory_between_calls(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2, torch.zeros(2)))
    kept = [f(arange(3) + i) for i in range(TIMES)]
    for y, z in kept:
        y.add_(1)
        z.add_(1)
    yield kept


@scenario
def leaf_written_into(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x.add_(1))
    for _ in range(TIMES):
        yield caught(lambda: f(arange(3, grad=True)))


@scenario
def argument_with_a_history_written_into(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x.mul_(3))
    for _ in range(TIMES):
        leaf = arange(3, grad=True)
        y = leaf * 2
        z = f(y)
        z.sum().backward()
        yield leaf.grad
        yield y.is_leaf


@scenario
def captured_buffer_written_into(wrap: Any) -> Iterator[Any]:
    total = torch.zeros(3)

    def step(x: Any) -> Any:
        total.add_(x)
        return total * 2

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))
        yield total.clone()


@scenario
def input_written_into_before_the_way_back(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, w: (x * w).sum())
    for i in range(8):
        x, w = arange(3), arange(3, grad=True)
        y = f(x, w)
        if i % 2:
            x.add_(1)
        yield caught(y.backward)
        yield w.grad


@scenario
def expanded_argument(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x * 2 + x.sum())
    for i in range(TIMES):
        yield f((arange(1, 3) + i).expand(4, 3))


@scenario
def view_argument_with_steps(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2).sum(0))
    for i in range(TIMES):
        yield f((arange(6, 4) + i)[::2, 1::2])


@scenario
def result_is_a_view_of_a_captured_tensor(wrap: Any) -> Iterator[Any]:
    table = arange(4, 3)
    f = wrap(lambda x: (x + 1, table[1]))
    for _ in range(TIMES):
        _, row = f(arange(3))
        row += 1
        yield table.clone()


# -- gradients ---------------------------------------------------------------------------------------------------------


@scenario
def gradients_add_up(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)
    f = wrap(lambda x: ((x * w) ** 2).sum())
    for i in range(8):
        f(arange(3) + i).backward()
        yield w.grad


@scenario
def gradients_add_up_inside(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)

    def step(x: Any) -> Any:
        loss = ((x * w) ** 2).sum()
        loss.backward()
        return loss.detach()

    f = wrap(step)
    for i in range(9):
        yield f(arange(3) + i)
        yield w.grad
        if i == 6:
            w.grad = None


@scenario
def gradient_held_by_somebody(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)

    def step(x: Any) -> None:
        w.grad = None
        (x * w).sum().backward()

    f = wrap(step)
    held = []
    for i in range(8):
        f(arange(3) + i)
        held.append(w.grad)
    yield held


@scenario
def gradient_zeroed_in_place(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)
    (w * 1).sum().backward()
    held = w.grad

    def step(x: Any) -> None:
        w.grad.zero_()
        (x * w * w).sum().backward()

    f = wrap(step)
    for i in range(8):
        f(arange(3) + i)
        yield held
        yield w.grad is held


@scenario
def graph_kept_or_not(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x**3).sum())
    for _ in range(TIMES):
        x = arange(3, grad=True)
        y = f(x)
        y.backward(retain_graph=True)
        y.backward()
        yield x.grad
        yield caught(y.backward)


@scenario
def second_derivatives(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x**3 * x.exp()).sum())
    for i in range(TIMES):
        x = (arange(3) + i).requires_grad_()
        (g,) = torch.autograd.grad(f(x), x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x, create_graph=True)
        (k,) = torch.autograd.grad(h.sum(), x)
        yield [g, h, k]


@scenario
def second_derivatives_of_an_argument_with_a_history(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, y: (x * y**2).sum())
    for i in range(TIMES):
        x = (arange(3) + i).requires_grad_()
        z = f(x, x * 2)
        (g,) = torch.autograd.grad(z, x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x)
        yield [g, h]


@scenario
def second_derivatives_with_random_numbers(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(3)
    f = wrap(lambda x: (torch.nn.functional.dropout(x, 0.5) ** 3).sum())
    for _ in range(TIMES):
        x = arange(6, grad=True)
        (g,) = torch.autograd.grad(f(x), x, create_graph=True)
        (h,) = torch.autograd.grad(g.sum(), x)
        yield [g, h, torch.rand(1)]


@scenario
def several_results_one_used(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2, x * 3, x.detach()))
    for i in range(9):
        x = arange(3, grad=True)
        f(x)[i % 2].sum().backward()
        yield x.grad


@scenario
def hook_on_an_argument(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2).sum())
    for _ in range(TIMES):
        x = arange(3, grad=True)
        x.register_hook(lambda g: g * 10)
        f(x).backward()
        yield x.grad


@scenario
def hook_on_a_result(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x * 2)
    for _ in range(TIMES):
        x = arange(3, grad=True)
        y = f(x)
        y.register_hook(lambda g: g * 10)
        y.sum().backward()
        yield x.grad


@scenario
def hook_inside(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        y = x * 2
        y.register_hook(lambda g: g * 10)
        return y.sum()

    f = wrap(step)
    for _ in range(TIMES):
        x = arange(3, grad=True)
        f(x).backward()
        yield x.grad


@scenario
def backward_through_an_argument(wrap: Any) -> Iterator[Any]:
    def step(y: Any) -> Any:
        loss = (y * y).sum()
        loss.backward()
        return loss.detach()

    f = wrap(step)
    for _ in range(TIMES):
        x = arange(3, grad=True)
        yield f(x * 3)
        yield x.grad


@scenario
def grad_mode_around(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: x * 2)
    for i in range(12):
        x = arange(3, grad=True)
        with torch.set_grad_enabled(i % 3 != 0):
            yield f(x).requires_grad
    with torch.inference_mode():
        yield f(arange(3)).is_inference()


@scenario
def grad_mode_inside(wrap: Any) -> Iterator[Any]:
    @torch.no_grad()
    def quiet(x: Any) -> Any:
        return x * 2

    f = wrap(lambda x: quiet(x) + x)
    for _ in range(TIMES):
        x = arange(3, grad=True)
        f(x).sum().backward()
        yield x.grad


@scenario
def requires_grad_of_a_captured_tensor_flips(wrap: Any) -> Iterator[Any]:
    w = arange(3)
    f = wrap(lambda x: x * w)
    for i in range(12):
        w.requires_grad_(i % 6 > 3)
        yield f(arange(3)).requires_grad


@scenario
def requires_grad_set_inside(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        x.requires_grad_()
        return x * 2

    f = wrap(step)
    for _ in range(TIMES):
        x = arange(3)
        yield f(x).requires_grad
        yield x.requires_grad


@scenario
def custom_function_inside(wrap: Any) -> Iterator[Any]:
    class Triple(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * 3

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 30

    f = wrap(lambda x: Triple.apply(x).sum())
    for _ in range(TIMES):
        x = arange(3, grad=True)
        f(x).backward()
        yield x.grad


# -- modes and transforms ----------------------------------------------------------------------------------------------


@scenario
def vmapped(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2).sum())
    for i in range(TIMES):
        yield f(arange(3) + i)
        yield torch.vmap(f)(arange(2, 3))


@scenario
def vmap_inside(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: torch.vmap(lambda row: row * row.sum())(x))
    for i in range(TIMES):
        yield f(arange(2, 3) + i)


@scenario
def transforms_of_it(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x**3).sum())
    for i in range(TIMES):
        x = arange(3) + i
        yield torch.func.grad(f)(x)
        yield torch.func.hessian(f)(x)
        yield torch.func.jvp(f, (x,), (x,))


@scenario
def transforms_inside(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: torch.func.grad(lambda y: (y**3).sum())(x) * 2)
    for i in range(TIMES):
        yield f(arange(3) + i)


@scenario
def autocast_around(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a, b: a @ b)
    for i in range(8):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=i % 4 == 3):
            yield str(f(arange(2, 3), arange(3, 2)).dtype)


@scenario
def default_type_changed(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: torch.zeros(2) + x)
    try:
        for i in range(10):
            torch.set_default_dtype(torch.float64 if i > 5 else torch.float32)
            yield f(torch.ones(2, dtype=torch.float32))
    finally:
        torch.set_default_dtype(torch.float32)


@scenario
def compiled_inside_of_compiled(wrap: Any) -> Iterator[Any]:
    inner = wrap(lambda x: x * 2)
    outer = wrap(lambda x: inner(x) + 1)
    for i in range(8):
        x = (arange(3) + i).requires_grad_()
        y = outer(x)
        y.sum().backward()
        yield y
        yield x.grad


@scenario
def anomaly_mode(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x: (x * 2).sum())
    for i in range(TIMES):
        x = arange(3, grad=True)
        with torch.autograd.set_detect_anomaly(i > 3, check_nan=False):
            f(x).backward()
        yield x.grad


# -- random numbers ----------------------------------------------------------------------------------------------------


@scenario
def same_stream_of_random_numbers(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(1)
    f = wrap(lambda x: x + torch.rand(3) * torch.randn(20)[:3] + torch.randint(5, (3,)))
    for _ in range(TIMES):
        yield f(arange(3))
        yield torch.rand(1)


@scenario
def few_normal_numbers(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(1)
    f = wrap(lambda x: x + torch.randn(3))
    for _ in range(TIMES):
        yield f(arange(3))
        yield torch.randn(1)


@scenario
def own_generator(wrap: Any) -> Iterator[Any]:
    generator = torch.Generator().manual_seed(4)
    f = wrap(lambda x: x * torch.rand(3, generator=generator))
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def seeded_inside(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        torch.manual_seed(7)
        return x * torch.rand(3)

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def filled_with_random_numbers(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(2)
    f = wrap(lambda x: torch.empty(4).normal_() + torch.empty(4).uniform_(-1, 1) + torch.bernoulli(x))
    for _ in range(TIMES):
        yield f(torch.full((4,), 0.5))


@scenario
def permutation_drawn(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(2)
    f = wrap(lambda x: x[torch.randperm(5)])
    for _ in range(TIMES):
        yield f(arange(5))


# -- errors ------------------------------------------------------------------------------------------------------------


@scenario
def index_out_of_range_in_a_later_call(wrap: Any) -> Iterator[Any]:
    table = arange(4, 2)
    f = wrap(lambda i: torch.nn.functional.embedding(i, table))
    for i in range(8):
        yield caught(lambda i=i: f(torch.tensor([0, 9 if i == 5 else 1])))


@scenario
def target_out_of_range_in_a_later_call(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda x, t: torch.nn.functional.cross_entropy(x, t))
    for i in range(8):
        yield caught(lambda i=i: f(arange(2, 3), torch.tensor([0, 5 if i == 5 else 1])))


@scenario
def write_before_an_error(wrap: Any) -> Iterator[Any]:
    total = torch.zeros(2)

    def step(i: Any) -> Any:
        total.add_(1)
        return arange(3)[i]

    f = wrap(step)
    for i in range(8):
        yield caught(lambda i=i: f(torch.tensor([0, 7 if i == 5 else 1])))
        yield total.clone()


@scenario
def random_numbers_before_an_error(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(0)
    f = wrap(lambda i: torch.rand(3)[i])
    for i in range(8):
        yield caught(lambda i=i: f(torch.tensor([0, 7 if i == 5 else 1])))
        yield torch.rand(1)


@scenario
def exception_of_the_function(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        y = x * 2
        raise ValueError("no more")
        return y

    f = wrap(step)
    for _ in range(TIMES):
        yield caught(lambda: f(arange(3)))


@scenario
def exception_caught_inside(wrap: Any) -> Iterator[Any]:
    def step(x: Any) -> Any:
        try:
            return x @ torch.ones(7)
        except RuntimeError:
            return x - 1

    f = wrap(step)
    for _ in range(TIMES):
        yield f(arange(3))


@scenario
def singular_matrix_in_a_later_call(wrap: Any) -> Iterator[Any]:
    f = wrap(lambda a: torch.linalg.inv(a))
    for i in range(8):
        yield caught(lambda i=i: f(torch.zeros(2, 2) if i == 5 else torch.eye(2) * 2))


# -- modules and optimizers --------------------------------------------------------------------------------------------


def _model() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1))


@scenario
def module_in_training_and_not(wrap: Any) -> Iterator[Any]:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5))
    f = wrap(lambda x: model(x))
    for i in range(16):
        model.train(i % 8 < 5)
        yield f(arange(5, 3) + i)
        yield model[1].running_mean.clone()
        yield model[1].num_batches_tracked.clone()


@scenario
def module_with_a_hook_added(wrap: Any) -> Iterator[Any]:
    model = _model()
    f = wrap(lambda x: model(x))
    for i in range(8):
        if i == 5:
            handle = model[0].register_forward_hook(lambda m, args, y: y * 2)
        yield f(arange(2, 3))
    handle.remove()


@scenario
def module_with_a_layer_exchanged(wrap: Any) -> Iterator[Any]:
    model = _model()
    f = wrap(lambda x: model(x))
    for i in range(8):
        if i == 5:
            model[1] = torch.nn.ReLU()
        yield f(arange(2, 3))


@scenario
def module_with_other_weights(wrap: Any) -> Iterator[Any]:
    model = _model()
    f = wrap(lambda x: model(x))
    for i in range(9):
        if i == 5:
            model.load_state_dict({k: v * 2 for k, v in model.state_dict().items()})
        if i == 7:
            model.double().float()
        yield f(arange(2, 3))


def _training(make: Any, zero: dict[str, Any], schedule: bool = False) -> Scenario:
    def run(wrap: Any) -> Iterator[Any]:
        model = _model()
        optimizer = make(model.parameters())
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 4, 0.5) if schedule else None

        def step(x: Any, y: Any) -> Any:
            optimizer.zero_grad(**zero)
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            optimizer.step()
            return loss

        f = wrap(step)
        for i in range(10):
            loss = f(arange(4, 3) + i % 3, arange(4, 1))
            yield loss
            yield loss.requires_grad
            yield caught(loss.backward)
            yield [p.clone() for p in model.parameters()]
            yield [p.grad for p in model.parameters()]
            yield [s.get("step") for s in optimizer.state.values()]
            if scheduler is not None:
                scheduler.step()

    return run


for _name, _make in {
    "sgd": lambda p: torch.optim.SGD(p, 0.1),
    "sgd_momentum": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: torch.optim.Adam(p, 0.01),
    "adam_amsgrad": lambda p: torch.optim.Adam(p, 0.01, amsgrad=True, weight_decay=0.1),
    "adamw": lambda p: torch.optim.AdamW(p, 0.01),
    "rmsprop": lambda p: torch.optim.RMSprop(p, 0.01, momentum=0.5, centered=True),
    "adagrad": lambda p: torch.optim.Adagrad(p, 0.01),
    "adadelta": lambda p: torch.optim.Adadelta(p),
    "adamax": lambda p: torch.optim.Adamax(p),
    "nadam": lambda p: torch.optim.NAdam(p),
    "radam": lambda p: torch.optim.RAdam(p),
    "rprop": lambda p: torch.optim.Rprop(p),
    "asgd": lambda p: torch.optim.ASGD(p),
}.items():
    SCENARIOS[f"training_with_{_name}"] = _training(_make, {})
    SCENARIOS[f"training_with_{_name}_zeroing_in_place"] = _training(_make, {"set_to_none": False})
SCENARIOS["training_with_a_schedule"] = _training(lambda p: torch.optim.SGD(p, 0.1), {}, schedule=True)


@scenario
def gradients_clipped(wrap: Any) -> Iterator[Any]:
    model = _model()
    optimizer = torch.optim.SGD(model.parameters(), 0.1)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        model(x).sum().backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        return norm

    f = wrap(step)
    for i in range(TIMES):
        yield f(arange(4, 3) + i)
        yield [p.clone() for p in model.parameters()]


@scenario
def parameters_updated_by_hand(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)

    def step(x: Any) -> Any:
        loss = ((x * w) ** 2).sum()
        loss.backward()
        with torch.no_grad():
            w.sub_(0.01 * w.grad)
        w.grad = None
        return loss.detach()

    f = wrap(step)
    for i in range(8):
        yield f(arange(3) + i)
        yield w.detach().clone()


@scenario
def parameters_updated_through_data(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)

    def step(x: Any) -> Any:
        loss = ((x * w) ** 2).sum()
        loss.backward()
        w.data -= 0.01 * w.grad.data
        w.grad.data.zero_()
        return loss.detach()

    f = wrap(step)
    for i in range(8):
        yield f(arange(3) + i)
        yield w.detach().clone()


@scenario
def parameters_rebound_through_data(wrap: Any) -> Iterator[Any]:
    w = arange(3, grad=True)

    def step(x: Any) -> Any:
        loss = ((x * w) ** 2).sum()
        (g,) = torch.autograd.grad(loss, w)
        w.data = w.data - 0.01 * g
        return loss.detach()

    f = wrap(step)
    for i in range(8):
        yield f(arange(3) + i)
        yield w.detach().clone()


@scenario
def state_kept_by_rebinding(wrap: Any) -> Iterator[Any]:
    class Cell:
        def __init__(self) -> None:
            self.h = torch.zeros(3)

        def __call__(self, x: Any) -> Any:
            self.h = torch.tanh(self.h + x)
            return self.h

    cell = Cell()
    f = wrap(cell.__call__)
    for i in range(TIMES):
        yield f(arange(3) + i)
        yield cell.h
