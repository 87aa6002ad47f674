"""torch.save and torch.load: what they write, read, and refuse; DLPack and NumPy."""

from __future__ import annotations

import collections
import copy
import io
import os
import pickle
import re
import tempfile
import zipfile
from typing import Any

import numpy as np


def carried(torch: Any, thing: Any, **options: Any) -> Any:
    """A thing saved and loaded."""
    writing = {name: options.pop(name) for name in list(options) if name.startswith(("_", "pickle_protocol"))}
    file = io.BytesIO()
    torch.save(thing, file, **writing)
    file.seek(0)
    return torch.load(file, **options)


def refusal(torch: Any, thing: Any, **options: Any) -> Any:
    """How loading is refused: the kind of error, and what it says of the name that is not allowed."""
    try:
        return carried(torch, thing, **options)
    except pickle.UnpicklingError as error:
        named = re.search(
            r"(Unsupported global: .*?|Trying to load unsupported GLOBAL .*?|Can only .*?)(\n|$)", str(error)
        )
        return type(error).__name__, named and named[1]


class Point:
    """A class of a program's own."""

    def __init__(self) -> None:
        self.x = 1


class WithState:
    """A class that restores itself."""

    def __getstate__(self) -> Any:
        return {"seen": 1}

    def __setstate__(self, state: Any) -> None:
        self.state = state


class Calling:
    """An object whose pickle calls a function."""

    def __init__(self, *plan: Any) -> None:
        self.plan = plan

    def __reduce__(self) -> Any:
        return self.plan[0], self.plan[1:]


Pair = collections.namedtuple("Pair", "a b")


def numbers_and_strings(torch: Any) -> Any:
    return carried(torch, [1, -1, 2**40, -(2**70), 1.5, True, None, "é", 1j, ()])


def nested_containers(torch: Any) -> Any:
    made = carried(torch, {"a": [1, (2, {"b": {3}})], "c": collections.OrderedDict(d=torch.ones(1))})
    return made, type(made["c"]).__name__, type(made["a"][1][1]["b"]).__name__


def bytes_and_bytearrays(torch: Any) -> Any:
    return [str(x) for x in carried(torch, [b"abc", bytearray(b"def")])]


def counters(torch: Any) -> Any:
    return str(carried(torch, collections.Counter("abca")))


def kinds(torch: Any) -> Any:
    return carried(torch, [torch.float32, torch.bool, torch.Size([1, 2]), torch.device("cpu"), torch.strided])


def classes_of_tensors(torch: Any) -> Any:
    tensor, parameter = carried(torch, [torch.Tensor, torch.nn.Parameter])
    return tensor is torch.Tensor, parameter is torch.nn.Parameter


def memory_formats_are_not_pickled(torch: Any) -> Any:
    return carried(torch, torch.channels_last)


def states_of_generators(torch: Any) -> Any:
    torch.manual_seed(5)
    state = carried(torch, torch.get_rng_state())
    first = torch.rand(2)
    torch.set_rng_state(state)
    return first.equal(torch.rand(2)), state.shape


def generators_are_refused(torch: Any) -> Any:
    return refusal(torch, torch.Generator())


def generators_are_pickled(torch: Any) -> Any:
    g = pickle.loads(pickle.dumps(torch.Generator().manual_seed(3)))
    return torch.rand(2, generator=g), g.initial_seed()


def aliases(torch: Any) -> Any:
    x = torch.arange(6.0)
    a, b = carried(torch, [x[1:4], x.view(2, 3).t()])
    a[0] = 10
    return a, b, b.stride(), a.storage_offset(), a.untyped_storage().nbytes()


def aliases_across_types(torch: Any) -> Any:
    x = torch.zeros(4)
    return carried(torch, [x, x.view(torch.int32)])


def aliases_of_bytes_and_elements(torch: Any) -> Any:
    x = torch.zeros(4)
    return carried(torch, [x, x.untyped_storage()])


def expanded(torch: Any) -> Any:
    x = carried(torch, torch.ones(1).expand(3))
    return x, x.stride(), x.untyped_storage().nbytes()


def parameters(torch: Any) -> Any:
    p = torch.nn.Parameter(torch.ones(2))
    p.tag = "x"
    p.grad = torch.ones(2)
    made = carried(torch, p)
    return type(made).__name__, made.tag, made.grad, made.requires_grad, made.is_leaf


def tensors_with_attributes(torch: Any) -> Any:
    x = torch.ones(2)
    x.tag = [1, 2]
    return carried(torch, x).tag


def results_become_leaves(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    made = carried(torch, x * 2)
    return made, made.is_leaf


def results_pickled_become_leaves(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return pickle.loads(pickle.dumps(x * 2)).is_leaf


def results_are_not_copied_deeply(torch: Any) -> Any:
    return copy.deepcopy(torch.ones(2, requires_grad=True) * 2)


def buffers_become_tensors(torch: Any) -> Any:
    return type(carried(torch, torch.nn.Buffer(torch.ones(2)))).__name__


def conjugates(torch: Any) -> Any:
    return carried(torch, torch.tensor([1 + 2j]).conj()).resolve_conj()


def state_dicts_keep_their_metadata(torch: Any) -> Any:
    state = carried(torch, torch.nn.Sequential(torch.nn.BatchNorm1d(2), torch.nn.Linear(2, 1)).state_dict())
    return type(state).__name__, list(state), list(state._metadata.items())


def storages_untyped(torch: Any) -> Any:
    made = carried(torch, torch.ones(2).untyped_storage())
    return list(made._untyped_storage)


def a_list_in_itself(torch: Any) -> Any:
    x: list[Any] = []
    x.append(x)
    made = carried(torch, x)
    return made[0] is made


def the_same_tensor_twice(torch: Any) -> Any:
    x = torch.ones(1)
    a, b = carried(torch, [x, x])
    return a is b


def one_class_refused(torch: Any) -> Any:
    return refusal(torch, [Point()])


def one_class_refused_in_old_files(torch: Any) -> Any:
    return refusal(torch, [Point()], _use_new_zipfile_serialization=False)


def builtins_refused(torch: Any) -> Any:
    return [refusal(torch, x) for x in (slice(1), range(2), frozenset("a"), print, int)]


def calls_refused(torch: Any) -> Any:
    return [refusal(torch, Calling(*plan)) for plan in ((eval, "1/0"), (os.system, "false"), (getattr, 1, "real"))]


def containers_refused(torch: Any) -> Any:
    return [refusal(torch, x) for x in (collections.deque(), collections.defaultdict(list), Pair(1, 2))]


def arrays_refused(torch: Any) -> Any:
    return refusal(torch, np.ones(1)), refusal(torch, np.float64(1))


def modules_refused(torch: Any) -> Any:
    return refusal(torch, torch.nn.Sequential(torch.nn.Linear(1, 1)))


def optimizers_refused(torch: Any) -> Any:
    return refusal(torch, torch.optim.SGD([torch.ones(1, requires_grad=True)], lr=1.0))


def functions_of_torch_refused(torch: Any) -> Any:
    return refusal(torch, torch.nn.functional.relu)


def packed_sequences_refused(torch: Any) -> Any:
    return refusal(torch, torch.nn.utils.rnn.pack_sequence([torch.ones(2)]))


def classes_allowed(torch: Any) -> Any:
    with torch.serialization.safe_globals([Point, WithState, Pair]):
        a, b, c = carried(torch, [Point(), WithState(), Pair(1, 2)])
    return a.x, b.state, c, refusal(torch, Point())


def builtins_allowed(torch: Any) -> Any:
    with torch.serialization.safe_globals([slice, frozenset]):
        return str(carried(torch, [slice(1, 2), frozenset("a")]))


def deques_cannot_be_filled(torch: Any) -> Any:
    with torch.serialization.safe_globals([collections.deque]):
        return refusal(torch, collections.deque([1]))[0]


def modules_allowed(torch: Any) -> Any:
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    with torch.serialization.safe_globals([nn.Sequential, nn.Linear, nn.Tanh]):
        made = carried(torch, model)
    return repr(made), made(torch.ones(2)), made.training, [n for n, _ in made.named_parameters()]


def names_of_allowed_things(torch: Any) -> Any:
    torch.serialization.clear_safe_globals()
    torch.serialization.add_safe_globals([Point, (Pair, "elsewhere.Pair")])
    found = torch.serialization.get_safe_globals()
    torch.serialization.clear_safe_globals()
    return Point in found, len(found), torch.serialization.get_safe_globals()


def allowing_a_number(torch: Any) -> Any:
    torch.serialization.add_safe_globals(3)


def unsafe_names(torch: Any) -> Any:
    file = io.BytesIO()
    torch.save([Point(), Calling(eval, "1"), {1}, torch.ones(1), collections.deque(), np.ones(1)], file)
    file.seek(0)
    return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(file))


def unsafe_names_of_old_files(torch: Any) -> Any:
    file = io.BytesIO()
    torch.save(1, file, _use_new_zipfile_serialization=False)
    file.seek(0)
    torch.serialization.get_unsafe_globals_in_checkpoint(file)


def other_unpicklers_are_refused(torch: Any) -> Any:
    carried(torch, 1, pickle_module=pickle, weights_only=True)


def map_location_of_each_kind(torch: Any) -> Any:
    x = torch.ones(1)
    places = ("cpu", torch.device("cpu"), {"cpu": "cpu"}, {}, lambda s, where: s, lambda s, where: None, None)
    return [carried(torch, x, map_location=place) for place in places]


def map_location_function_is_given(torch: Any) -> Any:
    seen = []
    carried(torch, torch.ones(2), map_location=lambda s, where: seen.append((type(s).__name__, where, s.nbytes())))
    return seen


def map_location_to_no_device(torch: Any) -> Any:
    carried(torch, torch.ones(1), map_location="cuda:1")


def map_location_to_an_unknown_device(torch: Any) -> Any:
    carried(torch, torch.ones(1), map_location="xyz")


def map_location_by_name_to_no_device(torch: Any) -> Any:
    carried(torch, torch.ones(1), map_location={"cpu": "cuda:0"})


def map_location_that_cannot_be_called(torch: Any) -> Any:
    carried(torch, torch.ones(1), map_location=5)


def saving_to_a_number(torch: Any) -> Any:
    torch.save(1, 3)


def saving_where_no_folder_is(torch: Any) -> Any:
    torch.save(1, "/nonexistent/x.pt")


def saving_under_an_impossible_protocol(torch: Any) -> Any:
    torch.save(1, io.BytesIO(), pickle_protocol=9)


def loading_what_is_not_there(torch: Any) -> Any:
    torch.load("/nonexistent.pt")


def loading_a_number(torch: Any) -> Any:
    torch.load(3)


def loading_a_plain_pickle(torch: Any) -> Any:
    torch.load(io.BytesIO(pickle.dumps({"a": 1}, 2)))


def loading_the_beginning_of_a_file(torch: Any) -> Any:
    file = io.BytesIO()
    torch.save(torch.ones(100), file)
    torch.load(io.BytesIO(file.getvalue()[:500]))


def mapping_what_has_no_path(torch: Any) -> Any:
    carried(torch, 1, mmap=True)


def mapping_old_files(torch: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x")
        torch.save(1, path, _use_new_zipfile_serialization=False)
        try:
            torch.load(path, mmap=True)
        except RuntimeError as error:
            return str(error).replace(path, "x")


def mapped_tensors(torch: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x")
        torch.save([torch.arange(5), torch.ones(2, dtype=torch.float64)], path)
        made = torch.load(path, mmap=True)
        made[0][0] = 7
        return made, torch.load(path)[0]


def records_of_an_archive(torch: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.v1.pt")
        torch.save({"a": torch.ones(2), "b": torch.zeros(3)}, path)
        with zipfile.ZipFile(path) as archive:
            return [(entry.filename, entry.file_size) for entry in archive.infolist()], archive.read(
                "model.v1/byteorder"
            )


def pickle_of_a_tensor(torch: Any) -> Any:
    file = io.BytesIO()
    torch.save({"w": torch.nn.Parameter(torch.ones(2, 3).t()), "n": [1, "a"]}, file)
    with zipfile.ZipFile(file) as archive:
        return archive.read("archive/data.pkl").decode("latin1")


def several_old_files_in_one(torch: Any) -> Any:
    file = io.BytesIO()
    for n in range(3):
        torch.save(torch.full((2,), n), file, _use_new_zipfile_serialization=False)
    file.seek(0)
    return [torch.load(file) for _ in range(3)]


def plain_pickles_of_tensors(torch: Any) -> Any:
    x = torch.arange(4.0)
    a, b = pickle.loads(pickle.dumps([x, x]))
    return a, a is b, pickle.loads(pickle.dumps(torch.ones(2, dtype=torch.bfloat16)))


def plain_pickles_of_modules(torch: Any) -> Any:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[1].weight = model[0].weight
    made = pickle.loads(pickle.dumps(model))
    return repr(made), made[0].weight is made[1].weight


def byte_orders(torch: Any) -> Any:
    s = torch.serialization
    before = s.get_default_load_endianness()
    s.set_default_load_endianness(s.LoadEndianness.BIG)
    now = s.get_default_load_endianness()
    s.set_default_load_endianness(None)
    return before, str(now), [e.name for e in s.LoadEndianness]


def an_impossible_byte_order(torch: Any) -> Any:
    torch.serialization.set_default_load_endianness("big")


def ways_of_mapping(torch: Any) -> Any:
    s = torch.serialization
    with s.set_default_mmap_options(s.MAP_SHARED):
        inside = s.get_default_mmap_options()
    return inside, s.get_default_mmap_options(), s.DEFAULT_PROTOCOL, s.MAGIC_NUMBER, s.PROTOCOL_VERSION


def an_impossible_way_of_mapping(torch: Any) -> Any:
    torch.serialization.set_default_mmap_options(7)


def checksums(torch: Any) -> Any:
    return torch.serialization.get_crc32_options()


def places_of_storages(torch: Any) -> Any:
    s = torch.ones(1).untyped_storage()
    return torch.serialization.location_tag(s), torch.serialization.default_restore_location(s, "cpu") is s


# -- other libraries ---------------------------------------------------------------------------------------------------


def dlpack_device(torch: Any) -> Any:
    kind, number = torch.ones(2).__dlpack_device__()
    return kind.name, int(kind), number


def dlpack_to_numpy(torch: Any) -> Any:
    x = torch.arange(6.0).reshape(2, 3).t()
    a = np.from_dlpack(x)
    a[0, 1] = 9
    return x, a.strides


def dlpack_from_numpy(torch: Any) -> Any:
    a = np.arange(6).reshape(2, 3).T
    x = torch.from_dlpack(a)
    x[0, 0] = 5
    return x, x.stride(), int(a[0, 0])


def dlpack_capsules(torch: Any) -> Any:
    from importlib import import_module

    dlpack = import_module(torch.__name__ + ".utils.dlpack")
    x = torch.zeros(3)
    capsule = dlpack.to_dlpack(x)
    dlpack.from_dlpack(capsule)[1] = 4
    return x, dlpack.from_dlpack(x).data_ptr() == x.data_ptr()


def dlpack_capsules_once(torch: Any) -> Any:
    from importlib import import_module

    dlpack = import_module(torch.__name__ + ".utils.dlpack")
    capsule = dlpack.to_dlpack(torch.zeros(3))
    dlpack.from_dlpack(capsule)
    dlpack.from_dlpack(capsule)


def dlpack_of_booleans(torch: Any) -> Any:
    return torch.from_dlpack(np.array([True, False])), str(np.from_dlpack(torch.tensor([True, False])))


def dlpack_needs_no_gradient(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).__dlpack__()


def dlpack_has_no_streams(torch: Any) -> Any:
    torch.ones(2).__dlpack__(stream=5)


def dlpack_of_a_number(torch: Any) -> Any:
    torch.from_dlpack(3)


def dlpack_copies(torch: Any) -> Any:
    a = np.zeros(2)
    torch.from_dlpack(a, copy=True)[0] = 1
    return str(a)


def from_numpy_shares(torch: Any) -> Any:
    a = np.zeros((2, 2), order="F")
    x = torch.from_numpy(a)
    x[0, 1] = 3
    return x.stride(), str(a)


def from_numpy_of_read_only_arrays(torch: Any) -> Any:
    a = np.zeros(2)
    a.flags.writeable = False
    return torch.from_numpy(a)


def from_numpy_of_reversed_arrays(torch: Any) -> Any:
    torch.from_numpy(np.arange(3)[::-1])


def from_numpy_of_other_byte_order(torch: Any) -> Any:
    torch.from_numpy(np.ones(2, ">f4"))


def from_numpy_of_text(torch: Any) -> Any:
    torch.from_numpy(np.array(["a"]))


def from_numpy_of_fields(torch: Any) -> Any:
    torch.from_numpy(np.zeros(3, dtype="i1,f4")["f1"])


def numpy_of_bfloat16(torch: Any) -> Any:
    torch.ones(2, dtype=torch.bfloat16).numpy()


def frombuffer_of_each_size(torch: Any) -> Any:
    found: list[Any] = []
    for size, options in ((8, {}), (7, {}), (0, {}), (8, {"count": 5}), (8, {"offset": 4}), (8, {"offset": 9})):
        try:
            found.append(torch.frombuffer(bytearray(size), dtype=torch.float32, **options))
        except ValueError as error:
            found.append(str(error))
    return found
