"""Which functions are events of a profile, and under which names."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from types import FunctionType
from typing import Any, Final

from ..ops.deferred import load_all
from ..ops.op import TABLE, Op
from ..tensor.tensor import Tensor

# By tapegrad's module: what precedes a function's name.
_MODULES: Final = {"": "", "nn.functional": "", "linalg": "linalg_", "special": "special_", "fft": "fft_"}

# Functions that are no operators: they neither compute nor make elements, or only choose another that does.
_NO_OPERATORS: Final = frozenset("""
__deepcopy__ __format__ __repr__ apply_ are_deterministic_algorithms_enabled as_subclass as_tensor asarray backward
broadcast_shapes can_cast can_cast compile data_ptr dim element_size finfo from_dlpack from_numpy frombuffer get_device
has_names iinfo initial_seed install_as_torch load manual_seed map_ ndimension nelement numel numpy pin_memory
promote_types register_hook register_post_accumulate_grad_hook requires_grad_ result_type retain_grad save seed
share_memory_ size storage storage_offset storage_type stride tensor tolist type typename untyped_storage
use_deterministic_algorithms vmap
""".split())  # fmt: skip

# The operators behind Python's symbols.
_SYMBOLS: Final = {
    "__abs__": "abs", "__add__": "add", "__and__": "__and__", "__eq__": "eq", "__floordiv__": "floor_divide",
    "__ge__": "ge", "__gt__": "gt", "__iadd__": "add_", "__iand__": "__iand__", "__imul__": "mul_",
    "__invert__": "bitwise_not", "__ior__": "__ior__", "__ipow__": "pow_", "__isub__": "sub_",
    "__itruediv__": "div_", "__le__": "le", "__lshift__": "__lshift__", "__lt__": "lt", "__matmul__": "matmul",
    "__mod__": "remainder", "__mul__": "mul", "__ne__": "ne", "__neg__": "neg", "__or__": "__or__", "__pow__": "pow",
    "__radd__": "add", "__rmatmul__": "matmul", "__rmod__": "remainder", "__rmul__": "mul", "__rpow__": "pow",
    "__rshift__": "__rshift__", "__rsub__": "rsub", "__rtruediv__": "reciprocal", "__sub__": "sub",
    "__truediv__": "div", "__xor__": "__xor__",
}  # fmt: skip

# Names that torch's operators do not have from its functions.
_RENAMED: Final = {
    "cross_entropy": "cross_entropy_loss",
    "cuda": "to", "cpu": "to", "double": "to", "float": "to", "half": "to", "int": "to", "long": "to", "bool": "to",
    "bfloat16": "to",
}  # fmt: skip

# torch's names of operators that have no function, by the name of the record.
_INNER: Final = {
    "log_softmax_dim": "_log_softmax", "softmax_dim": "_softmax", "picked": "nll_loss_forward", "to_dtype": "_to_copy",
}  # fmt: skip


def functions() -> Iterator[tuple[FunctionType, str]]:
    """The public functions and methods that are operators, with their names."""
    load_all()
    seen = set()
    for module, prefix in _MODULES.items():
        space = import_module(f"tapegrad.{module}".rstrip("."))
        for name in getattr(space, "__all__", None) or sorted(vars(space)):
            function = getattr(space, name, None)
            if isinstance(function, FunctionType) and _is_operator(name) and function not in seen:
                seen.add(function)
                yield function, f"aten::{prefix}{_RENAMED.get(name, name)}"
    for name, function in vars(Tensor).items():
        own = name[:2] != "__" and name[:1] != "_" and _is_operator(name)
        if isinstance(function, FunctionType) and (own or name in _SYMBOLS) and function not in seen:
            seen.add(function)
            yield function, f"aten::{_SYMBOLS.get(name) or _RENAMED.get(name, name)}"


def _is_operator(name: str) -> bool:
    return not (name in _NO_OPERATORS or name.startswith(("_", "get_", "set_", "is_")))


def records() -> Iterator[tuple[Op, str]]:
    """The records that are operators of torch's, too, and are called by functions composed of them."""
    public = {name for _, name in functions()}
    for op in TABLE.values():
        name = f"aten::{_INNER.get(op.name, op.name)}"
        if name in public or op.name in _INNER:
            for one in (op, *op.twins.values()):
                yield one, name


def indexing(index: Any) -> str:
    """The operator that `x[index]` is."""
    first = index[0] if isinstance(index, tuple) and index else index
    if isinstance(first, int) and not isinstance(first, bool):
        return "aten::select"
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts):
        return "aten::unsqueeze" if first is None else "aten::slice"
    return "aten::index"
