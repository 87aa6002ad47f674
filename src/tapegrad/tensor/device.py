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


def check_device(spec: object) -> None:
    """Accept a `device=` argument that means the CPU; refuse any other by name.

    Raises:
        RuntimeError: the device is one that tapegrad does not run on.
        TypeError: `spec` does not describe a device.
    """
    if spec is None or spec is CPU or spec == "cpu":
        return
    if not isinstance(spec, (str, device, int)):
        raise TypeError(f"device must be a torch.device, a string or an index, not {type(spec).__name__}")
    where = device(spec)
    if where.type == "cpu":
        return
    if where.type == "cuda":
        raise AssertionError("Torch not compiled with CUDA enabled: tapegrad runs on the CPU; write device='cpu'")
    raise RuntimeError(f"tapegrad has no device '{where}'; it runs on the CPU: write device='cpu'")


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
