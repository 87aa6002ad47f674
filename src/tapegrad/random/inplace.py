"""Tensor's methods that overwrite a tensor with draws: `uniform_`, `normal_`, `random_`, `bernoulli_` and others.

Elements are written in the order of memory. What was in the tensor before has no influence any more, so its gradient is
zero; a leaf that requires a gradient refuses, as with every in-place write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..autograd.views import before_write, check_write, wrote
from ..ops.op import Op
from ..tensor.tensor import Tensor, new_tensor
from . import continuous, discrete, layout
from .arguments import (
    c_name,
    floats,
    int_argument,
    is_float,
    is_floating,
    is_int,
    is_real,
    no_such_call,
    not_implemented,
    scalar_name,
    stream_for,
)
from .mapped import mapped
from .ranges import draw_integers, draw_integers_of_type, largest_float
from .records import of_one, of_two
from .stream import Stream

Array = np.ndarray[Any, Any]


def overwrite(t: Tensor, op: Op, draw: Callable[[Array], Array], *sources: Tensor) -> Tensor:
    """Fill a tensor in place with `draw(its array)`, values in the order of memory; record it as `op(t, *sources)`.

    Raises:
        RuntimeError: autograd cannot follow the write, or elements of `t` share memory.
    """
    check_write(t)
    array = t._data
    layout.check_no_overlap(array)
    if array.size:
        values = draw(array)
        tracked = t._flags or any(source._flags for source in sources)
        was = before_write(t, keep=False) if tracked else t
        layout.write(array, values)
    else:
        draw(array)
        tracked = False
    if not tracked:
        wrote(t)
        return t
    result = new_tensor(array)
    op.record(result, was, *sources)
    wrote(t, result)
    return t


# -- draws with float parameters -------------------------------------------------------------------------------------
# Each checks its parameters and the element type, then fills an array: see `_filler`.


def _uniform(stream: Stream, array: Array, low: float, high: float) -> Array:
    """Overwrite with uniform numbers from [from, to), by default [0, 1).

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(2).uniform_(-1, 1)
    tensor([-0.0075,  0.5364])
    """
    kind = array.dtype
    part = np.empty(0, kind).real.dtype if kind.kind == "c" else kind
    if not is_floating(part):
        raise not_implemented("check_uniform_bounds", kind)
    top = largest_float(part)
    for name, bound in (("from", low), ("to", high)):
        if not -top <= bound <= top:
            raise RuntimeError(f"{name} is out of bounds for {c_name(part)}; the largest value is {top:g}")
    if low > high:
        raise RuntimeError(f"uniform_ expects to return a [from, to) range, but found from={low:g} > to={high:g}")
    if high - low > top:
        raise RuntimeError(
            f"uniform_ expects to-from <= std::numeric_limits<{scalar_name(part)}>::max(), but found to={high:g} and"
            f" from={low:g} which result in to-from to exceed the limit"
        )
    return continuous.uniform(stream, (array.size,), kind, low, high)


def _normal(stream: Stream, array: Array, mean: float, std: float) -> Array:
    """Overwrite with normal numbers of the given mean (0) and standard deviation (1).

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(2).normal_(10, 2)
    tensor([13.0820,  9.4131])
    """
    if not std >= 0.0:
        raise RuntimeError(f"normal expects std >= 0.0, but found std {std:g}")
    if array.size and array.dtype.kind != "c" and not is_floating(array.dtype):
        raise not_implemented("normal_kernel_cpu", array.dtype)
    contiguous = bool(array.flags.c_contiguous)
    return continuous.normal(stream, (array.size,), array.dtype, mean, std, contiguous=contiguous)


def _log_normal(stream: Stream, array: Array, mean: float, std: float) -> Array:
    """Overwrite with exp of normal numbers, whose mean (1) and standard deviation (2) are given."""
    if not std > 0.0:
        raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std:g}")
    if array.size and not is_floating(array.dtype):
        raise not_implemented("log_normal_cpu", array.dtype)
    return continuous.log_normal(stream, (array.size,), array.dtype, mean, std)


def _exponential(stream: Stream, array: Array, lambd: float) -> Array:
    """Overwrite with exponential numbers of rate `lambd` (1), that is of mean 1 / lambd."""
    if not lambd > 0.0:
        raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd:g}")
    if array.size and not is_floating(array.dtype):
        raise RuntimeError(
            "Exponential distribution is a continuous probability distribution. dtype must be a floating point but you"
            f" specified {scalar_name(array.dtype)}"
        )
    return continuous.exponential(stream, (array.size,), array.dtype, lambd)


def _cauchy(stream: Stream, array: Array, median: float, sigma: float) -> Array:
    """Overwrite with Cauchy numbers of the given median (0) and half width at half maximum (1)."""
    if not sigma > 0.0:
        raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma:g}")
    if not is_floating(array.dtype):
        raise RuntimeError(
            "Cauchy distribution is a continuous probability distribution. dtype must be a floating point but you"
            f" specified {c_name(array.dtype)}"
        )
    return continuous.cauchy(stream, (array.size,), array.dtype, median, sigma)


def _geometric(stream: Stream, array: Array, p: float) -> Array:
    """Overwrite with the number of trials until the first success of probability `p`."""
    if not 0.0 < p < 1.0:
        raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p:g}")
    if array.size and (not is_real(array.dtype) or array.dtype.kind == "b"):
        raise not_implemented("geometric_cpu", array.dtype)
    return discrete.geometric(stream, (array.size,), array.dtype, p)


def _filler(name: str, node: str, parameters: Mapping[str, float | None], fill: Callable[..., Array]) -> Any:
    """The method `t.name(*parameters, generator=None)`; a parameter without a default has None."""
    op = of_one(name, node)

    def method(self: Tensor, *args: Any, generator: Any = None, **keywords: Any) -> Tensor:
        values = floats(name, parameters, args, keywords)
        stream = stream_for(name, generator)
        return overwrite(self, op, lambda array: fill(stream, array, *values))

    method.__name__ = method.__qualname__ = name
    method.__doc__ = fill.__doc__
    return mapped("in place")(method)


uniform_ = _filler("uniform_", "UniformBackward0", {"from": 0.0, "to": 1.0}, _uniform)
normal_ = _filler("normal_", "NormalBackward0", {"mean": 0.0, "std": 1.0}, _normal)
log_normal_ = _filler("log_normal_", "LogNormalBackward0", {"mean": 1.0, "std": 2.0}, _log_normal)
exponential_ = _filler("exponential_", "ExponentialBackward0", {"lambd": 1.0}, _exponential)
cauchy_ = _filler("cauchy_", "CauchyBackward0", {"median": 0.0, "sigma": 1.0}, _cauchy)
geometric_ = _filler("geometric_", "GeometricBackward0", {"p": None}, _geometric)


# -- integers and Bernoulli numbers ----------------------------------------------------------------------------------

_RANDOM = {count: of_one("random_", f"RandomBackward{2 - count}" if count else "RandomBackward2") for count in (0, 1)}
_RANDOM[2] = of_one("random_", "RandomBackward0")


@mapped("in place")
def random_(self: Tensor, *args: Any, generator: Any = None, **keywords: Any) -> Tensor:
    """Overwrite with whole numbers: `random_()`, `random_(to)` or `random_(from, to)`; `to` itself is not drawn.

    Without bounds, numbers go from 0 to the largest that the type holds exactly; `to` may be None for the same.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(4).random_(1, 7)
    tensor([3., 4., 6., 1.])
    """
    bounds = _random_bounds(args, keywords)
    stream = stream_for("random_", generator, args)
    if not bounds:
        draw: Callable[[Array], Array] = lambda a: draw_integers_of_type(stream, (a.size,), a.dtype)
    else:
        low, high = (0, bounds[0]) if len(bounds) == 1 else bounds
        assert low is not None
        draw = lambda a: draw_integers(stream, (a.size,), a.dtype, low, high)
    return overwrite(self, _RANDOM[len(bounds)], draw)


def _random_bounds(args: tuple[Any, ...], keywords: Mapping[str, Any]) -> tuple[int | None, ...]:
    """(), (to,) or (from, to), where `to` may be None in the last form."""
    if len(args) > 2:
        raise TypeError(f"random_() takes 2 positional arguments but {len(args)} were given")
    names = ("from", "to")
    left = names[len(args) :] if len(args) != 1 or keywords else ()
    given = dict(zip(names, args, strict=False)) | dict(keywords)
    if set(keywords) - set(left) or (len(given) == 1 and len(args) == 0 and "to" not in given):
        raise no_such_call("random_", args, keywords)
    bounds = (args[0],) if len(given) == 1 and args else tuple(given[name] for name in names if name in given)
    fits = [is_int(bound) for bound in bounds]
    if fits == [True, False] and bounds[1] is None:
        return (int_argument("random_", "from", 1, bounds[0]), None)
    if not all(fits):
        raise no_such_call("random_", args, keywords)
    return tuple(int_argument("random_", "to", i + 1, bound) for i, bound in enumerate(bounds))


_BERNOULLI_SCALAR = of_one("bernoulli_", "BernoulliBackward2")
_BERNOULLI_TENSOR = of_two("bernoulli_", "BernoulliBackward1")


@mapped("in place")
def bernoulli_(self: Tensor, *args: Any, generator: Any = None, **keywords: Any) -> Tensor:
    """Overwrite with 1 at probability `p`, else 0; `p` is a number (0.5) or a tensor that expands to this one's shape.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.zeros(6).bernoulli_(0.5)
    tensor([0., 0., 1., 0., 0., 0.])
    """
    if len(args) > 1 or set(keywords) - {"p"} or (args and keywords):
        raise no_such_call("bernoulli_", args, keywords)
    p = args[0] if args else keywords.get("p", 0.5)
    stream = stream_for("bernoulli_", generator, args)
    if isinstance(p, Tensor):
        return overwrite(self, _BERNOULLI_TENSOR, lambda a: draw_bernoulli_like(stream, a, p._data), p)
    if not is_float(p):
        raise no_such_call("bernoulli_", args, keywords)
    return overwrite(self, _BERNOULLI_SCALAR, lambda a: draw_bernoulli(stream, (a.size,), a.dtype, float(p)))


def draw_bernoulli(stream: Stream, shape: tuple[int, ...], kind: np.dtype[Any], p: float) -> Array:
    """1 with probability `p`, else 0, after checking both `p` and the element type."""
    if not 0.0 <= p <= 1.0:
        raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p:g}")
    if not is_real(kind):
        raise not_implemented("bernoulli_scalar_cpu_", kind)
    return discrete.bernoulli(stream, shape, kind, p)


def draw_bernoulli_like(stream: Stream, array: Array, p: Array) -> Array:
    """Values for the elements of `array`, in the order of memory: 1 with the probabilities in `p`, else 0."""
    if not array.size:
        return array
    if not is_real(array.dtype):
        raise not_implemented("bernoulli_tensor_cpu_self_", array.dtype)
    try:
        p = np.broadcast_to(p, array.shape)
    except ValueError:
        raise _cannot_expand(p, array.shape) from None
    if not is_floating(p.dtype):
        raise not_implemented("bernoulli_tensor_cpu_p_", p.dtype)
    if not ((p >= 0) & (p <= 1)).all():
        raise RuntimeError(
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false. Found: a probability outside of [0, 1]; if the"
            " tensor holds scores, write torch.bernoulli(torch.sigmoid(x))."
        )
    ordered = p.transpose(layout.memory_order(array))
    return discrete.bernoulli(stream, ordered.shape, array.dtype, ordered)


def _cannot_expand(p: Array, shape: tuple[int, ...]) -> RuntimeError:
    if p.ndim > len(shape):
        return RuntimeError(
            f"expand(torch.{scalar_name(p.dtype)}Tensor{{{list(p.shape)}}}, size={list(shape)}): the number of sizes"
            f" provided ({len(shape)}) must be greater or equal to the number of dimensions in the tensor ({p.ndim})"
        )
    skip = len(shape) - p.ndim
    at = next(i for i in range(p.ndim) if p.shape[i] not in (1, shape[skip + i]))
    return RuntimeError(
        f"The expanded size of the tensor ({shape[skip + at]}) must match the existing size ({p.shape[at]}) at"
        f" non-singleton dimension {skip + at}.  Target sizes: {list(shape)}.  Tensor sizes: {list(p.shape)}"
    )


METHODS = {
    "bernoulli_": bernoulli_,
    "cauchy_": cauchy_,
    "exponential_": exponential_,
    "geometric_": geometric_,
    "log_normal_": log_normal_,
    "normal_": normal_,
    "random_": random_,
    "uniform_": uniform_,
}
