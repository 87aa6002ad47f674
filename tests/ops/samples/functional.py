"""Samples of torch.nn.functional."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import Sample, normal

x, y = normal(3, 4), normal(3, 4, seed=1)
away = normal(3, 4, low=0.2, high=0.8) * np.where(normal(3, 4, seed=2) > 0, 1.0, -1.0)  # not near 0 or ±1
probabilities, targets = normal(3, 4, low=0.05, high=0.95), normal(3, 4, seed=1, low=0.05, high=0.95)
classes = np.array([0, 3, 1])
signs = np.sign(normal(3, 4, seed=5))
weights = normal(4, low=0.5, high=2.0)
special = np.array([0.0, -0.0, 1.0, -1.0, 3.0, -3.0, 6.0, 100.0, -100.0, np.inf, -np.inf, np.nan])


def F(torch: Any) -> Any:
    return torch.nn.functional


ACTIVATIONS: dict[str, Any] = {
    "relu": {},
    "leaky_relu": {"negative_slope": 0.2},
    "elu": {"alpha": 1.5},
    "selu": {},
    "celu": {"alpha": 0.7},
    "gelu": {},
    "silu": {},
    "mish": {},
    "softplus": {"beta": 2.0, "threshold": 5.0},
    "softsign": {},
    "tanhshrink": {},
    "hardtanh": {"min_val": -0.5, "max_val": 0.5},
    "relu6": {},
    "hardsigmoid": {},
    "hardswish": {},
    "hardshrink": {"lambd": 0.3},
    "softshrink": {"lambd": 0.3},
    "logsigmoid": {},
    "sigmoid": {},
    "tanh": {},
}


def activation(name: str, **options: Any) -> Any:
    return lambda torch, a: getattr(F(torch), name)(a, **options)


ORDER = dict.fromkeys(ACTIVATIONS, 2) | {"hardsigmoid": 1}  # torch has no second derivative of hardsigmoid

SAMPLES = [Sample(f"nn.{name}", activation(name), (away,), order=ORDER[name]) for name in ACTIVATIONS]
SAMPLES += [Sample(f"nn.{name}: {o}", activation(name, **o), (away * 3,)) for name, o in ACTIVATIONS.items() if o]
# Two of torch's float32 kernels lose their way there: gelu(inf) is nan, and so is the second derivative of mish(100).
SAMPLES += [
    Sample(f"nn.{name}: special values", activation(name), (special,), smooth=False, order=ORDER[name],
           dtypes=("float64",) if name in ("gelu", "mish") else ("float64", "float32"))
    for name in ACTIVATIONS
]  # fmt: skip
SAMPLES += [Sample(f"nn.{name}: empty", activation(name), (normal(0, 3),), order=ORDER[name]) for name in ACTIVATIONS]
SAMPLES += [Sample(f"nn.{name}: 0-d", activation(name), (np.array(0.3),), order=ORDER[name]) for name in ACTIVATIONS]
SAMPLES += [
    Sample("nn.gelu: tanh", activation("gelu", approximate="tanh"), (x,)),
    Sample("nn.threshold", lambda torch, a: F(torch).threshold(a, 0.1, 20.0), (away,)),
    Sample("nn.glu", lambda torch, a: F(torch).glu(a), (x,)),
    Sample("nn.glu: dim", lambda torch, a: F(torch).glu(a, dim=0), (normal(2, 3),)),
    Sample("nn.prelu", lambda torch, a, w: F(torch).prelu(a, w), (away, np.array([0.25]))),
    Sample("nn.prelu: channels", lambda torch, a, w: F(torch).prelu(a, w), (away, normal(4))),
    Sample("nn.relu_: in place", lambda torch, a: F(torch).relu(a * 2, inplace=True), (away,)),
    Sample("nn.elu_: in place", lambda torch, a: F(torch).elu(a * 2, inplace=True), (away,), order=0),
    Sample("nn.leaky_relu_: in place", lambda torch, a: F(torch).leaky_relu(a * 2, 0.1, inplace=True), (away,)),
    Sample("nn.hardtanh_: in place", lambda torch, a: F(torch).hardtanh(a * 2, inplace=True), (away,)),
]
for name in ("softmax", "log_softmax", "softmin"):
    SAMPLES += [
        Sample(f"nn.{name}", activation(name, dim=1), (x,)),
        Sample(f"nn.{name}: dim 0", activation(name, dim=0), (x,)),
        Sample(f"nn.{name}: negative dim of 3", activation(name, dim=-2), (normal(2, 3, 2),)),
        Sample(f"nn.{name}: 0-d", activation(name, dim=0), (np.array(0.3),), smooth=False),
        Sample(f"nn.{name}: empty", activation(name, dim=1), (normal(2, 0),)),
        Sample(f"nn.{name}: large", activation(name, dim=0), (np.array([1000.0, 0.0, -1000.0]),), smooth=False),
    ]


def constant(like: Any, array: np.ndarray[Any, Any], torch: Any) -> Any:
    """A tensor that is not differentiated, of the dtype of another."""
    return torch.from_numpy(array.copy()).to(like.dtype)


def loss(name: str, **options: Any) -> Any:
    return lambda torch, *tensors: getattr(F(torch), name)(*tensors, **options)


for reduction in ("mean", "sum", "none"):
    r = {"reduction": reduction}
    SAMPLES += [
        Sample(f"nn.mse_loss: {reduction}", loss("mse_loss", **r), (x, y)),
        Sample(f"nn.l1_loss: {reduction}", loss("l1_loss", **r), (x, y)),
        Sample(f"nn.smooth_l1_loss: {reduction}", loss("smooth_l1_loss", beta=0.7, **r), (x, y)),
        Sample(f"nn.huber_loss: {reduction}", loss("huber_loss", delta=0.7, **r), (x, y)),
        Sample(f"nn.soft_margin_loss: {reduction}",
               lambda torch, a, r=reduction: F(torch).soft_margin_loss(a, constant(a, signs, torch), reduction=r),
               (x,)),
        Sample(f"nn.binary_cross_entropy: {reduction}", loss("binary_cross_entropy", **r), (probabilities, targets)),
        Sample(f"nn.binary_cross_entropy: weight, {reduction}",
               lambda torch, a, t, r=reduction: F(torch).binary_cross_entropy(
                   a, t, constant(a, weights, torch), reduction=r),
               (probabilities, targets)),
        Sample(f"nn.bce_with_logits: {reduction}", loss("binary_cross_entropy_with_logits", **r), (x, targets)),
        Sample(f"nn.bce_with_logits: weights, {reduction}",
               lambda torch, a, t, r=reduction: F(torch).binary_cross_entropy_with_logits(
                   a, t, constant(a, weights[:3, None], torch), pos_weight=constant(a, weights, torch), reduction=r),
               (x, targets)),
        Sample(f"nn.nll_loss: {reduction}", loss("nll_loss", **r), (x, classes)),
        Sample(f"nn.nll_loss: weight and ignored class, {reduction}",
               lambda torch, a, c, r=reduction: F(torch).nll_loss(
                   a, c, constant(a, weights, torch), ignore_index=3, reduction=r),
               (x, classes)),
        Sample(f"nn.nll_loss: images, {reduction}", loss("nll_loss", **r),
               (normal(2, 3, 2, 2), np.array([[[0, 1], [2, 0]], [[1, 1], [0, 2]]]))),
        Sample(f"nn.cross_entropy: {reduction}", loss("cross_entropy", **r), (x, classes)),
        Sample(f"nn.cross_entropy: one sample, {reduction}", loss("cross_entropy", **r), (normal(4), np.array(2))),
        Sample(f"nn.cross_entropy: weight, {reduction}",
               lambda torch, a, c, r=reduction: F(torch).cross_entropy(a, c, constant(a, weights, torch), reduction=r),
               (x, classes)),
        Sample(f"nn.cross_entropy: smoothing, {reduction}", loss("cross_entropy", label_smoothing=0.2, **r),
               (x, classes)),
        Sample(f"nn.cross_entropy: smoothing, weight, ignored, {reduction}",
               lambda torch, a, c, r=reduction: F(torch).cross_entropy(
                   a, c, constant(a, weights, torch), ignore_index=1, label_smoothing=0.2, reduction=r),
               (x, classes)),
        Sample(f"nn.cross_entropy: images, {reduction}", loss("cross_entropy", **r),
               (normal(2, 3, 2), np.array([[0, 1], [2, 0]]))),
        Sample(f"nn.cross_entropy: probabilities, {reduction}", loss("cross_entropy", **r), (x, targets)),
        Sample(f"nn.cross_entropy: probabilities, smoothing, {reduction}",
               loss("cross_entropy", label_smoothing=0.1, **r), (x, targets)),
        Sample(f"nn.poisson_nll_loss: {reduction}", loss("poisson_nll_loss", **r), (x, targets)),
        Sample(f"nn.gaussian_nll_loss: {reduction}", loss("gaussian_nll_loss", **r),
               (x, y, normal(3, 4, low=0.5, high=2.0))),
        Sample(f"nn.hinge_embedding_loss: {reduction}", loss("hinge_embedding_loss", **r),
               (x, np.sign(y)), order=0),
        Sample(f"nn.margin_ranking_loss: {reduction}",
               lambda torch, a, b, r=reduction: F(torch).margin_ranking_loss(
                   a, b, constant(a, signs, torch), 0.3, reduction=r),
               (x, y)),
        Sample(f"nn.cosine_embedding_loss: {reduction}",
               lambda torch, a, b, r=reduction: F(torch).cosine_embedding_loss(
                   a, b, constant(a, np.array([1.0, -1.0, 1.0]), torch), reduction=r),
               (x, y)),
        Sample(f"nn.triplet_margin_loss: {reduction}", loss("triplet_margin_loss", **r), (x, y, normal(3, 4, seed=6))),
    ]  # fmt: skip
SAMPLES += [
    Sample("nn.kl_div: batchmean", loss("kl_div", reduction="batchmean"), (np.log(probabilities), targets)),
    Sample("nn.kl_div: log target", loss("kl_div", reduction="sum", log_target=True), (x, y)),
    Sample("nn.mse_loss: broadcast", lambda torch, a, b: quietly(F(torch).mse_loss, a, b), (x, normal(4))),
    Sample("nn.linear", loss("linear"), (x, normal(2, 4), normal(2))),
    Sample("nn.linear: no bias", loss("linear"), (x, normal(2, 4))),
    Sample("nn.linear: batch", loss("linear"), (normal(2, 3, 4), normal(2, 4), normal(2))),
    Sample("nn.linear: vector", loss("linear"), (normal(4), normal(2, 4), normal(2))),
    Sample("nn.linear: vector, no bias", loss("linear"), (normal(4), normal(2, 4))),
    Sample("nn.normalize", loss("normalize"), (x,)),
    Sample("nn.cosine_similarity", loss("cosine_similarity"), (x, y)),
    Sample("nn.pairwise_distance", loss("pairwise_distance"), (x, y)),
    Sample("nn.one_hot", loss("one_hot"), (classes,), order=0),
    Sample("nn.dropout", loss("dropout", p=0.3), (normal(5, 7),), smooth=False),
    Sample("nn.dropout: everything", loss("dropout", p=1.0), (x,), smooth=False),
    Sample("nn.dropout: evaluation", loss("dropout", training=False), (x,)),
    Sample("nn.dropout2d", loss("dropout2d", p=0.4), (normal(2, 5, 2, 2),), smooth=False),
]


def quietly(function: Any, *args: Any) -> Any:
    """A call whose warning is expected."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)
