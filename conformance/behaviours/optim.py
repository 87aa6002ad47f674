"""Optimizers as objects: groups, checks, hooks, state dicts, copies."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

# -- a small problem ---------------------------------------------------------------------------------------------------


def param(torch: Any, *values: float) -> Any:
    return torch.nn.Parameter(torch.tensor(values or (1.0, -2.0)))


def trained(torch: Any, optimizer: Any, steps: int = 3) -> Any:
    """Steps down the squares of all parameters."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for _ in range(steps):
        optimizer.zero_grad()
        sum((p * p.conj()).real.sum() if p.is_complex() else (p * p).sum() for p in params).backward()
        optimizer.step()
    return [p.detach() for p in params]


def stepped(torch: Any, name: str, **options: Any) -> Any:
    optimizer = getattr(torch.optim, name)([param(torch)], **options)
    return trained(torch, optimizer), optimizer.state_dict(), repr(optimizer)


NAMES = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop", "SGD"
)  # fmt: skip


def caught(function: Any) -> Any:
    try:
        return function()
    except Exception as error:
        text = str(error.args[0]).split("\n")[0].split(". ")[0].rstrip(".")
        return next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"), text


# -- each of them ------------------------------------------------------------------------------------------------------


def adadelta(torch: Any) -> Any:
    return stepped(torch, "Adadelta", lr=0.5)


def adafactor(torch: Any) -> Any:
    return stepped(torch, "Adafactor", lr=0.1)


def adafactor_of_a_matrix(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    optimizer = torch.optim.Adafactor([w], lr=0.1)
    return trained(torch, optimizer), optimizer.state_dict()


def adagrad(torch: Any) -> Any:
    return stepped(torch, "Adagrad", lr=0.1, initial_accumulator_value=0.5)


def adam(torch: Any) -> Any:
    return stepped(torch, "Adam", lr=0.1)


def adam_amsgrad(torch: Any) -> Any:
    return stepped(torch, "Adam", lr=0.1, amsgrad=True)


def adam_fused(torch: Any) -> Any:
    return stepped(torch, "Adam", lr=0.1, fused=True)


def adamw(torch: Any) -> Any:
    return stepped(torch, "AdamW", lr=0.1)


def adamax(torch: Any) -> Any:
    return stepped(torch, "Adamax", lr=0.1)


def asgd(torch: Any) -> Any:
    return stepped(torch, "ASGD", lr=0.1, t0=1)


def nadam(torch: Any) -> Any:
    return stepped(torch, "NAdam", lr=0.1)


def radam(torch: Any) -> Any:
    return stepped(torch, "RAdam", lr=0.1)


def rmsprop(torch: Any) -> Any:
    return stepped(torch, "RMSprop", lr=0.1, momentum=0.5, centered=True)


def rprop(torch: Any) -> Any:
    return stepped(torch, "Rprop", lr=0.1)


def sgd(torch: Any) -> Any:
    return stepped(torch, "SGD", lr=0.1)


def sgd_with_momentum(torch: Any) -> Any:
    return stepped(torch, "SGD", lr=0.1, momentum=0.9, nesterov=True)


def maximize(torch: Any) -> Any:
    return [stepped(torch, name, maximize=True)[0] for name in NAMES]


def muon(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.eye(2))
    optimizer = torch.optim.Muon([w], lr=0.5)
    trained(torch, optimizer, 1)
    return repr(optimizer), list(optimizer.state[w])


def lbfgs(torch: Any) -> Any:
    w = param(torch)
    optimizer = torch.optim.LBFGS([w], lr=0.5, max_iter=3)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((w - 3) ** 4).sum()
        loss.backward()
        return loss

    return optimizer.step(closure), w.detach(), list(optimizer.state[w]), repr(optimizer)


def lbfgs_with_line_search(torch: Any) -> Any:
    w = param(torch)
    optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")

    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((w - 3) ** 2).sum()
        loss.backward()
        return loss

    return optimizer.step(closure), w.detach(), optimizer.state[w]["func_evals"]


def lbfgs_at_the_minimum_stops_at_once(torch: Any) -> Any:
    w = param(torch, 0.0)
    optimizer = torch.optim.LBFGS([w])

    def closure() -> Any:
        optimizer.zero_grad()
        loss = (w**2).sum()
        loss.backward()
        return loss

    return optimizer.step(closure), dict(optimizer.state[w])


def lbfgs_needs_a_closure(torch: Any) -> Any:
    torch.optim.LBFGS([param(torch)]).step()


def lbfgs_takes_one_group(torch: Any) -> Any:
    torch.optim.LBFGS([{"params": [param(torch)]}, {"params": [param(torch)]}])


def lbfgs_knows_one_line_search(torch: Any) -> Any:
    w = param(torch)
    optimizer = torch.optim.LBFGS([w], line_search_fn="armijo")

    def closure() -> Any:
        loss = (w**2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)


def lbfgs_of_complex_numbers(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([1 + 2j, 3 - 1j]))
    optimizer = torch.optim.LBFGS([w], lr=0.5, max_iter=5)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = ((w - 1j).abs() ** 2).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return torch.view_as_real(w.detach())


# -- parameters and groups ---------------------------------------------------------------------------------------------


def no_parameters(torch: Any) -> Any:
    torch.optim.SGD([])


def a_tensor_is_no_list(torch: Any) -> Any:
    torch.optim.SGD(param(torch))


def a_number_is_no_parameter(torch: Any) -> Any:
    torch.optim.SGD([1.0])


def a_string_is_no_parameter(torch: Any) -> Any:
    torch.optim.SGD(["w"])


def results_cannot_be_optimized(torch: Any) -> Any:
    torch.optim.SGD([param(torch) * 2])


def results_that_retain_their_gradient_can(torch: Any) -> Any:
    y = param(torch) * 2
    y.retain_grad()
    return len(torch.optim.SGD([y]).param_groups)


def sets_have_no_order(torch: Any) -> Any:
    torch.optim.SGD([{"params": {param(torch)}}])


def a_generator_is_a_list(torch: Any) -> Any:
    return len(torch.optim.SGD(p for p in [param(torch), param(torch)]).param_groups[0]["params"])


def a_group_may_hold_one_tensor(torch: Any) -> Any:
    return len(torch.optim.SGD([{"params": param(torch)}]).param_groups[0]["params"])


def groups_have_their_own_options(torch: Any) -> Any:
    a, b = param(torch), param(torch)
    optimizer = torch.optim.SGD([{"params": [a], "lr": 0.5}, {"params": [b], "momentum": 0.9}], lr=0.1)
    return trained(torch, optimizer), repr(optimizer), optimizer.state_dict()


def a_group_is_added(torch: Any) -> Any:
    optimizer = torch.optim.Adam([param(torch)])
    optimizer.add_param_group({"params": [param(torch)], "lr": 0.5})
    return repr(optimizer), trained(torch, optimizer)


def a_parameter_in_two_groups(torch: Any) -> Any:
    p = param(torch)
    torch.optim.SGD([p]).add_param_group({"params": [p]})


def a_parameter_twice_in_a_group(torch: Any) -> Any:
    p = param(torch)
    return len(torch.optim.SGD([p, p]).param_groups[0]["params"])


def a_group_is_a_dictionary(torch: Any) -> Any:
    torch.optim.SGD([param(torch)]).add_param_group([param(torch)])


def a_group_without_parameters(torch: Any) -> Any:
    torch.optim.SGD([param(torch)]).add_param_group({"lr": 1})


def named_parameters(torch: Any) -> Any:
    optimizer = torch.optim.SGD([("a", param(torch)), ("b", param(torch))], lr=0.1)
    optimizer.add_param_group({"params": [("c", param(torch))]})
    return optimizer.param_groups[0]["param_names"], repr(optimizer), optimizer.state_dict()


def some_names_are_missing(torch: Any) -> Any:
    torch.optim.SGD([("a", param(torch)), param(torch)])


def a_group_without_names(torch: Any) -> Any:
    torch.optim.SGD([("a", param(torch))]).add_param_group({"params": [param(torch)]})


def a_group_with_names(torch: Any) -> Any:
    torch.optim.SGD([param(torch)]).add_param_group({"params": [("a", param(torch))]})


def names_survive_loading(torch: Any) -> Any:
    named = torch.optim.SGD([("a", param(torch))], lr=0.1)
    plain = torch.optim.SGD([param(torch)], lr=0.2)
    named.load_state_dict(plain.state_dict())
    first = named.param_groups[0]["param_names"]
    plain.load_state_dict(named.state_dict())
    return first, named.param_groups[0]["lr"], plain.param_groups[0]["param_names"]


def required_options(torch: Any) -> Any:
    from importlib import import_module

    required = import_module(f"{torch.__name__}.optim.optimizer").required

    class Own(torch.optim.Optimizer):
        def __init__(self, params: Any, lr: Any = required) -> None:
            super().__init__(params, {"lr": lr})

        def step(self, closure: Any = None) -> Any: ...

    given = Own([{"params": [param(torch)], "lr": 1.0}])
    return repr(required), given.param_groups[0]["lr"], caught(lambda: Own([param(torch)]))


def parameters_without_gradient_are_left_alone(torch: Any) -> Any:
    a, b = param(torch), param(torch)
    optimizer = torch.optim.Adam([a, b], lr=0.1)
    (a**2).sum().backward()
    optimizer.step()
    return a.detach(), b.detach(), len(optimizer.state)


# -- options -----------------------------------------------------------------------------------------------------------


def wrong_learning_rates(torch: Any) -> Any:
    every = (*NAMES, "LBFGS", "SparseAdam")
    return {name: caught(lambda name=name: getattr(torch.optim, name)([param(torch)], lr=-1.0)) for name in every}


def learning_rates_of_two_elements(torch: Any) -> Any:
    lr = torch.tensor([0.1, 0.2])
    return {name: caught(lambda name=name: getattr(torch.optim, name)([param(torch)], lr=lr)) for name in NAMES}


def wrong_options(torch: Any) -> Any:
    p = [param(torch)]
    tries = [
        ("SGD", {"momentum": -1}), ("SGD", {"weight_decay": -1}), ("SGD", {"nesterov": True}),
        ("SGD", {"nesterov": True, "momentum": 0.5, "dampening": 0.1}), ("Adam", {"eps": -1}),
        ("Adam", {"betas": (1.0, 0.9)}), ("Adam", {"betas": (0.9, -0.1)}), ("Adam", {"weight_decay": -1}),
        ("Adam", {"betas": (0, 0.9)}), ("Adadelta", {"rho": 1.1}), ("Adadelta", {"eps": -1}),
        ("Adagrad", {"lr_decay": -1}), ("Adagrad", {"initial_accumulator_value": -1}), ("Adagrad", {"eps": -1}),
        ("Adamax", {"betas": (0.9, 1.0)}), ("NAdam", {"momentum_decay": -1}), ("RMSprop", {"alpha": -1}),
        ("RMSprop", {"momentum": -1}), ("Rprop", {"etas": (1.2, 0.5)}), ("Adafactor", {"d": 0.5}),
        ("Adafactor", {"eps": (-1, 1e-3)}), ("Adafactor", {"eps": (None, -1)}), ("Adafactor", {"beta2_decay": 0.5}),
        ("ASGD", {"weight_decay": -1}), ("RAdam", {"eps": -1}), ("SparseAdam", {"eps": 0}), ("SparseAdam", {"lr": 0}),
    ]  # fmt: skip
    return [
        caught(lambda name=name, options=options: getattr(torch.optim, name)(p, **options)) for name, options in tries
    ]


def wrong_options_of_muon(torch: Any) -> Any:
    w = [torch.nn.Parameter(torch.eye(2))]
    tries: list[dict[str, Any]] = [{"lr": -1}, {"momentum": -1}, {"weight_decay": -1}, {"adjust_lr_fn": "none"}]
    return [caught(lambda options=options: torch.optim.Muon(w, **options)) for options in tries], caught(
        lambda: torch.optim.Muon([param(torch)])
    )


def options_that_exclude_each_other(torch: Any) -> Any:
    p = [param(torch)]
    tries = [
        ("Adam", {"fused": True, "foreach": True}), ("Adam", {"fused": True, "differentiable": True}),
        ("SGD", {"fused": True, "foreach": True}), ("SGD", {"fused": True, "differentiable": True}),
        ("Adagrad", {"fused": True, "foreach": True}), ("Adagrad", {"fused": True, "differentiable": True}),
        ("Adam", {"foreach": True, "lr": torch.tensor(0.1)}),
    ]  # fmt: skip
    return [
        caught(lambda name=name, options=options: getattr(torch.optim, name)(p, **options)) for name, options in tries
    ]


def capturable_is_for_accelerators(torch: Any) -> Any:
    names = ("Adadelta", "Adam", "AdamW", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
    return [caught(lambda n=n, f=f: stepped(torch, n, capturable=True, foreach=f)) for n in names for f in (None, True)]


def foreach_does_not_record(torch: Any) -> Any:
    names = ("Adadelta", "Adagrad", "Adamax", "ASGD", "NAdam", "RAdam", "RMSprop", "Rprop")
    return [caught(lambda name=name: stepped(torch, name, foreach=True, differentiable=True)) for name in names]


def fused_wants_real_numbers(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([1 + 2j]))
    return [
        caught(lambda n=n: trained(torch, getattr(torch.optim, n)([w], fused=True))) for n in ("Adam", "SGD", "Adagrad")
    ]


def learning_rate_as_a_tensor(torch: Any) -> Any:
    return stepped(torch, "Adam", lr=torch.tensor(0.1)), stepped(torch, "SGD", lr=torch.tensor([0.1]))[0]


def betas_as_tensors(torch: Any) -> Any:
    betas = (torch.tensor(0.9), torch.tensor(0.99))
    return stepped(torch, "Adam", lr=torch.tensor(0.1), betas=betas)[0], caught(
        lambda: stepped(torch, "Adam", betas=(torch.tensor(0.9), 0.99))
    )


def sparse_adam_wants_sparse_gradients(torch: Any) -> Any:
    return stepped(torch, "SparseAdam")


def sparse_adam_wants_real_parameters(torch: Any) -> Any:
    torch.optim.SparseAdam([param(torch), torch.nn.Parameter(torch.tensor([1j]))])


# -- steps -------------------------------------------------------------------------------------------------------------


def closures(torch: Any) -> Any:
    p = param(torch)
    out = []
    for name in NAMES:
        optimizer = getattr(torch.optim, name)([p], lr=0.01)

        def closure(optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = (p**2).sum()
            loss.backward()
            return loss.detach(), torch.is_grad_enabled()

        out.append(optimizer.step(closure))
    return out, torch.is_grad_enabled()


def steps_are_not_recorded(torch: Any) -> Any:
    p = param(torch)
    optimizer = torch.optim.SGD([p], lr=0.1)
    (p**2).sum().backward()
    optimizer.step()
    return p.requires_grad, p.grad_fn, p.is_leaf


def grad_mode_is_restored_after_an_error(torch: Any) -> Any:
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)
    return caught(lambda: optimizer.step(lambda: 1 / 0)), torch.is_grad_enabled()


def a_step_is_noticed_by_backward(torch: Any) -> Any:
    p = param(torch)
    loss = (p**2).sum()
    p.grad = torch.ones(2)
    torch.optim.SGD([p], lr=0.1).step()
    loss.backward()


def a_step_writes_into_the_same_memory(torch: Any) -> Any:
    p = param(torch)
    alias = p.detach()
    p.grad = torch.ones(2)
    before = p._version
    torch.optim.SGD([p], lr=0.5).step()
    return alias, p._version - before


def differentiable_steps(torch: Any) -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    p = w.clone()
    p.retain_grad()
    optimizer = torch.optim.SGD([p], lr=0.1, differentiable=True)
    p.grad = w * 3
    optimizer.step()
    p.sum().backward()
    return w.grad, p.grad_fn.name()


def differentiable_learning_rate(torch: Any) -> Any:
    lr = torch.tensor(0.1, requires_grad=True)
    p = param(torch).clone()
    optimizer = torch.optim.SGD([p], lr=lr, differentiable=True)
    p.grad = torch.tensor([2.0, 3.0])
    optimizer.step()
    p.sum().backward()
    return lr.grad


def differentiable_adam(torch: Any) -> Any:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    p = w.clone()
    optimizer = torch.optim.Adam([p], lr=0.1, differentiable=True)
    for scale in (1.0, 2.0):
        p.grad = w * scale
        optimizer.step()
    p.sum().backward()
    return w.grad, p.grad_fn.name()


def zero_grad(torch: Any) -> Any:
    p = param(torch)
    optimizer = torch.optim.SGD([p])
    p.grad = torch.ones(2)
    kept = p.grad
    optimizer.zero_grad(set_to_none=False)
    zeros = p.grad.clone(), kept is p.grad
    optimizer.zero_grad()
    return zeros, p.grad


def zero_grad_detaches(torch: Any) -> Any:
    p = param(torch)
    p.grad = p * 2
    torch.optim.SGD([p]).zero_grad(set_to_none=False)
    return p.grad


def nan_and_inf(torch: Any) -> Any:
    out = []
    for name in NAMES:
        p = param(torch, 1.0, 2.0, 3.0)
        optimizer = getattr(torch.optim, name)([p])
        p.grad = torch.tensor([float("nan"), float("inf"), 0.0])
        optimizer.step()
        out.append(str(p.detach().isfinite().tolist()))
    return out


def empty_parameters(torch: Any) -> Any:
    out = []
    for name in set(NAMES) - {"Adafactor"}:
        p = torch.nn.Parameter(torch.zeros(0, 3))
        p.grad = torch.zeros(0, 3)
        optimizer = getattr(torch.optim, name)([p])
        optimizer.step()
        out.append(p.detach())
    return out


def scalar_parameters(torch: Any) -> Any:
    out = []
    for name in NAMES:
        p = torch.nn.Parameter(torch.tensor(2.0))
        out.append(trained(torch, getattr(torch.optim, name)([p])))
    return out


def complex_parameters(torch: Any) -> Any:
    out = []
    for name in set(NAMES) - {"Adafactor"}:
        p = torch.nn.Parameter(torch.tensor([1 + 2j, -1j]))
        optimizer = getattr(torch.optim, name)([p], lr=0.1)
        trained(torch, optimizer)
        out.append((name, torch.view_as_real(p.detach())))
    return dict(out)


def adafactor_and_muon_refuse_complex_parameters(torch: Any) -> Any:
    p, w = torch.nn.Parameter(torch.tensor([1j])), torch.nn.Parameter(torch.tensor([[1j]]))
    return caught(lambda: trained(torch, torch.optim.Adafactor([p]))), caught(
        lambda: trained(torch, torch.optim.Muon([w]))
    )


# -- hooks -------------------------------------------------------------------------------------------------------------


def step_hooks(torch: Any) -> Any:
    seen: list[Any] = []
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)
    before = optimizer.register_step_pre_hook(lambda o, args, kwargs: seen.append(("pre", o is optimizer, len(args))))
    optimizer.register_step_post_hook(lambda o, args, kwargs: seen.append(("post", len(args), list(kwargs))))
    optimizer.step()
    before.remove()
    optimizer.step(closure=lambda: 1)
    return seen


def a_pre_hook_changes_the_arguments(torch: Any) -> Any:
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 42}))
    return optimizer.step()


def a_pre_hook_returns_nonsense(torch: Any) -> Any:
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)
    optimizer.register_step_pre_hook(lambda o, args, kwargs: 5)
    try:
        optimizer.step()
    except RuntimeError as error:
        return str(error).split("> ")[-1]


def global_step_hooks(torch: Any) -> Any:
    from importlib import import_module

    module = import_module(f"{torch.__name__}.optim.optimizer")
    seen: list[str] = []
    handles = [
        module.register_optimizer_step_pre_hook(lambda o, a, k: seen.append(f"pre {type(o).__name__}")),
        module.register_optimizer_step_post_hook(lambda o, a, k: seen.append(f"post {type(o).__name__}")),
    ]
    own = torch.optim.Adam([param(torch)])
    own.register_step_pre_hook(lambda o, a, k: seen.append("own pre"))
    own.register_step_post_hook(lambda o, a, k: seen.append("own post"))
    own.step()
    for handle in handles:
        handle.remove()
    own.step()
    return seen


def state_dict_hooks(torch: Any) -> Any:
    seen: list[str] = []
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("pre"))
    optimizer.register_state_dict_pre_hook(lambda o: seen.append("first"), prepend=True)
    optimizer.register_state_dict_post_hook(lambda o, state: {**state, "extra": 1})
    optimizer.register_state_dict_post_hook(lambda o, state: seen.append("post"))
    return optimizer.state_dict(), seen


def load_state_dict_hooks(torch: Any) -> Any:
    seen: list[Any] = []
    optimizer = torch.optim.SGD([param(torch)], lr=0.1)

    def faster(optimizer: Any, state: Any) -> Any:
        state = copy.deepcopy(state)
        state["param_groups"][0]["lr"] *= 10
        return state

    optimizer.register_load_state_dict_pre_hook(faster)
    optimizer.register_load_state_dict_post_hook(lambda o: seen.append(o.param_groups[0]["lr"]), prepend=True)
    optimizer.load_state_dict(torch.optim.SGD([param(torch)], lr=0.3).state_dict())
    return seen


# -- state dicts and copies --------------------------------------------------------------------------------------------


def loading_goes_on_where_saving_stopped(torch: Any) -> Any:
    out = []
    for name in NAMES:
        p, q = param(torch), param(torch)
        first = getattr(torch.optim, name)([p])
        trained(torch, first)
        q.data = p.detach().clone()
        second = getattr(torch.optim, name)([q])
        second.load_state_dict(first.state_dict())
        out.append((name, trained(torch, first), trained(torch, second)))
    return out


def a_loaded_state_is_a_copy_of_numbers(torch: Any) -> Any:
    p, q = param(torch), param(torch)
    first, second = torch.optim.SGD([p], lr=0.1, momentum=0.9), torch.optim.SGD([q], lr=0.1, momentum=0.9)
    trained(torch, first)
    saved = first.state_dict()
    second.load_state_dict(saved)
    return second.state[q]["momentum_buffer"] is first.state[p]["momentum_buffer"], second.param_groups[0]["params"][
        0
    ] is q


def a_loaded_state_takes_the_type_of_its_parameter(torch: Any) -> Any:
    p, q = param(torch), torch.nn.Parameter(torch.tensor([1.0, 2.0], dtype=torch.float64))
    first, second = torch.optim.Adam([p]), torch.optim.Adam([q])
    trained(torch, first)
    second.load_state_dict(first.state_dict())
    return {key: str(value.dtype) for key, value in second.state[q].items()}


def another_number_of_groups(torch: Any) -> Any:
    two = torch.optim.SGD([{"params": [param(torch)]}, {"params": [param(torch)]}])
    torch.optim.SGD([param(torch)]).load_state_dict(two.state_dict())


def another_number_of_parameters(torch: Any) -> Any:
    two = torch.optim.SGD([param(torch), param(torch)])
    torch.optim.SGD([param(torch)]).load_state_dict(two.state_dict())


def state_that_belongs_to_no_parameter(torch: Any) -> Any:
    optimizer = torch.optim.SGD([param(torch)])
    saved = optimizer.state_dict()
    saved["state"]["note"] = {"a": [1, 2]}
    optimizer.load_state_dict(saved)
    return optimizer.state["note"], optimizer.state_dict()["state"]


def old_states_without_newer_options(torch: Any) -> Any:
    out = []
    for name in NAMES:
        p = param(torch)
        optimizer = getattr(torch.optim, name)([p])
        trained(torch, optimizer, 1)
        saved = copy.deepcopy(optimizer.state_dict())
        for option in (
            "foreach",
            "maximize",
            "capturable",
            "differentiable",
            "fused",
            "amsgrad",
            "nesterov",
            "centered",
        ):
            if option not in ("maximize",) or name != "Adafactor":
                saved["param_groups"][0].pop(option, None)
        for state in saved["state"].values():
            for key in ("step", "mu_product", "eta", "mu"):
                if key in state:
                    state[key] = state[key].item()
        optimizer.load_state_dict(saved)
        out.append((name, repr(optimizer), trained(torch, optimizer, 1), optimizer.state_dict()["state"]))
    return out


def deepcopy(torch: Any) -> Any:
    p = param(torch)
    optimizer = torch.optim.Adam([p], lr=0.1)
    trained(torch, optimizer)
    twin = copy.deepcopy(optimizer)
    q = twin.param_groups[0]["params"][0]
    before = p.detach().clone()
    trained(torch, twin)
    return q is p, q in twin.state, p.detach() - before, q.detach()


def pickled(torch: Any) -> Any:
    p = param(torch)
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    trained(torch, optimizer)
    twin = pickle.load(io.BytesIO(pickle.dumps(optimizer)))
    q = twin.param_groups[0]["params"][0]
    return trained(torch, twin), q in twin.state, repr(twin)


def steps_have_the_default_type(torch: Any) -> Any:
    torch.set_default_dtype(torch.float64)
    try:
        return stepped(torch, "Adam", fused=True), stepped(torch, "Adam"), stepped(torch, "ASGD")
    finally:
        torch.set_default_dtype(torch.float32)


# -- subclasses --------------------------------------------------------------------------------------------------------


def a_subclass(torch: Any) -> Any:
    class Lion(torch.optim.Optimizer):
        def __init__(self, params: Any, lr: float = 0.1) -> None:
            super().__init__(params, {"lr": lr})

        @torch.no_grad()
        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for p in group["params"]:
                    state = self.state[p]
                    if not state:
                        state["m"] = torch.zeros_like(p, memory_format=torch.preserve_format)
                    p.add_(state["m"].mul(0.9).add(p.grad, alpha=0.1).sign_(), alpha=-group["lr"])
                    state["m"].lerp_(p.grad, 0.01)

    optimizer = Lion([param(torch)])
    optimizer.register_step_post_hook(lambda o, a, k: None)
    return trained(torch, optimizer), optimizer.state_dict(), repr(optimizer), Lion.step.hooked


def a_subclass_of_sgd(torch: Any) -> Any:
    class Noisy(torch.optim.SGD):
        def step(self, closure: Any = None) -> Any:
            super().step(closure)
            return "stepped"

    optimizer = Noisy([param(torch)], lr=0.1)
    return trained(torch, optimizer), optimizer.step(), repr(optimizer)


def the_base_class_makes_no_steps(torch: Any) -> Any:
    torch.optim.Optimizer([param(torch)], {}).step()


def repr_of_the_base_class(torch: Any) -> Any:
    return repr(torch.optim.Optimizer([param(torch)], {"b": 1, "a": [1, 2]}))


def defaults(torch: Any) -> Any:
    return [getattr(torch.optim, name)([param(torch)]).defaults for name in NAMES]


# -- functions ---------------------------------------------------------------------------------------------------------


def functional(torch: Any) -> Any:
    from importlib import import_module

    adam = import_module(f"{torch.__name__}.optim.adam").adam
    sgd = import_module(f"{torch.__name__}.optim.sgd").sgd
    p, g = torch.ones(2), torch.tensor([1.0, 2.0])
    m, v, step = torch.zeros(2), torch.zeros(2), torch.tensor(0.0)
    settings = {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.0, "eps": 1e-8, "maximize": False}
    adam([p], [g], [m], [v], [], [step], amsgrad=False, **settings)
    buffers: list[Any] = [None]
    options = {"weight_decay": 0.1, "momentum": 0.9, "lr": 0.1, "dampening": 0, "nesterov": False, "maximize": False}
    sgd([p], [g], buffers, **options)
    return p, m, v, step, buffers


def functional_on_recorded_leaves(torch: Any) -> Any:
    from importlib import import_module

    sgd = import_module(f"{torch.__name__}.optim.sgd").sgd
    options = {"weight_decay": 0, "momentum": 0, "lr": 0.1, "dampening": 0, "nesterov": False, "maximize": False}
    sgd([param(torch)], [torch.ones(2)], [], **options)


def functional_wants_tensors_of_steps(torch: Any) -> Any:
    from importlib import import_module

    adam = import_module(f"{torch.__name__}.optim.adam").adam
    settings = {"beta1": 0.9, "beta2": 0.99, "lr": 0.1, "weight_decay": 0.0, "eps": 1e-8, "maximize": False}
    adam([torch.ones(2)], [torch.ones(2)], [torch.ones(2)], [torch.ones(2)], [], [1], amsgrad=False, **settings)


def names_of_modules(torch: Any) -> Any:
    return [getattr(torch.optim, name).__module__.replace("tapegrad", "torch") for name in (*NAMES, "LBFGS", "Muon")]


def swapped_in(torch: Any) -> Any:
    p, q = param(torch), param(torch, 5.0, 6.0)
    optimizer = torch.optim.SGD([p], lr=0.1, momentum=0.9)
    swap = torch.optim.swap_in_optimizer_params_and_state
    early = caught(lambda: swap(optimizer, {"q": q}, optimizer.state_dict()).__enter__())
    trained(torch, optimizer)
    saved = optimizer.state_dict()
    with swap(optimizer, {"q": q}, saved):
        trained(torch, optimizer, 1)
        inside = optimizer.param_groups[0]["params"][0] is q
    wrong = [
        caught(lambda given=given: swap(optimizer, {"q": q}, given).__enter__())
        for given in (1, {}, {"state": {}, "param_groups": 1}, {"state": {}, "param_groups": []},
                      {"state": {9: {}}, "param_groups": saved["param_groups"]})
    ]  # fmt: skip
    return early, inside, optimizer.param_groups[0]["params"][0] is p, p.detach(), q.detach(), wrong
