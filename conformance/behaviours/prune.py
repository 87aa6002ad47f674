"""torch.nn.utils.prune."""

from __future__ import annotations

import importlib
from typing import Any

from .attempts import attempts


def module(lib: Any) -> Any:
    return importlib.import_module(lib.__name__ + ".nn.utils.prune")


def linear(lib: Any) -> Any:
    lib.manual_seed(5)
    return lib.nn.Linear(3, 4)


def look(torch: Any, m: Any, name: str = "weight") -> Any:
    """What a pruned module shows, does, and becomes when pruning is made permanent."""
    y = m(torch.ones(1, 3)).sum()
    y.backward()
    seen = [list(m.state_dict()), getattr(m, f"{name}_mask"), getattr(m, name), y, [p.grad for p in m.parameters()]]
    module(torch).remove(m, name)
    return seen, list(m.state_dict()), type(getattr(m, name)).__name__, getattr(m, name)


def nothing(torch: Any) -> Any:
    return look(torch, module(torch).identity(linear(torch), "weight"))


def elements_at_random(torch: Any) -> Any:
    prune = module(torch).random_unstructured
    return look(torch, prune(linear(torch), "weight", 4)), look(torch, prune(linear(torch), "weight", 0.3))


def least_elements(torch: Any) -> Any:
    prune = module(torch).l1_unstructured
    return look(torch, prune(linear(torch), "weight", 0.5)), look(torch, prune(linear(torch), "bias", 2), "bias")


def all_or_none(torch: Any) -> Any:
    P = module(torch)
    return [look(torch, P.l1_unstructured(linear(torch), "weight", amount))[0][1] for amount in (0, 1.0, 0.0, 12)]


def slices_at_random(torch: Any) -> Any:
    prune = module(torch).random_structured
    return [look(torch, prune(linear(torch), "weight", *args)) for args in ((2, 0), (0.4, 1), (1, -1), (0, 0))]


def least_slices(torch: Any) -> Any:
    prune, inf = module(torch).ln_structured, float("inf")
    cases = ((2, 1, 0), (0.5, 2, 1), (1, inf, -1), (1, -inf, 0), (1, "fro", 0))
    return [look(torch, prune(linear(torch), "weight", *args)) for args in cases]


def by_a_mask(torch: Any) -> Any:
    m = module(torch).custom_from_mask(linear(torch), "bias", torch.tensor([1, 0, 1, 0]))
    return look(torch, m, "bias")


def by_importance(torch: Any) -> Any:
    P, scores = module(torch), torch.arange(12.0).view(4, 3)
    return (
        look(torch, P.l1_unstructured(linear(torch), "weight", 2, importance_scores=scores)),
        look(torch, P.ln_structured(linear(torch), "weight", 2, 1, 0, importance_scores=scores)),
    )


def again_and_again(torch: Any) -> Any:
    P, m = module(torch), linear(torch)
    P.random_unstructured(m, "weight", 0.2)
    P.ln_structured(m, "weight", 1, 2, 0)
    P.l1_unstructured(m, "weight", 2)
    P.custom_from_mask(m, "weight", (torch.arange(12).view(4, 3) != 3).float())
    (hook,) = m._forward_pre_hooks.values()
    return type(hook).__name__, len(hook), [type(x).__name__ for x in hook], type(hook[0]).__name__, look(torch, m)


def several_parameters(torch: Any) -> Any:
    P, m = module(torch), linear(torch)
    P.l1_unstructured(m, "weight", 2)
    P.l1_unstructured(m, "bias", 1)
    before = len(m._forward_pre_hooks)
    P.remove(m, "weight")
    return before, len(m._forward_pre_hooks), list(m.state_dict()), P.is_pruned(m)


def across_modules(torch: Any) -> Any:
    P, a, b = module(torch), linear(torch), torch.nn.Linear(4, 2)
    pairs = [(a, "weight"), (b, "weight"), (b, "bias")]
    P.l1_unstructured(b, "weight", 2)
    P.global_unstructured(pairs, P.L1Unstructured, amount=8)
    masks = [getattr(m, f"{name}_mask").clone() for m, name in pairs]
    P.global_unstructured(pairs, P.RandomUnstructured, amount=0.2)
    P.global_unstructured(pairs, P.L1Unstructured, importance_scores={(b, "bias"): torch.tensor([0.0, 9.0])}, amount=1)
    return masks, [getattr(m, f"{name}_mask") for m, name in pairs]


def across_modules_is_checked(torch: Any) -> Any:
    P, pairs = module(torch), [(linear(torch), "weight")]
    return attempts(
        lambda: P.global_unstructured(5, P.L1Unstructured, amount=1),
        lambda: P.global_unstructured(pairs, P.L1Unstructured, importance_scores=[1], amount=1),
        lambda: P.global_unstructured(pairs, P.L1Unstructured, amount=100),
    )


def amounts_are_checked(torch: Any) -> Any:
    P, m = module(torch), linear
    calls = []
    for amount in (-1, 1.5, -0.1, "x", None, 21):
        calls += [
            lambda a=amount: str(P.random_unstructured(m(torch), "weight", a)),
            lambda a=amount: str(P.l1_unstructured(m(torch), "weight", a)),
            lambda a=amount: str(P.random_structured(m(torch), "weight", a, 0)),
            lambda a=amount: str(P.ln_structured(m(torch), "weight", a, 2, 0)),
        ]
    return attempts(*calls)


def arguments_are_checked(torch: Any) -> Any:
    P, m = module(torch), linear(torch)
    return attempts(
        lambda: P.random_structured(m, "bias", 1, 0),
        lambda: P.ln_structured(m, "weight", 1, 2, 2),
        lambda: P.l1_unstructured(m, "foo", 1),
        lambda: P.custom_from_mask(m, "weight", torch.ones(2)),
        lambda: P.l1_unstructured(m, "weight", 1, importance_scores=torch.ones(2)),
        lambda: P.remove(m, "weight"),
        lambda: P.BasePruningMethod(),
    ), list(m.state_dict())


def of_a_tensor(torch: Any) -> Any:
    P, t = module(torch), torch.tensor([3.0, -1.0, 2.0, 0.5])
    return attempts(
        lambda: P.L1Unstructured(2).prune(t),
        lambda: P.L1Unstructured(1).prune(t, default_mask=torch.tensor([0.0, 1, 1, 1])),
        lambda: P.L1Unstructured(2).prune(t, importance_scores=torch.arange(4.0)),
        lambda: P.L1Unstructured(2).prune(t, importance_scores=torch.ones(3)),
    )


def containers(torch: Any) -> Any:
    P = module(torch)
    one, other = P.L1Unstructured(1), P.Identity()
    one._tensor_name, other._tensor_name = "x", "y"
    return attempts(
        lambda: len(P.PruningContainer()),
        lambda: len(P.PruningContainer(one)),
        lambda: P.PruningContainer(one).add_pruning_method(7),
        lambda: P.PruningContainer(one).add_pruning_method(None),
        lambda: P.PruningContainer(one)[0] is one,
    )


def methods_of_ones_own(torch: Any) -> Any:
    P, m = module(torch), linear(torch)

    class EveryOther(P.BasePruningMethod):  # type: ignore[misc,name-defined]
        PRUNING_TYPE = "unstructured"

        def compute_mask(self, t: Any, default_mask: Any) -> Any:
            mask = default_mask.clone()
            mask.view(-1)[::2] = 0
            return mask

    class Odd(EveryOther):
        PRUNING_TYPE = "odd"

    class Sliced(EveryOther):
        PRUNING_TYPE = "structured"

    EveryOther.apply(m, "bias")
    EveryOther.apply(m, "bias")
    return m.bias_mask, attempts(lambda: Odd.apply(m, "bias"), lambda: Sliced.apply(m, "bias"))


def states_are_exchanged(torch: Any) -> Any:
    P = module(torch)
    one, two = P.l1_unstructured(linear(torch), "weight", 0.5), P.identity(linear(torch), "weight")
    return str(two.load_state_dict(one.state_dict())), two(torch.ones(1, 3)), one(torch.ones(1, 3))


def questions(torch: Any) -> Any:
    P, nn = module(torch), torch.nn
    nets = (linear(torch), nn.Sequential(linear(torch), P.identity(linear(torch), "bias")))
    kinds = (P.Identity, P.RandomUnstructured, P.L1Unstructured, P.RandomStructured, P.LnStructured, P.CustomFromMask)
    return [P.is_pruned(net) for net in nets], [kind.PRUNING_TYPE for kind in kinds], P.RandomStructured(1).dim
