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
        with pytest.raises(AssertionError, match="Tensor should contain one element"):
            writer.add_scalar("x", torch.ones(2))
        with pytest.raises(ValueError, match="The input has no element"):
            writer.add_histogram("x", np.zeros(0))
        with pytest.raises(AssertionError, match="size of input tensor and input format are different"):
            writer.add_image("x", torch.ones(2))
        with pytest.raises(AssertionError, match="dimension shorthand twice"):
            writer.add_image("x", torch.ones(2, 2), dataformats="HH")
        with pytest.raises(AssertionError, match="input tensor should be 1 dimensional"):
            writer.add_audio("x", torch.ones(2, 2))
        with pytest.raises(ValueError, match=r"has the dimensions \(N, T, C, H, W\)"):
            writer.add_video("x", torch.ones(2, 2))
        with pytest.raises(ValueError, match="There are 1 limits and 2 counts"):
            writer.add_histogram_raw("x", 0, 1, 1, 1, 1, [1.0], [1.0, 2.0])
        with pytest.raises(ValueError, match="complex64 cannot be recorded"):
            writer.add_tensor("x", torch.ones(2, dtype=torch.complex64))
        with pytest.raises(ValueError, match="value should be one of"):
            writer.add_hparams({"x": [1]}, {})
        with pytest.raises(AssertionError, match="#labels should equal with #data points"):
            writer.add_embedding(torch.ones(2, 2), ["one"])
        for refused in (writer.add_graph, writer.add_onnx_graph):
            with pytest.raises(NotImplementedError, match=refused.__name__):
                refused("x")


@pytest.mark.filterwarnings("ignore")
def test_sounds_videos_and_tensors_are_found(board: Any, tmp_path: Path) -> None:
    with board.SummaryWriter(tmp_path) as writer:
        writer.add_audio("sound", torch.linspace(-1, 1, 50), 3, sample_rate=8000)
        writer.add_video("film", torch.rand(2, 3, 1, 4, 5))
        writer.add_tensor("t", torch.arange(6).view(2, 3))
    read = found(tmp_path)
    sound = read.Audio("sound")[0]
    assert (sound.step, sound.sample_rate, sound.length_frames, sound.encoded_audio_string[:4]) == (
        3,
        8000,
        50,
        b"RIFF",
    )
    film = read.Images("film")[0]
    assert (film.width, film.height, film.encoded_image_string[:6]) == (10, 4, b"GIF89a")
    assert read.Tensors("t")[0].tensor_proto.int64_val == [0, 1, 2, 3, 4, 5]


@pytest.mark.filterwarnings("ignore")
def test_a_curve_of_precision_and_recall_counts_what_is_above_each_threshold(board: Any, tmp_path: Path) -> None:
    with board.SummaryWriter(tmp_path) as writer:
        writer.add_pr_curve("pr", torch.tensor([1, 0, 1]), torch.tensor([0.9, 0.6, 0.2]), num_thresholds=3)
    values = np.array(found(tmp_path).Tensors("pr")[0].tensor_proto.float_val).reshape(6, 3)
    assert values.tolist()[:4] == [[2, 1, 0], [1, 1, 0], [0, 0, 1], [0, 1, 2]]
    np.testing.assert_allclose(values[4:], [[2 / 3, 0.5, 0], [1, 0.5, 0]])


@pytest.mark.filterwarnings("ignore")
def test_an_embedding_is_files_that_the_projector_finds(board: Any, tmp_path: Path) -> None:
    with board.SummaryWriter(tmp_path) as writer:
        writer.add_embedding(torch.eye(3), ["a", "b", "c"], torch.rand(3, 1, 4, 4), 7, "first/tag")
    folder = tmp_path / "00007" / "first%2ftag"
    assert (folder / "metadata.tsv").read_text() == "a\nb\nc\n"
    assert (folder / "tensors.tsv").read_text().split() == "1.0 0.0 0.0 0.0 1.0 0.0 0.0 0.0 1.0".split()
    assert (folder / "sprite.png").read_bytes()[:4] == b"\x89PNG"
    assert 'tensor_name: "first/tag:00007"' in (tmp_path / "projector_config.pbtxt").read_text()
