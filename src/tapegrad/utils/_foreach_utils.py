"""`torch.utils._foreach_utils`: private in torch, and used by optimizers to group tensors of the same kind."""

from __future__ import annotations

from ..tensor.device import device
from ..tensor.dtypes import dtype
from ..tensor.tensor import Tensor

Lists = list[list[Tensor | None]]


def _group_tensors_by_device_and_dtype(
    tensorlistlist: Lists, with_indices: bool = False
) -> dict[tuple[device, dtype], tuple[Lists, list[int]]]:
    """Lists of the same length divided by the device and dtype of the first list's tensors.

    Args:
        tensorlistlist: lists that belong together, such as parameters, gradients and states.
        with_indices: give for each group the places that its tensors had.

    >>> import tapegrad as torch
    >>> a, b = torch.ones(1), torch.ones(1, dtype=torch.int64)
    >>> groups = _group_tensors_by_device_and_dtype([[a, b, a]], with_indices=True)
    >>> [(str(kind), places) for (_, kind), (_, places) in groups.items()]
    [('torch.float32', [0, 2]), ('torch.int64', [1])]
    """
    groups: dict[tuple[device, dtype], tuple[Lists, list[int]]] = {}
    for place, row in enumerate(zip(*tensorlistlist, strict=True)):
        first = row[0]
        assert first is not None
        lists, places = groups.setdefault((first.device, first.dtype), ([[] for _ in row], []))
        for grouped, t in zip(lists, row, strict=True):
            grouped.append(t)
        if with_indices:
            places.append(place)
    return groups


def _get_foreach_kernels_supported_devices() -> list[str]:
    """The kinds of devices that have operators on lists of tensors: none, as they gain nothing on a CPU."""
    return []


def _get_fused_kernels_supported_devices() -> list[str]:
    """The kinds of devices that have fused optimizers: none."""
    return []
