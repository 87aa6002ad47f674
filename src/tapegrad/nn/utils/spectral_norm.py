"""A parameter divided by its largest singular value, recomputed before every forward (the older of two ways)."""

from __future__ import annotations

from typing import Any, TypeVar

from ...autograd.grad_mode import no_grad
from ...tensor.tensor import Parameter, Tensor, new_tensor

M = TypeVar("M")


class SpectralNorm:
    """The hook that recomputes a normalised parameter before its module's forward.

    Attributes:
        name: of the parameter.
        n_power_iterations: how often the estimates of the singular vectors are improved in each training step.
        dim: the dimension of the outputs.
        eps: the least norm to divide by.
    """

    _version: int = 1
    name: str
    dim: int
    n_power_iterations: int
    eps: float

    def __init__(self, name: str = "weight", n_power_iterations: int = 1, dim: int = 0, eps: float = 1e-12) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                f"Expected n_power_iterations to be positive, but got n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim, self.n_power_iterations, self.eps = name, dim, n_power_iterations, eps

    def reshape_weight_to_matrix(self, weight: Tensor) -> Tensor:
        """The parameter as a matrix, whose rows are the outputs."""
        matrix: Any = weight
        if self.dim != 0:
            matrix = matrix.permute(self.dim, *(d for d in range(matrix.dim()) if d != self.dim))
        return matrix.reshape(matrix.size(0), -1)

    def compute_weight(self, module: Any, do_power_iteration: bool) -> Tensor:
        """The parameter's value; with `do_power_iteration`, the singular vectors are improved first, in place."""
        from ..functional import normalize

        weight = getattr(module, f"{self.name}_orig")
        u, v = getattr(module, f"{self.name}_u"), getattr(module, f"{self.name}_v")
        matrix: Any = self.reshape_weight_to_matrix(weight)
        if do_power_iteration:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v = normalize(matrix.t().mv(u), dim=0, eps=self.eps, out=v)
                    u = normalize(matrix.mv(v), dim=0, eps=self.eps, out=u)
                u, v = u.clone(), v.clone()  # the next step writes into the buffers
        return weight / u.dot(matrix.mv(v))

    def remove(self, module: Any) -> None:
        """Make the value that the parameter has now a parameter again."""
        with no_grad():
            weight = self.compute_weight(module, do_power_iteration=False)
        delattr(module, self.name)
        for part in ("u", "v", "orig"):
            delattr(module, f"{self.name}_{part}")
        module.register_parameter(self.name, Parameter(weight.detach()))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, do_power_iteration=module.training))

    @staticmethod
    def apply(module: Any, name: str, n_power_iterations: int, dim: int, eps: float) -> SpectralNorm:
        """Replace a parameter of a module by its normalised value."""
        from ..functional import normalize
        from ..parameter import UninitializedParameter

        if any(isinstance(hook, SpectralNorm) and hook.name == name for hook in module._forward_pre_hooks.values()):
            raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
        hook = SpectralNorm(name, n_power_iterations, dim, eps)
        weight = module._parameters[name]
        if weight is None:
            raise ValueError(f"`SpectralNorm` cannot be applied as parameter `{name}` is None")
        if isinstance(weight, UninitializedParameter):
            raise ValueError(
                "The module passed to `SpectralNorm` can't have uninitialized parameters. Make sure to run the dummy"
                " forward before applying spectral normalization"
            )
        with no_grad():
            height, width = hook.reshape_weight_to_matrix(weight).shape
            u = normalize(weight.new_empty(height).normal_(0, 1), dim=0, eps=eps)
            v = normalize(weight.new_empty(width).normal_(0, 1), dim=0, eps=eps)
        delattr(module, name)
        module.register_parameter(f"{name}_orig", weight)
        # The first forward recomputes it; until then (and for those who look) it is the parameter's own value.
        setattr(module, name, weight.data)
        module.register_buffer(f"{name}_u", u)
        module.register_buffer(f"{name}_v", v)
        module.register_forward_pre_hook(hook)
        module._register_state_dict_hook(SpectralNormStateDictHook(hook))
        module._register_load_state_dict_pre_hook(SpectralNormLoadStateDictPreHook(hook))
        return hook


class SpectralNormLoadStateDictPreHook:
    """Completes a state that was saved before version 1, which has the parameter's value instead of `_v`."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(
        self, state_dict: Any, prefix: str, local_metadata: Any, strict: Any, missing_keys: Any, unexpected_keys: Any,
        error_msgs: Any,
    ) -> None:  # fmt: skip
        version = local_metadata.get("spectral_norm", {}).get(f"{self.fn.name}.version", None)
        if version is not None and version >= 1:
            return
        key = prefix + self.fn.name
        parts = [f"{key}_{part}" for part in ("orig", "u", "v")]
        if all(part in state_dict for part in parts) and key not in state_dict:
            return  # of the new form, but without the mark
        absent = [k for k in (f"{key}_orig", key, f"{key}_u") if k not in state_dict]
        if absent:
            missing_keys.extend(absent)
            return
        with no_grad():
            original, value, u = state_dict[f"{key}_orig"], state_dict.pop(key), state_dict[f"{key}_u"]
            sigma = (original / value).mean()
            state_dict[f"{key}_v"] = _right_vector(self.fn.reshape_weight_to_matrix(original), u, sigma)


def _right_vector(matrix: Any, u: Any, sigma: Any) -> Tensor:
    """The v for which uᵀ · W · v is sigma: a multiple of the least-squares solution of W · v = u."""
    import numpy as np

    w = matrix._data
    v = np.linalg.pinv(w.T @ w) @ (w.T @ u._data)
    return new_tensor((v * (sigma._data / (u._data @ (w @ v)))).astype(w.dtype))


class SpectralNormStateDictHook:
    """Marks a state with the version of its form."""

    def __init__(self, fn: SpectralNorm) -> None:
        self.fn = fn

    def __call__(self, module: Any, state_dict: Any, prefix: str, local_metadata: Any) -> None:
        marks = local_metadata.setdefault("spectral_norm", {})
        key = f"{self.fn.name}.version"
        if key in marks:
            raise RuntimeError(f"Unexpected key in metadata['spectral_norm']: {key}")
        marks[key] = self.fn._version


def spectral_norm(
    module: M, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12, dim: int | None = None
) -> M:
    """Divide a parameter, seen as a matrix, by its largest singular value (Miyato et al., 2018).

    The singular value is estimated by power iteration, a step of which each forward in training makes.

    Args:
        module: the module, which is changed.
        name: of the parameter; it is kept as `{name}_orig`, with buffers `{name}_u` and `{name}_v`.
        n_power_iterations: steps of power iteration in each forward in training.
        eps: the least norm to divide by.
        dim: the dimension of the outputs; 1 for transposed convolutions, otherwise 0.

    Raises:
        RuntimeError: the parameter is normalised already.

    >>> import tapegrad as torch
    >>> list(torch.nn.utils.spectral_norm(torch.nn.Linear(2, 3)).state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    SpectralNorm.apply(module, name, n_power_iterations, default_dim(module) if dim is None else dim, eps)
    return module


def default_dim(module: Any) -> int:
    """The dimension of a module's weight that stands for outputs."""
    from ..modules.conv import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d

    return int(isinstance(module, (ConvTranspose1d, ConvTranspose2d, ConvTranspose3d)))


def remove_spectral_norm(module: M, name: str = "weight") -> M:
    """Undo `spectral_norm`; the parameter keeps the value that it has.

    Raises:
        ValueError: the parameter is not normalised.
    """
    net: Any = module
    if not _remove(net._forward_pre_hooks, lambda hook: isinstance(hook, SpectralNorm) and hook.name == name, net):
        raise ValueError(f"spectral_norm of '{name}' not found in {module}")
    for hooks, kind in (
        (net._state_dict_hooks, SpectralNormStateDictHook),
        (net._load_state_dict_pre_hooks, SpectralNormLoadStateDictPreHook),
    ):
        _remove(hooks, lambda hook, kind=kind: _is_for(hook, kind, name))
    return module


def _is_for(hook: Any, kind: type, name: str) -> bool:
    inner = getattr(hook, "hook", hook)  # a module may wrap it
    return isinstance(inner, kind) and inner.fn.name == name  # type: ignore[attr-defined]


def _remove(hooks: Any, is_it: Any, module: Any = None) -> bool:
    """Remove the first hook of which `is_it` holds; with a module, undo the hook there, too."""
    for key, hook in hooks.items():
        if is_it(hook):
            if module is not None:
                hook.remove(module)
            del hooks[key]
            return True
    return False


__all__ = [
    "SpectralNorm", "SpectralNormLoadStateDictPreHook", "SpectralNormStateDictHook", "remove_spectral_norm",
    "spectral_norm",
]  # fmt: skip
