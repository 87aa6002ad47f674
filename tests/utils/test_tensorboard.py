"""SummaryWriter: what TensorBoard finds in the files; and what is said where it is not installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tapegrad as torch


def test_without_tensorboard_the_install_command_is_named() -> None:
    code = "import sys; sys.modules['tensorboard'] = None; import tapegrad.utils.tensorboard"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "torch.utils.tensorboard needs tensorboard: pip install tensorboard" in run.stderr


@pytest.fixture
def board() -> Any:
    pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")
    from tapegrad.utils import tensorboard

    return tensorboard


def found(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    read = EventAccumulator(str(folder))
    read.Reload()
    return read


@pytest.mark.filterwarnings("ignore")
def test_what_is_written_is_found(board: Any, tmp_path: Path) -> None:
    with board.SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", torch.tensor(step / 2, requires_grad=True), step, walltime=5.0)
        writer.add_histogram("w", torch.tensor([0.0, 1.0, 1.0]), 1)
        writer.add_image("picture", torch.rand(3, 4, 5))
        writer.add_images("row", torch.rand(2, 1, 4, 5))
        writer.add_text("note", "*hello*")
        writer.add_scalars("both", {"a": 1, "b": 2.5}, 7)
        assert writer.get_logdir() == str(tmp_path)
    read = found(tmp_path)
    assert [(e.step, e.value, e.wall_time) for e in read.Scalars("loss")] == [
        (0, 0.0, 5.0),
        (1, 0.5, 5.0),
        (2, 1.0, 5.0),
    ]
    histogram = read.Histograms("w")[0].histogram_value
    assert (histogram.num, histogram.min, histogram.max, histogram.sum, sum(histogram.bucket)) == (3, 0, 1, 2, 3)
    assert [(e.width, e.height) for tag in ("picture", "row") for e in read.Images(tag)] == [(5, 4), (10, 4)]
    assert read.Tensors("note/text_summary")[0].tensor_proto.string_val[0] == b"*hello*"
    assert found(tmp_path / "both_b").Scalars("both")[0].value == 2.5


@pytest.mark.filterwarnings("ignore")
def test_impossible_values_are_refused(board: Any, tmp_path: Path) -> None:
    with board.SummaryWriter(tmp_path) as writer:
        with pytest.raises(ValueError, match="scalar should be 0D"):
            writer.add_scalar("x", torch.ones(2))
        with pytest.raises(ValueError, match="The input has no element"):
            writer.add_histogram("x", np.zeros(0))
        with pytest.raises(ValueError, match="cannot have the shape"):
            writer.add_image("x", torch.ones(2))
