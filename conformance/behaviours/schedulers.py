"""Learning rate schedulers and averaged weights: rates by step, orders of calls, state dicts, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

STEPS = 14


def sgd(torch: Any, *rates: float, **options: Any) -> Any:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in rates or (1.0,)]
    return torch.optim.SGD(groups, **options)


def exact(x: Any) -> Any:
    """Every digit of a number, which `plain` would round."""
    return repr(float(x)) if isinstance(x, (int, float)) or hasattr(x, "item") else x


def rates(torch: Any, make: Callable[[Any], Any], steps: int = STEPS, **options: Any) -> Any:
    """The learning rates by step, to the last digit, and the closed form's."""
    options.setdefault("momentum", 0.9)
    optimizer = sgd(torch, 1.0, 0.05, **options)
    scheduler = make(optimizer)
    seen = []
    for _ in range(steps):
        seen.append([exact(lr) for lr in scheduler.get_last_lr()])
        optimizer.step()
        scheduler.step()
    closed = getattr(scheduler, "_get_closed_form_lr", list)()
    return seen, [exact(lr) for lr in closed], [exact(g["momentum"]) for g in optimizer.param_groups]


def lrs(lib: Any) -> Any:
    return lib.optim.lr_scheduler


def caught(function: Any) -> Any:
    try:
        return function()
    except Exception as error:
        text = str(error.args[0]).split("\n")[0].split(". ")[0].rstrip(".")
        return next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"), text


# -- rates by step -----------------------------------------------------------------------------------------------------


def lambda_lr(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).LambdaLR(o, lambda n: 0.9**n))


def lambda_lr_by_group(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).LambdaLR(o, [lambda n: 0.9**n, lambda n: 1 / (1 + n)]))


def multiplicative(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).MultiplicativeLR(o, lambda n: 0.9 if n % 2 else 1.05))


def step_lr(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).StepLR(o, 3, gamma=0.3))


def multi_step(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).MultiStepLR(o, [2, 5, 5, 9], gamma=0.3))


def constant(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).ConstantLR(o)), rates(torch, lambda o: lrs(torch).ConstantLR(o, 0.3, 7))


def linear(torch: Any) -> Any:
    make = lrs(torch).LinearLR
    return rates(torch, make), rates(torch, lambda o: make(o, start_factor=0.1, end_factor=0.7, total_iters=9))


def exponential(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).ExponentialLR(o, 0.93))


def polynomial(torch: Any) -> Any:
    make = lrs(torch).PolynomialLR
    return rates(torch, make), rates(torch, lambda o: make(o, total_iters=11, power=2.5))


def cosine(torch: Any) -> Any:
    make = lrs(torch).CosineAnnealingLR
    return rates(torch, lambda o: make(o, 5)), rates(torch, lambda o: make(o, T_max=4, eta_min=0.01), steps=30)


def warm_restarts(torch: Any) -> Any:
    make = lrs(torch).CosineAnnealingWarmRestarts
    return rates(torch, lambda o: make(o, 3)), rates(torch, lambda o: make(o, 2, T_mult=2, eta_min=0.01), steps=20)


def warm_restarts_by_fractions(torch: Any) -> Any:
    optimizer = sgd(torch)
    scheduler = lrs(torch).CosineAnnealingWarmRestarts(optimizer, 2, T_mult=2)
    seen = []
    for n in range(30):
        scheduler.step(n / 4)
        seen.append((exact(scheduler.get_last_lr()[0]), exact(scheduler.T_cur), scheduler.T_i, scheduler.last_epoch))
    return seen, caught(lambda: scheduler.step(-1))


def cyclic(torch: Any) -> Any:
    make = lrs(torch).CyclicLR
    return [
        rates(torch, lambda o, mode=mode: make(o, 0.1, 1.0, step_size_up=3, step_size_down=2, mode=mode, gamma=0.9))
        for mode in ("triangular", "triangular2", "exp_range")
    ]


def cyclic_by_group(torch: Any) -> Any:
    return rates(torch, lambda o: lrs(torch).CyclicLR(o, [0.1, 0.2], [1.0, 2.0], 4, base_momentum=[0.5, 0.6]))


def cyclic_with_a_function(torch: Any) -> Any:
    make = lrs(torch).CyclicLR
    by_cycle = rates(torch, lambda o: make(o, 0.1, 1.0, 2, scale_fn=lambda x: 1 / x, mode="own"))
    by_step = rates(torch, lambda o: make(o, 0.1, 1.0, 2, scale_fn=lambda x: 0.9**x, scale_mode="iterations"))
    return by_cycle, by_step


def cyclic_of_adam(torch: Any) -> Any:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    scheduler = lrs(torch).CyclicLR(optimizer, 0.1, 1.0, 3)
    seen = []
    for _ in range(8):
        optimizer.step()
        scheduler.step()
        seen.append((exact(scheduler.get_last_lr()[0]), [exact(b) for b in optimizer.param_groups[0]["betas"]]))
    return seen


def one_cycle(torch: Any) -> Any:
    make = lrs(torch).OneCycleLR
    return [
        rates(torch, lambda o: make(o, 0.5, total_steps=20)),
        rates(torch, lambda o: make(o, [0.5, 0.7], epochs=4, steps_per_epoch=4, anneal_strategy="linear")),
        rates(torch, lambda o: make(o, 0.5, total_steps=15, three_phase=True, div_factor=10, final_div_factor=100.0)),
        rates(torch, lambda o: make(o, 0.5, total_steps=15, cycle_momentum=False), momentum=0.0),
    ]


def one_cycle_of_adam(torch: Any) -> Any:
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
    lrs(torch).OneCycleLR(optimizer, 0.1, total_steps=5)
    return optimizer.param_groups[0]["betas"], optimizer.param_groups[0]["lr"], sorted(optimizer.param_groups[0])


def one_cycle_ends(torch: Any) -> Any:
    optimizer = sgd(torch, momentum=0.9)
    scheduler = lrs(torch).OneCycleLR(optimizer, 0.5, total_steps=3)
    for _ in range(5):
        optimizer.step()
        scheduler.step()


def plateau(torch: Any) -> Any:
    out = []
    for options in (
        {"patience": 1}, {"patience": 0, "cooldown": 2, "factor": 0.5}, {"mode": "max", "patience": 1},
        {"patience": 0, "threshold": 0.1, "threshold_mode": "abs"},
        {"mode": "max", "threshold_mode": "abs", "patience": 0},
        {"patience": 0, "min_lr": [0.5, 0.01]}, {"patience": 0, "eps": 0.5, "factor": 0.9},
    ):  # fmt: skip
        optimizer = sgd(torch, 1.0, 0.05)
        scheduler = lrs(torch).ReduceLROnPlateau(optimizer, **options)
        seen = []
        for value in (3.0, 2.0, 2.0, 1.95, 2.0, 2.5, 1.0, 1.0, 1.0, 1.0):
            optimizer.step()
            scheduler.step(value)
            seen.append([exact(lr) for lr in scheduler.get_last_lr()])
        out.append((seen, scheduler.best, scheduler.num_bad_epochs, scheduler.in_cooldown))
    return out


def plateau_takes_tensors(torch: Any) -> Any:
    scheduler = lrs(torch).ReduceLROnPlateau(sgd(torch), patience=0)
    scheduler.step(torch.tensor(1.0))
    scheduler.step(torch.tensor(2.0))
    return scheduler.get_last_lr(), scheduler.last_epoch


def plateau_with_a_new_group(torch: Any) -> Any:
    optimizer = sgd(torch)
    scheduler = lrs(torch).ReduceLROnPlateau(optimizer, patience=0)
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 3.0})
    scheduler.step(1.0)
    scheduler.step(2.0)
    optimizer = sgd(torch)
    strict = lrs(torch).ReduceLROnPlateau(optimizer, patience=0, min_lr=[0.1])
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(1))], "lr": 3.0})
    strict.step(1.0)
    return scheduler.get_last_lr(), caught(lambda: strict.step(2.0))


def sequential(torch: Any) -> Any:
    def make(o: Any) -> Any:
        parts = [lrs(torch).ConstantLR(o, 0.1, 3), lrs(torch).ExponentialLR(o, 0.9), lrs(torch).StepLR(o, 2, 0.5)]
        return lrs(torch).SequentialLR(o, parts, milestones=[3, 8])

    return rates(torch, make)[0]


def sequential_within_sequential(torch: Any) -> Any:
    def make(o: Any) -> Any:
        inner = lrs(torch).SequentialLR(o, [lrs(torch).LinearLR(o), lrs(torch).ExponentialLR(o, 0.8)], [4])
        return lrs(torch).SequentialLR(o, [inner, lrs(torch).CosineAnnealingLR(o, 5)], milestones=[7])

    return rates(torch, make)[0]


def chained(torch: Any) -> Any:
    def make(o: Any) -> Any:
        return lrs(torch).ChainedScheduler([lrs(torch).ConstantLR(o, 0.1, 4), lrs(torch).ExponentialLR(o, 0.9)], o)

    return rates(torch, make)[0]


def two_schedulers_at_once(torch: Any) -> Any:
    optimizer = sgd(torch)
    first, second = lrs(torch).StepLR(optimizer, 2), lrs(torch).ExponentialLR(optimizer, 0.9)
    seen = []
    for _ in range(6):
        optimizer.step()
        first.step()
        second.step()
        seen.append(exact(optimizer.param_groups[0]["lr"]))
    return seen, first.get_last_lr(), second.get_last_lr()


def swa_lr(torch: Any) -> Any:
    make = torch.optim.swa_utils.SWALR
    return [
        rates(torch, lambda o: make(o, 0.01))[0],
        rates(torch, lambda o: make(o, [0.01, 0.5], anneal_epochs=4, anneal_strategy="linear"))[0],
        rates(torch, lambda o: make(o, 0.01, anneal_epochs=0))[0],
    ]


def tensors_as_learning_rates(torch: Any) -> Any:
    lr = torch.tensor(0.5)
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    scheduler = lrs(torch).StepLR(optimizer, 1, gamma=0.5)
    optimizer.step()
    scheduler.step()
    return lr, optimizer.param_groups[0]["lr"] is lr, scheduler.get_last_lr(), scheduler.base_lrs


# -- steps by number ---------------------------------------------------------------------------------------------------


def steps_by_number(torch: Any) -> Any:
    out = []
    for make in (
        lambda o: lrs(torch).StepLR(o, 3), lambda o: lrs(torch).MultiStepLR(o, [2, 5]),
        lambda o: lrs(torch).ConstantLR(o), lambda o: lrs(torch).LinearLR(o),
        lambda o: lrs(torch).ExponentialLR(o, 0.9),
        lambda o: lrs(torch).PolynomialLR(o), lambda o: lrs(torch).CosineAnnealingLR(o, 5),
        lambda o: lrs(torch).LambdaLR(o, lambda n: 0.9**n),
    ):  # fmt: skip
        optimizer = sgd(torch)
        scheduler = make(optimizer)
        optimizer.step()
        scheduler.step(4)
        out.append((exact(scheduler.get_last_lr()[0]), scheduler.last_epoch))
    return out


def plateau_by_number(torch: Any) -> Any:
    scheduler = lrs(torch).ReduceLROnPlateau(sgd(torch))
    scheduler.step(1.0, 7)
    return scheduler.last_epoch


# -- orders of calls ---------------------------------------------------------------------------------------------------


def scheduler_before_optimizer(torch: Any) -> Any:
    scheduler = lrs(torch).StepLR(sgd(torch), 1)
    scheduler.step()
    scheduler.step()


def optimizer_before_scheduler(torch: Any) -> Any:
    optimizer = sgd(torch)
    scheduler = lrs(torch).StepLR(optimizer, 1)
    optimizer.step()
    scheduler.step()


def step_replaced_afterwards(torch: Any) -> Any:
    optimizer = sgd(torch)
    scheduler = lrs(torch).StepLR(optimizer, 1)
    optimizer.step = lambda: None
    optimizer.step()
    scheduler.step()


def get_lr_by_the_user(torch: Any) -> Any:
    optimizer = sgd(torch)
    scheduler = lrs(torch).ExponentialLR(optimizer, 0.5)
    return scheduler.get_lr(), scheduler.get_last_lr()


def a_scheduler_leaves_no_cycle(torch: Any) -> Any:
    import gc
    import weakref

    optimizer = sgd(torch)
    scheduler = lrs(torch).StepLR(optimizer, 1)
    optimizer.step()
    mark = weakref.ref(optimizer)
    gc.disable()
    try:
        del optimizer, scheduler
        return mark() is None
    finally:
        gc.enable()


# -- state dicts -------------------------------------------------------------------------------------------------------


def state_dicts(torch: Any) -> Any:
    out = {}
    for name, arguments in {
        "StepLR": (2,), "MultiStepLR": ([2, 3],), "ConstantLR": (), "LinearLR": (), "ExponentialLR": (0.9,),
        "PolynomialLR": (), "CosineAnnealingLR": (5,), "CosineAnnealingWarmRestarts": (5,), "ReduceLROnPlateau": (),
        "CyclicLR": (0.1, 1.0), "OneCycleLR": (0.1, 20), "LambdaLR": (len,), "MultiplicativeLR": (lambda n: 0.9,),
    }.items():  # fmt: skip
        optimizer = sgd(torch, momentum=0.9)
        if name == "LambdaLR":
            scheduler = lrs(torch).LambdaLR(optimizer, lambda n: 0.9**n)
        else:
            scheduler = getattr(lrs(torch), name)(optimizer, *arguments)
        optimizer.step()
        scheduler.step(*([1.0] if name == "ReduceLROnPlateau" else []))
        out[name] = dict(sorted(scheduler.state_dict().items()))
    return out


def loading_goes_on_where_saving_stopped(torch: Any) -> Any:
    out = []
    for make in (
        lambda o: lrs(torch).StepLR(o, 3), lambda o: lrs(torch).OneCycleLR(o, 0.1, 20),
        lambda o: lrs(torch).CyclicLR(o, 0.1, 1.0, 3), lambda o: lrs(torch).CosineAnnealingWarmRestarts(o, 3, 2),
        lambda o: lrs(torch).SequentialLR(o, [lrs(torch).LinearLR(o), lrs(torch).ExponentialLR(o, 0.9)], [4]),
        lambda o: lrs(torch).ChainedScheduler([lrs(torch).LinearLR(o), lrs(torch).ExponentialLR(o, 0.9)]),
        lambda o: lrs(torch).LambdaLR(o, lambda n: 0.9**n), lambda o: torch.optim.swa_utils.SWALR(o, 0.1),
    ):  # fmt: skip
        first = sgd(torch, momentum=0.9)
        scheduler = make(first)
        for _ in range(5):
            first.step()
            scheduler.step()
        second = sgd(torch, momentum=0.9)
        again = make(second)
        again.load_state_dict(scheduler.state_dict())
        second.load_state_dict(first.state_dict())
        seen = []
        for _ in range(4):
            for optimizer, s in ((first, scheduler), (second, again)):
                optimizer.step()
                s.step()
                seen.append(exact(s.get_last_lr()[0]))
        out.append(seen)
    return out


class Decay:
    """A function that has a state."""

    def __init__(self, rate: float) -> None:
        self.rate = rate

    def __call__(self, n: float) -> float:
        return float(self.rate**n)


def functions_with_a_state_are_saved(torch: Any) -> Any:
    first = lrs(torch).LambdaLR(sgd(torch), Decay(0.5))
    second = lrs(torch).LambdaLR(sgd(torch), Decay(0.1))
    second.load_state_dict(first.state_dict())
    cyclic = lrs(torch).CyclicLR(sgd(torch, momentum=0.9), 0.1, 1.0, 2, scale_fn=Decay(0.5))
    other = lrs(torch).CyclicLR(sgd(torch, momentum=0.9), 0.1, 1.0, 2, scale_fn=Decay(0.1))
    other.load_state_dict(cyclic.state_dict())
    return first.state_dict()["lr_lambdas"], second.lr_lambdas[0].rate, other._scale_fn_custom.rate


def resuming_by_last_epoch(torch: Any) -> Any:
    optimizer = sgd(torch)
    early = caught(lambda: lrs(torch).StepLR(optimizer, 2, last_epoch=3))
    optimizer.param_groups[0]["initial_lr"] = 1.0
    late = [
        exact(make(optimizer).get_last_lr()[0])
        for make in (
            lambda o: lrs(torch).StepLR(o, 2, last_epoch=3),
            lambda o: lrs(torch).LambdaLR(o, lambda n: 0.9**n, last_epoch=3),
            lambda o: lrs(torch).CosineAnnealingLR(o, 9, last_epoch=3),
            lambda o: lrs(torch).ExponentialLR(o, 0.9, last_epoch=3),
            lambda o: lrs(torch).LinearLR(o, last_epoch=3), lambda o: lrs(torch).PolynomialLR(o, last_epoch=3),
        )
    ]  # fmt: skip
    return early, late


# -- errors ------------------------------------------------------------------------------------------------------------


def wrong_arguments(torch: Any) -> Any:
    s, o = lrs(torch), sgd(torch, momentum=0.9)
    plain = torch.optim.Adagrad([torch.nn.Parameter(torch.zeros(1))])
    return [
        caught(call)
        for call in (
            lambda: s.StepLR(1, 2), lambda: s.LambdaLR(o, [len, len]), lambda: s.MultiplicativeLR(o, 0.9),
            lambda: s.MultiplicativeLR(o, [len, len]), lambda: s.ConstantLR(o, 2.0), lambda: s.LinearLR(o, 0.0),
            lambda: s.LinearLR(o, 0.5, 2.0), lambda: s.CosineAnnealingWarmRestarts(o, 0),
            lambda: s.CosineAnnealingWarmRestarts(o, 2, 0), lambda: s.CosineAnnealingWarmRestarts(o, 2, eta_min="a"),
            lambda: s.ReduceLROnPlateau(o, factor=1.0), lambda: s.ReduceLROnPlateau(o, mode="low"),
            lambda: s.ReduceLROnPlateau(o, threshold_mode="low"), lambda: s.ReduceLROnPlateau(1),
            lambda: s.ReduceLROnPlateau(o, min_lr=[1, 2]), lambda: s.CyclicLR(o, 0.1, 1, mode="sine"),
            lambda: s.CyclicLR(plain, 0.1, 1), lambda: s.CyclicLR(o, [1, 2], 1), lambda: s.OneCycleLR(o, 0.1),
            lambda: s.OneCycleLR(o, 0.1, total_steps=0), lambda: s.OneCycleLR(o, 0.1, epochs=0, steps_per_epoch=1),
            lambda: s.OneCycleLR(o, 0.1, epochs=1, steps_per_epoch=1.5), lambda: s.OneCycleLR(o, 0.1, 9, pct_start=2.0),
            lambda: s.OneCycleLR(o, 0.1, 9, anneal_strategy="sine"), lambda: s.OneCycleLR(plain, 0.1, 9),
            lambda: torch.optim.swa_utils.SWALR(o, 0.1, anneal_strategy="sine"),
            lambda: torch.optim.swa_utils.SWALR(o, 0.1, anneal_epochs=-1),
            lambda: torch.optim.swa_utils.SWALR(o, [0.1, 0.2]),
        )
    ]  # fmt: skip


def wrong_combinations(torch: Any) -> Any:
    s, o, other = lrs(torch), sgd(torch), sgd(torch)
    step = s.StepLR(o, 2)
    foreign = s.StepLR(other, 2)
    stalled = s.ReduceLROnPlateau(o)
    calls = (lambda: s.ChainedScheduler([step, foreign]), lambda: s.SequentialLR(o, [foreign], []))
    kinds = [caught(call)[0] for call in calls]
    return kinds, [
        caught(call)
        for call in (
            lambda: s.SequentialLR(o, [], []), lambda: s.SequentialLR(o, [step], [1]),
            lambda: s.SequentialLR(o, [step, stalled], [1]), lambda: s.SequentialLR(o, [step, 1], [1]),
            lambda: s.ChainedScheduler([]), lambda: s.ChainedScheduler([step, stalled]),
        )
    ]  # fmt: skip


def the_base_class_has_no_rates(torch: Any) -> Any:
    lrs(torch).LRScheduler(sgd(torch))


def own_schedulers(torch: Any) -> Any:
    class Halving(lrs(torch)._LRScheduler):
        def get_lr(self) -> Any:
            return [lr * 0.5**self.last_epoch for lr in self.base_lrs]

    optimizer = sgd(torch)
    scheduler = Halving(optimizer)
    optimizer.step()
    scheduler.step()
    return scheduler.get_last_lr(), isinstance(scheduler, lrs(torch).LRScheduler)


def subclasses_of_one_another(torch: Any) -> Any:
    s = lrs(torch)
    return [issubclass(getattr(s, name), s.LRScheduler) for name in s.__all__], sorted(s.__all__)


# -- averaged weights --------------------------------------------------------------------------------------------------


def model(torch: Any, value: float) -> Any:
    layer = torch.nn.Linear(2, 1)
    for p in layer.parameters():
        p.data.fill_(value)
    return layer


def averaged(torch: Any, **options: Any) -> Any:
    trained = model(torch, 0.0)
    average = torch.optim.swa_utils.AveragedModel(trained, **options)
    for value in (1.0, 2.0, 4.0):
        for p in trained.parameters():
            p.data.fill_(value)
        average.update_parameters(trained)
    return [p.detach() for p in average.parameters()], average.n_averaged, list(average.state_dict())


def averaged_model(torch: Any) -> Any:
    utils = torch.optim.swa_utils
    return [
        averaged(torch),
        averaged(torch, avg_fn=lambda average, value, n: 0.5 * average + 0.5 * value),
        averaged(torch, multi_avg_fn=utils.get_ema_multi_avg_fn(0.9)),
        averaged(torch, multi_avg_fn=utils.get_swa_multi_avg_fn()),
        averaged(torch, avg_fn=utils.get_ema_avg_fn(0.8)),
        averaged(torch, use_buffers=True),
    ]


def averaged_model_computes(torch: Any) -> Any:
    average = torch.optim.swa_utils.AveragedModel(model(torch, 2.0))
    return average(torch.ones(2)), repr(average)


def averaging_one_way_only(torch: Any) -> Any:
    torch.optim.swa_utils.AveragedModel(model(torch, 1.0), avg_fn=len, multi_avg_fn=len)


def decay_out_of_range(torch: Any) -> Any:
    utils = torch.optim.swa_utils
    return caught(lambda: utils.get_ema_avg_fn(1.5)), caught(lambda: utils.get_ema_multi_avg_fn(-0.1))


def averaging_buffers(torch: Any) -> Any:
    out = []
    for use_buffers in (False, True):
        norm = torch.nn.BatchNorm1d(2)
        average = torch.optim.swa_utils.AveragedModel(norm, use_buffers=use_buffers)
        for value in (1.0, 3.0):
            norm.running_mean.fill_(value)
            average.update_parameters(norm)
        out.append((average.module.running_mean, average.module.num_batches_tracked))
    return out


def update_bn(torch: Any) -> Any:
    net = torch.nn.Sequential(torch.nn.BatchNorm1d(2, momentum=0.3), torch.nn.ReLU())
    batches = [torch.tensor([[1.0, 2.0], [3.0, 5.0]]), torch.tensor([[0.0, 1.0], [4.0, 1.0]])]
    net.eval()
    torch.optim.swa_utils.update_bn(batches, net)
    plain = net[0].running_mean.clone(), net[0].running_var.clone(), net[0].momentum, net.training
    torch.optim.swa_utils.update_bn([(b, 0) for b in batches], net)
    torch.optim.swa_utils.update_bn(batches, torch.nn.Linear(2, 1))
    return plain, net[0].running_mean
