"""Anomaly mode: what it finds, and what it says about where it came from."""

from __future__ import annotations

import re
import warnings
from typing import Any


def nan_by_division(lib: Any) -> Any:
    x = lib.zeros(2, requires_grad=True)
    return x, (x * 0) / x


def scaled(lib: Any, factor: float, fails: bool = False) -> Any:
    class Scaled(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any, k: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            if fails:
                raise KeyError("failed")
            return g * factor, None

    return Scaled.apply


def messages(lib: Any, program: Any) -> Any:
    """The kinds of the warnings, the last line of the program that each names, and the error."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            error = program()
        except Exception as raised:
            error = type(raised).__name__, str(raised).split("\n")[0]
    said = []
    for w in caught:
        lines = [t for t in str(w.message).split("\n") if re.match(r"    [a-z(]", t) and "# mark" in t]
        said.append((str(w.message).strip().split(":")[0].split(". No")[0], lines[-1:] and lines[-1].strip()))
    return said, error


def nan_is_an_error(torch: Any) -> Any:
    with torch.autograd.detect_anomaly():
        nan_by_division(torch)[1].sum().backward()


def nan_passes_if_not_searched(torch: Any) -> Any:
    with torch.autograd.detect_anomaly(check_nan=False):
        x, y = nan_by_division(torch)
        y.sum().backward()
        return x.grad.isnan()


def forward_outside_of_the_mode(torch: Any) -> Any:
    y = nan_by_division(torch)[1]
    with torch.autograd.set_detect_anomaly(True):
        y.sum().backward()


def nan_names_the_line_of_the_forward_pass(torch: Any) -> Any:
    def program() -> None:
        with torch.autograd.set_detect_anomaly(True):
            x = torch.zeros(2, requires_grad=True)
            y = x.sqrt()  # mark 1
            z = y * 0  # mark 2
            z.sum().backward()

    return messages(torch, program)


def nan_through_double_backward(torch: Any) -> Any:
    def program() -> None:
        with torch.autograd.set_detect_anomaly(True):
            x = torch.zeros(2, requires_grad=True)
            y = x**1.5  # mark forward
            (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)  # mark first derivative
            (g * 0).sum().backward()

    return messages(torch, program)


def failure_of_a_custom_function(torch: Any) -> Any:
    def program() -> None:
        with torch.autograd.set_detect_anomaly(True, check_nan=False):
            y = scaled(torch, 1.0, fails=True)(torch.ones(2, requires_grad=True), 2)  # mark
            y.sum().backward()

    return messages(torch, program)


def nan_of_a_custom_function(torch: Any) -> Any:
    with torch.autograd.set_detect_anomaly(True):
        scaled(torch, float("nan"))(torch.ones(2, requires_grad=True), 2).sum().backward()


def overwritten_value_is_traced(torch: Any) -> Any:
    def program() -> None:
        with torch.autograd.set_detect_anomaly(True):
            y = torch.ones(2, requires_grad=True).exp()  # mark
            z = y * 1
            y.add_(1)
            z.sum().backward()

    said, (_, text) = messages(torch, program)
    return said, text.split(":")[0]


def nan_in_the_cotangent(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        (x * 2).backward(torch.tensor([float("nan"), 1.0]))


def infinity_is_no_nan(torch: Any) -> Any:
    x = torch.zeros(2, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        x.sqrt().sum().backward()
    return x.grad


def nan_of_complex_numbers(torch: Any) -> Any:
    x = torch.zeros(2, dtype=torch.complex64, requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        ((x * 0) / x).abs().sum().backward()


def grad_is_watched_too(torch: Any) -> Any:
    with torch.autograd.set_detect_anomaly(True):
        x, y = nan_by_division(torch)
        torch.autograd.grad(y.sum(), x)


def gradients_are_the_same(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.autograd.set_detect_anomaly(True):
        (g,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        g.sum().backward()
    return g.detach(), x.grad


def questions(torch: Any) -> Any:
    def now() -> Any:
        return torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()

    seen = [now()]
    with torch.autograd.set_detect_anomaly(True, False):
        seen.append(now())
        with torch.autograd.set_detect_anomaly(False):
            seen.append(now())
        seen.append(now())
    return [*seen, now()]


def switched_by_a_call(torch: Any) -> Any:
    torch.autograd.set_detect_anomaly(True)
    on = torch.is_anomaly_enabled()
    torch.autograd.set_detect_anomaly(False)
    return on, torch.is_anomaly_enabled()


def restored_after_an_error(torch: Any) -> Any:
    try:
        with torch.autograd.set_detect_anomaly(True):
            nan_by_division(torch)[1].sum().backward()
    except RuntimeError:
        pass
    return torch.is_anomaly_enabled()


def metadata_of_nodes(torch: Any) -> Any:
    with torch.autograd.set_detect_anomaly(True):
        x = torch.ones(2, requires_grad=True)
        y = x.exp()  # mark
        (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return list(y.grad_fn.metadata), "# mark" in y.grad_fn.metadata["traceback_"][-1], g.grad_fn.metadata["parent_"]
