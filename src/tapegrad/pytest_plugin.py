"""A pytest plugin: `pytest -p tapegrad.pytest_plugin tests` runs a package's tests with `import torch` giving tapegrad.

pytest loads plugins named by -p before it collects anything, so no test file has imported torch by then. It is the same
as `tapegrad run -m pytest tests`, for where the command line is pytest's: in a `pytest.ini`, an editor, a CI job.
"""

from __future__ import annotations

from typing import Any

from .torch_alias import explain_missing_method, install_as_torch

__all__ = ["pytest_exception_interact", "pytest_report_header"]

install_as_torch()


def pytest_report_header(config: Any) -> str:
    """Say in the first lines of pytest's output what `torch` is."""
    from .version import own

    return f"torch: tapegrad {own}"


def pytest_exception_interact(node: Any, call: Any, report: Any) -> None:
    """Let the report of a failed test say which method of Tensor tapegrad lacks, if that is why."""
    explain_missing_method(call.excinfo.value)
