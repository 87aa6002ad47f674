"""Families of operators that are loaded when first used, and what importing the package loads."""

from __future__ import annotations

from importlib import import_module

import pytest

import tapegrad as torch
from tapegrad.ops import deferred

from ..processes import forks, in_a_new_process

# What the import may load besides the package and what NumPy has loaded before.
STANDARD_LIBRARY = {"__future__", "threading"}
# How many of its own modules: those that say what a tensor is. Operators and autograd are not among them.
LOADED_FIRST = 32


@pytest.mark.parametrize("family", deferred.FAMILIES)
def test_the_tables_have_the_names_that_the_module_has(family: str) -> None:
    module = import_module(f"tapegrad.{deferred.path_of(family)}")
    methods = getattr(module, "METHODS", {})
    assert deferred.FUNCTIONS.get(family, "").split() == sorted(getattr(module, "__all__", ()))
    assert deferred.TENSOR_METHODS.get(family, "").split() == sorted(methods)


def test_importing_loads_no_family_and_little_else() -> None:
    loaded = in_a_new_process(
        "import numpy; before = set(sys.modules); import tapegrad; print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    paths = {f"tapegrad.{deferred.path_of(family)}" for family in deferred.FAMILIES}
    assert paths.isdisjoint(loaded)
    own = [name for name in loaded if name.startswith("tapegrad")]
    assert set(loaded) - set(own) <= STANDARD_LIBRARY
    assert len(own) <= LOADED_FIRST


def test_a_tensor_has_all_its_methods_from_the_start() -> None:
    missing = in_a_new_process(
        "import tapegrad, pkgutil, warnings\n"
        "from importlib import import_module\n"
        "before = set(vars(tapegrad.Tensor))\n"
        "for package in ('autograd', 'nn', 'ops', 'optim', 'random', 'sparse', 'tensor'):\n"
        "    path = import_module('tapegrad.' + package).__path__\n"
        "    for module in pkgutil.walk_packages(path, f'tapegrad.{package}.'): import_module(module.name)\n"
        "print(json.dumps(sorted(set(vars(tapegrad.Tensor)) - before)))"
    )
    assert missing == []


@forks
def test_every_word_of_a_family_s_rules_has_a_meaning_when_nothing_else_was_loaded() -> None:
    unknown = in_a_new_process(
        "import builtins, dis, os, types, tapegrad\n"
        "from tapegrad.ops import deferred, frames, vocabulary\n"
        "from tapegrad.ops.op import TABLE\n"
        "from tapegrad.ops.vocabulary import RAW, TENSOR, bind\n"
        "def looked_up(code):\n"
        "    for step in dis.get_instructions(code):\n"
        "        if step.opname in ('LOAD_GLOBAL', 'LOAD_NAME'): yield step.argval\n"
        "    for constant in code.co_consts:\n"
        "        if isinstance(constant, types.CodeType): yield from looked_up(constant)\n"
        "def unknown(family):\n"
        "    deferred.load(family)\n"
        "    rules = [rule for op in list(TABLE.values()) for rule in op.rules.values()]\n"
        "    for graph, words in ((False, RAW), (True, TENSOR)):\n"
        "        for rule in rules:\n"
        "            bind(rule, graph)\n"
        "            yield from (n for n in looked_up(rule.__code__) if n not in words and not hasattr(builtins, n))\n"
        "found = {}\n"
        "for family in deferred.FAMILIES:\n"
        "    here, there = os.pipe()\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        os.write(there, json.dumps(sorted(set(unknown(family)))).encode())\n"
        "        os._exit(0)\n"
        "    os.close(there)\n"
        "    found[family] = json.loads(os.read(here, 65536) or '[\"died\"]')\n"
        "    os.close(here); os.waitpid(child, 0)\n"
        "print(json.dumps({family: names for family, names in found.items() if names}))"
    )
    assert unknown == {}


def test_a_method_is_found_when_it_is_first_used_also_by_a_subclass() -> None:
    found = in_a_new_process(
        "import tapegrad as torch\n"
        "x = torch.nn.Parameter(torch.tensor([1.0, 2.0]))\n"
        "kind = type(vars(torch.Tensor)['cumsum']).__name__\n"
        "print(json.dumps([kind, x.cumsum(0).tolist(), type(vars(torch.Tensor)['cumsum']).__name__,"
        " torch.Tensor.cumprod(x, 0).tolist(), hasattr(torch.Tensor, 'cumsun')]))"
    )
    assert found == ["Deferred", [1.0, 3.0], "function", [1.0, 2.0], False]


def test_a_subclass_that_overrides_a_method_finds_tensor_s_own_beneath() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "calls = []\n"
        "class Noted(torch.nn.Parameter):\n"
        "    def cumsum(self, dim):\n"
        "        calls.append(dim)\n"
        "        return super().cumsum(dim)\n"
        "y = Noted(torch.tensor([1.0, 2.0]))\n"
        "kind = type(vars(torch.Tensor)['cumsum']).__name__\n"
        "print(json.dumps([kind, y.cumsum(0).tolist(), calls]))"
    ) == ["Deferred", [1.0, 3.0], [0]]


def test_properties_are_read_and_written_before_they_are_loaded() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "x = torch.tensor([1 + 2j])\n"
        "kinds = [type(vars(torch.Tensor)[name]).__name__ for name in ('real', 'T')]\n"
        "x.real = torch.tensor([5.0])\n"
        "x.cumsum = 7\n"
        "print(json.dumps([kinds, x.cumsum, torch.view_as_real(x).tolist(), x.reshape(1, 1).T.imag.tolist()]))"
    ) == [["Deferred", "Deferred"], 7, [[5.0, 2.0]], [[2.0]]]


def test_a_warning_of_a_property_names_the_line_that_reads_it() -> None:
    found = in_a_new_process(
        "import warnings, tapegrad as torch\n"
        "with warnings.catch_warnings(record=True) as given:\n"
        "    warnings.simplefilter('always')\n"
        "    torch.ones(1, 2, 3).T\n"
        "print(json.dumps([[w.filename, w.lineno] for w in given]))"
    )
    assert found == [["<string>", 5]]


def test_a_method_stays_the_same_object_when_its_deferred_one_is_put_back() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "from unittest import mock\n"
        "deferred = vars(torch.Tensor)['cumsum']\n"
        "method = torch.Tensor.cumsum\n"
        "torch.Tensor.cumsum = deferred\n"
        "with mock.patch.object(torch.Tensor, 'cumsum'):\n"
        "    torch.Tensor.cumprod  # of the same module\n"
        "print(json.dumps([method.__name__, torch.Tensor.cumsum is method]))"
    ) == ["cumsum", True]


def test_threads_that_use_the_same_names_first_get_the_same_functions() -> None:
    found = in_a_new_process(
        "import threading, tapegrad as torch\n"
        "names = ['add', 'cumsum', 'sort', 'softmax', 'real', 'backward', '__getitem__', '__eq__', 'new_zeros']\n"
        "functions = ['exp_', 'conv2d', 'nn', 'sort', 'ones', 'no_grad', 'return_types', '__version__']\n"
        "sys.setswitchinterval(1e-6)\n"
        "ready = threading.Barrier(8)\n"
        "got = []\n"
        "def use(order):\n"
        "    ready.wait()\n"
        "    got.append([getattr(torch.Tensor, n) for n in names[::order]][::order]\n"
        "        + [getattr(torch, n) for n in functions[::order]][::order])\n"
        "threads = [threading.Thread(target=use, args=(1 - 2 * (i % 2),)) for i in range(8)]\n"
        "for thread in threads: thread.start()\n"
        "for thread in threads: thread.join()\n"
        "same = all(a is b for one in got for a, b in zip(one, got[0], strict=True))\n"
        "later = [getattr(torch.Tensor, n) for n in names] + [getattr(torch, n) for n in functions]\n"
        "print(json.dumps([len(got), same, all(a is b for a, b in zip(later, got[0], strict=True))]))"
    )
    assert found == [8, True, True]


def test_the_package_lists_its_names_before_they_are_loaded() -> None:
    missing = in_a_new_process("import tapegrad; print(json.dumps(sorted(set(tapegrad.__all__) - set(dir(tapegrad)))))")
    assert missing == []
    for module in (torch, torch.autograd, torch.nn):
        assert [name for name in dir(module) if not hasattr(module, name)] == []


def test_a_namespace_of_custom_operators_hides_no_module() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "@torch.library.custom_op('pooling::twice', mutates_args=())\n"
        "def twice(x: torch.Tensor) -> torch.Tensor: return 2 * x\n"
        "loaded = 'tapegrad.ops.pooling' in sys.modules\n"
        "print(json.dumps([loaded, torch.nn.functional.max_pool1d(twice(torch.ones(1, 1, 2)), 2).tolist()]))"
    ) == [False, [[[2.0]]]]


def test_the_first_call_of_a_deferred_operator_is_silent() -> None:
    assert in_a_new_process(
        "import tapegrad as torch\n"
        "x = torch.tensor([0.0, -1.0], requires_grad=True)\n"
        "y = torch.lgamma(x); y.sum().backward()\n"
        "z = torch.special.xlog1py(x.detach(), torch.tensor([-1.0, -2.0]))\n"
        "print(json.dumps([y.isinf().all().item(), z.isnan().tolist()]))"
    ) == [True, [False, True]]


def test_everything_is_there_for_who_looks_at_all_of_it() -> None:
    deferred.load_all()
    kinds = {type(member) for member in vars(torch.Tensor).values()}
    assert deferred.Deferred not in kinds
    assert [name for name in deferred.FAMILY_OF if name not in vars(torch)] == []
