"""PyTorch's database of operators, in quick form; and faults planted in torch, each of which must be found.

`python -m conformance.opinfo` compares more: all names, more samples, more dtypes.
"""

from __future__ import annotations

import os
import signal
import sys
import types
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch as real

import tapegrad as ours

from .opinfo.__main__ import compare, quick
from .opinfo.report import agrees, data, rows, unexpected


def test_core_operators_agree_with_torch() -> None:
    settings = quick()
    entries = compare(ours, settings, scopes=("core",))
    assert len(entries) > 400
    assert unexpected(entries, settings.samples) == []


def test_every_known_failure_has_a_reason() -> None:
    for row, entry in data("known_failures").items():
        assert len(entry["reason"]) > 20 and entry["samples"] > 0, row


# -- planted faults ----------------------------------------------------------------------------------------------------

GONE = object()


class Space(types.ModuleType):
    """A namespace of torch in which some dotted names are replaced, or gone."""

    def __init__(self, original: Any, path: str, faults: dict[str, Any]) -> None:
        super().__init__("planted")
        self.__dict__.update(_original=original, _path=path, _faults=faults)

    def __getattr__(self, name: str) -> Any:
        path = f"{self._path}.{name}".lstrip(".")
        value = self._faults.get(path) or getattr(self._original, name)
        if value is GONE:
            raise AttributeError(name)
        if any(fault.startswith(path + ".") for fault in self._faults):
            return tensor_class(self._faults) if name == "Tensor" else Space(value, path, self._faults)
        return value


def tensor_class(faults: dict[str, Any]) -> type:
    class Meta(type):
        def __instancecheck__(cls, x: object) -> bool:
            return isinstance(x, real.Tensor)

        def __getattr__(cls, name: str) -> Any:
            return faults.get(f"Tensor.{name}") or getattr(real.Tensor, name)

    return Meta("Tensor", (), {})


class SlightlyOff(real.autograd.Function):
    """exp, its gradient off by one in ten thousand."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0].exp() * 1.0001


class RightOnce(real.autograd.Function):
    """sin, whose gradient forgets that it depends on x."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0].detach().cos()


def endless(*_: Any) -> Any:
    while True:
        pass


def too_deep(x: Any) -> Any:
    return too_deep(x)


def another_error(*args: Any, **kwargs: Any) -> Any:
    try:
        return real.cat(*args, **kwargs)
    except Exception as error:
        raise KeyError("another") from error


def swapped_order(x: Any, *args: Any, **kwargs: Any) -> Any:
    values, index = real.sort(x, *args, **kwargs)
    return values, index.flip(-1)


def first_index(*args: Any, **kwargs: Any) -> Any:
    values, index = real.topk(*args, **kwargs)
    return real.return_types.topk((values, index * 0))


def wrong_factor(*args: Any, **kwargs: Any) -> Any:
    q, r = real.linalg.qr(*args, **kwargs)
    return real.return_types.linalg_qr((-q, r))


Replacement = Callable[..., Any]
# what is replaced, by what, and where and how that must show
FAULTS: list[tuple[str, Replacement | object, str, str, str]] = [
    ("cos", GONE, "^cos$", "forward", "missing"),
    ("Tensor.tan", lambda x: real.sin(x), "^tan$", "method", "values"),
    ("Tensor.ceil_", lambda x: x.ceil(), "^ceil$", "inplace", "values"),
    ("abs", lambda x, **k: real.abs(x).float(), "^abs$", "forward", "dtype"),
    ("sum", lambda x, *a, **k: real.sum(x, *a, **k)[None], "^sum$", "forward", "shape"),
    ("max", lambda *a, **k: tuple(real.max(*a, **k)), "^max.reduction_with_dim$", "forward", "structure"),
    ("unbind", lambda *a, **k: list(real.unbind(*a, **k)), "^unbind$", "forward", "structure"),
    ("exp", SlightlyOff.apply, "^exp$", "grad", "values"),
    ("sin", RightOnce.apply, "^sin$", "gradgrad", "values"),
    ("floor", lambda x, **k: real.floor(x).detach(), "^floor$", "grad", "requires_grad"),
    ("sort", swapped_order, "^sort$", "forward", "structure"),
    ("topk", first_index, "^topk$", "forward", "values"),
    ("linalg.qr", wrong_factor, "^linalg.qr$", "forward", "values"),
    ("nn.functional.dropout", lambda x, *a, **k: x * 7, "^nn.functional.dropout$", "forward", "range"),
    ("rand_like", lambda x, **k: real.rand_like(x, **k) + 1, "^rand_like$", "forward", "range"),
    ("cat", another_error, "^cat$", "errors", "error"),
    ("neg", endless, "^neg$", "forward", "timeout"),
    ("log", too_deep, "^log$", "forward", "raises"),
    ("trunc", lambda x: os.kill(os.getpid(), signal.SIGSEGV), "^trunc$", "crash", "crash"),
    ("sqrt", lambda x: sys.exit(3), "^sqrt$", "forward", "raises"),
    ("digamma", lambda x: real.empty(1 << 40), "^digamma$", "forward", "raises"),
]


@pytest.mark.parametrize(("path", "fault", "pattern", "check", "kind"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_found(path: str, fault: Any, pattern: str, check: str, kind: str) -> None:
    planted = compare(Space(real, "", {path: fault}), replace(quick(), seconds=1), pattern=pattern)
    tallies = [t for row, by_dtype in rows(planted) if row.endswith(f" {check}") for t in by_dtype.values()]
    assert kind in {k for tally in tallies for k in tally["kinds"]}


def test_torch_without_faults_agrees_with_itself() -> None:
    intact = compare(real, quick(), pattern="|".join(pattern for _, _, pattern, _, _ in FAULTS))
    assert len(intact) == len(FAULTS)
    assert [row for row, by_dtype in rows(intact) if not agrees(by_dtype)] == []
