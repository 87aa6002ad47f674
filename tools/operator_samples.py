"""Write conformance/samples.json: how many samples of tests/ops reach each operator, and how `vmap` computes it.

python tools/operator_samples.py
"""

from __future__ import annotations

import collections
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import tapegrad as torch
from tapegrad.func import batched_operators

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.ops.samples import Sample, all_samples  # noqa: E402 - the path comes first


def measure() -> str:
    """JSON: for each operator the samples whose graph has it, and of these the ones that `vmap` went through; "rows"
    if it computed the operator row by row in any of them."""
    reached: collections.Counter[str] = collections.Counter()
    mapped: collections.Counter[str] = collections.Counter()
    by_rows: set[str] = set()
    for sample in all_samples():
        operators = _operators(sample)
        reached.update(operators)
        rows = _rows_under_vmap(sample)
        if rows is not None:
            mapped.update(operators)
            by_rows |= rows
    found = {
        name: {"samples": count, "vmap": "" if not mapped[name] else "rows" if name in by_rows else "direct"}
        for name, count in sorted(reached.items())
    }
    return "{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(value)}" for name, value in found.items()) + "\n}\n"


def _leaves(sample: Sample) -> list[Any]:
    leaves = [torch.from_numpy(a.copy()) for a in sample.inputs]
    return [leaf.requires_grad_() if leaf.dtype.is_floating_point else leaf for leaf in leaves]


def _operators(sample: Sample) -> set[str]:
    """The names of the records behind a sample's results."""
    torch.manual_seed(0)
    waiting = [t.grad_fn for t in _tensors(sample.call(torch, *_leaves(sample))) if t.grad_fn is not None]
    seen = set(waiting)
    while waiting:
        for node, _ in waiting.pop().next_functions:
            if node is not None and node not in seen:
                seen.add(node)
                waiting.append(node)
    return {node.op.name for node in seen if hasattr(node, "op")}


def _tensors(result: Any) -> list[Any]:
    if isinstance(result, torch.Tensor):
        return [result]
    return [t for item in result for t in _tensors(item)] if isinstance(result, (tuple, list)) else []


def _rows_under_vmap(sample: Sample) -> set[str] | None:
    """The operators that `vmap` of a sample computes row by row; None if it does not go through it."""
    rows: set[str] = set()
    row_by_row = batched_operators.row_by_row

    def watched(name: str, *args: Any) -> Any:
        rows.add(name)
        return row_by_row(name, *args)

    batched_operators.row_by_row = watched
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # that the whole function is run row by row, among others
            stacked = [torch.from_numpy(np.stack([a, a])) for a in sample.inputs]
            torch.vmap(lambda *xs: tuple(_tensors(sample.call(torch, *xs))), randomness="different")(*stacked)
    except Exception:  # whatever vmap refuses, torch's refuses or not: tests/func looks into that
        return None
    finally:
        batched_operators.row_by_row = row_by_row
    return rows


if __name__ == "__main__":
    (ROOT / "conformance/samples.json").write_text(measure(), encoding="utf-8")
