"""Turning functions into events while a profile runs, and back.

An operation costs nothing for profiles as long as none runs.  When one starts, every function that is an operator gets
a layer that times it (`exchange.py`), so that functions imported long ago are timed as well; the records of operators,
which composed functions call, get a timing `call`; and backward passes are observed, node by node.  When the last
profile ends, everything is as it was.
"""

from __future__ import annotations

from threading import Lock
from types import FunctionType
from typing import Any, Final

from ..autograd import deposits, observing
from ..autograd.node import Node
from ..exchange import TIMING, put, take
from ..ops.op import Op
from ..tensor.tensor import Tensor
from .operators import functions, indexing, records
from .recorder import DERIVATIVE, timed

_REASON: Final = "profiler"
_ACCUMULATE: Final = "torch::autograd::AccumulateGrad"
_ENGINE: Final = "autograd::engine::evaluate_function: "

_lock: Final = Lock()
_running = 0
_timed: list[FunctionType] = []
_called: dict[Op, Any] = {}  # what each record had for its `call`; None if that had not been generated


def on() -> None:
    """Time operators from now on, once more."""
    global _running
    with _lock:
        _running += 1
        if _running > 1:
            return
        for function, name in list(functions()):  # all first: modules that are loaded on the way may make twins
            _time(function, _timing(name))
        members = vars(Tensor)
        for method in ("__getitem__", "__setitem__"):
            _time(members[method], _timing_index)
        _time(deposits.accumulate, _timing_accumulation)
        for op, name in records():
            _called[op] = op.__dict__.get("call")
            op.__dict__["call"] = _timing_call(op, name)
        observing.reasons.add(_REASON)
        observing.runners.append(_run_node)


def off() -> None:
    """Take one `on` back; with the last, nothing is timed any more."""
    global _running
    with _lock:
        _running -= 1
        if _running:
            return
        observing.reasons.discard(_REASON)
        observing.runners.remove(_run_node)
        for op, before in _called.items():
            if before is None:
                del op.__dict__["call"]  # is generated when it is needed
            else:
                op.__dict__["call"] = before
        for function in _timed:
            take(function, TIMING)
        _called.clear()
        _timed.clear()


# -- public functions --------------------------------------------------------------------------------------------------


def _time(function: Any, around: Any) -> None:
    """Have a function run `around(raw, args, kwargs)`, `raw` being what it was."""
    put(function, TIMING, _around=around)
    _timed.append(function)


def _timing(name: str) -> Any:
    return lambda raw, args, kwargs: timed(name, raw, args, kwargs)


def _timing_index(raw: Any, args: Any, kwargs: Any) -> Any:
    return timed(indexing(args[1]) if len(args) > 1 else "aten::index", raw, args, kwargs)


def _timing_accumulation(raw: Any, args: Any, kwargs: Any) -> Any:
    return timed(_ENGINE + _ACCUMULATE, _accumulate, (raw, args, kwargs), {}, seq=-1)


def _accumulate(raw: Any, args: Any, kwargs: Any) -> Any:
    return timed(_ACCUMULATE, raw, args, kwargs, DERIVATIVE)


# -- records and nodes -------------------------------------------------------------------------------------------------


def _timing_call(op: Op, name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return timed(name, _called[op] or _generated(op), args, kwargs)

    return call


def _generated(op: Op) -> Any:
    """An operator's own `call`, which nobody has needed before."""
    from ..ops import link

    found = _called[op] = link.build(op, "call")
    return found


def _run_node(node: Node, grad: Any, graph: bool) -> Any:
    name = node.op.node_name
    return timed(_ENGINE + name, _run_derivative, (name, node, grad, graph), {}, seq=node.seq)


def _run_derivative(name: str, node: Node, grad: Any, graph: bool) -> Any:
    return timed(name, _next_runner(), (node, grad, graph), {}, DERIVATIVE, node.seq)


def _next_runner() -> Any:
    """Who runs nodes besides the profiler: anomaly mode, or nobody in particular."""
    others = [runner for runner in observing.runners if runner is not _run_node]
    return others[-1] if others else _run


def _run(node: Node, grad: Any, graph: bool) -> Any:
    return node.op.backward_graph(node, grad) if graph else node.op.backward(node, grad)
