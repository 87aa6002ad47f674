"""What pruning methods share, and the container of several."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any

from ....tensor.tensor import Tensor


class BasePruningMethod(ABC):
    """The base class of pruning methods; a subclass says in `compute_mask` what is kept.

    A method is a hook that is called before its module's forward, and puts the masked parameter in place.

    Attributes:
        PRUNING_TYPE: which part of a tensor that is pruned already the method gets to see: "unstructured" for the
            elements that are left, "structured" for the slices that are, "global" for everything.
    """

    PRUNING_TYPE: str
    _tensor_name: str

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    @abstractmethod
    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask, of ones and zeros, for a tensor of importances; `default_mask` is the one so far."""

    def _need_tensor(self, module: Any, why: str = "") -> None:
        if getattr(self, "_tensor_name", None) is None:
            raise AssertionError(f"Module {module} has to be pruned{why}")

    def apply_mask(self, module: Any) -> Tensor:
        """The product of mask and parameter."""
        self._need_tensor(module)
        original = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(original.dtype) * original

    @classmethod
    def apply(
        cls, module: Any, name: str, *args: Any, importance_scores: Tensor | None = None, **kwargs: Any
    ) -> BasePruningMethod:
        """Prune a parameter of a module, on top of what has been pruned of it before.

        Args:
            module: the module, which is changed.
            name: of the parameter.
            args, kwargs: what the method is made with.
            importance_scores: of the parameter's shape, in its place when the method looks for what matters least.

        Returns:
            The method; a `PruningContainer` if there was one before.
        """
        before = taken_away(module, name)
        method: BasePruningMethod = cls(*args, **kwargs)
        method._tensor_name = name
        if isinstance(before, PruningContainer):
            before.add_pruning_method(method)
            method = before
        elif before is not None:
            method = PruningContainer(before, method)
        original = getattr(module, name)
        if importance_scores is None:
            importance_scores = original
        elif importance_scores.shape != original.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as parameter {name} of {module}, got"
                f" {importance_scores.shape} vs {original.shape}"
            )
        if before is None:
            module.register_parameter(f"{name}_orig", original)
            del module._parameters[name]
            mask = whole_mask(original)
        else:
            mask = getattr(module, f"{name}_mask").detach().clone()
        try:
            module.register_buffer(f"{name}_mask", method.compute_mask(importance_scores, default_mask=mask))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if before is None:  # leave the module as it was
                del module._parameters[f"{name}_orig"]
                module.register_parameter(name, original)
            raise
        return method

    def prune(self, t: Tensor, default_mask: Tensor | None = None, importance_scores: Tensor | None = None) -> Tensor:
        """A tensor times the mask for it.

        Args:
            t: the tensor.
            default_mask: what has been pruned of it before; nothing if not given.
            importance_scores: of the same shape, in its place when the method looks for what matters least.
        """
        if importance_scores is None:
            importance_scores = t
        elif importance_scores.shape != t.shape:
            raise AssertionError(
                f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}"
            )
        mask = whole_mask(t) if default_mask is None else default_mask
        return t * self.compute_mask(importance_scores, default_mask=mask)

    def remove(self, module: Any) -> None:
        """Make the parameter, with its zeros, an ordinary one; it may grow back from then on."""
        self._need_tensor(module, " before pruning can be removed")
        name = self._tensor_name
        value = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        original = module._parameters.pop(f"{name}_orig")
        original.data = value.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, original)


def taken_away(module: Any, name: str) -> BasePruningMethod | None:
    """The method by which a parameter is pruned, no longer called by its module."""
    for key, hook in module._forward_pre_hooks.items():
        if isinstance(hook, BasePruningMethod) and hook._tensor_name == name:
            del module._forward_pre_hooks[key]
            return hook
    return None


def whole_mask(t: Tensor) -> Any:
    """The mask that keeps every element."""
    from ....tensor.likes import ones_like

    return ones_like(t.detach())


class PruningContainer(BasePruningMethod):
    """Several methods, applied to one parameter one after another."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[BasePruningMethod, ...] = ()
        methods = args[0] if len(args) == 1 and isinstance(args[0], Iterable) else args
        methods = tuple(methods)
        if methods:
            self._tensor_name = methods[0]._tensor_name
        for method in methods:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: BasePruningMethod | None) -> None:
        """Add one more method.

        Raises:
            TypeError: it is none.
            ValueError: it is for another parameter.
        """
        if not isinstance(method, BasePruningMethod):
            if method is not None:
                raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
            return
        if self._tensor_name != method._tensor_name:
            raise ValueError(
                f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer"
                f" {self}. Found '{method._tensor_name}'"
            )
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[BasePruningMethod]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Tensor, default_mask: Tensor) -> Tensor:
        """The mask so far, with what the last method takes away from what is left."""
        method = self._pruning_methods[-1]
        mask: Any = default_mask
        left = _left(method, t, mask)
        x: Any = t
        found: Any = mask.to(dtype=x.dtype)
        found = found.clone() if found is mask else found
        found[left] = method.compute_mask(x[left], default_mask=mask[left]).to(dtype=found.dtype)
        return found


def _left(method: Any, t: Tensor, mask: Any) -> Any:
    """The index of the part of a tensor that a method gets to see."""
    if method.PRUNING_TYPE == "unstructured":
        return mask == 1
    everything = [slice(None)] * t.ndim
    if method.PRUNING_TYPE == "global":
        return tuple(everything)
    if method.PRUNING_TYPE != "structured":
        raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
    if not hasattr(method, "dim"):
        raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
    dim = method.dim + t.ndim if method.dim < 0 else method.dim
    if dim >= t.ndim:
        raise IndexError(f"Index is out of bounds for tensor with dimensions {t.ndim}")
    everything[dim] = mask.sum(dim=[d for d in range(t.ndim) if d != dim]) != 0
    return tuple(everything)
