"""How torch's files name things: element types by their storage classes, our objects by torch's modules."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from ..tensor import dtypes

STORAGE_NAMES: Final[dict[str, str]] = {
    "float64": "DoubleStorage",
    "float32": "FloatStorage",
    "float16": "HalfStorage",
    "bfloat16": "BFloat16Storage",
    "int64": "LongStorage",
    "int32": "IntStorage",
    "int16": "ShortStorage",
    "int8": "CharStorage",
    "uint8": "ByteStorage",
    "bool": "BoolStorage",
    "complex64": "ComplexFloatStorage",
    "complex128": "ComplexDoubleStorage",
}
TYPE_OF_STORAGE: Final[dict[str, str]] = {storage: kind for kind, storage in STORAGE_NAMES.items()}


# Classes that torch has in another module than we.
_ELSEWHERE: Final[dict[tuple[str, str], tuple[str, str]]] = {
    ("tapegrad.random.generator", "Generator"): ("torch._C", "Generator"),
}


class Global:
    """A name in a pickle: of a class or function of torch, which need not exist here."""

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name

    def __call__(self, *args: Any) -> NoReturn:
        """pickle asks that what makes an object can be called; this is only written down."""
        raise TypeError(f"{self.module}.{self.name} is a name in a file")


_made: dict[tuple[str, str], Global] = {}


def torch_name(module: str, name: str) -> Global:
    """The one `Global` of a name, so that a pickle can refer back to it."""
    found = _made.get((module, name))
    if found is None:
        found = _made[module, name] = Global(module, name)
    return found


def dtype_named(name: str) -> Any:
    """The dtype `torch.name`."""
    return getattr(dtypes, "bool_" if name == "bool" else name)


def name_of(kind: dtypes.dtype) -> str:
    """'float32' for `torch.float32`."""
    return str(kind).removeprefix("torch.")


def _place_in_torch(module: str, name: str) -> tuple[str, str]:
    """The module of torch's that has a class or function of ours, which may be a part of that module here."""
    from ..torch_names import modules

    theirs = place = "torch" + module.removeprefix("tapegrad")
    while place != "torch":
        if name in modules().get(place, ()):
            return place, name
        place = place.rpartition(".")[0]
    return (theirs if theirs in modules() else module), name


def split_name(thing: Any) -> tuple[str, str]:
    """The module and name under which files know a class or function."""
    ours = thing.__module__, thing.__qualname__
    if ours[0].partition(".")[0] != "tapegrad":
        return ours
    return _ELSEWHERE.get(ours) or _place_in_torch(*ours)


def name_in_files(thing: Any) -> str:
    """The full name under which files know a class or function."""
    return ".".join(split_name(thing))
