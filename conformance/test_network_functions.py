"""torch.nn.functional in both libraries, where calls have many options: attention, CTC, random numbers, errors."""

from __future__ import annotations

import itertools
import warnings
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

LIBRARIES = (real, ours)
EMBEDDING, HEADS, TARGETS, SOURCES, BATCH = 8, 2, 3, 5, 2


def agree(results: list[list[Any]]) -> None:
    """Arrays are the same up to rounding, everything else is equal."""
    expected, got = results
    assert len(expected) == len(got)
    for a, b in zip(expected, got, strict=True):
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype
            np.testing.assert_allclose(b, a, rtol=1e-9, atol=1e-12)
        else:
            assert a == b


ATTENTION = list(
    itertools.product(
        ("apart", "key is value", "self"), (True, False), (None, "bool", "float", "3-d"), (None, "bool", "float"),
        (False, True), (True, False), (True, False),
    )
)  # fmt: skip


@pytest.mark.parametrize("case", ATTENTION[::7], ids=str)
def test_multi_head_attention(case: tuple[Any, ...]) -> None:
    inputs, weights, mask_kind, padding_kind, extras, batched, separate = case
    rng = np.random.default_rng(0)
    sizes = {
        "q": (TARGETS, BATCH, EMBEDDING), "k": (SOURCES, BATCH, EMBEDDING), "v": (SOURCES, BATCH, EMBEDDING),
        "w": (3 * EMBEDDING, EMBEDDING), "b": (3 * EMBEDDING,), "ow": (EMBEDDING, EMBEDDING), "ob": (EMBEDDING,),
        "bk": (1, 1, EMBEDDING), "bv": (1, 1, EMBEDDING),
    }  # fmt: skip
    arrays = {name: rng.standard_normal(size) for name, size in sizes.items()}
    sources = TARGETS if inputs == "self" else SOURCES
    mask = rng.standard_normal(((BATCH if batched else 1) * HEADS, TARGETS, sources))
    masks = {None: None, "bool": mask[0] > 0.7, "float": mask[0], "3-d": mask}
    padded = np.zeros((BATCH, sources), bool)
    padded[:, 0] = True
    paddings = {None: None, "bool": padded, "float": np.where(padded, -1.5, 0.0)}
    results = []
    for torch in LIBRARIES:
        t = {
            name: torch.tensor(a if batched or name not in "qkv" else a[:, 0]).requires_grad_()
            for name, a in arrays.items()
        }
        key = t["q"] if inputs == "self" else t["k"]
        value = t["v"] if inputs == "apart" else key
        padding = paddings[padding_kind]
        if padding is not None:
            padding = torch.tensor(padding if batched else padding[0])
        parts = t["w"].chunk(3) if separate else (None, None, None)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # masks of two types
            out, attention = torch.nn.functional.multi_head_attention_forward(
                t["q"], key, value, EMBEDDING, HEADS, None if separate else t["w"], t["b"],
                t["bk"] if extras else None, t["bv"] if extras else None, extras, 0.0, t["ow"], t["ob"],
                key_padding_mask=padding, need_weights=weights,
                attn_mask=None if mask_kind is None else torch.tensor(masks[mask_kind]),
                use_separate_proj_weight=separate, q_proj_weight=parts[0], k_proj_weight=parts[1],
                v_proj_weight=parts[2],
            )  # fmt: skip
        loss = (out * out).sum()
        if attention is not None:
            loss = loss + (attention * attention).sum()
        loss.backward()
        tensors = [out] + ([] if attention is None else [attention])
        gradients = [None if x.grad is None else x.grad.numpy() for x in t.values()]
        results.append([x.detach().numpy() for x in tensors] + gradients + [out.grad_fn.name()])
    agree(results)


@pytest.mark.parametrize("seed", range(24))
def test_ctc_loss(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times, batch, classes = int(rng.integers(1, 8)), int(rng.integers(1, 4)), int(rng.integers(2, 5))
    blank = int(rng.integers(0, classes))
    labels = rng.integers(0, classes - 1, (batch, 4))
    labels = np.where(labels >= blank, labels + 1, labels)
    sizes, lengths = rng.integers(0, 5, batch), rng.integers(1, times + 1, batch)
    scores = rng.standard_normal((times, batch, classes))
    if seed % 4 == 0:
        labels = np.concatenate([row[:n] for row, n in zip(labels, sizes, strict=True)])
    results = []
    for torch in LIBRARIES:
        x = torch.tensor(scores).requires_grad_()
        loss = torch.nn.functional.ctc_loss(
            x.log_softmax(2), torch.tensor(labels), torch.tensor(lengths), torch.tensor(sizes), blank,
            ("none", "mean", "sum")[seed % 3], bool(seed % 2),
        )  # fmt: skip
        loss.sum().backward()
        results.append([loss.detach().numpy(), x.grad.numpy(), loss.grad_fn.name()])
    agree(results)


RANDOM = {
    "rrelu": lambda F, x: F.rrelu(x, training=True),
    "rrelu_": lambda F, x: F.rrelu_(x * 1, training=True),
    "alpha_dropout": lambda F, x: F.alpha_dropout(x, 0.3, training=True),
    "feature_alpha_dropout": lambda F, x: F.feature_alpha_dropout(x, 0.3, training=True),
    "gumbel_softmax": lambda F, x: F.gumbel_softmax(x),
    "gumbel_softmax, hard": lambda F, x: F.gumbel_softmax(x, hard=True),
    "fractional_max_pool2d": lambda F, x: F.fractional_max_pool2d(x, 2, 3),
}


@pytest.mark.parametrize("name", RANDOM)
def test_random_numbers_are_those_of_torch(name: str) -> None:
    values = np.random.default_rng(0).standard_normal((4, 3, 5, 5))
    results = []
    for torch in LIBRARIES:
        torch.manual_seed(3)
        x = torch.tensor(values).requires_grad_()
        y = RANDOM[name](torch.nn.functional, x)
        (y * y).sum().backward()
        results.append([y.detach().numpy(), x.grad.numpy(), y.grad_fn.name()])
    agree(results)


BAD = [
    "F.conv1d(R(5), w)", "F.conv1d(R(2, 4, 5), w)", "F.conv1d(R(2, 3, 2), w)", "F.conv1d(R(2, 3, 5), w[0])",
    "F.conv1d(R(2, 3, 5), w, R(3))", "F.conv1d(R(2, 3, 5), w, stride=0)", "F.conv1d(R(2, 3, 5), w, padding=-1)",
    "F.conv1d(R(2, 3, 5), w, groups=0)", "F.conv1d(R(2, 3, 5), w, padding='same', stride=2)",
    "F.conv1d(R(2, 3, 5), w, padding='foo')", "F.conv1d(R(2, 3, 5).double(), w)",
    "F.conv1d(R(2, 3, 5), w, stride=(1, 1))", "F.conv_transpose1d(R(2, 3, 5), w)",
    "F.conv_transpose1d(R(2, 4, 5), w, output_padding=1)", "F.conv_transpose1d(R(2, 4, 5), w, R(4))",
    "F.unfold(R(3, 3), 2)", "F.unfold(R(2, 3, 1, 3), 2)", "F.fold(R(2, 12, 5), (3, 3), 2)",
    "F.fold(R(2, 11, 4), (3, 3), 2)", "F.fold(R(2, 12, 4), (3, 3), 2, stride=0)",
    "F.max_pool1d(R(2, 3, 8), 9)", "F.max_pool1d(R(2, 3, 8), 2, padding=2)", "F.max_pool1d(R(8), 2)",
    "F.max_pool2d(R(2, 3, 8, 8), 9)", "F.max_pool2d(R(2, 3, 8, 8), 2, padding=-1)", "F.max_pool2d(R(8, 8), 2)",
    "F.max_pool2d(R(2, 3, 8, 8), 2, stride=0)", "F.max_pool2d(R(2, 3, 8, 8), (2, 2, 2))",
    "F.avg_pool1d(R(2, 3, 8), 9)", "F.avg_pool2d(R(2, 3, 8, 8), 2, divisor_override=0)",
    "F.avg_pool2d(torch.ones(1, 2, 4, 4, dtype=torch.int32), 2)", "F.adaptive_avg_pool2d(R(3), 2)",
    "F.adaptive_avg_pool2d(R(2, 3, 8, 8), -1)", "F.adaptive_max_pool1d(R(2, 3, 8), (2, 3))",
    "F.max_unpool2d(R(1, 1, 2, 2), torch.zeros(1, 1, 2, 1, dtype=torch.int64), 2)",
    "F.max_unpool2d(R(1, 1, 2, 2), torch.full((1, 1, 2, 2), 20), 2)", "F.fractional_max_pool2d(R(2, 3, 8, 8), 2)",
    "F.layer_norm(R(2, 4), (3,))", "F.layer_norm(R(2, 4), ())", "F.layer_norm(R(2, 4), (4,), R(3))",
    "F.batch_norm(R(2, 4), None, None)", "F.batch_norm(R(2, 4), R(3), R(3))",
    "F.batch_norm(R(1, 4), None, None, training=True)", "F.group_norm(R(2, 4), 3)",
    "F.group_norm(R(2, 4), 2, R(3))", "F.instance_norm(R(2, 4, 1))", "F.rms_norm(R(2, 4), (3,))",
    "F.embedding(torch.tensor([9]), R(5, 3))", "F.embedding(torch.tensor([1.0]), R(5, 3))",
    "F.embedding(torch.tensor([1]), R(5))", "F.embedding_bag(torch.tensor([1]), R(5, 3))",
    "F.grid_sample(R(2, 3, 4, 4), R(2, 4, 4, 3), align_corners=False)",
    "F.grid_sample(R(2, 3, 4, 4), R(3, 4, 4, 2), align_corners=False)",
    "F.affine_grid(R(2, 3, 3), (2, 3, 4, 4), align_corners=False)",
    "F.interpolate(R(1, 1, 4), size=2, mode='bilinear')", "F.interpolate(R(1, 1, 4))",
    "F.interpolate(R(1, 1, 4), size=2, align_corners=True)",
    "F.multi_margin_loss(R(5, 4), torch.zeros(5, dtype=torch.int64), p=3)", "F.pixel_shuffle(R(3, 4, 4), 2)",
    "F.channel_shuffle(R(1, 3, 4, 4), 2)", "F.rrelu(R(3), 0.5, 0.1)",
]  # fmt: skip


@pytest.mark.parametrize("expression", BAD)
def test_bad_input_raises_the_same(expression: str) -> None:
    found = []
    for torch in LIBRARIES:
        names = {"torch": torch, "F": torch.nn.functional, "R": torch.randn, "w": torch.randn(4, 3, 3)}
        with pytest.raises(Exception) as raised:  # noqa: PT011 - which one is what is compared
            eval(expression, names)
        found.append(raised.value)
    expected, got = found
    assert isinstance(got, type(expected))
    assert str(got).split(". ")[0].startswith(str(expected).split(". ")[0].rstrip("."))
