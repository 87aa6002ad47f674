"""Layers: their examples, state and what they refuse. conformance/ compares values and gradients with torch."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

nn = torch.nn


SOURCES = Path(nn.__file__).parent
OURS = (
    *SOURCES.glob("modules/**/*.py"),
    *map(SOURCES.joinpath, ("_reduction.py", "grad.py", "parameter.py", "summary.py")),
)


def documented() -> Iterator[tuple[str, str, str]]:
    """Name, module and text of each docstring with an example in the sources of the layers."""
    for file in OURS:
        module = ".".join(["tapegrad.nn", *file.relative_to(SOURCES).with_suffix("").parts]).removesuffix(".__init__")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and ">>>" in (ast.get_docstring(node) or ""):
                yield f"{module}.{node.name}", module, ast.get_docstring(node) or ""


@pytest.mark.parametrize(("name", "module", "text"), [pytest.param(*found, id=found[0]) for found in documented()])
def test_example_runs_as_printed(name: str, module: str, text: str) -> None:
    test = doctest.DocTestParser().get_doctest(text, dict(vars(importlib.import_module(module))), name, None, None)
    assert doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test).failed == 0


def test_nearly_every_layer_has_an_example() -> None:
    layers = [n for n in nn.__all__ if inspect.isclass(getattr(nn, n)) and issubclass(getattr(nn, n), nn.Module)]
    without = {n for n in layers if ">>>" not in (getattr(nn, n).__doc__ or "")}
    assert {n for n in without if "Lazy" not in n and "RNN" not in n and "Cell" not in n} <= {
        "Container", "NLLLoss2d", "GRU", "LSTM", "Transformer", "TransformerDecoder", "TransformerDecoderLayer",
        "TransformerEncoder", "TransformerEncoderLayer", "MultiheadAttention",
    }  # fmt: skip


def test_a_linear_layer_computes_with_what_takes_its_weight_s_place() -> None:
    m = nn.Linear(2, 1, bias=False)
    del m._parameters["weight"]
    m.weight = torch.tensor([[2.0, 3.0]])
    assert m(torch.ones(1, 2)).item() == 5


def test_batch_norm_keeps_running_statistics() -> None:
    m = nn.BatchNorm1d(1)
    m(torch.tensor([[1.0], [3.0]]))
    assert m.running_mean.tolist() == pytest.approx([0.2])
    assert m.running_var.tolist() == pytest.approx([0.9 + 0.1 * 2])
    assert m.num_batches_tracked == 1
    m.eval()
    m(torch.tensor([[9.0], [9.0]]))
    assert m.num_batches_tracked == 1
    m.reset_running_stats()
    assert m.running_mean.tolist() == [0.0]


def test_batch_norm_without_momentum_weighs_all_batches_alike() -> None:
    m = nn.BatchNorm1d(1, momentum=None)
    for mean in (1.0, 2.0, 6.0):
        m(torch.tensor([[mean - 1], [mean + 1]]))
    assert m.running_mean.tolist() == pytest.approx([3.0])


def test_dropout_is_off_in_evaluation() -> None:
    x = torch.randn(5)
    for m in (nn.Dropout(), nn.AlphaDropout(), nn.Dropout2d()):
        given = x if not isinstance(m, nn.Dropout2d) else x.view(1, 5, 1, 1)
        assert torch.equal(m.eval()(given), given)


def test_padding_row_of_an_embedding_is_zero_and_gets_no_gradient() -> None:
    m = nn.Embedding(3, 2, padding_idx=-1)
    assert m.padding_idx == 2
    assert m.weight[2].tolist() == [0.0, 0.0]
    m(torch.tensor([0, 2])).sum().backward()
    assert m.weight.grad.tolist() == [[1.0, 1.0], [0.0, 0.0], [0.0, 0.0]]


def test_adaptive_softmax_is_a_distribution() -> None:
    m = nn.AdaptiveLogSoftmaxWithLoss(8, 6, [2, 4], div_value=2.0)
    x = torch.randn(3, 8)
    log_p = m.log_prob(x)
    assert np.allclose(log_p.exp().sum(1).detach(), 1)
    target = torch.tensor([0, 3, 5])
    out, loss = m(x, target)
    assert torch.allclose(out, log_p[torch.arange(3), target])
    assert torch.allclose(loss, -out.mean())
    assert torch.equal(m.predict(x), log_p.argmax(1))


def test_a_convolution_with_other_padding_is_one_of_the_padded_input() -> None:
    m = nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular", bias=False)
    x = torch.randn(1, 1, 4, 4)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="circular")
    assert torch.allclose(m(x), torch.nn.functional.conv2d(padded, m.weight))


def test_output_size_of_a_transposed_convolution_must_be_possible() -> None:
    m = nn.ConvTranspose1d(1, 1, 3, stride=2)
    assert m(torch.ones(1, 1, 3), output_size=[8]).shape == (1, 1, 8)
    with pytest.raises(
        ValueError, match=r"requested an output size of \[9\], but valid sizes range from \[7\] to \[8\]"
    ):
        m(torch.ones(1, 1, 3), output_size=[9])


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (nn.Linear(3, 2), (2, 4), "mat1 and mat2 shapes cannot be multiplied"),
        (nn.Conv2d(3, 2, 3), (1, 4, 5, 5), r"expected input\[1, 4, 5, 5\] to have 3 channels, but got 4 channels"),
        (nn.BatchNorm2d(3), (2, 3), "expected 4D input"),
        (nn.LayerNorm(3), (2, 4), "Given normalized_shape="),
        (nn.InstanceNorm1d(3, affine=True), (2, 4, 5), "to match num_features"),
    ],
)
def test_an_input_of_the_wrong_shape_is_refused_by_a_layer_that_is_named(
    layer: Any, shape: tuple[int, ...], message: str
) -> None:
    with pytest.raises((RuntimeError, ValueError), match=message) as raised:
        nn.Sequential(nn.Identity(), layer)(torch.ones(shape))
    assert raised.value.__notes__ == [f"In {layer!r}, called with a float32 tensor of shape {shape}."]


def test_a_model_s_own_errors_are_left_alone() -> None:
    class Picky(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        nn.Sequential(Picky())(torch.ones(1))
    assert not hasattr(raised.value, "__notes__")


LAZY = [
    (nn.LazyLinear(2), (3, 4)), (nn.LazyConv1d(2, 3), (1, 4, 5)), (nn.LazyConv2d(2, 3), (1, 4, 5, 5)),
    (nn.LazyConv3d(2, 3), (1, 4, 3, 3, 3)), (nn.LazyConvTranspose1d(2, 3), (1, 4, 5)),
    (nn.LazyConvTranspose2d(2, 3), (1, 4, 5, 5)), (nn.LazyConvTranspose3d(2, 3), (1, 4, 3, 3, 3)),
    (nn.LazyBatchNorm1d(), (2, 4)), (nn.LazyBatchNorm2d(), (1, 4, 2, 2)), (nn.LazyBatchNorm3d(), (1, 4, 2, 2, 2)),
    (nn.LazyInstanceNorm1d(), (1, 4, 5)), (nn.LazyInstanceNorm2d(), (1, 4, 2, 2)),
    (nn.LazyInstanceNorm3d(), (1, 4, 2, 2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("layer", "shape"), LAZY, ids=[type(layer).__name__ for layer, _ in LAZY])
def test_a_lazy_layer_becomes_an_ordinary_one(layer: Any, shape: tuple[int, ...]) -> None:
    name = type(layer).__name__
    assert layer.has_uninitialized_params()
    params = list(layer.parameters())
    y = layer(torch.randn(shape))
    assert type(layer).__name__ == name.removeprefix("Lazy")
    assert all(a is b for a, b in zip(params, layer.parameters(), strict=True))
    assert not layer._forward_pre_hooks
    assert not layer._load_state_dict_pre_hooks
    y.sum().backward()
    assert all(p.grad is not None for p in params)


def test_an_uninitialized_parameter_says_what_to_do() -> None:
    p = nn.LazyLinear(2).weight
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter.*Call `forward`"):
        p + 1
    with pytest.raises(RuntimeError, match="Can't access the shape of an uninitialized parameter or buffer"):
        p.shape  # noqa: B018 - the access is what is tested
