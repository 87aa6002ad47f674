"""Files of events: what both libraries write is the same, record by record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")

pytestmark = pytest.mark.filterwarnings("ignore")  # of the libraries that it imports


def numbers(*shape: int) -> Any:
    return np.random.default_rng(0).random(shape)


def scalars(lib: Any, writer: Any) -> None:
    writer.add_scalar("a", lib.tensor(1.5), 2, 5.0)
    writer.add_scalar("a", 2, 3, 5.0, new_style=True)
    writer.add_scalar("a", 2.5, 3, 5.0, new_style=True, double_precision=True)
    writer.add_scalar("a", 2.5, 3, 5.0, double_precision=True)


def scalars_of_one_picture(lib: Any, writer: Any) -> None:
    writer.add_scalars("x/y", {"first": 1.0, "second": 2.0}, 1, 5.0)


def histograms(lib: Any, writer: Any) -> None:
    writer.add_histogram("h", lib.tensor(numbers(100)), 2, walltime=5.0)
    writer.add_histogram("h", numbers(100), 2, bins="auto", walltime=5.0, max_bins=5)
    writer.add_histogram("h", np.arange(100.0), 2, bins=30, walltime=5.0, max_bins=7)
    writer.add_histogram("h", np.zeros(3), 2, walltime=5.0)
    writer.add_histogram_raw("h", 0.0, 2.0, 3, 3.0, 5.0, [1.0, 2.0, 3.0], [0.0, 1.0, 2.0], 3, 5.0)


def images(lib: Any, writer: Any) -> None:
    writer.add_image("i", lib.tensor(numbers(3, 4, 5)), 1, 5.0)
    writer.add_image("i", (numbers(4, 5, 3) * 255).astype(np.uint8), 1, 5.0, dataformats="HWC")
    writer.add_image("i", numbers(4, 5), 1, 5.0, dataformats="HW")
    writer.add_images("i", numbers(9, 1, 4, 5), 1, 5.0)
    boxes = np.array([[5, 5, 20, 20], [10, 2, 30, 30.0]])
    writer.add_image_with_boxes("i", numbers(3, 40, 50), boxes, 1, 5.0, labels=["x", "y"])
    writer.add_image_with_boxes("i", numbers(3, 40, 50), boxes, 1, 5.0, rescale=2)
    writer.add_image_with_boxes("i", numbers(3, 40, 50), boxes, 1, 5.0, labels=["only one"])


def sounds(lib: Any, writer: Any) -> None:
    writer.add_audio("s", lib.tensor(numbers(100) * 2.4 - 1.2), 1, 8000, 5.0)
    writer.add_audio("s", numbers(1, 10), 1, walltime=5.0)


def texts_and_tensors(lib: Any, writer: Any) -> None:
    writer.add_text("t", "*x*", 1, 5.0)
    for kind in (lib.float32, lib.float64, lib.int8, lib.int16, lib.int32, lib.int64, lib.uint8, lib.bool):
        writer.add_tensor("t", lib.arange(6).view(2, 3).to(kind), 1, 5.0)


def curves(lib: Any, writer: Any) -> None:
    labels, predictions = lib.tensor(numbers(50) > 0.5), lib.tensor(np.random.default_rng(1).random(50))
    writer.add_pr_curve("p", labels, predictions, 1, walltime=5.0)
    writer.add_pr_curve("p", labels, predictions, 1, 10, numbers(50), 5.0)
    writer.add_pr_curve_raw("p", [1, 2], [3, 4], [5, 6], [7, 8], [0.1, 0.2], [0.3, 0.4], 1, 2, None, 5.0)


def charts(lib: Any, writer: Any) -> None:
    writer.add_custom_scalars_multilinechart(["a", "b"])
    writer.add_custom_scalars_marginchart(["a", "b", "c"], "category", "title")
    writer.add_custom_scalars({"T": {"x": ["Multiline", ["a"]], "y": ["Margin", ["a", "b", "c"]]}, "U": {}})


def meshes(lib: Any, writer: Any) -> None:
    corners = lib.tensor([[[1.0, 1, 1], [-1, -1, 1], [1, -1, -1], [-1, 1, -1]]])
    colors, faces = lib.full((1, 4, 3), 255), lib.tensor([[[0, 2, 3], [0, 3, 1], [0, 1, 2], [1, 3, 2]]])
    writer.add_mesh("m", corners, colors, faces, None, 1, 5.0)
    writer.add_mesh("m", corners, config_dict={"camera": {"fov": 75}}, global_step=1, walltime=5.0)


def hyperparameters(lib: Any, writer: Any) -> None:
    chosen = {"lr": 0.1, "size": 2, "name": "sgd", "flag": True, "none": None, "t": lib.tensor([2.0])}
    writer.add_hparams(chosen, {"loss": 1, "accuracy": lib.tensor(0.5)}, run_name="first", global_step=3)
    domains = {"name": ["sgd", "adam"], "lr": [0.1, 0.2], "flag": [True, False]}
    writer.add_hparams(chosen, {"loss": 1}, domains, run_name="second")


def embeddings(lib: Any, writer: Any) -> None:
    writer.add_embedding(lib.tensor(numbers(5, 3)), list("abcde"), lib.tensor(numbers(5, 3, 4, 4)), 1, "tag%1")
    writer.add_embedding(lib.tensor(numbers(4, 2)), [["a", 1]] * 4, None, None, "de fault/x", ["n", "m"])
    writer.add_embedding(lib.tensor(numbers(4, 2)), label_img=lib.tensor(numbers(4, 1, 2, 2)))


WRITE = [
    scalars, scalars_of_one_picture, histograms, images, sounds, texts_and_tensors, curves, charts, meshes,
    hyperparameters, embeddings,
]  # fmt: skip


def records(folder: Path) -> Any:
    """All that a folder holds: the events of each file of events, the bytes of every other file."""
    from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if "tfevents" not in name:
            found[name] = path.is_dir() or path.read_bytes()
            continue
        events = found[name.partition("events.out")[0]] = []
        for event in LegacyEventFileLoader(str(path)).Load():
            event.wall_time = 5.0 if event.wall_time == 5.0 else 0.0
            event.ClearField("source_metadata")
            contents = [v.metadata.plugin_data.content for v in event.summary.value if "_hparams_" in v.tag]
            for value in event.summary.value:
                if "_hparams_" in value.tag:  # a mapping is serialised in any order
                    value.metadata.plugin_data.content = b""
            events.append((event, [HParamsPluginData.FromString(content) for content in contents]))
    return found


@pytest.mark.parametrize("write", WRITE, ids=[function.__name__ for function in WRITE])
def test_the_files_hold_the_same_records(write: Any, tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter as Theirs

    from tapegrad.utils.tensorboard import SummaryWriter as Ours

    for lib, kind, name in ((real, Theirs, "torch"), (ours, Ours, "tapegrad")):
        writer = kind(str(tmp_path / name))
        write(lib, writer)
        writer.close()
    expected, got = records(tmp_path / "torch"), records(tmp_path / "tapegrad")
    assert list(got) == list(expected)
    assert got == expected
    assert sum(len(x) for x in expected.values() if isinstance(x, list)) > 1 or len(expected) > 3


def test_every_method_of_the_writer_is_there() -> None:
    from torch.utils.tensorboard import SummaryWriter as Theirs

    from tapegrad.utils.tensorboard import SummaryWriter as Ours

    assert {n for n in vars(Theirs) if n.startswith("add_")} <= set(vars(Ours))
