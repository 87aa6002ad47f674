"""Factors (`alpha`, `value`) of sums and products that the type of the result cannot hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

CALLS = [
    "x.add(x, alpha=k)",
    "x.add_(x, alpha=k)",
    "torch.sub(x, x, alpha=k)",
    "torch.rsub(x, x, alpha=k)",
    "torch.addcmul(x, x, x, value=k)",
    "x.addcmul_(x, x, value=k)",
    "torch.addcdiv(x, x, x, value=k)",
]
NUMBERS = ["300", "2**40", "1e5", "1e39", "-1e39", "float('inf')"]
TYPES = ["int8", "float16", "bfloat16", "float32", "float64", "complex64"]


def _call(text: str, number: str, kind: str) -> Callable[[Any], Any]:
    def value(torch: Any) -> Any:
        result = eval(text, {"torch": torch, "x": torch.ones(2, dtype=getattr(torch, kind)), "k": eval(number)})
        return str(result.tolist())  # in which nan equals nan

    return value


for _text in CALLS:
    for _number in NUMBERS:
        for _kind in TYPES:
            globals()[f"{_text}, k = {_number}, {_kind}"] = _call(_text, _number, _kind)
