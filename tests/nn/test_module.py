"""nn.Module: attributes, calls and hooks, state, copies. conformance/ compares the same with torch in detail."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from collections import OrderedDict
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.nn.modules.module import hooks

nn = torch.nn


class Net(nn.Module):
    """Two layers, a buffer and a number."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.second = nn.Linear(3, 1)
        self.register_buffer("seen", torch.zeros(1))
        self.number = 5

    def forward(self, x: Any) -> Any:
        return self.second(self.first(x).relu())


@pytest.fixture
def unhooked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process in which no hook has been registered."""
    monkeypatch.setattr(hooks.in_use, "any", False)


def test_attributes_are_sorted_into_parameters_buffers_modules_and_others() -> None:
    m = Net()
    m.scale = nn.Parameter(torch.ones(1))
    assert (list(m._parameters), list(m._buffers), list(m._modules)) == (["scale"], ["seen"], ["first", "second"])
    assert vars(m)["number"] == 5
    assert not {"scale", "seen", "first"} & set(vars(m))


def test_an_attribute_error_names_class_and_attribute() -> None:
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'frist'") as raised:
        Net().frist  # noqa: B018 - the access is what is tested
    assert raised.value.name == "frist"


@pytest.mark.parametrize("value", [nn.Parameter(torch.ones(1)), nn.ReLU(), nn.Buffer(torch.ones(1))])
def test_assigning_before_init_is_refused(value: Any) -> None:
    class Early(nn.Module):
        def __init__(self) -> None:
            self.early = value

    with pytest.raises(AttributeError, match=r"cannot assign .* before Module.__init__\(\) call"):
        Early()


def test_a_tensor_in_the_place_of_a_parameter_is_refused_with_the_cure() -> None:
    with pytest.raises(TypeError, match=r"cannot assign 'torch.FloatTensor' as parameter 'weight' .*Parameter\("):
        nn.Linear(1, 1).weight = torch.ones(1, 1)


def test_a_parameter_that_was_computed_is_refused() -> None:
    computed = nn.Parameter(torch.ones(2))
    computed._fn = (computed * 2)._fn
    with pytest.raises(ValueError, match="Cannot assign non-leaf Tensor to parameter 'w'"):
        nn.Module().register_parameter("w", computed)


@pytest.mark.usefixtures("unhooked")
def test_a_call_without_any_hook_in_the_process_only_runs_forward(monkeypatch: pytest.MonkeyPatch) -> None:
    m = nn.ReLU()
    monkeypatch.setattr(nn.Module, "_call_impl", lambda *args: pytest.fail("looked for hooks"))
    assert m(torch.tensor(-1.0)) == 0


@pytest.mark.usefixtures("unhooked")
@pytest.mark.parametrize(
    "register",
    [
        lambda m, hook: m.register_forward_hook(hook),
        lambda m, hook: m._forward_hooks.update({0: hook}),
        lambda m, hook: m._forward_hooks.setdefault(0, hook),
        lambda m, hook: setattr(m, "_forward_hooks", OrderedDict({0: hook})),
        lambda m, hook: m.__setstate__({**m.__getstate__(), "_forward_hooks": OrderedDict({0: hook})}),
        lambda m, hook: nn.modules.module.register_module_forward_hook(hook),
    ],
    ids=["method", "update", "setdefault", "assignment", "state", "all modules"],
)
def test_a_hook_is_noticed_however_it_got_there(register: Any) -> None:
    seen: list[Any] = []
    m = nn.ReLU()
    handle = register(m, lambda module, args, out: seen.append(out))
    try:
        m(torch.ones(1))
    finally:
        hooks._global_forward_hooks.clear()
    assert len(seen) == 1
    del handle


@pytest.mark.usefixtures("unhooked")
def test_a_compiled_call_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "compile", lambda function, **options: lambda x: ("compiled", options), raising=False)
    m = nn.ReLU()
    m.compile(fullgraph=True)
    assert m(torch.ones(1)) == ("compiled", {"fullgraph": True})
    assert "_compiled_call_impl" not in m.__getstate__()


def test_forward_may_be_replaced_on_one_module() -> None:
    m = nn.ReLU()
    m.forward = lambda x: x + 1
    assert m(torch.ones(1)) == 2


def test_a_hook_that_raises_leaves_the_module_usable() -> None:
    m = nn.ReLU()

    def hook(module: Any, args: Any) -> None:
        raise KeyError("mine")

    handle = m.register_forward_pre_hook(hook)
    with pytest.raises(KeyError, match="mine"):
        m(torch.ones(1))
    handle.remove()
    assert m(torch.ones(1)) == 1


def test_backward_hooks_see_gradients_of_inputs_and_outputs() -> None:
    seen: list[Any] = []
    m = nn.Linear(2, 1, bias=False)
    nn.init.constant_(m.weight, 3.0)
    m.register_full_backward_hook(lambda module, grad_in, grad_out: seen.append((grad_in, grad_out)))
    x = torch.ones(1, 2, requires_grad=True)
    m(x).sum().backward()
    ((grad_in,), (grad_out,)) = seen[0]
    assert grad_in.tolist() == [[3.0, 3.0]]
    assert grad_out.tolist() == [[1.0]]
    assert x.grad.tolist() == [[3.0, 3.0]]


def test_gradients_through_a_hooked_module_can_be_differentiated() -> None:
    m = nn.Tanh()
    m.register_full_backward_hook(lambda module, grad_in, grad_out: None)
    x = torch.tensor([0.3], dtype=torch.float64, requires_grad=True)
    (g,) = torch.autograd.grad(m(x), x, create_graph=True)
    (h,) = torch.autograd.grad(g, x)
    t = torch.tanh(x.detach())
    assert torch.allclose(h, -2 * t * (1 - t * t))


def test_a_module_dies_with_its_last_reference() -> None:
    gc.disable()
    try:
        m = Net()
        m.register_forward_hook(lambda *a: None)
        m(torch.ones(1, 2)).sum().backward()
        gone = weakref.ref(m)
        del m
        assert gone() is None
    finally:
        gc.enable()


def test_state_goes_into_another_module() -> None:
    a, b = Net(), Net()
    assert str(b.load_state_dict(a.state_dict())) == "<All keys matched successfully>"
    x = torch.randn(4, 2)
    assert torch.equal(a(x), b(x))
    assert b.first.weight.data_ptr() != a.first.weight.data_ptr()


def test_state_that_does_not_fit_is_refused_key_by_key() -> None:
    state = Net().state_dict()
    state["first.weight"] = torch.ones(3)
    del state["second.bias"]
    state["third"] = torch.ones(1)
    with pytest.raises(RuntimeError) as raised:
        Net().load_state_dict(state)
    message = str(raised.value)
    assert message.startswith("Error(s) in loading state_dict for Net:\n\tMissing key(s) in state_dict:")
    for part in ('"second.bias"', 'Unexpected key(s) in state_dict: "third"', "size mismatch for first.weight"):
        assert part in message


def test_a_refused_state_changes_nothing_else_than_torch_would() -> None:
    m = Net()
    before = m.second.bias.detach().clone()
    state = {**m.state_dict(), "first.weight": torch.ones(9), "second.bias": before + 1}
    with pytest.raises(RuntimeError):
        m.load_state_dict(state)
    assert torch.equal(m.second.bias, before + 1)


def test_copies_and_pickles_compute_the_same() -> None:
    m, x = Net().eval(), torch.randn(4, 2)
    for other in (copy.deepcopy(m), pickle.loads(pickle.dumps(m)), copy.copy(m)):
        assert not other.training
        assert torch.equal(other(x), m(x))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_library_modules_are_pickled_in_every_protocol(protocol: int) -> None:
    m = nn.Sequential(nn.Linear(2, 1), nn.ModuleDict({"a": nn.LazyLinear(1)}), nn.ParameterList([torch.ones(1)]))
    other = pickle.loads(pickle.dumps(m, protocol))
    assert repr(other) == repr(m)
    assert other[1]["a"](torch.ones(1, 3)).shape == (1, 1)


def test_conversion_keeps_parameters_the_same_objects() -> None:
    m = Net()
    params = list(m.parameters())
    m(torch.ones(1, 2)).sum().backward()
    m.double()
    assert all(a is b for a, b in zip(params, m.parameters(), strict=True))
    assert {p.dtype for p in params} == {p.grad.dtype for p in params} == {torch.float64}
    assert m.seen.dtype == torch.float64


@pytest.mark.parametrize("device", ["cuda", "mtia", "xpu", torch.device("cuda:1")])
def test_other_devices_are_refused(device: Any) -> None:
    with pytest.raises((AssertionError, NotImplementedError, RuntimeError)):
        nn.Linear(1, 1).to(device)
    with pytest.raises((AssertionError, NotImplementedError, RuntimeError)):
        nn.Linear(1, 1, device=device)


def test_initial_values_follow_the_seed() -> None:
    torch.manual_seed(0)
    m = nn.Linear(2, 2)
    assert m.weight.flatten().tolist() == pytest.approx([-0.00529, 0.37932, -0.58198, -0.52039], abs=1e-5)


def test_names_of_types_are_torchs() -> None:
    assert str(type(nn.Linear(1, 1))) == "<class 'torch.nn.modules.linear.Linear'>"
    assert str(nn.MaxPool2d) == "<class 'torch.nn.modules.pooling.MaxPool2d'>"
    assert Net.__module__ == __name__


def test_every_name_is_there_and_loaded_when_first_used() -> None:
    import subprocess
    import sys

    code = (
        "import sys, tapegrad; from tapegrad.nn import Linear, Module; assert 'ReLU' in dir(tapegrad.nn);"
        "print(sorted(m for m in sys.modules if m.startswith('tapegrad.nn.modules.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "linear" in loaded
    assert "pooling" not in loaded
    for name in nn.__all__:
        assert getattr(nn, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Linaer'"):
        nn.Linaer  # noqa: B018 - the access is what is tested
