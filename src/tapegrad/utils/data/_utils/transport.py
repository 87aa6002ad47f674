"""How batches travel between processes: pickled, with the arrays in memory that both processes map.

A message is one pickle and the buffers that it left outside (pickle protocol 5), laid out one after the other. A small
message goes through the connection as bytes. A large one is written into an anonymous file in memory, whose descriptor
goes through the connection: the receiver maps the file and its arrays lie there, without a further copy. The file has
no name, so nothing is left behind however the processes end.

Where there are no such files (not Linux), or a descriptor cannot be had, all goes through the connection.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import struct
import weakref
from collections.abc import Sequence
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from typing import Any, Final

from ....tensor.tensor import Tensor

INLINE_LIMIT: Final = 32 * 1024
"""Messages up to this many bytes go through the connection, the buffer of which holds several of them."""

MAPPED_LIMIT: Final = 256
"""How many received files may be mapped at a time: each mapping takes up a descriptor, of which a process has few."""

ALIGNMENT: Final = 64

_PREFIX: Final = struct.Struct("<?q")  # whether a descriptor follows, number of parts
_mapped: weakref.WeakSet[mmap.mmap] = weakref.WeakSet()


class _Pickler(ForkingPickler):
    """Pickles tensors without the parts of their memory that they do not look at.

    A sample is often a row of the whole dataset.
    """

    def reducer_override(self, obj: Any) -> Any:
        if not isinstance(obj, Tensor):
            return NotImplemented
        if obj.requires_grad and not obj.is_leaf:
            raise RuntimeError(
                "Cowardly refusing to serialize non-leaf tensor which requires_grad, since autograd does not support"
                " crossing process boundaries.  If you just want to transfer the data, call detach() on the tensor"
                " before serializing (e.g., putting it on the queue)."
            )
        if type(obj) is Tensor and not obj.requires_grad and obj.untyped_storage().nbytes() > 2 * obj.nbytes + 1024:
            return obj.clone().__reduce_ex__(pickle.HIGHEST_PROTOCOL)
        return NotImplemented


def send(connection: Connection, obj: Any) -> None:
    """Send an object.

    Raises:
        OSError: the other side has closed the connection.
        Exception: whatever pickling raises; nothing has been sent then.
    """
    out_of_band: list[pickle.PickleBuffer] = []
    stream = io.BytesIO()
    _Pickler(stream, pickle.HIGHEST_PROTOCOL, True, out_of_band.append).dump(obj)
    parts = [stream.getbuffer(), *(buffer.raw() for buffer in out_of_band)]
    sizes = [part.nbytes for part in parts]
    total = _offsets(sizes)[-1]
    descriptor = _written(parts, sizes) if total > INLINE_LIMIT else None
    header = _PREFIX.pack(descriptor is not None, len(parts)) + struct.pack(f"<{len(sizes)}q", *sizes)
    if descriptor is None:
        connection.send_bytes(b"".join([header, *_padded(parts, sizes)]))
        return
    try:
        connection.send_bytes(header)
        _send_descriptor(connection, descriptor)
    finally:
        os.close(descriptor)


def receive(connection: Connection) -> Any:
    """The next object.

    Raises:
        EOFError: the other side is gone, perhaps in the midst of a message.
        Exception: whatever unpickling raises; the connection can be used further.
    """
    try:
        message = connection.recv_bytes()
    except OSError as error:
        raise EOFError from error
    has_descriptor, count = _PREFIX.unpack_from(message)
    sizes = struct.unpack_from(f"<{count}q", message, _PREFIX.size)
    offsets = _offsets(sizes)
    if has_descriptor:
        memory = _mapping(_receive_descriptor(connection), offsets[-1])
    else:
        # A copy, as arrays over bytes could not be written into.
        memory = memoryview(bytearray(memoryview(message)[_PREFIX.size + 8 * count :]))
    head, *buffers = [memory[start : start + size] for start, size in zip(offsets, sizes, strict=False)]
    return pickle.loads(head, buffers=buffers)


def _offsets(sizes: Sequence[int]) -> list[int]:
    """Where each part begins, and at last where all ends."""
    offsets = [0]
    for size in sizes:
        offsets.append(offsets[-1] + -(-size // ALIGNMENT) * ALIGNMENT)
    return offsets


def _padded(parts: Sequence[memoryview], sizes: Sequence[int]) -> list[Any]:
    padded: list[Any] = []
    for part, size in zip(parts, sizes, strict=True):
        padded += (part, bytes(-size % ALIGNMENT))
    return padded


def _written(parts: Sequence[memoryview], sizes: Sequence[int]) -> int | None:
    """The descriptor of a file in memory that holds the parts; None if there cannot be one."""
    if not hasattr(os, "memfd_create"):
        return None
    try:
        descriptor = os.memfd_create("tapegrad-batch", os.MFD_CLOEXEC)
    except OSError:
        return None
    try:
        *starts, total = _offsets(sizes)
        os.ftruncate(descriptor, total)
        for part, start in zip(parts, starts, strict=True):
            done = 0
            while done < part.nbytes:
                done += os.pwrite(descriptor, part[done:], start + done)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _mapping(descriptor: int, size: int) -> memoryview:
    """The file's content: mapped, or read if many are mapped already. Closes the descriptor."""
    try:
        if len(_mapped) < MAPPED_LIMIT:
            try:
                mapping = mmap.mmap(descriptor, size)
                _mapped.add(mapping)
                return memoryview(mapping)
            except OSError:  # no descriptor left for the mapping
                pass
        content = memoryview(bytearray(size))
        done = 0
        while done < size:
            done += os.preadv(descriptor, [content[done:]], done)
        return content
    finally:
        os.close(descriptor)


def _send_descriptor(connection: Connection, descriptor: int) -> None:
    import socket

    with socket.socket(fileno=os.dup(connection.fileno())) as sock:
        socket.send_fds(sock, [b"\0"], [descriptor])


def _receive_descriptor(connection: Connection) -> int:
    import socket

    with socket.socket(fileno=os.dup(connection.fileno())) as sock:
        byte, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
    if not byte:
        raise EOFError
    if not descriptors:
        raise RuntimeError(
            "Too many open files. Communication with the workers is no longer possible. Please increase the limit using"
            " `ulimit -n` in the shell."
        )
    return descriptors[0]
