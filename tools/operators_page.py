"""Write docs/operators.md, in both languages: every operator of the table, its derivative, and what of it is proven.

    python tools/operators_page.py            # writes the pages
    python tools/operators_page.py --measure  # runs the samples of tests/ops first, and keeps what they show
    python tools/operators_page.py --check    # exit code 1 if a page is not what would be written

Nothing here needs torch.  Which samples agree with torch is read from conformance/opinfo/results.json, which
`python -m conformance.opinfo --write` writes; what the samples of tests/ops show is kept in conformance/samples.json.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from operators_words import CHINESE, ENGLISH, Words  # noqa: E402 - the path comes first

import tapegrad.ops  # noqa: E402
from tapegrad.explain.formulas import formula, stated  # noqa: E402
from tapegrad.ops.deferred import load_all  # noqa: E402
from tapegrad.ops.op import TABLE, Op  # noqa: E402

PAGES = {ROOT / "docs/operators.md": ENGLISH, ROOT / "docs/zh/operators.md": CHINESE}
RESULTS = ROOT / "conformance/opinfo/results.json"
KNOWN = ROOT / "conformance/opinfo/known_failures.json"
SAMPLES = ROOT / "conformance/samples.json"

COLUMNS = ("forward", "method", "inplace", "out", "grad", "gradgrad", "errors")
SCOPES = ("core", "extended", "internal")


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/operators.md, in both languages.")
    parser.add_argument("--measure", action="store_true", help="run the samples of tests/ops first")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if a page differs")
    options = parser.parse_args()
    if options.measure:
        # In a process of its own: operators of any number of inputs enter the table when they are first used.
        subprocess.run([sys.executable, ROOT / "tools/operator_samples.py"], check=True)
    current = True
    for path, words in PAGES.items():
        text = page(words)
        if options.check:
            old = path.read_text(encoding="utf-8")
            sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), "kept", "now", n=0))
            current = current and old == text
        else:
            path.write_text(text, encoding="utf-8")
    return 0 if current else 1


def page(words: Words) -> str:
    """The text of the page in a language."""
    results, samples = _read(RESULTS), _read(SAMPLES)
    users = _users(results["operators"])
    parts = [words.head, _summary(results, samples, words), words.records]
    for family, ops in families().items():
        rows = [_record_row(op, samples.get(op.name, {}), users.get(op.node_name, []), words) for op in ops]
        title = words.title.format(name=family, words=family.replace("_", " "))
        parts.append(f"### {title}\n\n" + table(words.record_columns, rows))
    parts += [words.functions, _functions_table(results, words), words.differences, _differences(words)]
    return "\n".join(parts)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# -- records -----------------------------------------------------------------------------------------------------------


def families() -> dict[str, list[Op]]:
    """The records by the module that holds them."""
    for module in pkgutil.iter_modules(tapegrad.ops.__path__):
        importlib.import_module(f"tapegrad.ops.{module.name}")
    found: dict[str, list[Op]] = {}
    load_all()
    for op in sorted(TABLE.values(), key=lambda op: op.name):
        found.setdefault(_module(op), []).append(op)
    return dict(sorted(found.items()))


def _module(op: Op) -> str:
    """The module in which the rules or, if there are none, the forward function are written."""
    for function in (*op.rules.values(), op.forward):
        name = function.__code__.co_filename if hasattr(function, "__code__") else None
        if name is not None and Path(name).exists() and Path(name).stem not in ("frames", "refusal"):
            return Path(name).stem
    return _by_public_name(op)


def _by_public_name(op: Op) -> str:
    """The module whose public function has this record."""
    for module in list(sys.modules.values()):
        name = getattr(module, "__name__", None) or ""
        if name.startswith("tapegrad.ops.") and name != "tapegrad.ops.op":
            for value in vars(module).values():
                if getattr(value, "op", None) is op and op.name in getattr(module, "__all__", ()):
                    return name.rpartition(".")[2]
    return "others"


def _record_row(op: Op, measured: dict[str, Any], users: list[str], words: Words) -> list[str]:
    name = f"**{op.name}**" + (f" `{op.node_name}`" if op.rules else "")
    others = [user for user in users if user != op.public_name]
    if others:
        name += "<br>" + words.users.format(names=_some(others, 3, words))
    vmap = {"direct": "direct", "rows": "by rows"}.get(measured.get("vmap", ""), "")
    mode, inputs = _forward_mode(op)
    forward = words.linear_in.format(inputs=words.separator.join(inputs)) if inputs else words.cells.get(mode, mode)
    return [name, _derivative(op, words), forward, words.cells.get(vmap, vmap), str(measured.get("samples", ""))]


def _some(names: list[str], n: int, words: Words) -> str:
    return words.separator.join(names[:n]) + (words.more.format(n=len(names) - n) if len(names) > n else "")


def _derivative(op: Op, words: Words) -> str:
    if not op.rules:
        return words.cells.get("none", "none")
    lines = []
    for inputs, rule in op.rules.items():
        in_words = stated(rule)
        if in_words:
            lines += [f"{x} ← `{right}`" for x, right in in_words.items()]
            continue
        text = formula(rule)
        refused = text.startswith(("no_formula(", "no_derivative("))
        instead = "refused, as in torch" if refused else "" if text else "see its rule"
        shown = words.cells.get(instead, instead) if instead else f"`{text}`"
        lines.append(f"{words.separator.join(inputs)} ← {shown}")
    return "<br>".join(lines)


def _forward_mode(op: Op) -> tuple[str, tuple[str, ...]]:
    """By what rule tangents go through, and in which inputs if not in all; autograd/tangents.py decides so."""
    if not op.rules:
        return "", ()
    if op.pointwise and op.diagonal and all(len(inputs) == 1 for inputs in op.rules):
        return "the same rule", ()
    linear = () if op.variadic and not op.jointly else op.inputs[:1] if op.view else (*op.linear, *op.plus)
    if not linear:
        return "two reverse passes", ()
    return "linear", () if set(op.inputs) - set(op.constants) <= set(linear) else tuple(linear)


def _users(operators: dict[str, Any]) -> dict[str, list[str]]:
    """By the name of a node, torch's functions whose graphs have it."""
    found: dict[str, list[str]] = {}
    for name, entry in operators.items():
        for node in entry["nodes"]:
            users = found.setdefault(node, [])
            function = f"`{name.split('.')[0] if name.count('.') == 1 and not _is_space(name) else name}`"
            if function not in users:
                users.append(function)
    return found


def _is_space(name: str) -> bool:
    return name.split(".")[0] in ("fft", "linalg", "special", "masked", "nn", "torch", "signal", "ops")


# -- functions ---------------------------------------------------------------------------------------------------------


def _functions_table(results: dict[str, Any], words: Words) -> str:
    rows = []
    for name, entry in sorted(results["operators"].items()):
        cells = [_cell(entry["checks"].get(check), words) for check in COLUMNS]
        rows.append([f"`{name}`", *cells])
    return table([words.function_column, *[words.checks[check] for check in COLUMNS]], rows)


def _cell(counted: list[int] | None, words: Words) -> str:
    if counted is None:
        return ""
    ok, total = counted
    return str(ok) if ok == total else f"**{words.part.format(ok=ok, total=total)}**"


def _differences(words: Words) -> str:
    rows = [[f"`{row}`", words.reason(entry["reason"])] for row, entry in sorted(_read(KNOWN).items())]
    return table(words.difference_columns, rows)


# -- summary -----------------------------------------------------------------------------------------------------------


def _summary(results: dict[str, Any], samples: dict[str, Any], words: Words) -> str:
    ops = [op for group in families().values() for op in group]
    modes = [_forward_mode(op) for op in ops]
    counted = words.counted.format(
        records=len(ops),
        rules=sum(bool(op.rules) for op in ops),
        same=modes.count(("the same rule", ())),
        linear=modes.count(("linear", ())),
        partly=sum(bool(inputs) for _, inputs in modes),
        twice=modes.count(("two reverse passes", ())),
        reached=sum(op.name in samples for op in ops),
    )
    dtypes = words.separator.join(results["dtypes"])
    database = words.database.format(torch=results["torch"], samples=results["samples"], dtypes=dtypes)
    entries = results["operators"].values()
    rows = []
    for check, title in words.checks.items():
        cells = []
        for scope in (None, *SCOPES):
            of = [e["checks"][check] for e in entries if check in e["checks"] and scope in (None, e["scope"])]
            right = sum(ok == total for ok, total in of)
            cells.append(words.part.format(ok=right, total=len(of)) if of else "")
        rows.append([title, *cells])
    return f"{counted}\n{database}\n{table(words.summary_columns, rows)}"


if __name__ == "__main__":
    sys.exit(main())
