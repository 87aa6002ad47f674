"""`torch.load`."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections.abc import Iterator
from typing import Any, Final

from .legacy import read_legacy
from .malformed import Malformed
from .options import MAP_SHARED, get_default_mmap_options
from .placing import placing
from .reading import Archive, read_archive
from .sparse import indices_checked
from .unpickling import Machine, NeedsCode, UnsafeGlobal

_ZIP: Final = b"PK\x03\x04"
_TAR: Final = b"ustar"
_TAR_AT: Final = 257
_DOCS: Final = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only"
    " https://pytorch.org/docs/stable/generated/torch.load.html."
)


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    **pickle_load_args: Any,
) -> Any:
    """Read what `torch.save` has written, here or with PyTorch, without running code from the file.

    Args:
        f: a path, or a file that can be read from and seeked.
        map_location: where tensors saved from other devices go: 'cpu', a device, a dictionary from and to names, or a
            function of storage and name.
        pickle_module: None; another one could run code.
        weights_only: True or None: files hold tensors, containers, and what `add_safe_globals` allows. False: whole
            models, too, of classes that the program has imported; no code is run all the same (see `models`).
        mmap: leave the tensors' memory in the file until it is used; for paths only.

    Raises:
        pickle.UnpicklingError: the file names a class or function that is not allowed, or is no file of tensors.
        RuntimeError: the file is damaged, or holds tensors of another device.

    >>> import io
    >>> import tapegrad as torch
    >>> file = io.BytesIO()
    >>> torch.save([torch.arange(3)], file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    [tensor([0, 1, 2])]
    """
    if pickle_module is not None:
        raise RuntimeError(
            "Can not safely load weights when explicit pickle_module is specified. Leave pickle_module out: tapegrad"
            " never runs a file's code, which another unpickler would do."
        )
    machine = Machine if weights_only is None or weights_only else _model_machine()
    is_path = isinstance(f, (str, os.PathLike))
    if mmap and not is_path:
        raise ValueError("f must be a file path in order to use the mmap argument")
    with opened(f) as file:
        begin = file.tell()
        try:
            if is_archive(file):
                shared = get_default_mmap_options() == MAP_SHARED
                source = io.BytesIO(file.read()) if begin else file
                archive = Archive(source, os.fspath(f) if mmap else None, shared)
                with indices_checked():
                    return read_archive(archive, placing(map_location), machine)
            if mmap:
                raise RuntimeError(
                    "mmap can only be used with files saved with"
                    f" `torch.save({f}, _use_new_zipfile_serialization=True),"
                    " please torch.save your checkpoint with this option in order to use mmap."
                )
            body = file.read()
            if not body:
                raise EOFError("Ran out of input: the file is empty, or was read to its end; file.seek(0) goes back.")
            if body[_TAR_AT : _TAR_AT + len(_TAR)] == _TAR:
                raise RuntimeError(
                    "Cannot use ``weights_only=True`` with files saved in the legacy .tar format. They are older than"
                    " PyTorch 0.2: load it once with PyTorch and save it again."
                )
            with indices_checked():
                made, end = read_legacy(body, placing(map_location), machine)
            file.seek(begin + end)
            return made
        except (Malformed, pickle.UnpicklingError, MemoryError, RecursionError) as error:
            # What the machine was doing is of no use to the reader, except where an error was behind it.
            raise pickle.UnpicklingError(_refusal(error)) from error.__cause__


def _model_machine() -> type[Machine]:
    from .models import ModelMachine

    return ModelMachine


def _refusal(error: BaseException) -> str:
    if isinstance(error, NeedsCode):
        return str(error)
    if isinstance(error, UnsafeGlobal):
        return f"Weights only load failed. WeightsUnpickler error: {error}{_DOCS}"
    if isinstance(error, Malformed):
        return f"Weights only load failed. The file makes no sense: it has {error}.{_DOCS}"
    return f"Weights only load failed. WeightsUnpickler error: {error or type(error).__name__}{_DOCS}"


@contextlib.contextmanager
def opened(f: Any) -> Iterator[Any]:
    """A path opened for reading, or the file that was given."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            yield file
        return
    for name in ("seek", "read", "tell"):
        if not hasattr(f, name):
            raise AttributeError(
                f"'{type(f).__name__}' object has no attribute '{name}'. You can only torch.load from a file that is"
                " seekable. Please pre-load the data into a buffer like io.BytesIO and try to load from it instead."
            )
    yield f


def is_archive(file: Any) -> bool:
    """Whether what follows in a file is in the zip format."""
    begin = file.tell()
    head = file.read(len(_ZIP))
    file.seek(begin)
    return bool(head == _ZIP)
