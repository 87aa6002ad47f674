"""Running array code without NumPy's floating-point warnings.

torch gives 1/0 = inf without a word.  `np.errstate` around every operation would cost more than the operation, and
`np.seterr` would change the user's NumPy.  CPython attributes a warning to the module of the calling frame, by the
`__name__` of its globals, and drops it where that is None (as it is for a module being torn down).  So functions that
run over a namespace in which `__name__` is None are silent: at no cost, in every thread and under any warning filter.
"""

from __future__ import annotations

import types
from typing import Any


def quiet(namespace: dict[str, Any]) -> dict[str, Any]:
    """A copy of a module's namespace whose functions do not emit NumPy's floating-point warnings."""
    copy = dict(namespace, __name__=None)
    for name, value in namespace.items():
        if isinstance(value, types.FunctionType) and value.__globals__ is namespace:
            copy[name] = over(value, copy)
    return copy


def make_quiet(namespace: dict[str, Any]) -> None:
    """Replace the functions of a module of array code by silent ones; called at the module's end."""
    copy = quiet(namespace)
    for name, value in list(namespace.items()):
        if isinstance(value, types.FunctionType) and value.__globals__ is namespace:
            namespace[name] = copy[name]


def over(function: Any, namespace: dict[str, Any]) -> Any:
    """The same function with another namespace for its globals."""
    twin = types.FunctionType(
        function.__code__, namespace, function.__name__, function.__defaults__, function.__closure__
    )
    twin.__kwdefaults__ = function.__kwdefaults__
    twin.__dict__.update(function.__dict__)
    twin.__doc__, twin.__module__ = function.__doc__, function.__module__
    twin.__annotations__ = function.__annotations__
    return twin
