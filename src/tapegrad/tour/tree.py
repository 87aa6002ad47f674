"""A backward graph as a tree of text, read off the `grad_fn`s themselves.

Example:
    >>> import tapegrad as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> print(draw((x * x).sum().grad_fn, {"x": x}))
    SumBackward0
    └─ MulBackward0
       ├─ AccumulateGrad → x.grad
       └─ AccumulateGrad → x.grad
"""

from collections.abc import Mapping
from typing import Any


def draw(node: Any, names: Mapping[str, object], most_lines: int = 40) -> str:
    """Draw what `backward()` would visit, from `node`, a tensor's `grad_fn`, to the leaves.

    Args:
        node: where the backward pass starts.
        names: variables by name; a leaf among them is shown by its name, any other by its shape.
        most_lines: where the drawing stops, with a line that says so.

    A node that several others lead to is followed only once and marked '(again)' thereafter. Paths into tensors that
    want no gradient are left out: nothing is computed there.
    """
    leaves = {id(value): name for name, value in names.items()}
    lines: list[str] = []
    seen: set[int] = set()
    # A stack in place of recursion: graphs are as deep as programs are long. It keeps every node alive while its id
    # is in `seen`.
    alive: list[Any] = []
    waiting = [(node, "", "")]
    while waiting:
        current, branch, indent = waiting.pop()
        if len(lines) == most_lines:
            lines.append(f"{indent}… and so on")
            break
        label, is_leaf = _label(current, leaves)
        children = [] if is_leaf else [before for before, _ in current.next_functions if before is not None]
        if children and id(current) in seen:
            label, children = f"{label} (again)", []
        lines.append(branch + label)
        seen.add(id(current))
        alive.append(current)
        for position, child in reversed(list(enumerate(children, start=1))):
            last = position == len(children)
            waiting.append((child, indent + ("└─ " if last else "├─ "), indent + ("   " if last else "│  ")))
    return "\n".join(lines)


def _label(node: Any, leaves: Mapping[int, str]) -> tuple[str, bool]:
    """What to call a node, and whether the tape ends there."""
    name = node.name().removeprefix("torch::autograd::")
    if name != "AccumulateGrad":
        return name, False
    leaf = node.variable
    return f"{name} → {leaves.get(id(leaf), f'a leaf of shape {tuple(leaf.shape)}')}.grad", True
