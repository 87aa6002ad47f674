"""Clipping, vectors, fusion, pruning and functional_call: facts about their arguments and what they leave behind."""

from __future__ import annotations

from typing import Any

import pytest

import tapegrad as torch
from tapegrad.nn import utils
from tapegrad.nn.utils import parametrize, prune, stateless


def parameter(*grad: float) -> Any:
    p = torch.nn.Parameter(torch.zeros(len(grad)))
    p.grad = torch.tensor(grad)
    return p


def test_clipping_scales_in_place() -> None:
    p, q = parameter(3.0), parameter(4.0)
    held = p.grad
    assert utils.clip_grad_norm_([p, q], 1.0).item() == 5
    assert p.grad is held
    assert held.item() == pytest.approx(0.6, rel=1e-5)


def test_clipping_leaves_small_gradients_alone() -> None:
    p = parameter(0.25, 0.5)
    utils.clip_grad_norm_(p, 10.0)
    assert p.grad.tolist() == [0.25, 0.5]


def test_parameters_without_gradients_are_passed_over() -> None:
    p = parameter(3.0, 4.0)
    assert utils.clip_grad_norm_([p, torch.nn.Parameter(torch.zeros(1))], 1.0).item() == 5
    utils.clip_grad_value_([p, torch.nn.Parameter(torch.zeros(1))], 0.1)
    assert p.grad.abs().max().item() == pytest.approx(0.1)


def test_a_norm_that_is_not_finite_can_be_refused() -> None:
    with pytest.raises(RuntimeError, match=r"The total norm of order 2.0 .* is non-finite"):
        utils.clip_grad_norm_(parameter(float("nan")), 1.0, error_if_nonfinite=True)


def test_a_vector_of_parameters_can_be_put_back() -> None:
    m = torch.nn.Linear(3, 2)
    vector = utils.parameters_to_vector(m.parameters()).detach()
    utils.vector_to_parameters(2 * vector, m.parameters())
    assert torch.equal(utils.parameters_to_vector(m.parameters()), 2 * vector)


def test_a_vector_of_parameters_is_differentiable() -> None:
    m = torch.nn.Linear(2, 1)
    utils.parameters_to_vector(m.parameters()).sum().backward()
    assert m.weight.grad.tolist() == [[1.0, 1.0]]


@pytest.mark.parametrize("transpose", [False, True])
def test_a_fused_convolution_computes_what_both_layers_do(transpose: bool) -> None:
    kind = torch.nn.ConvTranspose2d if transpose else torch.nn.Conv2d
    conv, bn = kind(2, 3, 2).double().eval(), torch.nn.BatchNorm2d(3).double().eval()
    bn.running_mean.normal_()
    bn.running_var.uniform_(0.5, 2)
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64)
    assert torch.allclose(utils.fuse_conv_bn_eval(conv, bn, transpose)(x), bn(conv(x)))


def test_skipping_first_values_uses_no_random_numbers() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    utils.skip_init(torch.nn.Linear, 3, 4)
    assert torch.equal(torch.rand(1), expected)


def test_submodules_are_found_by_their_names() -> None:
    assert utils.weight_norm.__name__ == "weight_norm"  # the function, not the module of the same name
    assert callable(utils.spectral_norm)
    assert set(utils.__all__) <= set(dir(utils))
    for name in utils.__all__:
        assert getattr(utils, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'foo'"):
        _ = utils.foo


# -- pruning -----------------------------------------------------------------------------------------------------------


def test_a_failed_pruning_leaves_the_module_as_it_was() -> None:
    m = torch.nn.Linear(3, 2)
    weight = m.weight
    with pytest.raises(ValueError, match="should be smaller than the number of parameters to prune=6"):
        prune.l1_unstructured(m, "weight", 7)
    assert m.weight is weight
    assert set(m.state_dict()) == {"weight", "bias"}
    assert not prune.is_pruned(m)


def test_pruned_elements_stay_zero_through_training() -> None:
    m = prune.l1_unstructured(torch.nn.Linear(3, 2), "weight", 0.5)
    zeros = m.weight == 0
    m(torch.ones(1, 3)).sum().backward()
    with torch.no_grad():
        m.weight_orig -= m.weight_orig.grad
    m(torch.ones(1, 3))
    assert torch.equal(m.weight == 0, zeros)


def test_each_pruning_takes_from_what_is_left() -> None:
    m = torch.nn.Linear(4, 4)
    for left in (12, 9):
        prune.random_unstructured(m, "weight", 0.25)
        assert int(m.weight_mask.sum()) == left


def test_structured_pruning_counts_the_slices_that_are_left() -> None:
    m = torch.nn.Linear(3, 4)
    for left in (3, 2, 1):
        prune.random_structured(m, "weight", 1, dim=0)
        assert int((m.weight_mask.sum(1) != 0).sum()) == left


def test_global_pruning_takes_the_least_of_all() -> None:
    a, b = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    with torch.no_grad():
        a.weight.fill_(1.0)
        b.weight.fill_(2.0)
    prune.global_unstructured([(a, "weight"), (b, "weight")], prune.L1Unstructured, amount=4)
    assert (int(a.weight_mask.sum()), int(b.weight_mask.sum())) == (0, 4)


def test_global_pruning_is_unstructured() -> None:
    with pytest.raises(TypeError, match='Only "unstructured" PRUNING_TYPE supported'):
        prune.global_unstructured([(torch.nn.Linear(2, 2), "weight")], prune.LnStructured, amount=1, n=2)


def test_a_method_of_no_module_says_so() -> None:
    m = torch.nn.Linear(2, 2)
    for call in (prune.Identity().apply_mask, prune.Identity().remove):
        with pytest.raises(AssertionError, match="has to be pruned"):
            call(m)


# -- parametrizations and functional_call ------------------------------------------------------------------------------


def test_a_parametrized_parameter_keeps_its_identity_for_optimizers() -> None:
    class Double(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return 2 * x

    m = torch.nn.Linear(2, 2)
    weight = m.weight
    parametrize.register_parametrization(m, "weight", Double())
    assert m.parametrizations.weight.original is weight
    parametrize.remove_parametrizations(m, "weight", leave_parametrized=False)
    assert m.weight is weight


def test_functional_call_restores_the_module_after_an_error() -> None:
    m = torch.nn.Linear(2, 2)
    before = dict(m.named_parameters())
    with pytest.raises(RuntimeError):
        stateless._functional_call(m, {"weight": torch.ones(3, 3), "bias": torch.ones(2)}, torch.ones(1, 2))
    with pytest.raises(TypeError, match="5 is not an instance"):
        stateless._functional_call(m, {"weight": torch.ones(2, 2), "bias": 5}, torch.ones(1, 2))
    assert all(getattr(m, name) is p for name, p in before.items())


def test_functional_call_is_differentiable_in_what_it_is_given() -> None:
    m, w = torch.nn.Linear(2, 1), torch.ones(1, 2, requires_grad=True)
    stateless._functional_call(m, {"weight": w}, torch.tensor([[3.0, 4.0]])).backward()
    assert w.grad.tolist() == [[3.0, 4.0]]
    assert m.weight.grad is None


def test_functional_call_calls_hooks() -> None:
    m, seen = torch.nn.Linear(2, 1), []
    m.register_forward_hook(lambda module, args, output: seen.append(module.weight))
    w = torch.ones(1, 2)
    stateless._functional_call(m, {"weight": w}, torch.ones(1, 2))
    assert [found is w for found in seen] == [True]
