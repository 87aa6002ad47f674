"""torch.nn.utils.parametrize."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from .attempts import attempts


class Kinds:
    """Parametrizations, as modules of a library."""

    def __init__(self, torch: Any) -> None:
        Module = torch.nn.Module

        class Symmetric(Module):  # type: ignore[misc,valid-type]
            def forward(self, X: Any) -> Any:
                return X.triu() + X.triu(1).transpose(-1, -2)

        class Invertible(Symmetric):
            def right_inverse(self, A: Any) -> Any:
                return A.triu()

        class Exp(Module):  # type: ignore[misc,valid-type]
            def forward(self, X: Any) -> Any:
                return X.exp()

            def right_inverse(self, X: Any) -> Any:
                return X.log()

        class Product(Module):  # type: ignore[misc,valid-type]
            def forward(self, a: Any, b: Any) -> Any:
                return a @ b

            def right_inverse(self, W: Any) -> Any:
                return W.clone(), torch.eye(W.size(1))

        class Returning(Module):  # type: ignore[misc,valid-type]
            def __init__(self, value: Any) -> None:
                super().__init__()
                self.value = value

            def forward(self, X: Any, *rest: Any) -> Any:
                return self.value(X)

        class InverseReturning(Returning):
            def forward(self, X: Any, *rest: Any) -> Any:
                return X

            def right_inverse(self, X: Any) -> Any:
                return self.value(X)

        class Shy(Module):  # type: ignore[misc,valid-type]
            def forward(self, X: Any) -> Any:
                return X + 1

            def right_inverse(self, X: Any) -> Any:
                raise NotImplementedError

        self.Symmetric, self.Invertible, self.Exp, self.Product = Symmetric, Invertible, Exp, Product
        self.Returning, self.InverseReturning, self.Shy = Returning, InverseReturning, Shy


def register(torch: Any, m: Any, name: str, parametrization: Any, **options: Any) -> Any:
    return torch.nn.utils.parametrize.register_parametrization(m, name, parametrization, **options)


def symmetric(lib: Any) -> Any:
    return register(lib, lib.nn.Linear(3, 3), "weight", Kinds(lib).Symmetric())


def what_it_looks_like(torch: Any) -> Any:
    m = symmetric(torch)
    return str(m), type(m).__name__, isinstance(m, torch.nn.Linear), list(m.state_dict()), m.weight


def names(torch: Any) -> Any:
    m = symmetric(torch)
    parameters = [name for name, _ in m.named_parameters()]
    return parameters, [name for name, _ in m.named_modules()], len(m.parametrizations.weight)


def questions(torch: Any) -> Any:
    P, m, plain = torch.nn.utils.parametrize, symmetric(torch), torch.nn.Linear(2, 2)
    kinds = P.type_before_parametrizations(m).__name__, P.type_before_parametrizations(plain).__name__
    asked = [
        P.is_parametrized(m),
        P.is_parametrized(m, "weight"),
        P.is_parametrized(m, "bias"),
        P.is_parametrized(plain),
    ]
    return asked, kinds


def gradients_reach_the_original(torch: Any) -> Any:
    m = symmetric(torch)
    m(torch.ones(1, 3)).sum().backward()
    return m.parametrizations.weight.original.grad


def values_are_not_assigned_without_an_inverse(torch: Any) -> Any:
    m = symmetric(torch)
    m.weight = torch.ones(3, 3)


def values_are_assigned_by_the_inverse(torch: Any) -> Any:
    m = register(torch, torch.nn.Linear(3, 3), "weight", Kinds(torch).Invertible())
    m.weight = torch.arange(9.0).view(3, 3)
    return m.weight, m.parametrizations.weight.original, attempts(
        lambda: setattr(m, "weight", torch.ones(3, 3).double()),
        lambda: setattr(m, "weight", 5),
        lambda: setattr(m, "weight", torch.ones(2, 2)),
        lambda: m.weight,
    )  # fmt: skip


def several_are_applied_one_after_another(torch: Any) -> Any:
    kinds, m = Kinds(torch), symmetric(torch)
    register(torch, m, "weight", kinds.Exp())
    register(torch, m, "bias", kinds.Exp())
    return m.weight, str(m), list(m.state_dict())


def several_originals(torch: Any) -> Any:
    m = register(torch, torch.nn.Linear(3, 3), "weight", Kinds(torch).Product())
    listed, remove = m.parametrizations.weight, torch.nn.utils.parametrize.remove_parametrizations
    m.weight = torch.ones(3, 3)
    return (
        list(m.state_dict()), listed.is_tensor, listed.ntensors, m.weight, [p.requires_grad for p in m.parameters()],
        attempts(lambda: remove(m, "weight", leave_parametrized=False), lambda: str(remove(m, "weight"))), m.weight,
    )  # fmt: skip


def copies(torch: Any) -> Any:
    m = symmetric(torch)
    c = copy.deepcopy(m)
    apart = c.parametrizations.weight.original is m.parametrizations.weight.original
    return type(c) is type(m), apart, bool((c.weight == m.weight).all()), attempts(lambda: pickle.dumps(m))


def removed(torch: Any) -> Any:
    remove, found = torch.nn.utils.parametrize.remove_parametrizations, []
    for leave in (True, False):
        m = symmetric(torch)
        remove(m, "weight", leave_parametrized=leave)
        found.append([str(m), type(m.weight).__name__, m.weight, hasattr(m, "parametrizations"), list(m.state_dict())])
    return found, attempts(lambda: remove(m, "weight"))


def removed_one_by_one(torch: Any) -> Any:
    kinds, m = Kinds(torch), symmetric(torch)
    register(torch, m, "bias", kinds.Shy())
    remove = torch.nn.utils.parametrize.remove_parametrizations
    return [type(remove(m, name)).__name__ for name in ("weight", "bias")], m.bias


def values_are_checked(torch: Any) -> Any:
    kinds = Kinds(torch)
    strange = (
        kinds.Returning(lambda X: X[:1]), kinds.Returning(lambda X: X.double()), kinds.Returning(lambda X: 5),
        kinds.InverseReturning(lambda X: 5), kinds.InverseReturning(lambda X: X.double()),
        kinds.InverseReturning(lambda X: X[:1]), kinds.InverseReturning(lambda X: [1, 2]),
        kinds.InverseReturning(lambda X: (X, X[:1])), kinds.Shy(),
    )  # fmt: skip
    found = []
    for p in strange:
        found.append(attempts(
            lambda p=p: type(register(torch, torch.nn.Linear(3, 3), "weight", p)).__name__,
            lambda p=p: type(register(torch, symmetric(torch), "weight", p)).__name__,
            lambda p=p: type(register(torch, torch.nn.Linear(3, 3), "weight", p, unsafe=True)).__name__,
        ))  # fmt: skip
    return found


def arguments_are_checked(torch: Any) -> Any:
    m, P = torch.nn.Linear(3, 3), torch.nn.utils.parametrize
    return attempts(
        lambda: register(torch, m, "foo", Kinds(torch).Symmetric()),
        lambda: register(torch, m, "weight", 5),
        lambda: P.remove_parametrizations(m, "weight"),
        lambda: P.ParametrizationList([], torch.zeros(2)),
    )


def buffers(torch: Any) -> Any:
    m = register(torch, torch.nn.BatchNorm1d(3), "running_mean", Kinds(torch).Shy())
    return list(m.state_dict()), [name for name, _ in m.named_buffers()], m.running_mean


def kept_while_cached(torch: Any) -> Any:
    calls: list[int] = []

    class Counting(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, X: Any) -> Any:
            calls.append(1)
            return X * 2

    m, cached = register(torch, torch.nn.Linear(2, 2), "weight", Counting()), torch.nn.utils.parametrize.cached
    calls.clear()
    _ = m.weight, m.weight
    found: list[Any] = [len(calls)]
    with cached():
        kept = m.weight
        found += [m.weight is kept, len(calls)]
        with cached():
            found.append(m.weight is kept)
        found.append(m.weight is kept)
    return [*found, m.weight is kept, len(calls)]


def modes_are_taken_over(torch: Any) -> Any:
    m = symmetric(torch).eval()
    register(torch, m, "weight", Kinds(torch).Exp())
    return [p.training for p in m.parametrizations.weight]


def states_are_exchanged(torch: Any) -> Any:
    one, two = symmetric(torch), symmetric(torch)
    loaded = str(two.load_state_dict(one.state_dict()))
    return loaded, bool((one.weight == two.weight).all()), type(one) is type(two)


def transferred(torch: Any) -> Any:
    transfer, source = torch.nn.utils.parametrize.transfer_parametrizations_and_params, symmetric(torch)
    target, plain = torch.nn.Linear(3, 3), torch.nn.Linear(3, 3)
    same = transfer(source, target) is target
    return same, str(target), bool((target.weight == source.weight).all()), attempts(
        lambda: type(transfer(plain, torch.nn.Linear(3, 3))).__name__,
        lambda: transfer(source, plain, "bias"),
        lambda: type(transfer(source, plain, "weight")).__name__,
    )  # fmt: skip


def converted(torch: Any) -> Any:
    m = symmetric(torch).double()
    m.parametrizations.weight.original.requires_grad_(False)
    return m.weight.dtype, m.weight.requires_grad


def without_its_list(torch: Any) -> Any:
    m = symmetric(torch)
    del m.parametrizations
    return hasattr(m, "weight"), attempts(lambda: m.weight)


def functional_calls_see_the_original(torch: Any) -> Any:
    m, x = symmetric(torch), torch.ones(1, 3)
    given = {"parametrizations.weight.original": torch.ones(3, 3), "bias": torch.zeros(3)}
    return torch.func.functional_call(m, given, x)
