"""`torch._jit_internal`: private in torch, and used for decorators that speak to TorchScript, which is not here."""

from __future__ import annotations

from .jit import Final, Future, export, ignore, is_scripting, unused
from .jit import _overload as _copy_to_script_wrapper
from .jit import _overload as _overload
from .jit import _overload_method as _overload_method

__all__ = ["Final", "Future", "_copy_to_script_wrapper", "export", "ignore", "is_scripting", "unused"]
