"""Writing random programs: statements over tensors whose shapes and types are known from running them as they are made.

Operands are mostly chosen so that a statement is valid, and sometimes not, since errors have to agree as well.

What is not written, because torch's answer is an accident or nobody relies on it:

- Pointwise operations on operands whose dimensions lie in memory in different orders (`Writer.alike`).  The result's
  strides then follow the first operand in torch, and NumPy's rules here; finding out would cost every operation time.
- In-place operations whose operand shares some of the memory written to, where torch does not notice
  (`Writer.apart`): the result depends on the order of its loops.
- Under `no_grad`, in-place views (`t_`, `squeeze_`) of what is recorded: torch leaves a tensor and a node that differ
  in shape, and gradients are wrong or refused by chance.
- `median` of an expanded tensor, for which torch returns uninitialised memory.
- `as_strided` of a tensor without elements: NumPy forgets where in memory an empty slice begins.
- `copysign` with the sign of a NaN, which processors choose.
- `topk` among equal elements (`Writer.distinct`): torch picks any of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

FLOATS = ("float64", "float64", "float64", "float32")
Rng = np.random.Generator


class Writer:
    """A program in the making.

    Attributes:
        lines: the statements so far.
        names: the variables so far, with what they hold under torch.
    """

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.lines: list[str] = []
        self.space: dict[str, Any] = {"torch": torch}
        self.made = 0

    # -- choices ---------------------------------------------------------------------------------------------------

    @property
    def names(self) -> list[str]:
        return [n for n, v in self.space.items() if isinstance(v, torch.Tensor)]

    def chance(self, p: float) -> bool:
        return bool(self.rng.random() < p)

    def one(self, options: Any) -> Any:
        options = list(options)
        return options[int(self.rng.integers(len(options)))]

    def int(self, low: int, high: int) -> int:
        """From low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def tensor(self, test: Callable[[Any], bool] = lambda t: True) -> str | None:
        """A variable that passes a test; newer ones are likelier."""
        found = [n for n in self.names if test(self.space[n])]
        if not found:
            return None
        weights = np.arange(1, len(found) + 1, dtype=float) ** 1.5
        return str(self.rng.choice(found, p=weights / weights.sum()))

    def floating(self, test: Callable[[Any], bool] = lambda t: True) -> str | None:
        return self.tensor(lambda t: t.is_floating_point() and test(t))

    def like(self, name: str) -> str:
        """A variable that broadcasts with another, now and then one that may not."""
        shape = self.space[name].shape

        def fits(t: Any) -> bool:
            try:
                torch.broadcast_shapes(t.shape, shape)
            except RuntimeError:
                return False
            return bool(t.is_floating_point()) and self.alike(self.space[name], t)

        return (self.tensor() if self.chance(0.04) else self.tensor(fits)) or name

    @staticmethod
    def alike(*operands: Any) -> bool:
        """Whether NumPy orders the dimensions of a pointwise result in memory as torch does."""
        if all(t.is_contiguous() for t in operands):
            return True
        tensors = [like(t) for t in operands]
        copies = [t + 0 for t in tensors]  # operands are often intermediate results
        for group in (tensors, copies, [copies[0], *tensors[1:]], [tensors[0], *copies[1:]], [tensors[0], *copies]):
            expected, got = sum(group), sum([t.numpy() for t in group])
            if any(n > 1 and s * 4 != r for n, s, r in zip(expected.shape, expected.stride(), got.strides, strict=True)):
                return False
        return True

    def apart(self, x: str, y: str) -> bool:
        """Whether a write into x may read y: they are the same, or share no memory, or torch sees that they do."""
        a, b = self.space[x], self.space[y]
        if a.untyped_storage().data_ptr() != b.untyped_storage().data_ptr() or a is b:
            return True
        if (a.data_ptr(), a.shape, a.stride()) == (b.data_ptr(), b.shape, b.stride()):
            return True
        return dense(a) and dense(b)

    def distinct(self, name: str) -> bool:
        """Whether no two elements are equal."""
        t = self.space[name].detach()
        return t.unique().numel() == t.numel()

    def dim(self, name: str) -> int:
        ndim = self.space[name].ndim
        if ndim == 0:
            return self.one((0, -1))
        return self.int(-ndim, ndim - 1) if self.chance(0.97) else ndim

    def number(self) -> str:
        return self.one(("2", "-1", "3", "0.5", "1.5", "-0.25", "0.125", "1"))

    def new(self) -> str:
        self.made += 1
        return f"t{self.made}"

    # -- writing ---------------------------------------------------------------------------------------------------

    def add(self, line: str) -> None:
        """Add a statement; it is run, and may fail."""
        before = {n: v for n, v in self.space.items() if isinstance(v, torch.Tensor)}
        error = run_statement(line, self.space)
        made = [n for n, v in self.space.items() if isinstance(v, torch.Tensor) and before.get(n) is not v]
        if all(self.alike(self.space[n]) for n in made) or error is not None:
            self.lines.append(line)
            return
        for n in made:  # it is left out
            self.space.pop(n)
        self.space.update(before)

    def leaf(self) -> None:
        """A new tensor."""
        shape = tuple(self.one((1, 2, 2, 3, 3, 4)) for _ in range(self.int(0, 3)))
        if self.chance(0.03):
            shape = (*shape, 0)
        size = int(np.prod(shape))
        steps = self.rng.permutation(size) - size // 2
        if self.chance(0.15):
            steps = steps // 3  # ties
        values = np.round(steps * 0.37 + 0.21, 2).reshape(shape).tolist()
        dtype = self.one(FLOATS)
        required = ", requires_grad=True" if self.chance(0.75) else ""
        self.add(f"{self.new()} = torch.tensor({values}, dtype=torch.{dtype}{required})")

    def index(self) -> None:
        shape = (self.int(1, 4),) if self.chance(0.7) else (2, 2)
        values = self.rng.integers(0, 2, shape).tolist()
        self.add(f"{self.new()} = torch.tensor({values})")


def like(t: Any) -> Any:
    """A tensor of float32 in the same place of memory of its own."""
    span = 1 + sum((n - 1) * s for n, s in zip(t.shape, t.stride(), strict=True)) if t.numel() else 0
    return torch.zeros(span).as_strided(t.shape, t.stride())


def dense(t: Any) -> bool:
    """Whether the elements fill a stretch of memory, in any order of dimensions; only then torch sees overlaps."""
    reach = 1
    for s, n in sorted((s, n) for s, n in zip(t.stride(), t.shape, strict=True) if n != 1):
        if s != reach:
            return False
        reach *= n
    return True


def run_statement(line: str, space: dict[str, Any]) -> BaseException | None:
    """Run one statement in a namespace; the exception that it raised, if it did."""
    try:
        exec(line, space)  # noqa: S102 - the statements are ours
    except Exception as error:
        return error
    return None


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
                  "torch.nn.functional.gelu({x})", "torch.nn.functional.softplus({x})", "{x}.nan_to_num()",
                  "torch.nn.functional.leaky_relu({x})", "torch.nn.functional.silu({x})"))  # fmt: skip
    w.add(f"{w.new()} = {text.format(x=x)}")


def binary(w: Writer) -> None:
    x = w.floating()
    y = w.like(x) if w.chance(0.8) else w.number()
    if w.chance(0.6) or not y.startswith("t"):
        w.add(f"{w.new()} = {x} {w.one(SYMBOLS)} {y}" if w.chance(0.8) else f"{w.new()} = {y} {w.one(SYMBOLS)} {x}")
    else:
        op = w.one(BINARY)
        if op == "copysign" and w.space[y].isnan().any():
            op = "add"
        w.add(f"{w.new()} = torch.{op}({x}, {y})")


def division(w: Writer) -> None:
    x = w.floating()
    w.add(f"{w.new()} = {x} / ({w.like(x)}.abs() + 0.7)")


def comparison(w: Writer) -> None:
    x = w.floating()
    y = w.like(x)
    mask = f"{x} {w.one(('>', '<', '>=', '!='))} {w.one((y, '0.1', '0.5'))}"
    form = w.one(("{m}", "torch.where({m}, {x}, {y})", "torch.where({m}, {x}, 0.5)", "{x}.masked_fill({m}, 0.25)",
                  "{x}[{m}]"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(m=mask, x=x, y=y)}")


def reduction(w: Writer) -> None:
    x = w.floating()
    op = w.one(REDUCTIONS)
    if op == "median" and not dense(w.space[x]):
        op = "amax"
    needs_dim = op in ("cumsum", "cumprod", "softmax", "log_softmax", "logsumexp", "sort", "mode")
    dim = w.dim(x)
    keep = ", keepdim=True" if w.chance(0.3) and op not in ("cumsum", "cumprod", "softmax", "log_softmax", "sort") else ""
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
                  "torch.diag_embed({x})", "torch.nn.functional.pad({x}, (1, 0))", "torch.cummax({x}, {d}).values",
                  "torch.zeros_like({x})", "{x}.topk(1, {d}).values" if w.distinct(x) else "{x}.amax({d})", "{x}.detach().requires_grad_()", "{x}.data",
                  "{x}.repeat_interleave(2, {d})", "torch.lerp({x}, {x} * 2, 0.3)", "torch.full_like({x}, 0.5)",
                  "torch.diff({x}, dim={d})"))  # fmt: skip
    w.add(f"{w.new()} = {form.format(x=x, d=d)}")


def is_leaf(t: Any) -> bool:
    try:
        return bool(t.is_leaf)
    except RuntimeError:  # a view whose history cannot be told
        return False


IN_PLACE_VIEWS = ("t_()", "unsqueeze_(0)", "squeeze_()", "transpose_(0, -1)")


def turned(w: Writer) -> None:
    """In-place views."""
    x = w.floating(lambda t: not (t.requires_grad and is_leaf(t))) if w.chance(0.9) else w.floating()
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
        w.add(f"{x}[{item}] = {w.one((w.number(), y, f'{x}[{item}] * 2'))}")
    else:
        form = w.one(("masked_fill_({x} > 0.2, 0.5)", "clamp_(-1, 1)", "fill_(0.5)", "mul_(2)", "add_(1)",
                      "index_fill_(0, torch.tensor([0]), 0.5)",
                      "addcmul_({x}, {x}, value=0.1)", "lerp_({x} * 2, 0.5)"))  # fmt: skip
        w.add(f"{x}.{form.format(x=x)}")


def island(w: Writer) -> None:
    """An operation or a write under no_grad."""
    before = len(w.lines)
    inner = Writer(w.rng)
    inner.space, inner.made = dict(w.space), w.made
    w.one((unary, binary, moved, sliced, written))(inner)
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
    (turned, 1),
]  # fmt: skip


def write_program(seed: int) -> list[str]:
    """A program of 5 to 40 operations."""
    import warnings

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
