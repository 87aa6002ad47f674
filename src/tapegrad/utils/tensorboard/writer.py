"""`SummaryWriter`: files of events that TensorBoard shows."""

from __future__ import annotations

import io
import os
import socket
import time
from datetime import datetime
from typing import Any, Self

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from . import summary as records


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
