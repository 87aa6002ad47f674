"""Programs with their groups replaced by kernels: compiled by Numba in a thread of its own, and kept on disk.

A kernel is a module of its own in the cache folder, named by what it is made of, so that the same loop of another
program or process is compiled once.  Files are written aside and moved, so that processes do not see halves; Numba
keeps its machine code beside them and does the same.  Whatever cannot be read is made again.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import math
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from ...kernels.background import Worker
from ...kernels.disk import MAX_FILES, folder
from ...tensor import arena
from ...version import __version__
from ..program import Memory, Program, Ref, Step, Value, uses
from .blocks import in_blocks, rows_of_block
from .grouping import Group, Inputs, grouped
from .kernels import Kernel, module_text
from .products import with_folded_transposes

_loaded: Final[dict[str, Any]] = {}


def available() -> bool:
    """Whether Numba is installed."""
    return "numba" in sys.modules or importlib.util.find_spec("numba") is not None


def with_kernels(program: Program, needed: set[int], inputs: Inputs) -> tuple[Program, list[Kernel]] | None:
    """A program with groups replaced by kernels; None if there is none that pays.

    Args:
        needed: the values that must be there at the end.
        inputs: what is known of the arrays from outside.
    """
    program = with_folded_transposes(program)
    parts = grouped(program, inputs)
    if not any(isinstance(part, Group) for part in parts):
        return None
    used_later: list[set[int]] = []
    later = set(needed)
    for part in reversed(parts):
        used_later.append(set(later))
        if isinstance(part, Group):
            later |= set(part.given) | set(part.written)
        else:
            later |= set(uses(part))
    kernels: list[Kernel] = []
    steps: list[Step] = []
    for part, after in zip(parts, reversed(used_later), strict=True):
        if not isinstance(part, Group):
            steps.append(part)
            continue
        kernel = Kernel(program, part, after)
        kernels.append(kernel)
        steps += call_of(kernel, program)
    made = Program(steps, program.values, program.constants, program.inputs, program.results)
    return made, kernels


def call_of(kernel: Kernel, program: Program) -> list[Step]:
    """The steps that allocate what a kernel makes, call it, and finish sums."""
    before: list[Step] = []
    after: list[Step] = []
    given = dict(zip(kernel.arguments, kernel.arguments, strict=True))
    for n in kernel.outputs:
        value = program.values[n]
        if n not in kernel.totals.values():
            large = math.prod(value.shape) * value.dtype.itemsize >= arena.SMALLEST
            before.append(Step("call", arena.empty if large else np.empty, (value.shape, value.dtype), {}, (n,)))
            continue
        # In float64, and of shape (1,), at first.
        total, rounded = (max(program.values) + k for k in (1, 2))
        for k in (total, rounded):
            program.values[k] = Value((1,), np.dtype(np.float64) if k == total else value.dtype, Memory())
        given[n] = total
        before.append(Step("call", np.empty, ((1,), np.dtype(np.float64)), {}, (total,)))
        after.append(Step("method", "astype", (Ref(total), value.dtype), {}, (rounded,)))
        if value.generic:
            after.append(Step("getitem", None, (Ref(rounded), 0), {}, (n,)))
        else:
            after.append(Step("method", "reshape", (Ref(rounded), value.shape), {}, (n,)))
    function = load(kernel)
    if rows_of_block(kernel.rows, kernel.columns) < kernel.rows:
        function = in_blocks(function, kernel.sums)
    arguments = (0, kernel.rows, kernel.columns, 0, *[Ref(given[n]) for n in kernel.arguments])
    writes = tuple(program.values[n].memory for n in kernel.stores)
    return [*before, Step("kernel", function, arguments, {}, (), writes=writes), *after]


# -- kernels on disk ---------------------------------------------------------------------------------------------------


def load(kernel: Kernel) -> Any:
    """The compiled function of a kernel."""
    text = module_text(kernel)
    key = hashlib.sha256("\n".join([text, *kernel.signature, *_versions()]).encode()).hexdigest()[:32]
    found = _loaded.get(key)
    if found is None:
        try:
            found = _from_disk(key, text, kernel.signature)
        except Exception:  # a damaged file, a folder that cannot be written to
            found = _from_temporary(key, text, kernel.signature)
        _loaded[key] = found
    return found


@functools.cache
def _versions() -> list[str]:
    """What machine code depends on besides the text of its kernel."""
    import numba

    from . import elements

    sources = [Path(elements.__file__), *sorted((Path(__file__).parent.parent / "vector_math").glob("*.py"))]
    inside = hashlib.sha256(b"".join(file.read_bytes() for file in sources)).hexdigest()
    return [inside, __version__, numba.__version__, np.__version__, platform.machine(), sys.version]


def _from_disk(key: str, text: str, signature: list[str]) -> Any:
    place = folder()
    place.mkdir(parents=True, exist_ok=True)
    file = place / f"k{key}.py"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        _tidy(place)
        handle, aside = tempfile.mkstemp(dir=place, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        os.replace(aside, file)
    try:
        return _compiled(key, file, signature)
    except Exception:
        for stale in (place / "__pycache__").glob(f"k{key}*"):
            stale.unlink(missing_ok=True)
        return _compiled(key, file, signature)


def _from_temporary(key: str, text: str, signature: list[str]) -> Any:
    """Without a cache."""
    place = Path(tempfile.mkdtemp(prefix="tapegrad-"))
    try:
        file = place / f"k{key}.py"
        file.write_text(text.replace("cache=True, ", ""), encoding="utf-8")
        return _compiled(key, file, signature)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _compiled(key: str, file: Path, signature: list[str]) -> Any:
    import numba

    spec = importlib.util.spec_from_file_location(f"tapegrad_kernel_{key}", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where Numba looks for a cached function's globals
    spec.loader.exec_module(module)
    types = {"Array": numba.types.Array} | {
        name: getattr(numba.types, name) for name in ("float32", "float64", "boolean", "int64")
    }
    module.kernel.compile(tuple([eval(text, types) for text in signature]))  # types that `Kernel` wrote
    return module.kernel


def _tidy(place: Path) -> None:
    """Remove the oldest kernels when there are too many."""
    files = sorted(place.glob("k*.py"), key=lambda f: f.stat().st_mtime)
    for file in files[: max(0, len(files) - MAX_FILES + 1)]:
        for part in (file, *(place / "__pycache__").glob(f"{file.stem}*")):
            part.unlink(missing_ok=True)


worker: Final = Worker("tapegrad.compile")  # compiles, one thing after the other
