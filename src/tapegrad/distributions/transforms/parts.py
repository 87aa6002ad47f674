"""Transforms that treat parts of a tensor differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import tapegrad as torch

from .. import constraints
from ..utils import _sum_rightmost, lazy_property
from .base import Transform


def _check_transforms(tseq: Sequence[Any]) -> None:
    if not all(isinstance(t, Transform) for t in tseq):
        raise AssertionError("All elements of tseq must be Transform instances")


def _check_dim(name: str, dim: int, x: Any) -> None:
    if not -x.dim() <= dim < x.dim():
        raise AssertionError(f"dim {dim} out of range for {name} with {x.dim()} dimensions")


class CatTransform(Transform):
    """A transform for each of several parts, joined along `dim`.

    Args:
        tseq: the transforms
        dim: the dimension along which the parts are joined
        lengths: how many elements each part has there; one each by default

    >>> import tapegrad as torch
    >>> from tapegrad.distributions.transforms import ExpTransform, identity_transform
    >>> CatTransform([ExpTransform(), identity_transform], lengths=[1, 2])(torch.zeros(3))
    tensor([1., 0., 0.])
    """

    transforms: list[Transform]

    def __init__(
        self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0
    ) -> None:
        _check_transforms(tseq)
        if cache_size:
            tseq = [t.with_cache(cache_size) for t in tseq]
        super().__init__(cache_size=cache_size)
        self.transforms = list(tseq)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(
                f"lengths must have the same length as transforms, got {len(self.lengths)} vs {len(self.transforms)}"
            )
        self.dim = dim

    @lazy_property
    def event_dim(self) -> int:
        return max(t.event_dim for t in self.transforms)

    @lazy_property
    def length(self) -> int:
        return sum(self.lengths)

    def with_cache(self, cache_size: int = 1) -> Any:
        if self._cache_size == cache_size:
            return self
        return CatTransform(self.transforms, self.dim, self.lengths, cache_size)

    def _parts(self, name: str, x: Any) -> list[Any]:
        _check_dim(name, self.dim, x)
        if x.size(self.dim) != self.length:
            raise AssertionError(f"{name}.size({self.dim}) = {x.size(self.dim)} must equal length {self.length}")
        parts = []
        start = 0
        for length in self.lengths:
            parts.append(x.narrow(self.dim, start, length))
            start += length
        return parts

    def _call(self, x: Any) -> Any:
        parts = self._parts("x", x)
        return torch.cat([t(part) for t, part in zip(self.transforms, parts, strict=True)], dim=self.dim)

    def _inverse(self, y: Any) -> Any:
        parts = self._parts("y", y)
        return torch.cat([t.inv(part) for t, part in zip(self.transforms, parts, strict=True)], dim=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        terms = []
        for t, part, out in zip(self.transforms, self._parts("x", x), self._parts("y", y), strict=True):
            term = t.log_abs_det_jacobian(part, out)
            if t.event_dim < self.event_dim:
                term = _sum_rightmost(term, self.event_dim - t.event_dim)
            terms.append(term)
        dim = self.dim - x.dim() if self.dim >= 0 else self.dim
        dim += self.event_dim
        # Joined outside of an event, the terms stand side by side; within it, they add up.
        return torch.cat(terms, dim=dim) if dim < 0 else sum(terms)

    @property
    def bijective(self) -> bool:
        return all(t.bijective for t in self.transforms)

    @property
    def domain(self) -> Any:
        return constraints.cat([t.domain for t in self.transforms], self.dim, self.lengths)

    @property
    def codomain(self) -> Any:
        return constraints.cat([t.codomain for t in self.transforms], self.dim, self.lengths)


class StackTransform(Transform):
    """A transform for each element along `dim`.

    >>> import tapegrad as torch
    >>> from tapegrad.distributions.transforms import ExpTransform, identity_transform
    >>> StackTransform([ExpTransform(), identity_transform])(torch.zeros(2))
    tensor([1., 0.])
    """

    transforms: list[Transform]

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, cache_size: int = 0) -> None:
        _check_transforms(tseq)
        if cache_size:
            tseq = [t.with_cache(cache_size) for t in tseq]
        super().__init__(cache_size=cache_size)
        self.transforms = list(tseq)
        self.dim = dim

    def with_cache(self, cache_size: int = 1) -> Any:
        return self if self._cache_size == cache_size else StackTransform(self.transforms, self.dim, cache_size)

    def _slice(self, z: Any) -> list[Any]:
        return [z.select(self.dim, i) for i in range(z.size(self.dim))]

    def _parts(self, name: str, x: Any) -> list[Any]:
        _check_dim(name, self.dim, x)
        if x.size(self.dim) != len(self.transforms):
            raise AssertionError(
                f"{name}.size({self.dim}) = {x.size(self.dim)} must equal len(transforms) {len(self.transforms)}"
            )
        return self._slice(x)

    def _call(self, x: Any) -> Any:
        parts = self._parts("x", x)
        return torch.stack([t(part) for t, part in zip(self.transforms, parts, strict=True)], dim=self.dim)

    def _inverse(self, y: Any) -> Any:
        parts = self._parts("y", y)
        return torch.stack([t.inv(part) for t, part in zip(self.transforms, parts, strict=True)], dim=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        pairs = zip(self.transforms, self._parts("x", x), self._parts("y", y), strict=True)
        return torch.stack([t.log_abs_det_jacobian(part, out) for t, part, out in pairs], dim=self.dim)

    @property
    def bijective(self) -> bool:
        return all(t.bijective for t in self.transforms)

    @property
    def domain(self) -> Any:
        return constraints.stack([t.domain for t in self.transforms], self.dim)

    @property
    def codomain(self) -> Any:
        return constraints.stack([t.codomain for t in self.transforms], self.dim)
