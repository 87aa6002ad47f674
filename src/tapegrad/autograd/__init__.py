"""The tape and the engine: `backward`, `grad`, grad modes, hooks."""

from __future__ import annotations

from typing import Any

from . import function, grad_mode, graph
from .backward import backward, grad
from .function import Function
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .gradcheck import gradcheck, gradgradcheck  # the function takes the module's name, as in torch
from .variable import Variable

# Loaded when first used: modules by their name, functions by the module that they are in.
_LAZY = {
    "anomaly_mode": None,
    "forward_ad": None,
    "functional": None,
    "profiler": None,
    "profiler_util": None,
    "detect_anomaly": "anomaly_mode",
    "inference_mode": "inference",
    "is_anomaly_check_nan_enabled": "anomaly_mode",
    "is_anomaly_enabled": "anomaly_mode",
    "set_detect_anomaly": "anomaly_mode",
    "set_multithreading_enabled": "inference",
}

__all__ = ["Function", "Variable", "backward", "enable_grad", "function", "functional", "grad", "grad_mode",
           "gradcheck", "gradgradcheck", "graph", "is_grad_enabled", "no_grad", "set_grad_enabled"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module 'torch.autograd' has no attribute {name!r}", name=name)
    from importlib import import_module

    module = _LAZY[name]
    found = import_module(f"{__name__}.{module or name}")
    value = globals()[name] = found if module is None else getattr(found, name)
    return value
