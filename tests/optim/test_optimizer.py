"""Optimizers as objects: groups, hooks, states."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.optim import optimizer as base


def param(*values: float) -> Any:
    return torch.nn.Parameter(torch.tensor(values or (1.0, -2.0)))


def train(optimizer: Any, steps: int = 2) -> None:
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p**2).sum() for p in params).backward()
        optimizer.step()


def test_importing_tapegrad_does_not_load_optimizers() -> None:
    program = "import sys, tapegrad; assert not any(m.startswith('tapegrad.optim') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_all_names_are_there() -> None:
    for name in torch.optim.__all__:
        assert hasattr(torch.optim, name)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        torch.optim.Nothing  # noqa: B018


def test_repr_lists_the_options_of_each_group_in_order() -> None:
    optimizer = torch.optim.SGD([{"params": [param()]}, {"params": [param()], "lr": 0.5}], lr=0.1)
    assert repr(optimizer) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.1\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n\n"
        "Parameter Group 1\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n"
        "    lr: 0.5\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"
    )


def test_an_empty_list_says_what_may_be_wrong() -> None:
    with pytest.raises(ValueError, match="optimizer got an empty parameter list.*generator"):
        torch.optim.SGD(p for p in [])


def test_a_non_leaf_is_named_with_its_operation() -> None:
    with pytest.raises(ValueError, match=r"can't optimize a non-leaf Tensor.*MulBackward0.*detach"):
        torch.optim.SGD([param() * 2])


def test_a_single_tensor_is_told_to_be_put_into_a_list() -> None:
    with pytest.raises(TypeError, match=r"iterable of Tensors or dicts, but got .*Put it into a list"):
        torch.optim.SGD(param())


def test_a_wrong_state_says_what_it_has() -> None:
    two = torch.optim.SGD([param(), param()])
    with pytest.raises(ValueError, match=r"doesn't match the size of optimizer's group: group 0 has 2 .* and 1 here"):
        torch.optim.SGD([param()]).load_state_dict(two.state_dict())


def test_step_counts_are_single_precision_tensors_without_dimensions() -> None:
    p = param()
    optimizer = torch.optim.Adam([p])
    train(optimizer, 3)
    step = optimizer.state[p]["step"]
    assert (step.dtype, step.shape, step.item()) == (torch.float32, (), 3.0)


def test_state_dict_holds_the_tensors_of_the_optimizer() -> None:
    p = param()
    optimizer = torch.optim.Adam([p])
    train(optimizer)
    assert optimizer.state_dict()["state"][0]["exp_avg"] is optimizer.state[p]["exp_avg"]


def test_a_loaded_state_is_independent_of_the_dictionary() -> None:
    p, q = param(), param()
    first, second = torch.optim.Adam([p]), torch.optim.Adam([q])
    train(first)
    saved = copy.deepcopy(first.state_dict())
    second.load_state_dict(saved)
    second.param_groups[0]["lr"] = 7.0
    assert saved["param_groups"][0]["lr"] == 0.001


def test_a_copy_goes_its_own_way() -> None:
    p = param()
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    train(optimizer)
    before = p.tolist()
    for twin in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        train(twin)
        assert p.tolist() == before
        assert twin.param_groups[0]["params"][0] in twin.state


def test_a_scheduler_is_pickled_with_its_optimizer() -> None:
    optimizer = torch.optim.Adafactor([param()])
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    assert type(pickle.loads(pickle.dumps(scheduler.state_dict()))) is dict
    assert type(pickle.loads(pickle.dumps(optimizer))) is torch.optim.Adafactor


def test_hooks_run_around_each_step_and_can_be_removed() -> None:
    seen: list[str] = []
    optimizer = torch.optim.SGD([param()], lr=0.1)
    handles = [
        base.register_optimizer_step_pre_hook(lambda *_: seen.append("all before")),
        optimizer.register_step_pre_hook(lambda *_: seen.append("before")),
        optimizer.register_step_post_hook(lambda *_: seen.append("after")),
        base.register_optimizer_step_post_hook(lambda *_: seen.append("all after")),
    ]
    optimizer.step()
    for handle in handles:
        handle.remove()
    optimizer.step()
    assert seen == ["all before", "before", "after", "all after"]


def test_an_error_in_a_closure_leaves_grad_mode_and_parameters() -> None:
    p = param()
    optimizer = torch.optim.Adam([p])

    def closure() -> Any:
        p.grad = torch.ones(2)
        raise KeyError

    with pytest.raises(KeyError):
        optimizer.step(closure)
    assert torch.is_grad_enabled() and p.tolist() == [1.0, -2.0] and not optimizer.state


def test_fused_steps_are_left_out_when_a_gradient_was_infinite() -> None:
    p = param()
    optimizer = torch.optim.SGD([p], lr=0.5, fused=True)
    p.grad = torch.tensor([8.0, 4.0])
    optimizer.grad_scale, optimizer.found_inf = torch.tensor(4.0), torch.tensor(1.0)
    optimizer.step()
    assert p.tolist() == [1.0, -2.0]
    optimizer.found_inf = torch.tensor(0.0)
    optimizer.step()
    assert p.tolist() == [0.0, -2.5]
    del optimizer.grad_scale, optimizer.found_inf


def test_a_swap_is_undone_after_an_error() -> None:
    p, q = param(), param()
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    train(optimizer)
    with pytest.raises(KeyError):
        with torch.optim.swap_in_optimizer_params_and_state(optimizer, {"q": q}, optimizer.state_dict()):
            raise KeyError
    assert optimizer.param_groups[0]["params"][0] is p and p in optimizer.state


def test_names_that_optimizers_written_for_torch_import() -> None:
    for name in (
        "_use_grad_for_differentiable", "_get_value", "_default_to_fused_or_foreach", "_view_as_real", "_to_scalar",
        "_get_scalar_dtype", "_get_capturable_supported_devices", "_disable_dynamo_if_unsupported", "required",
        "ParamsT",
    ):  # fmt: skip
        assert hasattr(base, name)
    assert base._default_to_fused_or_foreach([param()], False) == (False, False)
    assert base._default_to_fused_or_foreach([param()], False, use_fused=True) == (True, False)
    complex_param = torch.nn.Parameter(torch.tensor([1j]))
    params, grads = [complex_param], [complex_param.detach()]
    base._view_as_real(params, grads)
    assert params[0].shape == grads[0].shape == (1, 2)
