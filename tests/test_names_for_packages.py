"""Names of torch that packages import and ask, and seldom call."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import _jit_internal, distributed, jit, onnx
from tapegrad._vmap_internals import _vmap
from tapegrad.cli.check import check, gap_at
from tapegrad.distributed.optim import ZeroRedundancyOptimizer
from tapegrad.nn.parallel import DistributedDataParallel
from tapegrad.utils import _foreach_utils, _python_dispatch

NO_GROUP = "^Default process group has not been initialized, please make sure to call init_process_group"
ONE = torch.ones(1)
COLLECTIVES = [
    *("all_gather all_gather_into_tensor all_gather_object all_reduce all_to_all all_to_all_single barrier".split()),
    *("broadcast broadcast_object_list gather get_backend get_rank get_world_size irecv isend".split()),
    *("monitored_barrier new_group recv reduce reduce_scatter reduce_scatter_tensor scatter send".split()),
]


@pytest.mark.parametrize("name", COLLECTIVES)
def test_without_a_group_of_processes_nothing_is_sent(name: str) -> None:
    with pytest.raises(ValueError, match=NO_GROUP):
        getattr(distributed, name)(ONE)


@pytest.mark.parametrize(
    "make",
    [
        lambda: DistributedDataParallel(torch.nn.Linear(1, 1)),
        lambda: ZeroRedundancyOptimizer([ONE], optimizer_class=torch.optim.SGD),
    ],
    ids=["model", "optimizer"],
)
def test_what_works_on_several_processes_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError, match=NO_GROUP):
        make()


def test_there_is_no_group_to_make_or_end() -> None:
    assert not distributed.is_available() and not distributed.is_initialized() and distributed.group.WORLD is None
    with pytest.raises(NotImplementedError, match=r"^tapegrad has no torch\.distributed\.init_process_group"):
        distributed.init_process_group("gloo")
    with pytest.raises(AssertionError, match="^Process group cannot be None"):
        distributed.destroy_process_group()


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: jit.save(torch.nn.Linear(1, 1), "x.pt"), r"torch\.jit\.save"),
        (lambda: jit.load("x.pt"), r"torch\.jit\.load"),
        (lambda: onnx.export(torch.nn.Linear(1, 1), (ONE,), "x.onnx"), r"torch\.onnx\.export"),
        (lambda: _python_dispatch.TorchDispatchMode(), "TorchDispatchMode"),
    ],
)
def test_refused_by_name(call: Any, name: str) -> None:
    with pytest.raises(NotImplementedError, match=f"^tapegrad has no {name}: "):
        call()


def test_nothing_is_traced_and_nothing_stands_below_autograd() -> None:
    assert torch._C._get_tracing_state() is None and issubclass(jit.TracerWarning, Warning)
    assert not _python_dispatch.is_traceable_wrapper_subclass(ONE)
    assert _python_dispatch._get_current_dispatch_mode() is None
    with _python_dispatch._disable_current_modes() as modes:
        assert modes == _python_dispatch._get_current_dispatch_mode_stack() == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [("Byte", "uint8"), ("Char", "int8"), ("Double", "float64"), ("Float", "float32"), ("Half", "float16"),
     ("Int", "int32"), ("Long", "int64"), ("Short", "int16")],
)  # fmt: skip
def test_casts_by_their_old_names(name: str, kind: str) -> None:
    cast = getattr(torch, f"_cast_{name}")(torch.tensor([1.5]))
    assert cast.dtype is getattr(torch, kind)
    assert cast.tolist() == [1.5 if cast.is_floating_point() else 1]


def test_what_speaks_to_torchscript_leaves_functions_as_they_are() -> None:
    def function() -> None: ...

    assert _jit_internal._copy_to_script_wrapper(function) is _jit_internal.export(function) is function
    assert not _jit_internal.is_scripting()


def test_assertions_of_libraries() -> None:
    torch._assert(torch.tensor([True]), "fine")
    torch._check(True, lambda: "fine")
    with pytest.raises(AssertionError, match="^wrong$"):
        torch._assert(False, "wrong")
    with pytest.raises(IndexError, match="^wrong$"):
        torch._check_index(False, lambda: "wrong")
    with pytest.raises(RuntimeError, match="^Expected cond to be True, but got False"):
        torch._check(False)
    with pytest.raises(TypeError, match="^cond must be a bool, but got a Tensor"):
        torch._check(torch.tensor(True))
    with pytest.raises(RuntimeError, match="^Expected Tensor with single nonzero value, but got zero$"):
        torch._assert_async(torch.tensor(0))
    with pytest.warns(FutureWarning, match="^_check_is_size will be removed"), pytest.raises(RuntimeError):
        torch._check_is_size(-1)


def test_symbolic_numbers_are_numbers() -> None:
    assert (torch.sym_int(2.7), torch.sym_float(2), torch.sym_not(True), torch.sym_sum([1, 2])) == (2, 2.0, False, 3)
    assert isinstance(torch.sym_max(3, 2.5), float) and torch.sym_min(2, 3) == 2 and torch.sym_ite(True, 1, 2) == 1
    assert not isinstance(1, torch.SymInt)
    assert not torch.xpu.is_available() and torch.xpu.device_count() == 0


def test_vmap_by_its_old_name() -> None:
    assert _vmap(lambda x, y: x * y, (0, None))(torch.arange(3), torch.tensor(2)).tolist() == [0, 2, 4]


def test_tensors_are_grouped_by_their_type() -> None:
    a, b = torch.ones(1), torch.ones(1, dtype=torch.float64)
    groups = _foreach_utils._group_tensors_by_device_and_dtype([[a, b, a], [b, b, None]], with_indices=True)
    assert [(kind, places) for (_, kind), (_, places) in groups.items()] == [(a.dtype, [0, 2]), (b.dtype, [1])]
    (first, second), _ = groups[a.device, a.dtype]
    assert first[0] is a and first[1] is a and second[0] is b and second[1] is None
    assert all(places == [] for _, places in _foreach_utils._group_tensors_by_device_and_dtype([[a, b]]).values())


def test_a_tensor_has_a_number_of_its_own() -> None:
    a, b = torch.ones(1), torch.ones(1)
    assert a._cdata == a._cdata != b._cdata


def test_names_for_annotations() -> None:
    from tapegrad import types

    assert types._dtype is torch.dtype and types.Number == int | float | bool
    assert {torch.device, str} < set(torch.serialization.MAP_LOCATION.__args__)
    assert types._size == torch.Size | list[int] | tuple[int, ...]


def test_check_says_which_package_a_name_needs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in [name for name in sys.modules if name.startswith("tapegrad.utils.tensorboard")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delitem(vars(torch.utils), "tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="pip install tensorboard"):
        gap_at("torch.utils.tensorboard.SummaryWriter")
    program = tmp_path / "log.py"
    program.write_text("from torch.utils.tensorboard import SummaryWriter\nimport torch\ntorch.ones(1)\n")
    report = check([program])
    assert [need.name for need in report.needs] == [
        "torch.utils.tensorboard needs tensorboard: pip install tensorboard"
    ]
    assert report.lacking == []
