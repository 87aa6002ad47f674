"""What libraries check arguments with, and private helpers that they call."""

from __future__ import annotations

from functools import partial
from typing import Any

from . import attempts


def attempt(function: Any, *args: Any) -> Any:
    return attempts.attempt(partial(function, *args))


def assertions(torch: Any) -> Any:
    one, zero = torch.tensor(1), torch.tensor(0)
    return [
        attempt(torch._assert, True, "fine"),
        attempt(torch._assert, torch.tensor([False]), "not fine"),
        attempt(torch._assert_async, one),
        attempt(torch._assert_async, zero),
        attempt(torch._assert_async, zero, "why"),
        attempt(torch._assert_async, torch.ones(2)),
    ]


def checks(torch: Any) -> Any:
    made = [torch._check, torch._check_value, torch._check_index, torch._check_type, torch._check_not_implemented]
    return [
        [(attempt(f, True), attempt(f, False), attempt(f, False, lambda: "why")) for f in made],
        attempt(torch._check, 1),
        attempt(torch._check, torch.tensor(True)),
        attempt(torch._check, False, "no function"),
        attempt(torch._check_is_size, -1),
        attempt(torch._check_is_size, 3),
        attempt(torch._check_with, KeyError, False, lambda: "key"),
    ]


def symbolic_numbers(torch: Any) -> Any:
    return [
        [torch.sym_int(2.7), torch.sym_int(-2.7), torch.sym_float(3), torch.sym_not(True), torch.sym_sum([1, 2, 3])],
        [torch.sym_max(3, 2.5), torch.sym_max(2, 3), torch.sym_min(2, 2.5), torch.sym_ite(False, 1, 2)],
        [isinstance(1, kind) for kind in (torch.SymInt, torch.SymFloat, torch.SymBool)],
    ]


def casts(torch: Any) -> Any:
    x = torch.tensor([1.5, 2.0])
    names = "Byte Char Double Float Half Int Long Short"
    return [getattr(torch, f"_cast_{name}")(x) for name in names.split()], torch._cast_Float(torch.tensor(3), True)


def grouped(torch: Any) -> Any:
    from importlib import import_module

    helpers = import_module(f"{torch.__name__}.utils._foreach_utils")
    a, b = torch.ones(2), torch.zeros(3, dtype=torch.float64)
    group = helpers._group_tensors_by_device_and_dtype
    found = [group([[a, b, a], [b, a, None]], with_indices=True), group([[a, a]]), group([[b]])]
    # The order of the groups is that of a hash table in torch.
    return [sorted((str(kind), plain(lists), places) for (_, kind), (lists, places) in g.items()) for g in found]


def plain(lists: Any) -> Any:
    return [[None if t is None else t.tolist() for t in row] for row in lists]


def without_other_processes(torch: Any) -> Any:
    from importlib import import_module

    group = import_module(f"{torch.__name__}.distributed")
    x = torch.ones(1)
    calls = [
        (group.all_reduce, x), (group.broadcast, x, 0), (group.all_gather, [x], x), (group.barrier,),
        (group.new_group,), (group.get_rank,), (group.get_world_size,),
        (group.destroy_process_group,), (group.all_gather_object, [1], 1),
        (torch.nn.parallel.DistributedDataParallel, torch.nn.Linear(1, 1)),
    ]  # fmt: skip
    return [attempt(*call) for call in calls], group.is_initialized()
