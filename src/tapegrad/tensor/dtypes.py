"""torch's element types over NumPy's, and the rules that promote one to another.

NumPy's dtype objects are singletons for every type used here, so the fast path of an operation asks `x.dtype is
y.dtype` of the arrays; the classes below are what the user sees.  bfloat16 comes from ml_dtypes and is loaded when it
is first used.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

Array = np.ndarray[Any, Any]

# Categories in the order in which they win a promotion.
BOOL, INT, FLOAT, COMPLEX = range(4)


class dtype:
    """An element type: `tapegrad.float32` and its siblings.

    >>> import tapegrad as torch
    >>> torch.float64.is_floating_point, torch.int8.itemsize
    (True, 1)
    """

    __slots__ = ("_name", "_numpy", "category", "is_complex", "is_floating_point", "is_signed", "itemsize")
    _name: str
    _numpy: np.dtype[Any] | None
    category: int
    itemsize: int
    is_floating_point: bool
    is_complex: bool
    is_signed: bool

    def __init__(self, name: str, category: int, itemsize: int, numpy: np.dtype[Any] | None) -> None:
        self._name, self.category, self.itemsize, self._numpy = name, category, itemsize, numpy
        self.is_floating_point = category == FLOAT
        self.is_complex = category == COMPLEX
        self.is_signed = category != BOOL and not name.startswith("uint")

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype that holds elements of this type."""
        if self._numpy is None:
            self._numpy = _bfloat16_dtype()
            _BY_NUMPY[self._numpy] = self
        return self._numpy

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> str:
        return self._name

    def to_complex(self) -> dtype:
        """The complex type whose parts are of this type."""
        return _TO_COMPLEX.get(self, self)

    def to_real(self) -> dtype:
        """The type of the parts of this complex type."""
        return _TO_REAL.get(self, self)


def _bfloat16_dtype() -> np.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as missing:
        raise ImportError("torch.bfloat16 needs the package ml_dtypes: pip install ml_dtypes") from missing
    return np.dtype(ml_dtypes.bfloat16)


def _plain(name: str, category: int, numpy_name: str | None = None) -> dtype:
    numpy = np.dtype(numpy_name or name)
    return dtype(name, category, numpy.itemsize, numpy)


bool_: Final = _plain("bool", BOOL)
uint8: Final = _plain("uint8", INT)
uint16: Final = _plain("uint16", INT)
uint32: Final = _plain("uint32", INT)
uint64: Final = _plain("uint64", INT)
int8: Final = _plain("int8", INT)
int16: Final = _plain("int16", INT)
int32: Final = _plain("int32", INT)
int64: Final = _plain("int64", INT)
float16: Final = _plain("float16", FLOAT)
bfloat16: Final = dtype("bfloat16", FLOAT, 2, None)
float32: Final = _plain("float32", FLOAT)
float64: Final = _plain("float64", FLOAT)
complex64: Final = _plain("complex64", COMPLEX)
complex128: Final = _plain("complex128", COMPLEX)

ALL: Final = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip

# Public names: the canonical one of each type and torch's aliases.
NAMES: Final[dict[str, dtype]] = {t._name: t for t in ALL} | {
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}

# The singletons that the fast paths compare with.
F32: Final = np.dtype("float32")
F64: Final = np.dtype("float64")
I64: Final = np.dtype("int64")
B8: Final = np.dtype("bool")

_TO_COMPLEX: Final = {float32: complex64, float64: complex128, float16: complex64, bfloat16: complex64}
_TO_REAL: Final = {complex64: float32, complex128: float64}
_BY_NUMPY: Final[dict[np.dtype[Any], dtype]] = {t._numpy: t for t in ALL if t._numpy is not None}


def from_numpy_dtype(numpy: np.dtype[Any]) -> dtype:
    """torch's type for a NumPy one; TypeError, in torch's words, where there is none."""
    found = _BY_NUMPY.get(numpy)
    if found is None:
        if numpy.name == "bfloat16":
            return _BY_NUMPY.setdefault(numpy, bfloat16)
        if numpy == numpy.newbyteorder("="):
            raise TypeError(
                f"can't convert np.ndarray of type numpy.{numpy.type.__name__}. The only supported types are: float64,"
                " float32, float16, complex64, complex128, int64, int32, int16, int8, uint64, uint32, uint16, uint8,"
                " and bool."
            )
        raise ValueError(
            "given numpy array has byte order different from the native byte order."
            f" Conversion between byte orders is currently not supported. Write array.astype('{numpy.name}')."
        )
    return found


def numpy_dtype(spec: object, function: str = "") -> np.dtype[Any]:
    """The NumPy dtype of what users write for `dtype=`: a torch type or one of Python's `float`, `int`, `bool`.

    Raises:
        TypeError: neither of these; `function` is named in the message.
    """
    return spec.numpy if type(spec) is dtype else as_dtype(spec, function).numpy


def as_dtype(spec: object, function: str = "") -> dtype:
    """The type that `dtype=spec` stands for, Python's number types included.

    Raises:
        TypeError: neither of these; `function` is named in the message.
    """
    if isinstance(spec, dtype):
        return spec
    python = {float: float64, int: int64, bool: bool_, complex: complex128}
    if isinstance(spec, type) and spec in python:
        return python[spec]
    where = f"{function}(): argument 'dtype'" if function else "dtype"
    raise TypeError(f"{where} must be torch.dtype, not {type(spec).__name__}: write dtype=torch.float32 or the like")


# -- the default type ------------------------------------------------------------------------------------------------


class _Default:
    """Holder of the process-wide default, read by creation and by integer-to-float promotion."""

    __slots__ = ("complex_numpy", "dtype", "numpy")

    def __init__(self) -> None:
        self.set(float32)

    def set(self, d: dtype) -> None:
        self.dtype, self.numpy, self.complex_numpy = d, d.numpy, d.to_complex().numpy


default: Final = _Default()


def get_default_dtype() -> dtype:
    """The floating-point type that new tensors get; `torch.float32` unless it was changed."""
    return default.dtype


def set_default_dtype(d: dtype) -> None:
    """Set the floating-point type that new tensors get.

    Raises:
        TypeError: `d` is not a floating-point type.
    """
    if not isinstance(d, dtype):
        raise TypeError("invalid dtype object: only floating-point types are supported as the default type")
    if not d.is_floating_point:
        raise TypeError("only floating-point types are supported as the default type")
    default.set(d)


# -- promotion -------------------------------------------------------------------------------------------------------

_INTS: Final = (int8, int16, int32, int64)
_FLOATS: Final = (float16, bfloat16, float32, float64)
_WIDE_UNSIGNED: Final = frozenset((uint16, uint32, uint64))


def promote_types(a: dtype, b: dtype) -> dtype:
    """The smallest type of the higher category that both types convert to.

    >>> import tapegrad as torch
    >>> torch.promote_types(torch.int64, torch.float16), torch.promote_types(torch.uint8, torch.int8)
    (torch.float16, torch.int16)
    """
    if a is b:
        return a
    if a.category < b.category:
        a, b = b, a
    if a.category != b.category:  # the higher category wins; a complex type still has to hold the float's precision
        if a.category == COMPLEX and b is float64:
            return complex128
        return a
    if a.category == COMPLEX:
        return complex128
    if a.category == FLOAT:
        if {a, b} == {float16, bfloat16}:
            return float32
        return a if _FLOATS.index(a) > _FLOATS.index(b) else b
    if a in _WIDE_UNSIGNED or b in _WIDE_UNSIGNED:
        return _promote_wide_unsigned(a, b)
    if uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other is int8 else other
    return a if _INTS.index(a) > _INTS.index(b) else b


def _promote_wide_unsigned(a: dtype, b: dtype) -> dtype:
    if not a.is_signed and not b.is_signed:
        return a if a.itemsize >= b.itemsize else b
    raise RuntimeError(
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
        f"{scalar_type_name(a)} and {scalar_type_name(b)}. Convert one of them first, as with x.to(torch.int64)."
    )


# The names that torch's C++ side gives to the types; they appear in its messages.
_SCALAR_TYPE_NAMES: Final = {
    bool_: "Bool", uint8: "Byte", uint16: "UInt16", uint32: "UInt32", uint64: "UInt64", int8: "Char", int16: "Short",
    int32: "Int", int64: "Long", float16: "Half", bfloat16: "BFloat16", float32: "Float", float64: "Double",
    complex64: "ComplexFloat", complex128: "ComplexDouble",
}  # fmt: skip


def scalar_type_name(d: dtype) -> str:
    """'Float', 'Long', …: how torch's messages name a type."""
    return _SCALAR_TYPE_NAMES[d]


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether a value of one type may be written into a tensor of the other: the category may not sink."""
    if from_.category > to.category:
        return False
    return not (from_.category == INT and to.category == BOOL)
