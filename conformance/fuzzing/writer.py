"""The writer of a random program: its choices, and what it has made so far.

What is not written, because torch's answer is an accident or nobody relies on it:

- Pointwise operations on operands whose dimensions lie in memory in different orders (`Writer.alike`).  The result's
  strides then follow the first operand in torch, and NumPy's rules here; finding out would cost every operation time.
- In-place operations whose operand shares some of the memory written to, where torch does not notice
  (`Writer.apart`): the result depends on the order of its loops.
- Assignments `x[...] = y` of the memory of x itself, which torch lets pass if the strides agree after all its steps,
  those of dimensions of length 1 included; and writes into `view_as_real`, whose node keeps its name in torch.
- In-place views of a tensor whose gradient is retained: torch leaves the note at the old node, and fails an assertion
  of its own at the next write.
- Under `no_grad`, in-place views (`t_`, `squeeze_`) of what is recorded: torch leaves a tensor and a node that differ
  in shape, and gradients are wrong or refused by chance.
- `std` of elements that are all equal (`Writer.spread`), whose derivative hangs on whether rounding leaves exactly 0,
  and normalisation of these, which divides rounding errors by the square root of `eps`; `std` and `var` of a single
  one, which is NaN: torch's derivatives that are zero everywhere, as that of `sgn`, are symbols, which stay zero when
  they are multiplied by NaN.
- `median` of an expanded tensor, for which torch returns uninitialised memory.
- `index_fill_` of a tensor without elements: whether torch refuses the index or the memory depends on what else lies
  there.
- `as_strided` of a tensor without elements: NumPy forgets where in memory an empty slice begins.
- `copysign` and `atan2` with the sign of a NaN or of zero, which depends on how sums were added up.
- `topk` among equal elements (`Writer.distinct`) and `mode` and `sort` of more than 16: torch picks any.
- `gelu` in single precision, which loses half of its digits in torch where it is nearly 0.
- Layers without a second derivative in torch (`hardsigmoid`, the fused attention).
- Derivatives recorded of what `layer_norm` and `batch_norm` gave: torch's third derivatives of these are wrong (it
  takes the mean and the deviation that it saved for constants; `group_norm` shows the right ones).
- Hooks on views that nobody has asked for their node since their base was written into, or that were made under
  `no_grad`: torch comes down with a segmentation fault.
- `backward()` through an operation on nothing but views made under `no_grad` (`has_dead_end`): torch keeps what its
  derivative would read, and refuses if that was written into, although nobody receives a gradient; here nothing is
  kept, and nothing refused.
- Writes into `x.data`, of which autograd is not told: what an operation had kept of x is then the user's business.
- The memory of a gradient: it is copied before it is used, since in what order of dimensions torch adds it up, and how
  often it writes into it meanwhile, is left to its engine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

FLOATS = ("float64", "float64", "float64", "float32")
LARGEST = 2000  # elements of a tensor
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
            return bool(t.is_floating_point()) and broadcast(t.shape, shape) and self.alike(self.space[name], t)

        def any_shape(t: Any) -> bool:
            return not t.is_complex() and (not broadcast(t.shape, shape) or self.alike(self.space[name], t))

        return self.tensor(any_shape if self.chance(0.04) else fits) or name

    @staticmethod
    def alike(*operands: Any) -> bool:
        """Whether NumPy orders the dimensions of a pointwise result in memory as torch does."""
        if all(t.stride() == contiguous_strides(t.shape) for t in operands):  # in dimensions of length 1, too
            return True
        tensors = [like(t) for t in operands]
        copies = [t + 0 for t in tensors]  # operands are often intermediate results
        groups = [tensors, copies, [copies[0], *tensors[1:]], [tensors[0], *copies[1:]], [tensors[0], *copies]]
        for group in (*groups, *[group[::-1] for group in groups]):
            expected, got = sum(group), sum([t.numpy() for t in group])
            if any(
                n > 1 and s * 4 != r for n, s, r in zip(expected.shape, expected.stride(), got.strides, strict=True)
            ):
                return False
        return True

    def shared(self, x: str, y: str) -> bool:
        """Whether two variables show the same memory."""
        a, b = self.space[x].untyped_storage(), self.space[y].untyped_storage()
        return bool(a.data_ptr() == b.data_ptr())

    def apart(self, x: str, y: str) -> bool:
        """Whether a write into x may read y: they are the same, or share no memory, or torch sees that they do."""
        a, b = self.space[x], self.space[y]
        if not self.shared(x, y) or a is b:
            return True
        if (a.data_ptr(), a.shape) == (b.data_ptr(), b.shape):
            if a.stride() == b.stride():
                return True
            if all(n == 1 or r == s for n, r, s in zip(a.shape, a.stride(), b.stride(), strict=True)):
                return False  # to torch it is not the same
        return dense(a) and dense(b)

    def distinct(self, name: str) -> bool:
        """Whether no two elements are equal, and none is NaN."""
        t = self.space[name].detach()
        return not t.isnan().any() and t.unique().numel() == t.numel()

    def spread(self, name: str, dim: int, rows: int | None = None) -> bool:
        """Whether elements differ by more than rounding explains, as a whole and along each line of a dimension.

        Args:
            rows: the tensor is taken as a matrix, whose rows are so long.
        """
        t = self.space[name].detach().double()
        if rows is not None:
            t = t.reshape(-1, rows)
        if not t.numel() or not -t.ndim <= dim < t.ndim:
            return bool(t.numel() != 1)
        if t.shape[dim] == 1:
            return False
        least = torch.minimum(t.std(dim, correction=0).min(), t.std(correction=0))
        return bool(least > 1e-6 * t.abs().max())

    def dim(self, name: str) -> int:
        ndim = self.space[name].ndim
        if ndim == 0:
            return self.one((0, -1))
        if self.chance(0.97) or is_stale(self.space[name]):  # one mistake at a time: which is found first is no matter
            return self.int(-ndim, ndim - 1)
        return int(ndim)

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
        fine = all(self.space[n].numel() <= LARGEST and self.alike(self.space[n]) for n in made)
        if fine or error is not None:
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


def contiguous_strides(shape: Any) -> tuple[int, ...]:
    """The strides of a new tensor."""
    strides = [1]
    for n in reversed(shape[1:]):
        strides.append(strides[-1] * max(n, 1))
    return tuple(reversed(strides)) if shape else ()


def broadcast(a: Any, b: Any) -> bool:
    """Whether two shapes go together."""
    try:
        np.broadcast_shapes(a, b)
    except ValueError:
        return False
    return True


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
        exec(line, space)
    except Exception as error:
        return error
    return None


def is_leaf(t: Any) -> bool:
    """Whether a tensor is a leaf; False of a view whose history cannot be told."""
    try:
        return bool(t.is_leaf)
    except RuntimeError:
        return False


def is_stale(t: Any) -> bool:
    """Whether a tensor is a view whose base was written into and that cannot follow."""
    try:
        t.grad_fn  # noqa: B018 - the question itself is refused
    except RuntimeError:
        return True
    return False


def nodes_behind(t: Any) -> set[Any]:
    """The nodes of the graph behind a tensor."""
    todo, seen = [None if is_stale(t) else t.grad_fn], set()
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [n for n, _ in node.next_functions]
    return seen


def has_dead_end(t: Any) -> bool:
    """Whether some operation behind a tensor has inputs that require gradients, but none that receives one."""
    edges = [[n for n, _ in node.next_functions] for node in nodes_behind(t)]
    return any(ends and not any(ends) for ends in edges)
