"""Files between both libraries, each way: every element type, layout, way of sharing memory, and layer."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

from .test_modules import LAYERS

BOTH_WAYS = [(real, ours), (ours, real), (ours, ours)]
NAMES = ["theirs-to-us", "ours-to-them", "ours-to-us"]
FORMATS = [True, False]
DTYPES = (
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 float16 bfloat16 float32 float64 complex64 complex128"
).split()

ways = pytest.mark.parametrize(("writer", "reader"), BOTH_WAYS, ids=NAMES)
formats = pytest.mark.parametrize("as_zip", FORMATS, ids=["zip", "legacy"])


def carried(writer: Any, reader: Any, thing: Any, as_zip: bool = True, **options: Any) -> Any:
    """What one library reads of what the other has written."""
    file = io.BytesIO()
    writer.save(thing, file, _use_new_zipfile_serialization=as_zip)
    file.seek(0)
    return reader.load(file, weights_only=True, **options)


def facts(lib: Any, x: Any) -> Any:
    """All that is to be the same of what was written and what is read."""
    if isinstance(x, lib.Tensor):
        values = x.detach()
        shown = values.to(lib.float64) if x.dtype == lib.bfloat16 else values
        return (
            type(x).__name__,
            str(x.dtype),
            tuple(x.shape),
            tuple(x.stride()),
            x.storage_offset(),
            x.untyped_storage().nbytes(),
            x.requires_grad,
            repr(shown.tolist()),
            {name: facts(lib, value) for name, value in x.__dict__.items()},
        )
    if isinstance(x, dict):
        return type(x).__name__, [(facts(lib, k), facts(lib, v)) for k, v in x.items()]
    if isinstance(x, (list, tuple)):
        return type(x).__name__, [facts(lib, item) for item in x]
    if isinstance(x, (set, frozenset)):
        return type(x).__name__, sorted(map(repr, x))
    return type(x).__name__, str(x)


def check(make: Callable[[Any], Any], writer: Any, reader: Any, as_zip: bool = True) -> Any:
    """Carry what `make` makes, and compare."""
    made = make(writer)
    read = carried(writer, reader, made, as_zip)
    assert facts(reader, read) == facts(writer, made)
    return read


def values(lib: Any, dtype: str) -> Any:
    """Numbers of a type, with what is special about it."""
    kind = getattr(lib, dtype)
    if dtype == "bool":
        return lib.tensor([True, False, True, True, False, False])
    if kind.is_complex:
        return lib.tensor([1 + 2j, complex("inf"), complex("nan"), -0.0, 1e-30j, -3.5], dtype=kind)
    if kind.is_floating_point:
        return lib.tensor([1.5, float("inf"), float("nan"), -0.0, 6e-8, -3.25], dtype=lib.float64).to(kind)
    limits = lib.iinfo(kind)
    return lib.tensor([limits.min, limits.max, 0, 1, 2, 3], dtype=kind)


@formats
@ways
@pytest.mark.parametrize("dtype", DTYPES)
def test_every_dtype(dtype: str, writer: Any, reader: Any, as_zip: bool) -> None:
    check(lambda lib: [values(lib, dtype), values(lib, dtype)[:0], values(lib, dtype)[1]], writer, reader, as_zip)


LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "scalar": lambda lib: lib.tensor(3.0),
    "empty": lambda lib: [lib.empty(0), lib.empty(2, 0, 3)],
    "transposed": lambda lib: lib.arange(6.0).reshape(2, 3).t(),
    "permuted": lambda lib: lib.arange(24.0).reshape(2, 3, 4).permute(2, 0, 1),
    "sliced": lambda lib: lib.arange(12.0)[2:9:3],
    "row": lambda lib: lib.arange(12).reshape(3, 4)[1],
    "column": lambda lib: lib.arange(12).reshape(3, 4)[:, 2],
    "expanded": lambda lib: lib.tensor([[1.0], [2.0]]).expand(2, 3),
    "expanded scalar": lambda lib: lib.tensor(5).expand(2, 2),
    "overlapping": lambda lib: lib.arange(6.0).unfold(0, 3, 1),
    "as_strided": lambda lib: lib.arange(20.0).as_strided((2, 3), (7, 2), 3),
    "channels_last": lambda lib: lib.arange(24.0).reshape(1, 2, 3, 4).contiguous(memory_format=lib.channels_last),
    "diagonal": lambda lib: lib.arange(9.0).reshape(3, 3).diagonal(),
    "many dimensions": lambda lib: lib.arange(256.0).reshape((2,) * 8).permute(7, 6, 5, 4, 3, 2, 1, 0),
    "real part": lambda lib: lib.view_as_real(lib.tensor([1 + 2j, 3 + 4j]))[:, 1],
}


@formats
@ways
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: str, writer: Any, reader: Any, as_zip: bool) -> None:
    check(LAYOUTS[layout], writer, reader, as_zip)


def two_views(lib: Any) -> Any:
    x = lib.arange(10.0)
    return [x[2:5], x.view(2, 5).t()]


def same_twice(lib: Any) -> Any:
    x = lib.zeros(3)
    return [x, x]


def tied_weights(lib: Any) -> Any:
    w = lib.nn.Parameter(lib.zeros(3, 2))
    return OrderedDict(encoder=w, decoder=w)


def in_containers(lib: Any) -> Any:
    x = lib.zeros(4)
    return {"a": (x, [x[1:]]), "b": OrderedDict(c=x.reshape(2, 2))}


def parameter_and_data(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.zeros(3))
    return [p, p.data, p.detach()[1:]]


SHARING = [two_views, same_twice, tied_weights, in_containers, parameter_and_data]


def tensors_in(lib: Any, x: Any) -> list[Any]:
    if isinstance(x, lib.Tensor):
        return [x]
    items = x.values() if isinstance(x, dict) else x
    return [t for item in items for t in tensors_in(lib, item)]


@formats
@ways
@pytest.mark.parametrize("make", SHARING)
def test_shared_memory_is_shared_after_loading(make: Any, writer: Any, reader: Any, as_zip: bool) -> None:
    before = tensors_in(writer, make(writer))
    after = tensors_in(reader, check(make, writer, reader, as_zip))
    for tensors in (before, after):
        tensors[0].data.fill_(7)
        tensors[-1].data.reshape(-1)[0] = 9
    assert [t.tolist() for t in after] == [t.tolist() for t in before]
    assert [t.data_ptr() - after[0].data_ptr() for t in after] == [t.data_ptr() - before[0].data_ptr() for t in before]


CONTAINERS: dict[str, Callable[[Any], Any]] = {
    "numbers": lambda lib: [0, 1, -1, 255, 256, 65535, 65536, 2**31, -(2**31), 2**40, -(2**70), 10**30, 1.5, -0.0, 2j],
    "constants": lambda lib: [None, True, False],
    "strings": lambda lib: ["", "abc", "é", "日本", "a" * 300, "\udcff"],
    "bytes": lambda lib: [b"abc", bytes(range(256)), bytearray(b"xy")],
    "tuples": lambda lib: [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((1,), [2])],
    "dictionaries": lambda lib: [{}, {"a": {1: 2.0}}, {(1, "x"): 3, None: 4}],
    "ordered": lambda lib: OrderedDict([("b", 1), ("a", OrderedDict(x=[lib.ones(2)]))]),
    "counter": lambda lib: Counter("abca"),
    "sets": lambda lib: [set(), {1, 2, 3}, {"a"}],
    "size": lambda lib: [lib.Size([1, 2]), lib.Size([]), lib.zeros(2, 3).shape],
    "dtypes": lambda lib: [getattr(lib, name) for name in DTYPES],
    "devices": lambda lib: [lib.device("cpu"), lib.device("cpu", 0), lib.device("cuda:1")],
    "layout": lambda lib: [lib.strided, lib.sparse_coo],
    "classes": lambda lib: [lib.Tensor, lib.nn.Parameter, OrderedDict, set],
    "state of the generator": lambda lib: (lib.manual_seed(3), lib.get_rng_state())[1],
    "long list": lambda lib: list(range(5000)),
    "long dictionary": lambda lib: {str(n): n for n in range(3000)},
    "deep": lambda lib: __import__("functools").reduce(lambda inner, _: [inner], range(50), 1),
    "the same list twice": lambda lib: (lambda x: [x, x, (x,)])([1]),
}


@formats
@ways
@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container(name: str, writer: Any, reader: Any, as_zip: bool) -> None:
    def told(lib: Any, x: Any) -> Any:
        return facts(lib, x) if name != "classes" else [c.__name__ for c in x]

    made = CONTAINERS[name](writer)
    assert told(reader, carried(writer, reader, made, as_zip)) == told(writer, made)


@ways
def test_a_list_in_itself(writer: Any, reader: Any) -> None:
    made: list[Any] = [1]
    made.append(made)
    read = carried(writer, reader, made)
    assert read[0] == 1 and read[1] is read


def parameters(lib: Any) -> Any:
    return [lib.nn.Parameter(lib.ones(2)), lib.nn.Parameter(lib.ones(2), requires_grad=False)]


def parameter_with_attributes(lib: Any) -> Any:
    p = lib.nn.Parameter(lib.ones(2))
    p.tag, p.other = "x", lib.zeros(1)
    return p


def tensor_with_attributes(lib: Any) -> Any:
    t = lib.ones(2)
    t.tag = [1]
    return t


def buffer(lib: Any) -> Any:
    return lib.nn.Buffer(lib.ones(2), persistent=False)


def needing_gradients(lib: Any) -> Any:
    x = lib.ones(2, requires_grad=True)
    return [x, x * 2, x.detach()]


@formats
@ways
@pytest.mark.parametrize(
    "make", [parameters, parameter_with_attributes, tensor_with_attributes, buffer, needing_gradients]
)
def test_flags_and_attributes(make: Any, writer: Any, reader: Any, as_zip: bool) -> None:
    check(make, writer, reader, as_zip)


def test_conjugates_and_negatives_are_read_as_their_values() -> None:
    x = real.tensor([1 + 2j, 3 - 4j])
    assert carried(real, ours, x.conj()).tolist() == x.conj().tolist()
    assert carried(real, ours, x.conj().imag).tolist() == x.conj().imag.tolist()


@pytest.mark.filterwarnings("ignore:TypedStorage is deprecated")
@formats
@ways
def test_storages(writer: Any, reader: Any, as_zip: bool) -> None:
    x = writer.arange(3.0)
    untyped, typed = carried(writer, reader, [x.untyped_storage(), writer.FloatStorage([1.0, 2.0])], as_zip)
    assert list(typed) == [1.0, 2.0] and str(typed.dtype) == "torch.float32"
    assert untyped.tolist() == x.untyped_storage().tolist()


@ways
def test_views_of_one_memory_as_two_types_are_refused(writer: Any, reader: Any) -> None:
    x = writer.zeros(4)
    with pytest.raises(RuntimeError, match="^Cannot save multiple tensors or storages that view the same data as diff"):
        writer.save([x, x.view(writer.int32)], io.BytesIO())


# -- layers ------------------------------------------------------------------------------------------------------------


def layer(lib: Any, constructor: str) -> Any:
    lib.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # on layers that are slow in torch
        return eval(constructor, {"torch": lib, "nn": lib.nn})


def test_a_layer_of_every_family_is_among_those_carried() -> None:
    text = " ".join(constructor for constructor, _ in LAYERS)
    wanted = "Linear Bilinear Conv2d ConvTranspose2d BatchNorm GroupNorm LayerNorm PReLU Embedding".split()
    assert [name for name in wanted if f"nn.{name}" not in text] == []


MORE_LAYERS = [
    "nn.LSTM(3, 4, num_layers=2, bidirectional=True)",
    "nn.LSTM(3, 4, proj_size=2)",
    "nn.GRU(3, 4)",
    "nn.RNN(3, 4, bias=False)",
    "nn.LSTMCell(3, 4)",
    "nn.GRUCell(3, 4)",
    "nn.RNNCell(3, 4)",
    "nn.MultiheadAttention(4, 2, add_bias_kv=True)",
    "nn.MultiheadAttention(4, 2, kdim=3, vdim=5)",
    "nn.TransformerEncoderLayer(4, 2, 8)",
    "nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 8), 2, enable_nested_tensor=False)",
    "nn.TransformerDecoderLayer(4, 2, 8)",
    "nn.Transformer(4, 2, 1, 1, 8)",
    "nn.EmbeddingBag(5, 3)",
    "nn.utils.parametrizations.weight_norm(nn.Linear(3, 2))",
    "nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))",
    "nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))",
    "nn.ModuleDict({'a': nn.Linear(1, 1), 'b': nn.ModuleList([nn.PReLU()])})",
    "nn.ParameterDict({'a': torch.ones(2), 'b': torch.zeros(1)})",
    "nn.ParameterList([torch.ones(2), torch.zeros(1)])",
]
CONSTRUCTORS = list(dict.fromkeys([c for c, _ in LAYERS if "Lazy" not in c] + MORE_LAYERS))


@pytest.mark.parametrize("constructor", CONSTRUCTORS)
def test_every_layers_state_goes_both_ways(constructor: str) -> None:
    for writer, reader in BOTH_WAYS[:2]:
        written = layer(writer, constructor)
        with writer.no_grad():
            for value in written.state_dict().values():
                value.copy_(value * 2 + 1)
        state = carried(writer, reader, written.state_dict())
        assert facts(reader, state) == facts(writer, written.state_dict())
        read = layer(reader, constructor)
        assert str(read.load_state_dict(state)) == "<All keys matched successfully>"
        assert facts(reader, read.state_dict()) == facts(writer, written.state_dict())
        assert list(getattr(state, "_metadata", {}).items()) == list(written.state_dict()._metadata.items())


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "NAdam", "RAdam", "LBFGS"])
def test_every_optimizers_state_goes_both_ways(name: str) -> None:
    for writer, reader in BOTH_WAYS[:2]:
        steps: list[Any] = []
        for lib in (writer, reader):
            x = lib.nn.Parameter(lib.ones(3))
            optimizer = getattr(lib.optim, name)([x], lr=0.1)

            def closure(optimizer: Any = optimizer, x: Any = x) -> Any:
                optimizer.zero_grad()
                loss = (x**2).sum()
                loss.backward()
                return loss

            steps.append((x, optimizer, closure))
        (x, first, closure), (y, second, other) = steps
        first.step(closure)
        with reader.no_grad():
            y.copy_(reader.tensor(x.tolist()))
        second.load_state_dict(carried(writer, reader, first.state_dict()))
        first.step(closure)
        second.step(other)
        np.testing.assert_allclose(y.tolist(), x.tolist(), rtol=1e-6)


@ways
def test_a_whole_module_needs_its_classes_allowed(writer: Any, reader: Any) -> None:
    model = writer.nn.Sequential(writer.nn.Linear(2, 3), writer.nn.BatchNorm1d(3))
    with pytest.raises(Exception, match="GLOBAL torch.nn.modules.container.Sequential was not an allowed"):
        carried(writer, reader, model)
    nn = reader.nn
    with reader.serialization.safe_globals([nn.Sequential, nn.Linear, nn.BatchNorm1d]):
        read = carried(writer, reader, model)
    assert repr(read) == repr(model)
    assert facts(reader, read.state_dict()) == facts(writer, model.state_dict())
    x = [[1.0, 2.0], [3.0, 5.0]]
    np.testing.assert_allclose(read(reader.tensor(x)).tolist(), model(writer.tensor(x)).tolist(), rtol=1e-4, atol=1e-5)


def test_torch_without_restrictions_opens_our_modules() -> None:
    file = io.BytesIO()
    ours.save(ours.nn.Sequential(ours.nn.Conv1d(1, 2, 3), ours.nn.Tanh()), file)
    file.seek(0)
    assert isinstance(real.load(file, weights_only=False)[0], real.nn.Conv1d)


# -- files -------------------------------------------------------------------------------------------------------------


@ways
def test_files_opened_by_path_and_mapped_into_memory(writer: Any, reader: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    made = {"a": writer.arange(1000.0), "b": writer.ones(3, dtype=writer.bfloat16), "c": writer.empty(0)}
    writer.save(made, path)
    before = path.read_bytes()
    for options in ({}, {"mmap": True}, {"mmap": True, "map_location": "cpu"}):
        read = reader.load(path if options else str(path), **options)
        assert facts(reader, read) == facts(writer, made)
        read["a"].fill_(0)
    assert path.read_bytes() == before


@ways
def test_several_old_files_in_one(writer: Any, reader: Any) -> None:
    file = io.BytesIO()
    for n in range(3):
        writer.save([writer.full((n,), 1.0 * n), n], file, _use_new_zipfile_serialization=False)
    file.seek(0)
    assert [facts(reader, reader.load(file)) for _ in range(3)] == [
        facts(writer, [writer.full((n,), 1.0 * n), n]) for n in range(3)
    ]


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_pickle_protocols_of_torch_are_read(protocol: int) -> None:
    made = [real.ones(2), {1, 2}, b"ab", bytearray(b"c"), "x" * 300, frozenset([1]) if protocol > 3 else 1, 2**70]
    file = io.BytesIO()
    real.save(made, file, pickle_protocol=protocol)
    file.seek(0)
    assert facts(ours, ours.load(file)) == facts(real, made)


def test_other_byte_order_is_read() -> None:
    for dtype in DTYPES:
        if dtype in ("uint16", "uint32", "uint64"):
            continue  # torch writes them as bytes of no type, which cannot be turned
        made = values(real, dtype)
        file, swapped = io.BytesIO(), io.BytesIO()
        real.save(made, file)
        width = made.element_size() // (2 if made.is_complex() else 1)
        with zipfile.ZipFile(file) as old, zipfile.ZipFile(swapped, "w") as new:
            for name in old.namelist():
                content = old.read(name)
                if name.endswith("data/0"):
                    content = np.frombuffer(content, np.uint8).reshape(-1, width)[:, ::-1].tobytes()
                new.writestr(name, b"big" if name.endswith("byteorder") else content)
        swapped.seek(0)
        assert facts(ours, ours.load(swapped)) == facts(real, made)


def test_files_have_the_records_and_alignment_of_torchs(tmp_path: Path) -> None:
    listed = []
    for lib in (real, ours):
        path = tmp_path / "model.pt"
        lib.save([lib.ones(3), lib.ones(5)], path)
        with zipfile.ZipFile(path) as archive:
            listed.append([(e.filename, e.compress_type, e.file_size) for e in archive.infolist()])
            for entry in archive.infolist():
                raw = path.read_bytes()
                lengths = np.frombuffer(raw, "<u2", 2, entry.header_offset + 26)
                assert (entry.header_offset + 30 + int(lengths.sum())) % 64 == 0
            assert archive.testzip() is None
    assert listed[0] == listed[1]


@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")
def test_nested_and_quantized_tensors_are_refused_by_name() -> None:
    dense = real.eye(2)
    for made, name in (
        (real.quantize_per_tensor(dense, 0.1, 0, real.qint8), "QInt8Storage|quantized tensors"),
        (real.empty(2, device="meta"), "meta tensors"),
        (dense.to(real.float8_e5m2), "float8_e5m2"),
    ):
        with pytest.raises((NotImplementedError, RuntimeError, pickle.UnpicklingError), match=name):
            carried(real, ours, made)
