"""Objects, arrays and weights between both libraries in one process."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours
from tapegrad import npz, safetensors

from .test_files import CONSTRUCTORS, DTYPES, facts, layer, values

LIBRARIES = [(real, ours, "from_torch"), (ours, real, "to_torch")]
both_ways = pytest.mark.parametrize(("source", "target", "function"), LIBRARIES, ids=["from_torch", "to_torch"])


@both_ways
@pytest.mark.parametrize("dtype", DTYPES)
def test_tensors(dtype: str, source: Any, target: Any, function: str) -> None:
    x = values(source, dtype)
    y = getattr(ours, function)(x)
    assert isinstance(y, target.Tensor)
    assert facts(target, y) == facts(source, x)


@both_ways
def test_shared_memory_and_attributes_come_over(source: Any, target: Any, function: str) -> None:
    w = source.nn.Parameter(source.arange(4.0))
    a, b = getattr(ours, function)([w, w.detach()[1:]])
    assert isinstance(a, target.nn.Parameter) and b.data_ptr() == a.data_ptr() + 4


# Modules that the libraries build of different attributes: only their weights go over.
NOT_WHOLE = ("parametrizations", "LinearCrossEntropyLoss")


@both_ways
@pytest.mark.parametrize("constructor", [c for c in CONSTRUCTORS if not any(word in c for word in NOT_WHOLE)])
def test_modules(constructor: str, source: Any, target: Any, function: str) -> None:
    made = layer(source, constructor)
    got = getattr(ours, function)(made)
    assert isinstance(got, target.nn.Module)
    assert repr(got) == repr(made)
    assert facts(target, got.state_dict()) == facts(source, made.state_dict())
    assert [name for name, _ in got.named_modules()] == [name for name, _ in made.named_modules()]


@both_ways
def test_a_module_computes_the_same(source: Any, target: Any, function: str) -> None:
    nn = source.nn
    made = nn.Sequential(
        nn.Conv2d(1, 2, 3, padding=1), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3), nn.Softmax(1)
    )
    got = getattr(ours, function)(made)
    x = np.random.default_rng(0).normal(size=(2, 1, 4, 4)).astype("f4")
    first, second = made(source.from_numpy(x)), got(target.from_numpy(x))
    np.testing.assert_allclose(second.tolist(), first.tolist(), rtol=1e-5)
    np.testing.assert_allclose(got[1].running_mean.tolist(), made[1].running_mean.tolist(), rtol=1e-5, atol=1e-7)


@both_ways
def test_a_transformer_computes_the_same(source: Any, target: Any, function: str) -> None:
    made = source.nn.TransformerEncoderLayer(8, 2, 16, batch_first=True).eval()
    got = getattr(ours, function)(made)
    x = np.random.default_rng(0).normal(size=(2, 3, 8)).astype("f4")
    np.testing.assert_allclose(
        got(target.from_numpy(x)).tolist(), made(source.from_numpy(x)).tolist(), rtol=1e-4, atol=1e-5
    )


class Own(real.nn.Module):
    """A module of a program's own."""


class OwnHere(ours.nn.Module):
    """One over tapegrad."""


def test_modules_of_ones_own_are_refused_with_the_way_to_do_it() -> None:
    with pytest.raises(
        TypeError, match=r"Own is a class that only one of the libraries has.*load_state_dict\(from_torch"
    ):
        ours.from_torch(real.nn.Sequential(Own()))
    with pytest.raises(TypeError, match="OwnHere is a class that only one"):
        ours.to_torch(ours.nn.Sequential(OwnHere()))


def test_without_pytorch_the_install_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for function in (ours.from_torch, ours.to_torch):
        with pytest.raises(ModuleNotFoundError, match="pip install torch"):
            function(1)
    monkeypatch.setitem(sys.modules, "torch", ours)
    with pytest.raises(RuntimeError, match="gives tapegrad in this program"):
        ours.from_torch(1)


# -- DLPack ------------------------------------------------------------------------------------------------------------

SHARED = [name for name in DTYPES if name not in ("bfloat16",)]


@pytest.mark.parametrize(("source", "target"), [(real, ours), (ours, real)], ids=["theirs-to-us", "ours-to-them"])
@pytest.mark.parametrize("dtype", SHARED)
def test_dlpack_shares_memory(dtype: str, source: Any, target: Any) -> None:
    x = values(source, dtype).reshape(2, 3).t()
    for y in (target.from_dlpack(x), target.utils.dlpack.from_dlpack(source.utils.dlpack.to_dlpack(x))):
        assert y.data_ptr() == x.data_ptr()
        assert (str(y.dtype), tuple(y.shape), y.stride()) == (str(x.dtype), tuple(x.shape), x.stride())
        y[0, 1] = 1
        assert x[0, 1].item() == 1
        x[0, 1] = 0
        assert y[0, 1].item() == 0


def test_memory_stays_while_the_other_library_uses_it() -> None:
    for source, target in ((real, ours), (ours, real)):
        y = target.from_dlpack(source.arange(100_000))
        junk = [source.zeros(100_000) for _ in range(10)]
        assert int(y.sum()) == 4999950000 and len(junk) == 10


# -- safetensors and npz -----------------------------------------------------------------------------------------------


def test_safetensors_of_the_package(tmp_path: Path) -> None:
    package = pytest.importorskip("safetensors.torch", reason="the package safetensors is not installed")
    from safetensors import safe_open

    kinds = [name for name in DTYPES if name != "complex128"]
    path = tmp_path / "x.safetensors"
    package.save_file({name: values(real, name) for name in kinds}, path, {"a": "b"})
    for name, x in safetensors.load_file(path).items():
        assert facts(ours, x)[1:] == facts(ours, values(ours, name))[1:]
    with safetensors.safe_open(path) as ours_open:
        assert ours_open.metadata() == {"a": "b"}
    safetensors.save_file({name: values(ours, name) for name in kinds}, path, {"c": "d"})
    with safe_open(path, "pt") as file:
        assert file.metadata() == {"c": "d"}
        for name in kinds:
            assert facts(real, file.get_tensor(name))[1:3] == facts(real, values(real, name))[1:3]
            assert repr(file.get_tensor(name).tolist()) == repr(values(real, name).tolist())
    tied = ours.nn.Sequential(ours.nn.Linear(2, 2), ours.nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    safetensors.save_model(tied, path)
    theirs = real.nn.Sequential(real.nn.Linear(2, 2), real.nn.Linear(2, 2))
    theirs[1].weight = theirs[0].weight
    package.load_model(theirs, path)
    assert theirs[1].weight.tolist() == tied[1].weight.tolist()


def test_npz_of_numpy(tmp_path: Path) -> None:
    kinds = [name for name in DTYPES if name != "bfloat16"]
    path = tmp_path / "x.npz"
    for compressed in (False, True):
        npz.save_npz(path, {name: values(ours, name).reshape(2, 3).t() for name in kinds}, compressed)
        with np.load(path) as read:
            for name in kinds:
                np.testing.assert_array_equal(read[name], values(real, name).reshape(2, 3).t().numpy())
    for save in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        save(
            file,
            allow_pickle=False,
            **{name: values(real, name).numpy() for name in kinds},
            swapped=np.arange(3, dtype=">i4"),
        )
        file.seek(0)
        read_back = npz.load_npz(file)
        assert read_back.pop("swapped").tolist() == [0, 1, 2]
        for name, x in read_back.items():
            assert facts(ours, x) == facts(ours, values(ours, name))


def test_the_package_safetensors_works_on_tapegrad(tmp_path: Path) -> None:
    pytest.importorskip("safetensors.torch", reason="the package safetensors is not installed")
    code = """
import sys, tapegrad
tapegrad.install_as_torch()
import torch
from safetensors.torch import load_file, save_file
save_file({"a": torch.arange(6.0).reshape(2, 3)}, sys.argv[1])
print(load_file(sys.argv[1])["a"].tolist())
"""
    run = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x")], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]"
