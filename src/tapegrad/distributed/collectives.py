"""The functions of `torch.distributed` that talk to other processes, as they are without a group of processes.

Programs import them without asking, and call them only after they have asked whether there is a group.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, NoReturn

from ..errors import unsupported

__all__ = [
    "GroupMember", "ProcessGroup", "ReduceOp", "Work", "all_gather", "all_gather_into_tensor", "all_gather_object",
    "all_reduce", "all_to_all", "all_to_all_single", "barrier", "broadcast", "broadcast_object_list",
    "destroy_process_group", "gather", "get_backend", "get_rank", "get_world_size", "group", "init_process_group",
    "irecv", "isend", "monitored_barrier", "new_group", "recv", "reduce", "reduce_scatter", "reduce_scatter_tensor",
    "scatter", "send",
]  # fmt: skip

_NO_GROUP: Final = "Default process group has not been initialized, please make sure to call init_process_group."


class ReduceOp(IntEnum):
    """How values of several processes become one."""

    SUM = 0
    AVG = 1
    PRODUCT = 2
    MIN = 3
    MAX = 4
    BAND = 5
    BOR = 6
    BXOR = 7
    PREMUL_SUM = 8


class ProcessGroup:
    """A group of processes. There is none: programs name the class in annotations."""


class Work:
    """An operation under way between processes. There is none: programs name the class in annotations."""


class GroupMember:
    """Groups by name: there is not even that of all processes."""

    WORLD = None


group = GroupMember


def init_process_group(backend: str | None = None, init_method: str | None = None, **options: Any) -> NoReturn:
    """Refused: tapegrad has no communication between processes.

    Raises:
        NotImplementedError: always.
    """
    raise unsupported("torch.distributed.init_process_group", "there is no communication between processes")


def destroy_process_group(group: Any = None) -> NoReturn:
    """End a group, of which there is none.

    Raises:
        AssertionError: always, as in torch without a group.
    """
    raise AssertionError("Process group cannot be None")


def _without_group(name: str) -> Callable[..., NoReturn]:
    def refuse(*args: Any, **kwargs: Any) -> NoReturn:
        raise ValueError(_NO_GROUP)

    refuse.__name__ = refuse.__qualname__ = name
    refuse.__doc__ = "Raises ValueError, as in torch, while no group of processes has been made."
    return refuse


all_gather = _without_group("all_gather")
all_gather_into_tensor = _without_group("all_gather_into_tensor")
all_gather_object = _without_group("all_gather_object")
all_reduce = _without_group("all_reduce")
all_to_all = _without_group("all_to_all")
all_to_all_single = _without_group("all_to_all_single")
barrier = _without_group("barrier")
broadcast = _without_group("broadcast")
broadcast_object_list = _without_group("broadcast_object_list")
gather = _without_group("gather")
get_backend = _without_group("get_backend")
get_rank = _without_group("get_rank")
get_world_size = _without_group("get_world_size")
irecv = _without_group("irecv")
isend = _without_group("isend")
monitored_barrier = _without_group("monitored_barrier")
new_group = _without_group("new_group")
recv = _without_group("recv")
reduce = _without_group("reduce")
reduce_scatter = _without_group("reduce_scatter")
reduce_scatter_tensor = _without_group("reduce_scatter_tensor")
scatter = _without_group("scatter")
send = _without_group("send")
