"""nn.Module: attributes, registration, and what is refused."""

from __future__ import annotations

from typing import Any


def net(torch: Any) -> Any:
    """A module with one of each: parameter, buffer, submodule, plain attribute."""
    made = torch.nn.Module()
    made.w = torch.nn.Parameter(torch.ones(2))
    made.register_buffer("b", torch.zeros(3))
    made.sub = torch.nn.ReLU()
    made.number = 3
    return made


def attempt(action: Any) -> Any:
    """What an action returns, or its error."""
    try:
        return action()
    except Exception as error:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        return kinds[0], str(error).split(". ")[0].split(": ")[0].rstrip(".")


def kinds_of_attributes(torch: Any) -> Any:
    m = net(torch)
    return list(m._parameters), list(m._buffers), list(m._modules), list(vars(m))


def order_of_attributes_of_a_new_module(torch: Any) -> Any:
    return [(k, type(v).__name__ in ("dict", "set", "bool", "NoneType")) for k, v in vars(torch.nn.Module()).items()]


def unknown_attribute(torch: Any) -> Any:
    return net(torch).missing


def unknown_attribute_of_a_subclass(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        pass

    return Net().missing


def attribute_before_init(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, value: Any) -> None:
            self.value = value

    values = (torch.nn.Parameter(torch.ones(1)), torch.nn.ReLU(), torch.nn.Buffer(torch.ones(1)), torch.ones(1), 3)
    return [attempt(lambda v=v: vars(Net(v)).keys()) for v in values]


def registration_before_init(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, act: Any) -> None:
            act(self)

    return [
        attempt(lambda act=act: Net(act))
        for act in (
            lambda m: m.register_parameter("p", None),
            lambda m: m.register_buffer("b", None),
            lambda m: m.add_module("m", None),
            lambda m: m.register_forward_hook(print),
            lambda m: m.missing,
            lambda m: list(m.parameters()),
        )
    ]


def arguments_of_init(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        pass

    return [
        attempt(lambda a=a, k=k: Net(*a, **k)) for a, k in (((1,), {}), ((1, 2), {}), ((), {"x": 1}), ((1,), {"x": 1}))
    ]


def call_super_init_goes_on(torch: Any) -> Any:
    class Mixin:
        def __init__(self, x: Any, y: Any = 2) -> None:
            self.got = (x, y)

    class Net(torch.nn.Module, Mixin):  # type: ignore[misc]
        call_super_init = True

    return Net(1, y=5).got


def names_of_parameters(torch: Any) -> Any:
    m, p = torch.nn.Module(), torch.nn.Parameter(torch.ones(1))
    return [attempt(lambda n=n: m.register_parameter(n, p)) for n in (3, "a.b", "", "forward", "training", "ok", "ok")]


def names_of_buffers(torch: Any) -> Any:
    m, t = torch.nn.Module(), torch.ones(1)
    return [attempt(lambda n=n: m.register_buffer(n, t)) for n in (3, "a.b", "", "forward", "training", "ok", "ok")]


def names_of_modules(torch: Any) -> Any:
    m = torch.nn.Module()
    return [
        attempt(lambda n=n: m.add_module(n, torch.nn.ReLU()))
        for n in (3, "a.b", "", "forward", "training", "ok", "ok", None)
    ]


def wrong_parameter(torch: Any) -> Any:
    m, w = torch.nn.Module(), torch.nn.Parameter(torch.ones(1))
    return [attempt(lambda v=v: m.register_parameter("p", v)) for v in (torch.ones(1), 3, "x", torch.nn.ReLU(), w * 2)]


def parameter_that_was_computed(torch: Any) -> Any:
    m = torch.nn.Module()
    p = torch.nn.Parameter(torch.ones(2))
    q = torch.nn.Parameter(torch.ones(1).expand(2))
    m.register_parameter("q", q)
    m.p = p
    return m.q.is_leaf, m.p is p


def wrong_buffer(torch: Any) -> Any:
    m = torch.nn.Module()
    return [attempt(lambda v=v: m.register_buffer("b", v)) for v in (3, "x", [1.0], torch.nn.ReLU())]


def wrong_module(torch: Any) -> Any:
    m = torch.nn.Module()
    return [attempt(lambda v=v: m.add_module("b", v)) for v in (3, "x", torch.ones(1), torch.nn.ReLU)]


def register_module_is_add_module(torch: Any) -> Any:
    m = torch.nn.Module()
    m.register_module("a", torch.nn.Tanh())
    return m


def none_keeps_the_place(torch: Any) -> Any:
    m = torch.nn.Module()
    m.register_parameter("p", None)
    m.register_buffer("b", None)
    m.add_module("m", None)
    return m.p, m.b, m.m, list(m.parameters()), list(m.buffers()), list(m.children()), m.state_dict(), repr(m)


def assigning_to_a_parameter(torch: Any) -> Any:
    m = net(torch)
    return [attempt(lambda v=v: setattr(m, "w", v)) for v in (torch.ones(2), 3, torch.nn.ReLU(), None)], m.w


def assigning_to_a_buffer(torch: Any) -> Any:
    m = net(torch)
    tried = [attempt(lambda v=v: setattr(m, "b", v)) for v in (3, "x", torch.ones(1), None)]
    return tried, m.b, list(m._buffers)


def assigning_to_a_module(torch: Any) -> Any:
    m = net(torch)
    return [attempt(lambda v=v: setattr(m, "sub", v)) for v in (3, torch.ones(1), torch.nn.Tanh(), None)], m.sub


def attribute_that_becomes_a_parameter(torch: Any) -> Any:
    m = net(torch)
    for name in ("b", "sub", "number"):
        setattr(m, name, torch.nn.Parameter(torch.ones(1)))
    return list(m._parameters), list(m._buffers), list(m._modules), "number" in vars(m)


def attribute_that_becomes_a_module(torch: Any) -> Any:
    m = net(torch)
    for name in ("b", "w", "number"):
        attempt(lambda name=name: setattr(m, name, torch.nn.ReLU()))
    return list(m._parameters), list(m._buffers), list(m._modules), "number" in vars(m)


def attribute_that_becomes_a_buffer(torch: Any) -> Any:
    m = net(torch)
    tried = [attempt(lambda n=n: setattr(m, n, torch.nn.Buffer(torch.ones(1)))) for n in ("w", "sub", "number", "new")]
    return tried, list(m._parameters), list(m._buffers), list(m._modules), "number" in vars(m)


def parameter_registered_over_an_attribute(torch: Any) -> Any:
    m = net(torch)
    return [
        attempt(lambda: m.register_parameter("number", None)),
        attempt(lambda: m.register_buffer("w", None)),
        attempt(lambda: m.add_module("b", None)),
    ]


def buffers_that_are_not_saved(torch: Any) -> Any:
    m = torch.nn.Module()
    m.register_buffer("a", torch.ones(1), persistent=False)
    m.b = torch.nn.Buffer(torch.ones(1), persistent=False)
    m.c = torch.nn.Buffer(torch.ones(1))
    before = sorted(m._non_persistent_buffers_set)
    m.a = torch.zeros(1)
    m.c = torch.nn.Buffer(torch.ones(2), persistent=False)
    m.b = torch.nn.Buffer(torch.ones(2))
    return before, sorted(m._non_persistent_buffers_set), list(m.state_dict()), list(dict(m.named_buffers()))


def buffer_is_a_marked_tensor(torch: Any) -> Any:
    b = torch.nn.Buffer(torch.ones(2))
    e = torch.nn.Buffer()
    return (
        type(b).__name__,
        isinstance(b, torch.nn.Buffer),
        isinstance(torch.ones(1), torch.nn.Buffer),
        b.persistent,
        e.shape,
        isinstance(b, torch.nn.Parameter),
    )


def parameter_of_no_tensor(torch: Any) -> Any:
    return torch.nn.Parameter().shape, torch.nn.Parameter(torch.ones(1), False).requires_grad


def deleting_attributes(torch: Any) -> Any:
    m = net(torch)
    m.register_buffer("c", torch.ones(1), persistent=False)
    for name in ("w", "b", "sub", "number", "c"):
        delattr(m, name)
    return list(m._parameters), list(m._buffers), list(m._modules), sorted(m._non_persistent_buffers_set)


def deleting_what_is_not_there(torch: Any) -> Any:
    del net(torch).missing


def names_in_dir(torch: Any) -> Any:
    m = net(torch)
    m.add_module("0", torch.nn.ReLU())
    found = dir(m)
    return [n in found for n in ("w", "b", "sub", "number", "0", "forward", "training", "zero_grad")], found == sorted(
        found
    )


def writing_into_the_dictionaries(torch: Any) -> Any:
    m = net(torch)
    m._modules["other"] = torch.nn.Tanh()
    m._parameters["v"] = torch.nn.Parameter(torch.zeros(1))
    m._buffers["c"] = torch.ones(1)
    del m._modules["sub"]
    return m, m.other, m.v, m.c, [n for n, _ in m.named_parameters()], attempt(lambda: m.sub)


def class_attribute_hides_a_module(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        act = None

        def __init__(self) -> None:
            super().__init__()
            self.act = torch.nn.ReLU()

    return Net().act, Net()


def property_with_an_attribute_error(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        @property
        def size(self) -> Any:
            return self.missing

    return Net().size


def property_as_parameter(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        @property
        def weight(self) -> Any:
            return 1

        def __init__(self) -> None:
            super().__init__()
            self.weight = torch.nn.Parameter(torch.ones(1))

    return Net()


def registration_hooks(torch: Any) -> Any:
    from_module = __import__("importlib").import_module(torch.nn.__name__ + ".modules.module")
    seen: list[Any] = []

    def hook(module: Any, name: str, value: Any) -> Any:
        seen.append((name, type(value).__name__))
        return torch.nn.Tanh() if isinstance(value, torch.nn.ReLU) else None

    handles = [
        from_module.register_module_buffer_registration_hook(hook),
        from_module.register_module_module_registration_hook(hook),
        from_module.register_module_parameter_registration_hook(hook),
    ]
    try:
        m = net(torch)
    finally:
        for handle in handles:
            handle.remove()
    return seen, m.sub, net(torch).sub


def uninitialized_parameter(torch: Any) -> Any:
    p = torch.nn.UninitializedParameter()
    seen = [repr(p), p.requires_grad, str(p.dtype), attempt(lambda: p.shape), isinstance(p, torch.nn.Parameter)]
    p.materialize((2, 3))
    return seen, type(p).__name__, p.shape, p.requires_grad


def uninitialized_buffer(torch: Any) -> Any:
    b = torch.nn.UninitializedBuffer(dtype=torch.float64)
    seen = [repr(b), b.requires_grad, str(b.dtype)]
    b.materialize((2,))
    return seen, type(b).__name__, b.shape, str(b.dtype)


def uninitialized_parameter_in_arithmetic(torch: Any) -> Any:
    try:
        torch.nn.UninitializedParameter() + 1
    except ValueError:
        return "refused"


def share_memory_of_an_uninitialized_parameter(torch: Any) -> Any:
    return torch.nn.UninitializedParameter().share_memory_()


def text_of_nested_modules(torch: Any) -> Any:
    class Scale(torch.nn.Module):  # type: ignore[misc]
        def extra_repr(self) -> str:
            return "one\ntwo"

    m = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Sequential(Scale(), torch.nn.ReLU()), Scale())
    m.add_module("empty", None)
    return repr(m)


def text_of_a_module_with_extra_and_children(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.act = torch.nn.ReLU()

        def extra_repr(self) -> str:
            return "size=3"

        def _get_name(self) -> str:
            return "Network"

    return repr(Net()), str(Net())


def names_of_types(torch: Any) -> Any:
    nn = torch.nn
    found = (nn.Linear, nn.Module, nn.Sequential, nn.ReLU, nn.BatchNorm2d, nn.Conv1d, nn.MSELoss, nn.MaxPool2d, nn.LSTM)
    return [(str(c), torch.typename(c)) for c in found], nn.Linear(1, 1).__module__


def forward_is_missing(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        pass

    return Net()(1)


def training_mode(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Dropout(), torch.nn.Sequential(torch.nn.ReLU()))
    before = [x.training for x in m.modules()]
    same = m.eval() is m
    during = [x.training for x in m.modules()]
    m[1].train()
    return (
        before,
        same,
        during,
        [x.training for x in m.modules()],
        attempt(lambda: m.train("yes")),
        attempt(lambda: m.train(1)),
    )
