"""`import torch` that finds tapegrad: `install_as_torch()`, which `tapegrad run` calls.

After it, `torch` *is* the module tapegrad and `torch.nn` is `tapegrad.nn`: the same module objects under a second name,
so nothing exists twice. What torch has and tapegrad lacks fails by its torch name, and no sooner than it is used:

| the program says                   | and gets                                                                 |
|------------------------------------|--------------------------------------------------------------------------|
| `torch.lacking`                    | AttributeError, "… tapegrad has no torch.lacking"; `hasattr` is False     |
| `from torch import lacking`        | a `Missing`, which fails when called, subclassed, looked into, …          |
| `import torch.lacking as lacking`  | an empty module, every attribute of which fails as above                  |
| a module or name torch lacks too   | ImportError, as with torch: programs try such names and have a second way |

The last row needs to know torch's names: `torch_names.py`. An import of an empty module sets it as an attribute, as any
import does: from then on `hasattr(torch, "lacking")` is True for it, as with torch.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from opcode import opmap
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from tapegrad.foreign import look_at_module
from tapegrad.torch_names import ANY, has_name, modules, tensor_attributes

if TYPE_CHECKING:
    from importlib.metadata import Distribution, DistributionFinder

__all__ = ["install_as_torch", "uninstall_torch_alias"]


def install_as_torch() -> None:
    """Make `import torch`, and the import of every submodule, give tapegrad in this process.

    Call it before anything imports torch. A second call changes nothing. Other processes are not affected: a worker
    started by multiprocessing with "spawn" runs the main program's first lines again, and with them this call.

    Raises:
        RuntimeError: the real torch is already imported. Nothing is changed then. It is an error and not a warning
            because the program would go on with the library it asked not to use.

    Example:
        >>> import tapegrad
        >>> tapegrad.install_as_torch()
        >>> import torch.nn.functional as F
        >>> F is tapegrad.nn.functional
        True
        >>> from tapegrad.torch_alias import uninstall_torch_alias
        >>> uninstall_torch_alias()
    """
    if _finder not in sys.meta_path:
        tapegrad = sys.modules["tapegrad"]
        found = sys.modules.get("torch", tapegrad)
        if found is not tapegrad:
            raise RuntimeError(
                f"torch {getattr(found, '__version__', '')} is already imported, from "
                f"{getattr(found, '__file__', None)}: nothing was changed. Call install_as_torch() before anything "
                "imports torch, or write `import tapegrad as torch`."
            )
        _finder.install()


def uninstall_torch_alias() -> None:
    """Undo `install_as_torch()`: afterwards `import torch` finds whatever else is called torch.

    Modules that have imported torch by then keep what they got. Without an alias it does nothing.
    """
    if _finder in sys.meta_path:
        _finder.uninstall()


class Missing:
    """What `from torch import name` gives for a name that torch has and tapegrad lacks.

    It may stand in annotations and on the right of `isinstance`, which is False: nothing can be an instance of what
    is not there. Any other use raises NotImplementedError, or AttributeError for an attribute.
    """

    __slots__ = ("_torch_name",)

    def __init__(self, torch_name: str) -> None:
        self._torch_name = torch_name

    def __repr__(self) -> str:
        return f"<{self._torch_name}, which tapegrad has not>"

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{_has_no(self._torch_name)}, so there is no {self._torch_name}.{name}", name=name)

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise NotImplementedError(_has_no(self._torch_name))

    __call__ = __mro_entries__ = __bool__ = __len__ = __iter__ = __next__ = __contains__ = __enter__ = __exit__ = (
        _refuse
    )
    __int__ = __float__ = __index__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _refuse
    __truediv__ = __rtruediv__ = __neg__ = __lt__ = __le__ = __gt__ = __ge__ = __setitem__ = __reduce_ex__ = _refuse

    def __instancecheck__(self, instance: object) -> bool:
        return False

    def __subclasscheck__(self, subclass: type) -> bool:
        return False

    def _annotation(self, other: object) -> Missing:
        return self

    __getitem__ = __or__ = __ror__ = _annotation  # Name[int], Name | None


class _Finder:
    """Finds `torch` and `torch.…` among tapegrad's modules: a meta path finder and, at once, the loader."""

    def __init__(self) -> None:
        self._own_getattr: dict[ModuleType, Callable[[str], Any] | None] = {}
        self._own_spec: dict[str, ModuleSpec | None] = {}

    def __repr__(self) -> str:
        return "tapegrad's stand-in"  # in the repr of an empty module

    def install(self) -> None:
        sys.meta_path.insert(0, self)
        sys.modules["tapegrad"].__name__ = "torch"  # libraries that patch functions by name compare with it
        for ours, module in list(sys.modules.items()):
            torch_name = "torch" + ours.removeprefix("tapegrad")
            if ours.partition(".")[0] == "tapegrad" and module is not None and torch_name in modules():
                sys.modules[torch_name] = module
                self._answer_for_missing(module, torch_name)

    def uninstall(self) -> None:
        sys.meta_path.remove(self)
        sys.modules["tapegrad"].__name__ = "tapegrad"
        for name in [name for name in sys.modules if name.partition(".")[0] == "torch"]:
            module = sys.modules.pop(name)
            parent, _, child = name.rpartition(".")
            parents = vars(sys.modules.get(_ours(parent), ModuleType(parent)))
            if module.__name__ == name and parents.get(child) is module:
                del parents[child]  # an empty module, which its import set there
        for module, own in self._own_getattr.items():
            del module.__getattr__
            if own is not None:
                module.__getattr__ = own  # type: ignore[method-assign]  # PEP 562: a module's own fallback
        self._own_getattr.clear()

    # --- finding ---

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "torch" and not fullname.startswith("torch."):
            look_at_module(fullname, path)
            return None
        if fullname in modules():
            # It has a loader's methods; to derive from importlib.abc.Loader would cost its slow import.
            return ModuleSpec(fullname, self, is_package=not _is_ours(fullname))  # type: ignore[arg-type]
        if PathFinder.find_spec(fullname, path) is not None:
            # tapegrad has a module of that name, but torch has none (tapegrad.cli): the next finder would load it
            # a second time, because torch.__path__ is tapegrad's.
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None

    def find_distributions(self, context: DistributionFinder.Context) -> Iterator[Distribution]:
        """Answer `importlib.metadata.version("torch")`, by which libraries ask whether torch is there and how new."""
        if context.name == "torch":
            yield _torch_distribution()

    # --- loading ---

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        if not _is_ours(spec.name):
            return None
        module = importlib.import_module(_ours(spec.name))
        self._own_spec[spec.name] = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        spec = module.__spec__
        assert spec is not None
        if spec.name in self._own_spec:
            # It has been executed under its own name; the import system has just put the alias's spec into it.
            module.__spec__ = self._own_spec.pop(spec.name)
        else:
            module.__doc__ = f"{_has_no(spec.name)}: this empty module lets programs import it that do not use it."
        self._answer_for_missing(module, spec.name)

    def _answer_for_missing(self, module: ModuleType, torch_name: str) -> None:
        """Give the module a `__getattr__`, which Python calls for missing attributes only: the others cost nothing."""
        if module in self._own_getattr:
            return
        own = self._own_getattr[module] = vars(module).get("__getattr__")

        def __getattr__(name: str) -> Any:
            __tracebackhide__ = True  # pytest and IPython then show the line that asks for the name, not these
            if own is not None:
                try:
                    return own(name)
                except AttributeError as error:
                    if error.name not in (None, name):  # not about `name`: a fault inside what it looked up
                        raise
            return _missing(torch_name, name, sys._getframe(1))

        module.__getattr__ = __getattr__  # type: ignore[method-assign]
        if module.__name__ != torch_name:
            self._load_shadowed(module, torch_name)

    def _load_shadowed(self, package: ModuleType, torch_name: str) -> None:
        """Load the submodules whose name is in torch a function's too (torch.nn.utils.weight_norm).

        There the function hides the module. An import of the module sets it on its package, in the function's place:
        done now, with the function put back, it is done once and for all.
        """
        for name in modules()[torch_name]:
            if f"{torch_name}.{name}" in modules():
                hiding = {name: vars(package)[name]} if name in vars(package) else {}
                importlib.import_module(f"{torch_name}.{name}")
                vars(package).pop(name, None)
                vars(package).update(hiding)


_finder = _Finder()


def _ours(torch_name: str) -> str:
    return "tapegrad" + torch_name.removeprefix("torch")


def _is_ours(torch_name: str) -> bool:
    try:
        return _ours(torch_name) in sys.modules or importlib.util.find_spec(_ours(torch_name)) is not None
    except ModuleNotFoundError:  # tapegrad lacks the package that it would be in
        return False


def _has_no(torch_name: str) -> str:
    """Names the outermost thing that is missing: all of torch.distributed, not a function in it."""
    parts = torch_name.split(".")
    for end in range(2, len(parts)):
        outer = ".".join(parts[:end])
        if outer in modules() and not _is_ours(outer):
            return f"tapegrad has no {outer}"
    return f"tapegrad has no {torch_name}"


def _missing(module: str, name: str, frame: FrameType) -> Any:
    """Answers for `name`, which tapegrad's counterpart of torch's `module` lacks; `frame` is where it was asked for."""
    __tracebackhide__ = True
    full = f"{module}.{name}"
    found = sys.modules[module]
    known = has_name(module, name)
    imports, imports_all = _executes(frame, FROM_IMPORT), _executes(frame, STAR_IMPORT)
    if name == "__all__" and imports_all and found.__name__ == module:
        return sorted(modules()[module] - ANY)  # an empty module
    if known and (imports or imports_all):
        return importlib.import_module(full) if full in modules() else Missing(full)
    if imports and f"{found.__name__}.{name}" not in sys.modules:  # there Python looks next, for circular imports
        path = getattr(found, "__file__", None)
        raise ImportError(f"cannot import name {name!r} from {module!r} ({path})", name=module, path=path)
    message = f"module {module!r} has no attribute {name!r}"
    if not name.startswith("__"):
        message += f": {_has_no(full)}"
    # obj=None keeps Python from proposing a similar name, which is no help where torch has this one.
    raise AttributeError(message, name=name, obj=None if known else found)


FROM_IMPORT = (opmap["IMPORT_FROM"], None)
# Since Python 3.12 a star import is one of the operations of CALL_INTRINSIC_1, the second.
STAR_IMPORT = (opmap["IMPORT_STAR"], None) if "IMPORT_STAR" in opmap else (opmap["CALL_INTRINSIC_1"], 2)


def _executes(frame: FrameType, instruction: tuple[int, int | None]) -> bool:
    """Whether the frame is at this instruction: an operation and its argument, or None for any.

    Only the instruction tells `from torch import x`, which must not fail yet, from `hasattr(torch, "x")`, which must:
    a module's `__getattr__` is called for both, with the same argument.
    """
    code, at = frame.f_code.co_code, frame.f_lasti
    operation, argument = instruction
    return code[at] == operation and argument in (None, code[at + 1])


def explain_missing_method(error: BaseException) -> None:
    """Add tapegrad's note to an error about a method of torch.Tensor that tapegrad lacks, if it is one.

    Python raises the error itself; a fallback in class Tensor would make every attribute of a tensor slower.
    """
    if (
        isinstance(error, AttributeError)
        and isinstance(error.obj, sys.modules["tapegrad"].Tensor)
        and error.name in tensor_attributes()
    ):
        error.add_note(f"tapegrad has no torch.Tensor.{error.name}")


def _torch_distribution() -> Distribution:
    from importlib.metadata import Distribution
    from pathlib import Path

    class TorchDistribution(Distribution):
        """The installed package `torch` that `importlib.metadata` reports: tapegrad under torch's name and version."""

        def read_text(self, filename: str) -> str | None:
            version = sys.modules["tapegrad"].__version__
            return f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n" if filename == "METADATA" else None

        def locate_file(self, path: str | os.PathLike[str]) -> Path:
            return Path(__file__).parent / path

    return TorchDistribution()
