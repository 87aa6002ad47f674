"""Samples of normalisation, embedding, attention and the rarer losses."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Sample, normal


def F(torch: Any) -> Any:
    return torch.nn.functional


def call(name: str, *args: Any, **options: Any) -> Any:
    """The function of this name, of all tensors given and then these arguments."""
    return lambda torch, *xs: getattr(F(torch), name)(*xs, *args, **options)


def of_index(name: str, *options: Any, **keywords: Any) -> Any:
    """A look-up: the table comes second."""
    return lambda torch, table, *index: getattr(F(torch), name)(index[0], table, *index[1:], *options, **keywords)


x, image = normal(3, 4), normal(3, 4, 2, 3)
w4, b4 = normal(4, seed=1), normal(4, seed=2)
table = normal(6, 3)
index, pairs, offsets = np.array([1, 5, 5, 0, 2]), np.array([[1, 5], [5, 5], [0, 3]]), np.array([0, 2, 2, 4])
scores, classes = normal(3, 5), np.array([4, 0, 2])
labels = np.array([[1, 3, -1, 0, 2], [-1, 0, 0, 0, 0], [4, 4, 2, -1, 0]])
q, k, v = normal(2, 2, 3, 4), normal(2, 2, 5, 4, seed=1), normal(2, 2, 5, 4, seed=2)
places = normal(3, 3, 2, 2, seed=3, low=-1.3, high=1.3)
keep = np.array([[True, False, True, True, False], [False] * 5, [True] * 5])

SAMPLES = [
    Sample("nn.layer_norm", lambda torch, a, w, b: F(torch).layer_norm(a, (4,), w, b), (x, w4, b4)),
    Sample("nn.layer_norm: no weights", call("layer_norm", (2, 3)), (image,)),
    Sample("nn.layer_norm: weight only", lambda torch, a, w: F(torch).layer_norm(a, (4,), w, eps=0.1), (x, w4)),
    Sample("nn.rms_norm", lambda torch, a, w: F(torch).rms_norm(a, (4,), w), (x, w4)),
    Sample("nn.rms_norm: no weight", call("rms_norm", (2, 3), eps=0.5), (image,)),
    Sample("nn.group_norm", lambda torch, a, w, b: F(torch).group_norm(a, 2, w, b), (image, w4, b4)),
    Sample("nn.group_norm: no weights", call("group_norm", 4), (image,)),
    Sample("nn.batch_norm: training", lambda torch, a, w, b: F(torch).batch_norm(a, None, None, w, b, True),
           (image, w4, b4)),
    Sample("nn.batch_norm: training, no weights", lambda torch, a: F(torch).batch_norm(a, None, None, training=True),
           (x,)),
    Sample("nn.batch_norm: evaluation",
           lambda torch, a, m, s, w, b: F(torch).batch_norm(a, m.detach(), s.detach(), w, b),
           (image, normal(4, seed=3), normal(4, seed=4, low=0.5, high=2.0), w4, b4), smooth=False),
    Sample("nn.instance_norm", lambda torch, a, w, b: F(torch).instance_norm(a, weight=w, bias=b), (image, w4, b4)),
    Sample("nn.embedding", of_index("embedding"), (table, index)),
    Sample("nn.embedding: two dimensions", of_index("embedding"), (table, pairs)),
    Sample("nn.embedding: padding_idx", of_index("embedding", -1), (table, index), smooth=False),
    Sample("nn.embedding: frequencies", of_index("embedding", scale_grad_by_freq=True), (table, index), smooth=False),
    Sample("nn.embedding_bag: max", of_index("embedding_bag", mode="max"), (table, index, offsets), order=1),
    Sample("nn.embedding_bag: mean", of_index("embedding_bag"), (table, index, offsets), order=1),
    Sample("nn.embedding_bag: sum of rows", of_index("embedding_bag", mode="sum"), (table, pairs), order=1),
    Sample("nn.embedding_bag: weights",
           lambda torch, t, i, s: F(torch).embedding_bag(i, t, mode="sum", per_sample_weights=s),
           (table, pairs, normal(3, 2, seed=5)), order=1),
    Sample("nn.embedding_bag: padding_idx", of_index("embedding_bag", padding_idx=5), (table, index, offsets), order=1),
    Sample("nn.multi_margin_loss", call("multi_margin_loss"), (scores, classes), order=1),
    Sample("nn.multi_margin_loss: p 2", call("multi_margin_loss", p=2, margin=0.7, reduction="none"), (scores, classes),
           order=1),
    Sample("nn.multi_margin_loss: weight",
           lambda torch, a, t, w: F(torch).multi_margin_loss(a, t, weight=w.detach(), reduction="sum"),
           (scores, classes, normal(5, low=0.5, high=2.0)), order=1, smooth=False),
    Sample("nn.multilabel_margin_loss", call("multilabel_margin_loss"), (scores, labels), order=1),
    Sample("nn.multilabel_margin_loss: none", call("multilabel_margin_loss", reduction="none"), (scores, labels),
           order=1),
    Sample("nn.multilabel_soft_margin_loss",
           lambda torch, a, t: F(torch).multilabel_soft_margin_loss(a, (t > 0).double()),
           (scores, normal(3, 5, seed=1)),
           dtypes=("float64",), smooth=False),
    Sample("nn.triplet_margin_with_distance_loss", call("triplet_margin_with_distance_loss"),
           (x, normal(3, 4, seed=1), normal(3, 4, seed=2))),
    Sample("nn.rrelu: evaluation", call("rrelu"), (normal(3, 4, low=0.2, high=0.8) * np.sign(x),)),
    Sample("nn.grid_sample", call("grid_sample", align_corners=False), (image, places)),
    Sample("nn.grid_sample: border, corners", call("grid_sample", padding_mode="border", align_corners=True),
           (image, places)),
    Sample("nn.grid_sample: reflection", call("grid_sample", padding_mode="reflection", align_corners=False),
           (image, places)),
    Sample("nn.grid_sample: nearest", call("grid_sample", "nearest", align_corners=False), (image, places), order=1),
    Sample("nn.grid_sample: bicubic", call("grid_sample", "bicubic", align_corners=False), (image, places)),
    Sample("nn.grid_sample: volumes", call("grid_sample", align_corners=False),
           (normal(1, 2, 3, 4, 3), normal(1, 2, 2, 1, 3, seed=4, low=-1.1, high=1.1))),
    Sample("nn.affine_grid", call("affine_grid", (2, 1, 3, 4), align_corners=False), (normal(2, 2, 3),)),
    Sample("nn.affine_grid: volumes, corners", call("affine_grid", (1, 1, 3, 4, 2), align_corners=True),
           (normal(1, 3, 4),)),
    Sample("nn.scaled_dot_product_attention", call("scaled_dot_product_attention"), (q, k, v), order=1),
    Sample("nn.scaled_dot_product_attention: causal", call("scaled_dot_product_attention", is_causal=True), (q, k, v),
           order=1),
    Sample("nn.scaled_dot_product_attention: one head", call("scaled_dot_product_attention"), (q[0], k[0], v[0])),
    Sample("nn.scaled_dot_product_attention: mask",
           lambda torch, a, b, c, m: F(torch).scaled_dot_product_attention(a, b, c, attn_mask=m, scale=0.3),
           (q, k, v, keep), order=1),
    Sample("nn.scaled_dot_product_attention: added mask",
           lambda torch, a, b, c, m: F(torch).scaled_dot_product_attention(a, b, c, attn_mask=m),
           (q, k, v, normal(3, 5))),
]  # fmt: skip
