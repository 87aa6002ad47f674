"""What tests of kernels have."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator

import pytest

from tapegrad.kernels import using


@pytest.fixture(autouse=True, scope="package")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A folder of the tests' own for machine code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAPEGRAD_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture
def compiled_kernels() -> Iterator[None]:
    """Kernels do all work that they can do; they are compiled when they are first needed."""
    if importlib.util.find_spec("numba") is None:
        pytest.skip("kernels are compiled by Numba")
    with using("always"):
        yield
