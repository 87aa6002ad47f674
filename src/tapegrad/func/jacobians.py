"""Jacobians and Hessians: `jacrev` by rows, all in one backward pass; `jacfwd` by columns, all in one forward run."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..autograd.passes import grad as gradients_of
from ..tensor.tensor import Tensor, new_tensor
from ..utils._pytree import tree_flatten, tree_unflatten
from .transforms import Argnums, Recording, _flat_tensors, _jvp, _outward, _pair, _pulled, _selected

__all__ = ["hessian", "jacfwd", "jacrev"]


def jacrev(
    func: Callable[..., Any],
    argnums: Argnums = 0,
    *,
    has_aux: bool = False,
    chunk_size: int | None = None,
    _preallocate_and_copy: bool = False,
) -> Callable[..., Any]:
    """The function that computes the Jacobian of `func` in reverse mode.

    Args:
        func: returns tensors.
        argnums: which arguments to differentiate by.
        has_aux: `func` returns `(output, aux)`; then `(jacobian, aux)` is returned.
        chunk_size: how many rows one backward pass computes; all by default.

    Returns:
        For each output, for each argument, a tensor of shape `output.shape + argument.shape`.

    >>> import tapegrad as torch
    >>> torch.func.jacrev(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")

    @functools.wraps(func)
    def jacobian(*args: Any) -> Any:
        with Recording() as inside:
            inputs, variables, place = _differentiated(args, argnums, inside)
            output = func(*inputs)
            if has_aux:
                output, aux = _pair(output, "vjp(f, *primals)")
            results, output_spec = _flat_tensors(output, "vjp(f, *primals)")
            outside = inside.reaches_outside(results)
            rows = _rows(results, variables, chunk_size, outside)
        found = tree_unflatten([place(row) for row in rows], output_spec)
        return (found, _outward(aux, outside)) if has_aux else found

    return jacobian


def _differentiated(
    args: tuple[Any, ...], argnums: Any, inside: Recording
) -> tuple[list[Any], list[Tensor], Callable[[list[Any]], Any]]:
    """The arguments with variables to differentiate by; the variables; how to arrange what belongs to each of them."""
    inputs = list(args)
    wanted = _selected(args, argnums)
    specs, variables = [], []
    for i in wanted:
        flat, spec = tree_flatten(args[i])
        own = [inside.variable(t) for t in flat]
        inputs[i] = tree_unflatten(own, spec)
        specs.append(spec)
        variables += own

    def place(parts: list[Any]) -> Any:
        each = iter(parts)
        trees = tuple(tree_unflatten([next(each) for _ in range(spec.num_leaves)], spec) for spec in specs)
        return trees[0] if isinstance(argnums, int) else trees

    return inputs, variables, place


def _rows(
    results: list[Tensor], variables: list[Tensor], chunk_size: int | None, outside: bool
) -> Iterator[list[Tensor]]:
    """For each result, its Jacobian with respect to each variable."""
    sizes = [t._data.size for t in results]
    total = sum(sizes)
    step = total if chunk_size is None else chunk_size
    if total == 1 and len(results) == 1 and results[0].requires_grad:
        (t,) = results
        found = _pulled(results, variables, [new_tensor(np.ones_like(t._data))], outside, True)
        shape = tuple(t._data.shape)
        yield [g.reshape(shape + tuple(v._data.shape)) if shape else g for g, v in zip(found, variables, strict=True)]
        return
    blocks: list[list[Tensor]] = []
    for start in range(0, max(total, 1), max(step, 1)):
        count = min(step, total - start)
        basis = _unit_rows(results, start, count)
        pairs = [(t, b) for t, b in zip(results, basis, strict=True) if t.requires_grad]
        gradients: tuple[Any, ...] = (None,) * len(variables)
        if pairs and count:
            gradients = gradients_of(
                [t for t, _ in pairs],
                variables,
                [b for _, b in pairs],
                retain_graph=True,
                create_graph=outside,
                allow_unused=True,
                is_grads_batched=True,
            )
        blocks.append(
            [
                new_tensor(np.zeros((count, *v._data.shape), v._data.dtype)) if g is None else g
                for g, v in zip(gradients, variables, strict=True)
            ]
        )
    from ..ops.joining import cat

    columns = [parts[0] if len(parts) == 1 else cat(parts) for parts in zip(*blocks, strict=True)]
    at = 0
    for t, size in zip(results, sizes, strict=True):
        yield [
            column[at : at + size].reshape(tuple(t._data.shape) + tuple(v._data.shape))
            for column, v in zip(columns, variables, strict=True)
        ]
        at += size


def _unit_rows(tensors: list[Tensor], start: int, count: int) -> list[Tensor]:
    """Rows `start` to `start + count` of the identity over all elements of the tensors, split among these."""
    basis = []
    at = 0
    for t in tensors:
        size = t._data.size
        rows = np.eye(count, size, start - at, t._data.dtype)
        basis.append(new_tensor(rows.reshape((count, *t._data.shape))))
        at += size
    return basis


def jacfwd(
    func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable[..., Any]:
    """The function that computes the Jacobian of `func` in forward mode.

    Args:
        func, argnums, has_aux: as for `jacrev`.
        randomness: what random operations in `func` do, as for `vmap`.

    >>> import tapegrad as torch
    >>> torch.func.jacfwd(torch.sin)(torch.zeros(2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    from .vmap import vmap

    @functools.wraps(func)
    def jacobian(*args: Any) -> Any:
        wanted = _selected(args, argnums)
        trees = [tree_flatten(args[i]) for i in wanted]
        flat = [t for leaves, _ in trees for t in leaves]
        kept: list[Any] = []

        def along(*directions: Tensor) -> Any:
            parts = iter(directions)
            chosen = tuple(tree_unflatten([next(parts) for _ in leaves], spec) for leaves, spec in trees)

            def function(*values: Any) -> Any:
                inputs = list(args)
                for i, value in zip(wanted, values, strict=True):
                    inputs[i] = value
                return func(*inputs)

            found = _jvp(function, tuple(args[i] for i in wanted), chosen, False, has_aux)
            kept[:] = found[2:]
            results, spec = tree_flatten(found[1])
            kept.append(spec)
            return tuple(results)

        _refuse_others(flat)
        basis = _unit_rows(flat, 0, sum(t._data.size for t in flat))
        columns = vmap(along, randomness=randomness)(*basis)
        spec = kept.pop()
        found = tree_unflatten([_split(column, flat, trees, isinstance(argnums, int)) for column in columns], spec)
        return (found, kept[0]) if has_aux else found

    return jacobian


def _refuse_others(leaves: list[Any]) -> None:
    if not leaves:
        raise RuntimeError("jacfwd: Expected at least one Tensor among the arguments to differentiate by")
    for t in leaves:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(t)}")


def _split(column: Tensor, flat: list[Tensor], trees: list[Any], single: bool) -> Any:
    """The Jacobians stacked in `column`, a row per element of the arguments, arranged as the arguments are."""
    at, parts = 0, []
    shape = tuple(column._data.shape[1:])
    for t in flat:
        size = t._data.size
        part = column[at : at + size].movedim(0, -1)
        parts.append(part.reshape(shape + tuple(t._data.shape)))
        at += size
    each = iter(parts)
    found = tuple(tree_unflatten([next(each) for _ in leaves], spec) for leaves, spec in trees)
    return found[0] if single else found


def hessian(func: Callable[..., Any], argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes the second derivatives of `func`.

    The gradient is computed by a recorded backward pass, and all its derivatives by one further pass.  (torch goes
    forward over reverse, which records less and here takes longer.)

    >>> import tapegrad as torch
    >>> torch.func.hessian(lambda x: (x**3).sum())(torch.tensor([1.0, 2.0]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacrev(jacrev(func, argnums), argnums)
