"""Creation with both libraries: the same tensors to the last bit, the same errors."""

from __future__ import annotations

import array
import decimal
import fractions
import random
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

from .exact import check, table

DTYPES = ["float32", "float64", "float16", "bfloat16", "int64", "int32", "uint8", "int8"]


def names(torch: Any) -> dict[str, Any]:
    """What the table's expressions may use besides torch."""
    read_only = np.ones(2)
    read_only.flags.writeable = False
    return {
        "F": type("F", (), {"__float__": lambda self: 2.5}),
        "I": type("I", (), {"__index__": lambda self: 2}),
        "AI": type("AI", (), {"__array_interface__": np.arange(3).__array_interface__}),
        "a": np.array([5.0, 0.0]),
        "array": array,
        "decimal": decimal,
        "fractions": fractions,
        "np": np,
        "ro": read_only,
        "t": torch.tensor([7.0, 0.0], requires_grad=True),
    }


@pytest.mark.parametrize("expression", table("creation"))
def test_expression_makes_torchs_tensor(expression: str) -> None:
    check(expression, names)


def seen(lib: Any, make: Any) -> Any:
    """The type and elements of what a call makes, or the kind of its error."""
    try:
        t = make(lib)
    except (RuntimeError, ValueError) as error:
        return next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")
    return str(t.dtype), t.tolist()


@pytest.mark.parametrize("dtype", DTYPES)
def test_ranges_are_torchs_to_the_last_bit(dtype: str) -> None:
    rng = random.Random(dtype)
    for _ in range(150):
        start, end = rng.choice([rng.uniform(-5, 5), rng.randint(-5, 5), 0]), rng.choice([rng.uniform(-5, 90), 1])
        step = rng.choice([1, 2, -1, 0.1, 0.3, -0.7, rng.uniform(0.01, 1)])

        def arange(lib: Any, args: Any = (start, end, step)) -> Any:
            return lib.arange(*args, dtype=getattr(lib, dtype))

        assert seen(ours, arange) == seen(real, arange), (start, end, step)


@pytest.mark.parametrize("dtype", [*DTYPES, "complex64", "complex128"])
def test_linspace_is_torchs_to_the_last_bit(dtype: str) -> None:
    rng = random.Random(dtype)
    for _ in range(150):
        start, end, n = rng.uniform(-5, 5), rng.uniform(-5, 90), rng.randint(0, 200)

        def linspace(lib: Any, args: Any = (start, end, n)) -> Any:
            return lib.linspace(*args, dtype=getattr(lib, dtype))

        assert seen(ours, linspace) == seen(real, linspace), (start, end, n)


def test_few_numbers_are_torchs_to_the_last_bit() -> None:
    rng = random.Random(0)
    for n in range(2, 40):
        ends = rng.choice([rng.uniform(-5, 5), rng.randint(-5, 5)]), rng.choice([rng.uniform(-5, 90), 1])
        step = rng.choice([1.0, 0.5, -0.25, 0.375, 2.0, 1 / 1024, 1 / 2048, 0.1])

        def linspace(lib: Any, ends: tuple[float, float] = ends, n: int = n) -> Any:
            return lib.linspace(*ends, n)

        def arange(lib: Any, start: float = float(ends[0]), step: float = step, n: int = n) -> Any:
            return lib.arange(start, start + n * step, step)

        for call in (linspace, arange):
            assert seen(ours, call) == seen(real, call), (ends, step, n)


@pytest.mark.parametrize("dtype", DTYPES)
def test_logspace_is_torchs_to_the_last_bit(dtype: str) -> None:
    rng = random.Random(dtype)
    for _ in range(100):
        start, end, n = rng.uniform(0, 3), rng.uniform(0, 2), rng.randint(0, 200)
        base = rng.choice([2, 10.0, 0.5, 2.718281828])

        def logspace(lib: Any, args: Any = (start, end, n, base)) -> Any:
            return lib.logspace(*args, dtype=getattr(lib, dtype))

        assert seen(ours, logspace) == seen(real, logspace), (start, end, n, base)


@pytest.mark.parametrize("dtype", [d for d in DTYPES if "int" not in d])
@pytest.mark.filterwarnings("ignore:torch.range is deprecated")
def test_range_is_torchs_to_the_last_bit(dtype: str) -> None:
    rng = random.Random(dtype)
    for _ in range(100):
        start, end, step = rng.uniform(-5, 5), rng.uniform(-5, 90), rng.choice([1, 0.1, 0.3, -0.7])

        def inclusive(lib: Any, args: Any = (start, end, step)) -> Any:
            return lib.range(*args, dtype=getattr(lib, dtype))

        assert seen(ours, inclusive) == seen(real, inclusive), (start, end, step)


@pytest.mark.parametrize("name", ["float64", "float16", "bfloat16", "float32"])
def test_default_type_decides_what_numbers_become(name: str) -> None:
    found = []
    for lib in (real, ours):
        lib.set_default_dtype(getattr(lib, name))
        try:
            made = [lib.tensor(1.5), lib.tensor([1, 2.5]), lib.zeros(2), lib.arange(3.0), lib.full((1,), 2.5)]
            made += [lib.tensor(3), lib.tensor(True), lib.Tensor([1]), lib.linspace(0, 1, 3), lib.ones(1).double()]
            found.append([str(t.dtype) for t in made] + [str(lib.get_default_dtype())])
        finally:
            lib.set_default_dtype(lib.float32)
    assert found[0] == found[1]


def test_warnings_say_what_torchs_say() -> None:
    read_only = np.ones(2)
    read_only.flags.writeable = False
    with pytest.warns(UserWarning, match="it is recommended to use sourceTensor.detach.*rather than torch.tensor"):
        ours.tensor(ours.ones(2))
    with pytest.warns(UserWarning, match="rather than tensor.new_tensor"):
        ours.ones(1).new_tensor(ours.ones(2))
    with pytest.warns(UserWarning, match="torch.range is deprecated and will be removed in a future release"):
        ours.range(0, 3)
    with pytest.warns(UserWarning, match="torch.set_default_tensor_type.. is deprecated as of PyTorch 2.1"):
        ours.set_default_tensor_type(ours.FloatTensor)
