"""Which element types a pointwise operator computes, and torch's errors for the others.

Types are given by letters:
    b   bool
    i   uint8 and the signed integers
    u   the wide unsigned integers
    h   float16 and bfloat16
    f   float32 and float64
    c   the complex types
"""

from __future__ import annotations

from typing import Final

from ..errors import DtypeError, UnsupportedDtypeError
from ..tensor import dtypes
from ..tensor.dtypes import BOOL, COMPLEX, INT, dtype, scalar_type_name

ANY: Final = "biuhfc"
NUMBERS: Final = "ihfc"
REALS: Final = "ihf"
FLOATS: Final = "hf"
TO_FLOAT: Final = "biuhf"  # integers are computed as floats, complex numbers are refused

_HINT: Final = "Convert the tensor first, as with x.float() or x.long()."


class Accepts:
    """The types an operator takes.

    Args:
        kernel: the name torch's message gives to what is missing: '"abs_cpu" not implemented for 'Bool''.
        letters: the types it takes.
        says: by letter, another sentence for a type that is refused.
        raises: by letter, the error that goes with it.
    """

    __slots__ = ("kernel", "letters", "raises", "says")

    def __init__(
        self,
        kernel: str,
        letters: str,
        says: dict[str, str] | None = None,
        raises: type[DtypeError] = UnsupportedDtypeError,
    ) -> None:
        self.kernel, self.letters, self.says, self.raises = kernel, letters, says or {}, raises

    def check(self, kind: dtype) -> None:
        """Refuse a type that is not computed."""
        self.check_spoken(kind)
        if letter_of(kind) not in self.letters:
            raise not_implemented(self.kernel, kind)

    def check_spoken(self, kind: dtype) -> None:
        """Refuse a type for which there is a sentence of its own; torch does so before it looks at anything else."""
        sentence = self.says.get(letter_of(kind))
        if sentence is not None:
            raise self.raises(sentence, _HINT)


def not_implemented(kernel: str, kind: dtype) -> UnsupportedDtypeError:
    """torch's error for an operator without a kernel for a type."""
    return UnsupportedDtypeError(f"\"{kernel}\" not implemented for '{scalar_type_name(kind)}'", _HINT)


def letter_of(kind: dtype) -> str:
    """The letter of a type."""
    if kind.category == COMPLEX:
        return "c"
    if kind.category == BOOL:
        return "b"
    if kind.category == INT:
        return "u" if kind in (dtypes.uint16, dtypes.uint32, dtypes.uint64) else "i"
    return "h" if kind.itemsize == 2 else "f"


_C_NAMES: Final = {
    "float32": "float", "float64": "double", "int64": "long int", "int32": "int", "int16": "short int",
    "int8": "signed char", "uint8": "unsigned char", "bool": "bool", "float16": "c10::Half",
    "bfloat16": "c10::BFloat16",
    "complex64": "c10::complex<float>", "complex128": "c10::complex<double>",
}  # fmt: skip


def c_name(kind: dtype) -> str:
    """The name some of torch's messages use for a type: that of C++."""
    return _C_NAMES.get(kind._name, kind._name)
