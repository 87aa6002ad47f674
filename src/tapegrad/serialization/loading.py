"""`torch.load`."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
from collections.abc import Iterator
from typing import Any, Final

from .reading import Archive, placing, read_archive, read_legacy
from .rebuilding import Malformed
from .unpickling import UnsafeGlobal

_ZIP: Final = b"PK\x03\x04"
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
        weights_only: True or None. Files hold tensors, containers, and what `add_safe_globals` allows.
        mmap: leave the tensors' memory in the file until it is used; for paths only.

    Raises:
        pickle.UnpicklingError: the file names a class or function that is not allowed, or is no file of tensors; or
            `weights_only` is False.
        RuntimeError: the file is damaged, or holds tensors of another device.

    >>> import io
    >>> import tapegrad as torch
    >>> file = io.BytesIO()
    >>> torch.save([torch.arange(3)], file)
    >>> _ = file.seek(0)
    >>> torch.load(file)
    [tensor([0, 1, 2])]
    """
    if weights_only is False:
        raise pickle.UnpicklingError(
            "weights_only=False would run whatever code the file contains, which tapegrad never does. Leave it out; a"
            " class that the file needs can be allowed by torch.serialization.add_safe_globals([TheClass]). To convert"
            " a file that holds a whole model, load it once with PyTorch and save model.state_dict()."
        )
    if pickle_module is not None:
        raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
    if mmap and not isinstance(f, (str, os.PathLike)):
        raise ValueError("f must be a file path in order to use the mmap argument")
    place = placing(map_location)
    with opened(f) as file:
        begin = file.tell()
        head = file.read(4)
        file.seek(begin)
        if not head:
            raise EOFError("the file is empty")
        try:
            if head == _ZIP:
                source = file if begin == 0 else io.BytesIO(file.read())
                return read_archive(Archive(source, os.fspath(f) if mmap else None), place)
            if mmap:
                raise RuntimeError(
                    "mmap can only be used with files saved with `torch.save(_use_new_zipfile_serialization=True)`,"
                    " please torch.save your checkpoint with this option in order to use mmap."
                )
            return read_legacy(file.read(), place)
        except UnsafeGlobal as error:
            raise pickle.UnpicklingError(_refusal(str(error))) from None
        except Malformed as error:
            raise pickle.UnpicklingError(
                f"Weights only load failed. The file makes no sense: {error}.{_DOCS}"
            ) from None
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(f"Weights only load failed. WeightsUnpickler error: {error}{_DOCS}") from None
        except (MemoryError, RecursionError) as error:
            raise pickle.UnpicklingError(f"Weights only load failed. {type(error).__name__}.{_DOCS}") from None


def _refusal(what: str) -> str:
    return f"Weights only load failed. WeightsUnpickler error: {what}{_DOCS}"


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
