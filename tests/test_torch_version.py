"""The version compares as versions do, and what programs ask before they start has an answer."""

from __future__ import annotations

import doctest
import itertools

import pytest

import tapegrad as torch
from tapegrad import torch_version
from tapegrad.torch_version import InvalidVersion, TorchVersion, Version
from tapegrad.utils import hooks

# As https://peps.python.org/pep-0440 orders them.
ORDERED = ["1.dev0", "1.0.dev456", "1.0a1", "1.0a2.dev456", "1.0a12.dev456", "1.0a12", "1.0b1.dev456", "1.0b2",
           "1.0b2.post345.dev456", "1.0b2.post345", "1.0rc1.dev456", "1.0rc1", "1.0", "1.0+abc.5", "1.0+abc.7", "1.0+5",
           "1.0.post456.dev34", "1.0.post456", "1.0.15", "1.1.dev1", "1!0.1"]  # fmt: skip


def test_versions_are_in_the_order_of_pep_440() -> None:
    for a, b in itertools.combinations(ORDERED, 2):
        assert Version(a) < Version(b), (a, b)
        assert TorchVersion(b) > a
        assert TorchVersion(a) != b


@pytest.mark.parametrize(("a", "b"), [("1.0", "1"), ("1.0a1", "1.0.ALPHA-1"), ("v1.0", "1.0"), ("1.0-1", "1.0.post1")])
def test_a_version_has_several_spellings(a: str, b: str) -> None:
    assert Version(a) == Version(b)
    assert hash(Version(a)) == hash(Version(b))
    assert TorchVersion(a) == b


@pytest.mark.parametrize("text", ["", "parrot", "1..2", "1.0+", "1.0 beta gamma"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InvalidVersion):
        Version(text)


def test_the_version_is_that_of_the_specification() -> None:
    assert torch.__version__ >= "2.13"
    assert torch.__version__ < (2, 14)
    assert Version(torch.__version__).base_version == "2.13.0"
    assert isinstance(torch.version.__version__, str)


def test_nothing_is_compiled_exported_or_distributed() -> None:
    assert not torch.jit.is_scripting()
    assert not torch.compiler.is_compiling()
    assert not torch.onnx.is_in_onnx_export()
    assert not (torch.distributed.is_available() and torch.distributed.is_initialized())


@pytest.mark.parametrize("module", [torch_version, hooks], ids=lambda m: m.__name__)
def test_examples_run_as_printed(module: object) -> None:
    failed, attempted = doctest.testmod(module)  # type: ignore[arg-type]
    assert failed == 0
    assert attempted > 0
