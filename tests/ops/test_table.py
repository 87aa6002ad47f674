"""Facts about every record in the table of operators."""

from __future__ import annotations

import builtins
import dis
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tapegrad
from tapegrad import ops
from tapegrad.ops import deferred
from tapegrad.ops.op import TABLE, Op
from tapegrad.ops.vocabulary import RAW, TENSOR, bind

deferred.load_all()
OPERATORS = sorted(TABLE.values(), key=lambda op: op.name)


def names_looked_up(code: types.CodeType) -> Iterator[str]:
    """The global names that a rule's code reads."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_looked_up(constant)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.name)
def test_every_input_has_an_answer(op: Op) -> None:
    answered = {name for names in op.rules for name in names} | set(op.constants)
    assert answered == set(op.inputs)


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.name)
def test_rules_read_only_what_a_node_can_keep(op: Op) -> None:
    known = {"g", "out", "needs", "dtypes", *op.inputs, *op.params}
    known |= {f"{x}_{what}" for x in op.inputs for what in ("shape", "dtype", "shapes")}
    assert op.reads() <= known


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.name)
@pytest.mark.parametrize("graph", [False, True], ids=["arrays", "tensors"])
def test_every_word_of_a_rule_has_a_meaning(op: Op, graph: bool) -> None:
    words: dict[str, Any] = TENSOR if graph else RAW
    for rule in op.rules.values():
        bind(rule, graph)
        unknown = [n for n in names_looked_up(rule.__code__) if n not in words and not hasattr(builtins, n)]
        assert unknown == []


@pytest.mark.parametrize("op", OPERATORS, ids=lambda op: op.name)
def test_the_code_of_every_operator_can_be_generated(op: Op) -> None:
    for part in ("call", "record", "backward", "backward_graph") if op.rules else ("call",):
        assert callable(getattr(op, part))


def test_the_list_of_public_names_is_sorted_and_current() -> None:
    names = tapegrad.__all__
    assert names == tapegrad._public_names(), "run python tools/public_names.py"
    assert [name for name in names if not hasattr(tapegrad, name)] == []
    assert not [name for name in names if name.startswith("_")]


def test_no_module_of_operators_is_a_public_name() -> None:
    inside = [n for n in tapegrad.__all__ if getattr(getattr(tapegrad, n), "__package__", "") == "tapegrad.ops"]
    assert inside == ["return_types"]  # which torch has, too


def test_type_checkers_are_shown_the_functions_of_all_families() -> None:
    source = Path(ops.__file__).read_text()
    shown = re.findall(r"^    from \.(\w+) import \*", source, re.MULTILINE)
    assert shown == sorted(family for family in deferred.FUNCTIONS if "." not in family)
