"""Programs are made and run in a process in which autograd's rarer features have been used."""

from __future__ import annotations

import tapegrad as torch
from tapegrad.utils.checkpoint import checkpoint


def test_hooks_on_several_tensors_elsewhere_do_not_keep_functions_from_being_compiled() -> None:
    w = torch.ones(2, requires_grad=True)
    handle = torch.autograd.graph.register_multi_grad_hook([w], lambda grads: None)
    (w * 2).sum().backward()
    handle.remove()
    _assert_compiled()


def test_reentrant_checkpoints_elsewhere_do_not_keep_functions_from_being_compiled() -> None:
    w = torch.ones(2, requires_grad=True)
    checkpoint(torch.exp, w, use_reentrant=True).sum().backward()
    _assert_compiled()


def test_calls_are_ordinary_while_a_profile_runs() -> None:
    compiled = torch.compile(lambda x: x * 2 + 1, backend="numpy")
    for _ in range(6):
        compiled(torch.ones(3))
    with torch.profiler.profile() as profile:
        compiled(torch.ones(3))
    assert "aten::mul" in {event.key for event in profile.key_averages()}


def _assert_compiled() -> None:
    compiled = torch.compile(lambda x: x * 2 + 1, backend="numpy")
    for _ in range(6):
        assert compiled(torch.ones(3)).tolist() == [3.0, 3.0, 3.0]
    assert "1 program" in compiled.report()
