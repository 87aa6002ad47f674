"""`torch.compile` itself: what is compiled when, what is said, modules, decorators, threads, errors."""

from __future__ import annotations

import doctest
import importlib
import linecache
import pkgutil
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import tapegrad as torch
import tapegrad.compile as package

from .threads import in_threads


def compiled(f: Any, **options: Any) -> Any:
    """A function compiled without native code."""
    return torch.compile(f, backend="numpy", **options)


def settle(f: Any, *args: Any) -> Any:
    """Call a function until it is a program, and once more."""
    for _ in range(4):
        result = f(*args)
    return result


# -- programs ----------------------------------------------------------------------------------------------------------


def test_the_second_call_is_captured_and_the_third_runs_the_program() -> None:
    calls = []

    def f(x: Any) -> Any:
        return x * 2

    g = compiled(f)
    for _ in range(5):
        g(torch.ones(2))
        calls.append(len(g.calls))
    assert calls == [0, 1, 1, 1, 1]


def test_a_program_does_not_call_the_function() -> None:
    def f(x: Any) -> Any:
        return x * 2

    g = compiled(f)
    settle(g, torch.ones(2))
    seen: list[Any] = []
    sys.setprofile(lambda frame, event, arg: seen.append(frame.f_code) if event == "call" else None)
    try:
        g(torch.ones(2))
    finally:
        sys.setprofile(None)
    assert f.__code__ not in seen


def test_the_name_of_the_node_is_that_of_compiled_functions() -> None:
    g = compiled(lambda x: (x * 2, x + 1))
    a, b = settle(g, torch.ones(2, requires_grad=True))
    assert type(a.grad_fn).__name__ == "CompiledFunctionBackward"
    assert a.grad_fn is b.grad_fn


def test_common_work_is_done_once_and_unused_work_never() -> None:
    g = compiled(lambda x: (x.exp() * x.exp(), x.sin())[0])
    settle(g, torch.ones(2))
    assert g.source().count("exp(") == 1
    assert "sin(" not in g.source()


def test_a_program_per_shape_up_to_a_limit() -> None:
    def f(x: Any) -> Any:
        return x * 2

    g = compiled(f, dynamic=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for n in range(12):
            settle(g, torch.ones(n + 1))
    assert len(g.calls) == 8
    assert len([w for w in told if "has been compiled 8 times" in str(w.message)]) == 1


def test_several_threads_call_one_program() -> None:
    w = torch.full((100,), 3.0)
    g = compiled(lambda x: (x * w + 1) * x)
    wrong: list[Any] = []

    def work(k: int) -> None:
        for i in range(200):
            x = torch.full((100,), float(k * 1000 + i))
            if not torch.equal(g(x), (x * w + 1) * x):
                wrong.append((k, i))

    in_threads(work)
    assert not wrong
    assert g.calls


def test_results_of_other_threads_are_right_while_one_captures() -> None:
    w = torch.ones(50, requires_grad=True)
    stop = threading.Event()
    wrong: list[Any] = []

    def eager() -> None:
        while not stop.is_set():
            x = torch.ones(50, requires_grad=True)
            (x * 2 + w.detach()).sum().backward()
            if x.grad is None or type(x.grad._data) is not np.ndarray or x.grad[0] != 2:
                wrong.append(x.grad)

    thread = threading.Thread(target=eager)
    thread.start()
    for k in range(10):
        settle(compiled(lambda x, k=k: (x * k * w).sum()), torch.ones(50))
    stop.set()
    thread.join()
    assert not wrong


def test_no_traced_array_is_left_behind() -> None:
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)

    def step(x: Any) -> Any:
        optimizer.zero_grad()
        loss = model(x).sum()
        loss.backward()
        optimizer.step()
        return loss

    g = compiled(step)
    for _ in range(5):
        loss = g(torch.ones(4, 3))
        held = [loss, *model.parameters(), *[p.grad for p in model.parameters()]]
        held += [s["momentum_buffer"] for s in optimizer.state.values()]
        assert all(type(t._data) is np.ndarray for t in held)
    assert type(torch.Tensor.__dict__["_data"]).__name__ == "member_descriptor"


# -- forms -------------------------------------------------------------------------------------------------------------


def test_as_a_decorator_with_and_without_options() -> None:
    @torch.compile
    def f(x: Any) -> Any:
        """The docstring."""
        return x + 1

    @torch.compile(fullgraph=True, backend="numpy")
    def g(x: Any) -> Any:
        return x + 2

    assert f.__name__ == "f"
    assert f.__doc__ == "The docstring."
    assert settle(g, torch.zeros(1)).item() == 2


def test_of_a_method() -> None:
    class Doer:
        def __init__(self, k: float) -> None:
            self.k = k

        @torch.compile(backend="numpy")
        def do(self, x: Any) -> Any:
            return x * self.k

    a, b = Doer(2.0), Doer(3.0)
    for _ in range(6):
        assert a.do(torch.ones(1)).item() == 2
        assert b.do(torch.ones(1)).item() == 3


def test_of_a_module() -> None:
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Dropout(0.5))
    optimized = torch.compile(model, backend="numpy")
    assert isinstance(optimized, torch.nn.Module)
    assert list(optimized.state_dict()) == ["_orig_mod.0.weight", "_orig_mod.0.bias"]
    x = torch.ones(2, 3)
    for _ in range(5):
        torch.manual_seed(1)
        expected = model(x)
        torch.manual_seed(1)
        assert torch.equal(optimized(x), expected)
    optimized.eval()
    assert not model.training
    assert torch.equal(settle(optimized, x), model(x))
    assert "2 programs" in optimized.report()


def test_disabled_is_the_function_itself() -> None:
    def f(x: Any) -> Any:
        return x

    assert torch.compile(f, disable=True) is f


def test_the_package_of_the_same_name_can_be_called_too() -> None:
    assert settle(package(lambda x: x + 1, backend="numpy"), torch.zeros(1)).item() == 1  # type: ignore[operator]
    from tapegrad.compile import report

    assert report.__name__ == "tapegrad.compile.report"


def test_what_cannot_be_called_is_refused() -> None:
    with pytest.raises(AssertionError, match="A callable function is expected, but <class 'int'> is provided."):
        torch.compile(3)


def test_native_code_without_numba_names_the_extra(monkeypatch: Any) -> None:
    from tapegrad.compile import compiled as module

    monkeypatch.setattr(module, "available", lambda: False)
    with pytest.raises(ImportError, match=r"pip install tapegrad\[compile\]"):
        torch.compile(lambda x: x, backend="numba")


def test_without_numba_there_is_one_notice(monkeypatch: Any) -> None:
    from tapegrad import once
    from tapegrad.compile import compiled as module

    monkeypatch.setattr(module, "available", lambda: False)
    once._told.clear()
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for k in range(3):
            settle(torch.compile(lambda x, k=k: x * k), torch.ones(2))
    assert len([w for w in told if "tapegrad[compile]" in str(w.message)]) == 1


# -- what is said ------------------------------------------------------------------------------------------------------


def test_a_fall_back_warns_once_with_line_reason_and_advice() -> None:
    def f(x: Any) -> Any:
        if x.sum() > 0:  # this line
            return x * 2
        return x

    g = compiled(f)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(6):
            assert torch.equal(g(torch.ones(2)), torch.full((2,), 2.0))
    (only,) = told
    text = str(only.message)
    assert "branches on the value of a tensor" in text
    assert "if x.sum() > 0:  # this line" in text
    assert "torch.where" in text
    assert only.filename == __file__
    assert "branches on the value of a tensor" in g.report()


FULL: dict[str, Any] = {
    "Data-dependent branching": lambda x: x if x.sum() > 0 else -x,
    "Failed to trace builtin operator": lambda x: (print(end=""), x)[1],
    "Attempted to call function marked as skipped": lambda x: x * hash("a"),
}


@pytest.mark.parametrize("sentence", FULL)
def test_fullgraph_raises_with_the_sentence_of_torch(sentence: str) -> None:
    g = torch.compile(FULL[sentence], fullgraph=True)
    with pytest.raises(torch._dynamo.exc.Unsupported, match=sentence) as error:
        g(torch.ones(2))
    assert isinstance(error.value, RuntimeError)
    assert type(error.value).__module__ == "torch._dynamo.exc"


def test_a_branch_is_seen_where_functions_ask_subclasses_first() -> None:
    class Asked(torch.Tensor):
        pass

    torch.ones(1).as_subclass(Asked)  # from now on, functions of this process ask
    g = torch.compile(lambda x: x if x.sum() > 0 else -x, fullgraph=True)
    with pytest.raises(torch._dynamo.exc.Unsupported, match="Data-dependent branching"):
        g(torch.ones(2))


def test_report_source_and_explain_show_programs() -> None:
    g = compiled(lambda x: (x * 2).exp())
    settle(g, torch.ones(3, requires_grad=True))
    assert "1 program" in g.report()
    assert "args[0]: float32 [3]" in g.report()
    assert "def run(args, kwargs):" in g.source()
    assert "def backward(saved, gradients):" in g.source()
    assert "v2 float32 [3] <- call exp" in g.explain()
    g.reset()
    assert "0 programs" in g.report()


def test_a_traceback_shows_the_generated_line() -> None:
    g = compiled(lambda x: x.sum())
    settle(g, torch.ones(3))
    assert "def run(args, kwargs):" in linecache.getline(g.calls[0].run.__code__.co_filename, 1)


def test_importing_tapegrad_imports_no_compiler() -> None:
    code = "import sys, tapegrad; assert not [m for m in sys.modules if m.startswith(('tapegrad.compile.', 'numba'))]"
    subprocess.run([sys.executable, "-c", code], check=True)


def modules() -> Iterator[str]:
    """The modules of the package, but those that need Numba."""
    for module in pkgutil.walk_packages(package.__path__, "tapegrad.compile."):
        if "vector_math" not in module.name and module.name != "tapegrad.compile.native.elements":
            yield module.name


@pytest.mark.parametrize("name", list(modules()))
def test_examples_run_as_printed(name: str) -> None:
    failed, _ = doctest.testmod(importlib.import_module(name))
    assert failed == 0
