"""Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from .modules_attributes import attempt


def after(thing: Any, action: Any) -> Any:
    """What an action returns, and what the thing has become."""
    return attempt(lambda: action(thing)), repr(thing)


def row(lib: Any) -> Any:
    """Three activations in a row."""
    return lib.nn.Sequential(lib.nn.ReLU(), lib.nn.Tanh(), lib.nn.Sigmoid())


def listed(lib: Any) -> Any:
    """Three activations in a list."""
    return lib.nn.ModuleList([lib.nn.ReLU(), lib.nn.Tanh(), lib.nn.Sigmoid()])


def named(lib: Any) -> Any:
    """Two activations by name."""
    return lib.nn.ModuleDict({"a": lib.nn.ReLU(), "b": lib.nn.Tanh()})


def parameters(lib: Any) -> Any:
    """Two parameters and a number in a list."""
    return lib.nn.ParameterList([lib.ones(2), lib.nn.Parameter(lib.zeros(1, 3)), 3])


def named_parameters_of(lib: Any) -> Any:
    """Two parameters and a number by name."""
    return lib.nn.ParameterDict({"b": lib.ones(2), "a": lib.nn.Parameter(lib.zeros(1, 3)), "c": 3})


def sequential_runs(torch: Any) -> Any:
    m = row(torch)
    return m(torch.tensor([1.0, -1.0])), torch.nn.Sequential()(3), len(m), [type(x).__name__ for x in m]


def sequential_by_index(torch: Any) -> Any:
    return [
        attempt(lambda i=i: row(torch)[i])
        for i in (0, -1, 3, -4, "0", 1.0, torch.tensor(1), slice(1, None), slice(None, None, 2))
    ]


def sequential_from_what(torch: Any) -> Any:
    relu = torch.nn.ReLU()
    given = (
        (OrderedDict(x=relu, y=relu),),
        ({"x": relu},),
        (3,),
        ([relu],),
        (None,),
        (relu, None),
        (OrderedDict(x=relu), relu),
    )
    return [attempt(lambda a=a: torch.nn.Sequential(*a)) for a in given]


def sequential_is_changed(torch: Any) -> Any:
    elu = torch.nn.ELU()
    actions = (
        lambda m: m.__setitem__(1, elu),
        lambda m: m.__setitem__(-1, elu),
        lambda m: m.__setitem__(5, elu),
        lambda m: m.__delitem__(0),
        lambda m: m.__delitem__(slice(0, 2)),
        lambda m: m.__delitem__(7),
        lambda m: m.append(elu) is m,
        lambda m: m.append(3),
        lambda m: m.insert(1, elu) is m,
        lambda m: m.insert(-1, elu),
        lambda m: m.insert(3, elu),
        lambda m: m.insert(4, elu),
        lambda m: m.insert(0, 3),
        lambda m: m.extend([elu, elu]),
        lambda m: m.extend([3]),
        lambda m: m.pop(1),
        lambda m: m.pop(-1),
        lambda m: m.pop(slice(0, 2)),
        lambda m: m.pop(9),
    )
    return [after(row(torch), action) for action in actions]


def sequential_arithmetic(torch: Any) -> Any:
    m, other = row(torch), torch.nn.Sequential(OrderedDict(x=torch.nn.ELU()))
    return [
        attempt(f)
        for f in (
            lambda: m + other,
            lambda: other + m,
            lambda: m + 3,
            lambda: m * 2,
            lambda: 2 * m,
            lambda: m * 0,
            lambda: m * "a",
            lambda: row(torch).__iadd__(other),
            lambda: row(torch).__iadd__(3),
            lambda: row(torch).__imul__(2),
            lambda: row(torch).__imul__(-1),
        )
    ]


def sequential_of_a_subclass(torch: Any) -> Any:
    class Mine(torch.nn.Sequential):  # type: ignore[misc]
        pass

    m = Mine(torch.nn.ReLU(), torch.nn.Tanh())
    return type(m[:1]).__name__, type(m + m).__name__, type(m * 2).__name__, m


def sequential_with_names_that_are_no_numbers(torch: Any) -> Any:
    m = torch.nn.Sequential(OrderedDict(x=torch.nn.ReLU(), y=torch.nn.Tanh()))
    m.add_module("z", torch.nn.ELU())
    first = m[1], m.y, repr(m), repr(m[1:])
    del m[0]
    return first, repr(m), attempt(lambda: m.append(torch.nn.ReLU()))


def sequential_called_with_two_arguments(torch: Any) -> Any:
    return row(torch)(1, 2)


def list_by_index(torch: Any) -> Any:
    return [
        attempt(lambda i=i: listed(torch)[i])
        for i in (0, -1, 3, -4, "0", torch.tensor(1), slice(1, None), slice(None, None, -1))
    ]


def list_from_what(torch: Any) -> Any:
    relu = torch.nn.ReLU()
    return [
        attempt(lambda a=a: torch.nn.ModuleList(a))
        for a in (None, [], (relu,), [None], 3, [3], {"a": relu}, listed(torch))
    ]


def list_is_changed(torch: Any) -> Any:
    elu = torch.nn.ELU()
    actions = (
        lambda m: m.__setitem__(1, elu),
        lambda m: m.__setitem__(-1, elu),
        lambda m: m.__setitem__(5, elu),
        lambda m: m.__setitem__(0, 3),
        lambda m: m.__delitem__(0),
        lambda m: m.__delitem__(-1),
        lambda m: m.__delitem__(slice(0, 2)),
        lambda m: m.append(elu) is m,
        lambda m: m.append(3),
        lambda m: m.insert(1, elu),
        lambda m: m.insert(9, elu),
        lambda m: m.extend([elu]) is m,
        lambda m: m.extend(3),
        lambda m: m.extend([3]),
        lambda m: m.pop(0),
        lambda m: m.pop(-1),
        lambda m: m.pop(9),
        lambda m: m.__iadd__([elu]) is m,
    )
    return [after(listed(torch), action) for action in actions]


def list_arithmetic(torch: Any) -> Any:
    m = listed(torch)
    return attempt(lambda: m + m), attempt(lambda: m + [torch.nn.ELU()]), attempt(lambda: m + 3)


def list_has_no_forward(torch: Any) -> Any:
    return listed(torch)(torch.ones(1))


def list_shows_repetitions(torch: Any) -> Any:
    block = [torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU()) for _ in range(2)]
    return repr(torch.nn.ModuleList([torch.nn.Linear(2, 2) for _ in range(3)] + [torch.nn.Tanh()] + block))


def digits_are_not_in_dir(torch: Any) -> Any:
    return [[n for n in dir(m) if n.isdigit()] for m in (row(torch), listed(torch), parameters(torch))]


def dict_by_key(torch: Any) -> Any:
    m = named(torch)
    return (
        m["a"],
        attempt(lambda: m["z"]),
        len(m),
        list(m),
        "a" in m,
        "z" in m,
        list(m.keys()),
        list(m.items()),
        list(m.values()),
    )


def dict_from_what(torch: Any) -> Any:
    relu = torch.nn.ReLU()
    return [
        attempt(lambda a=a: torch.nn.ModuleDict(a))
        for a in (
            None,
            {},
            [("x", relu)],
            [["x", relu]],
            {"a.b": relu},
            {"keys": relu},
            {"x": None},
            {"x": 3},
            3,
            [3],
            [(1, 2, 3)],
            {3: relu},
            named(torch),
        )
    ]


def dict_is_changed(torch: Any) -> Any:
    elu = torch.nn.ELU()
    actions = (
        lambda m: m.__setitem__("c", elu),
        lambda m: m.__setitem__("a", elu),
        lambda m: m.__setitem__("c", 3),
        lambda m: m.__setitem__(3, elu),
        lambda m: m.__delitem__("a"),
        lambda m: m.__delitem__("z"),
        lambda m: m.clear(),
        lambda m: m.pop("a"),
        lambda m: m.pop("z"),
        lambda m: m.update({"y": elu, "x": elu}),
        lambda m: m.update([("x", elu)]),
        lambda m: m.update(named(torch)),
        lambda m: m.update(3),
    )
    return [after(named(torch), action) for action in actions]


def dict_has_no_forward(torch: Any) -> Any:
    return named(torch)(torch.ones(1))


def parameters_by_index(torch: Any) -> Any:
    m = parameters(torch)
    return (
        [attempt(lambda i=i: m[i]) for i in (0, -1, 3, "0", slice(1, None))],
        len(m),
        list(m),
        repr(m),
        list(m.state_dict()),
    )


def parameters_are_changed(torch: Any) -> Any:
    t = torch.ones(3)
    actions = (
        lambda m: m.__setitem__(0, t),
        lambda m: m.__setitem__(9, t),
        lambda m: m.__setitem__(0, "x"),
        lambda m: m.append(t) is m,
        lambda m: m.append("x"),
        lambda m: m.extend([t, 1]) is m,
        lambda m: m.extend(3),
        lambda m: m.extend(t),
        lambda m: m.extend(m),
        lambda m: m.__iadd__([t]) is m,
        lambda m: m(3),
    )
    return [after(parameters(torch), action) for action in actions]


def parameters_of_integers(torch: Any) -> Any:
    return torch.nn.ParameterList([torch.ones(2, dtype=torch.int32)])


def parameters_that_hold_modules(torch: Any) -> Any:
    m = torch.nn.ParameterList([torch.nn.Linear(1, 1), torch.nn.ParameterList([torch.ones(1)])])
    return repr(m), list(m.state_dict())


def parameters_are_trained(torch: Any) -> Any:
    m = parameters(torch)
    (m[0].sum() * m[1].sum()).backward()
    return [p.grad for p in m.parameters()]


def parameter_dict_by_key(torch: Any) -> Any:
    m = named_parameters_of(torch)
    return (
        m["a"],
        attempt(lambda: m["z"]),
        len(m),
        list(m),
        list(reversed(m)),
        "a" in m,
        list(m.keys()),
        list(m.items()),
        list(m.values()),
        m.get("a"),
        m.get("z"),
        m.get("z", 5),
        repr(m),
        list(m.state_dict()),
    )


def parameter_dict_is_changed(torch: Any) -> Any:
    t = torch.ones(3)
    actions = (
        lambda m: m.__setitem__("c", t),
        lambda m: m.__setitem__("d", "x"),
        lambda m: m.__delitem__("a"),
        lambda m: m.__delitem__("z"),
        lambda m: m.clear(),
        lambda m: m.pop("a"),
        lambda m: m.popitem(),
        lambda m: m.setdefault("z", t),
        lambda m: m.setdefault("z"),
        lambda m: m.setdefault("a", t),
        lambda m: m.update({"y": t, "x": t}),
        lambda m: m.update(OrderedDict(y=t, x=t)),
        lambda m: m.update([("x", t)]),
        lambda m: m.update(3),
        lambda m: m.update([3]),
        lambda m: m.update([(1, 2, 3)]),
        lambda m: m(3),
        lambda m: m | {"q": t},
        lambda m: list({"q": t} | m),
        lambda m: m.__ior__({"q": t}) is m,
        lambda m: m.copy(),
        lambda m: m.fromkeys(["x", "y"], t),
        lambda m: m.fromkeys(["x"]),
    )
    return [after(named_parameters_of(torch), action) for action in actions]


def parameter_dict_from_what(torch: Any) -> Any:
    t = torch.ones(1)
    return [
        attempt(lambda a=a: torch.nn.ParameterDict(a))
        for a in (
            None,
            {"b": t, "a": t},
            [("b", t), ("a", t)],
            {"a.b": t},
            {"keys": t},
            {"x": None},
            3,
            {3: t},
            {"m": torch.nn.Linear(1, 1)},
        )
    ]


def container(torch: Any) -> Any:
    return torch.nn.Container(a=torch.nn.ReLU())
