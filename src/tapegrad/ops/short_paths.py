"""The short path of pointwise operators: functions generated from the record when they are first called.

Most operations are on floating-point tensors whose forms are known (`tensor/form.py`).  Then all there is to do is to
call the ufunc, to fill the slots of a tensor and, if a gradient is needed, those of a node; calling another function in
between would take as long as a part of that.  So the code of such an operation is one function, put together from the
operator's record like the rest of its code (`link.py`).  For `mul` it is (abridged)

    def mul(input, other):
        form = input._form or form_of(input); found = other._form or form_of(other)
        if found is form:
            t_ = new()
            t_._data = forward(input._data, other._data)
            ...
            f_a = input._flags; f_b = other._flags
            if not f_a and not f_b: t_._flags = 0
            elif f_a > 1 or f_b > 1 or suspended or watchers: record(t_, input, other)
            else:
                node_ = Node()
                ...
            return t_
        return general(input, other)

and everything that is not so simple is left to `record` (views, forward mode, anomaly mode, `no_grad`) or to `general`
(other types of elements, large arrays, numbers that are no Python numbers).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import broadcast_error, wrong_argument
from ..quiet import over
from ..tensor.form import form_of, remember
from ..tensor.tensor import Parameter, Tensor
from ..twins import LATER
from . import link

if TYPE_CHECKING:
    from .op import Op

Source = Callable[[], tuple[str, dict[str, Any]]]


class NotATensor(TypeError):
    """The first operand of an operator symbol is no tensor, so it was not called as a method."""


# What the templates below call; the functions over them each have their own, by `_later`.
first: Any = None


def _function(input: Tensor, *, out: Tensor | None = None) -> Tensor:
    return first(input, out=out)


def _method(input: Tensor) -> Tensor:
    return first(input)


def _binary(input: Tensor, other: Any) -> Any:
    return first(input, other)


def _later(template: Any, op: Op, source: Source) -> Any:
    """A function with the template's signature whose code is generated when it is first called.

    It stays the same object, so that whoever imported it calls the new code, too; and so do its twins.
    """

    given_later: list[Any] = []

    def first(*args: Any, **kwargs: Any) -> Any:
        text, scope = source()
        made = link.compiled(f"{op.name}.{template.__name__.strip('_')}", text, dict(scope))["function"]
        namespace.update(scope)
        for part in ("record", "record_same", "record_unlike"):
            namespace[part] = link.first_record(op, part, namespace, part)
        if "with_number" in scope:
            namespace["record_number"] = link.first_record(scope["with_number"], "record", namespace, "record_number")
        for stand_in in given_later:
            if stand_in.__code__ is template.__code__:  # and not a layer that was put over it: see exchange.py
                stand_in.__code__ = made.__code__
        return over(made, namespace)(*args, **kwargs)

    # In a namespace without a name NumPy does not warn: see quiet.py.
    namespace: dict[str, Any] = {"__name__": None, "first": first}
    function = over(template, namespace)
    given_later.append(function)
    setattr(function, LATER, given_later)
    return function


def unary(op: Op, general: Any, method: bool = False) -> Any:
    """The public function of an operator of one tensor.

    Args:
        general: the same for any operands, called with the tensor and `out`.
        method: for a method of Tensor, which has no `out`: without keywords Python calls a function faster.
    """
    out = "" if method else ", *, out=None"

    def source() -> tuple[str, dict[str, Any]]:
        lines = [
            f"def function(input{out}):",
            "    try: form = input._form",
            "    except AttributeError: raise wrong_argument(op.name, 'input', 1, input) from None",
            *([] if method else ["    if out is not None: return general(input, out)"]),
            "    if form is None:",
            "        form = form_of(input)",
            "        if form is None: return general(input, None)",
            *_result(op, "    ", "input._data"),
            *_recorded(op, "    ", "record", "op", {"x": "input"}),
        ]
        return "\n".join([*lines, ""]), _scope(op, general)

    return _later(_method if method else _function, op, source)


def binary(op: Op, general: Any, numbers: bool) -> Any:
    """The operator symbol of an operator of two tensors.

    Args:
        general: the same for any operands.
        numbers: the forward function treats a Python number as torch does.
    """

    def source() -> tuple[str, dict[str, Any]]:
        names = {"a": "input", "b": "other", "a_like": "form.like", "b_like": "found.like"}
        both = "input._data, other._data"
        wider = "form if not found.sized else found if not form.sized else None" if op.result == "same" else "None"
        lines = [
            "def function(input, other):",
            "    kind = other.__class__",
            "    try: form = input._form",
            "    except AttributeError:",
            """        raise NotATensor(f"descriptor '{op.name}' requires a 'Tensor' object") from None""",
            "    if form is None:",
            "        form = form_of(input)",
            "        if form is None: return general(input, other)",
            "    if kind is Tensor or kind is Parameter:",
            "        found = other._form",
            "        if found is None: found = form_of(other)",
            "        if found is form:",
            *_result(op, " " * 12, both),
            *_recorded(op, " " * 12, "record_same", "op", names),
            "        if found is not None and found.dtype is form.dtype:",
            f"            try: y_ = forward({both})",
            "            except ValueError: raise broadcast_error(form.shape, found.shape) from None",
            f"            t_ = new(); t_._data = y_; t_._form = {wider}; {_EMPTY}",
            *_recorded(op, " " * 12, "record_unlike", "op", names),
        ]
        scope = _scope(op, general)
        if numbers:
            scope["with_number"] = with_number = op.with_number("b")
            lines += [
                "    elif kind is float or kind is int:",
                "        number = form.numbers.get(other)",
                "        if number is None: number = remember(form, other)",
                *_result(op, " " * 8, "input._data, number"),
                *_recorded(with_number, " " * 8, "record_number", "with_number", names),
            ]
        return "\n".join([*lines, "    return general(input, other)", ""]), scope

    return _later(_binary, op, source)


_EMPTY = "t_._fn = t_._grad = t_._vc = t_._view = t_._x = None"


def _result(op: Op, indent: str, operands: str) -> list[str]:
    """Compute, and make the tensor."""
    forward, call = op.forward, f"forward({operands})"
    if op.with_zero is not None:
        forward, call = op.with_zero, f"with_zero({operands}, form.zero)"
    # NumPy computes scalars from arrays without dimensions; its ufuncs can be told not to.
    single = f"{call[:-1]}, out=...)" if isinstance(forward, np.ufunc) and _ELLIPSIS else f"lift({call})"
    form = "form" if op.result == "same" else "None"
    lines = ["t_ = new()", f"t_._data = {call} if form.sized else {single}", f"t_._form = {form}; {_EMPTY}"]
    return [indent + line for line in lines]


def _recorded(op: Op, indent: str, record: str, operator: str, names: dict[str, str]) -> list[str]:
    """Record the operation, if it is to be, and return the tensor."""
    wanted = link.differentiable(op)
    if not wanted:
        return [f"{indent}t_._flags = 0", f"{indent}return t_"]
    part = "record" if record == "record_number" else record
    tensors = ", ".join(names[x] for x in (*op.inputs, *op.params))
    # Numbers in the places of inputs, and inputs without a rule, need no gradient.
    lines = [f"f_{x} = {names[x]}._flags" for x in wanted]
    lines += [
        f"if {' and '.join(f'not f_{x}' for x in wanted)}: t_._flags = 0",
        f"elif {' or '.join(f'f_{x} > 1' for x in wanted)} or suspended or watchers: {record}(t_, {tensors})",
        "else:",
        *link.node(op, part, names, operator),
        "return t_",
    ]
    return [indent + line for line in lines]


def _scope(op: Op, general: Any) -> dict[str, Any]:
    from . import runtime

    own = {
        "op": op, "forward": op.forward, "with_zero": op.with_zero, "general": general, "lift": runtime.lift,
        "form_of": form_of,
        "NotATensor": NotATensor, "Parameter": Parameter, "Tensor": Tensor, "broadcast_error": broadcast_error,
        "remember": remember, "wrong_argument": wrong_argument,
    }  # fmt: skip
    return runtime.SCOPE | own


def _takes_ellipsis() -> bool:
    """Whether ufuncs take `out=...` for "an array, even if it has no dimensions", as from NumPy 2.3 on."""
    try:
        np.negative(np.ones(()), out=...)
    except TypeError:
        return False
    return True


_ELLIPSIS = _takes_ellipsis()
