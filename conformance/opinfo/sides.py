"""One of the two libraries: arguments are carried to it through NumPy, and results back.

Both libraries get their arguments by the same way, so that comparing torch with itself exercises all of it.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from .names import Names, last

Array = np.ndarray[Any, Any]

NUMPY_DTYPES = frozenset(
    {
        "float64", "float32", "float16", "complex128", "complex64", "bool", "uint8", "int8", "int16", "int32",
        "int64", "uint16", "uint32", "uint64",
    }
)  # fmt: skip
_WRITTEN_BY_NAME = (torch.dtype, torch.memory_format, torch.layout)


class Unsupported(Exception):
    """A sample that NumPy cannot carry, such as a sparse tensor; it does not count."""


class Side(Names):
    """One library.

    Attributes:
        m: its top module.
        memo: of the last call, the tensors made, by the id of the sample's.
    """

    def __init__(self, module: Any) -> None:
        super().__init__(module)
        self.memo: dict[int, Any] = {}

    # -- arguments -----------------------------------------------------------------------------------------------------

    def array(self, array: Array, requires_grad: bool = False) -> Any:
        """A tensor over a copy of an array."""
        return self._tensor_over(np.array(array, order="C"), requires_grad)

    def _tensor_over(self, array: Array, requires_grad: bool = False, dtype: str | None = None) -> Any:
        t = self.get("from_numpy")(array)
        if dtype:
            t = t.to(self.get(dtype))
        return t.requires_grad_() if requires_grad else t

    def tensor(self, t: torch.Tensor, whole: bool = False) -> Any:
        """A copy of a tensor of torch: values, dtype, strides, requires_grad.

        With `whole`, all memory behind it is copied, and the tensor shown there by `as_strided`.

        Raises:
            Unsupported: NumPy has nothing of the kind.
        """
        if t.layout != torch.strided or t.device.type != "cpu" or type(t) not in (torch.Tensor, torch.nn.Parameter):
            raise Unsupported(f"{t.layout} on {t.device}")
        source, cast = t.detach().resolve_conj().resolve_neg(), None
        if last(t.dtype) not in NUMPY_DTYPES:
            if not t.dtype.is_floating_point:
                raise Unsupported(str(t.dtype))
            source, cast = source.to(torch.float32), last(t.dtype)
        steps = zip(source.shape, source.stride(), strict=True)
        span = 1 + sum((n - 1) * step for n, step in steps) if source.numel() else 0
        if whole and source.untyped_storage().nbytes() != span * source.element_size():
            memory = source.new_empty(0).set_(source.untyped_storage()).numpy().copy()
            base = self._tensor_over(memory, dtype=cast)
            place = (tuple(source.shape), source.stride(), source.storage_offset())
            shown = self.get("as_strided")(base, *place).detach()
            return shown.requires_grad_() if t.requires_grad else shown
        memory = source.as_strided((span,), (1,), source.storage_offset()).numpy().copy()
        strides = [step * memory.itemsize for step in source.stride()]
        view = np.lib.stride_tricks.as_strided(memory, tuple(source.shape), strides)
        if isinstance(t, torch.nn.Parameter):
            return self.get("nn.Parameter")(self._tensor_over(view, dtype=cast), t.requires_grad)
        return self._tensor_over(view, t.requires_grad, cast)

    def build(self, x: Any, memo: dict[int, Any] | None = None, whole: bool = False) -> Any:
        """Arguments made for torch, nested in any way, as this library's; the same tensor twice stays the same."""
        memo = {} if memo is None else memo
        if isinstance(x, torch.Tensor):
            if id(x) not in memo:
                memo[id(x)] = self.tensor(x, whole)
            return memo[id(x)]
        again = functools.partial(self.build, memo=memo, whole=whole)
        if isinstance(x, _WRITTEN_BY_NAME):
            return self.get(last(x))
        if isinstance(x, torch.device):
            return self.get("device")(str(x))
        if isinstance(x, torch.Size):
            return self.get("Size")(tuple(x))
        if isinstance(x, torch.Generator):
            return self.get("Generator")().manual_seed(x.initial_seed())
        if isinstance(x, torch.nn.Module):  # a distance, made without arguments
            return self.get(f"nn.{type(x).__name__}")()
        if dataclasses.is_dataclass(x) and not isinstance(x, type) and type(x).__module__.startswith("torch"):
            return self.bind(type(x))(**{f.name: again(getattr(x, f.name)) for f in dataclasses.fields(x)})
        if isinstance(x, tuple) and hasattr(x, "_fields"):
            return self.bind(type(x))(*map(again, x))
        if isinstance(x, (list, tuple)):
            return type(x)(map(again, x))
        if isinstance(x, dict):
            return type(x)((key, again(value)) for key, value in x.items())
        if isinstance(x, np.ndarray):
            return x.copy()
        return self.bind(x)

    def arguments(self, sample: Any, whole: bool) -> Any:
        """A sample's (input, args, kwargs), which `memo` remembers."""
        self.memo = {}
        return self.build([sample.input, sample.args, sample.kwargs], self.memo, whole)

    # -- results -------------------------------------------------------------------------------------------------------

    def is_tensor(self, x: Any) -> bool:
        return isinstance(x, self.m.Tensor)

    def numpy(self, t: Any) -> Array:
        """The values of a tensor; types that NumPy lacks as float32."""
        t = t.detach()
        if last(getattr(t, "layout", "strided")) != "strided":
            t = t.to_dense()
        for fix in ("resolve_conj", "resolve_neg"):
            t = getattr(t, fix)() if hasattr(t, fix) else t
        if last(t.dtype) not in NUMPY_DTYPES:
            t = t.to(self.get("float32"))
        return np.asarray(t.numpy())

    def tensors(self, x: Any) -> Iterator[Any]:
        """All tensors of a result, in order."""
        if self.is_tensor(x):
            yield x
        elif isinstance(x, (list, tuple)):
            for item in x:
                yield from self.tensors(item)
        elif isinstance(x, dict):
            for item in x.values():
                yield from self.tensors(item)

    def seed(self, number: int) -> None:
        """Start the library's random numbers anew."""
        self.m.manual_seed(number)
