"""The code that runs an operator, generated from its record when it is first used.

The cost of an eager operation is the product, so nothing is looked up, looped over or decided per call that is known
from the record.  For `mul`, whose rules read the other factor, the functions below produce (abridged)

    def record(t_, a, b):                       def backward(node, g):
        fa = a._flags; fb = b._flags                ea, eb = node.edges
        ...                                         sa, sb = node.saved
        node_.edges = (a._fn or a, b._fn or b)      ga = rule_a(g, sb._data) if ea is not None else None
        node_.saved = (a if fb else None, …)        gb = rule_b(g, sa._data) if eb is not None else None
        ...                                         return ga, gb

with version checks around every saved tensor.  Local names end in an underscore, so that no operator's argument can
have one of them.  The source of each is kept in `linecache`, so tracebacks and debuggers
show it.
"""

from __future__ import annotations

import linecache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .op import Op

    Names = Mapping[str, str]


def build(op: Op, part: str) -> Any:
    """Generate one of an operator's functions."""
    from . import runtime

    scope = dict(runtime.SCOPE, op=op, forward=op.forward)
    if part == "call":
        scope["record"] = first_record(op, "record", scope)
        source = _call(op)
    elif part.startswith("record"):
        source = _record_sequence(op) if op.variadic else _record(op, part)
    else:
        graph = part.endswith("graph")
        runtime.enter_rules(scope, op, graph)
        source = _backward_sequence(op, part) if op.variadic else _backward(op, part)
    return compiled(f"{op.name}.{part}", source, scope)[part]


def compiled(name: str, source: str, scope: dict[str, Any]) -> dict[str, Any]:
    """Run generated source in a namespace, and give that back; tracebacks show the source."""
    file = f"<tapegrad {name} {len(linecache.cache)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec"), scope)
    return scope


def first_record(op: Op, part: str, scope: dict[str, Any], name: str = "record") -> Any:
    """What stands for one of an operator's functions that record, until there is something to record.

    That is seldom the case for many operators. Then the function takes its place in the namespace `scope`.
    """

    def record(*args: Any) -> None:
        scope[name] = found = getattr(op, part)
        found(*args)

    return record


_INIT: Final = "t_._form = None; t_._fn = None; t_._grad = None; t_._vc = None; t_._view = None; t_._x = None"


def _argument(op: Op, name: str) -> str:
    """What the forward function is given for one of its parameters."""
    if name not in op.inputs:
        return name
    return f"None if {name} is None else {name}._data" if name in op.optional else f"{name}._data"


def _call(op: Op) -> str:
    args = ", ".join((*op.inputs, *op.params))
    if op.variadic:
        keywords = "".join(f", {p}={p}" for p in op.params)
        arrays, tracked = f"*arrays_{keywords}", "flags_"
    else:
        arrays = ", ".join(_argument(op, x) for x in op.arguments)
        terms = [f"{x} is not None and {x}._flags" if x in op.optional else f"{x}._flags" for x in op.inputs]
        tracked = " or ".join(terms)
    lines = [f"def call({args}):"]
    if op.variadic:
        lines += [
            "    arrays_ = []; flags_ = 0",
            f"    for x_ in {op.inputs[0]}: arrays_.append(x_._data); flags_ |= x_._flags",
        ]
    y = f"forward({arrays})"
    if op.pointwise and len(op.inputs) == 1 and op.arguments[0] == op.inputs[0]:
        x = f"{op.inputs[0]}._data"
        y += f" if {x}.size <= LARGE else by_the_block(forward, {arrays})"
    lines += [
        f"    try: y_ = {y}",
        f"    except Unbatchable: y_ = batched_forward(op, {arrays})",
    ]
    if op.outputs is not None:
        part = "in_order(part)" if op.in_order else "part"
        lines += [
            f"    ts_ = wrap_views(y_, {op.inputs[0]})" if op.view else f"    ts_ = [wrap({part}) for part in y_]",
            f"    if {tracked}: record(ts_, {args})",
            "    return ts_",
        ]
        return "\n".join(lines) + "\n"
    lines += [
        "    if y_.__class__ is not ndarray:",
        "        if isinstance(y_, generic): y_ = asarray(y_)",  # as `lift` does
        *(["    elif not y_.flags.c_contiguous: y_ = y_.copy()"] if op.in_order else []),
        "    t_ = new()",
        f"    t_._data = y_; {_INIT}",
    ]
    if op.view:
        x = op.inputs[0]
        lines += [
            f"    vc_ = {x}._vc",
            f"    if vc_ is None: vc_ = version_of({x})",
            f"    view_ = {x}._view",
            "    kind_ = 2 if suspended and get_ident() in suspended else 0 if view_ is None else view_[2]",
            f"    t_._vc = vc_; t_._view = ({x} if view_ is None else view_[0], vc_.n, kind_)",
            f"    if {x}._flags: record(t_, {args}); t_._flags |= 2",
            "    else: t_._flags = 2",
        ]
    else:
        lines += [f"    if {tracked}: record(t_, {args})", "    else: t_._flags = 0"]
    return "\n".join([*lines, "    return t_", ""])


def _readers(op: Op, saved: str) -> list[str]:
    """The differentiable inputs whose rules read the given value."""
    from .op import parameters_of

    return [x for inputs, rule in op.rules.items() if saved in parameters_of(rule) for x in inputs]


def _kept(op: Op) -> list[str]:
    """Shapes and dtypes of inputs that rules ask for by name."""
    reads = op.reads()
    return [f"{x}_{what}" for x in op.inputs for what in ("shape", "dtype") if f"{x}_{what}" in reads]


def _info(op: Op) -> list[str]:
    """The names in `node.info`, in order."""
    reads = op.reads()
    broadcasts = ["fits"] if _fits(op) else []
    return [p for p in op.params if p in reads] + _kept(op) + broadcasts


def _fits(op: Op) -> bool:
    """Whether gradients may need another shape or dtype than that of the result."""
    return op.pointwise and (len(op.inputs) > 1 or op.fitted)


def differentiable(op: Op) -> list[str]:
    return [x for x in op.inputs if any(x in names for names in op.rules)]


def _record(op: Op, part: str) -> str:
    """`record`; `record_alike`, whose inputs are of one dtype, `record_same`, of one form, `record_unlike`, of two."""
    wanted, optional = differentiable(op), op.optional
    several = op.outputs is not None
    if not wanted and not several:
        return f"def {part}(t_, {', '.join((*op.inputs, *op.params))}): t_._flags = 0\n"
    made = "ts_" if several else "t_"
    arguments = ", ".join((*op.inputs, *op.params))
    lines = [f"def {part}({made}, {arguments}):"]
    for x in wanted:
        lines += [f"    f_{x} = 0 if {x} is None else {x}._flags" if x in optional else f"    f_{x} = {x}._flags"]
    # From here on f_x says whether x needs a gradient, and rare_ has the flags if there is more than that to x.
    rare = " | ".join(f"f_{x}" for x in wanted) or "0"
    lines += [f"    if {' or '.join(f'f_{x} > 1' for x in wanted) or '0'}:"]
    lines += [f"        if f_{x} & 2: refresh({x}); f_{x} = {x}._flags" for x in wanted]
    lines += [f"        rare_ = {rare}", *[f"        f_{x} &= 1" for x in wanted]]
    lines += ["    else: rare_ = 0"]
    off = f"{' and '.join(f'not f_{x}' for x in wanted) or '1'} or suspended and get_ident() in suspended"
    push = f"push(op, {made}, ({arguments},))"
    lines += [
        f"    if {off}:",
        *([] if several else ["        t_._flags = 0"]),
        "        if rare_ & 16 and not (suspended and get_ident() in suspended):"
        f" dead_end(op, {made}, {len(op.edge_names)})",
        f"        if rare_ & 4: {push}",
        "        return",
    ]
    lines += node(op, part)
    lines += [f"    if watchers: watch(node_, {made})", f"    if rare_ and rare_ & 4: {push}"]
    return "\n".join(lines) + "\n"


def node(op: Op, part: str, names: Names = MappingProxyType({}), operator: str = "op") -> list[str]:
    """The lines that make the node of an operation; `f_x` says whether the input x needs a gradient.

    Args:
        part: the kind of record (see `_record`).
        names: those of the operator's arguments, where they are called something else; `x_like`, where the shape and
            dtype of the input x are.
        operator: the name of the operator's record.
    """
    wanted = differentiable(op)
    sure = len(wanted) == 1  # there is a node, so the only input that can need a gradient does
    edges = [_edge(x, names.get(x, x), sure) if x in wanted else "None" for x in op.edge_names]
    return [
        f"    node_ = Node(); node_.op = {operator}; node_.hooks = None; node_.out_version = None",
        f"    node_.edges = ({', '.join(edges)},)",
        *_save(op, wanted, names),
        *_save_info(op, part, names),
        "    node_.seq = next(sequence)",
        "    t_._fn = node_; t_._flags = 1" if op.outputs is None else "    attach(node_, ts_, op.outputs)",
    ]


def _edge(x: str, tensor: str, sure: bool) -> str:
    return f"{tensor}._fn or {tensor}" if sure else f"({tensor}._fn or {tensor}) if f_{x} else None"


def _save(op: Op, wanted: list[str], names: Names) -> list[str]:
    """Keep what the rules of the needed inputs read, with versions where somebody counts writes."""
    saved = op.saved_names()
    if not saved:
        return ["    node_.saved = (); node_.versions = None"]
    lines, items, counters, versions = [], [], [], []
    for x in saved:
        if x == "out":
            items.append("tuple([o._data for o in ts_])" if op.outputs is not None else "t_._data")
            continue
        readers = _readers(op, x)
        needed = "" if set(readers) >= set(wanted) else " or ".join(f"f_{r}" for r in readers)
        needed = f"({needed})" if len(readers) > 1 and needed else needed
        tensor = names.get(x, x)
        items.append(f"{tensor} if {needed} else None" if needed else tensor)
        lines += [f"    v_{x} = {tensor}._vc" + (f" if {tensor} is not None else None" if x in op.optional else "")]
        counters.append(f"v_{x} is None")
        versions.append(f"v_{x}.kept if v_{x} is not None" + (f" and {needed}" if needed else "") + " else 0")
    lines += [f"    node_.saved = ({', '.join(items)},)"]
    if versions:
        lines += [f"    node_.versions = None if {' and '.join(counters)} else ({', '.join(versions)},)"]
    else:
        lines += ["    node_.versions = None"]
    return lines


def _save_info(op: Op, part: str, names: Names) -> list[str]:
    info = _info(op)
    if not info:
        return ["    node_.info = None"]
    lines = []
    tensors = {x: names.get(x, x) for x in op.inputs}
    entries = [names.get(name, name) for name in info]
    for name in info:
        if name == "fits" and part == "record_same":
            entries[-1] = "None"  # all are of the shape and dtype of the result
        elif name == "fits" and part == "record_unlike":
            likes = [names.get(f"{x}_like", f"({t}._data.shape, {t}._data.dtype)") for x, t in tensors.items()]
            entries[-1] = f"({', '.join(likes)},)"
        elif name == "fits" and op.optional:
            fits = ", ".join(f"{x} is not None and ({x}._data.shape, {x}._data.dtype)" for x in tensors.values())
            lines += [f"    fits = ({fits},)"]
        elif name == "fits":
            first, *rest = op.inputs
            lines += [f"    a_{x} = {tensor}._data" for x, tensor in tensors.items()]
            same = " and ".join(f"a_{first}.shape == a_{x}.shape" for x in rest)
            if part != "record_alike":  # a constant, such as a mask, may be of another dtype
                kind, *kinds = differentiable(op)
                same += "".join(f" and a_{kind}.dtype is a_{x}.dtype" for x in kinds)
            fits = ", ".join(f"(a_{x}.shape, a_{x}.dtype)" for x in op.inputs)
            lines += [f"    fits = None if {same} else ({fits},)" if rest else f"    fits = ({fits},)"]
        elif name not in op.params:
            x, _, what = name.rpartition("_")
            lines += [
                f"    {name} = "
                + (f"None if {tensors[x]} is None else " if x in op.optional else "")
                + f"{tensors[x]}._data.{what}"
            ]
    return [*lines, f"    node_.info = ({', '.join(entries)},)"]


def _backward(op: Op, part: str) -> str:
    wanted = differentiable(op)
    graph, conjugate = part.endswith("graph"), "complex" in part
    lines = [f"def {part}(node, g):"]
    if op.holomorphic and not conjugate:
        other = "backward_complex_graph" if graph else "backward_complex"
        lines += [f"    if g.dtype in COMPLEX: return op.{other}(node, g)"]
    names = op.saved_names()
    if names:
        lines += ["    saved = node.saved", "    if saved is FREED: freed(node)"]
        lines += [f"    {', '.join(n + '_' for n in names)}, = saved", "    versions = node.versions"]
        for i, x in enumerate(names):
            lines += _unpack_out(op, graph) if x == "out" else _unpack(op, x, i, graph)
    info = _info(op)
    if info:
        lines += [f"    {', '.join(info)}, = node.info"]
    lines += [f"    {', '.join('e_' + x for x in op.edge_names)}, = node.edges"]
    if conjugate:
        lines += ["    g = conj(g)"]
    rules: list[str] = []
    for i, (inputs, rule) in enumerate(op.rules.items()):
        rules += _apply_rule(op, i, inputs, rule, conjugate)
    if op.pointwise and wanted and not graph:
        inner, whole = _by_the_block(op, rules)
        lines = [*inner, *lines, *whole]
    else:
        lines += rules
    if _fits(op):
        lines += ["    if fits is not None:"]
        for i, x in enumerate(op.inputs):
            if x in wanted:
                lines += [f"        if g_{x} is not None: g_{x} = fit(g_{x}, fits[{i}])"]
    results = [f"g_{x}" if x in wanted else "None" for x in op.edge_names]
    return "\n".join([*lines, f"    return ({', '.join(results)},)", ""])


def _by_the_block(op: Op, rules: list[str]) -> tuple[list[str], list[str]]:
    """The rules as a function of blocks, and the lines that call it for large arrays (see blocks.py)."""
    arrays = ["g", *op.saved_names()]
    rest = [name for name in _info(op) if name != "fits"] + [f"e_{x}" for x in op.edge_names]
    found = "".join(f"g_{x}, " for x in differentiable(op))
    inner = [f"def rules_({', '.join((*arrays, *rest))}):", *rules, f"    return {found}"]
    whole = [
        "    found_ = None",
        "    if g.size > LARGE:",
        "        own_ = is_own(getrefcount(g), g)",
        f"        found_ = through(rules_, ({', '.join(arrays)},), ({', '.join(rest)},), own_)",
        f"    if found_ is not None: {found}= found_",
        "    else:",
        *["    " + line for line in rules],
    ]
    return inner, whole


def _unpack(op: Op, x: str, i: int, graph: bool) -> list[str]:
    maybe = set(_readers(op, x)) < set(differentiable(op)) or x in op.optional
    guard, indent = ([f"    if {x}_ is None: {x} = None", "    else:"], "        ") if maybe else ([], "    ")
    return [
        *guard,
        f"{indent}if {x}_._vc is not None and {x}_._vc.n != (versions[{i}] if versions else 0): stale(node, {x}_, {i})",
        f"{indent}{x} = {x}_" + ("" if graph else "._data"),
    ]


def _unpack_out(op: Op, graph: bool) -> list[str]:
    check = "    if node.out_version is not None: check_out(node)"
    if op.outputs is not None:
        check = "    check_outs(node)"
    value = "out = out_"
    if graph:
        value = (
            "out = outputs_as_tensors(node, out_)" if op.outputs is not None else "out = output_as_tensor(node, out_)"
        )
    return [check, "    " + value]


def _apply_rule(op: Op, i: int, inputs: tuple[str, ...], rule: Any, conjugate: bool) -> list[str]:
    from .op import parameters_of

    arguments = ", ".join(parameters_of(rule))
    if len(inputs) > 1:
        targets = ", ".join(f"g_{x}" for x in inputs)
        needs = ", ".join(f"e_{x} is not None" for x in inputs)
        prepare = [f"    needs = ({needs},)"] if "needs" in parameters_of(rule) else []
        lines = [*prepare, f"    {targets} = rule_{i}({arguments})"]
        if conjugate:
            lines += [f"    g_{x} = None if g_{x} is None else conj(g_{x})" for x in inputs]
        return lines
    (x,) = inputs
    call = f"rule_{i}({arguments})"
    if conjugate:
        call = f"conj({call})"
    if len(differentiable(op)) == 1:  # there would be no node if this input needed no gradient
        return [f"    g_{x} = {call}"]
    return [f"    g_{x} = {call} if e_{x} is not None else None"]


# -- operators of a sequence of tensors --------------------------------------------------------------------------------


def _record_sequence(op: Op) -> str:
    (xs,) = op.inputs
    info = ", ".join(op.params)
    reads = op.reads()
    saves = f"tuple({xs})" if xs in reads else "()"
    versions = f"tuple([0 if x._vc is None else x._vc.kept for x in {xs}])" if xs in reads else "None"
    return f"""\
def record(t_, {", ".join((xs, *op.params))}):
    edges_ = []; shapes_ = []; dtypes_ = []; needed_ = dual_ = 0
    for x in {xs}:
        f_ = x._flags
        if f_ & 2: refresh(x); f_ = x._flags
        dual_ |= f_
        if f_ & 1: edges_.append(x._fn or x); needed_ = 1
        else: edges_.append(None)
        a_ = x._data; shapes_.append(a_.shape); dtypes_.append(a_.dtype)
    if not needed_ or suspended and get_ident() in suspended:
        t_._flags = 0
        if dual_ & 16 and not (suspended and get_ident() in suspended): dead_end(op, t_, len(edges_))
        if dual_ & 4: push(op, t_, ({", ".join((xs, *op.params))},))
        return
    node_ = Node(); node_.op = op; node_.hooks = None; node_.out_version = None
    node_.edges = tuple(edges_)
    node_.saved = {saves}; node_.versions = {versions}
    node_.info = (shapes_, dtypes_, {info})
    node_.seq = next(sequence)
    t_._fn = node_; t_._flags = 1
    if watchers: watch(node_, t_)
    if dual_ & 4: push(op, t_, ({", ".join((xs, *op.params))},))
"""


def _backward_sequence(op: Op, part: str) -> str:
    (xs,) = op.inputs
    ((_, rule),) = op.rules.items()
    from .op import parameters_of

    value = "list(saved)" if part.endswith("graph") else "[x._data for x in saved]"
    lines = [f"def {part}(node, g):"]
    if xs in op.reads():
        lines += [
            "    saved = node.saved",
            "    if saved is FREED: freed(node)",
            "    for i, x in enumerate(saved):",
            "        if x._vc is not None and x._vc.n != node.versions[i]: stale(node, x, i)",
            f"    {xs} = {value}",
        ]
    lines += [
        f"    {', '.join((f'{xs}_shapes', 'dtypes', *op.params))}, = node.info",
        "    needs = [edge is not None for edge in node.edges]",
        f"    return fit_all(rule_0({', '.join(parameters_of(rule))}), {xs}_shapes, dtypes)",
    ]
    return "\n".join(lines) + "\n"
