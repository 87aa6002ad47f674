"""Reading: what `torch.load` takes, gives and refuses."""

from __future__ import annotations

import collections
import copy
import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import nn, serialization


def saved(thing: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(thing, file, **options)
    file.seek(0)
    return file


class Point:
    def __init__(self, x: int) -> None:
        self.x = x


class Planned:
    """An object whose pickle calls a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.plan = function, arguments

    def __reduce__(self) -> Any:
        return self.plan


Pair = collections.namedtuple("Pair", "a b")


@pytest.fixture(autouse=True)
def nothing_allowed() -> Any:
    yield
    serialization.clear_safe_globals()


@pytest.mark.parametrize("as_zip", [True, False])
@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (Point(1), "test_loading.Point"),
        (Planned(eval, "1"), "eval"),
        (Planned(exec, "pass"), "exec"),
        (Planned(getattr, 1, "real"), "getattr"),
        (Planned(os.getcwd), "(posix|nt).getcwd"),
        (Planned(__import__, "os"), "__import__"),
        (Planned(Path, "x"), "pathlib.*Path"),
        (collections.deque(), "collections.deque"),
        (Pair(1, 2), "test_loading.Pair"),
        (slice(1), "slice"),
        (frozenset("a"), "frozenset"),
        (nn.Linear(1, 1), "torch.nn.modules.linear.Linear"),
        (torch.Generator(), "torch._C.Generator"),
        (torch.optim.SGD([torch.ones(1)]), "torch.optim.sgd.SGD"),
    ],
)
def test_other_names_are_refused(thing: Any, name: str, as_zip: bool) -> None:
    file = saved(thing, _use_new_zipfile_serialization=as_zip)
    with pytest.raises(pickle.UnpicklingError, match=f"^Weights only load failed.*GLOBAL .*{name} "):
        torch.load(file)


def test_modules_that_reach_the_system_are_refused_even_if_allowed() -> None:
    with (
        serialization.safe_globals([(os.getcwd, "posix.getcwd")]),
        pytest.raises(pickle.UnpicklingError, match="whose module posix is blocked"),
    ):
        torch.load(saved(Planned(os.getcwd)))


def test_allowed_classes_are_loaded() -> None:
    with serialization.safe_globals([Point, Pair, collections.defaultdict, list]):
        made = torch.load(saved([Point(3), Pair(1, 2), collections.defaultdict(list, a=[1])]))
    assert made[0].x == 3 and made[1] == Pair(1, 2) and made[2]["b"] == [] and made[2]["a"] == [1]
    with pytest.raises(pickle.UnpicklingError):
        torch.load(saved(Point(3)))


def test_allowed_classes_under_another_name() -> None:
    name = f"{Point.__module__}.Point"
    serialization.add_safe_globals([(Pair, name)])
    assert serialization.get_safe_globals() == [(Pair, name)]
    serialization.clear_safe_globals()
    assert serialization.get_safe_globals() == []


def test_allowing_what_is_no_class() -> None:
    with pytest.raises(ValueError, match="Expected tuple of length 2"):
        serialization.add_safe_globals([(1, 2, 3)])
    with pytest.raises(TypeError, match="Expected second item in tuple to be str"):
        serialization.add_safe_globals([(Point, 2)])


def test_what_an_allowed_class_raises_arrives_as_it_is() -> None:
    class Stubborn:
        def __setstate__(self, state: Any) -> None:
            raise KeyError("no")

    Stubborn.__qualname__ = "Stubborn"
    globals()["Stubborn"] = Stubborn
    made = Stubborn()
    made.__dict__["x"] = 1
    with serialization.safe_globals([Stubborn]), pytest.raises(KeyError, match="no"):
        torch.load(saved(made))
    del globals()["Stubborn"]


def test_unsafe_names_are_listed_without_loading() -> None:
    file = saved([Point(1), Planned(eval, "1/0"), torch.ones(2), {"a": {1}}, Pair(1, 2)])
    point = f"{Point.__module__}.Point"
    assert serialization.get_unsafe_globals_in_checkpoint(file) == sorted(
        [point, "builtins.eval", f"{Pair.__module__}.Pair"]
    )
    file.seek(0)
    with serialization.safe_globals([Point]):
        assert point not in serialization.get_unsafe_globals_in_checkpoint(file)
    with pytest.raises(ValueError, match="Expected input to be a checkpoint returned by torch.save"):
        serialization.get_unsafe_globals_in_checkpoint(saved(1, _use_new_zipfile_serialization=False))


def test_running_code_is_refused_with_an_explanation() -> None:
    with pytest.raises(pickle.UnpicklingError, match="which tapegrad never does.*add_safe_globals.*state_dict"):
        torch.load(saved(len), weights_only=False)
    with pytest.raises(RuntimeError, match="^Can not safely load weights when explicit pickle_module is specified"):
        torch.load(saved(1), pickle_module=pickle)


# -- where tensors go --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["cpu", torch.device("cpu"), "cpu:0", {"cpu": "cpu"}, {}, lambda s, where: None])
def test_map_location_to_the_cpu(where: Any) -> None:
    assert torch.load(saved(torch.ones(2)), map_location=where).tolist() == [1.0, 1.0]


@pytest.mark.parametrize("where", ["cuda", "cuda:1", torch.device("cuda"), {"cpu": "cuda:0"}])
def test_map_location_elsewhere(where: Any) -> None:
    with pytest.raises(RuntimeError, match="^Attempting to deserialize object on a CUDA device but torch.cuda.is_ava"):
        torch.load(saved(torch.ones(2)), map_location=where)
    with pytest.raises(RuntimeError, match="^don't know how to restore data location"):
        torch.load(saved(torch.ones(2)), map_location="xpu")


@pytest.mark.parametrize("as_zip", [True, False])
def test_map_location_by_a_function(as_zip: bool) -> None:
    seen = []

    def place(storage: Any, location: str) -> Any:
        seen.append((type(storage).__name__, location))
        return storage.clone()

    x = torch.arange(4.0)
    a, b = torch.load(saved([x, x[1:]], _use_new_zipfile_serialization=as_zip), map_location=place)
    assert seen == [("UntypedStorage", "cpu")]
    a[1] = 9
    assert b.tolist() == [9.0, 2.0, 3.0]
    with pytest.raises(TypeError, match="^TypedStorage.__init__ received an invalid combination of arguments"):
        torch.load(saved(x), map_location=lambda storage, location: 5)
    with pytest.raises(TypeError, match="'int' object is not callable"):
        torch.load(saved(x), map_location=5)


# -- files -------------------------------------------------------------------------------------------------------------


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        torch.load(tmp_path / "no")
    with pytest.raises(AttributeError, match="'int' object has no attribute 'seek'. You can only torch.load from a fi"):
        torch.load(3)
    with pytest.raises(EOFError, match="empty"):
        torch.load(io.BytesIO())
    with pytest.raises(ValueError, match="f must be a file path in order to use the mmap argument"):
        torch.load(saved(1), mmap=True)
    torch.save(1, tmp_path / "old", _use_new_zipfile_serialization=False)
    with pytest.raises(RuntimeError, match="mmap can only be used with files saved with"):
        torch.load(tmp_path / "old", mmap=True)
    with pytest.raises(RuntimeError, match="Invalid magic number; corrupt file"):
        torch.load(io.BytesIO(pickle.dumps({"a": 1}, 2)))


def test_a_file_behind_something_else() -> None:
    file = io.BytesIO()
    file.write(b"before")
    torch.save(torch.ones(2), file)
    file.seek(6)
    assert torch.load(file).tolist() == [1.0, 1.0]


def test_mapped_memory_is_private_unless_asked(tmp_path: Path) -> None:
    path = tmp_path / "x"
    torch.save(torch.zeros(100), path)
    torch.load(path, mmap=True).fill_(1)
    assert torch.load(path).sum() == 0
    with serialization.set_default_mmap_options(serialization.MAP_SHARED):
        torch.load(path, mmap=True).fill_(1)
    assert torch.load(path, mmap=True).sum() == 100
    assert serialization.get_default_mmap_options() == serialization.MAP_PRIVATE
    with pytest.raises(ValueError, match="expected mmap.MAP_PRIVATE or mmap.MAP_SHARED"):
        serialization.set_default_mmap_options(7)


def test_byte_order_of_archives_that_do_not_say() -> None:
    file = saved(torch.tensor([1], dtype=torch.int16), _disable_byteorder_record=True)
    assert torch.load(file).item() == 1
    serialization.set_default_load_endianness(serialization.LoadEndianness.BIG)
    try:
        file.seek(0)
        assert torch.load(file).item() == 256
    finally:
        serialization.set_default_load_endianness(None)
    with pytest.raises(TypeError, match="Invalid argument type in function set_default_load_endianness"):
        serialization.set_default_load_endianness("big")  # type: ignore[arg-type]


# -- plain pickle ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_plain_pickle_keeps_everything(protocol: int) -> None:
    x = torch.arange(6.0)
    p = nn.Parameter(torch.ones(2), requires_grad=False)
    p.tag = "a"  # type: ignore[attr-defined]
    made = pickle.loads(pickle.dumps([x, x[2:], p, torch.ones(2, dtype=torch.bfloat16), x.shape, x.dtype], protocol))
    made[0][2] = 9
    assert made[1][0] == 9 and made[2].tag == "a" and not made[2].requires_grad
    assert made[3].dtype is torch.bfloat16 and made[4] == torch.Size([6]) and made[5] is torch.float32


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_modules_are_copied_with_tied_weights(copied: Any) -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2), nn.Linear(2, 2))
    model[2].weight = model[0].weight
    made = copied(model)
    assert made[2].weight is made[0].weight and made[0].weight is not model[0].weight
    assert repr(made) == repr(model)
    x = torch.ones(3, 2)
    assert torch.equal(made.eval()(x), model.eval()(x))
