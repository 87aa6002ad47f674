"""torch.profiler and torch.autograd.profiler: which events there are, sums, tables, steps, traces.

Torch's operators call others that tapegrad has no use for (`aten::empty`, `aten::resolve_conj`): programs are compared
by the operators that they call themselves, and by their backward passes.
"""

from __future__ import annotations

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any


def part(lib: Any, name: str) -> Any:
    """A module of the library."""
    return importlib.import_module(f"{lib.__name__}.{name}")


def outermost(events: Any) -> list[str]:
    """The names of events that are within no other."""
    return [event.name for event in events if event.cpu_parent is None]


def counts(averages: Any, *keys: str) -> Any:
    found = {one.key: one.count for one in averages}
    return [found.get(key) for key in keys]


def outcome(call: Any) -> Any:
    try:
        return call()
    except Exception as error:
        return type(error).__name__, str(error)


def operators_by_their_names(torch: Any) -> Any:
    x = torch.arange(6.0).view(2, 3)
    functional = torch.nn.functional
    with part(torch, "profiler").profile() as found:
        x.t(), x.sum(), x.mean(0), x.max(), x.max(1), x == 1, x < 2, x.exp()
        torch.stack([x, x]), torch.cat([x, x]), x.reshape(3, 2), x.clone(), x.detach(), x.to(torch.float64)
        2 - x, x**2, -x, x.softmax(1), x.transpose(0, 1), x.unsqueeze(0), x.add_(1), x.permute(1, 0)
        torch.std(x), torch.einsum("ij,ij", x, x), x.argmax(), x.sort(), x.float(), torch.zeros(2), torch.rand(2)
        x.new_zeros(2), torch.eye(2), torch.linalg.norm(x), functional.dropout(x), x.sigmoid(), x.log(), x.abs()
        x.clamp(0, 1), torch.special.expit(x), torch.fft.fft(x), x.expand(2, 2, 3), x.squeeze(), x.chunk(2), x.split(1)
        x.cumsum(0), x.pow(2), x.sqrt(), x.any(), x.all(), functional.layer_norm(x, (3,)), functional.gelu(x)
    return [name for name in outermost(found.events()) if name not in ("aten::resolve_conj", "aten::resolve_neg")]


def operators_of_symbols(torch: Any) -> Any:
    x, y = torch.ones(2), torch.ones(2)
    with part(torch, "profiler").profile() as found:
        x + y, x - y, x * y, x / y, x @ y, x // y, x % y, x >= y, x != y, ~(x > y)
        x += y
        x -= y
        x *= y
        x /= y
    return outermost(found.events())


def operators_of_indices(torch: Any) -> Any:
    x = torch.arange(6.0).view(2, 3)
    mask, index = x > 2, torch.tensor([0, 1])
    with part(torch, "profiler").profile() as found:
        x[0], x[:1], x[mask], x[index]
    return outermost(found.events())


def backward_passes(torch: Any) -> Any:
    w, x = torch.ones(4, 4, requires_grad=True), torch.ones(4, 4)
    (w @ x).relu().sum().backward()
    with part(torch, "profiler").profile() as found:
        y = (w @ x + 1).relu().sum()
        y.backward()
    events = found.events()
    engine = [(e.name, e.cpu_children[0].name) for e in events if e.name.startswith("autograd::engine")]
    scopes = [(e.name, e.scope) for e in events if e.name.endswith("Backward0") and "engine" not in e.name]
    return engine, scopes


def sequence_numbers(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with part(torch, "profiler").profile() as found:
        (x * 2).exp().sum().backward()
    events = found.events()
    forward = {e.name: e.sequence_nr for e in events if e.name in ("aten::mul", "aten::exp", "aten::sum")}
    backward = {e.name: e.sequence_nr for e in events if e.name in ("MulBackward0", "ExpBackward0", "SumBackward0")}
    return forward["aten::exp"] == backward["ExpBackward0"], sorted(forward, key=forward.__getitem__)


def training_counts(torch: Any) -> Any:
    functional = torch.nn.functional
    w, b = torch.randn(3, 4, requires_grad=True), torch.zeros(3, requires_grad=True)
    x, target = torch.randn(5, 4), torch.tensor([0, 1, 2, 0, 1])
    with part(torch, "profiler").profile() as found:
        for _ in range(3):
            loss = functional.cross_entropy(torch.tanh(functional.linear(x, w, b)), target)
            loss.backward()
            with torch.no_grad():
                w -= 0.1 * w.grad
                w.grad.zero_()
        loss.item()
    return counts(
        found.key_averages(), "aten::linear", "aten::addmm", "aten::tanh", "aten::cross_entropy_loss",
        "aten::log_softmax", "aten::_log_softmax", "aten::nll_loss_forward", "AddmmBackward0", "TBackward0",
        "TanhBackward0", "NllLossBackward0", "LogSoftmaxBackward0", "torch::autograd::AccumulateGrad", "aten::item",
        "autograd::engine::evaluate_function: torch::autograd::AccumulateGrad", "aten::sub_",
    )  # fmt: skip


def blocks_of_the_users(torch: Any) -> Any:
    profiler = part(torch, "profiler")

    @profiler.record_function("decorated")
    def function(x: Any) -> Any:
        return x.exp()

    x = torch.ones(2)
    with profiler.profile() as found:
        with profiler.record_function("outer"), profiler.record_function("inner", "a note"):
            x.exp()
        function(x)
        function(x)
    inside = [(e.name, e.cpu_parent and e.cpu_parent.name, e.scope, e.is_user_annotation) for e in found.events()]
    return inside, [(e.key, e.count) for e in found.key_averages()], function.__name__


def blocks_without_a_profile(torch: Any) -> Any:
    with part(torch, "profiler").record_function("unseen"):
        x = torch.ones(2).exp()
    with part(torch, "autograd.profiler").record_function("unseen"):
        return x


def input_shapes(torch: Any) -> Any:
    x = torch.ones(2, 3)
    with part(torch, "profiler").profile(record_shapes=True) as found:
        x.exp(), torch.stack([x, x]), torch.mm(x, x.t()), torch.ones(3).exp()
    shapes = {e.name: e.input_shapes for e in found.events() if e.name in ("aten::exp", "aten::mm")}
    grouped = [(e.key, e.count) for e in found.key_averages(group_by_input_shape=True) if e.key == "aten::exp"]
    return shapes, grouped, counts(found.key_averages(), "aten::exp")


def floating_point_operations(torch: Any) -> Any:
    a, b = torch.ones(3, 4), torch.ones(4, 5)
    batch = torch.ones(2, 3, 4), torch.ones(2, 4, 5)
    with part(torch, "profiler").profile(with_flops=True) as found:
        a @ b, a + a, a * 2, torch.bmm(*batch), torch.addmm(torch.ones(3, 5), a, b)
        torch.baddbmm(torch.ones(2, 3, 5), *batch)
        torch.nn.functional.conv2d(torch.ones(1, 2, 5, 5), torch.ones(3, 2, 3, 3))
    return sorted((e.key, e.flops) for e in found.key_averages() if e.flops)


def profiles_of_autograd(torch: Any) -> Any:
    autograd = part(torch, "autograd.profiler")
    unfinished = autograd.profile()
    early = repr(unfinished), str(unfinished), list(unfinished.function_events), unfinished.self_cpu_time_total
    with autograd.profile() as found:
        torch.ones(2).exp()
    late = type(found.function_events).__name__, found.total_average().key, found.self_cpu_time_total > 0
    return early, late, repr(found)[:15], str(found)[:5], found.table(row_limit=1)[:5], bool(found.key_averages())


def profiles_do_not_nest_in_themselves(torch: Any) -> Any:
    found = part(torch, "autograd.profiler").profile()
    with found:
        torch.ones(1)
    with found:
        pass


def profiles_that_are_disabled(torch: Any) -> Any:
    with part(torch, "autograd.profiler").profile(enabled=False) as found:
        torch.ones(1)
    return found


def before_a_profile_has_begun(torch: Any) -> Any:
    found = part(torch, "profiler").profile()
    calls = [found.key_averages, found.events, found.stop, lambda: found.export_chrome_trace("trace.json")]
    return [outcome(call) for call in calls]


def wrong_activities(torch: Any) -> Any:
    profile = part(torch, "profiler").profile
    return [outcome(lambda given=given: profile(activities=given)) for given in ([], "x", [3])]


def names_of_activities(torch: Any) -> Any:
    profiler = part(torch, "profiler")
    activity, action = profiler.ProfilerActivity, profiler.ProfilerAction
    return str(activity.CPU), profiler.supported_activities() == {activity.CPU}, action.RECORD_AND_SAVE.value


def schedules(torch: Any) -> Any:
    schedule = part(torch, "profiler").schedule
    plans = [
        schedule(wait=1, warmup=1, active=2, repeat=1, skip_first=1),
        schedule(wait=1, warmup=0, active=1),
        schedule(wait=0, warmup=0, active=3, repeat=2),
        schedule(wait=2, warmup=1, active=1, repeat=2, skip_first=1, skip_first_wait=1),
    ]
    return [[plan(step).name for step in range(14)] for plan in plans], outcome(lambda: plans[0](-1))


def wrong_schedules(torch: Any) -> Any:
    schedule = part(torch, "profiler").schedule
    ways = [{"wait": -1, "warmup": 0, "active": 1}, {"wait": 0, "warmup": 0, "active": 0}]
    return [outcome(lambda way=way: schedule(**way)) for way in ways]


def steps(torch: Any) -> Any:
    profiler = part(torch, "profiler")
    x, seen = torch.ones(2), []

    def ready(found: Any) -> None:
        seen.append((found.step_num, counts(found.key_averages(), "ProfilerStep*", "aten::exp")))

    plan = profiler.schedule(wait=1, warmup=1, active=2, repeat=2)
    with profiler.profile(schedule=plan, on_trace_ready=ready, acc_events=True) as found:
        for _ in range(10):
            x.exp()
            found.step()
    return seen, found.step_num, found.current_action.name


def steps_without_a_schedule(torch: Any) -> Any:
    seen = []
    with part(torch, "profiler").profile(on_trace_ready=lambda found: seen.append(found.step_num)) as found:
        for _ in range(3):
            torch.ones(2).exp()
            found.step()
    return seen, counts(found.key_averages(), "aten::exp")


def started_and_stopped(torch: Any) -> Any:
    found = part(torch, "profiler").profile()
    x = torch.ones(2)
    found.start()
    x.exp()
    found.stop()
    x.exp()
    return counts(found.key_averages(), "aten::exp")


def traces(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    profiler = part(torch, "profiler")
    with profiler.profile() as found, profiler.record_function("mine"):
        x.exp().sum().backward()
        found.add_metadata("note", "text")
        found.add_metadata_json("numbers", "[1, 2]")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "trace.json")
        found.export_chrome_trace(path)
        document = json.loads(Path(path).read_text())
    entries = [e for e in document["traceEvents"] if e["ph"] == "X" and e["cat"] in ("cpu_op", "user_annotation")]
    wanted = ("mine", "aten::exp", "ExpBackward0", "SumBackward0", "torch::autograd::AccumulateGrad")
    arrows = {(e["ph"], e["cat"], e["name"]) for e in document["traceEvents"] if e["ph"] in "sf"}
    return (
        [(e["name"], e["cat"]) for e in sorted(entries, key=lambda e: e["ts"]) if e["name"] in wanted],
        all(e["dur"] >= 0 for e in entries),
        document["note"],
        document["numbers"],
        document["displayTimeUnit"],
        sorted(arrows),
    )


def traces_for_tensorboard(torch: Any) -> Any:
    profiler = part(torch, "profiler")
    with tempfile.TemporaryDirectory() as folder:
        handler = profiler.tensorboard_trace_handler(folder + "/new", "worker")
        with profiler.profile(on_trace_ready=handler):
            torch.ones(2).exp()
        names = [path.name for path in Path(folder, "new").iterdir()]
    return len(names), names[0].startswith("worker."), names[0].endswith(".pt.trace.json")


# -- events made by hand -----------------------------------------------------------------------------------------------


def made_by_hand(lib: Any, **options: Any) -> Any:
    util = part(lib, "autograd.profiler_util")
    make = util.FunctionEvent
    long = "autograd::engine::evaluate_function: torch::autograd::AccumulateGrad that is very long indeed"
    square: list[Any] = [[4, 4], [4, 4]]
    events = [
        make(0, "aten::matmul", 1, 0.0, 100.0, input_shapes=square, stack=["a.py(3): f", "b.py(4): g"],
             cpu_memory_usage=64, sequence_nr=3),
        make(1, "aten::mm", 1, 10.0, 90.0, input_shapes=square, stack=["a.py(3): f"], cpu_memory_usage=64, flops=128),
        make(2, "aten::add", 1, 200.0, 2200.0, input_shapes=[[4, 4], []], stack=["x" * 100 + ".py(3): f"],
             cpu_memory_usage=-2048, flops=16000),
        make(3, "aten::add", 1, 3000.0, 3500.5, input_shapes=[[4, 5], []], stack=[], cpu_memory_usage=3 << 20),
        make(4, long, 1, 4000.0, 2004000.0, input_shapes=[], stack=[]),
        make(5, "mine", 1, 5000.0, 6000.0, scope=7, is_user_annotation=True, input_shapes=[], stack=[]),
        make(6, "elsewhere", 2, 50.0, 60.0, input_shapes=[], stack=[]),
        make(7, "same", 1, 2005000.0, 2005100.0, input_shapes=[], stack=[]),
        make(8, "same", 1, 2005010.0, 2005090.0, input_shapes=[], stack=[]),
    ]  # fmt: skip
    for event in events:
        event.overload_name = ""
    found = util.EventList(events, **options)
    found._build_tree()
    return found


def tables(torch: Any) -> Any:
    made = made_by_hand(torch)
    averages = made.key_averages()
    return [
        made.table(),
        averages.table(),
        averages.table(sort_by="cpu_time_total"),
        averages.table(sort_by="self_cpu_time_total", row_limit=2),
        averages.table(sort_by="count", row_limit=-1),
        made.table(row_limit=0),
        str(made),
    ]


def tables_with_more_columns(torch: Any) -> Any:
    made = made_by_hand(torch)
    return [
        made.key_averages(group_by_input_shapes=True).table(sort_by="cpu_time_total"),
        made.key_averages(group_by_stack_n=1).table(),
        made.key_averages(group_by_stack_n=2).table(sort_by="cpu_time"),
        made_by_hand(torch, profile_memory=True).key_averages().table(sort_by="self_cpu_memory_usage"),
        made_by_hand(torch, with_flops=True).key_averages().table(sort_by="flops"),
    ]


def tables_in_other_layouts(torch: Any) -> Any:
    made = made_by_hand(torch)
    return [
        made.table(header="HEAD"),
        made.table(top_level_events_only=True),
        made.table(max_name_column_width=20, time_unit="ms"),
        made.table(time_unit="s"),
        made.table(time_unit="us", max_name_column_width=None),
        made.key_averages(group_by_input_shapes=True).table(max_shapes_column_width=15),
        made.key_averages(group_by_stack_n=1).table(max_src_column_width=15),
    ]


def tables_that_cannot_be_made(torch: Any) -> Any:
    empty = part(torch, "autograd.profiler_util").EventList([])
    return empty.table(), outcome(empty.key_averages), outcome(lambda: made_by_hand(torch).table(sort_by="nothing"))


def events_within_events(torch: Any) -> Any:
    made = made_by_hand(torch)
    first = made[0]
    return (
        [(e.name, e.cpu_parent and e.cpu_parent.name, [c.name for c in e.cpu_children]) for e in made],
        [(e.self_cpu_time_total, e.cpu_time_total, e.self_cpu_memory_usage) for e in made],
        (first.time_range.start, first.time_range.end, first.time_range.elapsed_us(), first.key, first.count),
        (first.cpu_time_str, first.cpu_time_total_str, first.self_cpu_time_total_str, first.is_async),
    )


def sums_of_events(torch: Any) -> Any:
    made = made_by_hand(torch)
    fields = (
        "key count cpu_time cpu_time_total self_cpu_time_total cpu_memory_usage flops input_shapes is_user_annotation"
    )
    return (
        [[getattr(e, field) for field in fields.split()] for e in made.key_averages()],
        repr(made.total_average()),
        repr(made.key_averages()[0]),
        repr(made[0]),
        made.self_cpu_time_total,
        outcome(lambda: made.key_averages()[0].add(made[2])),
    )


def stacks_exported(torch: Any) -> Any:
    made = made_by_hand(torch)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "stacks")
        made.export_stacks(path, "self_cpu_time_total")
        text = Path(path).read_text()
    return text, made.supported_export_stacks_metrics(), outcome(lambda: made.export_stacks("stacks", "nothing"))


def stacks_need_to_be_recorded(torch: Any) -> Any:
    with part(torch, "profiler").profile() as found:
        torch.ones(1)
    return outcome(lambda: found.export_stacks("stacks")), outcome(lambda: found.export_memory_timeline("x"))


def times_and_sizes_as_text(torch: Any) -> Any:
    util = part(torch, "autograd.profiler_util")
    times = [util._format_time(t) for t in (0, 1, 999, 1000, 1500.5, 999999, 1e6, 3.2e7, -5)]
    sizes = [util._format_memory(n) for n in (0, 1, 1023, 1024, 1500, -2048, 2**20, 2**30, 5 * 2**40)]
    shares = [
        util._format_time_share(1, 3),
        util._format_time_share(0, 0),
        outcome(lambda: util._format_time_share(1, 0)),
    ]
    return times, sizes, shares
