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

    __slots__ = ("_name", "_numpy", "abbr", "category", "is_complex", "is_floating_point", "is_signed", "itemsize")
    __module__ = "torch"  # the type of a type prints as torch's
    _name: str
    _numpy: np.dtype[Any] | None
    abbr: str
    category: int
    itemsize: int
    is_floating_point: bool
    is_complex: bool
    is_signed: bool

    def __new__(cls, *args: Any) -> dtype:
        raise TypeError("cannot create 'torch.dtype' instances: use torch.float32 and the like")

    @property
    def numpy(self) -> np.dtype[Any]:
        """The NumPy dtype that holds elements of this type."""
        if self._numpy is None:
            if self is not bfloat16:
                from ..errors import unsupported

                raise unsupported(f"torch.{self._name}", "NumPy has no such type")
            self._numpy = _bfloat16_dtype()
            _BY_NUMPY[self._numpy] = self
        return self._numpy

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> tuple[Any, ...]:
        return (named, (self._name,))

    def to_complex(self) -> dtype:
        """The complex type whose parts are of this type.

        Raises:
            RuntimeError: there is none, as for an integer type.
        """
        if self.category == COMPLEX:
            return self
        if self not in _TO_COMPLEX:
            raise RuntimeError(f"Unknown Complex ScalarType for {scalar_type_name(self)}")
        return _TO_COMPLEX[self]

    def to_real(self) -> dtype:
        """The type of the parts of this complex type; any other type itself."""
        return _TO_REAL.get(self, self)


def _bfloat16_dtype() -> np.dtype[Any]:
    try:
        import ml_dtypes
    except ImportError as missing:
        raise ImportError("torch.bfloat16 needs the package ml_dtypes: pip install ml_dtypes") from missing
    found: np.dtype[Any] = np.dtype(ml_dtypes.bfloat16)
    return found


def _make(name: str, category: int, itemsize: int, numpy: np.dtype[Any] | None, abbr: str) -> dtype:
    made: dtype = object.__new__(dtype)
    made._name, made.category, made.itemsize, made._numpy, made.abbr = name, category, itemsize, numpy, abbr
    made.is_floating_point = category == FLOAT
    made.is_complex = category == COMPLEX
    made.is_signed = category != BOOL and not name.startswith("uint")
    return made


def _plain(name: str, category: int, abbr: str) -> dtype:
    numpy = np.dtype(name)
    return _make(name, category, numpy.itemsize, numpy, abbr)


bool_: Final = _plain("bool", BOOL, "b8")
uint8: Final = _plain("uint8", INT, "u8")
uint16: Final = _plain("uint16", INT, "u16")
uint32: Final = _plain("uint32", INT, "u32")
uint64: Final = _plain("uint64", INT, "u64")
int8: Final = _plain("int8", INT, "i8")
int16: Final = _plain("int16", INT, "i16")
int32: Final = _plain("int32", INT, "i32")
int64: Final = _plain("int64", INT, "i64")
float16: Final = _plain("float16", FLOAT, "f16")
bfloat16: Final = _make("bfloat16", FLOAT, 2, None, "bf16")
float32: Final = _plain("float32", FLOAT, "f32")
float64: Final = _plain("float64", FLOAT, "f64")
complex64: Final = _plain("complex64", COMPLEX, "c64")
complex128: Final = _plain("complex128", COMPLEX, "c128")

ALL: Final = (
    bool_, uint8, uint16, uint32, uint64, int8, int16, int32, int64,
    float16, bfloat16, float32, float64, complex64, complex128,
)  # fmt: skip

# Types that can be named, as in a table of types, but not computed with.
complex32: Final = _make("complex32", COMPLEX, 4, None, "c32")
_NAMED_ONLY: Final = (
    complex32,
    _make("float8_e4m3fn", FLOAT, 1, None, "f8e4m3fn"),
    _make("float8_e4m3fnuz", FLOAT, 1, None, "f8e4m3fnuz"),
    _make("float8_e5m2", FLOAT, 1, None, "f8e5m2"),
    _make("float8_e5m2fnuz", FLOAT, 1, None, "f8e5m2fnuz"),
    _make("float8_e8m0fnu", FLOAT, 1, None, "f8e8m0fnu"),
    _make("qint8", INT, 1, None, "qint8"),
    _make("qint32", INT, 4, None, "qint32"),
    _make("quint8", INT, 1, None, "quint8"),
)

# Public names: the canonical one of each type and torch's aliases.
NAMES: Final[dict[str, dtype]] = {t._name: t for t in (*ALL, *_NAMED_ONLY)} | {
    "chalf": complex32,
    "half": float16,
    "float": float32,
    "double": float64,
    "short": int16,
    "int": int32,
    "long": int64,
    "cfloat": complex64,
    "cdouble": complex128,
}


def named(name: str) -> dtype:
    """The type of a name, such as 'float32' or 'long'."""
    return NAMES[name]


# The singletons that the fast paths compare with.
F32: Final = np.dtype("float32")
F64: Final = np.dtype("float64")
I64: Final = np.dtype("int64")
B8: Final = np.dtype("bool")

_TO_COMPLEX: Final = {float16: complex32, bfloat16: complex64, float32: complex64, float64: complex128}
_TO_REAL: Final = {complex32: float16, complex64: float32, complex128: float64}
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


# -- the default type -----------------------------------------------------------------------------------------------


_Type = dtype  # by a name that no attribute takes


class _Default:
    """Holder of the process-wide default, read by creation and by integer-to-float promotion."""

    __slots__ = ("complex", "complex_numpy", "dtype", "numpy")
    complex: _Type
    dtype: _Type

    def __init__(self) -> None:
        self.set(float32)

    def set(self, d: _Type) -> None:
        self.dtype, self.numpy = d, d.numpy
        self.complex = complex128 if d is float64 else complex64  # NumPy has none of half precision
        self.complex_numpy = self.complex.numpy


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


# -- promotion ------------------------------------------------------------------------------------------------------

_INTS: Final = (int8, int16, int32, int64)
_FLOATS: Final = (float16, bfloat16, float32, float64)
_WIDE_UNSIGNED: Final = frozenset((uint16, uint32, uint64))


def promote_types(type1: dtype, type2: dtype) -> dtype:
    """The smallest type of the higher category that both types convert to.

    Raises:
        RuntimeError: there is none: a wide unsigned type and a signed one.

    >>> import tapegrad as torch
    >>> torch.promote_types(torch.int64, torch.float16), torch.promote_types(torch.uint8, torch.int8)
    (torch.float16, torch.int16)
    """
    a, b = type1, type2
    if a is b:
        return a
    for position, given in enumerate((a, b), 1):
        if not isinstance(given, dtype):
            name, what = f"type{position}", type(given).__name__
            raise TypeError(f"promote_types(): argument '{name}' (position {position}) must be torch.dtype, not {what}")
    if a in _WIDE_UNSIGNED or b in _WIDE_UNSIGNED:
        return _promote_wide_unsigned(a, b)
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
    if uint8 in (a, b):
        other = b if a is uint8 else a
        return int16 if other is int8 else other
    return a if _INTS.index(a) > _INTS.index(b) else b


def _promote_wide_unsigned(a: dtype, b: dtype) -> dtype:
    """uint16, uint32 and uint64 give way to floating-point types, and go together with no others."""
    for kind in (a, b):
        if kind.category == FLOAT:
            return kind
    raise RuntimeError(
        "Promotion for uint16, uint32, uint64 types is not supported, attempted to promote "
        f"{scalar_type_name(a)} and {scalar_type_name(b)}. Convert one of them first, as with x.to(torch.int64)."
    )


# The names that torch's C++ side gives to the types; they appear in its messages.
_SCALAR_TYPE_NAMES: Final = {
    bool_: "Bool", uint8: "Byte", uint16: "UInt16", uint32: "UInt32", uint64: "UInt64", int8: "Char", int16: "Short",
    int32: "Int", int64: "Long", float16: "Half", bfloat16: "BFloat16", float32: "Float", float64: "Double",
    complex32: "ComplexHalf", complex64: "ComplexFloat", complex128: "ComplexDouble",
}  # fmt: skip


def scalar_type_name(d: dtype) -> str:
    """'Float', 'Long', …: how torch's messages name a type."""
    return _SCALAR_TYPE_NAMES.get(d, d._name.capitalize())


_C_TYPE_NAMES: Final = {
    bool_: "bool", uint8: "unsigned char", int8: "signed char", int16: "short int", int32: "int", int64: "long int",
    uint16: "short unsigned int", uint32: "unsigned int", uint64: "long unsigned int", float16: "c10::Half",
    bfloat16: "c10::BFloat16", float32: "float", float64: "double", complex64: "c10::complex<float>",
    complex128: "c10::complex<double>",
}  # fmt: skip


def c_type_name(d: dtype) -> str:
    """'float', 'long int', …: what torch's C++ compiler calls a type, which some messages show."""
    return _C_TYPE_NAMES.get(d, d._name)


def can_cast(from_: dtype, to: dtype) -> bool:
    """Whether results of one type may be written into a tensor of the other: the category may not sink.

    >>> import tapegrad as torch
    >>> torch.can_cast(torch.int64, torch.uint8), torch.can_cast(torch.float32, torch.int64)
    (True, False)
    """
    for position, (name, given) in enumerate((("from_", from_), ("to", to)), 1):
        if not isinstance(given, dtype):
            what = type(given).__name__
            raise TypeError(f"can_cast(): argument '{name}' (position {position}) must be torch.dtype, not {what}")
    return from_.category <= to.category
