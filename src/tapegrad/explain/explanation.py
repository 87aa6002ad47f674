"""`tapegrad.explain`: a backward pass as text, picture, page or JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final

import numpy as np

from ..autograd.node import Port
from ..autograd.passes import _as_tuple, _cotangents, edge_of
from ..errors import NoGradientError
from ..serialization.saving import replacing
from ..tensor.tensor import Tensor
from .building import Builder
from .model import Model
from .naming import names_from
from .text import MOST_ROWS, as_text
from .walking import walk


class Explanation:
    """What `explain` found.  `print` it, save it, or let a notebook show it.

    It holds text and numbers only: no tensor and no part of the graph is kept alive by it.
    """

    def __init__(self, model: Model) -> None:
        self._model = model

    def json(self) -> Model:
        """The model that everything is drawn from, as dictionaries and lists; `explain/model.py` says what is where."""
        return self._model

    def text(self, most: int = MOST_ROWS) -> str:
        """A table of the steps, in the order in which the engine takes them; above `most` rows groups are folded."""
        return as_text(self._model, most)

    def dot(self, most: int = 300) -> str:
        """The graph in the language of Graphviz; above `most` items groups are folded."""
        from .dot import as_dot

        return as_dot(self._model, most)

    def svg(self, most: int = 60) -> str:
        """The graph as a picture; above `most` items groups are folded."""
        from .svg import as_svg

        return as_svg(self._model, most)

    def html(self) -> str:
        """A page to click through, in one file that needs no network."""
        from .page import render  # what it reads from disk is needed for pages only

        return render(self._model)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write a file, of the kind that its suffix says: .html, .svg, .dot, .gv, .json or .txt.

        Raises:
            ValueError: the suffix is none of these.
        """
        path = Path(path)
        text = self.written_as(kind_of(path))
        with replacing(path) as file:
            file.write(text.encode())
        return path

    def written_as(self, kind: str) -> str:
        """The explanation as 'html', 'svg', 'dot', 'json' or 'text'."""
        if kind == "json":
            return json.dumps(self._model, ensure_ascii=False)
        written: str = getattr(self, kind)()
        return written

    def __str__(self) -> str:
        return self.text()

    __repr__ = __str__

    def _repr_svg_(self) -> str:
        return self.svg()


# By suffix.
KINDS: Final = {"html": "html", "htm": "html", "svg": "svg", "dot": "dot", "gv": "dot", "json": "json", "txt": "text"}


def kind_of(path: Path) -> str:
    """The kind of file that a suffix stands for.

    Raises:
        ValueError: it stands for none.
    """
    kind = KINDS.get(path.suffix[1:].lower())
    if kind is None:
        raise ValueError(f"{path.name!r} has none of the suffixes {', '.join('.' + suffix for suffix in KINDS)}")
    return kind


def explanation_of(
    loss: Any, grad: Any, names: Mapping[str, Any] | None, model: Any, frame: FrameType | None
) -> Explanation:
    """See `explain`; `frame` is where the user's program called it."""
    outputs = _as_tuple(loss)
    for i, t in enumerate(outputs):
        _check(t, i)
    cotangents = _cotangents(outputs, grad)
    roots = [(edge_of(t), g._data, t) for t, g in zip(outputs, cotangents, strict=True) if g is not None]
    known = names_from(frame, names, model)
    builder = Builder(known)
    for edge, g, t in roots:
        builder.enter(edge, g, t)
    walk([(edge, g) for edge, g, _ in roots], builder.ran)
    return Explanation(builder.finish(_title(outputs, known)))


def _title(outputs: Sequence[Any], names: Any) -> str:
    shown = []
    for t in outputs:
        end = t._fn.node if t._fn.__class__ is Port else t._fn
        name = names.of_leaf(t)[0] if end is None else names.of_result(end)
        shown.append(name or ("a leaf" if end is None else end.name()))
    return ", ".join(shown)


def _check(t: Any, i: int) -> None:
    """Refuse what has no backward pass, and say why."""
    if not isinstance(t, Tensor):
        raise TypeError(f"explain() takes a tensor, or a sequence of tensors, not {type(t).__name__}")
    if not isinstance(t._data, np.ndarray):
        raise RuntimeError("explain() cannot look into vmap. Call it on the result, or on the function without vmap.")
    if not t.requires_grad:
        dtype = str(t.dtype)
        if t.dtype.category < 2:
            why = (
                f"Found: a tensor of {dtype}, and integers have no derivative. Explain a floating-point result: what"
                " comes out of argmax, comparisons, .long() and indices is cut off from what it was computed from."
            )
        else:
            why = (
                "Found: a tensor without history, so there is no backward pass to explain. Make the parameters with"
                " requires_grad=True before computing the result from them, outside of torch.no_grad() and without"
                " .detach(), .item() or .data on the way; tapegrad.why(tensor) looks for the cause."
            )
        raise NoGradientError(f"element {i} of tensors does not require grad and does not have a grad_fn", why)
