"""Every layer in several configurations through both libraries: text, state, first values, results, gradients."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

LIBRARIES = (real, ours)

# (constructor, arguments of forward). R draws normal numbers, U uniform ones, I integers below 4, B zeros and ones.
LAYERS = [
    ("nn.Linear(4, 3)", "R(2, 4)"),
    ("nn.Linear(4, 3, bias=False)", "R(4)"),
    ("nn.Linear(4, 3)", "R(2, 5, 4)"),
    ("nn.Linear(4, 3, dtype=torch.float32)", "R(2, 4).float()"),
    ("nn.Identity(1, a=2)", "R(2, 3)"),
    ("nn.Bilinear(2, 3, 4)", "R(5, 2), R(5, 3)"),
    ("nn.Bilinear(2, 3, 4, bias=False)", "R(2), R(3)"),
    ("nn.LazyLinear(3)", "R(2, 4)"),
    ("nn.Conv1d(2, 4, 3)", "R(2, 2, 7)"),
    ("nn.Conv1d(2, 4, 3, 2, 1, groups=2, bias=False)", "R(2, 7)"),
    ("nn.Conv1d(2, 4, 3, padding='same', padding_mode='reflect')", "R(2, 2, 7)"),
    ("nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=1, dilation=(1, 2))", "R(2, 2, 7, 6)"),
    ("nn.Conv2d(2, 4, 3, padding=1, padding_mode='circular')", "R(2, 2, 5, 5)"),
    ("nn.Conv2d(2, 4, 3, padding='same', padding_mode='replicate')", "R(2, 2, 5, 5)"),
    ("nn.Conv2d(2, 2, 3, padding='valid')", "R(2, 5, 5)"),
    ("nn.Conv3d(2, 3, 2, padding=1)", "R(1, 2, 3, 3, 3)"),
    ("nn.ConvTranspose1d(2, 3, 3, stride=2, output_padding=1)", "R(2, 2, 5)"),
    ("nn.ConvTranspose2d(4, 2, 3, groups=2, padding=1, dilation=2)", "R(1, 4, 5, 5)"),
    ("nn.ConvTranspose2d(2, 2, 3, stride=2)", "R(1, 2, 4, 4), [10, 9]"),
    ("nn.ConvTranspose3d(2, 2, 2, bias=False)", "R(1, 2, 2, 2, 2)"),
    ("nn.LazyConv1d(3, 2)", "R(2, 2, 5)"),
    ("nn.LazyConv2d(4, 2, groups=2)", "R(2, 4, 5)"),
    ("nn.LazyConv3d(3, 2)", "R(1, 2, 3, 3, 3)"),
    ("nn.LazyConvTranspose1d(3, 2)", "R(2, 2, 5)"),
    ("nn.LazyConvTranspose2d(3, 2)", "R(2, 2, 3, 3)"),
    ("nn.LazyConvTranspose3d(3, 2)", "R(1, 2, 2, 2, 2)"),
    ("nn.MaxPool1d(2)", "R(2, 3, 7)"),
    ("nn.MaxPool1d(3, 2, 1, return_indices=True)", "R(2, 3, 7)"),
    ("nn.MaxPool2d((2, 3), ceil_mode=True)", "R(2, 3, 7, 7)"),
    ("nn.MaxPool2d(3, 1, dilation=2)", "R(3, 7, 7)"),
    ("nn.MaxPool3d(2)", "R(1, 2, 4, 4, 4)"),
    ("nn.AvgPool1d(2, padding=1)", "R(2, 3, 6)"),
    ("nn.AvgPool2d(3, 2, 1, count_include_pad=False)", "R(2, 3, 6, 6)"),
    ("nn.AvgPool2d(2, divisor_override=3)", "R(2, 3, 6, 6)"),
    ("nn.AvgPool3d(2)", "R(1, 2, 4, 4, 4)"),
    ("nn.LPPool1d(2, 3)", "U(2, 3, 7)"),
    ("nn.LPPool2d(1.5, 2, stride=1)", "U(2, 3, 5, 5)"),
    ("nn.LPPool3d(2, 2)", "U(1, 2, 4, 4, 4)"),
    ("nn.AdaptiveMaxPool1d(3)", "R(2, 3, 7)"),
    ("nn.AdaptiveMaxPool2d((3, None), return_indices=True)", "R(2, 3, 7, 5)"),
    ("nn.AdaptiveMaxPool3d(2)", "R(1, 2, 4, 5, 4)"),
    ("nn.AdaptiveAvgPool1d(3)", "R(2, 3, 7)"),
    ("nn.AdaptiveAvgPool2d((3, None))", "R(2, 3, 7, 5)"),
    ("nn.AdaptiveAvgPool3d(2)", "R(1, 2, 4, 5, 4)"),
    ("nn.FractionalMaxPool2d(2, output_size=3)", "R(2, 3, 7, 7)"),
    ("nn.FractionalMaxPool3d(2, output_ratio=0.5)", "R(1, 2, 6, 6, 6)"),
    ("nn.MaxUnpool1d(2)", "R(1, 1, 3), torch.tensor([[[1, 2, 5]]])"),
    ("nn.MaxUnpool2d(2, stride=2)", "R(1, 1, 1, 2), torch.tensor([[[[1, 6]]]])"),
    ("nn.MaxUnpool3d(2)", "R(1, 1, 1, 1, 1), torch.tensor([[[[[5]]]]])"),
    ("nn.ReflectionPad1d((1, 2))", "R(2, 3, 5)"),
    ("nn.ReflectionPad2d(1)", "R(2, 3, 5, 5)"),
    ("nn.ReflectionPad3d(1)", "R(1, 2, 3, 3, 3)"),
    ("nn.ReplicationPad1d(2)", "R(2, 3, 5)"),
    ("nn.ReplicationPad2d((1, 0, 2, 1))", "R(2, 3, 5, 5)"),
    ("nn.ReplicationPad3d(1)", "R(1, 2, 3, 3, 3)"),
    ("nn.ZeroPad1d(1)", "R(2, 3)"),
    ("nn.ZeroPad2d((1, -1, 0, 1))", "R(2, 3, 4)"),
    ("nn.ZeroPad3d(1)", "R(1, 2, 2, 2)"),
    ("nn.ConstantPad1d(1, 2.5)", "R(2, 3)"),
    ("nn.ConstantPad2d(1, -1)", "R(2, 3, 4)"),
    ("nn.ConstantPad3d((1, 0, 1, 0, 1, 0), 3)", "R(1, 2, 2, 2)"),
    ("nn.CircularPad1d(2)", "R(2, 3, 5)"),
    ("nn.CircularPad2d((1, 0, 2, 1))", "R(2, 3, 5, 5)"),
    ("nn.CircularPad3d(1)", "R(1, 2, 3, 3, 3)"),
    ("nn.BatchNorm1d(3)", "R(4, 3)"),
    ("nn.BatchNorm1d(3, momentum=None)", "R(4, 3, 5)"),
    ("nn.BatchNorm2d(3, affine=False)", "R(2, 3, 4, 4)"),
    ("nn.BatchNorm2d(3, bias=False)", "R(2, 3, 4, 4)"),
    ("nn.BatchNorm2d(3, track_running_stats=False)", "R(2, 3, 4, 4)"),
    ("nn.BatchNorm3d(2, 1e-3, 0.5)", "R(2, 2, 2, 2, 2)"),
    ("nn.SyncBatchNorm(3)", "R(4, 3)"),
    ("nn.LazyBatchNorm1d()", "R(4, 3)"),
    ("nn.LazyBatchNorm2d()", "R(2, 3, 4, 4)"),
    ("nn.LazyBatchNorm3d()", "R(2, 3, 2, 2, 2)"),
    ("nn.InstanceNorm1d(3)", "R(2, 3, 5)"),
    ("nn.InstanceNorm1d(3, affine=True)", "R(3, 5)"),
    ("nn.InstanceNorm2d(3, affine=True, track_running_stats=True)", "R(2, 3, 4, 4)"),
    ("nn.InstanceNorm3d(2)", "R(1, 2, 2, 2, 2)"),
    ("nn.LazyInstanceNorm1d()", "R(2, 3, 5)"),
    ("nn.LazyInstanceNorm2d()", "R(2, 3, 4, 4)"),
    ("nn.LazyInstanceNorm3d()", "R(1, 2, 2, 2, 2)"),
    ("nn.LayerNorm(4)", "R(2, 3, 4)"),
    ("nn.LayerNorm((3, 4), bias=False)", "R(2, 3, 4)"),
    ("nn.LayerNorm(4, elementwise_affine=False)", "R(4)"),
    ("nn.GroupNorm(2, 4)", "R(2, 4, 3)"),
    ("nn.GroupNorm(2, 4, affine=False)", "R(2, 4, 3, 3)"),
    ("nn.GroupNorm(1, 4, bias=False)", "R(2, 4)"),
    ("nn.RMSNorm(4)", "R(2, 4)"),
    ("nn.RMSNorm((3, 4), eps=1e-3, elementwise_affine=False)", "R(2, 3, 4)"),
    ("nn.LocalResponseNorm(2)", "R(2, 4, 3)"),
    ("nn.LocalResponseNorm(3, 1.0, 0.5, 2.0)", "R(2, 4, 3, 3)"),
    ("nn.CrossMapLRN2d(3, 1.0)", "R(1, 6, 2, 2)"),
    ("nn.Dropout(0.3)", "R(3, 4)"),
    ("nn.Dropout1d()", "R(2, 3, 4)"),
    ("nn.Dropout2d()", "R(2, 3, 4, 4)"),
    ("nn.Dropout3d()", "R(2, 3, 2, 2, 2)"),
    ("nn.AlphaDropout()", "R(3, 4)"),
    ("nn.FeatureAlphaDropout()", "R(3, 4, 2)"),
    ("nn.Embedding(4, 3)", "I(2, 5)"),
    ("nn.Embedding(4, 3, padding_idx=1)", "I(5)"),
    ("nn.Embedding(4, 3, max_norm=1.0)", "I(5)"),
    ("nn.Embedding(4, 3, scale_grad_by_freq=True)", "I(5)"),
    ("nn.EmbeddingBag(4, 3)", "I(2, 5)"),
    ("nn.EmbeddingBag(4, 3, mode='max')", "I(5), torch.tensor([0, 2])"),
    ("nn.EmbeddingBag(4, 3, mode='sum', padding_idx=0)", "I(5), torch.tensor([0, 2]), R(5)"),
    ("nn.EmbeddingBag(4, 3, include_last_offset=True)", "I(5), torch.tensor([0, 2, 5])"),
    ("nn.Flatten()", "R(2, 3, 4)"),
    ("nn.Flatten(0, 1)", "R(2, 3, 4)"),
    ("nn.Unflatten(1, (2, -1))", "R(2, 6)"),
    ("nn.Fold((4, 5), (2, 2))", "R(1, 8, 12)"),
    ("nn.Unfold((2, 3), padding=1, stride=2)", "R(1, 2, 4, 5)"),
    ("nn.PixelShuffle(2)", "R(1, 8, 2, 3)"),
    ("nn.PixelUnshuffle(2)", "R(1, 2, 4, 6)"),
    ("nn.ChannelShuffle(2)", "R(1, 4, 2, 3)"),
    ("nn.Upsample(scale_factor=2)", "R(1, 2, 3)"),
    ("nn.Upsample((5, 7), mode='bilinear', align_corners=True)", "R(1, 2, 3, 4)"),
    ("nn.Upsample(scale_factor=(1.5, 2), mode='bicubic')", "R(1, 2, 3, 4)"),
    ("nn.UpsamplingNearest2d(scale_factor=2)", "R(1, 2, 3, 4)"),
    ("nn.UpsamplingBilinear2d((5, 5))", "R(1, 2, 3, 4)"),
    ("nn.PairwiseDistance()", "R(3, 4), R(3, 4)"),
    ("nn.PairwiseDistance(1, keepdim=True)", "R(3, 4), R(3, 4)"),
    ("nn.CosineSimilarity()", "R(3, 4), R(3, 4)"),
    ("nn.CosineSimilarity(dim=-1)", "R(2, 3, 4), R(2, 3, 4)"),
    ("nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))", "R(5, 3)"),
    ("nn.AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5])", "R(6, 16), torch.tensor([0, 1, 3, 4, 7, 9])"),
    ("nn.AdaptiveLogSoftmaxWithLoss(16, 10, [3], head_bias=True)", "R(6, 16), torch.tensor([0, 1, 3, 4, 7, 9])"),
]

ACTIVATIONS = [
    "nn.CELU(2.0)",
    "nn.ELU()",
    "nn.ELU(0.5)",
    "nn.GELU()",
    "nn.GELU('tanh')",
    "nn.GLU(0)",
    "nn.Hardshrink()",
    "nn.Hardsigmoid()",
    "nn.Hardswish()",
    "nn.Hardtanh(-0.5, 0.7)",
    "nn.LeakyReLU(0.2)",
    "nn.LogSigmoid()",
    "nn.LogSoftmax(1)",
    "nn.Mish()",
    "nn.PReLU()",
    "nn.PReLU(5, 0.1)",
    "nn.RReLU()",
    "nn.ReLU()",
    "nn.ReLU6()",
    "nn.SELU()",
    "nn.SiLU()",
    "nn.Sigmoid()",
    "nn.Softmax(0)",
    "nn.Softmin(1)",
    "nn.Softplus(2.0, 1.0)",
    "nn.Softshrink(0.3)",
    "nn.Softsign()",
    "nn.Tanh()",
    "nn.Tanhshrink()",
    "nn.Threshold(0.1, -2.0)",
]
LAYERS += [(activation, "R(4, 5)") for activation in ACTIVATIONS] + [("nn.Softmax2d()", "R(2, 3, 2, 2)")]

LOSSES = [
    ("nn.L1Loss({})", "R(3, 4), R(3, 4)"),
    ("nn.MSELoss({})", "R(3, 4), R(3, 4)"),
    ("nn.SmoothL1Loss({}, beta=0.5)", "R(3, 4), R(3, 4)"),
    ("nn.HuberLoss({}, delta=0.7)", "R(3, 4), R(3, 4)"),
    ("nn.KLDivLoss({})", "R(3, 4).log_softmax(1), U(3, 4)"),
    ("nn.KLDivLoss({}, log_target=True)", "R(3, 4), R(3, 4)"),
    ("nn.PoissonNLLLoss({}, full=True)", "R(3, 4), U(3, 4) * 3"),
    ("nn.GaussianNLLLoss({}, full=True)", "R(3, 4), R(3, 4), U(3, 4)"),
    ("nn.NLLLoss({})", "R(5, 4).log_softmax(1), I(5)"),
    ("nn.NLLLoss({}, weight=torch.arange(4.0).double(), ignore_index=1)", "R(5, 4), I(5)"),
    ("nn.NLLLoss({})", "R(2, 4, 3, 3), I(2, 3, 3)"),
    ("nn.CrossEntropyLoss({})", "R(5, 4), I(5)"),
    ("nn.CrossEntropyLoss({}, label_smoothing=0.2, ignore_index=2)", "R(5, 4), I(5)"),
    ("nn.CrossEntropyLoss({}, weight=torch.arange(4.0).double())", "R(5, 4), U(5, 4)"),
    ("nn.CrossEntropyLoss({})", "R(2, 4, 3), I(2, 3)"),
    ("nn.LinearCrossEntropyLoss(3, 4, {}, bias=True)", "R(5, 3), I(5)"),
    ("nn.BCELoss({})", "U(3, 4), B(3, 4)"),
    ("nn.BCEWithLogitsLoss({}, pos_weight=torch.arange(4.0).double())", "R(3, 4), B(3, 4)"),
    ("nn.SoftMarginLoss({})", "R(3, 4), B(3, 4) * 2 - 1"),
    ("nn.MultiLabelMarginLoss({})", "R(4), torch.tensor([3, 0, -1, 1])"),
    ("nn.MultiLabelSoftMarginLoss({})", "R(3, 4), B(3, 4)"),
    ("nn.MultiMarginLoss({}, p=2, margin=0.5)", "R(5, 4), I(5)"),
    ("nn.HingeEmbeddingLoss({}, margin=0.5)", "R(3, 4), B(3, 4) * 2 - 1"),
    ("nn.CosineEmbeddingLoss({}, margin=0.2)", "R(3, 4), R(3, 4), B(3) * 2 - 1"),
    ("nn.MarginRankingLoss({}, margin=0.2)", "R(5), R(5), B(5) * 2 - 1"),
    ("nn.TripletMarginLoss({}, swap=True)", "R(3, 4), R(3, 4), R(3, 4)"),
    ("nn.TripletMarginWithDistanceLoss({}, margin=0.5)", "R(3, 4), R(3, 4), R(3, 4)"),
    (
        "nn.CTCLoss({})",
        "R(6, 2, 4).log_softmax(2), torch.tensor([[1, 2], [3, 3]]), torch.tensor([6, 5]), torch.tensor([2, 2])",
    ),
]
LAYERS += [
    (loss.format(f"reduction='{how}'"), arguments) for loss, arguments in LOSSES for how in ("mean", "sum", "none")
]


def data(lib: Any) -> dict[str, Any]:
    """What the expressions above mean with a library: the same numbers with each."""
    rng = np.random.default_rng(5)

    def leaf(values: Any) -> Any:
        return lib.tensor(np.asarray(values, float)).requires_grad_()

    return {
        "torch": lib, "nn": lib.nn,
        "R": lambda *size: leaf(rng.standard_normal(size)),
        "U": lambda *size: leaf(rng.uniform(0.05, 0.95, size)),
        "I": lambda *size: lib.tensor(rng.integers(0, 4, size)),
        "B": lambda *size: lib.tensor(rng.integers(0, 2, size).astype(float)),
    }  # fmt: skip


def build(lib: Any, constructor: str) -> Any:
    lib.manual_seed(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return eval(constructor, data(lib))


def arrays(value: Any) -> list[Any]:
    """The tensors in a result, as arrays."""
    if isinstance(value, (tuple, list)):
        return [array for item in value for array in arrays(item)]
    return [value.detach().numpy().copy()]


def run(lib: Any, constructor: str, arguments: str, training: bool) -> dict[str, Any]:
    """Everything that can be seen of a layer that is built and used once."""
    module = build(lib, constructor)
    state = module.state_dict().items()
    initial = [(name, None if "Uninit" in repr(t) else t.detach().numpy().copy()) for name, t in state]
    text = repr(module)
    if "dtype" not in constructor:
        module = module.double()
    module.train(training)
    given = eval(f"[{arguments}]", data(lib))
    for t in given:
        if isinstance(t, lib.Tensor) and not t.is_leaf:
            t.retain_grad()
    lib.manual_seed(2)
    out = module(*given)
    tensors = [t for t in (out if isinstance(out, tuple) else (out,)) if t.requires_grad]
    if tensors:
        sum((t * t).sum() for t in tensors).backward()
    leaves = [t for t in given if isinstance(t, lib.Tensor)] + list(module.parameters())
    return {
        "text": [text, repr(module), type(module).__name__],
        "initial": initial,
        "result": arrays(out),
        "nodes": [t.grad_fn.name() if t.grad_fn is not None else None for t in tensors],
        "gradients": [None if t.grad is None else t.grad.numpy().copy() for t in leaves],
        "state": [(name, t.numpy()) for name, t in module.state_dict().items()],
    }


IDS = [f"{constructor} of {arguments}" for constructor, arguments in LAYERS]

# torch's is a Function of its own whose backward is not the derivative of its forward; see the compatibility page.
ANOTHER_DERIVATIVE = "nn.CrossMapLRN2d(3, 1.0)"

# torch cannot copy buffers that have no shape yet.
NOT_COPIED = ("nn.LazyBatchNorm", "nn.LazyInstanceNorm")


@pytest.mark.parametrize("training", [True, False], ids=["training", "evaluation"])
@pytest.mark.parametrize(("constructor", "arguments"), LAYERS, ids=IDS)
def test_layer_does_as_torchs(constructor: str, arguments: str, training: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, got = (run(lib, constructor, arguments, training) for lib in LIBRARIES)
    assert got["text"] == expected["text"]
    for key in ("initial", "state"):
        assert [name for name, _ in got[key]] == [name for name, _ in expected[key]]
    for (name, a), (_, b) in zip(got["initial"], expected["initial"], strict=True):
        if b is None:
            assert a is None, name
        else:
            assert a.dtype == b.dtype, name
            ulps = 0 if "Embedding" not in constructor else 2  # normal numbers
            np.testing.assert_array_max_ulp(a, b, ulps) if b.dtype.kind == "f" else np.testing.assert_array_equal(a, b)
    pairs = list(zip(got["result"], expected["result"], strict=True))
    if constructor != ANOTHER_DERIVATIVE:
        pairs += zip(got["gradients"], expected["gradients"], strict=True)
    pairs += [(a, b) for (_, a), (_, b) in zip(got["state"], expected["state"], strict=True)]
    single = any(b is not None and b.dtype == np.float32 for _, b in pairs)
    for a, b in pairs:
        assert (a is None) == (b is None)
        if b is not None:
            assert a.dtype == b.dtype
            assert a.shape == b.shape
            np.testing.assert_allclose(a, b, rtol=1e-5 if single else 1e-9, atol=1e-6 if single else 1e-11)
    if constructor != ANOTHER_DERIVATIVE:
        assert got["nodes"] == expected["nodes"]


@pytest.mark.parametrize("constructor", sorted({c for c, _ in LAYERS if not c.startswith(NOT_COPIED)}))
def test_layer_is_copied_and_pickled_as_torchs(constructor: str) -> None:
    texts = []
    for lib in LIBRARIES:
        module = build(lib, constructor)
        copies = copy.deepcopy(module), copy.copy(module), pickle.loads(pickle.dumps(module))
        texts.append([repr(c) for c in copies] + [list(c.state_dict()) for c in copies])
    assert texts[1] == texts[0]


@pytest.mark.parametrize("constructor", sorted({constructor for constructor, _ in LAYERS if "Lazy" not in constructor}))
def test_state_goes_from_torch_to_tapegrad_and_back(constructor: str) -> None:
    real.manual_seed(3)
    there, here, back = build(real, constructor), build(ours, constructor), build(real, constructor)
    with real.no_grad():
        for p in there.parameters():
            p.add_(1)
    here.load_state_dict({name: ours.tensor(t.numpy()) for name, t in there.state_dict().items()})
    back.load_state_dict({name: real.tensor(t.numpy()) for name, t in here.state_dict().items()})
    for (name, a), b in zip(there.state_dict().items(), back.state_dict().values(), strict=True):
        assert real.equal(a, b), name


def test_every_layer_of_torch_is_there() -> None:
    assert set(LAYER_NAMES) <= set(dir(ours.nn))
    assert all(issubclass(getattr(ours.nn, name), ours.nn.Module) for name in LAYER_NAMES)


LAYER_NAMES = sorted(
    name
    for name, layer in vars(real.nn).items()
    if isinstance(layer, type) and layer.__module__.startswith("torch.nn.modules") and issubclass(layer, real.nn.Module)
)


def parameters(function: Any) -> list[tuple[str, str, str]]:
    """The names, kinds and defaults of a function's parameters."""
    import inspect

    found = inspect.signature(function).parameters.values()
    return [(p.name, str(p.kind), repr(p.default).split(" at 0x")[0]) for p in found]


@pytest.mark.parametrize("name", LAYER_NAMES)
def test_signatures_are_torchs(name: str) -> None:
    theirs, mine = getattr(real.nn, name), getattr(ours.nn, name)
    assert parameters(mine.__init__) == parameters(theirs.__init__)
    public = [n for n, f in vars(theirs).items() if callable(f) and (not n.startswith("_") or n == "forward")]
    missing = [n for n in public if not hasattr(mine, n)]
    assert missing == []
    for method in public:
        if isinstance(vars(theirs)[method], type(parameters)):
            assert parameters(getattr(mine, method)) == parameters(getattr(theirs, method)), method
