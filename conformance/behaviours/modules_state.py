"""nn.Module: state_dict, load_state_dict, copies and pickles."""

from __future__ import annotations

import collections
import copy
import io
import pickle
from typing import Any

from .modules_attributes import attempt


def stateful(lib: Any) -> Any:
    """A class with all that a state dictionary may have."""

    class Stateful(lib.nn.Module):  # type: ignore[misc,name-defined]
        _version = 3

        def __init__(self) -> None:
            super().__init__()
            self.w = lib.nn.Parameter(lib.tensor(1.0))
            self.register_buffer("b", lib.ones(1))
            self.register_buffer("none", None)
            self.register_buffer("left_out", lib.ones(2), persistent=False)
            self.register_parameter("no", None)
            self.extra: Any = {"x": 1}

        def get_extra_state(self) -> Any:
            return self.extra

        def set_extra_state(self, state: Any) -> None:
            self.extra = state

    return Stateful


def pair(lib: Any) -> Any:
    """Two small layers."""
    return lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.BatchNorm1d(2))


def refused(module: Any, state: Any, **options: Any) -> Any:
    """The whole message of a refusal."""
    try:
        return str(module.load_state_dict(state, **options))
    except (RuntimeError, TypeError, AssertionError) as error:
        return type(error).__name__ if not str(error) else str(error)


def keys_values_and_metadata(torch: Any) -> Any:
    state = torch.nn.Sequential(stateful(torch)(), stateful(torch)()).state_dict()
    return dict(state), type(state).__name__, list(state._metadata.items())


def prefix_and_destination(torch: Any) -> Any:
    given: dict[str, Any] = {"there": 1}
    made = pair(torch).state_dict(destination=given, prefix="net.")
    return made is given, list(made)


def keep_vars(torch: Any) -> Any:
    m = pair(torch)
    return [type(v).__name__ for v in m.state_dict(keep_vars=True).values()], m.state_dict(keep_vars=True)[
        "0.weight"
    ] is m[0].weight


def positional_arguments(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    return (
        list(m.state_dict({}, "a.", True)),
        type(m.state_dict(collections.OrderedDict())).__name__,
        list(m.state_dict(None)),
    )


def state_shares_memory(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    m.state_dict()["weight"].fill_(5)
    return m.weight


def loading_copies(torch: Any) -> Any:
    a, b = pair(torch), pair(torch)
    result = a.load_state_dict(b.state_dict())
    b[0].weight.data.zero_()
    return str(result), repr(result), result.missing_keys, a[0].weight.sum() != 0, type(result).__name__, tuple(result)


def loading_with_wrong_keys(torch: Any) -> Any:
    m = pair(torch)
    w = torch.ones(2, 2)
    return [
        refused(m, {}),
        refused(m, {"0.weight": w, "junk": w, "0.x.y": w, "5.weight": w}),
        refused(m, {"0.weight": w, "junk": w}, strict=False),
        refused(m, 3),
        refused(m, [("0.weight", w)]),
    ]


def loading_with_wrong_shapes(torch: Any) -> Any:
    m = torch.nn.Linear(2, 2)
    return refused(m, {"weight": torch.ones(3), "bias": torch.ones(2, 2)}), refused(
        m, {"weight": torch.ones(3), "bias": 3, "x": 1}, strict=False
    )


def loading_what_is_no_tensor(torch: Any) -> Any:
    m = torch.nn.Linear(2, 2)
    return refused(m, {"weight": 3, "bias": "x"}), refused(m, {"weight": [[1.0, 2.0], [3.0, 4.0]], "bias": None})


def loading_other_dtypes(torch: Any) -> Any:
    m = torch.nn.Linear(2, 2)
    m.load_state_dict({"weight": torch.ones(2, 2).double(), "bias": torch.ones(2, dtype=torch.int64)})
    return m.weight, m.bias


def loading_a_vector_into_a_scalar(torch: Any) -> Any:
    m = stateful(torch)()
    m.load_state_dict({"w": torch.tensor([7.0]), "b": torch.zeros(1), "_extra_state": 4})
    return m.w, m.extra


def extra_state(torch: Any) -> Any:
    m = stateful(torch)()
    plain = torch.nn.Linear(1, 1)
    full = {"weight": plain.weight, "bias": plain.bias, "_extra_state": 5}
    return (
        refused(m, {"w": torch.tensor(1.0), "b": torch.ones(1)}),
        refused(plain, full),
        refused(plain, full, strict=False),
        attempt(plain.get_extra_state),
        attempt(lambda: plain.set_extra_state(1)),
    )


def parts_that_are_not_saved_are_unexpected(torch: Any) -> Any:
    w, b = torch.tensor(1.0), torch.ones(1)
    return refused(stateful(torch)(), {"w": w, "b": b, "_extra_state": 1, "left_out": b, "none": b, "no": b})


def assign(torch: Any) -> Any:
    m = torch.nn.Linear(2, 2)
    m.bias.requires_grad_(False)
    weight = torch.ones(2, 2, dtype=torch.float64)
    bias = torch.nn.Parameter(torch.zeros(2))
    m.load_state_dict({"weight": weight, "bias": bias}, assign=True)
    return m.weight, m.bias is bias, m.bias.requires_grad, m.weight.data_ptr() == weight.data_ptr()


def assign_buffers(torch: Any) -> Any:
    m = torch.nn.BatchNorm1d(2)
    state = {k: v.clone() for k, v in m.state_dict().items()}
    m.load_state_dict(state, assign=True)
    return m.running_mean is state["running_mean"], list(m._buffers), m.weight is state["weight"], m.weight


def parameters_stay_the_same_objects(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    w = m.weight
    m.load_state_dict(torch.nn.Linear(1, 1).state_dict())
    return m.weight is w, w._version


def state_dict_hooks(torch: Any) -> Any:
    m, seen = torch.nn.Linear(1, 1), []
    m.register_state_dict_pre_hook(lambda module, prefix, keep: seen.append((type(module).__name__, prefix, keep)))
    m.register_state_dict_post_hook(lambda module, state, prefix, meta: state.pop("bias") and None)
    m._register_state_dict_hook(lambda module, state, prefix, meta: {"only": list(state), "version": meta["version"]})
    return m.state_dict(), seen


def state_dict_post_hook_that_returns(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    m.register_state_dict_post_hook(lambda module, state, prefix, meta: {})
    return m.state_dict()


def state_dict_hook_registered_both_ways(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)

    def hook(*args: Any) -> None:
        pass

    m.register_state_dict_post_hook(hook)
    m._register_state_dict_hook(hook)


def load_state_dict_pre_hooks(torch: Any) -> Any:
    m, seen = pair(torch), []

    def rename(state: Any, prefix: str, meta: Any, strict: bool, missing: Any, unexpected: Any, errors: Any) -> None:
        seen.append((prefix, meta, strict, missing, unexpected, errors))
        state["0.weight"] = state.pop("old")

    m._register_load_state_dict_pre_hook(rename)
    m[1].register_load_state_dict_pre_hook(lambda module, *args: seen.append((type(module).__name__, args[1:3])))
    state = m.state_dict()
    state["old"] = state.pop("0.weight")
    return str(m.load_state_dict(state)), seen


def load_state_dict_post_hooks(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    m.register_load_state_dict_post_hook(lambda module, keys: keys.missing_keys.clear())
    return str(m.load_state_dict({"weight": torch.ones(1, 1)}))


def load_state_dict_post_hook_that_returns(torch: Any) -> Any:
    m = torch.nn.Linear(1, 1)
    m.register_load_state_dict_post_hook(lambda module, keys: 3)
    return m.load_state_dict(m.state_dict())


def versions_are_handed_on(torch: Any) -> Any:
    seen: list[Any] = []

    class Net(torch.nn.Module):  # type: ignore[misc]
        _version = 4

        def _load_from_state_dict(self, state: Any, prefix: str, meta: Any, *rest: Any) -> None:
            seen.append((prefix, dict(meta)))
            super()._load_from_state_dict(state, prefix, meta, *rest)

    m = torch.nn.Sequential(Net())
    m.load_state_dict(m.state_dict())
    m.load_state_dict({})
    return seen


def module_that_saves_itself(torch: Any) -> Any:
    class Net(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.value = 3

        def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
            super()._save_to_state_dict(destination, prefix, keep_vars)
            destination[prefix + "value"] = self.value

        def _load_from_state_dict(self, state: Any, prefix: str, *rest: Any) -> None:
            self.value = state.pop(prefix + "value")

    a, b = torch.nn.Sequential(Net()), torch.nn.Sequential(Net())
    a[0].value = 9
    return a.state_dict(), str(b.load_state_dict(a.state_dict())), b[0].value


def batch_norm_without_a_count(torch: Any) -> Any:
    m = torch.nn.BatchNorm1d(2)
    old = {k: v for k, v in m.state_dict().items() if k != "num_batches_tracked"}
    return refused(m, old), m.num_batches_tracked


def instance_norm_of_old_files(torch: Any) -> Any:
    m = torch.nn.InstanceNorm1d(2)
    return refused(m, {"running_mean": torch.ones(2), "running_var": torch.ones(2)})


def deep_copies(torch: Any) -> Any:
    m = pair(torch)
    m[0].bias.grad = torch.ones(2)
    m[0].bias.requires_grad_(False)
    c = copy.deepcopy(m)
    c[0].weight.data.zero_()
    return (
        c,
        m[0].weight.sum() != 0,
        c[0].bias.grad,
        c[0].bias.requires_grad,
        type(c[0].weight).__name__,
        c[1].running_mean is m[1].running_mean,
        list(c.state_dict()),
        c.training,
    )


def deep_copy_of_shared_parameters(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    m[1].weight = m[0].weight
    c = copy.deepcopy(m)
    return c[0].weight is c[1].weight, len(list(c.parameters()))


def shallow_copies(torch: Any) -> Any:
    m = pair(torch)
    c = copy.copy(m)
    c.extra = torch.nn.ReLU()
    return c[0] is m[0], hasattr(m, "extra"), c._parameters is m._parameters


def pickles(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sequential(torch.nn.ReLU()), torch.nn.Dropout(0.2)).eval()
    c = pickle.loads(pickle.dumps(m))
    buffer = io.BytesIO()
    pickle.Pickler(buffer, protocol=2).dump(m)
    return c, c.training, torch.equal(c[0].weight, m[0].weight), str(pickle.loads(buffer.getvalue()))


def state_of_a_module(torch: Any) -> Any:
    state = torch.nn.ReLU().__getstate__()
    made = torch.nn.ReLU()
    made.__setstate__({"inplace": True})
    return list(state), made


def state_without_hooks(torch: Any) -> Any:
    made = torch.nn.ReLU.__new__(torch.nn.ReLU)
    old = {k: v for k, v in torch.nn.ReLU().__dict__.items() if "pre_hooks" not in k and "non_persistent" not in k}
    made.__setstate__(old)
    return made(torch.ones(1)), sorted(vars(made)) == sorted(vars(torch.nn.ReLU()))


def lazy_modules_and_state(torch: Any) -> Any:
    lazy, full = torch.nn.LazyLinear(2), torch.nn.Linear(3, 2)
    before = [repr(v) for v in lazy.state_dict().values()]
    result = str(lazy.load_state_dict(full.state_dict()))
    return (
        before,
        result,
        lazy,
        lazy.weight.shape,
        torch.equal(lazy.weight, full.weight),
        lazy(torch.ones(1, 3)).shape,
        lazy,
    )


def lazy_state_into_a_lazy_module(torch: Any) -> Any:
    a, b = torch.nn.LazyLinear(2), torch.nn.LazyLinear(2)
    return attempt(lambda: str(a.load_state_dict(b.state_dict())))


def lazy_state_into_an_ordinary_module(torch: Any) -> Any:
    return torch.nn.Linear(3, 2).load_state_dict(torch.nn.LazyLinear(2).state_dict())


def lazy_modules_are_copied(torch: Any) -> Any:
    lazy = torch.nn.LazyLinear(2)
    a, b = copy.deepcopy(lazy), pickle.loads(pickle.dumps(lazy))
    a(torch.ones(1, 3))
    b(torch.ones(1, 4))
    return a, b, lazy, len(a._forward_pre_hooks), len(b._load_state_dict_pre_hooks)


def lazy_modules_are_converted(torch: Any) -> Any:
    lazy = torch.nn.LazyLinear(2).double()
    return (
        str(lazy.weight.dtype),
        lazy(torch.ones(1, 3, dtype=torch.float64)).dtype == torch.float64,
        lazy.weight.dtype == torch.float64,
    )


def lazy_parameters_in_an_optimizer_stay(torch: Any) -> Any:
    lazy = torch.nn.LazyLinear(2)
    before = list(lazy.parameters())
    lazy(torch.ones(1, 3))
    return [a is b for a, b in zip(before, lazy.parameters(), strict=True)], type(before[0]).__name__


def lazy_module_fails_to_initialize(torch: Any) -> Any:
    from_lazy = __import__("importlib").import_module(torch.nn.__name__ + ".modules.lazy")

    class Net(from_lazy.LazyModuleMixin, torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.w = torch.nn.UninitializedParameter()

        def initialize_parameters(self, x: Any) -> None:
            pass

        def forward(self, x: Any) -> Any:
            return x

    class Other(from_lazy.LazyModuleMixin, torch.nn.Module):  # type: ignore[misc,name-defined]
        pass

    return attempt(lambda: Net()(1)), Net().has_uninitialized_params(), attempt(lambda: Other()(1))


def lazy_module_is_called_with_keywords(torch: Any) -> Any:
    lazy = torch.nn.LazyConv1d(2, 3)
    return lazy(input=torch.ones(1, 2, 5)).shape, lazy


def lazy_modules_inside_of_others(torch: Any) -> Any:
    m = torch.nn.Sequential(
        torch.nn.LazyConv2d(3, 3), torch.nn.LazyBatchNorm2d(), torch.nn.Flatten(), torch.nn.LazyLinear(2)
    )
    before = str(m)
    return before, m(torch.ones(2, 1, 5, 5)).shape, m, list(m.state_dict())


def prefix_is_taken_off(torch: Any) -> Any:
    take = torch.nn.modules.utils.consume_prefix_in_state_dict_if_present
    state = torch.nn.Sequential(torch.nn.Linear(1, 1)).state_dict(prefix="module.")
    take(state, "module.")
    return list(state), list(state._metadata)
