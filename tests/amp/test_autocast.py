"""autocast: what is cast, where, and what it leaves behind."""

from __future__ import annotations

import inspect
import subprocess
import sys
import textwrap
import threading
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.amp import casting, lists, state

LISTED = sorted({*lists.LOWER, *lists.FLOAT32, *lists.WIDEST, *lists.UNCHANGED})


def square(dtype: Any = torch.float32) -> Any:
    return torch.tensor([[1.0, 2.0], [3.0, 4.5]]).to(dtype)


# Functions that some builds of torch have no counterpart of, here or there.
@pytest.mark.parametrize("name", [name for name in LISTED if name not in ("prelu", "bilinear", "Tensor.stft")])
def test_listed_functions_exist(name: str) -> None:
    assert callable(casting.find(name))


def test_no_function_is_in_two_lists() -> None:
    names = [*lists.LOWER, *lists.FLOAT32, *lists.WIDEST, *lists.UNCHANGED]
    assert len(names) == len(set(names))


def test_functions_are_left_alone_until_a_region_is_entered() -> None:
    program = """
        import tapegrad as torch
        code = torch.mm.__code__
        with torch.autocast("cpu", enabled=False):
            pass
        assert torch.mm.__code__ is code
        with torch.autocast("cpu"):
            assert torch.mm.__code__ is not code
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


@pytest.mark.parametrize("first", ["autocast", "overrides"])
def test_subclasses_are_asked_before_anything_is_cast(first: str) -> None:
    """Both exchange the code of functions; the order in which they do must not matter."""
    program = f"""
        import tapegrad as torch

        class Asked(torch.Tensor):
            @classmethod
            def __torch_function__(cls, func, types, args=(), kwargs=None):
                if func is torch.mm:
                    with torch._C.DisableTorchFunctionSubclass():
                        seen.append(args[0].dtype)
                return super().__torch_function__(func, types, args, kwargs or {{}})

        def enter():
            with torch.autocast("cpu"):
                torch.ones(2, 2) @ torch.ones(2, 2)

        seen = []
        if {first!r} == "autocast":
            enter()
        x = torch.ones(2, 2).as_subclass(Asked)
        enter()
        seen.clear()
        with torch.autocast("cpu"):
            y = torch.mm(x, x)
        assert seen == [torch.float32], seen
        assert type(y) is Asked and y.dtype is torch.bfloat16, (type(y), y.dtype)
        assert torch.mm(x, x).dtype is torch.float32
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)


def test_switched_functions_look_as_before() -> None:
    def look() -> list[Any]:
        functions = (torch.mm, torch.nn.functional.linear, torch.Tensor.matmul, torch.cat, torch.einsum)
        return [(f.__name__, f.__qualname__, f.__doc__, str(inspect.signature(f))) for f in functions]

    before = look()
    with torch.autocast("cpu"):
        assert look() == before
    assert look() == before


def test_keyword_arguments_and_errors_come_through() -> None:
    a = square()
    with torch.autocast("cpu"):
        assert torch.addmm(a, a, a, beta=0.5, alpha=2).dtype is torch.bfloat16
        assert torch.mm(input=a, mat2=a).dtype is torch.bfloat16
        assert torch.cat(tensors=[a, square(torch.bfloat16)], dim=1).dtype is torch.float32
        with pytest.raises(TypeError):
            torch.mm(a, a, nothing=1)
        assert (a @ a).dtype is torch.bfloat16


def test_a_region_is_a_threads_own() -> None:
    entered, left = threading.Event(), threading.Event()
    seen: list[Any] = []

    def other() -> None:
        entered.wait(10)
        seen.append((square() @ square()).dtype)
        left.set()

    thread = threading.Thread(target=other)
    thread.start()
    with torch.autocast("cpu"):
        entered.set()
        assert left.wait(10)
        assert (square() @ square()).dtype is torch.bfloat16
    thread.join()
    assert seen == [torch.float32]


def test_a_thread_that_ends_within_a_region_is_forgotten() -> None:
    thread = threading.Thread(target=lambda: torch.set_autocast_enabled("cpu", True))
    thread.start()
    thread.join()
    assert not state.casting


def test_the_cache_is_emptied_at_the_end_of_the_outermost_region() -> None:
    w = square().requires_grad_()
    with torch.autocast("cpu"):
        with torch.autocast("cpu"):
            torch.mm(w, w)
        assert len(state.settings.cache) == 1
    assert not state.settings.cache


def test_parameters_cast_for_two_precisions_are_kept_apart() -> None:
    w = square().requires_grad_()
    with torch.autocast("cpu"):
        assert torch.mm(w, w).dtype is torch.bfloat16
        with torch.autocast("cpu", dtype=torch.float16):
            assert torch.mm(w, w).dtype is torch.float16


def test_a_network_learns_in_mixed_precision() -> None:
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.02)
    x = torch.randn(64, 2)
    y = x[:, :1] * x[:, 1:]
    losses = []
    for _ in range(150):
        optimizer.zero_grad()
        with torch.autocast("cpu"):
            loss = torch.nn.functional.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]
    assert all(p.dtype is p.grad.dtype is torch.float32 for p in net.parameters())


def test_an_unknown_region_is_refused_before_anything_happens() -> None:
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda"):
        torch.autocast("abacus")
    assert not state.casting


def test_importing_tapegrad_does_not_load_amp() -> None:
    program = "import sys, tapegrad; assert 'tapegrad.amp' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)
