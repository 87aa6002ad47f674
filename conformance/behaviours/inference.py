"""inference_mode: whether operations are recorded; inference_tensors.py has the tensors made inside."""

from __future__ import annotations

from typing import Any


def states(lib: Any) -> Any:
    return lib.is_inference_mode_enabled(), lib.is_grad_enabled()


def results_are_not_recorded(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        y = x * 2
        inside = states(torch)
    return y.requires_grad, inside, states(torch)


def off_inside_of_on(torch: Any) -> Any:
    with torch.inference_mode(), torch.inference_mode(False):
        return states(torch), (torch.ones(2, requires_grad=True) * 2).requires_grad


def off_inside_of_no_grad(torch: Any) -> Any:
    with torch.no_grad(), torch.inference_mode(False):
        return states(torch)


def decorator(torch: Any) -> Any:
    @torch.inference_mode()
    def f() -> Any:
        return states(torch)

    @torch.inference_mode
    def g() -> Any:
        return states(torch)

    @torch.inference_mode(False)
    def h() -> Any:
        return states(torch)

    return f(), g(), h(), f.__name__


def restored_after_an_error(torch: Any) -> Any:
    try:
        with torch.inference_mode():
            raise KeyError
    except KeyError:
        return states(torch)


def backward_inside(torch: Any) -> Any:
    with torch.inference_mode():
        (torch.ones(2, requires_grad=True) * 2).sum().backward()


def writing_inside(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.inference_mode():
        x.add_(1)
    return x


def one_class_by_three_names(torch: Any) -> Any:
    return torch.inference_mode is torch.autograd.inference_mode is torch.autograd.grad_mode.inference_mode


def multithreading_switch(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.set_multithreading_enabled(False):
        (x * x).sum().backward()
    return x.grad
