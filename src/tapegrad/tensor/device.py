"""Devices, layouts and memory formats: names that torch code mentions, of which tapegrad has the CPU's."""

from __future__ import annotations

import re
from typing import Any, Final

_KINDS: Final = (
    "cpu, cuda, ipu, xpu, mkldnn, opengl, opencl, ideep, hip, ve, fpga, maia, xla, lazy, vulkan, mps, meta, hpu, mtia,"
    " privateuseone"
)


class device:
    """Where a tensor lives: `device('cpu')`, `device('cuda', 1)`, `device(other_device)`.

    Naming a device that is not there is allowed, as in torch; putting a tensor on it raises.

    >>> import tapegrad as torch
    >>> torch.device("cpu"), torch.device("cuda:1").index
    (device(type='cpu'), 1)
    """

    __slots__ = ("index", "type")
    type: str
    index: int | None

    def __init__(self, type: str | device | int = "cpu", index: int | None = None) -> None:  # noqa: A002 - torch's name
        if isinstance(type, device):
            type, index = type.type, type.index
        elif isinstance(type, int):
            type, index = "cuda", type
        elif ":" in type:
            if index is not None:
                raise RuntimeError(
                    f"type (string) must not include an index because index was passed explicitly: {type}"
                )
            match = re.fullmatch(r"([a-z_]+):(0|[1-9]\d*)", type)
            if match is None:
                raise RuntimeError(f"Invalid device string: '{type}'")
            type, index = match[1], int(match[2])
        if type not in _KINDS.split(", "):
            raise RuntimeError(f"Expected one of {_KINDS} device type at start of device string: {type}")
        self.type, self.index = type, index

    def __repr__(self) -> str:
        return f"device(type='{self.type}'" + (")" if self.index is None else f", index={self.index})")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __reduce__(self) -> tuple[Any, ...]:
        return (device, (self.type,) if self.index is None else (self.type, self.index))


CPU: Final = device("cpu")


def check_device(spec: object, function: str = "") -> None:
    """Accept a `device=` argument that means the CPU; refuse any other by name.

    Raises:
        RuntimeError: the device is one that tapegrad does not run on.
        AssertionError: the same, for CUDA, as in torch.
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


class layout:
    """A storage layout; `torch.strided` is the one that dense tensors have."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> str:
        return self._name


class memory_format:
    """The order of dimensions in memory that an operation is asked to produce."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return "torch." + self._name

    def __reduce__(self) -> str:
        return self._name


strided: Final = layout("strided")
sparse_coo: Final = layout("sparse_coo")
sparse_csr: Final = layout("sparse_csr")

contiguous_format: Final = memory_format("contiguous_format")
preserve_format: Final = memory_format("preserve_format")
channels_last: Final = memory_format("channels_last")
channels_last_3d: Final = memory_format("channels_last_3d")


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
