"""The Python state that a function depends on: what it reads besides its arguments, as facts that can be checked.

Starting from the function, the namespaces, free variables and objects that the observed code reads are walked through,
by the names that it reads.  A fact says that a place (an entry of a dictionary, a cell, an item of a list) holds a
certain object.  The same walk before and after a call shows what the call changes.  What is found and cannot be told to
be unchanged (an array of NumPy's, a file, a random generator) is a `problem`, by name.
"""

from __future__ import annotations

import builtins
import enum
import functools
import math
import sys
import types
from collections import deque, namedtuple
from typing import Any, Final

import numpy as np

from ..nn.modules.module import Module
from ..nn.modules.module.hooks import CALL_HOOKS, OTHER_HOOKS, in_use
from ..random.generator import Generator
from ..tensor.tensor import Tensor
from .observe import Observed, is_user_code

_HOOKS: Final = frozenset((*CALL_HOOKS, *OTHER_HOOKS))
MISSING: Final = object()
_LIMIT: Final = 5000
_FIELD: Final = type(namedtuple("_Pair", "a b").__dict__["a"])

# Attributes of modules and optimizers that calls and steps do not read: they are for saving, loading and hooks.
_UNREAD: Final = frozenset(
    """_non_persistent_buffers_set _is_full_backward_hook _optimizer_state_dict_pre_hooks
    _optimizer_state_dict_post_hooks _optimizer_load_state_dict_pre_hooks _optimizer_load_state_dict_post_hooks
    _warned_capturable_if_run_uncaptured""".split()
)

CONSTANTS: Final = (
    type(None), bool, int, float, complex, str, bytes, type(...), type(NotImplemented), range, np.dtype, np.generic,
)  # fmt: skip
_IMPURE: Final = frozenset(
    """print input open exec eval compile globals locals vars setattr delattr __import__ breakpoint id hash
    memoryview""".split()
)
# Modules of the standard library and of NumPy whose functions give something else each time, or do something.
_UNKNOWN: Final = (
    "random", "time", "datetime", "os", "posix", "io", "_io", "secrets", "uuid", "subprocess", "socket", "tempfile",
    "numpy.random", "logging", "threading", "_thread", "pathlib", "sys", "queue", "gc", "inspect", "warnings",
)  # fmt: skip
_STATEFUL: Final = frozenset(
    """manual_seed seed set_rng_state set_default_dtype set_default_device set_default_tensor_type save load
    set_printoptions set_num_threads from_numpy set_detect_anomaly register_hook register_forward_hook
    save_npz load_npz""".split()
)


class Place:
    """Where a fact holds: a kind, the holder, and the key there."""

    __slots__ = ("holder", "key", "kind", "label")

    def __init__(self, kind: str, holder: Any, key: Any, label: str) -> None:
        self.kind, self.holder, self.key, self.label = kind, holder, key, label

    def look(self) -> Any:
        """What the place holds now."""
        kind, holder, key = self.kind, self.holder, self.key
        try:
            if kind == "item":
                return holder[key]
            if kind == "class":
                return holder.__dict__[key]
            if kind == "cell":
                return holder.cell_contents
            if kind == "attribute":
                return getattr(holder, key)
            if kind == "length":
                return len(holder)
            if kind == "set":
                return frozenset(holder)
        except (LookupError, ValueError, AttributeError):
            return MISSING
        raise AssertionError(kind)

    def put(self, value: Any) -> None:
        """Let an entry, a cell or an attribute hold something else."""
        if self.kind == "item":
            self.holder[self.key] = value
        elif self.kind == "cell":
            self.holder.cell_contents = value
        else:
            setattr(self.holder, self.key, value)


def same(a: Any, b: Any) -> bool:
    """Whether two values found at a place are the same fact."""
    if a is b:
        return True
    if a.__class__ is not b.__class__:
        return False
    if isinstance(a, float):
        return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)
    if isinstance(a, complex | np.generic):
        return repr(a) == repr(b)
    if isinstance(a, (*CONSTANTS, frozenset)):
        return bool(a == b)
    return False


class Facts:
    """All that was found in one walk.

    Attributes:
        places: by kind, holder and key: the place and what it holds.
        tensors: the tensors found, by id.
        problem: what cannot be known to be unchanged, in words; None if nothing.
    """

    def __init__(self, observed: Observed) -> None:
        self.observed = observed
        self.places: dict[Any, tuple[Place, Any]] = {}
        self.tensors: dict[int, Tensor] = {}
        self.problem: str | None = None
        self._seen: set[int] = set()
        self._keep: list[Any] = []
        self._todo: list[tuple[Any, str]] = []

    def walk(self, function: Any, objects: tuple[Any, ...] = ()) -> Facts:
        """From a function and the objects among its arguments."""
        self._visit(function, getattr(function, "__name__", "the function"))
        for x in objects:
            self._visit(x, f"an argument of type {type(x).__name__}")
        for namespace, names in self.observed.names.values():
            for name in sorted(names):
                self._global(namespace, name)
        for name in sorted(self.observed.modules):
            if name in sys.modules:
                self._visit(sys.modules[name], name)
        if self.observed.stores and self.problem is None:
            self.problem = f"assigns the global variable {min(self.observed.stores)}"
        while self._todo and self.problem is None:
            self._open(*self._todo.pop())
            if len(self.places) > _LIMIT:
                self.problem = f"reads more than {_LIMIT} Python values"
        return self

    def changed(self, other: Facts) -> str | None:
        """The first place, in words, at which another walk found something else."""
        for key, (place, value) in self.places.items():
            now = other.places.get(key)
            if now is None or not same(value, now[1]):
                return place.label
        for key, (place, _) in other.places.items():
            if key not in self.places:
                return place.label
        return None

    def differences(self, other: Facts) -> set[Any]:
        """The keys of the places at which another walk found something else."""
        keys = {*self.places, *other.places}
        return {
            key
            for key in keys
            if key not in self.places or key not in other.places
            or not same(self.places[key][1], other.places[key][1])
        }  # fmt: skip

    # -- places ----------------------------------------------------------------------------------------------------

    def _fact(self, kind: str, holder: Any, key: Any, value: Any, label: str) -> None:
        where = (kind, id(holder), key if key.__class__ in (str, int, type(None)) else id(key))
        if where not in self.places:
            self.places[where] = (Place(kind, holder, key, label), value)
            self._keep.append(key)

    def _item(self, holder: Any, key: Any, label: str) -> None:
        place = Place("item", holder, key, label)
        value = place.look()
        self._fact("item", holder, key, value, label)
        if value is not MISSING:
            self._visit(value, label)

    def _global(self, namespace: dict[str, Any], name: str) -> None:
        if name in namespace:
            if namespace.get("__name__") is None:
                return
            self._item(namespace, name, name)
        else:
            value = getattr(builtins, name, None)
            self._fact("item", namespace, name, MISSING, name)
            if value is not None:
                self._visit(value, name)

    def _visit(self, x: Any, label: str) -> None:
        if isinstance(x, CONSTANTS) or id(x) in self._seen:
            return
        self._seen.add(id(x))
        self._keep.append(x)
        self._todo.append((x, label))

    # -- objects ---------------------------------------------------------------------------------------------------

    def _open(self, x: Any, label: str) -> None:
        kind = type(x)
        if isinstance(x, Tensor):
            self.tensors[id(x)] = x
            if kind.__module__ != "torch" and is_ours_class(kind) is False:
                self.problem = f"reads {label}, a tensor of the class {kind.__name__}"
        elif isinstance(x, Module):
            self._module(x, label)
        elif isinstance(x, (list, deque)):
            self._fact("length", x, None, len(x), f"the length of {label}")
            for i in range(len(x)):
                self._item(x, i, f"{label}[{i}]")
        elif isinstance(x, dict):
            self._fact("length", x, None, len(x), f"the length of {label}")
            for key in list(x):
                self._visit(key, f"a key of {label}")
                self._item(x, key, f"{label}[{key!r}]" if isinstance(key, (str, int)) else f"an entry of {label}")
        elif isinstance(x, (set,)):
            self._fact("set", x, None, frozenset(x), label)
        elif isinstance(x, (tuple, frozenset, types.MappingProxyType)):
            for part in x.values() if isinstance(x, types.MappingProxyType) else x:
                self._visit(part, label)
        elif isinstance(x, types.FunctionType):
            self._function(x, label)
        elif isinstance(x, types.MethodType):
            self._visit(x.__func__, label)
            self._visit(x.__self__, label)
        elif isinstance(x, functools.partial):
            for part in (x.func, x.args, x.keywords):
                self._visit(part, label)
        elif isinstance(x, (staticmethod, classmethod)):
            self._visit(x.__func__, label)
        elif isinstance(x, (property, types.GetSetDescriptorType, types.MemberDescriptorType, _FIELD)):
            pass  # its functions run, and are seen
        elif hasattr(x, "_is_torch_compile"):  # a compiled function runs as it is written inside of another
            self._visit(x.function, label)
            self._visit(x.root, label)
        elif isinstance(x, types.ModuleType):
            self._python_module(x)
        elif isinstance(x, type):
            self._class(x)
        elif isinstance(x, np.ndarray):
            self.problem = f"reads {label}, an array of NumPy's, whose contents cannot be watched: make it a tensor"
        elif isinstance(x, (types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)):
            self._builtin(x, label)
        elif isinstance(x, (np.ufunc, enum.Enum, slice, Generator)) or _is_value(x):
            pass
        elif type(x).__module__.startswith("numpy") and callable(x) and not hasattr(x, "__self__"):
            pass
        elif hasattr(x, "__dict__") and (is_ours_class(kind) or kind.__module__ not in _UNKNOWN):
            self._instance(x, label)
        elif is_ours_class(kind) or hasattr(kind, "__slots__"):
            self._slots(x, label)
        else:
            self.problem = f"reads {label}, of the type {kind.__name__}, whose state cannot be watched"

    def _function(self, f: types.FunctionType, label: str) -> None:
        if not is_user_code(f.__code__.co_filename):
            if f.__name__ in _STATEFUL and is_ours_module(f.__module__):
                self.problem = f"calls {f.__name__}"
            elif str(f.__module__).split(".")[0] in _UNKNOWN:
                self.problem = f"calls {f.__module__}.{f.__name__}"
            elif hasattr(f, "__wrapped__"):
                self._visit(f.__wrapped__, label)
            return
        free = self.observed.codes.get(f.__code__)
        if hasattr(f, "__wrapped__"):
            self._visit(f.__wrapped__, label)
        if free is None:
            return
        self._fact("attribute", f, "__code__", f.__code__, label)
        for what in (f.__defaults__, f.__kwdefaults__):
            if what:
                self._visit(what, f"a default argument of {label}")
        for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
            if name in free:
                value = Place("cell", cell, None, name).look()
                self._fact("cell", cell, None, value, name)
                if value is not MISSING:
                    self._visit(value, name)

    def _python_module(self, module: types.ModuleType) -> None:
        name = module.__name__
        if name in _UNKNOWN:
            self.problem = f"uses the module {name}, which gives or does something else each time"
            return
        if is_ours_module(name):
            for key in self.observed.attributes & _STATEFUL:
                if key in ("manual_seed", "seed", "save", "load", "from_numpy") and hasattr(module, key):
                    self.problem = f"calls {key}"
            return
        for key in sorted(self.observed.attributes):
            if key in vars(module):
                self._item(vars(module), key, f"{name}.{key}")

    def _class(self, cls: type) -> None:
        if is_ours_class(cls) or cls.__module__ in ("builtins", "collections", "types", "typing", "functools", "numpy"):
            return
        if cls.__module__.split(".")[0] in _UNKNOWN:
            self.problem = f"uses {cls.__module__}.{cls.__name__}, which gives or does something else each time"
            return
        for base in cls.__mro__:
            if is_ours_class(base) or base is object:
                continue
            for key in sorted(self.observed.attributes):
                if key in base.__dict__:
                    label = f"{cls.__name__}.{key}"
                    self._fact("class", base, key, base.__dict__[key], label)
                    self._visit(base.__dict__[key], label)

    def _module(self, m: Module, label: str) -> None:
        self._fact("attribute", in_use, "any", in_use.any, "the hooks of modules")
        for key, value in m.__dict__.items():
            if not in_use.any and key in _HOOKS:  # as long as no module has any, they are all empty
                continue
            if key in _UNREAD and key not in self.observed.attributes:
                continue
            self._fact("item", m.__dict__, key, value, f"{label}.{key}")
            self._visit(value, f"{label}.{key}" if not key.startswith("_") else label)
        self._fact("length", m.__dict__, None, len(m.__dict__), f"the attributes of {label}")
        self._class(type(m))

    def _instance(self, x: Any, label: str) -> None:
        ours = is_ours_class(type(x))
        for key in list(x.__dict__):
            if key in _UNREAD and key not in self.observed.attributes and ours:
                continue
            if ours or key in self.observed.attributes or "getattr" in _names(self.observed):
                self._item(x.__dict__, key, f"{label}.{key}")
        if not ours:
            for key in self.observed.attributes:
                # An attribute that is set later, or that comes to hide one of the class.
                if key not in x.__dict__ and (key in self.observed.set_attributes or _in_class(type(x), key)):
                    self._fact("item", x.__dict__, key, MISSING, f"{label}.{key}")
            self._class(type(x))
        if isinstance(x, dict):
            self._fact("length", x, None, len(x), label)

    def _slots(self, x: Any, label: str) -> None:
        for cls in type(x).__mro__:
            slots = cls.__dict__.get("__slots__", ())
            for key in (slots,) if isinstance(slots, str) else slots:
                if key not in ("__dict__", "__weakref__"):
                    value = getattr(x, key, MISSING)
                    self._fact("attribute", x, key, value, f"{label}.{key}")
                    if value is not MISSING:
                        self._visit(value, f"{label}.{key}")

    def _builtin(self, x: Any, label: str) -> None:
        holder = getattr(x, "__self__", None)
        module = getattr(x, "__module__", None)
        if holder is None or isinstance(holder, (types.ModuleType, type)):
            if (module == "builtins" and x.__name__ in _IMPURE) or str(module).split(".")[0] in _UNKNOWN:
                self.problem = f"calls {x.__name__}"
        else:
            self._visit(holder, label)
            if not isinstance(holder, (list, dict, set, tuple, str, Tensor)):
                self.problem = f"calls {label}, a method of the type {type(holder).__name__}"


def _in_class(cls: type, key: str) -> bool:
    """Whether a class of the user's has an attribute."""
    return any(key in base.__dict__ for base in cls.__mro__ if base is not object and not is_ours_class(base))


def _names(observed: Observed) -> set[str]:
    found: set[str] = set()
    for _, names in observed.names.values():
        found |= names
    return found


def is_ours_module(name: Any) -> bool:
    """Whether a module is one of tapegrad's, by its own name or by torch's."""
    return isinstance(name, str) and name.split(".")[0] in ("tapegrad", "torch")


def is_ours_class(cls: type) -> bool:
    """Whether a class is one of tapegrad's."""
    return is_ours_module(cls.__module__)


def _is_value(x: Any) -> bool:
    """Whether an object is one of tapegrad's that never change: a type of elements, a device, a layout, a shape."""
    return is_ours_class(type(x)) and type(x).__name__ in ("dtype", "device", "layout", "memory_format", "Size")


__all__ = ["MISSING", "Facts", "Place", "same"]
