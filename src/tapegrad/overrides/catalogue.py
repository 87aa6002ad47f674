"""Which functions can be overridden, and how each asks."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import FunctionType, ModuleType
from typing import Any, Final

from ..ops.deferred import load_all
from ..tensor.tensor import Tensor
from .asking import AutogradFunction, Factory, Getter, Overridable, PythonOverridable, Symbol
from .python_functions import python_functions

# Functions of `torch` that neither take nor make tensors, or look at objects of any kind; of `torch.nn.functional`,
# other names of functions that ask.
_NEVER: Final = frozenset("""
are_deterministic_algorithms_enabled broadcast_shapes clear_autocast_cache compile eig from_numpy from_torch frombuffer
initial_seed install_as_torch is_anomaly_check_nan_enabled is_anomaly_enabled
is_deterministic_algorithms_warn_only_enabled is_grad_enabled is_inference_mode_enabled is_storage is_tensor
is_warn_always_enabled load lstsq manual_seed matrix_rank range save seed solve summary symeig to_torch
typename upsample upsample_bilinear upsample_nearest use_deterministic_algorithms vmap
""".split())  # fmt: skip

# Those that make tensors: classes are not asked, modes are.
_FACTORIES: Final = frozenset("""
arange as_tensor asarray bartlett_window blackman_window can_cast empty empty_permuted empty_strided eye from_dlpack
full hamming_window hann_window kaiser_window linspace logspace ones promote_types rand randint randn
randperm scalar_tensor sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor sparse_coo_tensor sparse_csc_tensor
sparse_csr_tensor tensor tril_indices triu_indices zeros
""".split())  # fmt: skip

# Members of Tensor that ask nobody, or are other members under another name.
_QUIET_MEMBERS: Final = frozenset("""
__abs__ __neg__ __pos__
__delitem__ __getattr__ __hash__ __init_subclass__ __iter__ __new__ __torch_function__ _extras _make_subclass
_make_wrapper_subclass _view_func as_subclass eig lstsq solve symeig
""".split())  # fmt: skip

# The functions that torch's operator symbols stand for; the others stand for themselves.
SYMBOLS: Final[dict[str, str]] = {
    "__add__": "add", "__div__": "div", "__ge__": "ge", "__gt__": "gt", "__iadd__": "add_", "__idiv__": "div_",
    "__ifloordiv__": "floor_divide_", "__imod__": "remainder_", "__imul__": "mul_", "__isub__": "sub_",
    "__itruediv__": "div_", "__le__": "le", "__lt__": "lt", "__matmul__": "matmul", "__mod__": "remainder",
    "__mul__": "mul", "__ne__": "ne", "__radd__": "add", "__rand__": "bitwise_and", "__rmul__": "mul",
    "__ror__": "bitwise_or", "__rtruediv__": "__rdiv__", "__rxor__": "bitwise_xor", "__sub__": "sub",
    "__truediv__": "div",
}  # fmt: skip

# Those, and the ones that stand for themselves: a TypeError makes way for the other operand.
_BINARY: Final = frozenset(SYMBOLS) | frozenset("""
__and__ __eq__ __floordiv__ __iand__ __ilshift__ __ior__ __ipow__ __irshift__ __ixor__ __lshift__ __or__ __pow__
__rdiv__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rpow__ __rrshift__ __rshift__ __rsub__ __xor__
""".split())  # fmt: skip

# By tapegrad's module: what precedes a function's name in torch's messages.
MODULES: Final = {
    "": "torch.",
    "nn.functional": "torch.nn.",
    "linalg": "torch.linalg.linalg_",
    "special": "torch.special.special_",
    "fft": "torch.fft.fft_",
    "nn.init": "torch.nn.init.",
    "autograd": "torch.autograd.",
}


@cache
def catalogue() -> dict[FunctionType, Any]:
    """By function object, what asks about it."""
    load_all()
    found: dict[FunctionType, Any] = {}
    for module, prefix in MODULES.items():
        for name, function in functions_of(module):
            if function not in found:
                found[function] = _function_override(module, name, function, prefix)
    for name, member in list(vars(Tensor).items()):
        if name in _QUIET_MEMBERS:
            continue
        if isinstance(member, FunctionType):
            assert member not in found, f"Tensor.{name} is another function, too"
            found[member] = _method_override(name, member)
        elif isinstance(member, property):
            found.update(_attribute_overrides(name, member))
    return found


def functions_of(module: str) -> Iterator[tuple[str, FunctionType]]:
    """The functions of one of tapegrad's modules that ask, by name."""
    only = python_functions()[f"torch.{module}"] if module in ("nn.init", "autograd") else None
    for name, function in all_functions_of(module):
        if only is not None and name not in only:
            continue
        if module in ("", "nn.functional") and name in _NEVER:
            continue
        if module or not name.startswith(("autocast_", "get_", "is_autocast_", "set_")):
            yield name, function


def all_functions_of(module: str) -> Iterator[tuple[str, FunctionType]]:
    """The public functions of one of tapegrad's modules, by name; none if there is no such module."""
    space = module_of(module)
    for name in getattr(space, "__all__", None) or sorted(vars(space) if space else ()):
        function = getattr(space, name)
        if isinstance(function, FunctionType) and not name.startswith("_"):
            yield name, function


def module_of(name: str) -> ModuleType | None:
    """One of tapegrad's modules; None if there is no such module."""
    full = f"tapegrad.{name}".rstrip(".")
    try:
        return import_module(full)
    except ModuleNotFoundError as error:
        if error.name != full:
            raise
        return None


def _function_override(module: str, name: str, function: FunctionType, prefix: str) -> Any:
    python_module = f"torch.{module}" if module else "torch.functional"
    functions = python_functions().get(python_module, {})
    if name in functions:
        asking = AutogradFunction if module == "autograd" else PythonOverridable
        return asking(function, f"{python_module}.{name}", functions[name])
    if not module and name in _FACTORIES:
        return Factory(function, prefix + name)
    return Overridable(function, prefix + name)


def _method_override(name: str, method: FunctionType) -> Any:
    public = getattr(Tensor, SYMBOLS.get(name, name))
    functions = python_functions()["torch._tensor"]
    override: Any
    if name in functions:
        override = PythonOverridable(public, f"torch._tensor.{method.__name__}", functions[name])
    else:
        override = Overridable(public, f"torch.Tensor.{method.__name__}")
    return Symbol(override) if name in _BINARY else override


def _attribute_overrides(name: str, member: property) -> Iterator[tuple[FunctionType, Any]]:
    for function, part in ((member.fget, "__get__"), (member.fset, "__set__"), (member.fdel, "__delete__")):
        if isinstance(function, FunctionType):
            yield function, Getter(getattr(member, part), f"torch.Tensor.{name}.{part}")
