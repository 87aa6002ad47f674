"""`torch.utils.dlpack`: memory shared with other libraries by the DLPack protocol, without copying."""

from __future__ import annotations

import enum
from typing import Any

import numpy as np

from ..tensor.creation import from_dlpack as _from_object
from ..tensor.tensor import Tensor, new_tensor

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]


class DLDeviceType(enum.IntEnum):
    """The protocol's numbers of kinds of devices."""

    kDLCPU = (1,)
    kDLCUDA = (2,)
    kDLCUDAHost = (3,)
    kDLOpenCL = (4,)
    kDLVulkan = (7,)
    kDLMetal = (8,)
    kDLVPI = (9,)
    kDLROCM = (10,)
    kDLROCMHost = (11,)
    kDLExtDev = (12,)
    kDLCUDAManaged = (13,)
    kDLOneAPI = (14,)
    kDLWebGPU = (15,)
    kDLHexagon = (16,)
    kDLMAIA = (17,)
    kDLTrn = (18,)


class _Capsule:
    """A capsule as an object that has one to give; what it gave as memory that can be written to.

    NumPy takes capsules of the protocol's first version, which do not say whether it can, as read-only.
    """

    def __init__(self, capsule: Any) -> None:
        self.capsule = capsule

    def __dlpack__(self, **options: Any) -> Any:
        return self.capsule

    def __dlpack_device__(self) -> tuple[int, int]:
        return int(DLDeviceType.kDLCPU), 0

    def tensor(self) -> Tensor:
        """A tensor over the capsule's memory."""
        self.given = np.from_dlpack(self)
        address = self.given.__array_interface__["data"][0]
        self.__array_interface__ = {**self.given.__array_interface__, "data": (address, False)}
        return new_tensor(np.asarray(self))


def to_dlpack(tensor: Tensor) -> Any:
    """A capsule over a tensor's memory; it can be consumed once.

    >>> import tapegrad as torch
    >>> from tapegrad.utils.dlpack import from_dlpack, to_dlpack
    >>> x = torch.zeros(2)
    >>> from_dlpack(to_dlpack(x))[0] = 5
    >>> x
    tensor([5., 0.])
    """
    return tensor._data.__dlpack__()


def from_dlpack(ext_tensor: Any, *, device: Any = None, copy: bool | None = None) -> Tensor:
    """A tensor over the memory of an object of another library, or of a capsule.

    Args:
        ext_tensor: what has a method `__dlpack__`, or a capsule.
        copy: True for memory of its own.

    Raises:
        RuntimeError: neither; or a capsule that was consumed before.
    """
    if type(ext_tensor).__name__ == "PyCapsule":
        if "used_dltensor" in repr(ext_tensor):
            raise RuntimeError(
                "from_dlpack received an invalid capsule. Note that DLTensor capsules can be consumed only once, so you"
                " might have already constructed a tensor from it once."
            )
        t = _Capsule(ext_tensor).tensor()
        return t.clone() if copy else t
    return _from_object(ext_tensor, device=device, copy=copy)
