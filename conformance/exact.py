"""Expressions whose results must be the same to the last bit, and print the same, with both libraries.

For creation and conversion, which round at most once, and for what is not computed at all.  (Expressions that compute
are compared by `expressions.py`, within a tolerance.)
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch as real

import tapegrad as ours

Names = Callable[[Any], dict[str, Any]]


def table(name: str) -> list[str]:
    """The expressions of tables/NAME.txt, one to a line; lines that begin with # are headings."""
    text = (Path(__file__).parent / "tables" / f"{name}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def show(lib: Any, value: Any) -> Any:
    """Everything that a user can see of a value, as text."""
    if isinstance(value, lib.Tensor):
        text = repr(value) if value.numel() < 1000 else value.tolist()
        exact = value.tolist() if value.is_floating_point() or value.is_complex() else None
        return (plain(text), plain(repr(exact)), str(value.dtype), value.stride(), value.requires_grad, value.is_leaf)
    if isinstance(value, (tuple, list)):
        return (type(value).__name__, [show(lib, item) for item in value])
    return plain(repr(value))


def plain(text: Any) -> Any:
    """Text without addresses, and with torch's names of modules."""
    if not isinstance(text, str):
        return text
    return re.sub(r"0x[0-9a-f]+", "0x", text).replace("tapegrad.", "torch.")


def evaluate(lib: Any, expression: str, names: Names) -> Any:
    """What an expression shows, or the error it raises."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return show(lib, eval(expression, {"torch": lib, **names(lib)}))
        except Exception as error:
            return error


def first_sentence(message: str) -> str:
    """What of a message must be the same: torch lists signatures and C++ files after it."""
    message = message.split("\n")[0]
    message = re.split(r"(?<=[a-z)\]\d\"])\. |, but expected one of|Exception raised|\(Triggered|; memory", message)[0]
    return message.strip().rstrip(".: ")


def check(expression: str, names: Names) -> None:
    """Assert that an expression does the same with both libraries."""
    expected, got = evaluate(real, expression, names), evaluate(ours, expression, names)
    assert not isinstance(expected, (NameError, SyntaxError)), expected
    if not isinstance(expected, Exception):
        assert got == expected
        return
    assert type(expected).__name__ in [kind.__name__ for kind in type(got).__mro__], repr(got)
    assert str(got).startswith(first_sentence(str(expected))), f"\n{expected}\n{got}"
