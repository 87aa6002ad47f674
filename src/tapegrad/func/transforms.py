"""Functions to functions: `grad`, `vjp`, `jvp` and `linearize`, nested in any order.

`grad` and `vjp` call the function on aliases of the arguments that can be differentiated by, and run a backward pass to
these.  What is outside is told from what is inside by the order of recording: if something that was recorded before, or
a leaf, is behind the result, then the backward pass is recorded as well, so that the derivative can be differentiated
in its turn.  `jvp` begins a level of forward mode (see `autograd/tangents.py`).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import tangents
from ..autograd.grad_mode import is_grad_enabled, switch
from ..autograd.node import Node, Port, sequence, watchers
from ..autograd.passes import grad as gradients_of
from ..ops.shape import _alias
from ..tensor.dtypes import FLOAT
from ..tensor.tensor import REQUIRES_GRAD, TANGENT, Tensor, new_tensor
from ..tensor.version import version_of
from ..utils._pytree import tree_flatten, tree_map, tree_unflatten

__all__ = ["grad", "grad_and_value", "jvp", "linearize", "vjp"]

Argnums = int | tuple[int, ...]


# -- variables ---------------------------------------------------------------------------------------------------------


class Recording:
    """A block in which operations are recorded, that knows what was recorded in it."""

    def __enter__(self) -> Recording:
        self.before = is_grad_enabled()
        self.began = next(sequence)
        self.leaves: set[int] = set()
        switch(True)
        return self

    def __exit__(self, *exc: object) -> None:
        switch(self.before)

    def variable(self, t: Any) -> Tensor:
        """An alias of a tensor to differentiate by; it is a leaf if nothing outside of the block can see it."""
        if not isinstance(t, Tensor):
            raise RuntimeError(f"Expected tensors, got unsupported type {type(t)}")
        if t.dtype.category < FLOAT:
            raise RuntimeError(
                "only Tensors of floating point dtype can require gradients\n  Found: a tensor of"
                f" {t.dtype} among the arguments to differentiate by; convert it, x.to(torch.float32), or leave it out"
                " by argnums."
            )
        if t.requires_grad or t._flags & TANGENT or watchers:
            return tangents.variable(t)
        leaf = new_tensor(t._data)
        leaf._flags, leaf._vc = REQUIRES_GRAD, version_of(t)
        self.leaves.add(id(leaf))
        return leaf

    def reaches_outside(self, outputs: list[Tensor]) -> bool:
        """Whether what is outside of the block is behind the outputs, and recorded there."""
        if not self.before:
            return False
        seen: set[Any] = set()
        stack = [t if t._fn is None else t._fn for t in outputs if t.requires_grad]
        while stack:
            edge = stack.pop()
            node = edge.node if edge.__class__ is Port else edge
            if not isinstance(node, Node):
                if id(node) not in self.leaves:
                    return True
            elif node.seq < self.began:
                return True
            elif node not in seen:
                seen.add(node)
                stack.extend([e for e in node.edges if e is not None])
        return False


def _outward(tree: Any, outside: bool) -> Any:
    """Results as the outside sees them: without history if nothing outside is part of it."""
    return tree if outside else tree_map(_without_history, tree)


def _without_history(t: Any) -> Any:
    if not isinstance(t, Tensor) or not t._flags & REQUIRES_GRAD:
        return t
    plain = new_tensor(t._data)
    tangents.share(plain, tangents.tangents_of(t))
    return plain


def _selected(args: tuple[Any, ...], argnums: Any) -> list[int]:
    """The positions that `argnums` names, from the front.

    Raises:
        RuntimeError: it is no integer or tuple of them, or names an argument that is not there, or one twice.
    """
    if not isinstance(argnums, int) and not (isinstance(argnums, tuple) and all(isinstance(a, int) for a in argnums)):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    if isinstance(argnums, tuple) and not argnums:
        raise RuntimeError("argnums must be non-empty")
    wanted = (argnums,) if isinstance(argnums, int) else argnums
    found = []
    for a in wanted:
        if not -len(args) <= a < len(args):
            raise RuntimeError(f"Got argnum={a}, but only {len(args)} positional inputs")
        found.append(a % len(args))
    if len(set(found)) != len(found):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return found


# -- reverse mode ------------------------------------------------------------------------------------------------------


def grad(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient of `func`.

    Args:
        func: returns a tensor of one element, or, with `has_aux`, that and something else.
        argnums: which arguments to differentiate by; for a tuple, a tuple of gradients is returned.
        has_aux: `func` returns `(output, aux)`; then `(gradient, aux)` is returned.

    >>> import tapegrad as torch
    >>> from tapegrad.func import grad
    >>> grad(torch.sin)(torch.tensor(0.0)), grad(grad(torch.sin))(torch.tensor(0.0))
    (tensor(1.), tensor(-0.))
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def grad_and_value(func: Callable[..., Any], argnums: Argnums = 0, has_aux: bool = False) -> Callable[..., Any]:
    """The function that computes the gradient and the value of `func`; see `grad`.

    >>> import tapegrad as torch
    >>> torch.func.grad_and_value(lambda x: (x * x).sum())(torch.tensor([1.0, 2.0]))
    (tensor([2., 4.]), tensor(5.))
    """

    @functools.wraps(func)
    def both(*args: Any, **kwargs: Any) -> Any:
        with Recording() as inside:
            inputs = list(args)
            wanted = _selected(args, argnums)
            trees = []
            for i in wanted:
                flat, spec = tree_flatten(args[i])
                variables = [inside.variable(t) for t in flat]
                trees.append((variables, spec))
                inputs[i] = tree_unflatten(variables, spec)
            output = func(*inputs, **kwargs)
            if has_aux:
                output, aux = _pair(output, "grad_and_value(f)(*args)")
            _check_scalar(output)
            flat = [v for variables, _ in trees for v in variables]
            outside = inside.reaches_outside([output])
            found = iter(_pulled([output], flat, None, outside))
        gradients = tuple(tree_unflatten([next(found) for _ in variables], spec) for variables, spec in trees)
        gradient = gradients[0] if isinstance(argnums, int) else gradients
        value = _outward(output, outside)
        return gradient, (value, _outward(aux, outside)) if has_aux else value

    return both


def _pulled(
    outputs: list[Tensor], inputs: list[Tensor], cotangents: Any, graph: bool, keep: bool | None = None
) -> list[Tensor]:
    """The gradients of inputs; zeros where the outputs do not depend on one."""
    pairs = [(t, None if cotangents is None else cotangents[i]) for i, t in enumerate(outputs) if t.requires_grad]
    if not pairs or not inputs:
        return [_zeros_like(t) for t in inputs]
    found = gradients_of(
        [t for t, _ in pairs],
        inputs,
        None if cotangents is None else [c for _, c in pairs],
        retain_graph=keep,
        create_graph=graph,
        allow_unused=True,
    )
    return [_zeros_like(t) if g is None else g for g, t in zip(found, inputs, strict=True)]


def _zeros_like(t: Tensor) -> Tensor:
    return new_tensor(np.zeros_like(t._data))


def _pair(output: Any, where: str) -> tuple[Any, Any]:
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(f"{where}: output of function f should be a tuple: (output, aux) if has_aux is True")
    return output


def _check_scalar(output: Any) -> None:
    where = "grad_and_value(f)(*args): Expected f(*args) to return"
    if not isinstance(output, Tensor):
        raise RuntimeError(f"{where} a Tensor, got {type(output)}")
    if output._data.ndim:
        raise RuntimeError(
            f"{where} a scalar Tensor, got tensor with {output._data.ndim} dims. Maybe you wanted to use the vjp or"
            " jacrev APIs instead?"
        )


def vjp(func: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of `func` at `primals`, and the function that pulls cotangents of it back to the arguments.

    Args:
        primals: the arguments; all tensors in them are differentiated by.
        has_aux: `func` returns `(output, aux)`; then `(output, vjp_fn, aux)` is returned.

    Returns:
        `(output, vjp_fn)`; `vjp_fn(cotangents)` gives a tuple with the gradient of each argument.

    >>> import tapegrad as torch
    >>> y, pull = torch.func.vjp(torch.sin, torch.tensor([0.0, 1.0]))
    >>> pull(torch.ones(2))
    (tensor([1.0000, 0.5403]),)
    """
    with Recording() as inside:
        flat, spec = tree_flatten(primals)
        variables = [inside.variable(t) for t in flat]
        output = func(*tree_unflatten(variables, spec))
        if has_aux:
            output, aux = _pair(output, "vjp(f, *primals)")
        results, output_spec = _flat_tensors(output, "vjp(f, *primals)")
        outside = inside.reaches_outside(results)

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: bool | None = None) -> Any:
        given, given_spec = tree_flatten(cotangents)
        if given_spec != output_spec:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of outputs to the function."
                f" cotangents: {_brief(given_spec)}, primal output: {_brief(output_spec)}"
            )
        graph = create_graph
        if graph is None:
            graph = is_grad_enabled() and (outside or any(isinstance(c, Tensor) and c.requires_grad for c in given))
        before = is_grad_enabled()
        try:
            switch(True)
            found = _pulled(results, variables, given, graph, retain_graph)
        finally:
            switch(before)
        return tree_unflatten(found, spec)

    values = _outward(output, outside)
    return (values, pull, _outward(aux, outside)) if has_aux else (values, pull)


def _flat_tensors(output: Any, where: str) -> tuple[list[Tensor], Any]:
    results, spec = tree_flatten(output)
    for t in results:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"{where}: expected f(*primals) to return only tensors, got unsupported type {type(t)}")
    return results, spec


def _brief(spec: Any) -> str:
    """A structure as torch's message shows it: '(*, *)'."""
    return str(tree_unflatten([_Star()] * spec.num_leaves, spec))


class _Star:
    def __repr__(self) -> str:
        return "*"


# -- forward mode ------------------------------------------------------------------------------------------------------


def jvp(func: Callable[..., Any], primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False) -> Any:
    """The value of `func` and its derivative along a direction.

    Args:
        primals: a tuple of the arguments.
        tangents: the direction, of the same structure.
        strict: raise if the output does not depend on the arguments, instead of returning zeros.
        has_aux: `func` returns `(output, aux)`; then `(output, tangent, aux)` is returned.

    >>> import tapegrad as torch
    >>> torch.func.jvp(torch.sin, (torch.tensor(0.0),), (torch.tensor(2.0),))
    (tensor(0.), tensor(2.))
    """
    return _jvp(func, primals, tangents, strict, has_aux)


def _jvp(func: Callable[..., Any], primals: Any, directions: Any, strict: bool, has_aux: bool) -> Any:
    where = "jvp(f, primals, tangents)"
    if not isinstance(primals, tuple):
        raise RuntimeError(f"{where}: Expected primals to be a tuple. E.g. it should be valid to call f(*primals).")
    flat, spec = tree_flatten(primals)
    along, along_spec = tree_flatten(directions)
    if spec != along_spec:
        raise RuntimeError(
            f"{where}: Expected primals and tangents to have the same python structure. For example, if primals is a"
            " tuple of 3 tensors, tangents also must be. Got primals with structure"
            f" {spec} and tangents with structure {along_spec}"
        )
    for kind, leaves in (("primals", flat), ("tangents", along)):
        _check_tensors(where, kind, leaves)
    level = tangents.Level()
    try:
        duals = [_dual(t, d, level) for t, d in zip(flat, along, strict=True)]
        output = func(*tree_unflatten(duals, spec))
        if has_aux:
            output, aux = _pair(output, where)
        results, output_spec = _flat_tensors(output, where)
        values = [tangents.below(t, level) for t in results]
        derivatives = [_tangent(t, level, strict) for t in results]
        rest = tree_map(lambda t: tangents.below(t, level) if isinstance(t, Tensor) else t, aux) if has_aux else None
    finally:
        level.end()
    found = tree_unflatten(values, output_spec), tree_unflatten(derivatives, output_spec)
    return (*found, rest) if has_aux else found


def _check_tensors(where: str, kind: str, leaves: list[Any]) -> None:
    if not leaves:
        raise RuntimeError(f"{where}: Expected at least one Tensor among the {kind}")
    for t in leaves:
        if not isinstance(t, Tensor):
            raise RuntimeError(f"{where}: Expected {kind} to be a tuple of Tensors, got unsupported type {type(t)}")


def _dual(t: Tensor, direction: Tensor, level: tangents.Level) -> Tensor:
    if t.dtype.category < FLOAT:
        raise ValueError(f"Expected primal to be floating point or complex, but got: {t.dtype}")
    if direction.dtype.category < FLOAT:
        raise ValueError(f"Expected tangent to be floating point or complex, but got: {direction.dtype}")
    if direction._data.shape != t._data.shape:
        raise RuntimeError(
            "Trying to set a forward gradient that has a different size than that of the original Tensor, this is not"
            f" supported. Tensor is of size {list(t.shape)} while the given forward gradient is of size"
            f" {list(direction.shape)}."
        )
    dual: Tensor = _alias.call(t)
    tangents.set_tangent(dual, level, direction)
    return dual


def _tangent(t: Tensor, level: tangents.Level, strict: bool) -> Tensor:
    found = tangents.tangents_of(t).get(level)
    if found is None:
        if strict:
            raise RuntimeError(
                "jvp(f, primals, tangents, strict=True): The output of f is independent of the inputs. This is not"
                " allowed with strict=True."
            )
        return _zeros_like(t)
    return found


def linearize(func: Callable[..., Any], *primals: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of `func` at `primals`, and its derivative there as a linear function of the direction.

    The function is run once; each direction then costs one backward pass through a recorded backward pass.

    >>> import tapegrad as torch
    >>> y, derivative = torch.func.linearize(torch.sin, torch.tensor([0.0, 1.0]))
    >>> derivative(torch.tensor([1.0, 1.0]))
    tensor([1.0000, 0.5403])
    """
    flat, spec = tree_flatten(primals)
    output, pull = vjp(func, *primals)
    results, output_spec = tree_flatten(output)
    with Recording():
        cotangents = [_zeros_like(t).requires_grad_() for t in results]
        gradients = tree_flatten(pull(tree_unflatten(cotangents, output_spec), True, True))[0]

    def derivative(*directions: Any) -> Any:
        along, along_spec = tree_flatten(directions)
        if along_spec != spec:
            raise RuntimeError(
                f"Expected the tangents {_brief(along_spec)} to have the same argument pytree as the primals"
                f" {_brief(spec)}"
            )
        for i, (t, d) in enumerate(zip(flat, along, strict=True)):
            for what in ("shape", "dtype"):
                if getattr(t, what) != getattr(d, what):
                    raise RuntimeError(
                        f"tangent:{i} with {what} {getattr(d, what)} in flattened pytree doesn't match the {what}"
                        f" {getattr(t, what)} of the corresponding primal."
                    )
        graph = is_grad_enabled() and any(t.requires_grad for t in (*along, *flat))
        return tree_unflatten(_pulled(gradients, cotangents, along, graph, True), output_spec)

    return output, derivative
