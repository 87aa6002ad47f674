"""Running the cells of a tutorial, with `import torch` finding tapegrad and the output shown as it comes."""

import io
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from tapegrad.torch_alias import install_as_torch, uninstall_torch_alias
from tapegrad.tour.lessons import Lesson
from tapegrad.tour.percent import Cell


@contextmanager
def torch_is_tapegrad() -> Iterator[None]:
    """For the length of the block `import torch` gives tapegrad.

    Raises:
        RuntimeError: the real torch is already imported.
    """
    was_so_before = sys.modules.get("torch") is sys.modules["tapegrad"]
    install_as_torch()
    try:
        yield
    finally:
        if not was_so_before:
            uninstall_torch_alias()


class LineWriter(io.TextIOBase):
    """A stream that hands on whole lines, each as soon as it is complete."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._unfinished = ""

    def write(self, text: str) -> int:
        *complete, self._unfinished = (self._unfinished + text).split("\n")
        for line in complete:
            self._show(line)
        return len(text)

    def finish(self) -> None:
        """Hand on what was written without a newline at its end."""
        if self._unfinished:
            self._show(self._unfinished)
            self._unfinished = ""


class Session:
    """The variables of one tutorial, and the running of its cells on them."""

    def __init__(self, lesson: Lesson) -> None:
        self._lesson = lesson
        self.variables: dict[str, Any] = {"__name__": "__main__"}

    def run(self, cell: Cell, show: Callable[[str], None]) -> str | None:
        """Run a code cell; `show` gets each line it prints.

        Returns:
            None, or, if the cell raised an exception, its traceback. Line numbers are those of the script.
        """
        writer = LineWriter(show)
        try:
            with redirect_stdout(writer):
                exec(self._compile(cell), self.variables)
        except BrokenPipeError:
            raise  # not the cell's doing: nobody reads what `show` writes
        except Exception as error:
            frames = error.__traceback__.tb_next if error.__traceback__ else None  # the first frame is this one
            return "".join(traceback.format_exception(type(error), error, frames)).rstrip()
        finally:
            writer.finish()
        return None

    def _compile(self, cell: Cell) -> Any:
        return compile("\n" * (cell.line - 1) + cell.source, str(self._lesson.path), "exec")
