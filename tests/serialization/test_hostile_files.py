"""Files made to do harm: each is refused, quickly and within bounded memory."""

from __future__ import annotations

import io
import pickle
import random
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import safetensors
from tapegrad.ops.deferred import load_all
from tapegrad.serialization.reading import Archive, read_archive

from .mutations import CLEAR, MOST_MEMORY, Tally, Watch, mutated, try_file, zipped

HEAD = b"\x80\x02"


def text(s: str) -> bytes:
    return b"X" + struct.pack("<I", len(s)) + s.encode()


def archive(body: bytes, records: dict[str, bytes] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    """A file whose pickle is `body`."""
    return zipped(
        [
            ("archive/data.pkl", body),
            ("archive/version", b"3\n"),
            *((f"archive/{k}", v) for k, v in (records or {}).items()),
        ],
        method,
    )


def tensor(
    numel: int, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], kind: str = "FloatStorage"
) -> bytes:
    """A pickle of a tensor over storage 0."""

    def numbers(items: tuple[int, ...]) -> bytes:
        return b"(" + b"".join(number(n) for n in items) + b"t"

    def number(n: int) -> bytes:
        raw = n.to_bytes(9, "little", signed=True)
        return b"\x8a" + bytes([len(raw)]) + raw

    storage = (
        b"(" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text("0") + text("cpu") + number(numel) + b"tQ"
    )
    rest = number(offset) + numbers(shape) + numbers(strides) + b"\x89ccollections\nOrderedDict\n)R"
    return HEAD + b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + rest + b"tR."


FOUR = {"data/0": bytes(16)}

LIES = {
    "shape beyond the storage": tensor(4, 0, (5,), (1,)),
    "stride beyond the storage": tensor(4, 0, (2,), (4,)),
    "offset beyond the storage": tensor(4, 4, (1,), (1,)),
    "huge shape": tensor(4, 0, (2**62, 2**62), (1, 1)),
    "huge shape without stride": tensor(4, 0, (2**62, 2**62), (0, 0)),
    "product that wraps around": tensor(4, 0, (2**32, 2**32), (0, 1)),
    "negative stride": tensor(4, 3, (4,), (-1,)),
    "negative size": tensor(4, 0, (-1,), (1,)),
    "negative offset": tensor(4, -1, (2,), (1,)),
    "offset that wraps around": tensor(4, 2**64 - 1, (2,), (1,)),
    "stride that wraps around": tensor(4, 0, (2,), (2**62,)),
    "huge storage": tensor(2**40, 0, (1,), (1,)),
    "storage that wraps around": tensor(2**62, 0, (1,), (1,)),
    "negative storage": tensor(-1, 0, (1,), (1,)),
    "more strides than sizes": tensor(4, 0, (2,), (1, 1)),
    "very many dimensions": tensor(4, 0, (1,) * 1000, (1,) * 1000),
    "an unknown storage": tensor(4, 0, (4,), (1,), "EvilStorage"),
}


@pytest.mark.parametrize("lie", LIES)
def test_lies_about_shapes_and_storages_are_refused(lie: str) -> None:
    with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
        torch.load(io.BytesIO(archive(LIES[lie], FOUR)))


def test_expanded_tensors_are_not_computed_with() -> None:
    body = tensor(4, 0, (2**40,), (0,), "ComplexFloatStorage")
    body = body.removesuffix(b"tR.") + b"}" + text("conj") + b"\x88stR."
    with pytest.raises(pickle.UnpicklingError, match="an expanded tensor that is to be computed"):
        torch.load(io.BytesIO(archive(body, {"data/0": bytes(32)})))


def test_the_honest_twin_of_the_lies_is_read() -> None:
    assert torch.load(io.BytesIO(archive(tensor(4, 0, (4,), (1,)), FOUR))).tolist() == [0.0] * 4


def nested_tuples(depth: int) -> bytes:
    return b")" + b"\x85" * depth


def doubled_tuples(depth: int) -> bytes:
    return b")" + b"2\x86" * depth


def equal_hashes(count: int) -> bytes:
    """Tuples of -1 and -2, whose hashes are all the same."""
    made = b""
    for n in range(count):
        made += b"(" + b"".join(b"J" + struct.pack("<i", -1 - (n >> bit & 1)) for bit in range(14)) + b"t" + b"N"
    return made


BOMBS = {
    "deeply nested key": b"}" + nested_tuples(200_000) + b"Ns.",
    "key that doubles at each level": b"}" + doubled_tuples(60) + b"Ns.",
    "set of a key that doubles": b"cbuiltins\nset\n]" + doubled_tuples(60) + b"a\x85R.",
    "frozenset of a key that doubles": b"(" + doubled_tuples(60) + b"\x91.",
    "ordered by a key that doubles": b"ccollections\nOrderedDict\n]" + doubled_tuples(60) + b"N\x86a\x85R.",
    "keys with equal hashes": b"}(" + equal_hashes(2000) + b"u.",
    "a size that doubles": b"ctorch._utils\n_rebuild_tensor_v2\n(N" + doubled_tuples(60) + b"2NtR.",
    "copies of copies": b"]q\x01("
    + b"N" * 100_000
    + b"e0cbuiltins\nset\nq\x02h\x01\x85q\x03("
    + b"h\x02h\x03R" * 20_000
    + b"t.",
    "copies of bytes": b"cbuiltins\nbytearray\nq\x00C\xff"
    + b"a" * 255
    + b"\x85q\x01("
    + b"h\x00h\x01R" * 50_000
    + b"t.",
    "a huge string": b"X\xff\xff\xff\xff.",
    "a huge frame": b"\x95" + b"\xff" * 8 + b".",
    "a huge integer": b"\x8b\xff\xff\xff\x7f.",
    "a tensor made by its class": b"ctorch\nTensor\nJ\xff\xff\xff\x7f\x85R.",
    "a parameter made by its class": b"ctorch.nn.parameter\nParameter\n)\x81.",
    "a bytearray of a length": b"cbuiltins\nbytearray\nJ\xff\xff\xff\x7f\x85R.",
    "a dtype that is called": b"ctorch\nfloat32\n)R.",
    "state for a list": b"]}X\x01\x00\x00\x00aNsb.",
    "attributes with underscores": b"ccollections\nOrderedDict\n)R}" + text("__class__") + b"Nsb.",
    "a memo that is not there": b"h\x05.",
    "a stack that is empty": b"0000.",
    "a mark for a value": b"(\x85.",
    "a mark for a key": b"}(Ns.",
    "a persistent id that is none": b"NQ.",
    "no end": b"N" * 100,
    "two objects": b"NN.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused(bomb: str) -> None:
    body = BOMBS[bomb]
    whole = [archive(HEAD + body)]
    if b"_rebuild" not in body:
        whole.append(
            pickle.dumps(0x1950A86A20F9469CFC6C, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + HEAD + body
        )
    for content in whole:
        tracemalloc.start()
        with pytest.raises(pickle.UnpicklingError, match="Weights only load failed"):
            torch.load(io.BytesIO(content))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 20_000_000 + 100 * len(body)


def test_deep_containers_are_read_and_freed() -> None:
    made = torch.load(io.BytesIO(archive(HEAD + b"]" * 100_000 + b"a" * 99_999 + b".")))
    depth = 0
    while made:
        made, depth = made[0], depth + 1
    assert depth == 99_999


# -- archives ----------------------------------------------------------------------------------------------------------


def test_zip_bombs_are_refused() -> None:
    bomb = archive(tensor(2**24, 0, (2**24,), (1,)), {"data/0": bytes(2**26)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(RuntimeError, match="would grow to 67108864 bytes"):
        torch.load(io.BytesIO(bomb))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_packed_archives_of_ordinary_content_are_read() -> None:
    content = random.Random(0).randbytes(4000)
    packed = archive(tensor(1000, 0, (1000,), (1,), "IntStorage"), {"data/0": content}, zipfile.ZIP_DEFLATED)
    assert torch.load(io.BytesIO(packed)).numpy().tobytes() == content


def overlapping(count: int) -> bytes:
    """An archive with many names for one record."""
    one = archive(HEAD + b"N.", {"data/0": bytes(100_000)})
    at = one.index(b"PK\1\2")
    entries, rest = one[at : one.rindex(b"PK\5\6")], one[:at]
    last = entries[entries.rindex(b"PK\1\2") :]
    names = [last.replace(b"archive/data/0", f"archive/data/{n:x}".encode()[:14]) for n in range(1, count)]
    directory = entries + b"".join(names)
    number = entries.count(b"PK\1\2") + len(names)
    return rest + directory + b"PK\5\6" + struct.pack("<HHHHIIH", 0, 0, number, number, len(directory), len(rest), 0)


def test_records_that_overlap_cannot_multiply_memory() -> None:
    storage = (
        b"(" + text("storage") + b"ctorch\nByteStorage\n%s" + text("cpu") + b"J" + struct.pack("<i", 100_000) + b"tQ"
    )
    body = HEAD + b"(" + b"".join(storage.replace(b"%s", text(f"{n:x}")) for n in range(16)) + b"t."
    content = overlapping(16)
    with zipfile.ZipFile(io.BytesIO(content)) as made:
        assert len(made.namelist()) == 18

    read = Archive(io.BytesIO(content))
    read.pickle = lambda: body  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="would grow|damaged"):
        read_archive(read, lambda storage, location: storage)


def test_a_name_that_stands_twice_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        twice = zipped([("archive/data.pkl", HEAD + b"N."), ("archive/data.pkl", HEAD + b"K\x01.")])
    with pytest.raises(RuntimeError, match="two records have the same name"):
        torch.load(io.BytesIO(twice))


@pytest.mark.parametrize("key", ["../x", "..\\x", "/etc/passwd", "a/b", "", "x" * 1000])
def test_storages_are_looked_for_in_the_archive_only(key: str) -> None:
    body = HEAD + b"(" + text("storage") + b"ctorch\nByteStorage\n" + text(key) + text("cpu") + b"K\x00tQ."
    with pytest.raises(pickle.UnpicklingError, match="the name of a storage"):
        torch.load(io.BytesIO(archive(body)))


def test_damage_is_found_by_the_checksum() -> None:
    content = bytearray(archive(tensor(4, 0, (4,), (1,)), {"data/0": b"0123456789abcdef"}))
    content[content.index(b"01234567")] ^= 1
    with pytest.raises(RuntimeError, match=r"^PytorchStreamReader failed reading zip archive.*data/0 is damaged"):
        torch.load(io.BytesIO(content))


def test_programs_in_archives_are_refused() -> None:
    script = zipped([("m/data.pkl", HEAD + b"N."), ("m/constants.pkl", HEAD + b"N."), ("m/code/x.py", b"1/0")])
    with pytest.raises(RuntimeError, match="^Cannot use ``weights_only=True`` with TorchScript archives"):
        torch.load(io.BytesIO(script))


# -- the older format --------------------------------------------------------------------------------------------------


def test_storages_of_old_files_cannot_be_longer_than_the_file() -> None:
    def old(numels: list[int]) -> bytes:
        whole = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}))
        made = b"("
        for n, numel in enumerate(numels):
            made += b"(" + text("storage") + b"ctorch\nByteStorage\n" + text(str(n)) + text("cpu")
            made += b"J" + struct.pack("<i", numel) + b"NtQ"
        return whole + HEAD + made + b"t." + pickle.dumps([], 2) + bytes(1000)

    for numels in ([2**30], [1000] * 50):
        tracemalloc.start()
        with pytest.raises(pickle.UnpicklingError, match="longer than the file"):
            torch.load(io.BytesIO(old(numels)))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
        tracemalloc.stop()


# -- at random ---------------------------------------------------------------------------------------------------------


def some_files() -> dict[str, list[bytes]]:
    x = torch.arange(12.0)
    thing = {"m": torch.nn.Linear(2, 3).state_dict(), "v": [x[2:], x.view(3, 4).t()], "c": (1, {2.5}, None, "a", b"b")}
    made: dict[str, list[bytes]] = {"zip": [], "legacy": [], "safetensors": [], "npz": []}
    for kind, as_zip in (("zip", True), ("legacy", False)):
        for part in (thing, torch.ones(2, dtype=torch.bfloat16)):
            file = io.BytesIO()
            torch.save(part, file, _use_new_zipfile_serialization=as_zip)
            made[kind].append(file.getvalue())
    made["safetensors"].append(safetensors.save({"w": torch.ones(2, 3), "b": torch.zeros(0)}, {"a": "b"}))
    npz = zipped([("w.npy", array_file("<f4", (2, 3), 24)), ("b.npy", array_file("|b1", (), 1))])
    made["npz"].append(npz)
    return made


def array_file(kind: str, shape: tuple[int, ...], size: int) -> bytes:
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + bytes(size)


READERS: dict[str, Callable[[bytes], Any]] = {
    "zip": lambda content: torch.load(io.BytesIO(content)),
    "legacy": lambda content: torch.load(io.BytesIO(content)),
    "safetensors": safetensors.load,
    "npz": lambda content: torch.load_npz(io.BytesIO(content)),
}


@pytest.fixture(scope="module")
def watch() -> Iterator[Watch]:
    load_all()  # to load a module of the package is to open a file and to run what is in it
    made = Watch()
    yield made
    made.on = False


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", READERS)
def test_damaged_files_load_or_say_so(kind: str, watch: Watch) -> None:
    files = some_files()
    everything = [content for contents in files.values() for content in contents]
    for content in files[kind]:
        READERS[kind](content)
    rng, tally = random.Random(kind), Tally()
    tracemalloc.start()
    for _ in range(150):
        damaged = mutated(rng, kind, rng.choice(files[kind]), rng.choice(everything))
        try_file(READERS[kind], damaged, watch, tally)
    tracemalloc.stop()
    assert tally.wrong == []
    assert tally.tried == 150 and sum(tally.refused.values()) > 50


def test_what_must_not_happen_would_be_noticed(watch: Watch) -> None:
    def crash(content: bytes) -> None:
        raise KeyError("no message for the reader")

    def silent(content: bytes) -> None:
        raise ValueError

    tracemalloc.start()
    for read, what in (
        (lambda content: eval("1"), "did"),
        (lambda content: open(__file__).close(), "did"),
        (lambda content: bytearray(2 * MOST_MEMORY), "used"),
        (crash, "KeyError"),
        (silent, "without a message"),
    ):
        tally = Tally()
        try_file(read, b"", watch, tally)
        assert [what in found for found, _ in tally.wrong] == [True]
    tracemalloc.stop()
    assert KeyError not in CLEAR
