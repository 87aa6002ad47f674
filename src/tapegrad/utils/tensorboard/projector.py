"""Embeddings for TensorBoard's projector: files beside the events, and an entry for them in its configuration."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from .summary import as_array, grid


def encoded(tag: str) -> str:
    """A tag as the name of a folder."""
    for character, code in (("%", "%25"), ("/", "%2f"), ("\\", "%5c")):
        tag = tag.replace(character, code)
    return tag


def write_embedding(
    folder: Path, place: str, mat: Any, metadata: Any, label_img: Any, tag: str, step: str, header: Any
) -> Any:
    """Write the points, their labels and pictures; returns the entry of the configuration.

    Raises:
        AssertionError: the numbers of points, labels and pictures differ, or the points are no matrix.
    """
    from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo

    points = as_array(mat)
    target = folder / place
    if target.exists():
        print("warning: Embedding dir exists, did you set global_step for add_embedding()?")
    target.mkdir(parents=True, exist_ok=True)
    info = EmbeddingInfo(tensor_name=f"{tag}:{step}", tensor_path=f"{place}/tensors.tsv")
    if metadata is not None:
        if len(points) != len(metadata):
            raise AssertionError(
                f"#labels should equal with #data points. There are {len(metadata)} labels for {len(points)} points."
            )
        _write_rows(target / "metadata.tsv", metadata, header)
        info.metadata_path = f"{place}/metadata.tsv"
    if label_img is not None:
        pictures = as_array(label_img)
        if len(points) != len(pictures):
            raise AssertionError(
                f"#images should equal with #data points. There are {len(pictures)} images for {len(points)} points."
            )
        _write_sprite(target / "sprite.png", pictures)
        info.sprite.image_path = f"{place}/sprite.png"
        info.sprite.single_image_dim.extend([pictures.shape[3], pictures.shape[2]])
    if points.ndim != 2:
        raise AssertionError("mat should be 2D, where mat.size(0) is the number of data points")
    lines = ["\t".join(map(str, row)) + "\n" for row in points.tolist()]
    (target / "tensors.tsv").write_text("".join(lines), encoding="utf-8")
    return info


def _write_rows(path: Path, metadata: Any, header: Any) -> None:
    if not header:
        rows = [str(label) for label in metadata]
    else:
        if len(header) != len(metadata[0]):
            raise AssertionError("len of header must be equal to the number of columns in metadata")
        rows = ["\t".join(str(part) for part in row) for row in [header, *metadata]]
    path.write_text("".join(row + "\n" for row in rows), encoding="utf-8")


def _write_sprite(path: Path, pictures: Any) -> None:
    """All pictures in one that is square."""
    from PIL import Image

    side = math.ceil(math.sqrt(len(pictures)))
    sheet = grid(pictures, side)
    square = np.zeros((sheet.shape[1], sheet.shape[1], 3))
    square[: sheet.shape[0]] = sheet
    Image.fromarray(np.uint8((square * 255).clip(0, 255))).save(path)
