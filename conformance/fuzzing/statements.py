"""Writing random programs: statements over tensors whose shapes and types are known from running them as they are made.

Operands are mostly chosen so that a statement is valid, and sometimes not, since errors have to agree as well.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
import torch

from . import library_statements as library
from .writer import Writer, dense, is_leaf, is_stale

# -- the kinds of statements -------------------------------------------------------------------------------------------

UNARY = (
    "sin", "cos", "tanh", "sigmoid", "exp", "abs", "neg", "relu", "square", "erf", "atan", "sign", "floor", "round",
    "expm1", "positive", "frac", "trunc", "sinc", "asinh",
)  # fmt: skip
BINARY = ("add", "sub", "mul", "maximum", "minimum", "fmax", "hypot", "atan2", "copysign", "logaddexp")
SYMBOLS = ("+", "-", "*")
REDUCTIONS = (
    "sum", "mean", "prod", "amax", "amin", "logsumexp", "std", "var", "median", "nansum", "norm", "max", "min",
    "argmax", "all", "any", "cumsum", "cumprod", "softmax", "log_softmax", "sort", "mode",
)  # fmt: skip
IN_PLACE_UNARY = ("tanh_", "sin_", "neg_", "relu_", "sigmoid_", "abs_", "square_", "zero_", "exp_", "floor_")
IN_PLACE_BINARY = ("add_", "sub_", "mul_", "copy_")


def unary(w: Writer) -> None:
    x = w.floating()
    op = w.one(UNARY)
    w.add(f"{w.new()} = {x}.{op}()" if w.chance(0.5) else f"{w.new()} = torch.{op}({x})")


def safe(w: Writer) -> None:
    """Operations with a limited domain, on values that lie in it."""
    x = w.floating()
    text = w.one(("({x}.abs() + 0.5).log()", "({x}.abs() + 0.1).sqrt()", "1 / ({x} * {x} + 1)", "{x}.clamp(-1, 1)",
                  "{x}.clamp(min=0)", "({x}.abs() + 0.2) ** 1.5", "{x} ** 2", "{x} ** 3", "({x} / 3).tanh() * 2",
                  "torch.nn.functional.gelu({x}.double())", "torch.nn.functional.softplus({x})", "{x}.nan_to_num()",
                  "torch.nn.functional.leaky_relu({x})", "torch.nn.functional.silu({x})"))  # fmt: skip
    w.add(f"{w.new()} = {text.format(x=x)}")


def binary(w: Writer) -> None:
    x = w.floating()
    y = w.like(x) if w.chance(0.8) else w.number()
    if w.chance(0.6) or not y.startswith("t"):
        w.add(f"{w.new()} = {x} {w.one(SYMBOLS)} {y}" if w.chance(0.8) else f"{w.new()} = {y} {w.one(SYMBOLS)} {x}")
    else:
        op = w.one(BINARY)
        if op in ("copysign", "atan2") and not bool((w.space[y].detach().double().abs() > 0).all()):
            op = "add"
        w.add(f"{w.new()} = torch.{op}({x}, {y})")


def division(w: Writer) -> None:
    x = w.floating()
    w.add(f"{w.new()} = {x} / ({w.like(x)}.abs() + 0.7)")


def comparison(w: Writer) -> None:
    x = w.floating()
    y = w.like(x)
    mask = f"{x} {w.one(('>', '<', '>=', '!='))} {w.one((y, '0.1', '0.5'))}"
    forms = ["{m}", "torch.where({m}, {x}, {y})", "torch.where({m}, {x}, 0.5)", "{x}.masked_fill({m}, 0.25)"]
    if not is_stale(w.space[x]):  # one mistake at a time: the mask may have another shape
        forms.append("{x}[{m}]")
    form = w.one(forms)
    w.add(f"{w.new()} = {form.format(m=mask, x=x, y=y)}")


def reduction(w: Writer) -> None:
    x = w.floating()
    op = w.one(REDUCTIONS)
    dim = w.dim(x)
    if (
        (op == "median" and not dense(w.space[x]))
        or (op in ("std", "var") and not w.spread(x, dim))
        or (op in ("mode", "sort") and w.space[x].numel() > 16)
    ):
        op = "amax"
    needs_dim = op in ("cumsum", "cumprod", "softmax", "log_softmax", "logsumexp", "sort", "mode")
    keep = (
        ", keepdim=True" if w.chance(0.3) and op not in ("cumsum", "cumprod", "softmax", "log_softmax", "sort") else ""
    )
    call = f"{x}.{op}()" if not needs_dim and w.chance(0.35) else f"{x}.{op}(dim={dim}{keep})"
    several = "dim" in call and op in ("max", "min", "median", "sort", "mode")
    w.add(f"{w.new()} = {call}" + (w.one(("[0]", ".values", ".indices")) if several else ""))


def moved(w: Writer) -> None:
    """Views."""
    x = w.tensor()
    t = w.space[x]
    d = w.dim(x)
    shape = list(t.shape)
    options = [
        f"{x}.unsqueeze({w.int(-t.ndim - 1, t.ndim)})", f"{x}.squeeze()", f"{x}.squeeze({d})", f"{x}.reshape(-1)",
        f"{x}.transpose({d}, {w.dim(x)})", f"{x}.view(-1)", f"{x}.flatten()", f"{x}.movedim({d}, 0)", f"{x}[...]",
        f"{x}.expand(2, *{tuple(shape)})", f"{x}.detach()", f"{x}.narrow({d}, 0, 1)", f"{x}.select({d}, 0)", f"{x}.mT",
        f"{x}.permute({', '.join(map(str, w.rng.permutation(t.ndim)))})" if t.ndim else f"{x}.permute(())",
        f"{x}.view({x}.shape)", f"{x}.swapaxes({d}, 0)", f"{x}.unflatten({d}, (-1, 1))", f"{x}.ravel()",
    ]  # fmt: skip
    if t.ndim >= 2:
        options += [f"{x}.diagonal()", f"{x}.reshape({shape[0]}, -1)", f"{x}.view(-1, {shape[-1]})"]
    if t.ndim and t.numel():
        options += [f"{x}.unfold(-1, 1, 1)", f"{x}.as_strided((1,), (1,))"]
    w.add(f"{w.new()} = {w.one(options)}")


def sliced(w: Writer) -> None:
    x = w.tensor()
    ndim = w.space[x].ndim
    items = [w.one((":", "0", "-1", "1:", ":-1", "::2", "None", "...", "0:1")) for _ in range(w.int(1, max(ndim, 1)))]
    if items.count("...") > 1:
        items = [i for i in items if i != "..."]
    w.add(f"{w.new()} = {x}[{', '.join(items) or '...'}]")


def indexed(w: Writer) -> None:
    i = w.tensor(lambda t: t.dtype == torch.int64 and t.ndim > 0)
    if i is None:
        w.index()
        return
    x = w.floating()
    d = w.dim(x)
    form = w.one(("{x}[{i}]", "{x}.index_select({d}, {i}.flatten())", "torch.gather({x}, {d}, {i}.expand_as({x}))",
                  "{x}.take({i})", "{x}[..., {i}]", "torch.take_along_dim({x}, {i})"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(x=x, i=i, d=d)}")


def joined(w: Writer) -> None:
    x = w.floating()
    y = w.tensor(lambda t: t.ndim == w.space[x].ndim and t.is_floating_point()) or x
    d = w.dim(x)
    form = w.one(("torch.cat([{x}, {y}], {d})", "torch.stack([{x}, {x}], {d})", "torch.cat([{x}, {x}])",
                  "torch.stack([{x}, {y}])", "torch.outer({x}.flatten(), {y}.flatten())", "torch.hstack([{x}, {x}])",
                  "torch.broadcast_tensors({x}, {y})[1]"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(x=x, y=y, d=d)}")


def taken_apart(w: Writer) -> None:
    x = w.tensor(lambda t: t.ndim > 0)
    if x is None:
        return
    d = w.dim(x)
    form = w.one(("{x}.unbind({d})", "{x}.chunk(2, {d})", "{x}.split(1, {d})", "torch.tensor_split({x}, 2, {d})"))
    w.add(f"{w.new()}, *rest = {form.format(x=x, d=d)}")


def product(w: Writer) -> None:
    x = w.floating(lambda t: t.ndim > 0)
    if x is None:
        return
    t = w.space[x]
    y = w.floating(lambda s: s.ndim > 0 and s.shape[-2 if s.ndim > 1 else 0] == t.shape[-1])
    form = w.one(("{x} @ {y}", "torch.matmul({x}, {y})")) if y else "{x} @ {x}.mT" if t.ndim > 1 else "{x} @ {x}"
    form = w.one((form, form, "torch.einsum('...i,...i->...', {x}, {x})", "torch.tensordot({x}, {x}, dims={n})"))
    w.add(f"{w.new()} = " + form.format(x=x, y=y, n=t.ndim))


def rearranged(w: Writer) -> None:
    x = w.floating()
    d = w.dim(x)
    form = w.one(("{x}.flip({d})", "{x}.roll(1, {d})", "{x}.repeat(2, *[1] * {x}.ndim)", "{x}.clone()",
                  "{x}.contiguous()", "torch.tril({x})", "{x}.to(torch.float32)", "{x}.double()", "{x}.int()",
                  "torch.diag_embed({x})", "torch.nn.functional.pad({x}, (1, 0))",
                  "torch.cummax({x}, {d}).values",
                  "torch.zeros_like({x})", "{x}.amin({d})", "{x}.detach().requires_grad_()", "{x}.data * 1",
                  "{x}.repeat_interleave(2, {d})", "torch.lerp({x}, {x} * 2, 0.3)", "torch.full_like({x}, 0.5)",
                  "torch.diff({x}, dim={d})"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(x=x, d=d)}")


IN_PLACE_VIEWS = ("t_()", "unsqueeze_(0)", "squeeze_()", "transpose_(0, -1)")


def turned(w: Writer) -> None:
    """In-place views."""
    leaves = w.chance(0.1)
    x = w.floating(lambda t: not t.retains_grad and (leaves or not (t.requires_grad and is_leaf(t))))
    if x is not None:
        w.add(f"{x}.{w.one(IN_PLACE_VIEWS)}")


def written(w: Writer) -> None:
    """In-place writes, into results, views and leaves."""
    x = w.floating(lambda t: not (t.requires_grad and is_leaf(t))) if w.chance(0.9) else w.floating()
    if x is None:
        return
    y = w.like(x)
    if not w.apart(x, y):
        y = x
    kind = w.int(0, 4)
    if kind == 0:
        w.add(f"{x}.{w.one(IN_PLACE_UNARY)}()")
    elif kind == 1:
        w.add(f"{x}.{w.one(IN_PLACE_BINARY)}({y})")
    elif kind == 2:
        w.add(f"{x} {w.one(('+=', '-=', '*='))} {w.one((y, w.number()))}")
    elif kind == 3:
        item = w.one(("0", "...", "-1", "1:", ":1", "..., 0", f"{x} > 0.3"))
        if w.shared(x, y):
            y = w.number()
        w.add(f"{x}[{item}] = {w.one((w.number(), y, f'{x}[{item}] * 2'))}")
    else:
        forms = ["masked_fill_({x} > 0.2, 0.5)", "clamp_(-1, 1)", "fill_(0.5)", "mul_(2)", "add_(1)",
                 "addcmul_({x}, {x}, value=0.1)", "lerp_({x} * 2, 0.5)"]  # fmt: skip
        if w.space[x].numel():
            forms.append("index_fill_(0, torch.tensor([0]), 0.5)")
        form = w.one(forms)
        w.add(f"{x}.{form.format(x=x)}")


def island(w: Writer) -> None:
    """An operation or a write under no_grad."""
    before = len(w.lines)
    inner = Writer(w.rng)
    inner.space, inner.made = dict(w.space), w.made
    kind = w.one((unary, binary, moved, sliced, written))
    kind(inner)
    for line in inner.lines:
        w.made = inner.made
        w.add(f"with torch.no_grad(): {line}")
    assert len(w.lines) >= before


def bounded(w: Writer) -> None:
    """Keeps values from growing without bounds."""
    x = w.floating(lambda t: t.numel() > 0 and bool((t.detach().abs() > 50).any()))
    if x is not None:
        w.add(f"{w.new()} = ({x} / 10).tanh()")


KINDS: list[tuple[Callable[[Writer], None], int]] = [
    (unary, 5), (safe, 5), (binary, 9), (division, 2), (comparison, 4), (reduction, 7), (moved, 8), (sliced, 6),
    (indexed, 3), (joined, 4), (taken_apart, 2), (product, 4), (rearranged, 5), (written, 9), (island, 2), (bounded, 3),
    (turned, 1), (library.several, 3), (library.layer, 4), (library.loss, 2), (library.scattered, 3),
    (library.placed, 2), (library.whole, 3), (library.complex_numbers, 2), (library.graph, 2),
]  # fmt: skip


def write_program(seed: int) -> list[str]:
    """A program of 5 to 40 operations."""
    rng = np.random.default_rng(seed)
    w = Writer(rng)
    kinds = [kind for kind, _ in KINDS]
    weights = np.array([weight for _, weight in KINDS], float)
    weights /= weights.sum()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(w.int(1, 3)):
            w.leaf()
        length = len(w.lines) + w.int(5, 40)
        while len(w.lines) < length:
            if w.chance(0.04):
                w.leaf()
            elif w.floating() is not None:
                kinds[int(rng.choice(len(kinds), p=weights))](w)
            else:
                w.leaf()
    return w.lines
