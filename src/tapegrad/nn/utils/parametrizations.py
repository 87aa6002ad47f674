"""Ready-made parametrizations: orthogonal matrices, weight norm and spectral norm."""

from __future__ import annotations

from enum import Enum
from typing import Any

from ...autograd.grad_mode import no_grad
from ...ops.joining import cat
from ...ops.weight_norms import norm_except_dim, weight_normed
from ...tensor.tensor import Tensor
from ..functional import normalize
from ..modules.module import Module
from .parametrize import register_parametrization

# -- orthogonal matrices -----------------------------------------------------------------------------------------------


class _OrthMaps(Enum):
    matrix_exp = 1
    cayley = 2
    householder = 3


def _identity(n: int, like: Tensor) -> Any:
    from ...tensor.factories import eye

    return eye(n, dtype=like.dtype)


def _is_orthogonal(Q: Any, eps: float | None = None) -> bool:
    """Whether the columns are orthonormal, up to rounding."""
    from ...tensor.numeric_info import finfo

    n, k = Q.shape[-2:]
    if eps is None:
        eps = 10.0 * n * finfo(Q.dtype).eps
    return bool((Q.mH @ Q).allclose(_identity(k, Q).expand(*Q.shape[:-2], k, k), atol=eps))


def _make_orthogonal(A: Any) -> Any:
    """The orthogonal factor of A whose triangular one has a positive diagonal, so that it is A if A is orthogonal."""
    from ...linalg import qr

    Q, R = qr(A)
    return Q * R.diagonal(dim1=-2, dim2=-1).sgn().unsqueeze(-2)


class _Orthogonal(Module):
    """The orthogonal matrix that belongs to an arbitrary one; see `orthogonal`."""

    base: Any

    def __init__(self, weight: Any, orthogonal_map: _OrthMaps, *, use_trivialization: bool = True) -> None:
        super().__init__()
        if weight.is_complex() and orthogonal_map is _OrthMaps.householder:
            raise ValueError("The householder parametrization does not support complex tensors.")
        self.shape = weight.shape
        self.orthogonal_map = orthogonal_map
        if use_trivialization:
            self.register_buffer("base", None)

    def forward(self, X: Any) -> Any:
        """An orthogonal matrix for any X of the same shape; a wide one is the transpose of a tall one."""
        tall = X.size(-2) >= X.size(-1)
        if not tall:
            X = X.mT
        Q = self._reflections(X) if self.orthogonal_map is _OrthMaps.householder else self._rotation(X)
        if hasattr(self, "base"):
            Q = self.base @ Q
        return Q if tall else Q.mT

    def _rotation(self, X: Any) -> Any:
        """A function of the skew-symmetric matrix that the lower triangle of X makes."""
        from ...linalg import matrix_exp, solve

        n, k = X.shape[-2:]
        lower = X.tril()
        if n != k:
            lower = cat([lower, lower.new_zeros(n, n - k).expand(*X.shape[:-2], -1, -1)], dim=-1)
        A = lower - lower.mH
        if self.orthogonal_map is _OrthMaps.matrix_exp:
            Q: Any = matrix_exp(A)
        else:
            one = _identity(n, A)
            Q = solve(one.add(A, alpha=-0.5), one.add(A, alpha=0.5))
        return Q if n == k else Q[..., :k]

    def _reflections(self, X: Any) -> Any:
        """The product of reflections at the columns of X below the diagonal; the diagonal gives signs."""
        from ...linalg import householder_product

        A = X.tril(diagonal=-1)
        tau = 2.0 / (1.0 + (A * A).sum(dim=-2))
        return householder_product(A, tau) * X.diagonal(dim1=-2, dim2=-1).int().unsqueeze(-2)

    def right_inverse(self, Q: Any) -> Any:
        """The original for a value; with a base, the base becomes the value."""
        with no_grad():
            return self._original_for(Q)

    def _original_for(self, Q: Any) -> Any:
        if Q.shape != self.shape:
            raise ValueError(
                f"Expected a matrix or batch of matrices of shape {self.shape}. Got a tensor of shape {Q.shape}."
            )
        tall = Q.size(-2) >= Q.size(-1)
        value = Q if tall else Q.mT
        if not hasattr(self, "base"):
            found = self._from_reflections(value)
            return found if tall else found.mT
        n, k = value.shape[-2:]
        if n == k:
            self.base = value.clone() if _is_orthogonal(value) else _make_orthogonal(value)
        else:
            from ...random.creation import randn

            rest = randn(*value.shape[:-2], n, n - k, dtype=value.dtype)
            self.base = _make_orthogonal(cat([value, rest], dim=-1))
        # The original that gives the identity, up to a sign that the base takes away from the value (as in torch).
        original = Q.new_zeros(Q.shape)
        original.diagonal(dim1=-2, dim2=-1).fill_(-1.0)
        return original

    def _from_reflections(self, value: Any) -> Any:
        from ...ops import geqrf

        if self.orthogonal_map is not _OrthMaps.householder:
            raise NotImplementedError(
                "It is not possible to assign to the matrix exponential or the Cayley parametrizations when"
                " use_trivialization=False."
            )
        A, tau = geqrf(value)
        diagonal = A.diagonal(dim1=-2, dim2=-1)
        diagonal.sign_()
        diagonal[tau == 0.0] *= -1
        return A


def orthogonal(
    module: Module, name: str = "weight", orthogonal_map: str | None = None, *, use_trivialization: bool = True
) -> Module:
    """Keep a matrix orthogonal: its columns orthonormal, or if it is wide, its rows.

    Args:
        module: the module, which is changed.
        name: of the parameter or buffer, a matrix or a batch of them.
        orthogonal_map: "matrix_exp" (exp(A), A skew-symmetric), "cayley" ((1 + A/2) / (1 - A/2)) or "householder"
            (a product of reflections); if not given, "matrix_exp" for square and complex matrices, else "householder".
        use_trivialization: multiply by a fixed orthogonal matrix, so that the tensor can be assigned to
            (Lezcano-Casado, 2019).

    Raises:
        ValueError: there is no such tensor, it is no matrix, or the map is none of these.

    >>> import tapegrad as torch
    >>> layer = torch.nn.utils.parametrizations.orthogonal(torch.nn.Linear(3, 3))
    >>> torch.allclose(layer.weight @ layer.weight.T, torch.eye(3), atol=1e-5)
    True
    """
    weight = _tensor_of(module, name)
    if weight.ndim < 2:
        raise ValueError(f"Expected a matrix or batch of matrices. Got a tensor of {weight.ndim} dimensions.")
    if orthogonal_map is None:
        square = weight.shape[-2] == weight.shape[-1]
        orthogonal_map = "matrix_exp" if square or weight.is_complex() else "householder"
    if orthogonal_map not in _OrthMaps.__members__:
        raise ValueError(
            f'orthogonal_map has to be one of "matrix_exp", "cayley", "householder". Got: {orthogonal_map}'
        )
    parametrization = _Orthogonal(weight, _OrthMaps[orthogonal_map], use_trivialization=use_trivialization)
    return register_parametrization(module, name, parametrization, unsafe=True)


def _tensor_of(module: Module, name: str) -> Any:
    weight = getattr(module, name, None)
    if not isinstance(weight, Tensor):
        raise ValueError(f"Module '{module}' has no parameter or buffer with name '{name}'")
    return weight


# -- weight norm -------------------------------------------------------------------------------------------------------


class _WeightNorm(Module):
    """Magnitude times direction; see `weight_norm`."""

    def __init__(self, dim: int | None = 0) -> None:
        super().__init__()
        self.dim = -1 if dim is None else dim

    def forward(self, weight_g: Tensor, weight_v: Tensor) -> Tensor:
        """The value for a magnitude and a direction."""
        return weight_normed(weight_v, weight_g, self.dim)

    def right_inverse(self, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Magnitude and direction of a value."""
        return norm_except_dim(weight, 2, self.dim), weight


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Make a parameter w the value of g · v / |v|, with originals g and v (Salimans and Kingma, 2016).

    States saved with the older `torch.nn.utils.weight_norm` can be loaded.

    Args:
        module: the module, which is changed.
        name: of the parameter; its originals are g, `original0`, and v, `original1`.
        dim: the dimension along which each slice has a magnitude of its own; None for one magnitude.

    >>> import tapegrad as torch
    >>> layer = torch.nn.utils.parametrizations.weight_norm(torch.nn.Linear(20, 40))
    >>> layer.parametrizations.weight.original0.shape
    torch.Size([40, 1])
    """
    register_parametrization(module, name, _WeightNorm(dim), unsafe=True)

    def rename(state_dict: Any, prefix: str, *_: Any) -> None:
        old = [f"{prefix}{name}_{part}" for part in "gv"]
        if all(key in state_dict for key in old):
            for i, key in enumerate(old):
                state_dict[f"{prefix}parametrizations.{name}.original{i}"] = state_dict.pop(key)

    module._register_load_state_dict_pre_hook(rename)
    return module


# -- spectral norm -----------------------------------------------------------------------------------------------------


class _SpectralNorm(Module):
    """A matrix divided by its largest singular value; see `spectral_norm`."""

    _u: Any
    _v: Any

    def __init__(self, weight: Any, n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        super().__init__()
        ndim = weight.ndim
        if not -ndim <= dim < ndim:
            raise IndexError(f"Dimension out of range (expected to be in range of [-{ndim}, {ndim - 1}] but got {dim})")
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.dim = dim % ndim
        self.eps = eps
        if ndim > 1:
            self.n_power_iterations = n_power_iterations
            matrix = self._reshape_weight_to_matrix(weight)
            for name, n in zip(("_u", "_v"), matrix.shape, strict=True):
                self.register_buffer(name, normalize(matrix.new_empty(n).normal_(0, 1), dim=0, eps=eps))
            self._power_method(matrix, 15)

    def _reshape_weight_to_matrix(self, weight: Any) -> Any:
        """The tensor as a matrix, whose rows are the outputs."""
        if self.dim != 0:
            weight = weight.permute(self.dim, *(d for d in range(weight.dim()) if d != self.dim))
        return weight.flatten(1)

    def _power_method(self, weight_mat: Any, n_power_iterations: int) -> None:
        """Improve the estimates of the singular vectors, in place."""
        with no_grad():
            for _ in range(n_power_iterations):
                self._u = normalize(weight_mat.mv(self._v), dim=0, eps=self.eps, out=self._u)
                self._v = normalize(weight_mat.mH.mv(self._u), dim=0, eps=self.eps, out=self._v)

    def forward(self, weight: Any) -> Any:
        """The tensor divided by its largest singular value; a vector by its length."""
        if weight.ndim == 1:
            return normalize(weight, dim=0, eps=self.eps)
        matrix = self._reshape_weight_to_matrix(weight)
        if self.training:
            self._power_method(matrix, self.n_power_iterations)
        u, v = self._u.clone(), self._v.clone()  # the next step writes into the buffers
        return weight / u.vdot(matrix.mv(v))

    def right_inverse(self, value: Any) -> Any:
        """The value itself, which may not be what `forward` makes of it."""
        return value


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> Module:
    """Divide a parameter, seen as a matrix, by its largest singular value (Miyato et al., 2018).

    The singular value is estimated by power iteration, steps of which are made whenever the parameter is read in
    training.

    Args:
        module: the module, which is changed.
        name: of the parameter or buffer.
        n_power_iterations: steps of power iteration at each reading.
        eps: the least norm to divide by.
        dim: the dimension of the outputs; 1 for transposed convolutions, otherwise 0.

    Raises:
        ValueError: there is no such tensor, or the number of steps is not positive.
        IndexError: there is no such dimension.

    >>> import tapegrad as torch
    >>> layer = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(20, 40))
    >>> layer.parametrizations.weight[0]._u.shape
    torch.Size([40])
    """
    from .spectral_norm import default_dim

    weight = _tensor_of(module, name)
    if dim is None:
        dim = default_dim(module)
    return register_parametrization(module, name, _SpectralNorm(weight, n_power_iterations, dim, eps))


__all__ = ["orthogonal", "spectral_norm", "weight_norm"]
