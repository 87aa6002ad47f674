"""Damaged and hostile variants of files, and what must hold of reading any of them.

Used by the tests, which try some hundreds, and by `python -m conformance.mutated_files`, which tries as many as it is
told.
"""

from __future__ import annotations

import io
import pickle
import random
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CLEAR = (pickle.UnpicklingError, RuntimeError, ValueError, EOFError)
"""The errors that say that a file cannot be read; another one is a mistake of ours."""

MOST_MEMORY = 2**23
"""How many bytes reading a file of a few kilobytes may use."""

# What Python reports when code is compiled or run, modules are imported, programs started, files or sockets opened.
ACTS = frozenset(
    "compile exec import open os.system os.exec os.fork os.posix_spawn subprocess.Popen socket.connect ctypes.dlopen"
    " os.remove os.rename os.mkdir shutil.rmtree".split()
)


class Watch:
    """Notes what the program does to the world while a file is read."""

    def __init__(self) -> None:
        self.on = False
        self.seen: list[str] = []
        sys.addaudithook(self._note)

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.on and event in ACTS:
            self.seen.append(f"{event}{arguments!r:.100}")


@dataclass
class Tally:
    """How the files of a run fared."""

    loaded: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def tried(self) -> int:
        """How many files there were."""
        return self.loaded + sum(self.refused.values()) + len(self.wrong)


def try_file(read: Callable[[bytes], Any], content: bytes, watch: Watch, tally: Tally) -> None:
    """Read one file, and note what happened."""
    tracemalloc.reset_peak()
    before = tracemalloc.get_traced_memory()[0]
    watch.seen.clear()
    watch.on = True
    try:
        touch(read(content), set())
    except CLEAR as error:
        watch.on = False
        kind = type(error).__name__
        tally.refused[kind] = tally.refused.get(kind, 0) + 1
        if not str(error):
            tally.wrong.append(("an error without a message", content))
    except BaseException as error:  # whatever else is raised is what we look for
        watch.on = False
        tally.wrong.append((f"{type(error).__name__}: {error!s:.200}", content))
        if isinstance(error, KeyboardInterrupt):
            raise
    else:
        watch.on = False
        tally.loaded += 1
    if watch.seen:
        tally.wrong.append((f"did {watch.seen[:3]}", content))
    used = tracemalloc.get_traced_memory()[1] - before
    if used > MOST_MEMORY:
        tally.wrong.append((f"used {used} bytes", content))


def touch(x: Any, seen: set[int]) -> None:
    """Look at the first and last element of every tensor: it must lie in memory that is there."""
    left = [x]
    while left:
        x = left.pop()
        if id(x) in seen:
            continue
        seen.add(id(x))
        if hasattr(x, "untyped_storage"):
            if x.numel():
                x[(0,) * x.ndim].item()
                x[(-1,) * x.ndim].item()
        elif isinstance(x, dict):
            left.extend(x.values())
        elif isinstance(x, (list, tuple)):
            left.extend(x)


# -- ways to damage ----------------------------------------------------------------------------------------------------

Mutation = Callable[[random.Random, bytes, bytes], bytes]


def flip_bits(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Some bits are turned over."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 8, 64))):
        made[rng.randrange(len(made))] ^= 1 << rng.randrange(8)
    return bytes(made)


def set_bytes(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Some bytes become others, among them the largest and smallest numbers."""
    made = bytearray(content)
    for _ in range(rng.choice((1, 2, 4, 16))):
        made[rng.randrange(len(made))] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
    return bytes(made)


def set_number(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Four or eight bytes become a number that is special."""
    size = rng.choice((2, 4, 8))
    at = rng.randrange(max(1, len(content) - size))
    number = rng.choice((0, 1, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**63, 2**64 - 1, rng.randrange(2**16)))
    return content[:at] + (number % 256**size).to_bytes(size, "little") + content[at + size :]


def truncate(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """The end is missing; or the beginning."""
    at = rng.randrange(len(content))
    return content[:at] if rng.random() < 0.8 else content[at:]


def insert(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Something is put in between."""
    at = rng.randrange(len(content) + 1)
    return content[:at] + rng.randbytes(rng.choice((1, 2, 8, 100))) + content[at:]


def delete(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Something is missing in between."""
    at = rng.randrange(len(content))
    return content[:at] + content[at + rng.choice((1, 2, 8, 100)) :]


def repeat(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """A part stands twice."""
    begin, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[begin:]


def splice(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """The beginning of one file and the end of another."""
    return content[: rng.randrange(len(content))] + other[rng.randrange(len(other)) :]


ANYWHERE: tuple[Mutation, ...] = (flip_bits, set_bytes, set_number, truncate, insert, delete, repeat, splice)

HOSTILE_OPCODES = (
    b"cposix\nsystem\nX\x04\x00\x00\x00echo\x85R",
    b"cbuiltins\neval\nX\x01\x00\x00\x001\x85R",
    b"c__builtin__\nexec\nX\x04\x00\x00\x00pass\x85R",
    b"\x8c\x02os\x8c\x06system\x93\x8c\x02ls\x85R",
    b"ctorch._utils\n_rebuild_tensor_v2\n)R",
    b"ctorch\nTensor\n(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ftR",
    b"ctorch\nSize\n(J\xff\xff\xff\xfftR",
    b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R",
    b"ctorch\nFloatStorage\nJ\xff\xff\xff\x7f\x85R",
    b"ccollections\nOrderedDict\n)R}X\x05\x00\x00\x00itemsNsb",
    b"\x8b\xff\xff\xff\x7f",
    b"X\xff\xff\xff\xff",
    b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"(" * 100,
    b"]" + b"\x85" * 200 + b"0",
    b"2" * 50,
    b"h\x00h\x00\x86" + b"2\x86" * 40,
    b"N)\x81",
    b"}b",
    b"Nb",
    b"(lp0\n",
    b"q\xff",
    b"h\xff",
    b"0",
    b"1",
    b"(dR",
    b"\x94",
    b"Q",
)


def hostile_pickle(rng: random.Random, body: bytes, other: bytes) -> bytes:
    """Instructions are put into a pickle, or exchanged."""
    made = body
    for _ in range(rng.choice((1, 1, 2, 5))):
        at = rng.randrange(2, max(3, len(made)))
        made = made[:at] + rng.choice(HOSTILE_OPCODES) + made[at + rng.choice((0, 0, 1, 5)) :]
    return made


def in_archive(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Records of an archive are damaged, exchanged, left out, packed, with checksums that are right."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            records = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:
        return flip_bits(rng, content, other)
    for _ in range(rng.choice((1, 1, 2))):
        i, j = rng.randrange(len(records)), rng.randrange(len(records))
        name, body = records[i]
        way = rng.randrange(7)
        if way < 3:
            way_of_damage = rng.choice((*ANYWHERE[:-1], hostile_pickle, hostile_pickle))
            records[i] = name, way_of_damage(rng, body or b"\0", other)
        elif way == 3:
            records[i], records[j] = (name, records[j][1]), (records[j][0], body)
        elif way == 4 and len(records) > 1:
            del records[i]
        elif way == 5:
            records[i] = rng.choice(("../../etc/x", "/abs", name + "/", "archive/data/../0", "a" * 200)), body
        else:
            records[i] = name, rng.choice((b"", bytes(2**20), body * 2))
    pickles = [i for i, (name, _) in enumerate(records) if name.endswith("data.pkl")]
    if pickles and rng.random() < 0.5:
        name, body = records[pickles[0]]
        records[pickles[0]] = name, rng.choice((set_number, set_bytes, hostile_pickle))(rng, body or b"\0", other)
    return zipped(
        records, rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
    )


def zipped(records: list[tuple[str, bytes]], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of records."""
    import warnings

    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", method) as archive:
        warnings.simplefilter("ignore")  # a name may stand twice
        for name, body in records:
            archive.writestr(zipfile.ZipInfo(name), body, method)
    return file.getvalue()


def zip_headers(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """A field in one of an archive's headers is changed."""
    marks = [at for at in range(len(content) - 4) if content[at : at + 4] in (b"PK\1\2", b"PK\3\4", b"PK\5\6")]
    if not marks:
        return set_number(rng, content, other)
    made = bytearray(content)
    for _ in range(rng.choice((1, 1, 3))):
        at = rng.choice(marks) + rng.randrange(4, 46)
        size = rng.choice((1, 2, 4))
        number = rng.choice((0, 1, 0xFF, 0xFFFF, 0xFFFFFFFF, rng.randrange(2**16)))
        made[at : at + size] = (number % 256**size).to_bytes(size, "little")
    return bytes(made)


def safetensors_header(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """A number or word in the header of a safetensors file is changed, and its length is right."""
    if len(content) < 8:
        return content
    (length,) = struct.unpack("<Q", content[:8])
    header, rest = content[8 : 8 + length], content[8 + length :]
    words = [b"0", b"-1", b"1e400", b"9" * 30, b"[" * 5000, b'"F64"', b"null", b"{}", b'"w":', b"18446744073709551616"]
    at = rng.randrange(max(1, len(header)))
    header = header[:at] + rng.choice(words) + header[at + rng.choice((0, 1, 3, 10)) :]
    return struct.pack("<Q", len(header)) + header + rest


def mutated(rng: random.Random, kind: str, content: bytes, other: bytes) -> bytes:
    """A damaged variant of a file of one of the kinds 'zip', 'legacy', 'safetensors', 'npz'."""
    special: dict[str, tuple[Mutation, ...]] = {
        "zip": (in_archive, in_archive, in_archive, zip_headers),
        "npz": (in_archive, in_archive, zip_headers),
        "legacy": (hostile_pickle, hostile_pickle),
        "safetensors": (safetensors_header, safetensors_header),
    }
    ways = special[kind] if rng.random() < 0.6 else ANYWHERE
    made = rng.choice(ways)(rng, content, other)
    if rng.random() < 0.1 and made:
        made = rng.choice(ANYWHERE)(rng, made, other)
    return made
