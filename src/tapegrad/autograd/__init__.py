"""The tape and the engine: `backward`, `grad`, grad modes, hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..first_use import names_of
from .gradcheck import gradcheck, gradgradcheck  # the function takes the module's name, as in torch

if TYPE_CHECKING:
    from . import function as function
    from . import grad_mode as grad_mode
    from . import graph as graph
    from .function import Function as Function
    from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
    from .passes import backward as backward
    from .passes import grad as grad
    from .variable import Variable as Variable

# Loaded when first used: modules by their name, functions by the module that they are in.
_WHERE = {
    "anomaly_mode": None,
    "forward_ad": None,
    "function": None,
    "functional": None,
    "grad_mode": None,
    "graph": None,
    "profiler": None,
    "profiler_util": None,
    "variable": None,
    "Function": "function",
    "Variable": "variable",
    "backward": "passes",
    "detect_anomaly": "anomaly_mode",
    "enable_grad": "grad_mode",
    "grad": "passes",
    "inference_mode": "inference",
    "is_anomaly_check_nan_enabled": "anomaly_mode",
    "is_anomaly_enabled": "anomaly_mode",
    "is_grad_enabled": "grad_mode",
    "no_grad": "grad_mode",
    "set_detect_anomaly": "anomaly_mode",
    "set_grad_enabled": "grad_mode",
    "set_multithreading_enabled": "inference",
}

__all__ = ["Function", "Variable", "backward", "enable_grad", "function", "functional", "grad", "grad_mode",
           "gradcheck", "gradgradcheck", "graph", "is_grad_enabled", "no_grad", "set_grad_enabled"]  # fmt: skip


__getattr__, __dir__ = names_of(__name__, _WHERE)
