"""Families of operators, and other functions of tensors, that are loaded when one of their names is first used.

No program needs all of them, and most need few; loading all would take five times as long as the rest of the import.
The tables below say which module defines which name, so that `torch.cholesky` and `x.cholesky` find it: the package's
`__getattr__` looks into `FUNCTIONS`, and Tensor has a `Deferred` in the place of each method in `TENSOR_METHODS`.  A
test compares the tables with the modules.

Whoever looks at all operators at once (layers, overrides, `vmap`) calls `load_all` first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

# Public functions and methods of Tensor, by module: of this package, or of another (`random.sampling`).
FUNCTIONS: Final[dict[str, str]] = {
    "activations": "relu",
    "advanced": "index_put index_put_",
    "arithmetic": "add mul multiply neg negative positive rsub sub subtract true_divide",
    "bessel": "i0",
    "cholesky": "cholesky cholesky_inverse cholesky_solve",
    "clamping": "clamp clamp_max clamp_min clip",
    "comparison": """
        allclose eq equal ge greater greater_equal gt isclose isfinite isin isinf isnan isneginf isposinf isreal
        le less less_equal lt ne not_equal signbit
    """,
    "complex_numbers": """
        angle complex conj conj_physical imag is_conj is_neg polar real resolve_conj resolve_neg view_as_complex
        view_as_complex_copy view_as_real view_as_real_copy
    """,
    "conversion": "clone",
    "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "covariance": "corrcoef cov",
    "determinants": "det logdet slogdet",
    "diagonals": "diag diag_embed diagflat diagonal diagonal_copy tril tril_indices triu triu_indices",
    "differences": "cumulative_trapezoid diff trapezoid trapz",
    "distances": "cdist dist pdist renorm",
    "division": "div divide floor_divide fmod remainder",
    "einstein": "einsum",
    "elements": "put take take_along_dim",
    "expanding": "broadcast_shapes broadcast_tensors broadcast_to",
    "exponential": "erf erfc erfinv exp exp2 expm1 log log10 log1p log2 logaddexp logaddexp2 logit sigmoid xlogy",
    "extrema": "amax amin aminmax argmax argmin max min",
    "filling": "fill fill_ zero_",
    "float_parts": "copysign frexp heaviside hypot ldexp nan_to_num nextafter",
    "gamma": "digamma igamma igammac lgamma mvlgamma polygamma",
    "gathering": "gather scatter scatter_add",
    "grids": "block_diag cartesian_prod combinations meshgrid",
    "hashing": "hash_tensor",
    "histograms": "bincount histc histogram histogramdd",
    "in_place_functions": """
        abs_ acos_ acosh_ arccos_ arccosh_ arcsin_ arcsinh_ arctan_ arctanh_ asin_ asinh_ atan_ atanh_ ceil_
        clamp_ clamp_max_ clamp_min_ clip_ conj_physical_ cos_ cosh_ deg2rad_ erf_ erfc_ exp2_ exp_ expm1_ fix_
        floor_ frac_ gcd_ i0_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_ nan_to_num_ neg_ negative_ rad2deg_
        reciprocal_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_ xlogy_
    """,
    "in_place_views": "as_strided_",
    "integers": """
        bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor gcd lcm
        logical_and logical_not logical_or logical_xor
    """,
    "joining": "cat column_stack concat concatenate dstack hstack row_stack stack vstack",
    "linear_algebra": "chain_matmul cross vander",
    "lookup": "embedding embedding_bag",
    "low_rank": "pca_lowrank svd_lowrank",
    "lu_factorization": "lu lu_unpack",
    "lu_solving": "lu_solve",
    "magnitude": "abs absolute sgn sign",
    "masking": "argwhere masked_fill masked_scatter masked_select nonzero nonzero_static",
    "matrix_functions": "matrix_exp matrix_power",
    "matrix_norms": "frobenius_norm nuclear_norm",
    "matrix_products": "matmul",
    "native_layers": "_native_batch_norm_legit native_batch_norm native_dropout native_group_norm native_layer_norm",
    "normalization": "batch_norm group_norm instance_norm layer_norm rms_norm",
    "normalized_exponential": "log_softmax softmax",
    "norms": "norm",
    "object_protocols": "detach detach_",
    "orthogonal": "geqrf qr",
    "outer_products": "ger inner kron outer tensordot",
    "padding": "constant_pad_nd",
    "permuting": "adjoint moveaxis movedim permute swapaxes swapdims t transpose",
    "powers": "float_power pow reciprocal rsqrt sqrt square",
    "private_names": "_chunk_cat _unsafe_masked_index _unsafe_masked_index_put_accumulate",
    "products": "bmm dot mm mv trace vdot",
    "pseudo_inverses": "pinverse",
    "quantiles": "nanquantile quantile",
    "random.creation": "rand rand_like randint randint_like randn randn_like randperm",
    "random.generator": "Generator default_generator get_rng_state initial_seed manual_seed seed set_rng_state",
    "random.implicit": "_dirichlet_grad _sample_dirichlet _standard_gamma _standard_gamma_grad",
    "random.sampling": "bernoulli binomial multinomial normal poisson",
    "rearranging": "flip fliplr flipud repeat_interleave roll rot90 tile unravel_index",
    "recurrent": "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
    "reducing_scatter": "index_reduce scatter_reduce",
    "reductions": "logsumexp mean nanmean nansum sum",
    "reflections": "orgqr ormqr",
    "removed": "eig lstsq matrix_rank solve symeig",
    "rounding": "ceil fix floor frac round trunc",
    "rows": "index_add index_copy index_fill index_select",
    "running_products": "cumprod prod",
    "scans": "cummax cummin cumsum logcumsumexp",
    "searching": "bucketize searchsorted unique unique_consecutive",
    "segments": "_segment_reduce segment_reduce",
    "selection": "fmax fmin maximum minimum where",
    "shape": "atleast_1d atleast_2d atleast_3d flatten ravel reshape squeeze unflatten unsqueeze",
    "short_time": "istft stft",
    "shuffling": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "singular_values": "svd",
    "slicing": "narrow select",
    "slopes": "gradient",
    "slots": "as_strided_scatter diagonal_scatter select_scatter slice_scatter",
    "solving": "inverse",
    "sorting": "argsort kthvalue median mode msort nanmedian sort topk",
    "splitting": """
        chunk dsplit hsplit split split_with_sizes tensor_split unbind unsafe_chunk unsafe_split
        unsafe_split_with_sizes vsplit
    """,
    "statistics": "std std_mean var var_mean",
    "strided": "as_strided",
    "sums_of_products": "addbmm addmm addmv addr baddbmm",
    "tensor.factories": "empty empty_permuted empty_strided eye full ones scalar_tensor zeros",
    "tensor.legacy": """
        BFloat16Storage BFloat16Tensor BoolStorage BoolTensor ByteStorage ByteTensor CharStorage CharTensor
        ComplexDoubleStorage ComplexFloatStorage DoubleStorage DoubleTensor FloatStorage FloatTensor HalfStorage
        HalfTensor IntStorage IntTensor LongStorage LongTensor ShortStorage ShortTensor set_default_tensor_type
    """,
    "tensor.likes": "empty_like full_like ones_like zeros_like",
    "tensor.memory": "resize_as_",
    "tensor.numeric_info": "finfo iinfo",
    "tensor.questions": """
        is_complex is_distributed is_floating_point is_inference is_nonzero is_same_size is_signed is_storage
        is_tensor numel result_type typename
    """,
    "tensor.ranges": "arange range",
    "tensor.spacing": "linspace logspace",
    "three_operands": "addcdiv addcmul lerp",
    "triangular_systems": "triangular_solve",
    "trigonometric": """
        acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh atan atan2 atanh cos cosh
        deg2rad rad2deg sin sinc sinh tan tanh
    """,
    "truth": "all any count_nonzero",
    "view_copies": """
        alias_copy as_strided_copy detach_copy expand_copy narrow_copy permute_copy select_copy slice_copy
        split_copy split_with_sizes_copy squeeze_copy t_copy transpose_copy unbind_copy unfold_copy
        unsqueeze_copy view_copy
    """,
    "weight_norms": "norm_except_dim",
    "window_functions": "bartlett_window blackman_window hamming_window hann_window kaiser_window",
}

TENSOR_METHODS: Final[dict[str, str]] = {
    "activations": "prelu relu relu_",
    "advanced": "index_put index_put_",
    "arithmetic": """
        __add__ __div__ __iadd__ __idiv__ __imul__ __isub__ __itruediv__ __mul__ __neg__ __pos__ __radd__
        __rdiv__ __rmul__ __rsub__ __rtruediv__ __sub__ __truediv__ add add_ mul mul_ multiply multiply_ neg
        neg_ negative negative_ positive sub sub_ subtract subtract_ true_divide true_divide_
    """,
    "assignment": "__delitem__ __setitem__",
    "autograd.hooks": "register_hook register_post_accumulate_grad_hook retain_grad",
    "autograd.passes": "backward",
    "bessel": "i0 i0_",
    "cholesky": "cholesky cholesky_inverse cholesky_solve",
    "clamping": "clamp clamp_ clamp_max clamp_max_ clamp_min clamp_min_ clip clip_",
    "comparison": """
        __eq__ __ge__ __gt__ __le__ __lt__ __ne__ allclose eq eq_ equal ge ge_ greater greater_ greater_equal
        greater_equal_ gt gt_ isclose isfinite isinf isnan isneginf isposinf isreal le le_ less less_ less_equal
        less_equal_ lt lt_ ne ne_ not_equal not_equal_ signbit
    """,
    "complex_numbers": "angle conj conj_physical conj_physical_ imag is_conj is_neg real resolve_conj resolve_neg",
    "conversion": "bfloat16 bool byte cdouble cfloat chalf char clone cpu double float half int long short to type_as",
    "covariance": "corrcoef cov",
    "determinants": "det logdet slogdet",
    "diagonals": "diag diag_embed diagflat diagonal fill_diagonal_ tril tril_ triu triu_",
    "differences": "diff",
    "distances": "dist renorm renorm_",
    "division": """
        __floordiv__ __ifloordiv__ __imod__ __mod__ __rfloordiv__ __rmod__ div div_ divide divide_ floor_divide
        floor_divide_ fmod fmod_ remainder remainder_
    """,
    "elements": "put put_ take take_along_dim",
    "expanding": "broadcast_to expand expand_as",
    "exponential": """
        erf erf_ erfc erfc_ erfinv erfinv_ exp exp2 exp2_ exp_ expm1 expm1_ log log10 log10_ log1p log1p_ log2
        log2_ log_ logaddexp logaddexp2 logit logit_ sigmoid sigmoid_ xlogy xlogy_
    """,
    "extrema": "amax amin aminmax argmax argmin max min",
    "filling": "copy_ fill_ zero_",
    "float_parts": """
        copysign copysign_ frexp heaviside heaviside_ hypot hypot_ ldexp ldexp_ nan_to_num nan_to_num_ nextafter
        nextafter_
    """,
    "gamma": "digamma digamma_ igamma igamma_ igammac igammac_ lgamma lgamma_ mvlgamma mvlgamma_ polygamma polygamma_",
    "gathering": "gather scatter scatter_ scatter_add scatter_add_",
    "hashing": "hash_tensor",
    "histograms": "bincount histc histogram",
    "in_place_views": "as_strided_ squeeze_ swapaxes_ swapdims_ t_ transpose_ unsqueeze_",
    "indexing": "__getitem__",
    "integers": """
        __and__ __iand__ __ilshift__ __invert__ __ior__ __irshift__ __ixor__ __lshift__ __or__ __rand__
        __rlshift__ __ror__ __rrshift__ __rshift__ __rxor__ __xor__ bitwise_and bitwise_and_ bitwise_left_shift
        bitwise_left_shift_ bitwise_not bitwise_not_ bitwise_or bitwise_or_ bitwise_right_shift
        bitwise_right_shift_ bitwise_xor bitwise_xor_ gcd gcd_ lcm lcm_ logical_and logical_and_ logical_not
        logical_not_ logical_or logical_or_ logical_xor logical_xor_
    """,
    "linear_algebra": "cross",
    "lu_factorization": "lu",
    "lu_solving": "lu_solve",
    "magnitude": "__abs__ abs abs_ absolute absolute_ sgn sgn_ sign sign_",
    "masking": "argwhere masked_fill masked_fill_ masked_scatter masked_scatter_ masked_select nonzero nonzero_static",
    "matrix_functions": "matrix_exp matrix_power",
    "matrix_products": "__matmul__ __rmatmul__ matmul",
    "normalized_exponential": "log_softmax softmax",
    "norms": "norm",
    "object_protocols": """
        __contains__ __dlpack__ __dlpack_device__ __reversed__ cuda dense_dim detach_ dim_order sparse_dim
        sparse_mask to_dense to_sparse to_sparse_csr xpu
    """,
    "orthogonal": "geqrf qr",
    "outer_products": "ger inner kron outer",
    "permuting": "H T adjoint mH mT moveaxis movedim permute swapaxes swapdims t transpose",
    "powers": """
        __ipow__ __pow__ __rpow__ float_power float_power_ pow pow_ reciprocal reciprocal_ rsqrt rsqrt_ sqrt
        sqrt_ square square_
    """,
    "products": "bmm dot mm mv trace vdot",
    "pseudo_inverses": "pinverse",
    "quantiles": "nanquantile quantile",
    "random.inplace": "bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_",
    "random.sampling": "bernoulli multinomial",
    "rearranging": "flip fliplr flipud repeat repeat_interleave roll rot90 tile",
    "reducing_scatter": "index_reduce index_reduce_ scatter_reduce scatter_reduce_",
    "reductions": "logsumexp mean nanmean nansum sum sum_to_size",
    "reflections": "orgqr ormqr",
    "removed": "eig lstsq solve symeig",
    "rounding": "ceil ceil_ fix fix_ floor floor_ frac frac_ round round_ trunc trunc_",
    "rows": "index_add index_add_ index_copy index_copy_ index_fill index_fill_ index_select",
    "running_products": "cumprod cumprod_ prod",
    "scans": "cummax cummin cumsum cumsum_ logcumsumexp",
    "searching": "unique unique_consecutive",
    "selection": "fmax fmin maximum minimum where",
    "shape": "contiguous flatten ravel reshape reshape_as squeeze unflatten unsqueeze view view_as",
    "short_time": "istft stft",
    "singular_values": "svd",
    "slicing": "narrow select",
    "slots": "as_strided_scatter diagonal_scatter select_scatter slice_scatter",
    "solving": "inverse",
    "sorting": "argsort kthvalue median mode msort nanmedian sort topk",
    "splitting": """
        chunk dsplit hsplit split split_with_sizes tensor_split unbind unsafe_chunk unsafe_split
        unsafe_split_with_sizes vsplit
    """,
    "statistics": "std var",
    "strided": "as_strided",
    "sums_of_products": "addbmm addbmm_ addmm addmm_ addmv addmv_ addr addr_ baddbmm baddbmm_",
    "tensor.legacy": "new type",
    "tensor.likes": "new_empty new_empty_strided new_full new_ones new_zeros",
    "tensor.memory": """
        const_data_ptr is_pinned is_set_to is_shared pin_memory resize resize_ resize_as resize_as_ set_
        share_memory_ storage storage_type untyped_storage
    """,
    "tensor.python_loops": "apply_ map2_ map_",
    "tensor.questions": "is_distributed is_nonzero is_same_size",
    "tensor.subclass": "__torch_function__ _make_subclass _make_wrapper_subclass as_subclass",
    "three_operands": "addcdiv addcdiv_ addcmul addcmul_ lerp lerp_",
    "triangular_systems": "triangular_solve",
    "trigonometric": """
        acos acos_ acosh acosh_ arccos arccos_ arccosh arccosh_ arcsin arcsin_ arcsinh arcsinh_ arctan arctan2
        arctan2_ arctan_ arctanh arctanh_ asin asin_ asinh asinh_ atan atan2 atan2_ atan_ atanh atanh_ cos cos_
        cosh cosh_ deg2rad deg2rad_ rad2deg rad2deg_ sin sin_ sinc sinc_ sinh sinh_ tan tan_ tanh tanh_
    """,
    "truth": "all any count_nonzero",
    "view_copies": "narrow_copy",
    "windows": "unfold",
}

FAMILY_OF: Final = {name: family for family, names in FUNCTIONS.items() for name in names.split()}
# Those whose operators are called by modules of the package only.
INNER: Final = """
    alignment attention convolving eigenvalues fourier grid_sampling interpolation least_squares lines losses
    margins pooling positions resampling scaling symmetric_indefinite
""".split()
FAMILIES: Final = sorted({*FUNCTIONS, *TENSOR_METHODS, *INNER})


def path_of(family: str) -> str:
    """The name of a family's module within the package."""
    return family if "." in family else f"ops.{family}"


def load(family: str) -> Any:
    """The module of a family, whose functions are in the namespace `ops` and whose methods are Tensor's from now on."""
    module = import_module(f"tapegrad.{path_of(family)}")
    if "." not in family:
        names = FUNCTIONS.get(family, "").split()
        vars(sys.modules[__package__]).update({name: getattr(module, name) for name in names})
    if family in TENSOR_METHODS:
        from ..tensor.methods import attach

        attach(module)
    return module


def load_all() -> None:
    """Load every family, and have every name in the package's namespace."""
    import tapegrad

    for family in FAMILIES:
        load(family)
    for name in FAMILY_OF:
        getattr(tapegrad, name)


def _skipped_by_warnings(function: Any) -> Any:
    """The function under a file's name that `warnings` does not count as a caller.

    A property computes while `Deferred.__get__` waits for it, and what it warns of is in the line that reads it.
    """
    file = "<tapegrad.ops.deferred: skipped by warnings, as importlib._bootstrap is>"
    function.__code__ = function.__code__.replace(co_filename=file)
    return function


class Deferred:
    """Stands in the place of a method or property of Tensor until that is first looked up."""

    __slots__ = ("family", "name")

    def __init__(self, name: str, family: str) -> None:
        self.name, self.family = name, family

    @_skipped_by_warnings
    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        # What stands here from now on, and not the attribute of the instance: a subclass that overrides the method and
        # calls `super()` asks for Tensor's.
        return self._loaded().__get__(instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        self._loaded()
        setattr(instance, self.name, value)

    def _loaded(self) -> Any:
        load(self.family)
        from ..tensor.tensor import Tensor

        return vars(Tensor)[self.name]
