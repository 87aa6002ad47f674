"""The programs of the detective's table go wrong (or well) in PyTorch as they do in tapegrad.

The table is in tests/detective; the same text is run with PyTorch in place of tapegrad.
"""

from __future__ import annotations

import inspect
import linecache
import types
import warnings
from typing import Any

import pytest
import torch

import tapegrad
from tests.detective import broken_programs, sound_programs
from tests.detective.programs import Program


def with_torch(module: types.ModuleType) -> list[Program]:
    """The programs of a module, over PyTorch."""
    source = (
        inspect.getsource(module)
        .replace("import tapegrad as torch", "import torch")
        .replace("from tapegrad", "from torch")
    )
    file = f"<{module.__name__} with torch>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    twin = types.ModuleType(file)
    twin.__dict__.update(__file__=file, __package__="tests.detective")
    exec(compile(source, file, "exec"), twin.__dict__)
    found: list[Program] = twin.__dict__["PROGRAMS"]
    return found


PAIRS = [
    (ours, theirs)
    for module in (broken_programs, sound_programs)
    for ours, theirs in zip(module.PROGRAMS, with_torch(module), strict=True)
]


def outcome(program: Program) -> Any:
    """What is to be seen of a program: the state of a gradient, or how a backward pass fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = program.run()
        if program.question in ("shared", "overwritten"):
            with pytest.raises(RuntimeError) as caught:
                arguments[0].backward()
            return str(caught.value).partition("\n")[0][:60]
        if program.question == "find_nan":
            return arguments[0].isfinite().item()
        grad = arguments[0].grad
    if grad is None:
        return None
    return grad.isnan().tolist(), grad.isinf().tolist(), grad.nan_to_num(0, 0, 0).tolist()


@pytest.mark.parametrize(("ours", "theirs"), PAIRS, ids=[ours.name for ours, _ in PAIRS])
def test_the_outcome_is_torchs(ours: Program, theirs: Program) -> None:
    tapegrad.manual_seed(0)
    torch.manual_seed(0)
    found, expected = outcome(ours), outcome(theirs)
    if isinstance(found, tuple) and isinstance(expected, tuple):
        assert found[:2] == expected[:2]
        torch.testing.assert_close(torch.tensor(found[2]), torch.tensor(expected[2]))
    else:
        assert found == expected
