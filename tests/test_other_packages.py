"""What published packages ask of torch besides computing, and how to try one."""

from __future__ import annotations

from pathlib import Path

import pytest

import tapegrad as torch
from tapegrad import library
from tests.cli.conftest import Run, python, tapegrad_command

__all__ = ["python", "tapegrad_command"]  # the fixtures, used here too

IN_TORCH = "import torch\nimport torch.nn as nn\nnn.Linear(1, 1)\ntorch.relu\n"


def test_a_custom_operator_is_one_step_with_its_own_gradient() -> None:
    @torch.library.custom_op("testing::cube", mutates_args=())
    def cube(x: torch.Tensor, k: int = 1) -> torch.Tensor:
        return k * x**3

    x = torch.tensor([2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Trying to backward through testing\.cube\.default but no autograd"):
        cube(x).backward()
    torch.library.register_autograd(
        "testing::cube",
        lambda ctx, g: (3 * ctx.k * g * ctx.saved_tensors[0] ** 2, None),
        setup_context=lambda ctx, inputs, output: (ctx.save_for_backward(inputs[0]), setattr(ctx, "k", inputs[1])),
    )
    y = torch.ops.testing.cube(x, k=2)
    y.backward()
    assert y.grad_fn.name() == "GeneratedBackwardFor_testing_cube_defaultBackward"
    assert x.grad.tolist() == [24.0]
    assert cube._schema == "(Tensor x, SymInt k=1) -> Tensor"


def test_a_custom_operator_may_not_return_its_argument() -> None:
    def same(x: torch.Tensor) -> torch.Tensor:
        return x

    with pytest.raises(RuntimeError, match="must not also be an input"):
        library.custom_op("testing::same", same, mutates_args=())(torch.ones(1))


def test_an_operator_that_nobody_made_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nobodys"):
        torch.ops.nobodys.thing  # noqa: B018


def test_hub_loads_from_a_folder_and_never_downloads(tmp_path: Path) -> None:
    (tmp_path / "hubconf.py").write_text("def double(x):\n    'Twice x.'\n    return 2 * x\n")
    assert torch.hub.list(str(tmp_path), source="local") == ["double"]
    assert torch.hub.load(str(tmp_path), "double", 3, source="local") == 6
    assert torch.hub.help(str(tmp_path), "double", source="local") == "Twice x."
    with pytest.raises(NotImplementedError, match="downloads nothing"):
        torch.hub.load("owner/repository", "model")


def test_assignment_behind_an_ellipsis_counts_from_the_last_dimension() -> None:
    x = torch.zeros(1, 1, 4)
    x[..., :2] = torch.tensor([1.0, 2.0])
    assert x.tolist() == [[[1.0, 2.0, 0.0, 0.0]]]


def test_sparse_tensors_refuse_what_they_cannot_do() -> None:
    s = torch.eye(2).to_sparse()
    with pytest.raises(NotImplementedError, match=r"Could not run 'aten::exp'.*to_dense"):
        torch.exp(s)


def test_gradients_of_sparse_products_go_to_the_values() -> None:
    values = torch.tensor([1.0, 2.0], requires_grad=True)
    s = torch.sparse_coo_tensor([[0, 1], [1, 0]], values, (2, 2), check_invariants=True)
    (s @ torch.tensor([[3.0], [4.0]])).sum().backward()
    assert values.grad.tolist() == [4.0, 3.0]


def test_switches_of_a_block_are_put_back_after_an_error() -> None:
    with pytest.raises(KeyError), torch.backends.cudnn.flags(deterministic=True):
        raise KeyError
    assert torch.backends.cudnn.deterministic is False


def test_check_finds_nothing_lacking(tapegrad_command: Run, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(IN_TORCH)
    found = tapegrad_command("check", "a.py")
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "1 file with torch, 4 names: tapegrad has them all\n"


def test_check_names_what_is_lacking_and_where(tapegrad_command: Run, tmp_path: Path) -> None:
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "a.py").write_text(IN_TORCH + "from torch.package import PackageExporter\n")
    (tmp_path / "p" / "b.py").write_text("try:\n    from torch.fx import x\nexcept ImportError:\n    x = 1\n")
    found = tapegrad_command("check", "p")
    assert found.returncode == 1
    assert found.stdout.splitlines()[0] == "2 files with torch, 6 names: tapegrad lacks 1 of them"
    assert found.stdout.splitlines()[1].split() == ["torch.package", "1", "use,", "first", "in", "p/a.py:5"]
    assert "torch.fx" not in found.stdout


def test_check_of_nothing_is_an_error(tapegrad_command: Run) -> None:
    found = tapegrad_command("check", "nosuchthing")
    assert (found.returncode, found.stdout) == (2, "")
    assert "'nosuchthing' is no source file" in found.stderr


def test_the_pytest_plugin_makes_torch_tapegrad(python: Run, tmp_path: Path) -> None:
    (tmp_path / "test_a.py").write_text("import torch\ndef test_a():\n    assert 'tapegrad' in torch.__file__\n")
    found = python("-m", "pytest", "-p", "tapegrad.pytest_plugin", "-p", "no:cacheprovider", "test_a.py")
    assert "1 passed" in found.stdout
    assert "torch: tapegrad" in found.stdout
