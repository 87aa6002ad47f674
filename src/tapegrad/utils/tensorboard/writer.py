"""`SummaryWriter`: files of events that TensorBoard shows."""

from __future__ import annotations

import io
import os
import socket
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from . import plugins
from . import summary as records
from .projector import encoded, write_embedding


class SummaryWriter:
    """Writes what a program computes to a folder, for `tensorboard --logdir runs`.

    Args:
        log_dir: the folder; by default `runs/`, the time, and the machine's name.
        comment: what stands at the end of the default name.
        purge_step: events from this step on that an earlier, crashed run has written are not shown.
        max_queue: how many events may wait before they are written.
        flush_secs: how often the file is written, in seconds.
        filename_suffix: what stands at the end of the file's name.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ) -> None:
        if not log_dir:
            now = datetime.now().strftime("%b%d_%H-%M-%S")
            log_dir = os.path.join("runs", f"{now}_{socket.gethostname()}{comment}")
        self.log_dir = os.fspath(log_dir)
        self._options = (max_queue, flush_secs, filename_suffix)
        self._purge_step = purge_step
        self._files: dict[str, EventFileWriter] = {}
        self._projector = ProjectorConfig()
        self._file(self.log_dir)

    def _file(self, folder: str) -> Any:
        """The file of a folder; opened anew after `close`."""
        if folder not in self._files:
            self._files[folder] = EventFileWriter(folder, *self._options)
            if self._purge_step is not None:
                step = self._purge_step
                self._files[folder].add_event(Event(step=step, file_version="brain.Event:2", wall_time=time.time()))
                log = SessionLog(status=SessionLog.START)
                self._files[folder].add_event(Event(step=step, session_log=log, wall_time=time.time()))
        return self._files[folder]

    def _add(self, summary: Any, step: Any, walltime: float | None, folder: str | None = None) -> None:
        event = Event(summary=summary, wall_time=time.time() if walltime is None else walltime)
        if step is not None:
            event.step = int(step)
        self._file(folder or self.log_dir).add_event(event)

    def get_logdir(self) -> str:
        """The folder."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """Add a number to a curve.

        Args:
            tag: the curve's name; names with a slash are grouped.
            scalar_value: a number, or a tensor of one element.
            global_step: where on the horizontal axis.
            walltime: seconds since 1970; by default now.
        """
        self._add(records.scalar(tag, scalar_value, double_precision, new_style), global_step, walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: dict[str, Any],
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a number to each of several curves in one picture; each has a folder of its own."""
        for name, value in tag_scalar_dict.items():
            folder = os.path.join(self.log_dir, f"{main_tag.replace('/', '_')}_{name}")
            self._add(records.scalar(main_tag, value), global_step, walltime, folder)

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: int | None = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """Add the distribution of values, such as those of a parameter."""
        self._add(records.histogram(tag, values, bins, max_bins), global_step, walltime)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Add a picture: bytes, or numbers from 0 to 1, of the dimensions that `dataformats` names."""
        self._add(records.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Add several pictures side by side."""
        self._add(records.image(tag, img_tensor, dataformats), global_step, walltime)

    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: int | None = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Any = None,
    ) -> None:
        """Add a picture with rectangles drawn into it.

        Args:
            box_tensor: left, top, right and bottom of each, shape (boxes, 4).
            labels: a text for each, or one for the only one; as in torch, none is drawn if there are more or fewer.
        """
        boxes = records.as_array(box_tensor).reshape(-1, 4).tolist()
        texts: list[Any] = [labels] if isinstance(labels, str) else list(labels or ())
        if len(texts) != len(boxes):
            texts = [None] * len(boxes)
        content = records.image(tag, img_tensor, dataformats, rescale, list(zip(boxes, texts, strict=True)))
        self._add(content, global_step, walltime)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: int | None = None,
        fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Add moving pictures of shape (N, T, C, H, W)."""
        self._add(records.video(tag, vid_tensor, fps), global_step, walltime)

    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: int | None = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Add a sound: numbers from -1 to 1."""
        self._add(records.audio(tag, snd_tensor, sample_rate), global_step, walltime)

    def add_figure(
        self, tag: str, figure: Any, global_step: int | None = None, close: bool = True, walltime: float | None = None
    ) -> None:
        """Add a figure of Matplotlib's, which is closed unless `close` is False; or a list of them."""
        import numpy as np
        from PIL import Image

        pages = []
        for page in figure if isinstance(figure, list) else [figure]:
            file = io.BytesIO()
            page.savefig(file, format="png", dpi="figure")
            pages.append(np.asarray(Image.open(file).convert("RGB")))
            if close:
                from matplotlib import pyplot

                pyplot.close(page)
        self._add(records.image(tag, np.stack(pages), "NHWC"), global_step, walltime)

    def add_text(
        self, tag: str, text_string: str, global_step: int | None = None, walltime: float | None = None
    ) -> None:
        """Add a text, which is shown as Markdown."""
        self._add(records.text(tag, text_string), global_step, walltime)

    def add_tensor(self, tag: str, tensor: Any, global_step: int | None = None, walltime: float | None = None) -> None:
        """Add a tensor, as it is."""
        self._add(plugins.tensor_proto(tag, tensor), global_step, walltime)

    def add_histogram_raw(
        self,
        tag: str,
        min: float,
        max: float,
        num: float,
        sum: float,
        sum_squares: float,
        bucket_limits: Any,
        bucket_counts: Any,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a distribution whose bins were counted already.

        Raises:
            ValueError: there are not as many limits as counts.
        """
        if len(bucket_limits) != len(bucket_counts):
            raise ValueError(
                "len(bucket_limits) != len(bucket_counts), see the document."
                f" There are {len(bucket_limits)} limits and {len(bucket_counts)} counts."
            )
        content = records.histogram_raw(tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts)
        self._add(content, global_step, walltime)

    def add_pr_curve(
        self,
        tag: str,
        labels: Any,
        predictions: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add a curve of precision and recall; see `plugins.pr_curve`."""
        self._add(plugins.pr_curve(tag, labels, predictions, num_thresholds, weights), global_step, walltime)

    def add_pr_curve_raw(
        self,
        tag: str,
        true_positive_counts: Any,
        false_positive_counts: Any,
        true_negative_counts: Any,
        false_negative_counts: Any,
        precision: Any,
        recall: Any,
        global_step: int | None = None,
        num_thresholds: int = 127,
        weights: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add a curve of precision and recall from numbers that are there already."""
        counts = (true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts)
        content = plugins.pr_curve_raw(tag, *counts, precision, recall, num_thresholds=num_thresholds)
        self._add(content, global_step, walltime)

    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: Any = None,
        global_step: int | None = None,
        walltime: float | None = None,
    ) -> None:
        """Add a body in space; see `plugins.mesh`."""
        self._add(plugins.mesh(tag, vertices, colors, faces, config_dict), global_step, walltime)

    def add_custom_scalars(self, layout: dict[str, dict[str, Any]]) -> None:
        """Say how curves are arranged in charts; see `plugins.custom_scalars`."""
        self._add(plugins.custom_scalars(layout), None, None)

    def add_custom_scalars_multilinechart(
        self, tags: list[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show several curves in one picture."""
        self.add_custom_scalars({category: {title: ["Multiline", tags]}})

    def add_custom_scalars_marginchart(
        self, tags: list[str], category: str = "default", title: str = "untitled"
    ) -> None:
        """Show a curve between two others: its name, the lower one's, the upper one's."""
        self.add_custom_scalars({category: {title: ["Margin", tags]}})

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: int | None = None,
    ) -> None:
        """Add the hyperparameters of a run and what came of it, in a folder of its own.

        Args:
            hparam_dict: numbers, strings, bools or tensors of one element by name.
            metric_dict: numbers by name.
            hparam_domain_discrete: the values that there are to choose from, by name.
            run_name: the folder's name; by default the time.
        """
        parts = plugins.hparams(hparam_dict, metric_dict, hparam_domain_discrete)
        with SummaryWriter(os.path.join(self.log_dir, run_name or str(time.time()))) as run:
            for part in parts:
                run._add(part, global_step, None)
            for name, value in metric_dict.items():
                run.add_scalar(name, value, global_step)

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: int | None = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        """Add points in space, with labels and pictures, for the projector.

        Args:
            mat: shape (points, dimensions).
            metadata: a label for each point; with a header, a row of labels for each.
            label_img: a picture for each, shape (points, C, H, W).

        Raises:
            AssertionError: their numbers differ.
        """
        from google.protobuf import text_format

        step = str(global_step or 0).zfill(5)
        place = f"{step}/{encoded(tag)}"
        folder = Path(self.log_dir)
        entry = write_embedding(folder, place, mat, metadata, label_img, tag, step, metadata_header)
        self._projector.embeddings.append(entry)
        config = text_format.MessageToString(self._projector)
        (folder / "projector_config.pbtxt").write_text(config, encoding="utf-8")

    def add_graph(
        self, model: Any, input_to_model: Any = None, verbose: bool = False, use_strict_trace: bool = True
    ) -> None:
        """Refused: torch writes the graph of TorchScript, which there is not.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError(
            "add_graph shows the graph that torch.jit.trace makes, which tapegrad does not have. print(model) and"
            " tapegrad.summary(model, input) show the layers; `tapegrad tour` and grad_fn.next_functions the graph."
        )

    def add_onnx_graph(self, prototxt: Any) -> None:
        """Refused: ONNX files are neither written nor read.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("add_onnx_graph shows a file of ONNX's, which tapegrad neither writes nor reads")

    def flush(self) -> None:
        """Write all events that wait."""
        for file in self._files.values():
            file.flush()

    def close(self) -> None:
        """Write all events, and close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
