"""Statements that call more of the library: several results, layers, losses, scatter, integers, complex numbers."""

from __future__ import annotations

import torch

from .writer import Writer, dense, has_dead_end, is_leaf, nodes_behind

F = "torch.nn.functional"


def several(w: Writer) -> None:
    """A function of several results, all of which are kept."""
    x = w.floating(lambda t: t.ndim > 0)
    if x is None:
        return
    d = w.dim(x)
    forms = ["{x}.max({d})", "{x}.min(dim={d}, keepdim=True)", "torch.cummin({x}, {d})",
             "torch.aminmax({x}, dim={d})",
             "torch.broadcast_tensors({x}, {x}[..., :1])",
             "torch.meshgrid({x}.flatten(), {x}.flatten(), indexing='ij')",
             "torch.tensor_split({x}, 2, {d})", "{x}.split([1, {rest}], {d})"]  # fmt: skip
    if dense(w.space[x]):
        forms += ["{x}.median({d})"]
    if w.spread(x, d):
        forms += ["torch.var_mean({x}, {d})", "torch.std_mean({x}, {d})"]
    if w.space[x].numel() <= 16:
        forms += ["{x}.mode({d})", "{x}.sort({d})"]
    if w.distinct(x):
        forms += ["{x}.topk(1, {d})", "{x}.kthvalue(1, {d})"]
    t = w.space[x]
    rest = t.shape[d] - 1 if -t.ndim <= d < t.ndim else 0
    w.add(f"{w.new()}, {w.new()} = " + w.one(forms).format(x=x, d=d, rest=max(rest, 0)))


ACTIVATIONS = ("elu", "selu", "celu", "mish", "hardswish", "hardtanh", "relu6", "logsigmoid", "softsign",
               "tanhshrink", "hardshrink", "softshrink", "normalize")  # fmt: skip


def layer(w: Writer) -> None:
    """A function of `torch.nn.functional`."""
    x = w.floating(lambda t: t.ndim > 0 and t.numel() > 0)
    if x is None:
        return
    t = w.space[x]
    last, kind = t.shape[-1], t.dtype
    forms = [
        "{F}.{activation}({x})", "{F}.{activation}({x})",
        "{F}.linear({x}, {x}.reshape(-1, {last}))", "{F}.softmin({x}, {d})",
        "{F}.glu(torch.cat([{x}, {x}], -1))", "{F}.dropout({x}, 0.0)",
        "{F}.pad({x}, (1, -1), value=0.5)", "{F}.pad({x}.reshape(1, -1), (1, 2), mode='{mode}')",
        "{F}.prelu({x}, {x}.mean())", "{F}.prelu({x}.reshape(-1, {last}), {x}.reshape(-1, {last})[0])",
        "{F}.threshold({x}, 0.1, 0.5)", "{F}.rms_norm({x}.double(), ({last},))",
        "{F}.rms_norm({x}, {x}.shape[-1:], eps=0.5)",
        "{F}.linear({x}, torch.ones(2, {last}, dtype={kind}), torch.ones(2, dtype={kind}))",
        "{F}.conv1d({x}.reshape(1, 1, -1), torch.ones(2, 1, 1, dtype={kind}, requires_grad=True))",
        "{F}.embedding(torch.tensor([[0], [0]]), {x}.reshape(-1, {last}))",
        "{F}.cosine_similarity({x}, {x} * 2 + 1, dim=-1)", "{F}.pairwise_distance({x}, {x} + 1)",
    ]  # fmt: skip
    if w.spread(x, -1):
        forms += ["{F}.layer_norm({x}, ({last},))", "{F}.layer_norm({x}.double(), ({last},))"]
    if w.spread(x, 0, rows=last):
        forms.append("{F}.batch_norm({x}.reshape(-1, {last}), None, None, training={several})")
    form = w.one(forms)
    call = form.format(
        F=F, x=x, d=w.dim(x), last=last, kind=kind, several=t.numel() // last > 1, activation=w.one(ACTIVATIONS),
        mode=w.one(("constant", "reflect", "replicate", "circular")),
    )  # fmt: skip
    w.add(f"{w.new()} = {call}")


def loss(w: Writer) -> None:
    """A loss, of a tensor and another or constant targets."""
    x = w.floating(lambda t: t.ndim > 0 and t.numel() > 0)
    if x is None:
        return
    y = w.like(x)
    how = w.one(("mean", "sum", "none"))
    form = w.one((
        "{F}.mse_loss({x}, {y}.detach().expand_as({x}), reduction='{how}')",
        "{F}.l1_loss({x}, {x} * 2, reduction='{how}')",
        "{F}.smooth_l1_loss({x}, {x} * 3, reduction='{how}')", "{F}.huber_loss({x}, {x} * 3, reduction='{how}')",
        "{F}.binary_cross_entropy_with_logits({x}, ({x} > 0).to({x}.dtype), reduction='{how}')",
        "{F}.binary_cross_entropy({x}.sigmoid(), ({x} > 0).to({x}.dtype), reduction='{how}')",
        "{F}.cross_entropy({x}.reshape(-1, {last}), torch.zeros({rows}, dtype=torch.int64), reduction='{how}')",
        "{F}.kl_div({x}, {x}.softmax(-1), reduction='{how}')",
        "{F}.poisson_nll_loss({x}, {x}.abs(), reduction='{how}')",
        "torch.dist({x}, {x} * 2 + 1)",
    ))  # fmt: skip
    t = w.space[x]
    w.add(f"{w.new()} = {form.format(F=F, x=x, y=y, how=how, last=t.shape[-1], rows=t.numel() // t.shape[-1])}")


def scattered(w: Writer) -> None:
    """scatter and index functions, whose index names some elements twice."""
    x = w.floating(lambda t: t.ndim > 0 and t.numel() > 0)
    if x is None:
        return
    t = w.space[x]
    d = w.int(0, t.ndim - 1)
    index = w.rng.integers(0, t.shape[d], tuple(t.shape)).tolist()
    once = list(range(t.shape[d]))[::-1]
    form = w.one((
        "{x}.scatter_add({d}, torch.tensor({index}), {x} * 2)", "{x}.scatter({d}, torch.tensor({index}), 0.5)",
        "{x}.gather({d}, torch.tensor({index}))", "{x}.index_add({d}, torch.tensor({once}), {x})",
        "{x}.index_add({d}, torch.tensor({once}), {x} * 3, alpha=2)",
        "{x}.index_copy({d}, torch.tensor({once}), {x} * 2)",
        "{x}.index_fill({d}, torch.tensor([0, 0]), 0.25)", "{x}.masked_scatter({x} > 0.3, {x}.exp())",
        "{x}.scatter_reduce({d}, torch.tensor({index}), {x} * 2, 'sum')", "{x}.take(torch.tensor([[0, 0], [-1, 0]]))",
        "{x}.scatter_reduce({d}, torch.tensor({index}), {x} * 2, 'amax', include_self=False)",
        "torch.select_scatter({x}, {x}.select({d}, 0) * 2, {d}, 0)", "{x}.index_select({d}, torch.tensor({once}))",
    ))  # fmt: skip
    w.add(f"{w.new()} = {form.format(x=x, d=d, index=index, once=once)}")


def placed(w: Writer) -> None:
    """index_put and the in-place forms of scatter and index functions."""
    x = w.floating(lambda t: t.ndim > 0 and t.numel() > 0 and not (t.requires_grad and is_leaf(t)))
    if x is None:
        return
    t = w.space[x]
    d = w.int(0, t.ndim - 1)
    index = w.rng.integers(0, t.shape[d], tuple(t.shape)).tolist()
    form = w.one((
        "{x}.index_put_((torch.tensor([0, 0]),), {x}[0] * 2, accumulate=True)", "{x}[torch.tensor([0])] = 0.5",
        "{x}.index_put_((torch.tensor([0]),), {x}[:1] * 2)", "{x}.scatter_add_({d}, torch.tensor({index}), {x} * 2)",
        "{x}.index_add_({d}, torch.tensor([0]), {x}.narrow({d}, 0, 1) * 2)", "{x}[torch.tensor([0, -1])] *= 2",
        "{x}.index_fill_({d}, torch.tensor([0]), 0.5)", "{x}.masked_scatter_({x} > 0.3, {x}.exp())",
        "{x}.index_copy_({d}, torch.tensor([0]), {x}.narrow({d}, 0, 1) * 2)",
        "{x}.scatter_({d}, torch.tensor({index}), 0.5)",
        "{x}[..., torch.tensor([0])] += 1", "{x}[{x} > 0.2] = {x}.detach().mean()",
    ))  # fmt: skip
    w.add(form.format(x=x, d=d, index=index))


def whole(w: Writer) -> None:
    """Integers and bools: alone, and among floating-point numbers."""
    i = w.tensor(lambda t: t.dtype in (torch.int64, torch.int32, torch.bool))
    if i is None or w.chance(0.3):
        w.index()
        return
    x = w.like(i) if w.chance(0.7) else w.number()
    form = w.one(("{i} + {x}", "{x} * {i}", "{i} - {i}.int()", "{i} / 2", "{i} // 2", "{i} % 2", "{i} * 0.5", "{i} & 1",
                  "~{i}", "{i} ** 2", "{i}.sum()", "{i}.float()", "{i}.to(torch.float64) * {x}", "{i} == {x}",
                  "{i}.cumsum(0)", "{i}.prod()", "{i}.amax()", "{i}.float().mean()", "torch.where({i} > 0, {x}, {x})",
                  "{i}.sqrt()", "{i}.abs()", "{i}.flip(0)", "{i}.bool()", "{i}.logical_not()", "{i}.bitwise_xor(1)",
                  "{i}.clamp(0, 1)", "{i}.mean()", "-{i}", "{i}.sort().values", "{i}.argmax()"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(i=i, x=x)}")


def complex_numbers(w: Writer) -> None:
    """Complex numbers, made of real ones, computed with and taken apart."""
    z = w.tensor(lambda t: t.is_complex())
    if z is None or w.chance(0.3):
        x = w.floating()
        w.add(f"{w.new()} = " + w.one(("torch.complex({x}, {x} * 2)", "{x} + 0.5j", "{x} * (1 + 2j)")).format(x=x))
        return
    form = w.one(("{z} * {z}", "{z} + 1", "{z}.real", "{z}.imag", "{z}.abs()", "torch.view_as_real({z}).clone()",
                  "{z}.exp()",
                  "{z} * (1 - 1j)", "{z}.sum()", "{z}.conj() * {z}", "{z} / ({z}.abs() + 1)", "-{z}", "{z}.mean()",
                  "{z}.reshape(-1)", "{z}.flatten()[:1]", "{z} - {z}.conj()", "{z}.sin()", "{z} ** 2"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(z=z)}")


NORMALISED = {"NativeLayerNormBackward0", "NativeBatchNormBackward0"}


def graph(w: Writer) -> None:
    """Hooks, and derivatives in the middle of a program.

    Where a derivative is constant, torch may say that it depends on its tensor while we do not, so it is made to.
    """
    # A hook on a view that requires a gradient only because its base does brings torch down.
    x = w.floating(lambda t: t.requires_grad and not (is_leaf(t) and t._is_view()))
    if x is None:
        return
    leaf = w.tensor(lambda t: t.requires_grad and is_leaf(t)) or x
    forms = ["{x}.is_leaf; {x}.register_hook(lambda g: g if g is None else g * 2)",
             "{new} = torch.autograd.grad({x}.sum(), {leaf}, retain_graph=True)[0]{copy}",
             "{new} = {leaf}.grad{copy}", "{x}.retain_grad()", "{new} = {x}.grad{copy}",
             "{new} = torch.autograd.grad({x}.sum(), {x})[0]{copy}"]  # fmt: skip
    if not has_dead_end(w.space[x]):
        forms += ["{x}.sum().backward(retain_graph=True)",
                  "{x}.retain_grad(); ({x} * 2).sum().backward(retain_graph=True)"]  # fmt: skip
    if not {node.name() for node in nodes_behind(w.space[x])} & NORMALISED:
        forms.append("{new} = torch.autograd.grad({x}.sum(), {leaf}, create_graph=True)[0].contiguous() + {leaf} * 0")
    copy = ".clone(memory_format=torch.contiguous_format)"
    w.add(w.one(forms).format(x=x, leaf=leaf, new=w.new(), copy=copy))
