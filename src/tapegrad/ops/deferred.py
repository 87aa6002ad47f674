"""Families of operators that are loaded when one of their names is first used.

Half of the operators are in modules that most programs never need (decompositions, pooling, scans, …), and loading
them would take longer than all the rest of the import.  The tables below say which module defines which name, so that
`torch.cholesky` and `x.cholesky` find it: the package's `__getattr__` looks into `FUNCTIONS`, and Tensor has a
`Deferred` in the place of each method in `TENSOR_METHODS`.  A test compares the tables with the modules.

Whoever looks at all operators at once (layers, overrides, `vmap`) calls `load_all` first.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any, Final

# Public functions and methods of Tensor, by module: of this package, or of another (`random.sampling`).
FUNCTIONS: Final[dict[str, str]] = {
    "cholesky": "cholesky cholesky_inverse cholesky_solve",
    "convolution": "conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d",
    "covariance": "corrcoef cov",
    "determinants": "det logdet slogdet",
    "diagonals": "diag diag_embed diagflat diagonal diagonal_copy tril tril_indices triu triu_indices",
    "differences": "cumulative_trapezoid diff trapezoid trapz",
    "distances": "cdist dist pdist renorm",
    "einstein": "einsum",
    "gamma": "digamma igamma igammac lgamma mvlgamma polygamma",
    "grids": "block_diag cartesian_prod combinations meshgrid",
    "hashing": "hash_tensor",
    "histograms": "bincount histc histogram histogramdd",
    "linear_algebra": "chain_matmul cross vander",
    "lookup": "embedding embedding_bag",
    "low_rank": "pca_lowrank svd_lowrank",
    "lu_factorization": "lu lu_unpack",
    "lu_solving": "lu_solve",
    "matrix_functions": "matrix_exp matrix_power",
    "matrix_norms": "frobenius_norm nuclear_norm",
    "native_layers": "_native_batch_norm_legit native_batch_norm native_dropout native_group_norm native_layer_norm",
    "normalization": "batch_norm group_norm instance_norm layer_norm rms_norm",
    "orthogonal": "geqrf qr",
    "outer_products": "ger inner kron outer tensordot",
    "padding": "constant_pad_nd",
    "private_names": "_chunk_cat _unsafe_masked_index _unsafe_masked_index_put_accumulate",
    "pseudo_inverses": "pinverse",
    "quantiles": "nanquantile quantile",
    "random.creation": "rand rand_like randint randint_like randn randn_like randperm",
    "random.implicit": "_dirichlet_grad _sample_dirichlet _standard_gamma _standard_gamma_grad",
    "random.sampling": "bernoulli binomial multinomial normal poisson",
    "rearranging": "flip fliplr flipud repeat_interleave roll rot90 tile unravel_index",
    "recurrent": "gru gru_cell lstm lstm_cell rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell",
    "reducing_scatter": "index_reduce scatter_reduce",
    "reflections": "orgqr ormqr",
    "removed": "eig lstsq matrix_rank solve symeig",
    "running_products": "cumprod prod",
    "scans": "cummax cummin cumsum logcumsumexp",
    "searching": "bucketize searchsorted unique unique_consecutive",
    "segments": "_segment_reduce segment_reduce",
    "short_time": "istft stft",
    "shuffling": "channel_shuffle pixel_shuffle pixel_unshuffle",
    "singular_values": "svd",
    "slopes": "gradient",
    "slots": "as_strided_scatter diagonal_scatter select_scatter slice_scatter",
    "solving": "inverse",
    "three_operands": "addcdiv addcmul lerp",
    "triangular_systems": "triangular_solve",
    "weight_norms": "norm_except_dim",
    "window_functions": "bartlett_window blackman_window hamming_window hann_window kaiser_window",
}

TENSOR_METHODS: Final[dict[str, str]] = {
    "cholesky": "cholesky cholesky_inverse cholesky_solve",
    "covariance": "corrcoef cov",
    "determinants": "det logdet slogdet",
    "diagonals": "diag diag_embed diagflat diagonal fill_diagonal_ tril tril_ triu triu_",
    "differences": "diff",
    "distances": "dist renorm renorm_",
    "gamma": """
        digamma digamma_ igamma igamma_ igammac igammac_ lgamma lgamma_ mvlgamma mvlgamma_ polygamma polygamma_
    """,
    "hashing": "hash_tensor",
    "histograms": "bincount histc histogram",
    "linear_algebra": "cross",
    "lu_factorization": "lu",
    "lu_solving": "lu_solve",
    "matrix_functions": "matrix_exp matrix_power",
    "orthogonal": "geqrf qr",
    "outer_products": "ger inner kron outer",
    "pseudo_inverses": "pinverse",
    "quantiles": "nanquantile quantile",
    "random.inplace": "bernoulli_ cauchy_ exponential_ geometric_ log_normal_ normal_ random_ uniform_",
    "random.sampling": "bernoulli multinomial",
    "rearranging": "flip fliplr flipud repeat repeat_interleave roll rot90 tile",
    "reducing_scatter": "index_reduce index_reduce_ scatter_reduce scatter_reduce_",
    "reflections": "orgqr ormqr",
    "removed": "eig lstsq solve symeig",
    "running_products": "cumprod cumprod_ prod",
    "scans": "cummax cummin cumsum cumsum_ logcumsumexp",
    "searching": "unique unique_consecutive",
    "short_time": "istft stft",
    "singular_values": "svd",
    "slots": "as_strided_scatter diagonal_scatter select_scatter slice_scatter",
    "solving": "inverse",
    "three_operands": "addcdiv addcdiv_ addcmul addcmul_ lerp lerp_",
    "triangular_systems": "triangular_solve",
}

FAMILY_OF: Final = {name: family for family, names in FUNCTIONS.items() for name in names.split()}
# Those whose operators are called by modules of the package only.
INNER: Final = """
    alignment attention convolving eigenvalues fourier grid_sampling interpolation least_squares margins pooling
    positions resampling scaling symmetric_indefinite
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


class Deferred:
    """Stands in the place of a method of Tensor until that is first looked up."""

    def __init__(self, name: str, family: str) -> None:
        self.name, self.family = name, family

    def __get__(self, instance: Any, owner: type[Any]) -> Any:
        load(self.family)
        return getattr(owner if instance is None else instance, self.name)
