"""`torch.overrides`: classes and modes that are asked about torch's functions before these compute.

A class with a `__torch_function__`, be it a subclass of Tensor or not, is asked about every function that gets one of
its objects; a `TorchFunctionMode` about every function called within its `with` block.  See `asking.py` for the order,
`switch.py` for how the functions come to ask, which costs programs without such classes nothing.
"""

from .asking import tensors_among as _get_overloaded_args
from .lists import (
    get_default_nowrap_functions,
    get_ignored_functions,
    get_overridable_functions,
    get_testing_overrides,
    is_tensor_method_or_property,
    resolve_name,
)
from .modes import BaseTorchFunctionMode, TorchFunctionMode
from .modes import push_mode as _push_mode
from .stack import current_mode as _get_current_function_mode
from .stack import current_modes as _get_current_function_mode_stack
from .stack import pop_mode as _pop_mode
from .stack import pop_mode_temporarily as _pop_mode_temporarily
from .switch import install as _install
from .users import (
    enable_reentrant_dispatch,
    handle_torch_function,
    has_torch_function,
    has_torch_function_unary,
    has_torch_function_variadic,
    is_tensor_like,
    redispatch_function,
    wrap_torch_function,
)
from .users import enable_torch_function as _enable_torch_function

__all__ = [
    "BaseTorchFunctionMode", "TorchFunctionMode", "enable_reentrant_dispatch", "get_default_nowrap_functions",
    "get_ignored_functions", "get_overridable_functions", "get_testing_overrides", "handle_torch_function",
    "has_torch_function", "has_torch_function_unary", "has_torch_function_variadic", "is_tensor_like",
    "is_tensor_method_or_property", "redispatch_function", "resolve_name", "wrap_torch_function",
]  # fmt: skip

_install()
