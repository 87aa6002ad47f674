"""Weight norm, spectral norm and orthogonal matrices, in the older way and by parametrizations."""

from __future__ import annotations

import copy
import warnings
from typing import Any

from .attempts import attempts


def made(torch: Any, function: str, module: Any, *args: Any, **options: Any) -> Any:
    """A module normalised in the older way, which warns of its age."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return getattr(torch.nn.utils, function)(module, *args, **options)


def linear(torch: Any, *sizes: int) -> Any:
    return torch.nn.Linear(*sizes, dtype=torch.float64)


def ones(torch: Any, *shape: int) -> Any:
    return torch.ones(*shape, dtype=torch.float64)


def older_weight_norm_warns(torch: Any) -> Any:
    return str(torch.nn.utils.weight_norm(torch.nn.Linear(3, 2)))


def older_weight_norm(torch: Any) -> Any:
    found = []
    for dim in (0, 1, None, -1):
        m = made(torch, "weight_norm", linear(torch, 3, 2), dim=dim)
        y = m(ones(torch, 1, 3))
        y.sum().backward()
        found.append([y, m.weight, m.weight_g, m.weight_v, m.weight_g.grad, m.weight_v.grad, list(m.state_dict())])
    return found


def older_weight_norm_of_a_convolution(torch: Any) -> Any:
    m = made(torch, "weight_norm", torch.nn.Conv2d(2, 3, 2))
    return m.weight_g.shape, m(torch.ones(1, 2, 2, 2))


def older_weight_norm_is_removed(torch: Any) -> Any:
    m = made(torch, "weight_norm", linear(torch, 3, 2))
    before = m.weight.detach().clone()
    remove = torch.nn.utils.remove_weight_norm
    return str(remove(m)), type(m.weight).__name__, bool((m.weight == before).all()), attempts(lambda: remove(m))


def older_weight_norm_is_checked(torch: Any) -> Any:
    m = made(torch, "weight_norm", torch.nn.Linear(3, 2))
    return attempts(
        lambda: made(torch, "weight_norm", m),
        lambda: made(torch, "weight_norm", torch.nn.Linear(3, 2), name="foo"),
        lambda: made(torch, "weight_norm", torch.nn.LazyLinear(2)),
        lambda: copy.deepcopy(m),
    )


def older_weight_norm_of_a_recurrent_layer(torch: Any) -> Any:
    m = made(torch, "weight_norm", torch.nn.GRU(2, 2, dtype=torch.float64), "weight_hh_l0")
    m(ones(torch, 3, 1, 2))[0].sum().backward()
    return [(name, p.grad) for name, p in m.named_parameters()]


def norms_but_for_one_dimension(torch: Any) -> Any:
    v = torch.randn(2, 3, 4, dtype=torch.float64, requires_grad=True)
    return [torch.norm_except_dim(v, 2, dim) for dim in (0, 1, 2, -1)], torch.norm_except_dim(v, 1, 0)


def older_spectral_norm(torch: Any) -> Any:
    m, x = made(torch, "spectral_norm", linear(torch, 3, 4)), ones(torch, 1, 3)
    first = [list(m.state_dict()), m.weight_u.clone(), m.weight_v.clone(), type(m.weight).__name__]
    y = m(x)
    y.sum().backward()
    return first, y, m.weight_u, m.weight_v, m.weight, m.weight_orig.grad, m.eval()(x), m.weight_u._version


def older_spectral_norm_of_other_layers(torch: Any) -> Any:
    nn = torch.nn
    up = made(torch, "spectral_norm", nn.ConvTranspose2d(2, 3, 2))
    conv = made(torch, "spectral_norm", nn.Conv2d(2, 3, 2), n_power_iterations=3, dim=1, eps=1e-6)
    return up.weight_u.shape, up.weight_v.shape, up(torch.ones(1, 2, 2, 2)), conv.weight_u, conv(torch.ones(1, 2, 2, 2))


def older_spectral_norm_is_removed(torch: Any) -> Any:
    m = made(torch, "spectral_norm", linear(torch, 3, 4))
    m(ones(torch, 1, 3))
    remove = torch.nn.utils.remove_spectral_norm
    remove(m)
    hooks = len(m._forward_pre_hooks), len(m._state_dict_hooks)
    return list(m.state_dict()), m.weight, hooks, attempts(lambda: remove(m))


def older_spectral_norm_is_checked(torch: Any) -> Any:
    spectral = torch.nn.utils.spectral_norm
    m = spectral(torch.nn.Linear(3, 4))
    return attempts(
        lambda: spectral(m),
        lambda: spectral(torch.nn.Linear(3, 4), n_power_iterations=0),
        lambda: spectral(torch.nn.Linear(3, 4, bias=False), name="bias"),
        lambda: spectral(torch.nn.Linear(3, 4), name="foo"),
        lambda: spectral(torch.nn.LazyLinear(2)),
    )


def states_of_spectral_norm(torch: Any) -> Any:
    one, two = (made(torch, "spectral_norm", linear(torch, 3, 4)) for _ in range(2))
    two.load_state_dict(one.state_dict())
    return bool((one(ones(torch, 1, 3)) == two(ones(torch, 1, 3))).all()), dict(one.state_dict()._metadata)


def old_states_of_spectral_norm(torch: Any) -> Any:
    one, two = (made(torch, "spectral_norm", linear(torch, 3, 4)) for _ in range(2))
    one(ones(torch, 1, 3))
    old = {name: getattr(one, name).detach() for name in ("weight_orig", "weight_u", "bias", "weight")}
    incomplete = {name: t for name, t in old.items() if name != "weight"}
    return str(two.load_state_dict(dict(old))), two.weight_v, attempts(lambda: two.load_state_dict(incomplete))


# -- parametrizations --------------------------------------------------------------------------------------------------


def weight_norm(torch: Any) -> Any:
    found = []
    for dim in (0, 1, None, -1):
        m = torch.nn.utils.parametrizations.weight_norm(linear(torch, 3, 2), dim=dim)
        m(ones(torch, 1, 3)).sum().backward()
        first = [str(m), list(m.state_dict()), m.weight, [p.grad for p in m.parameters()]]
        m.weight = ones(torch, 2, 3)
        found.append([first, m.parametrizations.weight.original0, m.weight])
    return found


def weight_norm_takes_states_of_the_older(torch: Any) -> Any:
    old = made(torch, "weight_norm", linear(torch, 3, 2))
    new = torch.nn.utils.parametrizations.weight_norm(linear(torch, 3, 2))
    return str(new.load_state_dict(old.state_dict())), bool((new.weight == old.weight).all())


def weight_norm_is_removed(torch: Any) -> Any:
    m = torch.nn.utils.parametrizations.weight_norm(linear(torch, 3, 2))
    torch.nn.utils.parametrize.remove_parametrizations(m, "weight")
    return str(m), m.weight


def spectral_norm(torch: Any) -> Any:
    m = torch.nn.utils.parametrizations.spectral_norm(linear(torch, 3, 4))
    p = m.parametrizations.weight[0]
    first = [str(m), list(m.state_dict()), p._u.clone(), p._v.clone(), m.weight, m.eval().weight]
    m(ones(torch, 1, 3)).sum().backward()
    return first, m.parametrizations.weight.original.grad


def spectral_norm_in_other_forms(torch: Any) -> Any:
    nn, spectral = torch.nn, torch.nn.utils.parametrizations.spectral_norm
    return (
        spectral(linear(torch, 3, 4), "bias").bias,
        spectral(linear(torch, 3, 4), dim=1, n_power_iterations=2).weight,
        spectral(nn.ConvTranspose2d(2, 3, 2, dtype=torch.float64)).parametrizations.weight[0]._u.shape,
        spectral(nn.Conv1d(2, 3, 2, dtype=torch.float64)).weight,
    )


def spectral_norm_is_checked(torch: Any) -> Any:
    spectral = torch.nn.utils.parametrizations.spectral_norm
    return attempts(
        lambda: spectral(torch.nn.Linear(3, 4), dim=2),
        lambda: spectral(torch.nn.Linear(3, 4), n_power_iterations=0),
        lambda: spectral(torch.nn.Linear(3, 4), "foo"),
    )


def orthogonal(torch: Any) -> Any:
    found = []
    for sizes in ((3, 3), (4, 2), (2, 4)):
        for kind in ("matrix_exp", "cayley", "householder", None):
            for base in (True, False):
                m = linear(torch, *sizes)
                torch.nn.utils.parametrizations.orthogonal(m, orthogonal_map=kind, use_trivialization=base)
                m.weight.square().cumsum(0).sum().backward()
                gradient = m.parametrizations.weight.original.grad.round(decimals=8) + 0.0
                found.append([m.weight.detach(), list(m.state_dict()), gradient])
    return found


def orthogonal_values_can_be_assigned(torch: Any) -> Any:
    q = torch.linalg.qr(torch.randn(3, 3, dtype=torch.float64))[0]
    found = []
    for kind in ("matrix_exp", "cayley", "householder"):
        for base in (True, False):
            m = linear(torch, 3, 3)
            torch.nn.utils.parametrizations.orthogonal(m, orthogonal_map=kind, use_trivialization=base)
            found.append(attempts(
                lambda m=m: setattr(m, "weight", q), lambda m=m: bool((m.weight - q).abs().max() < 1e-8),
                lambda m=m: setattr(m, "weight", q[:2]),
            ))  # fmt: skip
    return found


def orthogonal_is_checked(torch: Any) -> Any:
    make = torch.nn.utils.parametrizations.orthogonal
    return attempts(
        lambda: make(torch.nn.Linear(2, 2), "bias"),
        lambda: make(torch.nn.Linear(2, 2), "foo"),
        lambda: make(torch.nn.Linear(2, 2), orthogonal_map="x"),
        lambda: make(torch.nn.Linear(2, 2, dtype=torch.complex64), orthogonal_map="householder"),
    )
