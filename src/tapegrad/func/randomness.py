"""Random numbers inside of `vmap`: refused, the same for all rows, or different ones.

"Same" numbers are drawn for a single row.  "Different" ones are drawn at once, for a tensor with the rows as its first
dimension, as torch does.  Levels are gone through from the innermost to the outermost; one that has been dealt with is
`drawing`.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from typing import Any, Final

import numpy as np

from ..autograd.views import check_write, wrote
from ..tensor.rows import Unbatchable, running
from ..tensor.tensor import REQUIRES_GRAD, Tensor, new_tensor
from .levels import Level, array_without_rows, enter, has_rows, leave

Draw = Callable[..., Any]

_REFUSED: Final = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' or 'different'"
    " randomness flags on vmap or perform the randomness operation out of vmap"
)


def draw(kind: str, function: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call a random function (see `random/mapped.py` for its kind) as the levels that are running have it.

    Raises:
        RuntimeError: one of them refuses random functions; or the numbers are to be the same for all rows, and their
            parameters are not; or different, and the tensor to be overwritten is the same for all.
    """
    pending = [level for level in running[get_ident()] if not level.drawing]
    if not pending:
        return function(*args, **kwargs)
    if any(level.randomness == "error" for level in pending):
        raise RuntimeError(_REFUSED)
    level = pending[-1]
    level.drawing = True
    try:
        if level.randomness == "same" and not level.looping and kind == "tensors":
            if any(isinstance(x, Tensor) and has_rows(x, level) for x in (*args, *kwargs.values())):
                raise RuntimeError(
                    "Vmap does not currently support same randomness with a batched tensor input. Please file an issue"
                    " with functorch: the parameters of the random numbers differ by row; write randomness='different'"
                )
        if level.randomness == "same" or level.looping:
            return draw(kind, function, args, kwargs)

        def outer(*args: Any, **kwargs: Any) -> Any:
            return draw(kind, function, args, kwargs)

        return _DIFFERENT[kind](level, outer, args, kwargs)
    finally:
        level.drawing = False


def check_drawing() -> None:
    """Called by whatever draws numbers without having gone through `draw`.

    Raises:
        RuntimeError: a level refuses random functions.
        Unbatchable: the numbers have to be drawn for each row apart.
    """
    for level in running.get(get_ident(), ()):
        if not level.drawing:
            if level.randomness == "error":
                raise RuntimeError(_REFUSED)
            if level.randomness == "different" and not level.looping:
                raise Unbatchable("a random number")


def mask_with_rows(function: Draw, array: Any, shape: tuple[int, ...], p: float) -> Any:
    """`random.sampling.dropout_mask` as the levels that are running have it."""

    def as_tensor(x: Tensor, shape: tuple[int, ...]) -> Tensor:
        return new_tensor(function(x._data, shape, p))

    found: Tensor = draw("mask", as_tensor, (new_tensor(array), shape), {})
    return found._data


# -- different numbers -------------------------------------------------------------------------------------------------


def _of_size(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """A size among the arguments: with the rows in front of it."""
    if kwargs.get("out") is not None:
        raise Unbatchable("a random number written into out=")
    given = list(args)
    if kwargs.get("size") is not None:
        kwargs = dict(kwargs, size=(level.size, *kwargs["size"]))
    else:
        place = next((i for i, x in enumerate(given) if isinstance(x, (tuple, list))), None)
        if place is None:
            given.insert(0, level.size)
        else:
            given[place] = (level.size, *given[place])
    return enter(draw(*given, **kwargs), level, 0)


def _permutations(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """One permutation after the other."""
    from ..ops.joining import stack

    return enter(stack([draw(*args, **kwargs) for _ in range(level.size)]), level, 0)


def _plain(x: Tensor, level: Level) -> Tensor:
    """A tensor with its rows as the first dimension, without history."""
    return new_tensor(array_without_rows(x._data, level))


def _like(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Numbers in the shape of a tensor."""
    if kwargs.get("input") is not None:
        args, kwargs = (kwargs["input"], *args), {k: v for k, v in kwargs.items() if k != "input"}
    return enter(draw(_plain(args[0], level), *args[1:], **kwargs), level, 0)


def _of_tensors(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Tensors as parameters, which broadcast."""
    tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
    if not tensors:
        return _of_size(level, draw, args, kwargs)
    if kwargs.get("out") is not None:
        raise Unbatchable("a random number written into out=")
    rank = max([x._data.ndim for x in tensors])

    def physical(x: Any) -> Any:
        if not isinstance(x, Tensor):
            return x
        whole = leave(x, level, 0)
        missing = rank - x._data.ndim
        return whole.reshape(level.size, *(1,) * missing, *x._data.shape) if missing else whole

    given, named = [physical(x) for x in args], {name: physical(x) for name, x in kwargs.items()}
    first: Any = given[0] if given else None
    if "num_samples" in kwargs or (len(tensors) == 1 and isinstance(first, Tensor) and _is_multinomial(args)):
        lead = first._data.shape[:-1]
        found = draw(first.reshape(-1, first._data.shape[-1]), *given[1:], **named)
        return enter(found.reshape(*lead, found._data.shape[-1]), level, 0)
    return enter(draw(*given, **named), level, 0)


def _is_multinomial(args: tuple[Any, ...]) -> bool:
    """Whether a tensor and a number of samples were given."""
    return len(args) > 1 and isinstance(args[1], int) and not isinstance(args[1], bool)


def _in_place(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Numbers written into a tensor."""
    self: Tensor = args[0]
    if not has_rows(self, level):
        raise RuntimeError(
            "vmap: Cannot ask for different inplace randomness on an unbatched tensor. This will appear like same"
            " randomness. If this is necessary for your usage, please file an issue with functorch: the tensor to be"
            " overwritten is the same for all rows; write torch.rand_like(x) for a tensor x that is not"
        )
    check_write(self)
    others = [_plain(x, level) if isinstance(x, Tensor) else x for x in args[1:]]
    named = {name: _plain(x, level) if isinstance(x, Tensor) else x for name, x in kwargs.items()}
    whole = _plain(self, level)
    if self._flags & REQUIRES_GRAD:  # the old history ends here, as copy_ records it
        drawn = draw(new_tensor(np.copy(whole._data)), *others, **named)
        return self.copy_(enter(drawn, level, 0))
    draw(whole, *others, **named)
    wrote(self)
    return self


def _mask(level: Level, draw: Draw, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """A mask of a shape for a tensor."""
    x, shape = args
    return enter(draw(_plain(x, level), (level.size, *shape)), level, 0)


_DIFFERENT: Final[dict[str, Any]] = {
    "in place": _in_place,
    "like": _like,
    "mask": _mask,
    "permutation": _permutations,
    "size": _of_size,
    "tensors": _of_tensors,
}
