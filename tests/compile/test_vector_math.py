"""The vectorised functions are accurate, right at special values, vectorised, and the same for any number of lanes."""

from __future__ import annotations

import hashlib
import importlib
import os
import platform
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba", reason="the functions are for Numba, which comes with the extra compile")

from tapegrad.compile.vector_math import FUNCTIONS, coefficients, table

from . import vector_math_cases as cases

pytestmark = pytest.mark.skipif(not FUNCTIONS, reason="without fused multiply-add there is no table")

ROOT = Path(__file__).parent.parent.parent
DTYPES = ("float32", "float64")
UNITS = 4.0  # what the table promises
every_function = pytest.mark.parametrize("name", sorted(cases.CASES))
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def special_values(dtype: str) -> np.ndarray[Any, Any]:
    """Zeros, infinities, NaN, the ends of the format, small integers, and where results become 0 or infinite."""
    info = np.finfo(dtype)
    positive = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 88.9, 89.4, 100.0, 104.0, 710.2, 746.0, 1e5, 2.0**24 + 1, 1e9, 1e-30]
    positive += [info.max, info.tiny, info.smallest_subnormal, 1 + info.eps, 1 - info.epsneg, np.inf, np.nan]
    return np.array([*positive, *(-x for x in positive)], dtype)


def test_every_function_of_the_table_has_a_case() -> None:
    assert set(FUNCTIONS) == set(cases.CASES)
    assert all(set(row) == {np.float32, np.float64} for row in FUNCTIONS.values())


@every_function
@every_dtype
def test_errors_are_within_the_promise_for_arguments_of_all_magnitudes(name: str, dtype: str) -> None:
    error, at = cases.worst(name, dtype, 400)
    assert error <= UNITS, at


@pytest.mark.parametrize("name", sorted(set(cases.CASES) - cases.CANCELLING))
def test_errors_are_within_the_promise_all_over_float32(name: str) -> None:
    error, at = cases.worst_in_float32(name, 16411)
    assert error <= UNITS, at


@every_function
@every_dtype
def test_special_values_are_those_of_numpy(name: str, dtype: str) -> None:
    x = special_values(dtype)
    arguments = (x,)
    if cases.CASES[name].arity == 2:
        arguments = tuple(np.ascontiguousarray(a.ravel()) for a in np.meshgrid(x, x))
    with np.errstate(all="ignore"):
        results, expected = cases.applied(name, *arguments), cases.reference(name)(*arguments)
        close = abs(results - expected) <= 2 * UNITS * np.spacing(abs(expected))
    same = ((results == expected) | close) & (np.signbit(results) == np.signbit(expected))
    same |= np.isnan(results) & np.isnan(expected)
    if name in cases.CANCELLING:
        same |= abs(expected) < 0.1
    wrong = np.flatnonzero(~same)
    assert not wrong.size, [(*(a[i] for a in arguments), results[i], expected[i]) for i in wrong[:5]]


@every_function
@every_dtype
def test_loops_are_vectorised(name: str, dtype: str) -> None:
    loop = cases.loop(name, dtype)
    cases.applied(name, *cases.CASES[name].arguments(dtype, 20))
    [optimised] = loop.inspect_llvm().values()
    lanes = [int(n) for n in re.findall(r"call <(\d+) x (?:float|double)> @llvm\.fma\.", optimised)]
    assert max(lanes, default=0) >= (4 if dtype == "float32" and name != "power" else 2)


@every_function
@every_dtype
def test_results_do_not_depend_on_the_neighbours(name: str, dtype: str) -> None:
    """Alone, a number goes through the loop's scalar rest; among others, through its vector part."""
    arguments = cases.CASES[name].arguments(dtype, 203)
    together = cases.applied(name, *arguments)
    alone = [cases.applied(name, *(a[i : i + 1].copy() for a in arguments))[0] for i in range(together.size)]
    np.testing.assert_array_equal(together, np.array(alone))


def digest() -> str:
    """Of the results of one function of each kind."""
    found = hashlib.sha256()
    for name in ("exp", "log1p", "sin", "arctan2", "erfc", "power"):
        for dtype in DTYPES:
            results = cases.applied(name, *cases.CASES[name].arguments(dtype, 101))
            found.update(np.where(np.isnan(results), 0, results).tobytes())
    return found.hexdigest()


def python(code: str, **environment: str) -> str:
    """What a new Python prints."""
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=os.environ | paths | environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()


@pytest.mark.skipif(platform.machine() not in ("x86_64", "AMD64"), reason="the names of processors are those of x86")
def test_results_do_not_depend_on_the_width_of_registers() -> None:
    code = "from tests.compile.test_vector_math import digest; print(digest())"
    assert python(code, NUMBA_CPU_NAME="haswell", NUMBA_CPU_FEATURES="+avx,+avx2,+fma") == digest()


def test_loops_cached_on_disk_find_the_functions_again(tmp_path: Path) -> None:
    (tmp_path / "cached_loop.py").write_text(
        "import numba, numpy as np\n"
        "from tapegrad.compile.vector_math import FUNCTIONS\n"
        "sin = FUNCTIONS['sin'][np.float64]\n"
        "@numba.njit(cache=True)\n"
        "def loop(x, out):\n"
        "    for i in range(x.size):\n"
        "        out[i] = sin(x[i])\n"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import numpy as np, cached_loop\n"
        "x = np.linspace(0.0, 1e12, 101); out = np.empty_like(x)\n"
        "cached_loop.loop(x, out)\n"
        "print(np.allclose(out, np.sin(x), rtol=1e-14, atol=0), sum(cached_loop.loop.stats.cache_hits.values()))"
    )
    cache = {"NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    assert [python(code, **cache), python(code, **cache)] == ["True 0", "True 1"]


def test_arguments_of_other_types_are_converted() -> None:
    import numba

    exp = FUNCTIONS["exp"][np.float64]
    assert numba.njit(lambda n: exp(n))(1) == pytest.approx(np.e, rel=1e-15)


@pytest.mark.parametrize(
    ("setting", "value"), [("CPU_FEATURES", "+avx2"), ("CPU_NAME", "nehalem")], ids=["features", "name"]
)
def test_the_table_is_empty_without_fused_multiply_add(monkeypatch: Any, setting: str, value: str) -> None:
    monkeypatch.setattr(table.config, setting, value)
    assert table.functions() == {}


def test_coefficients_are_what_the_tool_writes(monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    minimax = importlib.import_module("minimax")
    for name in ("SIN", "ATAN"):
        assert minimax.FITS[name].coefficients("float32") == getattr(coefficients, name)["float32"]
    for name, (_, value, counts) in minimax.PARTS.items():
        assert {form: minimax.parts(value, count, form) for form, count in counts.items()} == getattr(
            coefficients, name
        )
