"""Write docs/operators.md: every operator of the table, its derivative, and what of it is proven.

    python tools/operators_page.py            # writes the page
    python tools/operators_page.py --measure  # runs the samples of tests/ops first, and keeps what they show
    python tools/operators_page.py --check    # exit code 1 if the page is not what would be written

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
import textwrap
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from operator_formulas import formula  # noqa: E402

import tapegrad.ops  # noqa: E402 - the path comes first
from tapegrad.ops.op import TABLE, Op  # noqa: E402

PAGE = ROOT / "docs/operators.md"
RESULTS = ROOT / "conformance/opinfo/results.json"
KNOWN = ROOT / "conformance/opinfo/known_failures.json"
SAMPLES = ROOT / "conformance/samples.json"

CHECKS = {
    "forward": "values",
    "method": "method",
    "inplace": "in place",
    "operator": "symbol",
    "alias": "aliases",
    "out": "`out=`",
    "grad": "gradient",
    "inplace_grad": "gradient in place",
    "gradgrad": "second order",
    "errors": "error types",
    "messages": "error messages",
}
COLUMNS = ("forward", "method", "inplace", "out", "grad", "gradgrad", "errors")
HEAD = """# The operators

Written by `python tools/operators_page.py` from the table of operators and from what the tests have shown; do not edit
it.  [design.md](design.md) says what a record is, [pytorch-compatibility.md](pytorch-compatibility.md) what differs
from torch on purpose, [accuracy.md](accuracy.md) how exact functions are.
"""
RECORDS = """## Records

One for each thing that has a `grad_fn` of its own in torch, by the module of `src/tapegrad/ops/` that it is written in;
its node has torch's name. A rule gives the gradient of an input from `g`, the gradient of the result, the result
`out`, inputs and parameters; its words are operators and the phrases of its module. Shown after "in" are torch's
functions whose graphs have this node.

Forward mode: *the same rule*, as it is "the derivative times g"; *linear*, the operator itself is applied to the
tangent (*linear in* some inputs: where others have tangents, two reverse passes); *two reverse passes*. vmap:
*direct*, all rows in one call; *by rows*, once per row. Samples are those of tests/ops whose graph has the record.
"""
FUNCTIONS = """## Functions

The entries of torch's database, and how many of their samples agree with torch, over all dtypes. Bold: some do not.
"""
DIFFERENCES = """## Known to differ
"""


def main() -> int:
    parser = argparse.ArgumentParser(description="Write docs/operators.md.")
    parser.add_argument("--measure", action="store_true", help="run the samples of tests/ops first")
    parser.add_argument("--check", action="store_true", help="only compare; exit code 1 if the page differs")
    options = parser.parse_args()
    if options.measure:
        # In a process of its own: operators of any number of inputs enter the table when they are first used.
        subprocess.run([sys.executable, ROOT / "tools/operator_samples.py"], check=True)
    text = page()
    if options.check:
        old = PAGE.read_text(encoding="utf-8")
        sys.stdout.writelines(difflib.unified_diff(old.splitlines(True), text.splitlines(True), "kept", "now", n=0))
        return int(old != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


def page() -> str:
    """The text of the page."""
    results, samples = _read(RESULTS), _read(SAMPLES)
    users = _users(results["operators"])
    parts = [HEAD, _summary(results, samples), RECORDS]
    for family, ops in families().items():
        rows = [_record_row(op, samples.get(op.name, {}), users.get(op.node_name, [])) for op in ops]
        title = family.replace("_", " ")
        parts.append(f"### {title}\n\n" + table(["operator", "derivative", "forward mode", "vmap", "samples"], rows))
    parts += [FUNCTIONS, _functions_table(results), DIFFERENCES, _differences()]
    return "\n".join(parts)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


# -- records -----------------------------------------------------------------------------------------------------------


def families() -> dict[str, list[Op]]:
    """The records by the module that holds them."""
    for module in pkgutil.iter_modules(tapegrad.ops.__path__):
        importlib.import_module(f"tapegrad.ops.{module.name}")
    found: dict[str, list[Op]] = {}
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


def _record_row(op: Op, measured: dict[str, Any], users: list[str]) -> list[str]:
    name = f"**{op.name}**" + (f" `{op.node_name}`" if op.rules else "")
    others = [user for user in users if user != op.public_name]
    if others:
        name += f"<br>in {_some(others, 3)}"
    vmap = {"direct": "direct", "rows": "by rows"}.get(measured.get("vmap", ""), "")
    return [name, _derivative(op), _forward_mode(op), vmap, str(measured.get("samples", ""))]


def _some(names: list[str], n: int) -> str:
    return ", ".join(names[:n]) + (f" and {len(names) - n} more" if len(names) > n else "")


def _derivative(op: Op) -> str:
    if not op.rules:
        return "none"
    lines = []
    for inputs, rule in op.rules.items():
        text = formula(rule)
        refused = text.startswith(("no_formula(", "no_derivative("))
        shown = "refused, as in torch" if refused else f"`{text}`" if text else "see its rule"
        lines.append(f"{', '.join(inputs)} ← {shown}")
    return "<br>".join(lines)


def _forward_mode(op: Op) -> str:
    """By what rule tangents go through; autograd/tangents.py decides so."""
    if not op.rules:
        return ""
    if op.pointwise and op.diagonal and all(len(inputs) == 1 for inputs in op.rules):
        return "the same rule"
    linear = () if op.variadic and not op.jointly else op.inputs[:1] if op.view else (*op.linear, *op.plus)
    if not linear:
        return "two reverse passes"
    return "linear" if set(op.inputs) - set(op.constants) <= set(linear) else f"linear in {', '.join(linear)}"


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


def _functions_table(results: dict[str, Any]) -> str:
    rows = []
    for name, entry in sorted(results["operators"].items()):
        cells = [_cell(entry["checks"].get(check)) for check in COLUMNS]
        rows.append([f"`{name}`", *cells])
    return table(["function", *[CHECKS[check] for check in COLUMNS]], rows)


def _cell(counted: list[int] | None) -> str:
    if counted is None:
        return ""
    ok, total = counted
    return str(ok) if ok == total else f"**{ok} of {total}**"


def _differences() -> str:
    rows = [[f"`{row}`", entry["reason"]] for row, entry in sorted(_read(KNOWN).items())]
    return table(["function and check", "reason"], rows)


# -- summary -----------------------------------------------------------------------------------------------------------


def _summary(results: dict[str, Any], samples: dict[str, Any]) -> str:
    ops = [op for group in families().values() for op in group]
    modes = [_forward_mode(op) for op in ops]
    records = (
        f"{len(ops)} records; {sum(bool(op.rules) for op in ops)} have derivatives. In forward mode "
        f"{modes.count('the same rule')} use the rule of the reverse mode, {modes.count('linear')} are linear, "
        f"{sum(mode.startswith('linear in') for mode in modes)} are so in some inputs, "
        f"{modes.count('two reverse passes')} take two reverse passes. {sum(op.name in samples for op in ops)} are "
        "reached by samples of tests/ops, which are held against finite differences in first and second order, and "
        "against torch. (Operators of any number of inputs, such as indexing by several tensors, are made when they "
        "are first used, and are not listed.)"
    )
    database = (
        f"PyTorch {results['torch']}'s own database of operators, {results['samples']} samples in each of "
        f"{', '.join(results['dtypes'])}: how many of its entries agree with torch in every sample and dtype."
    )
    text = textwrap.fill(records, 120) + "\n\n" + textwrap.fill(database, 120) + "\n\n"
    entries = results["operators"].values()
    scopes = ["core", "extended", "internal"]
    rows = []
    for check, title in CHECKS.items():
        cells = []
        for scope in (None, *scopes):
            of = [e["checks"][check] for e in entries if check in e["checks"] and scope in (None, e["scope"])]
            right = sum(ok == total for ok, total in of)
            cells.append(f"{right} of {len(of)}" if of else "")
        rows.append([title, *cells])
    return text + table(["what is compared", "all", *scopes], rows)


if __name__ == "__main__":
    sys.exit(main())
