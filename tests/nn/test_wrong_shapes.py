"""Wrong shapes into each layer: the error says what came and what is wanted, as torch does, and a note which layer."""

from __future__ import annotations

import builtins
import inspect
from typing import Any

import pytest

import tapegrad as torch

nn = torch.nn
for _name in nn.__all__:
    getattr(nn, _name)  # loaded when it is first used


def R(*shape: int) -> Any:
    return torch.zeros(shape)


def I(*shape: int) -> Any:  # noqa: E743 - as short as R, in a table
    return torch.zeros(shape, dtype=torch.int64)


# layer | what it is called with | torch's exception | how torch's message begins
TABLE = """
Linear(4, 3) | R(2, 5) | RuntimeError | mat1 and mat2 shapes cannot be multiplied (2x5 and 4x3)
Linear(4, 3) | R() | RuntimeError | both arguments to linear need to be at least 1D, but they are 0D and 2D
Bilinear(2, 3, 4) | R(5, 3), R(5, 3) | RuntimeError | bilinear(): input1 size does not match weight size: got 3 but
Bilinear(2, 3, 4) | R(5, 2), R(4, 3) | RuntimeError | bilinear(): input batch dimensions do not match at dim 0: got 5
Conv1d(2, 4, 3) | R(2, 3, 7) | RuntimeError | Given groups=1, weight of size [4, 2, 3], expected input[2, 3, 7] to have
Conv1d(2, 4, 3) | R(7) | RuntimeError | Expected 2D (unbatched) or 3D (batched) input to conv1d, but got input of size:
Conv1d(2, 4, 3) | R(2, 2, 2) | RuntimeError | Calculated padded input size per channel: (2). Kernel size: (3). Kernel
Conv2d(2, 4, 3) | R(2, 3, 7, 7) | RuntimeError | Given groups=1, weight of size [4, 2, 3, 3], expected input[2, 3, 7,
Conv2d(2, 4, 3) | R(7, 7) | RuntimeError | Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of
Conv2d(2, 4, 3) | R(1, 2, 2, 2) | RuntimeError | Calculated padded input size per channel: (2 x 2). Kernel size: (3 x
Conv3d(2, 3, 2) | R(1, 3, 3, 3, 3) | RuntimeError | Given groups=1, weight of size [3, 2, 2, 2, 2], expected input[1,
ConvTranspose1d(2, 3, 3) | R(2, 3, 5) | RuntimeError | Given transposed=1, weight of size [2, 3, 3], expected input[2,
ConvTranspose2d(2, 3, 3) | R(2, 3, 5, 5) | RuntimeError | Given transposed=1, weight of size [2, 3, 3, 3], expected
ConvTranspose3d(2, 3, 3) | R(5, 5) | RuntimeError | Expected 4D (unbatched) or 5D (batched) input to conv_transpose3d,
ConvTranspose2d(2, 2, 3, stride=2) | R(1, 2, 4, 4), [20, 9] | ValueError | requested an output size of [20, 9], but
MaxPool1d(2) | R(3) | RuntimeError | max_pool1d: Expected 2D or 3D (batch mode) tensor with optional 0 dim batch size
MaxPool2d(2) | R(3, 3) | RuntimeError | non-empty 3D or 4D (batch mode) tensor expected for input
MaxPool2d(5) | R(1, 1, 3, 3) | RuntimeError | Given input size: (1x3x3). Calculated output size: (1x0x0). Output size
MaxPool3d(2) | R(2, 2, 2) | RuntimeError | non-empty 4D or 5D (batch mode) tensor expected for input
AvgPool1d(2) | R(3) | RuntimeError | Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self'
AvgPool2d(2) | R(3) | IndexError | Dimension out of range (expected to be in range of [-1, 0], but got -3)
AvgPool3d(2) | R(2, 2) | RuntimeError | non-empty 4D or 5D (batch mode) tensor expected for input
AvgPool2d(5) | R(1, 1, 3, 3) | RuntimeError | Given input size: (1x3x3). Calculated output size: (1x0x0). Output size
LPPool1d(2, 3) | R(2) | RuntimeError | Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1 'self'
LPPool2d(2, 3) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got -3)
AdaptiveMaxPool1d(3) | R(3) | RuntimeError | Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1
AdaptiveMaxPool2d(3) | R(3) | RuntimeError | adaptive_max_pool2d(): Expected 3D or 4D tensor, but got: [3]
AdaptiveMaxPool3d(3) | R(3) | RuntimeError | adaptive_max_pool3d(): Expected 4D or 5D tensor, but got: [3]
AdaptiveAvgPool1d(3) | R(3) | RuntimeError | Expected 2 to 3 dimensions, but got 1-dimensional tensor for argument #1
AdaptiveAvgPool2d(3) | R(3) | RuntimeError | adaptive_avg_pool2d(): Expected 3D or 4D tensor, but got [3]
AdaptiveAvgPool3d(3) | R(3) | RuntimeError | adaptive_avg_pool3d(): Expected 4D or 5D tensor, but got [3]
FractionalMaxPool2d(2, output_size=3) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2,
FractionalMaxPool2d(5, output_size=3) | R(1, 1, 4, 4) | RuntimeError | fractional_max_pool2d(): pool height 5 too large
FractionalMaxPool3d(2, output_size=3) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2,
MaxUnpool1d(2) | R(1, 1, 3), I(1, 1, 2) | RuntimeError | Expected shape of indices to be same as that of the input
MaxUnpool2d(2) | R(1, 1, 3, 2), I(1, 1, 2, 2) | RuntimeError | Expected shape of indices to be same as that of the
MaxUnpool3d(2) | R(3), I(3) | IndexError | tuple index out of range
ReflectionPad1d(5) | R(2, 3, 4) | RuntimeError | Argument #4: Padding size should be less than the corresponding input
ReflectionPad2d(1) | R(3) | RuntimeError | Padding length should be less than or equal to two times the input dimension
ReflectionPad3d(1) | R(3, 3) | RuntimeError | Padding length should be less than or equal to two times the input
ReplicationPad1d(2) | R(5) | NotImplementedError | Padding size 2 is not supported for 1D input tensor.
ReplicationPad2d(1) | R(5) | RuntimeError | Padding length should be less than or equal to two times the input
ReplicationPad3d(1) | R(5) | RuntimeError | Padding length should be less than or equal to two times the input
ZeroPad1d((-3, 0)) | R(2, 2) | RuntimeError | narrow(): length must be non-negative.
ZeroPad2d(1) | R(2) | RuntimeError | Padding length should be less than or equal to two times the input dimension but
ZeroPad3d(1) | R(2) | RuntimeError | Padding length should be less than or equal to two times the input dimension but
ConstantPad1d((-3, 0), 1.0) | R(2, 2) | RuntimeError | narrow(): length must be non-negative.
ConstantPad2d(1, 1.0) | R(2) | RuntimeError | Padding length should be less than or equal to two times the input
ConstantPad3d(1, 1.0) | R(2) | RuntimeError | Padding length should be less than or equal to two times the input
CircularPad1d(2) | R(3) | ValueError | expected 2D or 3D input (got 1D input)
CircularPad2d(5) | R(1, 3, 3) | RuntimeError | Padding value causes wrapping around more than once.
CircularPad3d(5) | R(3, 3) | ValueError | expected 4D or 5D input (got 2D input)
BatchNorm1d(3) | R(4, 5) | RuntimeError | running_mean should contain 5 elements not 3
BatchNorm1d(3) | R(4, 3, 2, 2) | ValueError | expected 2D or 3D input (got 4D input)
BatchNorm2d(3) | R(4, 3) | ValueError | expected 4D input (got 2D input)
BatchNorm2d(3) | R(4, 5, 2, 2) | RuntimeError | running_mean should contain 5 elements not 3
BatchNorm3d(3) | R(4, 3, 2) | ValueError | expected 5D input (got 3D input)
BatchNorm1d(3) | R(1, 3) | ValueError | Expected more than 1 value per channel when training, got input size
SyncBatchNorm(3) | R(3) | ValueError | expected at least 2D input (got 1D input)
InstanceNorm1d(3) | R(2) | ValueError | expected 2D or 3D input (got 1D input)
InstanceNorm1d(3, affine=True) | R(2, 4, 5) | ValueError | expected input's size at dim=1 to match num_features (3),
InstanceNorm2d(3) | R(2, 3) | ValueError | expected 3D or 4D input (got 2D input)
InstanceNorm3d(3) | R(2, 3) | ValueError | expected 4D or 5D input (got 2D input)
InstanceNorm2d(3) | R(1, 3, 1, 1) | ValueError | Expected more than 1 spatial element when training, got input size
LayerNorm(4) | R(2, 5) | RuntimeError | Given normalized_shape=[4], expected input with shape [*, 4], but got input of
LayerNorm((3, 4)) | R(4) | RuntimeError | Given normalized_shape=[3, 4], expected input with shape [*, 3, 4], but got
GroupNorm(2, 4) | R(2, 6, 3) | RuntimeError | Expected weight to be a vector of size equal to the number of channels in
GroupNorm(2, 4) | R(4) | RuntimeError | Expected at least 2 dimensions for input tensor but received 1
RMSNorm(4) | R(2, 5) | RuntimeError | Given normalized_shape=[4], expected input with shape [*4], but got input of
LocalResponseNorm(2) | R(2, 2) | ValueError | Expected 3D or higher dimensionality                          input (got
CrossMapLRN2d(3) | R(2, 2) | ValueError | CrossMapLRN2d: Expected input to be 4D, got 2D instead.
Dropout1d() | R(3) | RuntimeError | dropout1d: Expected 2D or 3D input, but received a 1D input
Dropout2d() | R(3) | RuntimeError | Feature dropout requires at least 2 dimensions in the input
Embedding(4, 3) | torch.tensor([4]) | IndexError | index out of range in self
Embedding(4, 3) | R(2) | RuntimeError | Expected tensor for argument #1 'indices' to have one of the following scalar
EmbeddingBag(4, 3) | I(2) | ValueError | offsets has to be a 1D Tensor but got None
EmbeddingBag(4, 3) | I(2, 2), I(2) | ValueError | if input is 2D, then offsets has to be None, as input is treated is a
EmbeddingBag(4, 3) | R(2, 2) | RuntimeError | Expected tensor for argument #1 'indices' to have one of the following
EmbeddingBag(4, 3) | torch.tensor([[7]]) | RuntimeError | Index 0 of input takes value 7 which is not in the valid
Flatten(2) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got 2)
Unflatten(1, (2, 2)) | R(2, 5) | RuntimeError | unflatten: Provided sizes [2, 2] don't multiply up to the size of dim 1
Fold((4, 5), (2, 2)) | R(1, 8, 11) | RuntimeError | Given output_size=(4, 5), kernel_size=(2, 2), dilation=(1, 1),
Fold((4, 5), (2, 2)) | R(1, 7, 12) | RuntimeError | Expected size of input's dimension 1 to be divisible by the product
Unfold(2) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got 2)
Unfold(5) | R(1, 1, 2, 2) | RuntimeError | Given input with spatial size (2, 2), kernel_size=(5, 5), dilation=(1, 1),
PixelShuffle(2) | R(1, 3, 2, 2) | RuntimeError | pixel_shuffle expects its input's 'channel' dimension to be divisible
PixelShuffle(2) | R(2, 2) | RuntimeError | pixel_shuffle expects input to have at least 3 dimensions, but got input
PixelUnshuffle(2) | R(1, 1, 3, 4) | RuntimeError | pixel_unshuffle expects height to be divisible by downscale_factor,
ChannelShuffle(2) | R(1, 3, 2, 2) | RuntimeError | Number of channels must be divisible by groups. Got 3 channels and 2
Upsample(scale_factor=2) | R(3) | NotImplementedError | Input Error: Only 3D, 4D and 5D input Tensors supported (got
Upsample((5, 7), mode='bilinear') | R(1, 2, 3) | ValueError | Input and output must have the same number of spatial
UpsamplingNearest2d(scale_factor=2) | R(1, 2) | NotImplementedError | Input Error: Only 3D, 4D and 5D input Tensors
UpsamplingBilinear2d((5, 5)) | R(3) | ValueError | Input and output must have the same number of spatial dimensions,
PairwiseDistance() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
CosineSimilarity() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
Softmax(2) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got 2)
LogSoftmax(2) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got 2)
Softmin(2) | R(2, 2) | IndexError | Dimension out of range (expected to be in range of [-2, 1], but got 2)
Softmax2d() | R(2, 2) | ValueError | Softmax2d: expected input to be 3D or 4D, got 2D instead
GLU() | R(2, 3) | RuntimeError | Halving dimension must be even, but dimension 1 is size 3
PReLU(3) | R(2, 4) | RuntimeError | Mismatch of parameter numbers and input channel size. Found parameter numbers = 3
AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5]) | R(6, 16), I(5) | RuntimeError | Input and target should have the same size
AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5]) | R(6, 15), I(6) | RuntimeError | mat1 and mat2 shapes cannot be multiplied
RNN(3, 4) | R(5, 2, 4) | RuntimeError | input.size(-1) must be equal to input_size. Expected 3, got 4
RNN(3, 4) | R(5) | ValueError | RNN: Expected input to be 2D or 3D, got 1D tensor instead
LSTM(3, 4) | R(5, 2, 4) | RuntimeError | input.size(-1) must be equal to input_size. Expected 3, got 4
LSTM(3, 4) | R(5, 2, 3), (R(1, 3, 4), R(1, 2, 4)) | RuntimeError | Expected hidden[0] size (1, 2, 4), got [1, 3, 4]
LSTM(3, 4) | R(5, 2, 3), (R(2, 4), R(2, 4)) | RuntimeError | For batched 3-D input, hx and cx should also be 3-D but
GRU(3, 4) | R(5, 2, 4) | RuntimeError | input.size(-1) must be equal to input_size. Expected 3, got 4
GRU(3, 4) | R(5, 2, 3), R(1, 3, 4) | RuntimeError | Expected hidden size (1, 2, 4), got [1, 3, 4]
GRU(3, 4) | R(5, 2, 3).long() | ValueError | RNN input dtype (torch.int64) does not match weight dtype (torch.float32).
RNNCell(3, 4) | R(2, 4) | RuntimeError | input has inconsistent input_size: got 4 expected 3
LSTMCell(3, 4) | R(2, 4) | RuntimeError | input has inconsistent input_size: got 4 expected 3
LSTMCell(3, 4) | R(2, 3), (R(3, 4), R(2, 4)) | RuntimeError | Input batch size 2 doesn't match hidden0 batch size 3
GRUCell(3, 4) | R(2, 3), R(3, 4) | RuntimeError | Input batch size 2 doesn't match hidden0 batch size 3
GRUCell(3, 4) | R(2, 2, 3) | ValueError | GRUCell: Expected input to be 1D or 2D, got 3D instead
MultiheadAttention(4, 2) | R(3, 2, 5), R(3, 2, 5), R(3, 2, 5) | AssertionError | was expecting embedding dimension of
MultiheadAttention(4, 2) | R(3, 4), R(3, 2, 4), R(3, 2, 4) | AssertionError | For unbatched (2-D) `query`, expected
MultiheadAttention(4, 2) | R(3, 2, 4), R(3, 2, 4), R(2, 2, 4) | AssertionError | key shape torch.Size([3, 2, 4]) does
MultiheadAttention(4, 2) | R(4), R(4), R(4) | AssertionError | query should be unbatched 2D or batched 3D tensor but
TransformerEncoderLayer(4, 2, 8) | R(3, 2, 5) | AssertionError | was expecting embedding dimension of 4, but got 5
TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2) | R(3, 2, 5) | AssertionError | was expecting embedding
TransformerDecoderLayer(4, 2, 8) | R(3, 2, 4), R(3, 2, 5) | RuntimeError | mat1 and mat2 shapes cannot be multiplied
TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 8), 1) | R(3, 2, 5), R(3, 2, 4) | AssertionError | was expecting
Transformer(4, 2, 1, 1, 8) | R(3, 2, 4), R(3, 3, 4) | RuntimeError | the batch number of src and tgt must be equal
Transformer(4, 2, 1, 1, 8) | R(3, 2, 5), R(3, 2, 5) | RuntimeError | the feature number of src and tgt must be equal to
L1Loss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
MSELoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
SmoothL1Loss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
HuberLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
KLDivLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (5) must match the size of tensor b (4) at
PoissonNLLLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (5) must match the size of tensor b (4) at
GaussianNLLLoss() | R(3, 4), R(3, 4), R(3, 5) | ValueError | var is of incorrect size
NLLLoss() | R(5, 4), I(4) | ValueError | Expected input batch_size (5) to match target batch_size (4).
NLLLoss() | R(2, 4, 3, 3), I(2, 3) | RuntimeError | only batches of spatial targets supported (3D tensors) but got
NLLLoss() | R(2, 3), torch.tensor([0, 3]) | IndexError | Target 3 is out of bounds.
CrossEntropyLoss() | R(5, 4), I(4) | ValueError | Expected input batch_size (5) to match target batch_size (4).
CrossEntropyLoss() | R(5, 4), R(5, 3) | RuntimeError | 0D or 1D target tensor expected, multi-target not supported
CrossEntropyLoss(weight=R(3)) | R(5, 4), I(5) | RuntimeError | weight tensor should be defined either for all 4 classes
CrossEntropyLoss() | R(2, 3), torch.tensor([0, 3]) | IndexError | Target 3 is out of bounds.
LinearCrossEntropyLoss(3, 4) | R(5, 4), I(5) | RuntimeError | expected equal input and linear_weight last dimensions
BCELoss() | R(3, 4), R(3, 5) | ValueError | Using a target size (torch.Size([3, 5])) that is different to the input size
BCEWithLogitsLoss() | R(3, 4), R(3, 5) | ValueError | Target size (torch.Size([3, 5])) must be the same as input size
SoftMarginLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor b (5) at
MultiLabelMarginLoss() | R(3, 4), I(3, 5) | RuntimeError | inconsistent target size: [3, 5] for input of size: [3, 4]
MultiLabelSoftMarginLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (5) must match the size of tensor b
MultiMarginLoss() | R(3, 4), I(4) | RuntimeError | multi_margin_loss: target tensor should be 1-D with size equal to
HingeEmbeddingLoss() | R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (5) must match the size of tensor b (4)
CosineEmbeddingLoss() | R(3, 4), R(3, 5), R(3) | RuntimeError | The size of tensor a (4) must match the size of tensor
CosineEmbeddingLoss() | R(3, 4), R(3, 4), R(2) | RuntimeError | The size of tensor a (2) must match the size of tensor
MarginRankingLoss() | R(5), R(4), R(5) | RuntimeError | The size of tensor a (5) must match the size of tensor b (4) at
TripletMarginLoss() | R(3, 4), R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the size of tensor
TripletMarginWithDistanceLoss() | R(3, 4), R(3, 4), R(3, 5) | RuntimeError | The size of tensor a (4) must match the
CTCLoss() | R(6, 2, 4), I(2, 2), torch.tensor([7, 5]), torch.tensor([2, 2]) | RuntimeError | Expected input_lengths to
CTCLoss() | R(6, 2, 4), I(2, 2), torch.tensor([6]), torch.tensor([2, 2]) | RuntimeError | input_lengths must be of size
LazyLinear(3) | R() | IndexError | tuple index out of range
LazyConv2d(3, 2) | R(3, 3) | RuntimeError | Expected 3D (unbatched) or 4D (batched) input to LazyConv2d, but got input
LazyConv1d(3, 2) | R(3) | RuntimeError | Expected 2D (unbatched) or 3D (batched) input to LazyConv1d, but got input of
LazyConvTranspose2d(3, 2) | R(3, 3) | RuntimeError | Expected 3D (unbatched) or 4D (batched) input to
LazyBatchNorm1d() | R(3) | IndexError | tuple index out of range
LazyBatchNorm2d() | R(3, 2) | ValueError | expected 4D input (got 2D input)
LazyInstanceNorm2d() | R(3) | IndexError | tuple index out of range
"""
WRONG = [tuple(row.split(" | ")) for row in TABLE.strip().splitlines()]

# These take any shape, or hand on what they get.
TAKE_ANYTHING = {
    "AlphaDropout", "CELU", "Dropout", "ELU", "FeatureAlphaDropout", "GELU", "Hardshrink", "Hardsigmoid", "Hardswish",
    "Hardtanh", "Identity", "LeakyReLU", "LogSigmoid", "Mish", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU", "Sigmoid",
    "Softplus", "Softshrink", "Softsign", "Tanh", "Tanhshrink", "Threshold", "Dropout3d",
    "Container", "DataParallel", "Module", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "RNNBase",
    "RNNCellBase", "Sequential",
}  # fmt: skip

# Like the layers of other dimensions that are in the table.
LIKE_OTHERS = {
    "LPPool3d", "LazyBatchNorm3d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose3d", "LazyInstanceNorm1d",
    "LazyInstanceNorm3d", "NLLLoss2d",
}  # fmt: skip


# A layer that computes with another one without having it as a submodule.
_DISTANCE = {"TripletMarginWithDistanceLoss()": "PairwiseDistance"}


@pytest.mark.filterwarnings("ignore:Lazy modules", "ignore:dropout2d", "ignore:Using a target size")
@pytest.mark.filterwarnings("ignore:reduction. 'mean'", "ignore:enable_nested_tensor")
@pytest.mark.parametrize(("constructor", "arguments", "kind", "says"), WRONG, ids=[f"{c} of {a}" for c, a, *_ in WRONG])
def test_the_error_is_torchs_and_names_the_layer(constructor: str, arguments: str, kind: str, says: str) -> None:
    layer = eval(f"nn.{constructor}")
    with pytest.raises(getattr(builtins, kind)) as raised:
        eval(f"layer({arguments})", {**globals(), "layer": layer})
    assert str(raised.value).startswith(says)
    (note,) = raised.value.__notes__
    names = {type(module).__name__ for module in layer.modules()}
    assert note.removeprefix("In ").partition("(")[0].partition(",")[0] in names | {_DISTANCE.get(constructor)}
    assert ", called with a" in note and "of shape (" in note


def test_every_layer_is_in_the_table() -> None:
    names = {name for name, kind in vars(nn).items() if inspect.isclass(kind) and issubclass(kind, nn.Module)}
    tried = {constructor.partition("(")[0] for constructor, *_ in WRONG}
    assert len(names) > 150
    assert names - tried - TAKE_ANYTHING - LIKE_OTHERS == set()


def test_a_layer_inside_of_others_is_the_one_that_is_named_and_only_once() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Sequential(nn.Linear(4, 3)))
    with pytest.raises(RuntimeError) as raised:
        model(R(2, 5))
    assert raised.value.__notes__ == [
        "In Linear(in_features=4, out_features=3, bias=True), called with a float32 tensor of shape (2, 5)."
    ]


def test_ones_own_module_says_for_itself_what_is_wrong() -> None:
    class Mine(nn.Module):
        def forward(self, x: Any) -> Any:
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine") as raised:
        nn.Sequential(Mine())(R(1))
    assert not hasattr(raised.value, "__notes__")
