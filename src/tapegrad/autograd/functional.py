"""`torch.autograd.functional`: Jacobians, Hessians and their products with vectors, of functions of tensors.

Every function here takes `func`, its `inputs` (a tensor or a tuple of them) and

    create_graph  make the results differentiable themselves
    strict        raise an error where a result does not depend on an input, instead of giving zeros

and calls `func` once, on stand-ins for the inputs: aliases with the history of the inputs under `create_graph`,
detached ones otherwise, so that nothing is ever added to the `.grad` of a tensor of the user's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor
from . import engine
from .grad_mode import enable_grad, is_grad_enabled, set_grad_enabled
from .passes import edge_of, grad, key_of
from .reach import reachable

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]

Tensors = Tensor | tuple[Tensor, ...]
Function = Callable[..., Any]


def vjp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func` and the product of `v` with its Jacobian.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the result's shape; may be left out if the result has one element.
        create_graph: make both results differentiable.
        strict: raise an error where a result does not depend on an input.

    Returns:
        (the result of func, one gradient per input), each a tensor where `func` and `inputs` are.

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: v is missing or of another shape than the result; in strict mode, an input is not used.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.vjp(lambda x: x**2, x, torch.ones(2))
    (tensor([1., 4.]), tensor([2., 4.]))
    """
    with enable_grad():
        one_input, xs = _prepared(inputs, "vjp", create_graph)
        one_output, ys = _called(func, xs, "vjp")
        _demand_outputs(ys, strict)
        if v is None:
            if len(ys) != 1 or ys[0].numel() != 1:
                raise RuntimeError(
                    "The vector v can only be None if the user-provided function returns a single Tensor with a single"
                    " element. Pass one of the result's shape."
                )
            vs = None
        else:
            vs = _vector(v, "vjp", create_graph, ys, one_output)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _gradients(ys, xs, vs, create_graph)
        products = _filled(found, xs, strict, create_graph, "back")
    return _result(ys, one_output, create_graph), _result(products, one_input, create_graph)


def jvp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func` and the product of its Jacobian with `v`, by two reverse passes.

    The gradient for a cotangent u is linear in u; differentiating it by u, in the direction v, gives the product.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        v: of the inputs' shapes; may be left out if there is one input, of one element.
        create_graph: make both results differentiable.
        strict: raise an error where a result does not depend on an input.

    Returns:
        (the result of func, one product per result).

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: v is missing or of another shape than the inputs; in strict mode, an input is not used.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.jvp(lambda x: x**2, x, torch.tensor([1.0, 0.5]))
    (tensor([1., 4.]), tensor([2., 2.]))
    """
    with enable_grad():
        one_input, xs = _prepared(inputs, "jvp", create_graph)
        vs = _direction(v, "jvp", create_graph, xs, one_input)
        one_output, ys = _called(func, xs, "jvp")
        _demand_outputs(ys, strict)
        us = tuple(new_tensor(np.zeros_like(y._data)).requires_grad_() for y in ys)
        pulled = _gradients(ys, xs, us, True)
        _demand_dependent(pulled, strict, _GRADIENT_INDEPENDENT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _gradients(pulled, us, vs, create_graph)
        products = _filled(found, ys, strict, create_graph, "back_trick")
    return _result(ys, one_output, create_graph), _result(products, one_output, create_graph)


def jacobian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All partial derivatives of `func`.

    Args:
        func: takes the inputs, returns a tensor or a tuple of tensors.
        inputs: a tensor or a tuple of tensors.
        create_graph: make the Jacobian differentiable.
        strict: raise an error where the result does not depend on an input.
        vectorize: taken for torch's sake; it changes nothing here.
        strategy: "reverse-mode", or "forward-mode", which is taken with `vectorize=True` and gives the same numbers.

    Returns:
        For one input and one result, a tensor of shape result.shape + input.shape; for several inputs a tuple of
        these; for several results a tuple of that.

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: strict mode, and a result does not depend on an input; options that exclude each other.
        NotImplementedError: forward mode without `vectorize`, or with `create_graph`.

    >>> import tapegrad as torch
    >>> torch.autograd.functional.jacobian(lambda x: x**2, torch.tensor([1.0, 2.0]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    _check_strategy(strategy, create_graph, strict, vectorize)
    with enable_grad():
        one_input, xs = _prepared(inputs, "jacobian", create_graph)
        one_output, ys = _called(func, xs, "jacobian")
        _demand_outputs(ys, strict)
        blocks = tuple(_blocks(k, y, xs, create_graph, strict) for k, y in enumerate(ys))
    shaped = tuple(_one_or_all(row, one_input) for row in blocks)
    return _one_or_all(shaped, one_output)


def hessian(
    func: Function,
    inputs: Tensors,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of a function with one number for result.

    Args:
        func: takes the inputs, returns a tensor of one element.
        inputs: a tensor or a tuple of tensors.
        create_graph: make the Hessian differentiable.
        strict: raise an error where the result, or its gradient, does not depend on an input.
        vectorize: taken for torch's sake; it changes nothing here.
        outer_jacobian_strategy: as `strategy` of `jacobian`.

    Returns:
        For one input, a tensor of shape input.shape + input.shape; for several, a tuple of tuples of tensors, the one
        at [i][j] of shape inputs[i].shape + inputs[j].shape.

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: the result is not a single number; strict mode, and something does not depend on an input.

    >>> import tapegrad as torch
    >>> torch.autograd.functional.hessian(lambda x: (x**3).sum(), torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    one_input, _ = _tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def gradient(*xs: Tensor) -> Any:
        found = jacobian(lambda *ys: _single(func(*ys), "hessian"), xs, create_graph=True)
        _demand_dependent(found, strict, _JACOBIAN_INDEPENDENT)
        return found

    found = jacobian(gradient, inputs, create_graph, strict, vectorize, outer_jacobian_strategy)
    return found[0] if one_input else found


def vhp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func`, a single number, and the product of `v` with its Hessian.

    Args:
        func: takes the inputs, returns a tensor of one element.
        inputs: a tensor or a tuple of tensors.
        v: of the inputs' shapes; may be left out if there is one input, of one element.
        create_graph: make both results differentiable.
        strict: raise an error where the result, or its gradient, does not depend on an input.

    Returns:
        (the result of func, one product per input).

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: the result is not a single number, or v is missing or of another shape than the inputs.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.vhp(lambda x: (x**3).sum(), x, torch.ones(2))
    (tensor(9.), tensor([ 6., 12.]))
    """
    with enable_grad():
        one_input, xs = _prepared(inputs, "vhp", create_graph)
        vs = _direction(v, "vhp", create_graph, xs, one_input)
        ys, gradient = _gradient_of(func, xs, strict, "vhp")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _gradients(gradient, xs, vs, create_graph)
        products = _filled(found, xs, strict, create_graph, "double_back")
    return _result(ys, True, create_graph), _result(products, one_input, create_graph)


def hvp(
    func: Function, inputs: Tensors, v: Tensors | None = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """The result of `func`, a single number, and the product of its Hessian with `v`.

    The gradient's derivative, pulled back along u, is linear in u; differentiating that by u gives the product.  The
    same numbers cost less with `vhp` where the Hessian is symmetric.

    Args:
        func: takes the inputs, returns a tensor of one element.
        inputs: a tensor or a tuple of tensors.
        v: of the inputs' shapes; may be left out if there is one input, of one element.
        create_graph: make both results differentiable.
        strict: raise an error where the result, or its gradient, does not depend on an input.

    Returns:
        (the result of func, one product per input).

    Raises:
        TypeError: something that should be a tensor is not.
        RuntimeError: the result is not a single number, or v is missing or of another shape than the inputs.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0])
    >>> torch.autograd.functional.hvp(lambda x: x.prod() ** 2, x, torch.ones(2))
    (tensor(4.), tensor([16., 10.]))
    """
    with enable_grad():
        one_input, xs = _prepared(inputs, "hvp", create_graph)
        vs = _direction(v, "hvp", create_graph, xs, one_input)
        ys, gradient = _gradient_of(func, xs, strict, "hvp")
        us = tuple(new_tensor(np.zeros_like(x._data)).requires_grad_() for x in xs)
        pulled = _gradients(gradient, xs, us, True)
        _demand_dependent(pulled, strict, _HESSIAN_INDEPENDENT)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _gradients(pulled, us, vs, create_graph)
        products = _filled(found, xs, strict, create_graph, "double_back_trick")
    return _result(ys, True, create_graph), _result(products, one_input, create_graph)


# -- arguments ---------------------------------------------------------------------------------------------------------


def _tensors(given: Any, what: str, function: str) -> tuple[bool, tuple[Tensor, ...]]:
    """Whether a single tensor was given, and what was given as a tuple of tensors."""
    single = not isinstance(given, tuple)
    several = (given,) if single else given
    for i, item in enumerate(several):
        if not isinstance(item, Tensor):
            found = f"given {what} has type {type(item)}" if single else f"value at index {i} has type {type(item)}"
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but the {found}."
            )
    return single, several


def _prepared(inputs: Any, function: str, create_graph: bool) -> tuple[bool, tuple[Tensor, ...]]:
    single, several = _tensors(inputs, "inputs", function)
    return single, _stand_ins(several, create_graph, requires_grad=True)


def _stand_ins(tensors: tuple[Tensor, ...], create_graph: bool, requires_grad: bool) -> tuple[Tensor, ...]:
    """Tensors of the same values to differentiate by, without effect on the user's own."""
    return tuple(
        t.view_as(t) if create_graph and t.requires_grad else t.detach().requires_grad_(requires_grad) for t in tensors
    )


def _called(func: Function, xs: tuple[Tensor, ...], function: str) -> tuple[bool, tuple[Tensor, ...]]:
    return _tensors(func(*xs), "outputs of the user-provided function", function)


def _vector(v: Any, function: str, create_graph: bool, like: tuple[Tensor, ...], single: bool) -> tuple[Tensor, ...]:
    _, given = _tensors(v, "v", function)
    vs = _stand_ins(given, create_graph, requires_grad=False)
    if len(vs) != len(like):
        if single:
            raise RuntimeError("The given v should contain a single Tensor.")
        raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vs)}.")
    for i, (one, other) in enumerate(zip(vs, like, strict=True)):
        if one._data.shape != other._data.shape:
            entry = "" if single else f"Entry {i} in "
            raise RuntimeError(f"{entry}v has invalid size: should be {other.shape} but got {one.shape}.")
    return vs


def _direction(
    v: Any, function: str, create_graph: bool, xs: tuple[Tensor, ...], single: bool
) -> tuple[Tensor, ...] | None:
    """The vector in the space of the inputs; None if there is one number for input, and so one direction."""
    if v is not None:
        return _vector(v, function, create_graph, xs, single)
    if len(xs) != 1 or xs[0].numel() != 1:
        raise RuntimeError(
            "The vector v can only be None if the input to the user-provided function is a single Tensor with a single"
            " element. Pass one of the input's shape."
        )
    return None


def _check_strategy(strategy: str, create_graph: bool, strict: bool, vectorize: bool) -> None:
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: forward mode costs a pass per'
            " input, reverse mode a pass per output."
        )
    name = "torch.autograd.functional.jacobian"
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(
                f'{name}: `create_graph=True` and `strategy="forward-mode"` are not supported together (yet). Please'
                ' either set `create_graph=False` or `strategy="reverse-mode"`.'
            )
        if strict:
            raise RuntimeError(
                f'{name}: `strict=True` and `strategy="forward-mode"` are not supported together (yet). Please either'
                ' set `strict=False` or `strategy="reverse-mode"`.'
            )
        if not vectorize:
            raise NotImplementedError(
                "Computing Jacobian using forward-AD or forward-over-reverse Hessian isonly implemented for"
                " `vectorize=True`."
            )
    elif strict and vectorize:
        raise RuntimeError(
            f"{name}: `strict=True` and `vectorized=True` are not supported together. Please either set `strict=False`"
            " or `vectorize=False`."
        )


# -- passes ------------------------------------------------------------------------------------------------------------


def _gradients(
    outputs: tuple[Any, ...], inputs: tuple[Tensor, ...], cotangents: tuple[Tensor, ...] | None, create_graph: bool
) -> tuple[Any, ...]:
    """One gradient per input, None where nothing leads there; outputs that require none, or are None, are left out."""
    given: tuple[Any, ...] = (None,) * len(outputs) if cotangents is None else cotangents
    pairs = [(y, v) for y, v in zip(outputs, given, strict=True) if y is not None and y.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    ys, vs = zip(*pairs, strict=True)
    return grad(ys, inputs, vs, create_graph=create_graph, retain_graph=True, allow_unused=True)


def _gradient_of(
    func: Function, xs: tuple[Tensor, ...], strict: bool, function: str
) -> tuple[tuple[Tensor, ...], tuple[Any, ...]]:
    """The result of a function with one number for result, and its gradients, recorded."""
    y = _single(func(*xs), function)
    _demand_outputs((y,), strict)
    gradient = _gradients((y,), xs, None, True)
    _demand_dependent(gradient, strict, _JACOBIAN_INDEPENDENT)
    return (y,), gradient


def _single(result: Any, function: str) -> Tensor:
    single, (y, *_) = _tensors(result, "outputs of the user-provided function", function)
    if not single:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if y.numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
    scalar: Tensor = y.squeeze()
    return scalar


def _blocks(k: int, y: Tensor, xs: tuple[Tensor, ...], create_graph: bool, strict: bool) -> tuple[Tensor, ...]:
    """The Jacobian of the result number k: a block for each input."""
    count = y.numel()
    if count == 0:
        raise RuntimeError("stack expects a non-empty TensorList: a result of the function has no elements")
    if count > 1 and not create_graph and y.requires_grad and not _runs_code_of_users(y):
        return _blocks_at_once(k, y, xs, strict)
    rows = []
    for i in range(count):
        cotangent = np.zeros(count, y._data.dtype)
        cotangent[i] = 1
        rows.append(_row(y, xs, cotangent.reshape(y._data.shape), create_graph))
    blocks = []
    for j, x in enumerate(xs):
        shape = y._data.shape + x._data.shape
        column = [row.get(j) for row in rows]
        _demand_used(column, k, j, strict, create_graph)
        if not any(part is not None for part in column):
            blocks.append(new_tensor(np.zeros(shape, x._data.dtype)))
        elif create_graph:
            blocks.append(_stacked(column, x, shape))
        else:
            zeros = np.zeros(x._data.shape, x._data.dtype)
            block = np.stack([zeros if part is None else part for part in column])
            blocks.append(new_tensor(block.reshape(shape)))
    return tuple(blocks)


_AT_ONCE = 1 << 22  # elements of the gradients that one pass with many cotangents holds of a tensor


def _blocks_at_once(k: int, y: Tensor, xs: tuple[Tensor, ...], strict: bool) -> tuple[Tensor, ...]:
    """The same, unrecorded, with many elements in one pass (see `func/batched_passes.py`)."""
    from ..func.batched_passes import rows_of_jacobian

    count = y.numel()
    step = max(1, _AT_ONCE // max(count, *[x.numel() for x in xs]))
    targets: dict[Any, int] = {}
    for j, x in enumerate(xs):
        targets.setdefault(key_of(x), j)
    parts = [rows_of_jacobian(y, targets, start, min(step, count - start)) for start in range(0, count, step)]
    blocks = []
    for j, x in enumerate(xs):
        shape, kind = y._data.shape + x._data.shape, x._data.dtype
        column: list[Any] = [part.get(j) for part in parts]
        _demand_used(column, k, j, strict, False)
        if column[0] is None:
            blocks.append(new_tensor(np.zeros(shape, kind)))
        else:
            whole = column[0] if len(column) == 1 else np.concatenate(column)
            blocks.append(new_tensor(whole.astype(kind, order="C").reshape(shape)))
    return tuple(blocks)


def _runs_code_of_users(y: Tensor) -> bool:
    """Whether hooks or custom Functions see gradients on the way: they are to see those of single elements.

    A custom Function's backward may differentiate by tensors from outside, whose gradients a batch would add up.
    """
    from .function import CustomNode

    nodes = reachable([edge_of(y)])
    if any(isinstance(node, CustomNode) for node in nodes):
        return True
    leaves = [edge for node in nodes for edge in node.edges if isinstance(edge, Tensor)]
    return any(node.hooks is not None for node in nodes) or any(
        leaf._x is not None and "hooks" in leaf._x for leaf in leaves
    )


def _row(y: Tensor, xs: tuple[Tensor, ...], cotangent: Any, create_graph: bool) -> dict[int, Any]:
    """The gradients of one element: by number of the input, arrays, or tensors under `create_graph`."""
    if not y.requires_grad:
        return {}
    targets: dict[Any, int] = {}
    for j, x in enumerate(xs):
        targets.setdefault(key_of(x), j)
    root = (edge_of(y), new_tensor(cotangent) if create_graph else cotangent)
    return engine.run([root], keep=True, graph=create_graph, targets=targets, into_leaves=False)


def _stacked(column: list[Any], x: Tensor, shape: tuple[int, ...]) -> Tensor:
    from ..ops.joining import stack

    zeros = new_tensor(np.zeros_like(x._data))
    whole = column[0] if len(column) == 1 else stack([zeros if part is None else part for part in column])
    block: Tensor = whole.reshape(shape)
    return block


# -- strict mode -------------------------------------------------------------------------------------------------------

_NOT_USED = "The output of the user-provided function is independent of input {i}. This is not allowed in strict mode."
_GRADIENT_INDEPENDENT = (
    "The gradient with respect to input {i} is independent of the inputs of the user-provided function. This is not"
    " allowed in strict mode."
)
_JACOBIAN_INDEPENDENT = (
    "While computing the hessian, found that the jacobian of the user-provided function with respect to input {i} is"
    " independent of the input. This is not allowed in strict mode. The second derivative of a linear function is 0."
)
_HESSIAN_INDEPENDENT = (
    "The hessian of the user-provided function with respect to input {i} is independent of the input. This is not"
    " allowed in strict mode."
)
# What to say of a gradient that is None, by the pass it should have come from.
_MISSING = {
    "back": _NOT_USED,
    "back_trick": (
        "The gradient with respect to the input is independent of entry {i} in the grad_outputs when using the double"
        " backward trick to compute forward mode gradients. This is not allowed in strict mode."
    ),
    "double_back": (
        "The jacobian of the user-provided function is independent of input {i}. This is not allowed in strict mode."
    ),
    "double_back_trick": (
        "The hessian of the user-provided function is independent of entry {i} in the grad_jacobian. This is not"
        " allowed in strict mode as it prevents from using the double backward trick to replace forward mode AD."
    ),
}


def _demand_outputs(ys: tuple[Tensor, ...], strict: bool) -> None:
    for i, y in enumerate(ys if strict else ()):
        if not y.requires_grad:
            raise RuntimeError(
                f"Output {i} of the user-provided function does not require gradients. The outputs must be computed in"
                " a differentiable manner from the input when running in strict mode."
            )


def _demand_dependent(gradients: tuple[Any, ...], strict: bool, message: str) -> None:
    """In strict mode, refuse gradients that are missing or are not recorded, and so are constant."""
    for i, gradient in enumerate(gradients if strict else ()):
        if gradient is None:
            raise RuntimeError(_NOT_USED.format(i=i))
        if not gradient.requires_grad:
            raise RuntimeError(message.format(i=i))


def _demand_used(column: list[Any], k: int, i: int, strict: bool, create_graph: bool) -> None:
    for part in column if strict else ():
        if part is None:
            raise RuntimeError(
                f"Output {k} of the user-provided function is independent of input {i}. This is not allowed in strict"
                " mode."
            )
        if create_graph and not part._flags & REQUIRES_GRAD:
            raise RuntimeError(_constant("jacobian", i))


def _constant(what: str, i: int) -> str:
    return (
        f"The {what} of the user-provided function is independent of input {i}. This is not allowed in strict mode when"
        " create_graph=True."
    )


def _filled(
    found: tuple[Any, ...], like: tuple[Tensor, ...], strict: bool, create_graph: bool, stage: str
) -> tuple[Tensor, ...]:
    """Zeros for missing gradients; in strict mode, an error."""
    products = []
    for i, gradient in enumerate(found):
        if gradient is None:
            if strict:
                raise RuntimeError(_MISSING[stage].format(i=i))
            gradient = new_tensor(np.zeros_like(like[i]._data))
        elif strict and create_graph and not gradient.requires_grad:
            raise RuntimeError(_constant("hessian" if stage.startswith("double") else "jacobian", i))
        products.append(gradient)
    return tuple(products)


# -- results -----------------------------------------------------------------------------------------------------------


def _result(tensors: tuple[Tensor, ...], single: bool, create_graph: bool) -> Any:
    return _one_or_all(tensors if create_graph else tuple(t.detach() for t in tensors), single)


def _one_or_all(items: tuple[Any, ...], single: bool) -> Any:
    return items[0] if single else items
