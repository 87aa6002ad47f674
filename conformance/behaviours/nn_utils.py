"""torch.nn.utils: clipping, vectors of parameters, fusion, memory formats, skip_init, functional_call."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

from .attempts import attempts


def parameters(torch: Any, *grads: list[float], dtype: str = "float32") -> list[Any]:
    made = []
    for values in grads:
        p = torch.nn.Parameter(torch.zeros(len(values), dtype=getattr(torch, dtype)))
        p.grad = torch.tensor(values, dtype=p.dtype)
        made.append(p)
    return made


def clip_by_norm(torch: Any) -> Any:
    found = []
    for bound in (1.0, 100):
        ps = parameters(torch, [3.0, 4.0], [12.0])
        found.append((torch.nn.utils.clip_grad_norm_(ps, bound), [p.grad for p in ps]))
    return found


def clip_by_other_norms(torch: Any) -> Any:
    found = []
    for order in (1, 3, float("inf"), -float("inf"), 0.5, 0, "inf"):
        ps = parameters(torch, [3.0, -4.0], [12.0])
        found.append((torch.nn.utils.clip_grad_norm_(ps, 1.0, order), [p.grad for p in ps]))
    return found


def clip_what_is_not_finite(torch: Any) -> Any:
    ps = parameters(torch, [3.0, float("inf")])
    clip = torch.nn.utils.clip_grad_norm_
    return attempts(lambda: clip(ps, 1.0, error_if_nonfinite=True), lambda: clip(ps, 1.0)), str(ps[0].grad)


def clip_nothing(torch: Any) -> Any:
    clip = torch.nn.utils.clip_grad_norm_
    return clip([], 1.0), clip(torch.nn.Parameter(torch.zeros(2)), 1.0), clip((p for p in ()), 1.0)


def clip_generators_and_single_tensors(torch: Any) -> Any:
    clip, one = torch.nn.utils.clip_grad_norm_, parameters(torch, [3.0, 4.0])[0]
    return clip((p for p in parameters(torch, [3.0])), 1.0), clip(one, 1.0, foreach=True), one.grad


def clip_several_dtypes(torch: Any) -> Any:
    ps = parameters(torch, [3.0, 4.0]) + parameters(torch, [3.0, 4.0], dtype="float64")
    return torch.nn.utils.clip_grad_norm_(ps, 1.0), [p.grad for p in ps]


def clip_by_value(torch: Any) -> Any:
    ps, one = parameters(torch, [3.0, -4.0], [0.1]), parameters(torch, [3.0])[0]
    return torch.nn.utils.clip_grad_value_(ps, 1.0), torch.nn.utils.clip_grad_value_(one, 0.5), [p.grad for p in ps]


def clip_by_its_former_name(torch: Any) -> Any:
    return torch.nn.utils.clip_grad_norm(parameters(torch, [3.0]), 1.0)


def total_norms(torch: Any) -> Any:
    norm = torch.nn.utils.get_total_norm
    xs = [torch.tensor([3.0, 4.0]), torch.tensor([12.0])]
    return norm(xs), norm(xs[0]), norm([]), norm((x for x in xs), 1.0)


def clip_with_a_given_norm(torch: Any) -> Any:
    ps = parameters(torch, [3.0, 4.0])
    torch.nn.utils.clip_grads_with_norm_(ps, 1.0, torch.tensor(10.0))
    torch.nn.utils.clip_grads_with_norm_(ps[0], 1.0, torch.tensor(0.1))
    return ps[0].grad


def vectors(torch: Any) -> Any:
    w, b = torch.arange(4.0).view(2, 2).requires_grad_(), torch.ones(2)
    vector = torch.nn.utils.parameters_to_vector([w, b])
    values = torch.arange(6.0)
    torch.nn.utils.vector_to_parameters(values, [w, b])
    before = w.detach().clone()
    values[0] = 9.0
    return vector, before, w, b


def vectors_are_checked(torch: Any) -> Any:
    utils, w = torch.nn.utils, torch.zeros(2, 2)
    return attempts(
        lambda: utils.vector_to_parameters([1.0], [w]),
        lambda: utils.vector_to_parameters(torch.zeros(3), [w]),
        lambda: utils.vector_to_parameters(torch.zeros(9), [w]),
        lambda: utils.parameters_to_vector([w.expand(2, 2).t()]),
    )


def fused(torch: Any, layer: Any, bn: Any, x: Any, **options: Any) -> Any:
    layer, bn, x = layer.double(), bn.double(), x.double()
    for p in [*layer.parameters(), *bn.parameters()]:
        torch.nn.init.normal_(p)
    bn.running_mean.normal_()
    bn.running_var.uniform_()
    layer.eval(), bn.eval()
    fuse = torch.nn.utils.fuse_linear_bn_eval if x.dim() == 2 else torch.nn.utils.fuse_conv_bn_eval
    made = fuse(layer, bn, **options)
    return made.weight, made.bias, bool((made(x) - bn(layer(x))).abs().max() < 1e-4), made.training


def fuse_convolutions(torch: Any) -> Any:
    nn, x = torch.nn, torch.randn(1, 2, 4, 4)
    return (
        fused(torch, nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), x),
        fused(torch, nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3), x),
        fused(torch, nn.ConvTranspose2d(2, 3, 2), nn.BatchNorm2d(3), x, transpose=True),
    )


def fuse_linear_layers(torch: Any) -> Any:
    nn = torch.nn
    return fused(torch, nn.Linear(2, 3), nn.BatchNorm1d(3), torch.randn(4, 2))


def fusion_is_checked(torch: Any) -> Any:
    nn, utils = torch.nn, torch.nn.utils
    return attempts(
        lambda: utils.fuse_linear_bn_eval(nn.Linear(2, 3).eval(), nn.BatchNorm1d(4).eval()),
        lambda: utils.fuse_conv_bn_eval(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3)),
        lambda: utils.fuse_conv_bn_eval(nn.Conv2d(2, 3, 2).eval(), nn.BatchNorm2d(3, track_running_stats=False).eval()),
    )


def fused_weights(torch: Any) -> Any:
    conv = [torch.randn(3, 2, 1), None, torch.randn(3), torch.rand(3), 1e-5, None, None]
    linear = [torch.randn(3, 2), torch.randn(3), torch.randn(3), torch.rand(3), 1e-5, torch.randn(3), torch.randn(3)]
    return torch.nn.utils.fuse_conv_bn_weights(*conv), torch.nn.utils.fuse_linear_bn_weights(*linear)


def memory_formats(torch: Any) -> Any:
    nn, utils = torch.nn, torch.nn.utils
    two = utils.convert_conv2d_weight_memory_format(
        nn.Sequential(nn.Conv2d(2, 3, 2), nn.Linear(2, 2)), torch.channels_last
    )
    three = utils.convert_conv3d_weight_memory_format(nn.Conv3d(2, 3, 2), torch.channels_last_3d)
    return two[0].weight.stride(), two[1].weight.stride(), three.weight.stride()


def skip_init(torch: Any) -> Any:
    skip = torch.nn.utils.skip_init
    return attempts(
        lambda: str(skip(torch.nn.Linear, 3, 4)),
        lambda: skip(torch.nn.Linear, 3, 4, dtype=torch.float64).weight.dtype,
        lambda: skip(5),
        lambda: skip(torch.nn.ReLU),
        lambda: skip(int),
    )


# -- functional_call ---------------------------------------------------------------------------------------------------


def call(torch: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stateless = importlib.import_module(torch.__name__ + ".nn.utils.stateless")
        return stateless.functional_call(*args, **options)


def functional_call_warns(torch: Any) -> Any:
    return torch.nn.utils.stateless.functional_call(torch.nn.Linear(1, 1), {"bias": torch.ones(1)}, torch.ones(1))


def other_weights(torch: Any) -> Any:
    m, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    weight, bias = torch.ones(2, 2, requires_grad=True), torch.zeros(2)
    given = {"weight": weight, "bias": bias}
    y = call(torch, m, given, x)
    y.sum().backward()
    return attempts(
        lambda: (y, weight.grad, m.weight.grad, type(m.weight).__name__),
        lambda: call(torch, m, given, (x,)),
        lambda: call(torch, m, {"bias": bias}, x),
        lambda: call(torch, m, given, kwargs={"input": x}),
    )


def other_names(torch: Any) -> Any:
    m, x = torch.nn.Linear(2, 2), torch.ones(1, 2)
    w = torch.ones(2, 2)
    return attempts(
        lambda: call(torch, m, {"foo": x}, x),
        lambda: call(torch, m, {"foo": x}, x, strict=True),
        lambda: call(torch, m, {"weight": w, "foo.bar": x}, x),
        lambda: call(torch, m, {"weight": w}, x, strict=True),
        lambda: call(torch, m, {"weight": 5}, x),
        lambda: call(torch, m, {"": x}, x),
    ), type(m.weight).__name__


class Tied:
    """A module with one bias and one buffer under two names each."""

    def __new__(cls, torch: Any) -> Any:
        class Net(torch.nn.Module):  # type: ignore[misc,name-defined]
            def __init__(self) -> None:
                super().__init__()
                self.inner = torch.nn.Linear(1, 1)
                self.tied_bias = self.inner.bias
                self.register_buffer("one", torch.ones(1))
                self.register_buffer("other", self.one)

            def forward(self, x: Any) -> Any:
                return self.inner(x) + self.tied_bias + self.one + self.other

        return Net()


def tied_weights(torch: Any) -> Any:
    m, o, z = Tied(torch), torch.ones(1, 1), torch.zeros(1)
    return attempts(
        lambda: call(torch, m, {"inner.weight": o, "inner.bias": z}, o),
        lambda: call(torch, m, {"inner.weight": o, "tied_bias": z + 5, "other": z}, o),
        lambda: call(torch, m, {"inner.weight": o, "tied_bias": z + 5}, o, tie_weights=False),
        lambda: call(torch, m, {"inner.bias": z, "tied_bias": z + 5}, o),
        lambda: call(torch, m, {"inner.bias": z, "tied_bias": z}, o),
        lambda: call(torch, m, {"inner.weight": o, "inner.bias": z, "one": z}, o, strict=True),
        lambda: call(torch, m, {"inner.weight": o, "inner.bias": z, "one": z}, o, strict=True, tie_weights=False),
    )


def changed_buffers_are_handed_back(torch: Any) -> Any:
    class Counter(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.register_buffer("n", torch.zeros(1))
            self.register_buffer("m", torch.zeros(1))

        def forward(self) -> Any:
            self.n += 1
            self.m = self.m + 2
            return self.n + self.m

    net, given = Counter(), {"n": torch.full((1,), 10.0), "m": torch.full((1,), 20.0)}
    return call(torch, net, given), given, net.n, net.m


def errors_leave_the_module_as_it_was(torch: Any) -> Any:
    net = torch.nn.Sequential(torch.nn.Linear(2, 2))
    weight = net[0].weight
    return attempts(lambda: call(torch, net, {"0.weight": torch.ones(2, 3)}, torch.ones(1, 2))), net[0].weight is weight


def recurrent_layers_take_other_weights(torch: Any) -> Any:
    m, x = torch.nn.GRU(2, 2), torch.ones(2, 1, 2)
    given = {name: torch.full_like(p, 0.1) for name, p in m.named_parameters()}
    return call(torch, m, given, x), m(x)
