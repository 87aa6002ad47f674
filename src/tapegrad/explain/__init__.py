"""`tapegrad.explain(loss)`: every gradient of a backward pass, and where it came from.

The package is itself the function, since both have the name: `tapegrad.explain(loss)` calls it, and
`tapegrad.explain.recording()` is one of its members.  (Python binds a package in its parent when it is imported, so a
function of the same name would be replaced by it sooner or later.)
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from .explanation import Explanation, explanation_of
from .recording import recording

__all__ = ["Explanation", "explain", "recording"]


def explain(
    loss: Any,
    grad: Any = None,
    *,
    names: Mapping[str, Any] | None = None,
    model: Any = None,
) -> Explanation:
    """Explain the backward pass of a tensor: which gradient each operation gets, what it makes of it, and why.

    The pass is computed as `loss.backward()` would compute it, but nothing is changed: no `.grad`, no part of the
    graph, no random number.  Hooks are not run, and nodes that have some say so; the `backward` of custom functions is
    run.

    Args:
        loss: the tensor to differentiate, or several.
        grad: its cotangent, as for `backward`; may be left out for one element.
        names: tensors (and modules) by the name to show; others get the names of variables.
        model: a module, or modules by name, whose parameters get their names; by default those among the variables.

    Raises:
        RuntimeError: `loss` does not depend on anything that requires a gradient, its graph was freed by an earlier
            backward pass, or a saved value was overwritten.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0, 3.0], requires_grad=True)
    >>> explanation = torch.explain((w * w).sum())
    >>> [node["name"] for node in explanation.json()["nodes"]]
    ['SumBackward0', 'MulBackward0', 'w']
    """
    return explanation_of(loss, grad, names, model, sys._getframe(1))


class _CallableModule(ModuleType):
    """The class of this package's module object."""

    def __call__(
        self, loss: Any, grad: Any = None, *, names: Mapping[str, Any] | None = None, model: Any = None
    ) -> Explanation:
        return explanation_of(loss, grad, names, model, sys._getframe(1))


_CallableModule.__call__.__doc__ = explain.__doc__
sys.modules[__name__].__class__ = _CallableModule
