"""`torch.overrides`: when functions begin to ask, what stays the same when they do, and who is asked."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.overrides.catalogue import catalogue
from tapegrad.overrides.python_functions import python_functions
from tapegrad.tensor import torch_function


class Asked(torch.Tensor):
    """Answers with the name of the function."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func.__name__


class Duck:
    """Is no tensor, and answers with what it was asked."""

    @classmethod
    def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return func, types, args, kwargs


class Spy(torch.overrides.TorchFunctionMode):
    """Notes the functions."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.seen.append(func.__name__)
        return func(*args, **(kwargs or {}))


def run(source: str, folder: Path, *arguments: str) -> str:
    """What a program prints."""
    file = folder / "program.py"
    file.write_text(source)
    done = subprocess.run(
        [sys.executable, *arguments, str(file)],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(Path(torch.__file__).parents[1])},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


# -- before ------------------------------------------------------------------------------------------------------------


def test_a_program_without_overrides_pays_nothing(tmp_path: Path) -> None:
    printed = run(
        """
import sys
import tapegrad as torch

code = torch.add.__code__, torch.Tensor.shape.fget.__code__
class Weight(torch.nn.Parameter): pass
class Unused(torch.Tensor): pass
Weight(torch.ones(2)) * 2
print("tapegrad.overrides" in sys.modules, (torch.add.__code__, torch.Tensor.shape.fget.__code__) == code)
""",
        tmp_path,
    )
    assert printed == "False True"


SUBCLASS = """
import tapegrad as torch
from tapegrad import add

class Length(torch.Tensor): pass
before = torch.add, torch.Tensor.add
x = {made}
print(type(add(torch.ones(2), x)).__name__, (torch.add, torch.Tensor.add) == before)
"""


@pytest.mark.parametrize(
    "made", ["Length(2)", "torch.ones(2).as_subclass(Length)", "torch.Tensor._make_subclass(Length, torch.ones(2))"]
)
def test_the_first_instance_is_enough(made: str, tmp_path: Path) -> None:
    assert run(SUBCLASS.format(made=made), tmp_path) == "Length True"


def test_entering_a_mode_is_enough(tmp_path: Path) -> None:
    source = """
import tapegrad
from tapegrad import zeros
from tapegrad.overrides import TorchFunctionMode

class Mode(TorchFunctionMode):
    def __torch_function__(self, func, types, args=(), kwargs=None): return "asked"
with Mode(): print(zeros(2))
"""
    assert run(source, tmp_path) == "asked"


DUCK = """
import {torch} as torch

class Duck:
    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None): return func.__name__
print(torch.mean(Duck()), torch.ones(2) + Duck(), torch.nn.functional.relu(Duck()))
"""


def test_a_script_that_defines_a_tensor_like_type_is_noticed(tmp_path: Path) -> None:
    assert run(DUCK.format(torch="tapegrad"), tmp_path) == "mean add relu"


def test_a_program_that_is_run_as_for_torch_is_noticed(tmp_path: Path) -> None:
    assert run(DUCK.format(torch="torch"), tmp_path, "-m", "tapegrad", "run") == "mean add relu"


def test_a_module_imported_by_a_program_for_torch_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "ducks.py").write_text(DUCK.format(torch="torch"))
    assert run("import ducks", tmp_path, "-m", "tapegrad", "run") == "mean add relu"


def test_a_tensor_like_type_nobody_noticed_is_named_and_asked_from_then_on(tmp_path: Path) -> None:
    source = f"""
import tapegrad as torch
exec({DUCK.partition("print")[0].format(torch="tapegrad")!r})
try: torch.exp(Duck())
except TypeError as error: print("defines __torch_function__" in str(error), torch.exp(Duck()))
"""
    assert run(source, tmp_path) == "True exp"


# -- the switch --------------------------------------------------------------------------------------------------------


def test_functions_keep_their_names_signatures_and_texts() -> None:
    assert torch_function.in_place
    assert torch.add.__name__ == "add" and torch.add.__doc__
    assert list(inspect.signature(torch.sum).parameters)[:3] == ["input", "dim", "keepdim"]
    assert list(inspect.signature(torch.Tensor.add).parameters)[:2] == ["input", "other"]


def test_warnings_name_the_line_of_the_caller() -> None:
    with pytest.warns(UserWarning, match="Implicit dimension choice") as caught:
        torch.nn.functional.softmax(torch.ones(2))
    with pytest.warns(UserWarning, match="non-leaf Tensor") as of_attribute:
        assert (torch.ones(2, requires_grad=True) * 2).grad is None
    assert [w.filename for w in (*caught, *of_attribute)] == [__file__] * 2


def test_wrong_arguments_are_refused_as_before() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        torch.add(torch.ones(1))
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        torch.nn.functional.relu(Asked(1), nonsense=1)


def test_every_function_of_torch_asks_or_is_listed_as_one_that_does_not() -> None:
    known, ignored = catalogue(), torch.overrides.get_ignored_functions()
    functions = {getattr(torch, name) for name in torch.__all__ if inspect.isfunction(getattr(torch, name))}
    assert not [f.__name__ for f in functions if f not in known and f not in ignored]


def test_functions_that_are_python_in_torch_hand_on_what_they_can() -> None:
    for module in ("nn.functional", "nn.init"):
        space = torch.nn.functional if module == "nn.functional" else torch.nn.init
        for name, count in python_functions()[f"torch.{module}"].items():
            function = getattr(space, name, None)
            if function is not None and count is not None:
                parameters = inspect.signature(function).parameters.values()
                positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
                assert len(positional) >= count, name


# -- asking ------------------------------------------------------------------------------------------------------------


def test_the_function_that_was_called_is_handed_on() -> None:
    duck = Duck()
    for function in (torch.mean, torch.nn.functional.relu, torch.linalg.norm, torch.special.entr, torch.stack):
        func, types, _, _ = function([duck] if function is torch.stack else duck)
        assert func is function and types == (Duck,)


def test_keyword_arguments_are_handed_on_as_given() -> None:
    duck = Duck()
    assert torch.add(duck, other=1, alpha=2)[2:] == ((duck,), {"other": 1, "alpha": 2})
    assert torch.sum(duck)[3] is None
    assert torch.nn.functional.relu(duck)[2:] == ((duck,), {"inplace": False})


def test_a_handler_may_answer_anything() -> None:
    x = torch.ones(2).as_subclass(Asked)
    answers: list[Any] = [x + 1, x.shape, x.sum(), x[0], torch.add(1, x), x.T]
    assert answers == ["add", "__get__", "sum", "__getitem__", "add", "__get__"]


def test_nobody_is_asked_inside_of_the_default_answer() -> None:
    seen = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2, 3).as_subclass(Logged)
    torch.nn.functional.cross_entropy(x, torch.tensor([0, 1]))
    torch.einsum("ij,kj", x, x)
    torch.cdist(x, x)
    assert seen == ["cross_entropy", "einsum", "cdist"]


def test_the_engine_asks_nobody() -> None:
    seen = []

    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            seen.append(func.__name__)
            return super().__torch_function__(func, types, args, kwargs)

    x = torch.ones(2, 2).as_subclass(Logged).requires_grad_()
    loss = torch.nn.functional.mse_loss(torch.ones(2, 2) @ x, torch.zeros(2, 2)) * x.mean()
    seen.clear()
    torch.autograd.grad(loss, [x], create_graph=True)
    assert seen == ["grad"]


def test_asking_is_off_per_thread() -> None:
    x = torch.ones(2).as_subclass(Asked)
    found: list[Any] = []
    with torch._C.DisableTorchFunctionSubclass():
        thread = threading.Thread(target=lambda: found.append(x + 1))
        thread.start()
        thread.join()
        here = x + 1
    assert found == ["add"] and type(here) is torch.Tensor


def test_modes_are_per_thread() -> None:
    spy = Spy()
    with spy:
        thread = threading.Thread(target=lambda: torch.zeros(2))
        thread.start()
        thread.join()
    assert spy.seen == []


def test_state_is_left_clean_by_exceptions() -> None:
    class Failing(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            if func is torch.Tensor.add:
                super().__torch_function__(func, types, (*args, "superfluous"))
            raise KeyError(func.__name__)

    with Spy(), pytest.raises(KeyError):
        torch.exp(torch.ones(1).as_subclass(Failing))
    with pytest.raises(TypeError):
        torch.ones(1).as_subclass(Failing).add(1)
    assert not torch_function.modes and not torch_function.classes_off
    assert not torch_function.modes_off and not torch_function.not_next


def test_a_mode_sees_functions_that_make_tensors() -> None:
    spy = Spy()
    with spy:
        torch.zeros(2).add(torch.arange(2))
    assert spy.seen == ["zeros", "arange", "add"]


def test_redispatching_asks_nobody_once() -> None:
    class Logged(torch.Tensor):
        @classmethod
        def __torch_function__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            return torch.overrides.redispatch_function(func, types, args, kwargs)

    x = torch.ones(2).as_subclass(Logged)
    assert type(x + x) is torch.Tensor and type(torch.nn.functional.softmax(x, 0)) is torch.Tensor
    assert not torch_function.not_next


def test_overridable_functions_have_overrides_for_tests() -> None:
    overrides = torch.overrides.get_testing_overrides()
    listed = [f for functions in torch.overrides.get_overridable_functions().values() for f in functions]
    assert set(overrides) == set(listed) and all(override(1) == -1 for override in overrides.values())


def test_names_lead_back_to_the_functions() -> None:
    for name in (
        "torch.add",
        "torch.Tensor.add",
        "torch.nn.functional.relu",
        "torch.linalg.norm",
        "torch.Tensor.T.__get__",
    ):
        assert torch.overrides.resolve_name(eval(name)) == name
