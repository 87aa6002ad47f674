"""What `gradcheck` does: Jacobians by backward passes beside Jacobians by finite differences.

A Jacobian is an array of one row per element of the input and one column per element of the output.  A complex output
counts as two real ones, its real and its imaginary part.  For a real output y and a complex input a + ib, the entry is
dy/da + i dy/db, which is torch's convention for gradients.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..tensor.dtypes import Array
from ..tensor.tensor import Tensor, new_tensor
from .forward_ad import dual_level, make_dual, unpack_dual
from .function import CustomNode
from .gradcheck import GradcheckError
from .node import Port
from .passes import edge_of, grad

Outputs = tuple[Tensor, ...]
# Takes the tensors that are checked, which are among the arguments, and returns the outputs.
Function = Callable[..., Any]


def as_tuple(x: Any) -> tuple[Any, ...]:
    """What was given or returned, as a tuple."""
    return tuple(x) if isinstance(x, (tuple, list)) else (x,)


class Check:
    """One call of `gradcheck`."""

    def __init__(
        self,
        func: Function,
        inputs: Any,
        *,
        eps: float,
        atol: float,
        rtol: float,
        nondet_tol: float,
        undefined: bool,
        dtypes: bool,
        batched: bool,
        batched_forward: bool,
        forward: bool,
        backward: bool,
        fast: bool,
    ) -> None:
        self.func, self.args = func, as_tuple(inputs)
        self.eps, self.atol, self.rtol, self.nondet_tol = eps, atol, rtol, nondet_tol
        self.undefined, self.dtypes, self.batched = undefined, dtypes, batched
        self.batched_forward = batched_forward
        self.forward, self.backward, self.fast = forward, backward, fast

    def run(self) -> bool:
        """Make all checks.

        Raises:
            GradcheckError: one of them failed.
            ValueError: there is nothing to check.
        """
        check_inputs(self.args)
        self.inputs = [x for x in self.args if isinstance(x, Tensor) and x.requires_grad]
        self.outputs = self._outputs()
        if not self.outputs:
            return self._expect_zero()
        any_complex = any(y.is_complex() for y in self.outputs)
        for part in ("imaginary", "real") if any_complex else (None,):
            whole = self._outputs()
            ys = [(i, _part(y, part)) for i, y in enumerate(whole) if part != "imaginary" or y.is_complex()]
            prefix = "" if part is None else f"While considering the {part} part of complex outputs only, "
            if self.backward:
                self._compare(ys, part, prefix, "Jacobian mismatch", lambda i, y, v=None: self._pulled(y, v))
            if self.forward:
                says = "Jacobian computed with forward mode mismatch"
                self._compare(ys, part, prefix, says, lambda i, y, v=None, part=part: self._pushed(i, part, v))
        if self.backward:
            self._check_multiplied()
            if self.undefined:
                check_undefined(self.outputs)
            if self.batched:
                self._check_batched()
        if self.batched_forward:
            self._check_batched_forward()
        return True

    def _outputs(self) -> Outputs:
        return tuple(y for y in as_tuple(self.func(*self.args)) if y.requires_grad)

    # -- the comparison ------------------------------------------------------------------------------------------------

    def _compare(self, ys: list[tuple[int, Tensor]], part: str | None, prefix: str, says: str, analytical: Any) -> None:
        numerical = [_numerical(lambda: self._values(part), x, self.eps) for x in self.inputs] if not self.fast else []
        for i, y in ys:
            if self.fast:
                self._compare_fast(i, y, part, prefix + says, analytical)
                continue
            for j, found in enumerate(analytical(i, y)):
                expected = numerical[j][i]
                if not self._close(found, expected):
                    raise GradcheckError(f"{prefix}{says}{_beside(i, j, expected, found)}")

    def _compare_fast(self, i: int, y: Tensor, part: str | None, says: str, analytical: Any) -> None:
        """Compare one combination of the entries of each Jacobian, by random weights."""
        weights = [_weights(x) for x in self.inputs]
        v = _unit(y.numel())
        for j, (found, x) in enumerate(zip(analytical(i, y, v), self.inputs, strict=True)):
            expected = _numerical_along(lambda: self._values(part), x, weights[j], self.eps)[i] @ v
            got = _weighted(found[:, 0], weights[j])
            bound = self.atol * float(np.sum(np.abs(weights[j]))) * float(np.sum(v))
            if not np.allclose(got, expected, rtol=self.rtol, atol=bound, equal_nan=False):
                slow = _numerical(lambda: self._values(part), x, self.eps)[i]
                exact = analytical(i, y)[j]
                raise GradcheckError(
                    f"{says} for output {i} with respect to input {j},\nnumerical:{expected}\nanalytical:{got}\n\n"
                    "These are the Jacobians times random vectors (fast mode). The whole Jacobians:\n\n"
                    f"Numerical:\n {new_tensor(slow)}\nAnalytical:\n{new_tensor(exact)}\n\n"
                    f"The max per-element difference (slow mode) is: {np.max(np.abs(slow - exact), initial=0)}.\n"
                )

    def _values(self, part: str | None) -> list[Array]:
        return [_part(y, part)._data.copy() for y in self._outputs()]

    def _close(self, found: Array, expected: Array) -> bool:
        return bool(np.allclose(found, expected, rtol=self.rtol, atol=self.atol))

    def _pulled(self, y: Tensor, v: Array | None = None) -> list[Array]:
        """The Jacobians of an output by backward passes; or, given a vector, their products with it."""
        cotangents = np.eye(y.numel()) if v is None else v[None]
        first, second = ([np.zeros((x.numel(), len(cotangents)), x._data.dtype) for x in self.inputs] for _ in "ab")
        for k, cotangent in enumerate(cotangents):
            for jacobians in (first, second):
                for j, g in enumerate(self._gradients(y, cotangent)):
                    if g is not None:
                        self._check_kind(g, self.inputs[j])
                        jacobians[j][:, k] = g._data.reshape(-1)
        for a, b in zip(first, second, strict=True):
            if np.max(np.abs(a - b), initial=0) > self.nondet_tol:
                raise GradcheckError(
                    "Backward is not reentrant, i.e., running backward with same input and grad_output multiple times"
                    " gives different values, although analytical gradient matches numerical gradient.The tolerance for"
                    f" nondeterminism was {self.nondet_tol}.\n\nPass nondet_tol=… if such a difference is meant."
                )
        return first

    def _gradients(self, y: Tensor, cotangent: Array) -> tuple[Any, ...]:
        v = new_tensor(cotangent.reshape(y._data.shape).astype(y._data.dtype))
        return grad(y, self.inputs, v, retain_graph=True, allow_unused=True)

    def _check_kind(self, g: Tensor, x: Tensor) -> None:
        if self.dtypes and g.dtype is not x.dtype:
            raise GradcheckError("Gradient has dtype mismatch")
        if g.shape != x.shape:
            raise GradcheckError("Analytical gradient has incorrect size")

    def _pushed(self, i: int, part: str | None, v: Array | None = None) -> list[Array]:
        """The Jacobians of output i by forward mode; or, given a vector, their products with it."""
        found = []
        for x in self.inputs:
            rows = [self._along(x, direction, i, part) for direction in _directions(x)]
            if x.is_complex():
                across = [self._along(x, direction * 1j, i, part) for direction in _directions(x)]
                rows = [a + 1j * b for a, b in zip(rows, across, strict=True)]
            y = self.outputs[i]
            jacobian = np.array(rows, x._data.dtype).reshape(x.numel(), y.numel())
            found.append(jacobian if v is None else jacobian @ v[:, None])
        return found

    def _along(self, x: Tensor, direction: Array, i: int, part: str | None) -> Array:
        """The derivative of output i along a direction of one input."""
        return self._tangent(x, new_tensor(direction), i, part)._data.reshape(-1)

    def _tangent(self, x: Tensor, direction: Tensor, i: int, part: str | None) -> Tensor:
        with dual_level():
            dual = make_dual(x, direction)
            ys = [y for y in as_tuple(self.func(*[dual if a is x else a for a in self.args])) if y.requires_grad]
            tangent = unpack_dual(ys[i]).tangent
            return new_tensor(np.zeros_like(_part(ys[i], part)._data)) if tangent is None else _part(tangent, part)

    # -- further checks ------------------------------------------------------------------------------------------------

    def _expect_zero(self) -> bool:
        """No output requires a gradient: then no input may matter."""
        for x in self.inputs:
            for jacobian in _numerical(lambda: [y._data.copy() for y in as_tuple(self.func(*self.args))], x, self.eps):
                if not np.allclose(jacobian, 0, rtol=self.rtol, atol=self.atol):
                    raise GradcheckError("Numerical gradient for function expected to be zero")
        return True

    def _check_multiplied(self) -> None:
        """A cotangent of zeros must give gradients of zeros."""
        zeros = [new_tensor(np.zeros_like(y._data)) for y in self.outputs]
        for g in grad(self.outputs, self.inputs, zeros, retain_graph=True, allow_unused=True):
            if g is not None and np.any(g._data != 0):
                raise GradcheckError("backward not multiplied by grad_output")

    def _check_batched(self) -> None:
        for y in self.outputs:
            rng = np.random.default_rng(0)
            batch = new_tensor(rng.standard_normal((3, *y._data.shape)).astype(y._data.dtype))
            together = grad(y, self.inputs, batch, retain_graph=True, allow_unused=True, is_grads_batched=True)
            one_by_one = [grad(y, self.inputs, v, retain_graph=True, allow_unused=True) for v in batch]
            for j, g in enumerate(together):
                expected = np.stack([row[j]._data for row in one_by_one]) if g is not None else None
                if g is not None and not self._close(g._data, expected):  # type: ignore[arg-type]
                    raise GradcheckError(
                        "While computing batched gradients, got: values that differ from those computed one by one\n\n"
                        f"For input {j}:\nbatched:{g}\none by one:{new_tensor(expected)}\n"  # type: ignore[arg-type]
                    )

    def _check_batched_forward(self) -> None:
        from ..func.vmap import vmap

        for j, x in enumerate(self.inputs):
            rng = np.random.default_rng(0)
            batch = new_tensor(rng.standard_normal((3, *x._data.shape)).astype(x._data.dtype))
            for i in range(len(self.outputs)):
                together = vmap(lambda direction, i=i, x=x: self._tangent(x, direction, i, None))(batch)
                one_by_one = np.stack([self._tangent(x, direction, i, None)._data for direction in batch])
                if not self._close(together._data, one_by_one):
                    raise GradcheckError(
                        "While computing batched forward gradients, got: values that differ from those computed one by"
                        f" one\n\nFor output {i} with respect to input {j}:\nbatched:{together}\n"
                        f"one by one:{new_tensor(one_by_one)}\n"
                    )


def check_inputs(args: tuple[Any, ...]) -> None:
    """Refuse inputs without gradient, or whose elements share memory; warn of single precision."""
    any_sensitive = False
    for i, x in enumerate(args):
        if not isinstance(x, Tensor) or not x.requires_grad:
            continue
        if x._data.dtype not in (np.float64, np.complex128):
            warnings.warn(
                f"Input #{i} requires gradient and is not a double precision floating point or complex. This check will"
                " likely fail if all the inputs are not of double precision floating point or complex. ",
                stacklevel=4,
            )
        if any(stride == 0 and n > 1 for stride, n in zip(x.stride(), x.shape, strict=True)):
            raise RuntimeError(
                f"The {i}th input has a dimension with stride 0. gradcheck only supports inputs that are"
                " non-overlapping to be able to compute the numerical gradients correctly. You should call .contiguous"
                " on the input before passing it to gradcheck."
            )
        any_sensitive = True
        x.retain_grad()
    if not any_sensitive:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of them have requires_grad=True."
        )


def check_undefined(outputs: Outputs) -> None:
    """Every custom function behind the outputs must take None for gradients, and make None or zeros of only None.

    Operators of the library are never run without a gradient.
    """
    for node in _custom_nodes(outputs):
        count = len(node.__dict__["_outputs"])
        try:
            grads = node.op.backward(node, [None] * count)
        except RuntimeError as error:
            _warn_of_undefined()
            raise GradcheckError(
                "Expected backward function to handle undefined output grads. A backward gets None for the gradient of"
                " a result that was not used, if ctx.set_materialize_grads(False) was called."
            ) from error
        if any(g is not None and np.any(g != 0) for g in grads):
            _warn_of_undefined()
            raise GradcheckError(
                "Expected all input grads to be undefined or zero when all output grads are undefined or zero. A"
                " backward has to return zeros or None if all it gets is None."
            )


def _warn_of_undefined() -> None:
    warnings.warn(
        "Backwards compatibility: New undefined gradient support checking feature is enabled by default. Pass"
        " check_undefined_grad=False to leave this check out.",
        stacklevel=5,
    )


def _custom_nodes(outputs: Outputs) -> Iterator[CustomNode]:
    seen, stack = set(), [edge_of(y) for y in outputs]
    while stack:
        edge = stack.pop()
        node = edge.node if edge.__class__ is Port else edge
        if edge is None or isinstance(node, Tensor) or node in seen:
            continue
        seen.add(node)
        stack.extend(node.edges)
        if isinstance(node, CustomNode):
            yield node


# -- finite differences ------------------------------------------------------------------------------------------------


def _numerical(values: Callable[[], list[Array]], x: Tensor, eps: float) -> list[Array]:
    """The Jacobians of all outputs with respect to x, an element of x at a time."""
    rows: list[list[Array]] = []
    for index in np.ndindex(x._data.shape):
        rows.append(_slope(values, x, index, eps, eps))
        if x.is_complex():
            along = _slope(values, x, index, eps * 1j, eps)
            rows[-1] = [a + 1j * b for a, b in zip(rows[-1], along, strict=True)]
    if not rows:
        return [np.zeros((0, y.size), x._data.dtype) for y in values()]
    return [np.array(column, x._data.dtype) for column in zip(*rows, strict=True)]


def _slope(values: Callable[[], list[Array]], x: Tensor, index: Any, step: Any, eps: float) -> list[Array]:
    """(f(x + step) - f(x - step)) / 2 eps, flat, where step is added to the elements of x at an index."""
    data, on = x._data, f"on index {index} " if index != () else ""
    before = data[index].copy()
    try:
        data[index] = before - step
        low = values()
        data[index] = before + step
        high = values()
    finally:
        data[index] = before
    for a, b in zip(low, high, strict=True):
        for what in ("shape", "dtype"):
            if getattr(a, what) != getattr(b, what):
                shapes = f"got: {what}s {getattr(a, what)} and {getattr(b, what)}"
                raise AssertionError(
                    f"Expected `func` to return outputs with the same {what} when inputs are perturbed {on}by {eps},"
                    f" but {shapes}."
                )
    return [((b - a) / (2 * eps)).reshape(-1) for a, b in zip(low, high, strict=True)]


def _numerical_along(values: Callable[[], list[Array]], x: Tensor, weights: Array, eps: float) -> list[Array]:
    """The derivatives of all outputs along a direction; for complex x, along its real part, then the rest."""
    shape, everything = x._data.shape, (Ellipsis,)
    slopes = _slope(values, x, everything, weights.real.reshape(shape) * eps, eps)
    if not x.is_complex():
        return slopes
    across = _slope(values, x, everything, weights.imag.reshape(shape) * 1j * eps, eps)
    return [a + 1j * b for a, b in zip(slopes, across, strict=True)]


def _unit(n: int) -> Array:
    """A random vector of length 1 with positive entries, the same at every call."""
    vector = np.random.default_rng(n).uniform(0.1, 1, n)
    return vector / np.linalg.norm(vector) if n else vector


def _weights(x: Tensor) -> Array:
    n = x.numel()
    if not x.is_complex():
        return _unit(n)
    both = _unit(2 * n)
    return both[:n] + 1j * both[n:]


def _weighted(column: Array, weights: Array) -> Any:
    """The column times the weights; of complex numbers, the real and the imaginary parts each by their own."""
    if column.dtype.kind != "c":
        return column @ weights
    return complex(column.real @ weights.real, column.imag @ weights.imag)


# -- small parts -------------------------------------------------------------------------------------------------------


def _part(y: Tensor, part: str | None) -> Tensor:
    """The real or imaginary part of a complex output; a real one as it is."""
    if part is None or not y.is_complex():
        return y
    found: Tensor = y.imag if part == "imaginary" else y.real
    return found


def _directions(x: Tensor) -> Iterator[Array]:
    for index in np.ndindex(x._data.shape):
        direction = np.zeros_like(x._data)
        direction[index] = 1
        yield direction


def _beside(i: int, j: int, numerical: Array, analytical: Array) -> str:
    return (
        f" for output {i} with respect to input {j},\nnumerical:{new_tensor(numerical)}\n"
        f"analytical:{new_tensor(analytical)}\n"
    )


# -- second derivatives ------------------------------------------------------------------------------------------------


def with_cotangents(func: Function, inputs: Any, given: Any, gaps: bool) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The inputs, and a cotangent that requires a gradient for each differentiable output."""
    args = as_tuple(inputs)
    if given is not None:
        return args, as_tuple(given)
    ys = [y for y in as_tuple(func(*args)) if y.requires_grad]
    return args, tuple(_random_like(y, gaps) for y in ys)


def _random_like(y: Tensor, gaps: bool) -> Tensor:
    """Numbers between -1 and 1 of the shape and dtype of a tensor."""
    from ..random.creation import rand

    def uniform() -> Array:
        array: Array = rand(y.shape, dtype=y.real.dtype)._data * 2 - 1
        return array

    array = (uniform() + 1j * uniform()).astype(y._data.dtype) if y.is_complex() else uniform()
    if gaps and array.ndim:
        array = np.repeat(array, 2, axis=-1)[..., ::2]
    return new_tensor(np.asarray(array)).requires_grad_()


def gradient_of(func: Function, outputs: int) -> Function:
    """The function of inputs and cotangents that computes the gradients of `func`."""

    def gradients(*args: Any) -> tuple[Tensor, ...]:
        args, cotangents = args[: len(args) - outputs], args[len(args) - outputs :]
        ys = [y for y in as_tuple(func(*args)) if y.requires_grad]
        xs = [x for x in args if isinstance(x, Tensor) and x.requires_grad]
        found = grad(ys, xs, cotangents, create_graph=True, allow_unused=True) if ys and xs else ()
        return tuple(g for g in found if g is not None)

    return gradients
