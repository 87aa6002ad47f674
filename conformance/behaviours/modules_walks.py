"""nn.Module: walking through it, and changing all of its tensors."""

from __future__ import annotations

import warnings
from typing import Any

from .modules_attributes import attempt


def tree(lib: Any) -> Any:
    """Modules in modules, one of them twice, with a shared parameter."""
    inner = lib.nn.Sequential(lib.nn.Linear(1, 2), lib.nn.BatchNorm1d(2))
    made = lib.nn.Module()
    made.a, made.b, made.again, made.none = inner, lib.nn.Linear(2, 1), inner, None
    made.add_module("empty", None)
    made.shared = made.b.weight
    return made


def named_parameters(torch: Any) -> Any:
    m = tree(torch)
    return (
        [
            [n for n, _ in m.named_parameters(**k)]
            for k in ({}, {"prefix": "p"}, {"recurse": False}, {"remove_duplicate": False})
        ],
        len(list(m.parameters())),
        len(list(m.parameters(recurse=False))),
    )


def named_buffers(torch: Any) -> Any:
    m = tree(torch)
    return [
        [n for n, _ in m.named_buffers(**k)]
        for k in ({}, {"prefix": "p"}, {"recurse": False}, {"remove_duplicate": False})
    ], len(list(m.buffers()))


def named_modules(torch: Any) -> Any:
    m = tree(torch)
    return (
        [
            [(n, type(x).__name__) for n, x in m.named_modules(**k)]
            for k in ({}, {"prefix": "p"}, {"remove_duplicate": False}, {"memo": {m.b}})
        ],
        len(list(m.modules())),
        len(list(m.modules(remove_duplicate=False))),
    )


def children(torch: Any) -> Any:
    m = tree(torch)
    return [n for n, _ in m.named_children()], [type(x).__name__ for x in m.children()]


def walks_are_generators(torch: Any) -> Any:
    m = tree(torch)
    return [type(x).__name__ for x in (m.parameters(), m.named_parameters(), m.modules(), m.children(), m.buffers())]


def submodules_by_path(torch: Any) -> Any:
    m = tree(torch)
    return [
        attempt(lambda p=p: m.get_submodule(p)) for p in ("a.1", "b", "x", "a.x.y", "b.weight", "none", "a.0.weight")
    ], (m.get_submodule("") is m)


def parameters_by_path(torch: Any) -> Any:
    m = tree(torch)
    return [
        attempt(lambda p=p: m.get_parameter(p)) for p in ("a.0.bias", "shared", "x", "a.x.y", "a", "a.1.running_mean")
    ]


def buffers_by_path(torch: Any) -> Any:
    m = tree(torch)
    return [attempt(lambda p=p: m.get_buffer(p)) for p in ("a.1.running_mean", "x", "a.x.y", "a", "a.0.bias")]


def setting_submodules(torch: Any) -> Any:
    m = tree(torch)
    new = torch.nn.Tanh()
    paths = ("a.1", "c", "a.x.y", "", "b.weight", ".", "a..b", "b.in_features", "b.extra")
    tried = [attempt(lambda p=p: m.set_submodule(p, new)) for p in paths]
    return tried, m, attempt(lambda: m.set_submodule("b", 3))


def setting_submodules_that_must_be_there(torch: Any) -> Any:
    m = tree(torch)
    new = torch.nn.Tanh()
    return [attempt(lambda p=p: m.set_submodule(p, new, strict=True)) for p in ("a.1", "c", "b.weight", "b.x")], m


def applying_a_function(torch: Any) -> Any:
    seen: list[str] = []
    m = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.Sequential(torch.nn.ReLU()))
    same = m.apply(lambda x: seen.append(type(x).__name__))
    return seen, same is m


def converting(torch: Any) -> Any:
    m = torch.nn.BatchNorm1d(2)
    w = m.weight
    m.weight.grad = torch.ones(2)
    same = m.double()
    seen = [str(t.dtype) for t in m.state_dict().values()]
    return (
        seen,
        same is m,
        m.weight is w,
        str(w.grad.dtype),
        [str(m.half().weight.dtype), str(m.bfloat16().bias.dtype), str(m.float().bias.dtype)],
    )


def converting_with_to(torch: Any) -> Any:
    m = torch.nn.BatchNorm1d(2)
    results = []
    for args, kwargs in (
        ((torch.float64,), {}),
        (("cpu",), {}),
        (("cpu", torch.float16), {}),
        ((torch.ones(1),), {}),
        ((), {"dtype": torch.float64}),
        ((torch.device("cpu"), torch.float32, True), {}),
        ((), {}),
        ((None,), {}),
        ((None, torch.float64), {}),
    ):
        results.append((m.to(*args, **kwargs) is m, str(m.weight.dtype), str(m.num_batches_tracked.dtype)))
    return results


def converting_to_what_is_refused(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    return [
        attempt(lambda a=a, k=k: m.to(*a, **k))
        for a, k in (
            ((torch.int32,), {}),
            ((torch.bool,), {}),
            (("nowhere",), {}),
            ((torch.float64, True, True), {}),
            ((), {"copy": True}),
            (("cuda",), {}),
        )
    ]


def converting_to_complex(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1).to(torch.complex64)
    return str(m.weight.dtype), m(torch.ones(1, 1, dtype=torch.complex64)).dtype == torch.complex64


def converting_the_layout(torch: Any) -> Any:
    m = torch.nn.Conv2d(2, 3, 2).to(memory_format=torch.channels_last)
    return m.weight.stride(), m.bias.stride()


def converting_by_type(torch: Any) -> Any:
    m = torch.nn.BatchNorm1d(2)
    return (
        str(m.type(torch.float64).weight.dtype),
        str(m.num_batches_tracked.dtype),
        str(m.type("torch.FloatTensor").bias.dtype),
    )


def converting_to_an_integer_type(torch: Any) -> Any:
    torch.nn.Linear(1, 1).type(torch.int32)


def to_empty(torch: Any) -> Any:
    m = torch.nn.Linear(2, 3).to_empty(device="cpu")
    return m.weight.shape, m.weight.requires_grad, type(m.weight).__name__


def graph_sees_converted_parameters(torch: Any) -> Any:
    m = torch.nn.Linear(2, 1, bias=False)
    torch.nn.init.ones_(m.weight)
    m.double()
    m(torch.ones(1, 2, dtype=torch.float64)).sum().backward()
    return m.weight.grad, m.weight


def requires_grad(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.BatchNorm1d(1))
    same = m.requires_grad_(False) is m
    off = [p.requires_grad for p in m.parameters()]
    m[0].requires_grad_()
    return same, off, [p.requires_grad for p in m.parameters()]


def zeroing_gradients(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    m(torch.ones(1, 1)).sum().backward()
    grad = m.weight.grad
    m.zero_grad(set_to_none=False)
    kept = m.weight.grad is grad, m.weight.grad
    m.zero_grad()
    return kept, m.weight.grad


def zeroing_gradients_with_history(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    with warnings.catch_warnings():  # torch warns of the cycle once in a process
        warnings.simplefilter("ignore")
        m(torch.ones(1, 1)).pow(2).sum().backward(create_graph=True)
    m.zero_grad(set_to_none=False)
    return m.weight.grad


def mutating_while_walking(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh())
    for name, child in list(m.named_children()):
        if isinstance(child, torch.nn.ReLU):
            setattr(m, name, torch.nn.Sigmoid())
    return m


def shared_memory(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    return m.share_memory() is m, m.weight.is_shared()


def data_parallel(torch: Any) -> Any:
    m = torch.nn.DataParallel(torch.nn.Linear(2, 1))
    return m, list(m.state_dict()), m(torch.ones(3, 2)).shape, m.device_ids


def weights_change_what_a_layer_computes(torch: Any) -> Any:
    m = torch.nn.Linear(2, 1, bias=False)
    m.weight = torch.nn.Parameter(torch.ones(1, 2))
    first = m(torch.ones(1, 2))
    m.weight.data.mul_(3)
    second = m(torch.ones(1, 2))
    with torch.no_grad():
        m.weight.copy_(torch.zeros(1, 2))
    del m._parameters["weight"]
    m.weight = torch.full((1, 2), 5.0)
    return first, second, m(torch.ones(1, 2)), list(m.state_dict())


def tied_weights(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False))
    m[1].weight = m[0].weight
    torch.nn.init.eye_(m[0].weight)
    m(torch.ones(1, 2)).sum().backward()
    return [n for n, _ in m.named_parameters()], m[0].weight.grad, list(m.state_dict())
