"""Devices, layouts and memory formats: names that torch code mentions, of which tapegrad has the CPU's."""

from __future__ import annotations

import re
from typing import Any, Final, NoReturn

_KINDS: Final = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia,"
    " privateuseone"
)


class device:
    """Where a tensor lives: `device('cpu')`, `device('cuda', 1)`, `device(other_device)`.

    Naming a device that is not there is allowed, as in torch; putting a tensor on it raises.  As a context manager it
    is the place for tensors made inside, which is the CPU anyway.

    Args:
        device: a kind, with an index or without, such as 'cuda:1'; or a device.
        index: which of several of that kind.

    Raises:
        RuntimeError: there is no such kind, or the string is malformed.

    >>> import tapegrad as torch
    >>> torch.device("cpu"), torch.device("cuda:1").index
    (device(type='cpu'), 1)
    """

    __slots__ = ("index", "type")
    __module__ = "torch"  # its type prints as torch's
    type: str
    index: int | None

    def __init__(
        self,
        device: str | device | int | None = None,
        index: int | None = None,
        *,
        type: str | None = None,
    ) -> None:
        kind: Any = device if type is None else type
        if isinstance(kind, _Device):
            kind, index = kind.type, kind.index
        elif isinstance(kind, str):
            kind, index = _parse(kind, index)
        elif isinstance(kind, int) and not isinstance(kind, bool):
            if kind < 0:
                raise RuntimeError("Device index must not be negative")
            raise RuntimeError(
                f"Cannot access accelerator device when none is available. Found: {kind}, which stands for an"
                " accelerator; write device('cpu')"
            )
        else:
            what = kind.__class__.__name__
            raise TypeError(
                f"device() received an invalid combination of arguments - got ({what}), but expected a string, with an"
                " index or without, or a device"
            )
        object.__setattr__(self, "type", kind)
        object.__setattr__(self, "index", index)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        if name in self.__slots__:
            raise AttributeError(f"attribute '{name}' of 'torch.device' objects is not writable")
        raise AttributeError(f"'torch.device' object has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restored_device, (self.type, self.index))

    def __enter__(self) -> device:
        check_device(self)
        return self

    def __exit__(self, *exc: object) -> None:
        pass


_Device = device  # by a name that no argument takes


def _restored_device(kind: str, index: int | None) -> device:
    return device(kind, index)


def _parse(kind: str, index: Any) -> tuple[str, int | None]:
    """The kind and index in a device string."""
    if index is not None and (not isinstance(index, int) or isinstance(index, bool)):
        raise TypeError(f"device(): argument 'index' (position 2) must be int, not {type(index).__name__}")
    if index is not None and index < 0:
        raise RuntimeError("Device index must not be negative")
    if not kind:
        raise RuntimeError("Device string must not be empty")
    match = re.fullmatch(r"([A-Za-z_]+)(?::(0|[1-9]\d*))?", kind)
    if match is None:
        raise RuntimeError(f"Invalid device string: '{kind}'")
    if match[2] is not None and index is not None:
        raise RuntimeError(f"type (string) must not include an index because index was passed explicitly: {kind}")
    if match[1] not in _KINDS.split(", "):
        raise RuntimeError(f"Expected one of {_KINDS} device type at start of device string: {match[1]}")
    return match[1], index if match[2] is None else int(match[2])


CPU: Final = device("cpu")


def check_device(spec: object, function: str = "") -> None:
    """Accept a `device=` argument that means the CPU; refuse any other by name.

    Raises:
        NotImplementedError: the device is one that tapegrad does not run on.
        AssertionError: the same, for CUDA and XPU, as in torch.
        TypeError: `spec` does not describe a device.
    """
    if spec is None or spec is CPU or spec == "cpu":
        return
    if not isinstance(spec, (str, device, int)):
        where = f"{function}(): argument 'device'" if function else "device"
        raise TypeError(f"{where} must be torch.device, not {type(spec).__name__}")
    found = spec if isinstance(spec, device) else device(spec)
    if found.type == "cpu":
        return
    if found.type in ("cuda", "xpu"):
        raise AssertionError(
            f"Torch not compiled with {found.type.upper()} enabled: tapegrad runs on the CPU; write device='cpu'"
        )
    raise NotImplementedError(f"tapegrad has no device '{found}'; it runs on the CPU: write device='cpu'")


def get_default_device() -> device:
    """The device of new tensors: the CPU."""
    return CPU


def set_default_device(device: Any) -> None:
    """Accepts the CPU, and None; refuses any other device, now and not at the first new tensor as torch does."""
    check_device(device, "set_default_device")


class _Named:
    """A constant known by its name in torch."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> tuple[Any, ...]:
        return (constant, (self._name,))


class layout(_Named):
    """A storage layout; `torch.strided` is the one that dense tensors have."""

    __slots__ = ()
    __module__ = "torch"


class memory_format(_Named):
    """The order of dimensions in memory that an operation is asked to produce."""

    __slots__ = ()
    __module__ = "torch"


strided: Final = layout("strided")
sparse_coo: Final = layout("sparse_coo")
sparse_csr: Final = layout("sparse_csr")
sparse_csc: Final = layout("sparse_csc")
sparse_bsr: Final = layout("sparse_bsr")
sparse_bsc: Final = layout("sparse_bsc")
jagged: Final = layout("jagged")

contiguous_format: Final = memory_format("contiguous_format")
preserve_format: Final = memory_format("preserve_format")
channels_last: Final = memory_format("channels_last")
channels_last_3d: Final = memory_format("channels_last_3d")


def constant(name: str) -> layout | memory_format:
    """The layout or memory format of a name."""
    found: layout | memory_format = globals()[name]
    return found


def check_layout(spec: object, function: str) -> None:
    """Accept a `layout=` argument that means dense tensors; refuse any other by name.

    Raises:
        NotImplementedError: a layout that tapegrad does not have.
        TypeError: not a layout.
    """
    if spec is None or spec is strided:
        return
    if not isinstance(spec, layout):
        raise TypeError(f"{function}(): argument 'layout' must be torch.layout, not {type(spec).__name__}")
    raise NotImplementedError(f"tapegrad has no {spec!r} tensors; all its tensors are torch.strided")


def check_memory_format(spec: object, function: str) -> Any:
    """The memory format that was asked for; None for the default, which is to preserve that of the input.

    Raises:
        TypeError: not a memory format.
    """
    if spec is None or spec is preserve_format:
        return None
    if not isinstance(spec, memory_format):
        what = type(spec).__name__
        raise TypeError(f"{function}(): argument 'memory_format' must be torch.memory_format, not {what}")
    return spec


def check_pinning(pin_memory: object) -> None:
    """Refuse `pin_memory=True`, as torch does where there is no accelerator.

    Raises:
        RuntimeError: pinned memory was asked for.
    """
    if pin_memory:
        raise RuntimeError(
            "pin_memory=True requires a CUDA or other accelerator backend; no pinned memory allocator is available on"
            " this system."
        )
