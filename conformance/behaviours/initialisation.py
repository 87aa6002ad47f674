"""torch.nn.init: values for a seed, errors, warnings."""

from __future__ import annotations

from typing import Any

from .attempts import attempts


def gains(torch: Any) -> Any:
    gain = torch.nn.init.calculate_gain
    return attempts(
        lambda: [gain(name) for name in ("linear", "conv2d", "conv_transpose3d", "sigmoid", "tanh", "relu", "selu")],
        lambda: [gain("leaky_relu"), gain("leaky_relu", 0.2), gain("leaky_relu", 3)],
        lambda: gain("leaky_relu", True),
        lambda: gain("leaky_relu", "x"),
        lambda: gain("elu"),
    )


def uniform_and_normal(torch: Any) -> Any:
    init = torch.nn.init
    return init.uniform_(torch.empty(3), -1, 2), init.normal_(torch.empty(3), 1, 2), init.uniform_(torch.empty(2))


def constants(torch: Any) -> Any:
    init = torch.nn.init
    return init.constant_(torch.empty(2), 0.3), init.ones_(torch.empty(2)), init.zeros_(torch.empty(2))


def leaves_that_require_a_gradient_are_written_into(torch: Any) -> Any:
    w = torch.empty(2, requires_grad=True)
    same = torch.nn.init.ones_(w)
    return same is w, w, w.is_leaf


def truncated_normal_within(torch: Any) -> Any:
    return torch.nn.init.trunc_normal_(torch.empty(40), std=2.0)


def truncated_normal_far_out(torch: Any) -> Any:
    return torch.nn.init.trunc_normal_(torch.empty(20), mean=1.0, std=0.02, a=-0.5, b=0.98)


def truncated_normal_warns(torch: Any) -> Any:
    return torch.nn.init.trunc_normal_(torch.empty(5), mean=5.0)


def identities(torch: Any) -> Any:
    eye = torch.nn.init.eye_
    return attempts(lambda: eye(torch.empty(2, 3)), lambda: eye(torch.empty(3, 2)), lambda: eye(torch.empty(3)))


def diracs(torch: Any) -> Any:
    dirac = torch.nn.init.dirac_
    return attempts(
        lambda: dirac(torch.empty(3, 2, 3)),
        lambda: dirac(torch.empty(2, 3, 2, 2)),
        lambda: dirac(torch.empty(4, 2, 3, 1, 2), 2),
        lambda: dirac(torch.empty(3, 2, 3), 2),
        lambda: dirac(torch.empty(3, 2)),
    )


def xavier(torch: Any) -> Any:
    init = torch.nn.init
    return attempts(
        lambda: init.xavier_uniform_(torch.empty(2, 3), 2.0),
        lambda: init.xavier_normal_(torch.empty(2, 3, 2)),
        lambda: init.xavier_uniform_(torch.empty(3)),
    )


def kaiming(torch: Any) -> Any:
    init = torch.nn.init
    return attempts(
        lambda: init.kaiming_uniform_(torch.empty(2, 3), 0.2),
        lambda: init.kaiming_normal_(torch.empty(2, 3, 2), mode="fan_out", nonlinearity="relu"),
        lambda: init.kaiming_normal_(torch.empty(2, 3), mode="FAN_IN"),
        lambda: init.kaiming_normal_(torch.empty(2, 3), mode="both"),
        lambda: init.kaiming_uniform_(torch.empty(2, 3), nonlinearity="elu"),
    )


def kaiming_of_nothing_warns(torch: Any) -> Any:
    return torch.nn.init.kaiming_uniform_(torch.empty(2, 0)), torch.nn.init.kaiming_normal_(torch.empty(0, 2))


def orthogonal(torch: Any) -> Any:
    make = torch.nn.init.orthogonal_
    return attempts(
        lambda: make(torch.empty(3, 3)),
        lambda: make(torch.empty(2, 4), 2),
        lambda: make(torch.empty(4, 1, 2)),
        lambda: make(torch.empty(4, 0)),
        lambda: make(torch.empty(4)),
    )


def sparse(torch: Any) -> Any:
    make = torch.nn.init.sparse_
    return attempts(lambda: make(torch.empty(5, 3), 0.5), lambda: make(torch.empty(5), 0.5))


def former_names_warn(torch: Any) -> Any:
    init = torch.nn.init
    return init.uniform(torch.empty(2)), init.xavier_normal(torch.empty(2, 2)), init.uniform.__name__


def generators(torch: Any) -> Any:
    g = torch.Generator()
    g.manual_seed(3)
    before = torch.nn.init.normal_(torch.empty(2), generator=g)
    return before, torch.rand(1)
