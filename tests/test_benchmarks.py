"""The benchmarks: forms of a work that differ are not timed, and tables say what was measured and what was missed."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad

ROOT = Path(__file__).parents[1]
BENCHMARKS = ROOT / "benchmarks"
LARGE = ("4 million", "1024", "512")  # rows that would take a while here


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Imports a module of benchmarks/, which is a folder of programs and no package."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    before = set(sys.modules)
    yield importlib.import_module
    for name in set(sys.modules) - before:
        if (BENCHMARKS / f"{name}.py").exists():
            del sys.modules[name]


def test_each_row_is_written_in_torchs_words(module: Callable[[str], Any]) -> None:
    in_torch = module("in_torch")
    assert [work.name for work in module("work").WORK if not hasattr(in_torch, work.function)] == []


def test_tapegrad_does_what_is_written_by_hand(module: Callable[[str], Any]) -> None:
    in_torch, in_numpy, measuring = module("in_torch"), module("in_numpy"), module("measuring")
    checked = 0
    for work in module("work").WORK:
        by_hand = getattr(in_numpy, work.function, None)
        if by_hand is None or any(word in work.name for word in LARGE):
            continue
        ours = getattr(in_torch, work.function)(in_torch.Way(tapegrad), work.data())
        measuring.warm_up({"NumPy": by_hand(work.data()), "tapegrad": ours}, lambda: None)
        checked += 1
    assert checked >= 10


def test_operations_do_what_their_numpy_forms_do(module: Callable[[str], Any]) -> None:
    operators, measuring = module("operators"), module("measuring")
    assert len(operators.OPERATORS) == 20
    for name in operators.OPERATORS:
        calls = operators.calls(tapegrad, name, 1000)
        forms = {"NumPy": operators.floor(name, 1000), **{kind: calls[kind] for kind in ("recorded", "not recorded")}}
        measuring.check_agreement({form: [measuring.as_numpy(call())] for form, call in forms.items()})
        assert calls["recorded"]().requires_grad and not calls["not recorded"]().requires_grad
        assert calls["backward"]()[0].shape == operators.operands(name, 1000)[0].shape


@pytest.mark.parametrize(
    "others", [[np.array([1.0, 2.1])], [np.array([1.0, float("nan")])], [np.array([[1.0, 2.0]])], []], ids=str
)
def test_forms_that_differ_are_refused(module: Callable[[str], Any], others: list[Any]) -> None:
    check = module("measuring").check_agreement
    check({"a": [np.array([1.0, 2.0])], "b": [np.array([1.0, 2.0000001])]})
    with pytest.raises(AssertionError, match="b"):
        check({"a": [np.array([1.0, 2.0])], "b": others})


def test_a_ratio_is_the_median_of_the_rounds_ratios(module: Callable[[str], Any]) -> None:
    rounds = {"a": [1.0, 2.0, 3.0, 8.0, 5.0], "b": [1.0, 1.0, 1.0, 1.0, 10.0]}
    times = module("measuring").Times(rounds)
    ratio = times.ratio("a", "b")
    assert (ratio.value, ratio.spread, times.median("a")) == (2.0, 1.0, 3.0)
    assert times.ratio("a", "c") is None


def test_forms_take_turns_and_the_order_alternates(module: Callable[[str], Any]) -> None:
    order: list[str] = []
    calls = {form: lambda form=form: order.append(form) for form in "ab"}
    times = module("measuring").in_turns(calls, rounds=3, round_seconds=0.0)
    assert "".join(order).endswith("aabb" + "bbaa" + "aabb")  # of each two calls, the first is not timed
    assert {form: len(found) for form, found in times.rounds.items()} == {"a": 3, "b": 3}


def some_results(module: Callable[[str], Any]) -> Any:
    """Results in which tapegrad takes half of torch's time at everything, and `tapegrad.compile` a fifth."""
    forms, operators, measuring = module("forms"), module("operators"), module("measuring")
    seconds = dict.fromkeys(forms.FORMS, 1.0) | {forms.OURS: 0.5, forms.COMPILED: 0.2}
    results = module("results").Results()
    for work in module("work").WORK:
        results.works[work.name] = measuring.Times({form: [s] * 3 for form, s in seconds.items()})
        results.tiers[work.name] = "native"
    for name in operators.OPERATORS:
        for size in operators.SIZES:
            rounds = {f"{form} {kind}": [seconds[form]] for form in ("tapegrad", "torch") for kind in operators.KINDS}
            results.operations[name, size] = measuring.Times({"NumPy": [0.1], **rounds})
    results.imports = measuring.Times({"tapegrad": [0.1], "torch": [2.0]})
    results.sizes, results.copies = {"tapegrad": 1, "torch": 2}, {1: 1e10, 2: 2e10}
    results.peaks = {"CNN on 28 × 28, batch 32": {"tapegrad": 3, "torch": 2}}
    results.starts = {"thermometer epoch": {"JAX": [{"first": 1.0, "final": 2.0}] * 2}}
    return results


def test_tables_show_what_is_asked_and_what_is_missed(module: Callable[[str], Any]) -> None:
    text = "\n".join(map(module("writing").markdown, some_results(module).tables()))
    assert "| thermometer epoch | 500 ms | 1 s | 0.50 (≤ 0.5) |" in text
    assert "| x²·eˣ, 4 floats | 500 ms | 1 s | **0.50** (≤ 0.35) |" in text
    assert "| thermometer epoch | 200 ms | **0.20** (≤ 0.06) | **0.20** (≤ 0.05) | 0.20 (≤ 0.4) | native |" in text
    assert "| operation on 4 floats, recorded: median of twenty |  |  | 0.50 (≤ 0.65) |" in text
    assert "| import | 100 ms | 2 s | 0.05 (≤ 0.08) |" in text
    assert text.count("| x²·eˣ, 4 floats, function compiled |") == 2  # eager, it is the row after it


def test_the_tables_can_be_read_in_chinese(module: Callable[[str], Any]) -> None:
    tables, chinese = some_results(module).tables(), module("chinese").CHINESE
    same = {*module("forms").FORMS, *module("operators").OPERATORS, "tapegrad ÷ torch"}
    same |= {heading for _, columns, _ in tables for heading in columns if heading.startswith("÷ torch, ")}
    said = {text for heading, columns, rows in tables for text in (heading, *columns, *[row[0] for row in rows])}
    assert {text for text in said if text not in chinese and text not in same} == set()


def test_nothing_measured_makes_no_table(module: Callable[[str], Any]) -> None:
    assert module("results").Results().tables() == []


def test_pages_keep_what_stands_around_the_tables(module: Callable[[str], Any], tmp_path: Path) -> None:
    for page in ("docs/performance.md", "docs/zh/performance.md", "benchmarks/RESULTS.md"):
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / page).write_text((ROOT / page).read_text(encoding="utf-8"), encoding="utf-8")
    module("writing").write("A machine.", some_results(module).tables(), tmp_path)
    for page in ("docs/performance.md", "docs/zh/performance.md"):
        old, new = ((root / page).read_text(encoding="utf-8") for root in (ROOT, tmp_path))
        assert new.split("<!-- measured -->")[0] == old.split("<!-- measured -->")[0]
        assert new.split("<!-- /measured -->")[1] == old.split("<!-- /measured -->")[1]
        assert "A machine." in new
    assert "A machine." in (tmp_path / "benchmarks/RESULTS.md").read_text(encoding="utf-8")
