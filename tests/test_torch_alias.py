"""`import torch` giving tapegrad: identity, what is missing, what must not change.

Names that tapegrad is never to have stand for those it lacks: torch.fx, torch.LiteScriptModule.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import pickle
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

import tapegrad
from tapegrad import torch_alias


def torch_modules() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "torch"}


@pytest.fixture
def no_torch() -> Iterator[None]:
    """No module torch: neither a real one, nor what a test leaves behind."""
    before = torch_modules()
    for name in before:
        del sys.modules[name]
    yield
    torch_alias.uninstall_torch_alias()
    for name in torch_modules():
        del sys.modules[name]
    sys.modules.update(before)


@pytest.fixture
def torch(no_torch: None) -> ModuleType:
    torch_alias.install_as_torch()
    return importlib.import_module("torch")


def execute(statement: str, **namespace: Any) -> dict[str, Any]:
    exec(statement, namespace)
    return namespace


def test_torch_is_the_module_tapegrad(torch: ModuleType) -> None:
    assert torch is tapegrad
    assert sys.modules["torch"] is tapegrad


def test_submodules_are_the_same_objects_under_both_names(torch: ModuleType) -> None:
    names = execute("import torch.nn.functional as F; from torch import autograd; import torch.random")
    assert names["F"] is importlib.import_module("tapegrad.nn.functional")
    assert names["autograd"] is tapegrad.autograd
    assert sys.modules["torch.random"] is sys.modules["tapegrad.random"]


def test_modules_keep_their_own_specs(torch: ModuleType) -> None:
    importlib.import_module("torch.nn.functional")
    for name, module in torch_modules().items():
        assert module.__spec__ is not None
        assert module.__spec__.name == (module.__name__ if name != "torch" else "tapegrad")


def test_the_module_itself_says_torch_and_its_own_name_afterwards(torch: ModuleType) -> None:
    assert torch.__name__ == "torch"
    torch_alias.uninstall_torch_alias()
    assert tapegrad.__name__ == "tapegrad"


def test_a_submodule_that_is_not_loaded_yet_is_loaded_once(torch: ModuleType) -> None:
    module = ModuleType("tapegrad.fx")
    module.__spec__ = importlib.machinery.ModuleSpec("tapegrad.fx", None)
    sys.modules["tapegrad.fx"] = module
    try:
        assert importlib.import_module("torch.fx") is module
        assert module.__spec__.name == "tapegrad.fx"
    finally:
        del sys.modules["tapegrad.fx"], tapegrad.fx


def test_a_module_does_not_take_the_place_of_a_function_of_the_same_name(
    no_torch: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gradcheck() -> str:
        return "called"

    monkeypatch.setitem(vars(tapegrad.autograd), "gradcheck", gradcheck)
    torch_alias.install_as_torch()
    names = execute("import torch.autograd.gradcheck; from torch.autograd.gradcheck import GradcheckError")
    assert names["torch"].autograd.gradcheck is gradcheck
    torch_alias.uninstall_torch_alias()
    assert tapegrad.autograd.gradcheck is gradcheck


def test_pickles_of_tensors_name_no_module_of_their_own(torch: ModuleType) -> None:
    data = pickle.dumps(torch.ones(2))
    torch_alias.uninstall_torch_alias()
    assert pickle.loads(data).tolist() == [1.0, 1.0]


class TestMissing:
    def test_attribute_fails_by_its_torch_name(self, torch: ModuleType) -> None:
        with pytest.raises(AttributeError) as error:
            torch.LiteScriptModule  # noqa: B018
        assert str(error.value) == (
            "module 'torch' has no attribute 'LiteScriptModule': tapegrad has no torch.LiteScriptModule"
        )

    def test_probes_say_no(self, torch: ModuleType) -> None:
        assert not hasattr(torch, "LiteScriptModule")
        assert getattr(torch, "LiteScriptModule", None) is None
        assert not hasattr(importlib.import_module("torch.fx"), "symbolic_trace")

    def test_a_slip_of_the_pen_is_answered_with_the_similar_name(self, torch: ModuleType) -> None:
        with pytest.raises(AttributeError) as error:
            torch.onse  # noqa: B018
        assert error.value.obj is torch  # from which Python makes its "Did you mean: 'ones'?"

    def test_dunder_names_get_pythons_own_message(self, torch: ModuleType) -> None:
        with pytest.raises(AttributeError, match=r"^module 'torch' has no attribute '__wrapped__'$"):
            torch.__wrapped__  # noqa: B018

    def test_a_module_that_torch_has_imports_and_fails_when_used(self, torch: ModuleType) -> None:
        names = execute("import torch.fx as fx; import torch.fx.passes; from torch import fx as same")
        assert names["fx"] is names["same"] is names["torch"].fx
        with pytest.raises(
            AttributeError, match=r"'torch\.fx' has no attribute 'symbolic_trace': tapegrad has no torch\.fx$"
        ):
            names["fx"].symbolic_trace()
        with pytest.raises(AttributeError, match=r"tapegrad has no torch\.fx$"):
            names["torch"].fx.passes.anything()

    def test_a_name_that_torch_has_imports_and_fails_when_used(self, torch: ModuleType) -> None:
        names = execute("from torch import LiteScriptModule, ones; from torch.fx import symbolic_trace")
        missing = names["LiteScriptModule"]
        assert names["ones"] is tapegrad.ones
        with pytest.raises(NotImplementedError, match=r"^tapegrad has no torch\.LiteScriptModule$"):
            missing()
        with pytest.raises(NotImplementedError, match=r"^tapegrad has no torch\.LiteScriptModule$"):
            execute("class Derived(missing): pass", missing=missing)
        with pytest.raises(NotImplementedError):
            bool(missing)
        with pytest.raises(NotImplementedError):
            list(missing)
        with pytest.raises(AttributeError, match=r"so there is no torch\.LiteScriptModule\.load"):
            missing.load("file")
        assert not hasattr(missing, "load")
        with pytest.raises(NotImplementedError, match=r"^tapegrad has no torch\.fx$"):
            names["symbolic_trace"]()

    def test_a_missing_name_may_stand_in_annotations_and_type_tests(self, torch: ModuleType) -> None:
        names = execute(
            "from torch import LiteScriptModule as M\n"
            "def f(x: M, y: M | None = None, z: 'M' = 1) -> M[int]: return isinstance(x, (int, M)), isinstance(y, M)\n"
            "def g(x: int | M): return issubclass(int, M)\n"
        )
        assert names["f"](1) == (True, False)
        assert names["g"](1) is False
        assert repr(names["M"]) == "<torch.LiteScriptModule, which tapegrad has not>"

    def test_star_import_of_an_empty_module_brings_its_names(self, torch: ModuleType) -> None:
        names = execute("from torch.fx import *")
        with pytest.raises(NotImplementedError, match=r"^tapegrad has no torch\.fx$"):
            names["symbolic_trace"]()
        assert not hasattr(importlib.import_module("torch.fx"), "__all__")

    @pytest.mark.parametrize(
        "statement",
        [
            "import torch._six",  # torch had it once
            "import torch.nosuch",
            "import torch.cli",  # tapegrad has it, torch has not
            "import torch.tensor",  # torch.tensor is a function
            "import torch.Tensor",
            "import torch.nn.nosuch",
            "from torch.nosuch import x",
        ],
    )
    def test_modules_that_torch_lacks_too_are_not_found(self, torch: ModuleType, statement: str) -> None:
        with pytest.raises(ModuleNotFoundError, match=r"^No module named 'torch\.\w+(\.nosuch)?'$"):
            execute(statement)
        assert callable(torch.tensor)

    @pytest.mark.parametrize("module", ["torch", "torch.nn.functional", "torch.fx"])
    def test_names_that_torch_lacks_too_cannot_be_imported(self, torch: ModuleType, module: str) -> None:
        with pytest.raises(ImportError, match=f"^cannot import name 'nosuch' from '{module}'"):
            execute(f"from {module} import nosuch")

    def test_a_modules_own_fallback_still_answers(self, no_torch: None, monkeypatch: pytest.MonkeyPatch) -> None:
        def own(name: str) -> str:
            if name == "faulty":
                raise AttributeError("about something else", name="other")
            if name == "lazy":
                return "found"
            raise AttributeError(name)

        monkeypatch.setitem(vars(tapegrad.autograd), "__getattr__", own)
        torch_alias.install_as_torch()
        assert tapegrad.autograd.lazy == "found"
        with pytest.raises(AttributeError, match="about something else"):
            tapegrad.autograd.faulty  # noqa: B018
        with pytest.raises(AttributeError, match=r"tapegrad has no torch\.autograd\.nosuch"):
            tapegrad.autograd.nosuch  # noqa: B018
        torch_alias.uninstall_torch_alias()
        assert vars(tapegrad.autograd)["__getattr__"] is own

    def test_a_missing_method_is_explained_on_request_only(self, torch: ModuleType) -> None:
        with pytest.raises(AttributeError) as caught:
            torch.ones(1).is_vulkan_nosuch  # noqa: B018
        torch_alias.explain_missing_method(caught.value)
        assert not hasattr(caught.value, "__notes__")
        with pytest.raises(AttributeError) as caught:
            torch.ones(1).record_stream(None)
        torch_alias.explain_missing_method(caught.value)
        assert caught.value.__notes__ == ["tapegrad has no torch.Tensor.record_stream"]


class TestProbes:
    def test_find_spec(self, torch: ModuleType) -> None:
        assert importlib.util.find_spec("torch") is not None
        assert importlib.util.find_spec("torch.nn.functional") is not None
        assert importlib.util.find_spec("torch.nosuch") is None

    def test_the_installed_version_is_torchs(self, torch: ModuleType) -> None:
        assert importlib.metadata.version("torch") == torch.__version__
        assert importlib.metadata.metadata("torch")["Name"] == "torch"

    def test_other_distributions_are_found_as_before(self, torch: ModuleType) -> None:
        with pytest.raises(importlib.metadata.PackageNotFoundError):
            importlib.metadata.version("tapegrad-no-such-distribution")
        assert importlib.metadata.version("numpy")


class TestInstalling:
    def test_twice_is_once(self, torch: ModuleType) -> None:
        finders = list(sys.meta_path)
        torch_alias.install_as_torch()
        assert sys.meta_path == finders

    def test_with_the_real_torch_imported_it_raises_and_changes_nothing(self, no_torch: None) -> None:
        real = ModuleType("torch")
        real.__version__ = "2.13.0"  # type: ignore[attr-defined]
        real.__file__ = "site-packages/torch/__init__.py"
        sys.modules["torch"] = real
        before = list(sys.meta_path), dict(sys.modules), dict(vars(tapegrad))
        with pytest.raises(
            RuntimeError, match=r"^torch 2\.13\.0 is already imported, from site-packages/torch/__init__.py"
        ):
            torch_alias.install_as_torch()
        assert (sys.meta_path, sys.modules, vars(tapegrad)) == before

    def test_uninstalling_leaves_no_trace(self, no_torch: None) -> None:
        importlib.import_module("tapegrad.nn.functional")
        before = list(sys.meta_path), {name: dict(vars(module)) for name, module in ours().items()}
        torch_alias.install_as_torch()
        execute("import torch.fx.passes, torch.nn.functional; from torch import fx")
        torch_alias.uninstall_torch_alias()
        assert (sys.meta_path, {name: dict(vars(module)) for name, module in ours().items()}) == before
        assert not torch_modules()

    def test_uninstalling_without_an_alias_does_nothing(self, no_torch: None) -> None:
        before = list(sys.meta_path)
        torch_alias.uninstall_torch_alias()
        assert sys.meta_path == before


def ours() -> dict[str, ModuleType]:
    return {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "tapegrad"}
