"""tapegrad: PyTorch's autograd in Python over NumPy.

>>> import tapegrad as torch
>>> x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
>>> (x**2).sum().backward()
>>> x.grad
tensor([2., 4., 6.])
"""

from math import e, inf, nan, pi
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from . import foreign as _foreign
from .ops.deferred import FAMILY_OF as _FAMILY_OF
from .ops.deferred import path_of as _path_of
from .settings import *
from .tensor import methods as _methods
from .tensor.creation import *
from .tensor.namespace import *
from .tensor.tensor import Tensor

newaxis = None

if _TYPE_CHECKING:  # most of what is loaded when it is first used, for editors and type checkers
    from . import autograd as autograd
    from . import linalg as linalg
    from . import nn as nn
    from . import random as random
    from . import version as version
    from .autograd.grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
    from .nn.direct import *
    from .ops import *
    from .ops import return_types as return_types
    from .random.creation import *
    from .random.generator import *
    from .random.implicit import *
    from .random.sampling import *
    from .tensor.factories import *
    from .tensor.legacy import *
    from .tensor.likes import *
    from .tensor.memory import *
    from .tensor.numeric_info import *
    from .tensor.printing import set_printoptions
    from .tensor.questions import *
    from .tensor.ranges import *
    from .tensor.spacing import *
    from .torch_alias import install_as_torch
    from .torch_version import __version__ as __version__

# Loaded when first used: functions, by the module that they are in, and modules.
_LAZY = {
    "__version__": "torch_version",
    "compile": "compiler",
    "enable_grad": "autograd.grad_mode",
    "inference_mode": "autograd.inference",
    "is_anomaly_check_nan_enabled": "autograd.anomaly_mode",
    "is_anomaly_enabled": "autograd.anomaly_mode",
    "is_grad_enabled": "autograd.grad_mode",
    "is_inference_mode_enabled": "autograd.inference",
    "install_as_torch": "torch_alias",
    "no_grad": "autograd.grad_mode",
    "set_grad_enabled": "autograd.grad_mode",
    "set_printoptions": "tensor.printing",
    "summary": "nn.summary",
    "from_torch": "interchange",
    "to_torch": "interchange",
    "record_lines": "source_lines",
    "check_shapes": "detective",
    "find_nan": "detective",
    "why": "detective",
    "load_npz": "npz",
    "save_npz": "npz",
    "load": "serialization.loading",
    "save": "serialization.saving",
    "sparse_coo_tensor": "sparse.construction",
    "sparse_csr_tensor": "sparse.construction",
    "vmap": "func.vmap",
}
_LAZY |= dict.fromkeys(
    """
        adaptive_avg_pool1d adaptive_max_pool1d addmv_ affine_grid_generator alpha_dropout alpha_dropout_ avg_pool1d
        bilinear binary_cross_entropy_with_logits celu celu_ conv_tbc convolution cosine_embedding_loss
        cosine_similarity ctc_loss dropout dropout_ embedding_renorm_ feature_alpha_dropout feature_alpha_dropout_
        feature_dropout feature_dropout_ grid_sampler grid_sampler_2d grid_sampler_3d hardshrink
        hinge_embedding_loss kl_div margin_ranking_loss max_pool1d max_pool1d_with_indices max_pool2d max_pool3d
        native_channel_shuffle pairwise_distance poisson_nll_loss prelu relu_ rrelu rrelu_ selu selu_ threshold
        threshold_ triplet_margin_loss
    """.split(),
    "nn.direct",
)
_LAZY |= {"autocast": "amp.autocast_mode"} | dict.fromkeys(
    """
        autocast_decrement_nesting autocast_increment_nesting clear_autocast_cache get_autocast_cpu_dtype
        get_autocast_dtype get_autocast_gpu_dtype get_autocast_ipu_dtype get_autocast_xla_dtype
        is_autocast_cache_enabled is_autocast_cpu_enabled is_autocast_enabled is_autocast_ipu_enabled
        is_autocast_xla_enabled set_autocast_cache_enabled set_autocast_cpu_dtype set_autocast_cpu_enabled
        set_autocast_dtype set_autocast_enabled set_autocast_gpu_dtype set_autocast_ipu_dtype
        set_autocast_ipu_enabled set_autocast_xla_dtype set_autocast_xla_enabled
    """.split(),
    "amp.state",
)
_LAZY |= dict.fromkeys(
    "_cast_Byte _cast_Char _cast_Double _cast_Float _cast_Half _cast_Int _cast_Long _cast_Short".split(), "casts"
)
_LAZY |= dict.fromkeys(
    "SymBool SymFloat SymInt sym_float sym_int sym_ite sym_max sym_min sym_not sym_sum".split(), "symbolic"
)
_LAZY |= dict.fromkeys(
    """
        _assert _assert_async _check _check_index _check_is_size _check_not_implemented _check_type _check_value
        _check_with
    """.split(),
    "checks",
)
# Among them `threads`, of which torch has none: `from .. import threads` asks here while the name of this is "torch".
_LAZY_MODULES = frozenset(
    """
        _C _dynamo _jit_internal _utils _vmap_internals amp autograd backends compiler cpu cuda detective
        distributed distributions errors explain fft func functional hub jit library linalg masked
        multiprocessing nn onnx optim overrides profiler random return_types safetensors serialization signal
        sparse special testing threads torch_alias torch_version types utils version xpu
    """.split()
)
_OTHER_NAMES = {"dsmm": "mm", "spmm": "mm"}

# The modules among the names; any other is the package's own business, or loaded when it is first used.
_MODULES = {"autograd", "explain", "linalg", "nn", "random", "return_types", "version"}

# Written by tools/public_names.py.
__all__ = [
    "BFloat16Storage", "BFloat16Tensor", "BoolStorage", "BoolTensor", "ByteStorage", "ByteTensor", "CharStorage",
    "CharTensor", "ComplexDoubleStorage", "ComplexFloatStorage", "DoubleStorage", "DoubleTensor", "FloatStorage",
    "FloatTensor", "Generator", "HalfStorage", "HalfTensor", "IntStorage", "IntTensor", "LongStorage", "LongTensor",
    "ShortStorage", "ShortTensor", "Size", "SymBool", "SymFloat", "SymInt", "Tensor", "TypedStorage", "UntypedStorage",
    "abs", "abs_", "absolute", "acos", "acos_", "acosh", "acosh_", "adaptive_avg_pool1d", "adaptive_max_pool1d", "add",
    "addbmm", "addcdiv", "addcmul", "addmm", "addmv", "addmv_", "addr", "adjoint", "affine_grid_generator",
    "alias_copy", "all", "allclose", "alpha_dropout", "alpha_dropout_", "amax", "amin", "aminmax", "angle", "any",
    "arange", "arccos", "arccos_", "arccosh", "arccosh_", "arcsin", "arcsin_", "arcsinh", "arcsinh_", "arctan",
    "arctan2", "arctan_", "arctanh", "arctanh_", "are_deterministic_algorithms_enabled", "argmax", "argmin", "argsort",
    "argwhere", "as_strided", "as_strided_", "as_strided_copy", "as_strided_scatter", "as_tensor", "asarray", "asin",
    "asin_", "asinh", "asinh_", "atan", "atan2", "atan_", "atanh", "atanh_", "atleast_1d", "atleast_2d", "atleast_3d",
    "autocast", "autocast_decrement_nesting", "autocast_increment_nesting", "autograd", "avg_pool1d", "baddbmm",
    "bartlett_window", "batch_norm", "bernoulli", "bfloat16", "bilinear", "binary_cross_entropy_with_logits",
    "bincount", "binomial", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "blackman_window", "block_diag", "bmm", "bool", "broadcast_shapes", "broadcast_tensors",
    "broadcast_to", "bucketize", "can_cast", "cartesian_prod", "cat", "cdist", "cdouble", "ceil", "ceil_", "celu",
    "celu_", "cfloat", "chain_matmul", "chalf", "channel_shuffle", "channels_last", "channels_last_3d", "check_shapes",
    "cholesky", "cholesky_inverse", "cholesky_solve", "chunk", "clamp", "clamp_", "clamp_max", "clamp_max_",
    "clamp_min", "clamp_min_", "clear_autocast_cache", "clip", "clip_", "clone", "column_stack", "combinations",
    "compile", "complex", "complex128", "complex32", "complex64", "concat", "concatenate", "conj", "conj_physical",
    "conj_physical_", "constant_pad_nd", "contiguous_format", "conv1d", "conv2d", "conv3d", "conv_tbc",
    "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution", "copysign", "corrcoef", "cos", "cos_",
    "cosh", "cosh_", "cosine_embedding_loss", "cosine_similarity", "count_nonzero", "cov", "cross", "ctc_loss",
    "cummax", "cummin", "cumprod", "cumsum", "cumulative_trapezoid", "default_generator", "deg2rad", "deg2rad_", "det",
    "detach", "detach_", "detach_copy", "device", "diag", "diag_embed", "diagflat", "diagonal", "diagonal_copy",
    "diagonal_scatter", "diff", "digamma", "dist", "div", "divide", "dot", "double", "dropout", "dropout_", "dsmm",
    "dsplit", "dstack", "dtype", "e", "eig", "einsum", "embedding", "embedding_bag", "embedding_renorm_", "empty",
    "empty_like", "empty_permuted", "empty_strided", "enable_grad", "eq", "equal", "erf", "erf_", "erfc", "erfc_",
    "erfinv", "exp", "exp2", "exp2_", "exp_", "expand_copy", "explain", "expm1", "expm1_", "eye",
    "feature_alpha_dropout", "feature_alpha_dropout_", "feature_dropout", "feature_dropout_", "fill", "fill_",
    "find_nan", "finfo", "fix", "fix_", "flatten", "flip", "fliplr", "flipud", "float", "float16", "float32",
    "float64", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float_power",
    "floor", "floor_", "floor_divide", "fmax", "fmin", "fmod", "frac", "frac_", "frexp", "frobenius_norm",
    "from_dlpack", "from_numpy", "from_torch", "frombuffer", "full", "full_like", "gather", "gcd", "gcd_", "ge",
    "geqrf", "ger", "get_autocast_cpu_dtype", "get_autocast_dtype", "get_autocast_gpu_dtype", "get_autocast_ipu_dtype",
    "get_autocast_xla_dtype", "get_default_device", "get_default_dtype", "get_deterministic_debug_mode",
    "get_float32_matmul_precision", "get_num_interop_threads", "get_num_threads", "get_rng_state", "gradient",
    "greater", "greater_equal", "grid_sampler", "grid_sampler_2d", "grid_sampler_3d", "group_norm", "gru", "gru_cell",
    "gt", "half", "hamming_window", "hann_window", "hardshrink", "hash_tensor", "heaviside", "hinge_embedding_loss",
    "histc", "histogram", "histogramdd", "hsplit", "hstack", "hypot", "i0", "i0_", "igamma", "igammac", "iinfo",
    "imag", "index_add", "index_copy", "index_fill", "index_put", "index_put_", "index_reduce", "index_select", "inf",
    "inference_mode", "initial_seed", "inner", "install_as_torch", "instance_norm", "int", "int16", "int32", "int64",
    "int8", "inverse", "is_anomaly_check_nan_enabled", "is_anomaly_enabled", "is_autocast_cache_enabled",
    "is_autocast_cpu_enabled", "is_autocast_enabled", "is_autocast_ipu_enabled", "is_autocast_xla_enabled",
    "is_complex", "is_conj", "is_deterministic_algorithms_warn_only_enabled", "is_distributed", "is_floating_point",
    "is_grad_enabled", "is_inference", "is_inference_mode_enabled", "is_neg", "is_nonzero", "is_same_size",
    "is_signed", "is_storage", "is_tensor", "is_warn_always_enabled", "isclose", "isfinite", "isin", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "istft", "jagged", "kaiser_window", "kl_div", "kron", "kthvalue", "layer_norm",
    "layout", "lcm", "lcm_", "ldexp", "ldexp_", "le", "lerp", "less", "less_equal", "lgamma", "linalg", "linspace",
    "load", "load_npz", "log", "log10", "log10_", "log1p", "log1p_", "log2", "log2_", "log_", "log_softmax",
    "logaddexp", "logaddexp2", "logcumsumexp", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor",
    "logit", "logit_", "logspace", "logsumexp", "long", "lstm", "lstm_cell", "lstsq", "lt", "lu", "lu_solve",
    "lu_unpack", "manual_seed", "margin_ranking_loss", "masked_fill", "masked_scatter", "masked_select", "matmul",
    "matrix_exp", "matrix_power", "matrix_rank", "max", "max_pool1d", "max_pool1d_with_indices", "max_pool2d",
    "max_pool3d", "maximum", "mean", "median", "memory_format", "meshgrid", "min", "minimum", "mm", "mode", "moveaxis",
    "movedim", "msort", "mul", "multinomial", "multiply", "mv", "mvlgamma", "nan", "nan_to_num", "nan_to_num_",
    "nanmean", "nanmedian", "nanquantile", "nansum", "narrow", "narrow_copy", "native_batch_norm",
    "native_channel_shuffle", "native_dropout", "native_group_norm", "native_layer_norm", "ne", "neg", "neg_",
    "negative", "negative_", "newaxis", "nextafter", "nn", "no_grad", "nonzero", "nonzero_static", "norm",
    "norm_except_dim", "normal", "not_equal", "nuclear_norm", "numel", "ones", "ones_like", "orgqr", "ormqr", "outer",
    "pairwise_distance", "pca_lowrank", "pdist", "permute", "permute_copy", "pi", "pinverse", "pixel_shuffle",
    "pixel_unshuffle", "poisson", "poisson_nll_loss", "polar", "polygamma", "positive", "pow", "prelu",
    "preserve_format", "prod", "promote_types", "put", "qint32", "qint8", "qr", "quantile", "quint8", "rad2deg",
    "rad2deg_", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "random", "randperm", "range",
    "ravel", "real", "reciprocal", "reciprocal_", "record_lines", "relu", "relu_", "remainder", "renorm",
    "repeat_interleave", "reshape", "resize_as_", "resolve_conj", "resolve_neg", "result_type", "return_types",
    "rms_norm", "rnn_relu", "rnn_relu_cell", "rnn_tanh", "rnn_tanh_cell", "roll", "rot90", "round", "round_",
    "row_stack", "rrelu", "rrelu_", "rsqrt", "rsqrt_", "rsub", "save", "save_npz", "scalar_tensor", "scatter",
    "scatter_add", "scatter_reduce", "searchsorted", "seed", "segment_reduce", "select", "select_copy",
    "select_scatter", "selu", "selu_", "set_autocast_cache_enabled", "set_autocast_cpu_dtype",
    "set_autocast_cpu_enabled", "set_autocast_dtype", "set_autocast_enabled", "set_autocast_gpu_dtype",
    "set_autocast_ipu_dtype", "set_autocast_ipu_enabled", "set_autocast_xla_dtype", "set_autocast_xla_enabled",
    "set_default_device", "set_default_dtype", "set_default_tensor_type", "set_deterministic_debug_mode",
    "set_float32_matmul_precision", "set_flush_denormal", "set_grad_enabled", "set_num_interop_threads",
    "set_num_threads", "set_printoptions", "set_rng_state", "set_warn_always", "sgn", "short", "sigmoid", "sigmoid_",
    "sign", "signbit", "sin", "sin_", "sinc", "sinc_", "sinh", "sinh_", "slice_copy", "slice_scatter", "slogdet",
    "softmax", "solve", "sort", "sparse_bsc", "sparse_bsr", "sparse_coo", "sparse_coo_tensor", "sparse_csc",
    "sparse_csr", "sparse_csr_tensor", "split", "split_copy", "split_with_sizes", "split_with_sizes_copy", "spmm",
    "sqrt", "sqrt_", "square", "square_", "squeeze", "squeeze_copy", "stack", "std", "std_mean", "stft", "strided",
    "sub", "subtract", "sum", "summary", "svd", "svd_lowrank", "swapaxes", "swapdims", "sym_float", "sym_int",
    "sym_ite", "sym_max", "sym_min", "sym_not", "sym_sum", "symeig", "t", "t_copy", "take", "take_along_dim", "tan",
    "tan_", "tanh", "tanh_", "tensor", "tensor_split", "tensordot", "threshold", "threshold_", "tile", "to_torch",
    "topk", "trace", "transpose", "transpose_copy", "trapezoid", "trapz", "triangular_solve", "tril", "tril_indices",
    "triplet_margin_loss", "triu", "triu_indices", "true_divide", "trunc", "trunc_", "typename", "uint16", "uint32",
    "uint64", "uint8", "unbind", "unbind_copy", "unflatten", "unfold_copy", "unique", "unique_consecutive",
    "unravel_index", "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes", "unsqueeze", "unsqueeze_copy",
    "use_deterministic_algorithms", "vander", "var", "var_mean", "vdot", "version", "view_as_complex",
    "view_as_complex_copy", "view_as_real", "view_as_real_copy", "view_copy", "vmap", "vsplit", "vstack", "where",
    "why", "xlogy", "xlogy_", "zero_", "zeros", "zeros_like",
]  # fmt: skip


def _public_names() -> list[str]:
    """What `__all__` must list."""
    names = {name for name, value in globals().items() if type(value) is not type(_foreign)}
    names |= _MODULES | _LAZY.keys() | _FAMILY_OF.keys() | _OTHER_NAMES.keys()
    return sorted(name for name in names if not name.startswith("_"))


def __getattr__(name: str) -> _Any:
    """Submodules, and functions by the module that they are in, that are loaded when they are first used."""
    from importlib import import_module

    if name in _FAMILY_OF:
        value = getattr(import_module(f"tapegrad.{_path_of(_FAMILY_OF[name])}"), name)
    elif name in _LAZY:
        value = getattr(import_module(f"tapegrad.{_LAZY[name]}"), name)
    elif name in _LAZY_MODULES:
        value = import_module(f"tapegrad.{'ops.' if name == 'return_types' else ''}{name}")
    elif name in _OTHER_NAMES:
        value = __getattr__(_OTHER_NAMES[name])
    elif name.startswith("_foreach_"):
        functions = import_module("tapegrad.foreach").FUNCTIONS
        if name not in functions:
            raise AttributeError(f"module 'tapegrad' has no attribute '{name}'")
        return functions[name]
    else:
        raise AttributeError(f"module 'tapegrad' has no attribute '{name}'")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_LAZY_MODULES})


_foreign.look_at_main()
