"""`torch.load(weights_only=False)`: whole models are built, and no code of a file or of a class runs."""

from __future__ import annotations

import functools
import io
import os
import pickle
import sys
from typing import Any

import pytest

import tapegrad as torch
from tapegrad import nn
from tapegrad.distributions import Distribution, Normal
from tapegrad.distributions.transforms import ExpTransform, Transform
from tapegrad.nn import functional
from tapegrad.serialization.malformed import Malformed
from tapegrad.serialization.models import ModelMachine


class Net(nn.Module):
    """A model with everything that a file may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 3)
        self.parts = nn.ModuleDict(
            {"rnn": nn.LSTM(2, 2), "heads": nn.MultiheadAttention(2, 1), "conv": nn.Conv2d(1, 1, 1)}
        )
        self.register_buffer("scale", torch.full((3,), 2.0))
        self.squash = torch.tanh
        self.activation = functional.gelu
        self.share = functools.partial(functional.softmax, dim=-1)
        self.prior = Normal(torch.zeros(2), torch.ones(2))
        self.warp = ExpTransform()
        self.family: type[Distribution] = Normal

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.share(self.squash(self.activation(self.layer(x))) * self.scale)


def written(thing: Any, **options: Any) -> io.BytesIO:
    file = io.BytesIO()
    torch.save(thing, file, **options)
    file.seek(0)
    return file


def reloaded(thing: Any, **options: Any) -> Any:
    return torch.load(written(thing, **options), weights_only=False)


@pytest.mark.parametrize("as_zip", [True, False])
def test_a_whole_model_comes_back(as_zip: bool) -> None:
    net, x = Net().eval(), torch.randn(4, 2)
    again = reloaded(net, _use_new_zipfile_serialization=as_zip)
    assert type(again) is Net and not again.training and repr(again) == repr(net)
    assert torch.equal(again(x), net(x))
    assert again.squash is torch.tanh and again.activation is functional.gelu and again.family is Normal
    assert torch.equal(again.prior.scale, torch.ones(2)) and again.warp == ExpTransform()
    again(x).sum().backward()
    assert again.layer.weight.grad is not None


def test_files_of_tensors_need_nothing_and_can_be_read_as_well() -> None:
    assert reloaded({"w": torch.ones(2), "n": 3})["w"].tolist() == [1.0, 1.0]


def test_without_weights_only_false_a_model_is_refused() -> None:
    with pytest.raises(
        pickle.UnpicklingError, match=r"^Weights only load failed\. .*test_models\.Net was not an allowed"
    ):
        torch.load(written(Net()))


def test_a_forward_kept_as_an_attribute_is_bound_to_its_module() -> None:
    layer = nn.Linear(2, 2)
    layer.forward = layer.forward  # what remains after another forward stood in for it
    again = reloaded(layer)
    assert again.forward.__self__ is again


class Calls:
    """Pickled as a call of any function."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


ran: list[str] = []


class Noting(nn.Module):
    """Notes what of it is run."""

    def __new__(cls) -> Noting:
        ran.append("__new__")
        return super().__new__(cls)

    def __init__(self) -> None:
        ran.append("__init__")
        super().__init__()

    def forward(self) -> None:
        ran.append("forward")

    def erase(self) -> None:
        ran.append("erase")


class OwnState(nn.Module):
    def __setstate__(self, state: Any) -> None:
        ran.append("__setstate__")


class OwnEnd(Transform):
    def __del__(self) -> None:
        ran.append("__del__")


class Unrelated: ...


def unrelated() -> None: ...


def test_no_code_of_a_class_runs() -> None:
    file = written(Noting())
    ran.clear()
    again = torch.load(file, weights_only=False)
    assert type(again) is Noting and ran == []


REFUSED = {
    "a system call": (Calls(os.system, ("true",)), r"posix\.system is none"),
    "a system call in a partial": ({"f": functools.partial(os.system, "true")}, r"posix\.system is none"),
    "any function of the program": (unrelated, r"test_models\.unrelated is none"),
    "any class of the program": (Unrelated(), r"test_models\.Unrelated is none"),
    "a class with its own __setstate__": (OwnState(), "OwnState has a __setstate__ of its own"),
    "a class with its own __del__": (OwnEnd(), "OwnEnd has a __del__ of its own"),
    "saving as a function": (torch.save, r"saving\.save is none|torch\.serialization\.save is none"),
}


@pytest.mark.skipif(os.name == "nt", reason="os.system has another name there")
@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_an_explanation(name: str) -> None:
    thing, why = REFUSED[name]
    with pytest.raises(
        pickle.UnpicklingError, match=f"^weights_only=False would run.*{why}.*add_safe_globals.*state_dict"
    ):
        reloaded(thing)


def test_a_class_that_is_refused_can_be_allowed() -> None:
    with torch.serialization.safe_globals([OwnState]):
        ran.clear()
        assert type(reloaded(OwnState())) is OwnState
    assert ran == ["__setstate__"]


def test_nothing_is_imported_for_a_file() -> None:
    machine = ModelMachine(b"\x80\x02cantigravity\nfly\n.", lambda identity: identity)
    with pytest.raises(pickle.UnpicklingError, match=r"antigravity\.fly is none"):
        machine.run()
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize(
    "call",
    [
        (getattr, (Noting(), "erase")),
        (getattr, (Noting(), "__class__")),
        (getattr, (nn.Linear(1, 1), "__init__")),
        (functools.partial, ("text",)),
    ],
    ids=["another method", "a class", "a special method", "what cannot be called"],
)
def test_methods_and_partials_of_anything_else_are_refused(call: Any) -> None:
    with pytest.raises((pickle.UnpicklingError, TypeError)):
        reloaded(Calls(*call))


@pytest.mark.parametrize("tool", ["getattr", "partial"])
def test_what_makes_methods_and_partials_cannot_be_called_afterwards(tool: str) -> None:
    """A chain of calls of `getattr` in a model would reach anything."""
    module = "functools" if tool == "partial" else "builtins"
    body = f"\x80\x02c{module}\n{tool}\n.".encode("latin-1")
    assert not callable(ModelMachine(body, lambda identity: identity).run())
    nested = f"\x80\x02cfunctools\npartial\nc{module}\n{tool}\n\x85R.".encode("latin-1")
    with pytest.raises(Malformed, match="a partial"):
        ModelMachine(nested, lambda identity: identity).run()
