"""Layers: what their constructors accept, how they print, what they refuse."""

from __future__ import annotations

from typing import Any

from .modules_attributes import attempt


def built(lib: Any, *expressions: str) -> Any:
    """The value of each expression, each from the same random numbers; of modules, their text."""
    found = []
    for expression in expressions:
        lib.manual_seed(0)
        found.append((expression, attempt(lambda e=expression: eval(e, {"torch": lib, "nn": lib.nn, "R": lib.randn}))))
    return found


def activations(torch: Any) -> Any:
    return built(
        torch,
        "nn.Threshold(1,2,True)",
        "nn.ReLU()",
        "nn.ReLU(True)",
        "nn.RReLU()",
        "nn.RReLU(0.1,0.2,True)",
        "nn.Hardtanh()",
        "nn.Hardtanh(inplace=True)",
        "nn.Hardtanh(min_value=-3)",
        "nn.Hardtanh(max_value=3)",
        "nn.Hardtanh(2,1)",
        "nn.Hardtanh(1,1)",
        "nn.ReLU6()",
        "nn.ReLU6(True)",
        "nn.Sigmoid()",
        "nn.Hardsigmoid(True)",
        "nn.Tanh()",
        "nn.SiLU()",
        "nn.SiLU(True)",
        "nn.Mish(True)",
        "nn.Mish()",
        "nn.Hardswish(True)",
        "nn.ELU()",
        "nn.ELU(2,True)",
        "nn.CELU()",
        "nn.CELU(2,True)",
        "nn.SELU()",
        "nn.SELU(True)",
        "nn.GLU()",
        "nn.GELU()",
        "nn.GELU('tanh')",
        "nn.GELU('x')(torch.ones(1))",
        "nn.Hardshrink()",
        "nn.LeakyReLU()",
        "nn.LeakyReLU(1,True)",
        "nn.LogSigmoid()",
        "nn.Softplus()",
        "nn.Softshrink()",
        "nn.PReLU()",
        "nn.PReLU(3,0.5).weight",
        "nn.Softsign()",
        "nn.Tanhshrink()",
        "nn.Softmin()",
        "nn.Softmax()",
        "nn.Softmax(1)",
        "nn.LogSoftmax(-1)",
        "nn.Softmax2d()",
        "nn.Softmax2d()(torch.ones(2))",
        "nn.Softmax()(torch.ones(2,3))",
        "nn.Softmin()(torch.ones(2,3))",
        "nn.LogSoftmax()(torch.ones(2,3))",
        "nn.Sigmoid(3)",
        "nn.Tanh(a=1)",
        "nn.Softmax(dim=1).__dict__['dim']",
        "nn.PReLU(2,device='cpu',dtype=torch.float64).weight",
        "nn.ReLU(3).inplace",
        "nn.ReLU('a')",
        "nn.ReLU()(torch.tensor([-1.,2.]))",
        "nn.Threshold(0.1,20)(torch.tensor([-1.,2.]))",
        "nn.Hardsigmoid()(torch.tensor([-1.,2.]))",
        "nn.Mish()(torch.tensor([-1.,2.]))",
        "nn.Softmin(0)(torch.tensor([-1.,2.]))",
        "nn.RReLU().eval()(torch.tensor([-1.,2.]))",
        "nn.Hardswish()(torch.tensor([-1.,2.]))",
        "nn.GLU()(torch.tensor([-1.,2.]))",
        "nn.GLU()(torch.tensor([-1.,2.,3.]))",
        "nn.Softplus(beta=0)(torch.ones(1))",
        "nn.ReLU()(3)",
        "nn.LazyLinear(3)",
    )


def max_pooling(torch: Any) -> Any:
    return built(
        torch,
        "nn.MaxPool1d(2)",
        "nn.MaxPool2d(2,(1,2),1,2,True,True)",
        "nn.MaxPool3d((2,2,2))",
        "nn.MaxUnpool1d(2)",
        "nn.MaxUnpool2d((2,3),stride=2,padding=1)",
        "nn.MaxUnpool3d(2)",
        "nn.FractionalMaxPool2d(2,output_size=3)",
        "nn.FractionalMaxPool2d(2,output_ratio=0.5).output_ratio",
        "nn.FractionalMaxPool2d(2)",
        "nn.FractionalMaxPool2d(2,3,0.5)",
        "nn.FractionalMaxPool2d(2,output_ratio=1.5)",
        "nn.FractionalMaxPool3d(2,output_ratio=(0.5,0.5,2))",
        "nn.FractionalMaxPool3d(2,output_size=(1,2,3)).output_size",
        "nn.FractionalMaxPool3d(2)",
        "nn.FractionalMaxPool3d(2,3,0.5)",
        "nn.MaxUnpool2d(2)(*nn.MaxPool2d(2,return_indices=True)(torch.arange(16.).view(1,1,4,4)))",
    )


def average_pooling(torch: Any) -> Any:
    return built(
        torch,
        "nn.AvgPool1d(2)",
        "nn.AvgPool1d(2,3,1,True,False).__dict__['kernel_size']",
        "nn.AvgPool2d(2,divisor_override=3)",
        "nn.AvgPool2d((2,3),stride=None).stride",
        "nn.AvgPool3d(2,1)",
        "nn.LPPool1d(2,3)",
        "nn.LPPool2d(1.5,(3,2),stride=2,ceil_mode=True)",
        "nn.LPPool3d(2,3)",
        "nn.AdaptiveMaxPool1d(3)",
        "nn.AdaptiveMaxPool2d((3,None),True)",
        "nn.AdaptiveMaxPool3d(3)",
        "nn.AdaptiveAvgPool1d(3)",
        "nn.AdaptiveAvgPool2d((3,None))",
        "nn.AdaptiveAvgPool3d(3)",
    )


def padding(torch: Any) -> Any:
    return built(
        torch,
        "nn.ConstantPad1d(2,3.5)",
        "nn.ConstantPad2d((1,2,3,4),0)",
        "nn.ConstantPad3d(2,1)",
        "nn.ReflectionPad1d(2)",
        "nn.ReflectionPad2d((1,2,3,4))",
        "nn.ReflectionPad3d(1)",
        "nn.ReplicationPad1d(2)",
        "nn.ReplicationPad2d(2)",
        "nn.ReplicationPad3d(2)",
        "nn.ZeroPad1d(2)",
        "nn.ZeroPad2d((1,2,3,4))",
        "nn.ZeroPad2d(1).__dict__['value']",
        "nn.ZeroPad3d(2)",
        "nn.CircularPad1d(2)",
        "nn.CircularPad2d(2)",
        "nn.CircularPad3d(2)",
        "nn.CircularPad1d(2)(torch.ones(2))",
        "nn.CircularPad2d(2)(torch.ones(2))",
        "nn.CircularPad3d(2)(torch.ones(2))",
        "nn.ZeroPad2d((1,2))",
        "nn.ConstantPad1d(1,2)(torch.ones(1,2))",
    )


def dropout(torch: Any) -> Any:
    return built(
        torch,
        "nn.Dropout()",
        "nn.Dropout(0.2,True)",
        "nn.Dropout(1.5)",
        "nn.Dropout(-1)",
        "nn.Dropout1d()",
        "nn.Dropout2d()",
        "nn.Dropout3d()",
        "nn.AlphaDropout()",
        "nn.FeatureAlphaDropout(0.3)",
        "nn.Dropout()(torch.ones(6))",
        "nn.Dropout().eval()(torch.ones(6))",
        "nn.Dropout2d()(torch.ones(1,4,1,1))",
        "nn.AlphaDropout()(torch.ones(6))",
        "nn.FeatureAlphaDropout()(torch.ones(2,3))",
    )


def distances(torch: Any) -> Any:
    return built(
        torch,
        "nn.PairwiseDistance()",
        "nn.PairwiseDistance(1,keepdim=True).__dict__['norm']",
        "nn.CosineSimilarity()",
        "nn.CosineSimilarity(0)(torch.ones(3),torch.ones(3))",
    )


def upsampling(torch: Any) -> Any:
    return built(
        torch,
        "nn.Upsample(2)",
        "nn.Upsample(scale_factor=2)",
        "nn.Upsample(scale_factor=(2,3),mode='bilinear').scale_factor",
        "nn.Upsample(size=(2,3),mode='bilinear',align_corners=True)",
        "nn.Upsample(scale_factor=2,recompute_scale_factor=True)",
        "nn.Upsample()",
        "nn.UpsamplingNearest2d(scale_factor=2)",
        "nn.UpsamplingBilinear2d(size=3)",
    )


def folding(torch: Any) -> Any:
    return built(
        torch,
        "nn.Fold((4,5),(2,2))",
        "nn.Fold(4,2,dilation=1,padding=0,stride=2)",
        "nn.Unfold((2,3))",
        "nn.Unfold(2,stride=2)(torch.arange(16.).view(1,1,4,4))",
        "nn.PixelShuffle(3)",
        "nn.PixelUnshuffle(3)",
        "nn.ChannelShuffle(2)",
        "nn.ChannelShuffle(2)(torch.arange(4.).view(1,4,1,1))",
    )


def flattening(torch: Any) -> Any:
    return built(
        torch,
        "nn.Flatten()",
        "nn.Flatten(0,2)",
        "nn.Unflatten(1,(2,3))",
        "nn.Unflatten('a',(('b',2),('c',3)))",
        "nn.Unflatten(1,3)",
        "nn.Unflatten(1,(2,'a'))",
        "nn.Unflatten(1,('a',2))",
        "nn.Unflatten('a',(2,3))",
        "nn.Unflatten('a',(2,('c',3)))",
        "nn.Unflatten('a',3)",
        "nn.Unflatten(1.5,(2,3))",
        "nn.Unflatten(1,[2,3])",
        "nn.Unflatten(1,torch.Size([2,3]))(torch.ones(1,6)).shape",
        "nn.Unflatten(1,(2,-1))(torch.ones(1,6)).shape",
    )


def embeddings(torch: Any) -> Any:
    return built(
        torch,
        "nn.Embedding(4,3)",
        "nn.Embedding(4,3).weight",
        "nn.Embedding(4,3,padding_idx=1).weight",
        "nn.Embedding(4,3,padding_idx=-1)",
        "nn.Embedding(4,3,padding_idx=4)",
        "nn.Embedding(4,3,padding_idx=-5)",
        "nn.Embedding(4,3,padding_idx=1,max_norm=1.,norm_type=1.,scale_grad_by_freq=True,sparse=True)",
        "nn.Embedding(4,3,_weight=torch.ones(4,3)).weight",
        "nn.Embedding(4,3,_weight=torch.ones(3,3))",
        "nn.Embedding(4,3,_freeze=True).weight.requires_grad",
        "nn.Embedding.from_pretrained(torch.ones(2,3))",
        "nn.Embedding.from_pretrained(torch.ones(2,3),freeze=False,padding_idx=0).weight",
        "nn.Embedding.from_pretrained(torch.ones(3))",
        "nn.Embedding(4,3,dtype=torch.float64)(torch.tensor([1]))",
        "nn.Embedding(4,3)(torch.tensor([9]))",
    )


def bags_of_embeddings(torch: Any) -> Any:
    return built(
        torch,
        "nn.EmbeddingBag(4,3)",
        "nn.EmbeddingBag(4,3).weight",
        "nn.EmbeddingBag(4,3,max_norm=1.,norm_type=1.,scale_grad_by_freq=True,sparse=False,mode='sum',include_last_offset=True,padding_idx=1)",
        "nn.EmbeddingBag(4,3,padding_idx=9)",
        "nn.EmbeddingBag(4,3,_weight=torch.ones(3,3))",
        "nn.EmbeddingBag.from_pretrained(torch.ones(2,3),mode='max')",
        "nn.EmbeddingBag.from_pretrained(torch.ones(3))",
        "nn.EmbeddingBag(4,3)(torch.tensor([[0,1]]))",
        "nn.EmbeddingBag(4,3,mode='sum')(torch.tensor([0,1]),torch.tensor([0]),torch.ones(2))",
    )


def normalization_of_samples(torch: Any) -> Any:
    return built(
        torch,
        "nn.LocalResponseNorm(2)",
        "nn.CrossMapLRN2d(3)",
        "nn.CrossMapLRN2d(3)(torch.arange(8.).view(1,4,2,1))",
        "nn.LayerNorm(3)",
        "nn.LayerNorm((3,4),bias=False)",
        "nn.LayerNorm([3,4],elementwise_affine=False).normalized_shape",
        "nn.LayerNorm(3).state_dict()",
        "nn.GroupNorm(2,4)",
        "nn.GroupNorm(2,4,bias=False)",
        "nn.GroupNorm(2,4,affine=False)",
        "nn.GroupNorm(3,4)",
        "nn.RMSNorm(3)",
        "nn.RMSNorm((3,),eps=1e-3,elementwise_affine=False)",
    )


def batch_norm(torch: Any) -> Any:
    return built(
        torch,
        "nn.BatchNorm1d(3)",
        "nn.BatchNorm2d(3,affine=False,track_running_stats=False)",
        "nn.BatchNorm3d(3,bias=False)",
        "nn.BatchNorm1d(3).state_dict()",
        "nn.BatchNorm1d(3)(torch.ones(3))",
        "nn.BatchNorm2d(3)(torch.ones(3))",
        "nn.BatchNorm3d(3)(torch.ones(3))",
        "nn.BatchNorm1d(3)(torch.ones(1,3))",
        "nn.BatchNorm1d(3,momentum=None)",
        "nn.LazyBatchNorm1d()",
        "nn.LazyBatchNorm1d()(torch.arange(6.).view(2,3))",
        "nn.LazyBatchNorm2d(affine=False)",
        "nn.LazyBatchNorm3d()(torch.ones(2,2))",
        "nn.SyncBatchNorm(3)",
        "nn.SyncBatchNorm(3)(torch.ones(2,3))",
        "nn.SyncBatchNorm(3).eval()(torch.ones(2,3))",
    )


def instance_norm(torch: Any) -> Any:
    return built(
        torch,
        "nn.InstanceNorm1d(3)",
        "nn.InstanceNorm2d(3,affine=True,track_running_stats=True)",
        "nn.InstanceNorm3d(3)",
        "nn.InstanceNorm1d(3)(torch.ones(3))",
        "nn.InstanceNorm1d(3)(torch.ones(2,4,5))",
        "nn.InstanceNorm1d(3,affine=True)(torch.ones(2,4,5))",
        "nn.InstanceNorm1d(3)(torch.arange(6.).view(3,2))",
        "nn.LazyInstanceNorm1d()",
        "nn.LazyInstanceNorm2d()(torch.ones(2,3,4,4)).shape",
        "nn.InstanceNorm1d(3).state_dict()",
        "nn.InstanceNorm1d(3).load_state_dict({'running_mean':torch.ones(3)})",
    )


def convolutions(torch: Any) -> Any:
    return built(
        torch,
        "nn.Conv1d(2,4,3)",
        "nn.Conv2d(2,4,3,stride=2,padding=1,dilation=2,groups=2,bias=False,padding_mode='circular')",
        "nn.Conv3d(2,4,(1,2,3),padding='same')",
        "nn.Conv2d(2,4,3,padding='valid')",
        "nn.Conv1d(2,4,3,padding='same',stride=2)",
        "nn.Conv1d(3,4,3,groups=2)",
        "nn.Conv1d(4,3,3,groups=2)",
        "nn.Conv1d(4,4,3,groups=0)",
        "nn.Conv1d(2,2,2).weight",
        "nn.Conv1d(2,2,2).bias",
        "nn.Conv2d(2,4,(3,2),stride=(1,2))",
        "nn.Conv1d(2,4,3).__dict__['_reversed_padding_repeated_twice']",
        "nn.Conv2d(2,4,(3,4),padding='same').__dict__['_reversed_padding_repeated_twice']",
        "nn.Conv2d(2,4,3,padding=(1,2)).__dict__['_reversed_padding_repeated_twice']",
    )


def transposed_convolutions(torch: Any) -> Any:
    return built(
        torch,
        "nn.ConvTranspose1d(2,4,3)",
        "nn.ConvTranspose2d(2,4,3,output_padding=1,stride=2)",
        "nn.ConvTranspose3d(2,4,3,groups=2,bias=False,dilation=2)",
        "nn.ConvTranspose1d(2,4,3,padding_mode='circular')",
        "nn.ConvTranspose1d(2,2,3)(torch.ones(1,2,3),output_size=[6])",
        "nn.ConvTranspose1d(2,2,3,stride=2)(torch.ones(1,2,3),output_size=[8])",
        "nn.ConvTranspose1d(2,2,3)(torch.ones(1,2,3),output_size=[1,2,3,4])",
        "nn.ConvTranspose2d(2,2,3)(torch.ones(1,2,3))",
    )


def lazy_convolutions(torch: Any) -> Any:
    return built(
        torch,
        "nn.LazyConv1d(4,3)",
        "nn.LazyConv2d(4,3)(torch.ones(1,2,5,5)).shape",
        "nn.LazyConv2d(4,3)(torch.ones(2,5))",
        "nn.LazyConvTranspose1d(4,3)",
        "nn.LazyConvTranspose3d(4,3,bias=False)",
        "nn.LazyConv1d(4,3,groups=2)(torch.ones(1,3,5))",
    )


def adaptive_softmax(torch: Any) -> Any:
    return built(
        torch,
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[2,4])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[2,4]).state_dict().keys()",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(2,8),torch.tensor([1,5]))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(8),torch.tensor(1))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4]).log_prob(torch.ones(2,8))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4]).predict(torch.ones(2,8))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(2,8),torch.tensor([1,9]))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(2,8),torch.tensor([1,2,3]))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(2,8),torch.tensor(1))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(8),torch.tensor([1]))",
        "nn.AdaptiveLogSoftmaxWithLoss(8,6,[2,4])(torch.ones(2,8),torch.ones(1,1))",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[4,2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[7])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[2,2])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[0])",
        "nn.AdaptiveLogSoftmaxWithLoss(4,6,[1.5])",
    )


def linear_layers(torch: Any) -> Any:
    return built(
        torch,
        "nn.Bilinear(0,1,1)",
        "nn.Linear(0,1)",
        "nn.Linear(2,-1)",
    )


def losses(torch: Any) -> Any:
    return built(
        torch,
        "nn.L1Loss()",
        "nn.L1Loss(size_average=False)",
        "nn.L1Loss(reduction='foo')",
        "nn.NLLLoss(weight=torch.ones(2)).state_dict()",
        "nn.CrossEntropyLoss()",
        "nn.GaussianNLLLoss(full=True)",
        "nn.HuberLoss(delta=0)",
        "nn.KLDivLoss(reduction='batchmean')(torch.zeros(2,2),torch.ones(2,2))",
        "nn.PoissonNLLLoss()(torch.zeros(2),torch.ones(2))",
        "nn.CTCLoss(zero_infinity=True).zero_infinity",
        "nn.MultiMarginLoss(p=3)",
        "nn.MultiMarginLoss(weight=torch.ones(1,1))",
        "nn.MultiMarginLoss()",
        "nn.SmoothL1Loss(beta=0.5)(torch.zeros(2),torch.ones(2))",
        "nn.TripletMarginLoss(margin=0)",
        "nn.TripletMarginLoss(margin=-1)",
        "nn.TripletMarginWithDistanceLoss(margin=-1)",
        "nn.TripletMarginWithDistanceLoss()",
        "nn.TripletMarginWithDistanceLoss(distance_function=nn.PairwiseDistance())",
        "nn.NLLLoss2d()",
        "nn.HingeEmbeddingLoss()(torch.ones(2),torch.ones(2))",
        "nn.CosineEmbeddingLoss()(torch.ones(1,2),torch.ones(1,2),torch.ones(1))",
        "nn.MarginRankingLoss(margin=2.)(torch.ones(2),torch.ones(2),torch.ones(2))",
        "nn.MultiLabelMarginLoss()(torch.ones(2),torch.tensor([0,-1]))",
        "nn.MultiLabelSoftMarginLoss()(torch.ones(2),torch.ones(2))",
        "nn.BCELoss()(torch.ones(2)*.5,torch.ones(2))",
        "nn.BCEWithLogitsLoss(pos_weight=torch.ones(2)).state_dict()",
        "nn.SoftMarginLoss()(torch.ones(2),torch.ones(2))",
        "nn.LinearCrossEntropyLoss(3,4)",
        "nn.LinearCrossEntropyLoss(3,4,bias=True).state_dict()",
        "nn.LinearCrossEntropyLoss(3,4,out_features=(5,),ignore_index=2,label_smoothing=0.1)",
    )


def other_layers(torch: Any) -> Any:
    return built(
        torch,
    )
