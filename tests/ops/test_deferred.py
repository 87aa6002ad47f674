"""Families of operators that are loaded when first used, and what importing the package loads."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.ops import deferred

# What the import may load besides the package and what NumPy has loaded before.
STANDARD_LIBRARY = {
    "__future__", "_heapq", "cmath", "heapq", "importlib._abc", "importlib.util", "mmap", "threading",
}  # fmt: skip


def in_a_new_process(program: str) -> Any:
    """What a program prints, read as JSON; warnings are errors in it."""
    command = [sys.executable, "-W", "error", "-c", f"import json, sys\n{program}"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.parametrize("family", deferred.FAMILIES)
def test_the_tables_have_the_names_that_the_module_has(family: str) -> None:
    module = import_module(f"tapegrad.{deferred.path_of(family)}")
    methods = getattr(module, "METHODS", {})
    assert deferred.FUNCTIONS.get(family, "").split() == sorted(getattr(module, "__all__", ()))
    assert deferred.TENSOR_METHODS.get(family, "").split() == sorted(methods)


def test_importing_loads_no_deferred_family_and_little_else() -> None:
    loaded = in_a_new_process(
        "import numpy; before = set(sys.modules); import tapegrad; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    paths = {f"tapegrad.{deferred.path_of(family)}" for family in deferred.FAMILIES}
    assert paths.isdisjoint(loaded)
    others = [name for name in loaded if not name.startswith("tapegrad")]
    assert set(others) <= STANDARD_LIBRARY
    assert not [name for name in loaded if name.startswith(("tapegrad.nn.functional", "tapegrad.linalg"))]
    assert len(loaded) < 160


def test_every_word_of_the_rules_that_are_loaded_first_has_a_meaning() -> None:
    unknown = in_a_new_process(
        "import builtins, dis, types, tapegrad\n"
        "from tapegrad.ops.op import TABLE\n"
        "from tapegrad.ops.vocabulary import RAW, TENSOR, bind\n"
        "def looked_up(code):\n"
        "    for step in dis.get_instructions(code):\n"
        "        if step.opname in ('LOAD_GLOBAL', 'LOAD_NAME'): yield step.argval\n"
        "    for constant in code.co_consts:\n"
        "        if isinstance(constant, types.CodeType): yield from looked_up(constant)\n"
        "unknown = set()\n"
        "for op in list(TABLE.values()):\n"
        "    for rule in op.rules.values():\n"
        "        for graph, words in ((False, RAW), (True, TENSOR)):\n"
        "            bind(rule, graph)\n"
        "            unknown |= {n for n in looked_up(rule.__code__) if n not in words and not hasattr(builtins, n)}\n"
        "print(json.dumps(sorted(unknown)))"
    )
    assert unknown == []


def test_a_method_is_found_when_it_is_first_used_also_by_a_subclass() -> None:
    found = in_a_new_process(
        "import tapegrad as torch\n"
        "x = torch.nn.Parameter(torch.tensor([1.0, 2.0]))\n"
        "kind = type(vars(torch.Tensor)['cumsum']).__name__\n"
        "print(json.dumps([kind, x.cumsum(0).tolist(), type(vars(torch.Tensor)['cumsum']).__name__,"
        " torch.Tensor.cumprod(x, 0).tolist(), hasattr(torch.Tensor, 'cumsun')]))"
    )
    assert found == ["Deferred", [1.0, 3.0], "function", [1.0, 2.0], False]


def test_the_first_call_of_a_deferred_operator_is_silent() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "x = torch.tensor([0.0, -1.0], requires_grad=True)\n"
        "y = torch.lgamma(x); y.sum().backward()\n"
        "z = torch.special.xlog1py(x.detach(), torch.tensor([-1.0, -2.0]))\n"
        "print(json.dumps([y.isinf().all().item(), z.isnan().tolist()]))"
    ) == [True, [False, True]]


def test_everything_is_there_for_who_looks_at_all_of_it() -> None:
    deferred.load_all()
    kinds = {type(member) for member in vars(torch.Tensor).values()}
    assert deferred.Deferred not in kinds
    assert [name for name in deferred.FAMILY_OF if name not in vars(torch)] == []
