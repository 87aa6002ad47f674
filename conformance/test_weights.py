"""Weights from one library into the other: every class of layer that has any, in every format, both ways.

The reader has to find each number under its name, and then to compute what the writer computes.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch as real

import tapegrad as ours

from .test_modules import LAYERS, arrays, build, data

MORE = [
    ("nn.RNN(3, 4, bias=False)", "R(5, 2, 3)"),
    ("nn.RNN(3, 4, nonlinearity='relu')", "R(5, 2, 3)"),
    ("nn.LSTM(3, 4, num_layers=2, bidirectional=True)", "R(5, 2, 3)"),
    ("nn.LSTM(3, 4, proj_size=2)", "R(5, 2, 3)"),
    ("nn.GRU(3, 4, batch_first=True)", "R(2, 5, 3)"),
    ("nn.RNNCell(3, 4)", "R(2, 3)"),
    ("nn.LSTMCell(3, 4)", "R(2, 3)"),
    ("nn.GRUCell(3, 4)", "R(2, 3)"),
    ("nn.MultiheadAttention(4, 2, add_bias_kv=True)", "R(3, 2, 4), R(3, 2, 4), R(3, 2, 4)"),
    ("nn.MultiheadAttention(4, 2, kdim=3, vdim=5)", "R(3, 2, 4), R(3, 2, 3), R(3, 2, 5)"),
    ("nn.TransformerEncoderLayer(4, 2, 8)", "R(3, 2, 4)"),
    ("nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2, enable_nested_tensor=False)", "R(3, 2, 4)"),
    ("nn.TransformerDecoderLayer(4, 2, 8)", "R(3, 2, 4), R(2, 2, 4)"),
    ("nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 2)", "R(3, 2, 4), R(2, 2, 4)"),
    ("nn.Transformer(4, 2, 1, 1, 8)", "R(3, 2, 4), R(2, 2, 4)"),
    ("nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))", "R(2, 3)"),
    ("nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))", "R(2, 3)"),
    ("nn.utils.parametrizations.orthogonal(nn.Linear(3, 3))", "R(2, 3)"),
    ("nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))", "R(2, 1, 4, 4)"),
    ("nn.ModuleDict({'a': nn.Linear(1, 1), 'b': nn.ModuleList([nn.PReLU()])})['a']", "R(2, 1)"),
]

# Not to be used by themselves; an older name of NLLLoss; for several devices.
NO_LAYERS = {
    "Module", "Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNBase", "RNNCellBase",
    "NLLLoss2d", "DataParallel",
}  # fmt: skip

FORMATS = ("zip", "legacy", "safetensors")


def used(lib: Any, constructor: str, arguments: str) -> Any:
    """A layer in double precision that was used once, so that lazy ones have their weights and statistics theirs."""
    module = build(lib, constructor)
    if "dtype" not in constructor:
        module = module.double()
    with lib.no_grad():
        module(*eval(f"[{arguments}]", data(lib)))
    return module


def result(lib: Any, module: Any, arguments: str) -> list[np.ndarray[Any, Any]]:
    """What a layer computes when it is evaluated."""
    lib.manual_seed(3)
    module.eval()
    with lib.no_grad():
        return arrays(tuple(t for t in _flat(module(*eval(f"[{arguments}]", data(lib)))) if t is not None))


def _flat(value: Any) -> list[Any]:
    return [t for item in value for t in _flat(item)] if isinstance(value, (tuple, list)) else [value]


def written(lib: Any, state: Any, kind: str, folder: Path) -> Any:
    """A state in a file: the bytes of one, or its path."""
    if kind == "safetensors":
        path = folder / "weights.safetensors"
        save = safetensors.torch.save_file if lib is real else ours.safetensors.save_file
        save({name: t.contiguous() for name, t in state.items()}, path)
        return path
    file = io.BytesIO()
    lib.save(state, file, _use_new_zipfile_serialization=kind == "zip")
    file.seek(0)
    return file


def read(lib: Any, file: Any, kind: str) -> Any:
    """The state that a file holds."""
    if kind == "safetensors":
        return safetensors.torch.load_file(file) if lib is real else ours.safetensors.load_file(file)
    return lib.load(file, weights_only=True)


def with_state() -> list[tuple[str, str]]:
    """The layers that have parameters or buffers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [(c, a) for c, a in dict.fromkeys([*LAYERS, *MORE]) if build(real, c).state_dict()]


CASES = with_state()


def test_every_class_with_weights_is_among_the_cases() -> None:
    lacking = []
    text = " ".join(constructor for constructor, _ in [*LAYERS, *MORE])
    for name, kind in vars(real.nn).items():
        if isinstance(kind, type) and issubclass(kind, real.nn.Module) and name not in NO_LAYERS:
            if f"nn.{name}(" not in text:
                lacking.append(name)
    assert lacking == []


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(("writer", "reader"), [(real, ours), (ours, real)], ids=["theirs-to-us", "ours-to-them"])
@pytest.mark.parametrize(("constructor", "arguments"), CASES, ids=[f"{c} of {a}" for c, a in CASES])
def test_weights_are_carried(
    constructor: str, arguments: str, writer: Any, reader: Any, kind: str, tmp_path: Path
) -> None:
    source, target = used(writer, constructor, arguments), used(reader, constructor, arguments)
    with writer.no_grad():
        for value in source.state_dict().values():
            value.mul_(2).add_(1) if value.is_floating_point() else value.add_(1)
    carried = read(reader, written(writer, source.state_dict(), kind, tmp_path), kind)
    assert str(target.load_state_dict(carried)) == "<All keys matched successfully>"
    for (name, a), (other, b) in zip(source.state_dict().items(), target.state_dict().items(), strict=True):
        assert name == other
        assert str(a.dtype) == str(b.dtype)
        np.testing.assert_array_equal(a.numpy(), b.numpy(), err_msg=name)
    for x, y in zip(result(writer, source, arguments), result(reader, target, arguments), strict=True):
        single = x.dtype == np.float32
        np.testing.assert_allclose(x, y, rtol=1e-6 if single else 1e-9, atol=1e-6 if single else 1e-11)
