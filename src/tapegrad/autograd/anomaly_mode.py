"""Anomaly mode: find the line of the forward pass whose derivative fails or gives nan.

While it is on, each new node notes where in the user's program it was made, and each gradient that a node computes is
searched for nan.  Both are slow; while it is off, neither costs anything.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from typing import Any

import numpy as np

from ..tensor.coordinates import Coordinates
from . import observing
from .node import AccumulateGrad, Node, visible, watchers

__all__ = ["detect_anomaly", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "set_detect_anomaly"]

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep

_check_nan = True


def is_anomaly_enabled() -> bool:
    """Whether anomaly mode is on."""
    return "anomaly" in observing.reasons


def is_anomaly_check_nan_enabled() -> bool:
    """Whether anomaly mode, when on, searches gradients for nan."""
    return _check_nan


def _switch(on: bool, check_nan: bool) -> None:
    global _check_nan
    _check_nan = check_nan
    if on == is_anomaly_enabled():
        return
    if on:
        observing.reasons.add("anomaly")
        observing.runners.append(_run)
        watchers.append(_note_origin)
    else:
        observing.reasons.discard("anomaly")
        observing.runners.remove(_run)
        watchers.remove(_note_origin)


class _Mode:
    """Sets the mode, and gives back at the end of a `with` what was set before."""

    def __init__(self, on: bool, check_nan: bool) -> None:
        self._on, self._nan = on, check_nan
        self._before = is_anomaly_enabled(), is_anomaly_check_nan_enabled()

    def __enter__(self) -> None:
        _switch(self._on, self._nan)

    def __exit__(self, *exc: object) -> None:
        _switch(*self._before)


class detect_anomaly(_Mode):
    """Within the `with` block, an operation whose gradient fails or is nan is reported by its line in the program.

    Args:
        check_nan: search all gradients for nan, and raise an error for one.

    >>> import tapegrad as torch, warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")  # one of them shows the line of the division
    ...     with torch.autograd.detect_anomaly():
    ...         x = torch.zeros(2, requires_grad=True)
    ...         ((x * 0) / x).sum().backward()
    Traceback (most recent call last):
        ...
    RuntimeError: Function 'DivBackward0' returned nan values in its 1th output.
      Found: The derivative of DivBackward0 made nan of a finite gradient ([1, 1]), with a = [0, 0], b = [0, 0]...
    """

    def __init__(self, check_nan: bool = True) -> None:
        super().__init__(True, check_nan)
        warnings.warn(
            "Anomaly Detection has been enabled. This mode will increase the runtime and should only be enabled for"
            " debugging.",
            stacklevel=2,
        )


class set_detect_anomaly(_Mode):
    """Switch anomaly mode on or off, from this call on; as a context manager, until its end.

    Args:
        mode: True to switch it on.
        check_nan: search all gradients for nan, and raise an error for one.

    >>> import tapegrad as torch
    >>> with torch.autograd.set_detect_anomaly(True, check_nan=False):
    ...     torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
    (True, False)
    >>> torch.is_anomaly_enabled()
    False
    """

    def __init__(self, mode: bool, check_nan: bool = True) -> None:
        super().__init__(mode, check_nan)
        _switch(mode, check_nan)


# -- while it is on ----------------------------------------------------------------------------------------------------


def _note_origin(node: Node) -> None:
    """Keep where in the program a new node was made, and during which other node's derivative."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    node.metadata["traceback_"] = traceback.format_list(traceback.extract_stack(frame))
    found = observing.current()
    if found is not None and found.running is not None:
        node.metadata["parent_"] = visible(found.running)


def _is_ours(file: str) -> bool:
    return file.startswith((_PACKAGE, "<tapegrad "))


def _run(node: Node, grad: Any, graph: bool) -> Any:
    """Run a node; if that fails, or gives nan, say where the node comes from."""
    try:
        grads = node.op.backward_graph(node, grad) if graph else node.op.backward(node, grad)
        if _check_nan:
            _search(node, grad, grads)
    except Exception:
        _report(node)
        raise
    return grads


def _search(node: Node, grad: Any, grads: Any) -> None:
    for i, part in enumerate(grads):
        array = getattr(part, "_data", part)
        if array.__class__ is Coordinates:
            array = array.values
        if array is None or np.all(np.isfinite(array)):
            continue
        if np.any(array != array):
            says = f"Function '{node.name()}' returned nan values in its {i}th output."
            raise RuntimeError(f"{says}\n  Found: {_found(node, grad, array)}")
        _note_infinite(node, grad, array)


def _note_infinite(node: Node, grad: Any, part: Any) -> None:
    """Keep what made the first inf of a pass: it may become nan in another place."""
    now = observing.current()
    if now is not None and now.infinite is None:
        now.infinite = _made_by(node, grad, part)


def _found(node: Node, grad: Any, part: Any) -> str:
    """What is known about a nan: the operands, and the trap if it is a known one."""
    now = observing.current()
    before = None if now is None else now.infinite
    return _made_by(node, grad, part) or before or "the gradient that it got was not finite already."


def _made_by(node: Node, grad: Any, part: Any) -> str | None:
    """How a node made nan or inf of a finite gradient, in words; None if that was not finite."""
    from ..detective.arrays import arrays_of, finite
    from ..detective.flow import nonfinite_cause

    if not isinstance(part, (np.ndarray, np.generic)) or not all(finite(array) for array in arrays_of(grad)):
        return None
    cause = nonfinite_cause(node, grad, np.asarray(part))
    where = "".join(node.metadata.get("traceback_", [])[-1:]).strip()
    return f"{cause.text}\n  {cause.cure}" + (f"\n  It was recorded here: {where}" if where else "")


def _report(node: Node) -> None:
    """Warn with the origins of a node and of those whose derivatives it is part of."""
    lines = node.metadata.get("traceback_")
    if lines is None:
        warnings.warn(
            f"Error detected in {node.name()}. No forward pass information available. Enable detect anomaly during"
            " forward pass for more information.",
            stacklevel=2,
        )
        return
    warnings.warn(
        f"Error detected in {node.name()}. Traceback of forward call that caused the error:\n{''.join(lines)}",
        stacklevel=2,
    )
    parent = node.metadata.get("parent_")
    while parent is not None and not isinstance(parent, AccumulateGrad):
        origin = "".join(parent.metadata.get("traceback_", ["  unknown: anomaly detection was off\n"]))
        warnings.warn(
            f"\n\nPrevious calculation was induced by {parent.name()}. Traceback of forward call that induced the"
            f" previous calculation:\n{origin}",
            stacklevel=2,
        )
        parent = parent.metadata.get("parent_")
