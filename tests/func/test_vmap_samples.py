"""Every operator's samples inside of `vmap`: all rows at once give what a loop over the rows gives, gradients included.

An operator that has to be computed row by row, and a sample whose function has to be called once per row, are named
here; everything else must not be.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.func import batched_operators

from ..ops.samples import Sample, all_samples

ROWS = 3
RANDOM = ("nn.dropout", "nn.dropout2d")  # refused in vmap unless told otherwise: see test_vmap_randomness.py
SAMPLES = [s for s in all_samples() if s.inputs and s.exact and s.label not in RANDOM]

# Operators that are computed row by row, because the sizes of intermediate results depend on the values or because they
# are steps over Python numbers; each with a sample that shows it.
BY_ROWS = {
    "_weight_of_all": "nn.cross_entropy: smoothing, weight, ignored, mean",
    "added_at": "getitem: mask",
    "index_1": "getitem: mask",
    "linalg_lstsq": "lstsq",
    "select_masked": "masked_select",
    "unmasked": "masked_select",
}  # fmt: skip

# Steps over Python numbers, to be computed at once some day.
STILL_BY_ROWS = frozenset(
    ("factored_system", "gru_gradients", "gru_layer", "lstm_gradients", "lstm_layer", "restride", "rnn_gradients",
     "rnn_layer", "segments_reduced")
)  # fmt: skip

# Samples whose function looks at values.
CALLED_PER_ROW = frozenset(
    (
        "histc", "istft", "masked_scatter", "matrix_rank", "nn.embedding_bag: max", "nn.embedding_bag: mean",
        "nn.embedding_bag: padding_idx", "nn.embedding_bag: sum of rows", "nn.embedding_bag: weights",
        "nn.multilabel_margin_loss", "nn.multilabel_margin_loss: none", "segment_reduce: max", "segment_reduce: mean",
        "segment_reduce: min", "segment_reduce: prod", "segment_reduce: sum", "unique: columns", "unique: slices",
        "unique_consecutive", "unique_consecutive: NaN", "unique_consecutive: slices",
    )
)  # fmt: skip


def tensors_of(result: Any) -> tuple[Any, ...]:
    results = result if isinstance(result, (tuple, list)) else [result]
    return tuple([t for t in results if isinstance(t, torch.Tensor)])


def stacked(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Rows that differ a little, where they are numbers that may."""
    array = np.asarray(array)
    return np.stack([array * (1 - 0.01 * k) if array.dtype.kind == "f" else array for k in range(ROWS)])


def leaves_of(arrays: list[np.ndarray[Any, Any]]) -> list[Any]:
    return [torch.from_numpy(a.copy()).requires_grad_(a.dtype.kind == "f") for a in arrays]


def gradients(results: Any, leaves: list[Any]) -> list[Any]:
    """The gradients of a weighted sum of all results."""
    total: Any = 0
    for t in results:
        if t.requires_grad:
            weighted = t * torch.arange(1.0, t.numel() + 1, dtype=torch.float64).reshape(t.shape).to(t.dtype)
            total = total + (weighted.sum().real if t.is_complex() else weighted.sum())
    wanted = [leaf for leaf in leaves if leaf.requires_grad]
    if not isinstance(total, torch.Tensor) or not wanted:
        return []
    return list(torch.autograd.grad(total, wanted, materialize_grads=True))


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the operators that went row by row."""
    names: set[str] = set()
    kernel, step = batched_operators.row_by_row, batched_operators._step_by_rows

    def noted_kernel(name: str, *args: Any) -> Any:
        names.add(name)
        return kernel(name, *args)

    def noted_step(node: Any, g: Any) -> Any:
        names.add(f"the gradient of {node.op.name}")
        return step(node, g)

    monkeypatch.setattr(batched_operators, "row_by_row", noted_kernel)
    monkeypatch.setattr(batched_operators, "_step_by_rows", noted_step)
    return names


def mapped(sample: Sample, leaves: list[Any]) -> tuple[Any, bool]:
    """The results for all rows, and whether the function was called once per row."""
    calls = 0

    def call(*tensors: Any) -> tuple[Any, ...]:
        nonlocal calls
        calls += 1
        return tensors_of(sample.call(torch, *tensors))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the samples' own, and that of a function called once per row
        return torch.vmap(call)(*leaves), calls > 1


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda s: s.label)
def test_all_rows_at_once(sample: Sample, gone: set[str]) -> None:
    arrays = [stacked(a) for a in sample.inputs]
    one_by_one = leaves_of(arrays)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = [tensors_of(sample.call(torch, *[leaf[i].clone() for leaf in one_by_one])) for i in range(ROWS)]
    expected = [torch.stack(list(column)) for column in zip(*rows, strict=True)]
    leaves = leaves_of(arrays)
    results, per_row = mapped(sample, leaves)

    assert per_row == (sample.label in CALLED_PER_ROW)
    assert gone <= set(BY_ROWS) | STILL_BY_ROWS
    for got, row in zip(results, expected, strict=True):
        assert got.dtype is row.dtype and got.shape == row.shape
        np.testing.assert_allclose(got.detach().numpy(), row.detach().numpy(), rtol=1e-9, atol=1e-12)
    if sample.order:
        for got, row in zip(gradients(results, leaves), gradients(expected, one_by_one), strict=True):
            np.testing.assert_allclose(got.numpy(), row.numpy(), rtol=1e-8, atol=1e-11)
    assert gone <= set(BY_ROWS) | STILL_BY_ROWS


@pytest.mark.parametrize(("name", "label"), BY_ROWS.items())
def test_operators_named_here_go_row_by_row(name: str, label: str, gone: set[str]) -> None:
    (sample,) = [s for s in SAMPLES if s.label == label]
    leaves = leaves_of([stacked(a) for a in sample.inputs])
    results, _ = mapped(sample, leaves)
    gradients(results, leaves)
    assert name in gone
