"""The forms in which work is done: which library, as it is written or compiled."""

from __future__ import annotations

import functools
import importlib
import threading
from typing import Any

from in_torch import Way
from measuring import Step
from work import Work

OURS, COMPILED, TORCH, TORCH_COMPILED, JAX = "tapegrad", "tapegrad.compile", "torch", "torch.compile", "JAX"
OTHERS = {"NumPy": "in_numpy", JAX: "in_jax", "autograd": "in_autograd", "tinygrad": "in_tinygrad"}
FORMS = ("NumPy", OURS, COMPILED, TORCH, TORCH_COMPILED, JAX, "autograd", "tinygrad")


def way(form: str, whole: bool, made: list[Any]) -> Way:
    """How torch's words are to be taken; what tapegrad compiles is added to `made`.

    torch.compile gets the function of which gradients are taken, as its documentation has it; given the whole step, it
    would stop at `backward()` and come to the same times.
    """
    torch = importlib.import_module("torch" if form in (TORCH, TORCH_COMPILED) else "tapegrad")
    if form == TORCH_COMPILED:
        torch._dynamo.reset()  # what it compiled for other rows counts towards its limit
        return Way(torch, forward=torch.compile)
    if form == COMPILED:

        def compiled(function: Any) -> Any:
            made.append(torch.compile(function))
            return made[-1]

        return Way(torch, step=compiled) if whole else Way(torch, forward=compiled)
    return Way(torch)


@functools.cache
def words(form: str) -> Any:
    """The module that has the work in a form's words; None where its library does not work, which is said once."""
    try:
        return importlib.import_module(OTHERS.get(form, "in_torch"))
    except ImportError as error:
        print(f"{form} is left out: {error}")
        return None


def steps_of(work: Work, wanted: tuple[str, ...]) -> tuple[dict[str, Step], list[Any]]:
    """A step in each of the forms that can do a work, each with data of its own; and what tapegrad compiles."""
    steps: dict[str, Step] = {}
    made: list[Any] = []
    for form in wanted:
        function = getattr(words(form), work.function, None)
        if function is None or form in work.without:
            continue
        data = work.data()
        steps[form] = function(data) if form in OTHERS else function(way(form, work.whole, made), data)
    return steps, made


def ready() -> None:
    """Return when tapegrad compiles nothing any more: its threads do one task after the other."""
    from tapegrad.compile.native import building
    from tapegrad.kernels import finding

    for worker in (building.worker, finding.worker()):
        done = threading.Event()
        worker.submit(done.set)
        done.wait()


def tier(compiled: Any) -> str:
    """What became of something that tapegrad compiled, as it reports itself."""
    lines = compiled.report().splitlines()[1:]
    if not lines:
        return "never called"
    return lines[0].rpartition("; ")[2] if lines[0].startswith("  program") else lines[0].strip()
