"""A machine that runs the pickles of tensor files and can do nothing else.

A pickle is a program.  Python's own machine imports and calls whatever the program names; this one knows the
instructions that build numbers, strings and containers, and calls only what `rebuilding` lists or the user has
allowed.

A hostile program cannot make it use much time or memory either: it works without recursion, an instruction costs no
more than the bytes it is written in, and what can cost more (copies of containers, hashes of nested keys) is charged to
an account that is proportional to the program's length.
"""

from __future__ import annotations

import pickle
import struct
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final

from ..tensor.tensor import Tensor
from .allowed import allowed_by_user, is_allowed_by_user
from .instructions import MARK, STEPS
from .keys import Keys
from .malformed import Malformed
from .rebuilding import MAKERS, set_attributes, torchs

# Modules whose functions are refused even where a user's list would allow them by accident.
BLOCKED: Final = frozenset(
    ("sys", "os", "posix", "nt", "subprocess", "shutil", "importlib", "runpy", "ctypes", "pty", "code", "codeop")
)
_DAMAGE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error)
_CHARGE_FREE: Final = 1000


def modern(module: str, name: str) -> tuple[str, str]:
    """The present place of a name from the time of Python 2, which files of protocol 2 use."""
    module, name = NAME_MAPPING.get((module, name), (module, name))
    return IMPORT_MAPPING.get(module, module), name


class UnsafeGlobal(pickle.UnpicklingError):
    """A file names a class or function that it may not use."""


class NeedsCode(pickle.UnpicklingError):
    """A file that was to be trusted names what cannot be had without running code."""


class Machine:
    """Runs one pickle.

    Args:
        body: bytes that begin with the pickle.
        at: where it begins.
        persistent: makes an object of a persistent id.
    """

    def __init__(self, body: bytes, persistent: Callable[[Any], Any], at: int = 0) -> None:
        self.body, self.at, self.persistent = body, at, persistent
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.credit = _CHARGE_FREE + 4 * (len(body) - at)
        self.keys = Keys(self.charge)
        self.outside = False  # while the user's own functions run, whose errors are theirs

    def run(self) -> Any:
        """The object that the pickle builds; `at` is then behind it.

        Raises:
            UnsafeGlobal: it names something that is not allowed.
            pickle.UnpicklingError: it is no pickle of a tensor file.
            Malformed: what it says of tensors makes no sense.
        """
        body, steps = self.body, STEPS
        try:
            while True:
                code = body[self.at]
                self.at += 1
                if code == 0x2E:  # STOP
                    made = self.pop()
                    if self.stack:
                        raise pickle.UnpicklingError("the pickle ends with more than one object")
                    return made
                step = steps.get(code)
                if step is None:
                    raise pickle.UnpicklingError(f"Unsupported operand {code}")
                step(self)
        except _DAMAGE as error:
            if self.outside:
                raise
            what = f"the pickle is damaged near byte {self.at}: {type(error).__name__}"
            raise pickle.UnpicklingError(what) from error

    def charge(self, cost: int) -> None:
        """Pay for work that the program's length does not bound.

        Raises:
            pickle.UnpicklingError: the program wants more than an honest one of its length could.
        """
        self.credit -= cost
        if self.credit < 0:
            raise pickle.UnpicklingError("the pickle makes far more of its content than it has")

    # -- reading -------------------------------------------------------------------------------------------------------

    def take(self, count: int) -> bytes:
        """The next bytes of the program."""
        end = self.at + count
        if count < 0 or end > len(self.body):
            raise pickle.UnpicklingError("the pickle ends in the middle")
        part = self.body[self.at : end]
        self.at = end
        return part

    def line(self) -> str:
        """The text up to the next end of a line."""
        end = self.body.index(b"\n", self.at)
        part = self.body[self.at : end]
        self.at = end + 1
        return part.decode()

    def push(self, value: Any) -> None:
        """Put a value on the stack."""
        self.stack.append(value)

    def pop(self) -> Any:
        """Take the value on top of the stack."""
        value = self.stack.pop()
        if value is MARK:
            raise pickle.UnpicklingError("a mark in place of a value")
        return value

    def top(self) -> Any:
        """The value on top of the stack."""
        value = self.stack[-1]
        if value is MARK:
            raise pickle.UnpicklingError("a mark in place of a value")
        return value

    def since_mark(self) -> list[Any]:
        """What was pushed since the last mark."""
        stack = self.stack
        for i in range(len(stack) - 1, -1, -1):
            if stack[i] is MARK:
                items = stack[i + 1 :]
                del stack[i:]
                return items
        raise pickle.UnpicklingError("a mark is missing")

    # -- containers ----------------------------------------------------------------------------------------------------

    def extend(self, target: Any, items: list[Any]) -> None:
        """Add to a list."""
        if not isinstance(target, list):
            raise pickle.UnpicklingError(f"Can only extend lists, but got {type(target)}")
        target.extend(items)

    def set_items(self, target: Any, items: list[Any]) -> None:
        """Set items of a dictionary."""
        if not isinstance(target, dict):
            raise pickle.UnpicklingError(f"Can only SETITEM for dictionaries, but got {type(target)}")
        if len(items) % 2:
            raise Malformed("a key without a value")
        self.keys.check(target, items[::2])
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[key] = value

    def add(self, target: Any, items: list[Any]) -> None:
        """Add to a set."""
        if not isinstance(target, set):
            raise Malformed("items for what is no set")
        self.keys.check(target, items)
        target.update(items)

    # -- names and calls -----------------------------------------------------------------------------------------------

    def named(self, module: str, name: str) -> Any:
        """What a name in the program means.

        Raises:
            UnsafeGlobal: it is not allowed.
        """
        module, name = modern(module, name)
        found = torchs(module, name)
        if found is not None:
            return found
        full = f"{module}.{name}"
        root = module.partition(".")[0]
        if root in BLOCKED:
            raise UnsafeGlobal(f"Trying to load unsupported GLOBAL {full} whose module {root} is blocked.")
        found = allowed_by_user(full)
        if found is None:
            shown = full.removeprefix("builtins.")
            raise UnsafeGlobal(
                f"Unsupported global: GLOBAL {shown} was not an allowed global by default. Please use"
                f" `torch.serialization.add_safe_globals([{shown}])` or the"
                f" `torch.serialization.safe_globals([{shown}])` context manager to allowlist this global if you trust"
                " this class/function."
            )
        return found

    def call(self, function: Any, arguments: Any) -> Any:
        """The result of a function that may be called."""
        if not isinstance(arguments, tuple):
            raise Malformed("arguments that are no tuple")
        for argument in arguments:
            self._charge_for(argument)
        maker = MAKERS.get(id(function))
        if maker is not None:
            if len(arguments) == 1 and function in (set, OrderedDict):
                self._check_keys_of(arguments[0], pairs=function is OrderedDict)
            return maker(*arguments)
        if not is_allowed_by_user(function):
            raise UnsafeGlobal(f"Trying to call reduce for unrecognized function of type {type(function).__name__}")
        return self._outside(lambda: function(*arguments))

    def make(self, cls: Any, arguments: Any, keywords: Any = None) -> Any:
        """An instance of a class, as `__new__` makes it."""
        if not isinstance(arguments, tuple) or not (keywords is None or isinstance(keywords, dict)):
            raise Malformed("arguments that are no tuple")
        if cls in (OrderedDict, Counter) and not arguments and not keywords:
            return cls()
        if not (isinstance(cls, type) and is_allowed_by_user(cls)):
            raise UnsafeGlobal(f"Trying to call __new__ for unrecognized class of type {type(cls).__name__}")
        for argument in (*arguments, *(keywords or {}).values()):
            self._charge_for(argument)
        return self._outside(lambda: cls.__new__(cls, *arguments, **(keywords or {})))

    def build(self, made: Any, state: Any) -> None:
        """Give an object its state."""
        self._charge_for(state)
        cls = type(made)
        allowed = is_allowed_by_user(cls)
        if allowed and hasattr(made, "__setstate__") and not isinstance(made, Tensor):
            self._outside(lambda: made.__setstate__(state))
        elif allowed or isinstance(made, (Tensor, OrderedDict)):
            set_attributes(made, state)
        else:
            raise UnsafeGlobal(
                "Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got"
                f" {cls}"
            )

    def _outside(self, act: Callable[[], Any]) -> Any:
        self.outside = True
        made = act()
        self.outside = False
        return made

    def persist(self, identity: Any) -> Any:
        """The object that a persistent id stands for."""
        return self._outside(lambda: self.persistent(identity))

    def _charge_for(self, argument: Any) -> None:
        if isinstance(argument, (list, tuple, dict, set, frozenset, str, bytes, bytearray)):
            self.charge(len(argument))

    def _check_keys_of(self, items: Any, pairs: bool) -> None:
        """Check what is about to become the keys of a new container."""
        if isinstance(items, dict) or not isinstance(items, (list, tuple, set, frozenset)):
            return  # checked when they became the keys of this one; or refused by the maker
        if pairs:
            items = [pair[0] for pair in items if isinstance(pair, (list, tuple)) and len(pair) == 2]
        self.keys.check(items, items)
