"""Samples of shape.py, permuting.py, expanding.py, windows.py, diagonals.py and rearranging.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import Sample, normal

m, v, s, y = normal(2, 3), normal(6, seed=1), normal(seed=2), normal(2, 3, 4, seed=3)


def of(name: str, call: Callable[[Any, Any], Any], x: Any) -> Sample:
    """A call on one tensor that is linear in it, so that its second derivative is 0; squared, it is not."""
    return Sample(name, lambda torch, a: call(torch, a) ** 2, (x,))


SAMPLES = [
    of("view", lambda torch, x: x.view(3, 2), m),
    of("view: tuple and -1", lambda torch, x: x.view((-1, 2)), v),
    of("view: 0-d", lambda torch, x: x.view(1, 1), s),
    of("view: empty", lambda torch, x: x.view(0, 5), normal(0, 3)),
    of("view_as", lambda torch, x: x.view_as(torch.zeros(6)), m),
    of("reshape", lambda torch, x: torch.reshape(x, (3, -1)), m),
    of("reshape: copied", lambda torch, x: x.t().reshape(6), m),
    of("reshape: number of sizes", lambda torch, x: x.reshape(1, 6), m),
    of("reshape_as", lambda torch, x: x.reshape_as(torch.zeros(3, 2)), m),
    of("flatten", lambda torch, x: x.flatten(1), y),
    of("flatten: 0-d", lambda torch, x: torch.flatten(x), s),
    of("unflatten", lambda torch, x: x.unflatten(-1, (2, -1)), y),
    of("ravel", lambda torch, x: x.transpose(0, 2).ravel(), y),
    of("contiguous", lambda torch, x: x.t().contiguous(), m),
    of("transpose", lambda torch, x: torch.transpose(x, 0, -1), y),
    of("swapaxes", lambda torch, x: x.swapaxes(1, 2), y),
    of("swapdims", lambda torch, x: torch.swapdims(x, 1, 2), y),
    of("t", lambda torch, x: x.t(), m),
    of("t: vector", lambda torch, x: torch.t(x), v),
    of("T", lambda torch, x: x.T, m),
    of("mT", lambda torch, x: x.mT, y),
    of("H", lambda torch, x: x.H, m),
    of("mH", lambda torch, x: x.mH, y),
    of("adjoint", lambda torch, x: torch.adjoint(x), y),
    of("permute", lambda torch, x: x.permute(2, 0, 1), y),
    of("permute: tuple", lambda torch, x: torch.permute(x, (1, -1, 0)), y),
    of("movedim", lambda torch, x: x.movedim(0, -1), y),
    of("movedim: several", lambda torch, x: torch.movedim(x, (0, 1), (2, 0)), y),
    of("moveaxis", lambda torch, x: torch.moveaxis(x, 2, 0), y),
    of("squeeze", lambda torch, x: x.squeeze(), normal(1, 2, 1)),
    of("squeeze: dim", lambda torch, x: x.squeeze(-1), normal(1, 2, 1)),
    of("squeeze: dims", lambda torch, x: torch.squeeze(x, (0, 1)), normal(1, 2, 1)),
    of("unsqueeze", lambda torch, x: x.unsqueeze(1), m),
    of("unsqueeze: 0-d", lambda torch, x: torch.unsqueeze(x, -1), s),
    of("atleast_1d", lambda torch, x: torch.atleast_1d(x), s),
    of("atleast_2d", lambda torch, x: torch.atleast_2d(x), v),
    of("atleast_3d", lambda torch, x: torch.atleast_3d(x), m),
    of("expand", lambda torch, x: x.expand(4, 2, 3), m),
    of("expand: column", lambda torch, x: x.expand(-1, 3), normal(2, 1)),
    of("expand: 0-d", lambda torch, x: x.expand(2, 2), s),
    of("expand: to nothing", lambda torch, x: x.expand(0, 2, 3), m),
    of("expand_as", lambda torch, x: x.expand_as(torch.zeros(2, 2, 3)), m),
    of("broadcast_to", lambda torch, x: torch.broadcast_to(x, (2, 2, 3)), m),
    Sample(
        "broadcast_tensors",
        lambda torch, a, b: [t**2 for t in torch.broadcast_tensors(a, b)],
        (normal(2, 1), normal(3, seed=1)),
    ),
    of("unfold", lambda torch, x: x.unfold(2, 2, 1), y),
    of("unfold: steps", lambda torch, x: x.unfold(0, 3, 2), v),
    of("unfold: 0-d", lambda torch, x: x.unfold(0, 1, 1), s),
    of("as_strided", lambda torch, x: x.as_strided((2, 2), (1, 2), 1), v),
    of("as_strided: overlapping", lambda torch, x: torch.as_strided(x, (3, 3), (1, 1)), v),
    of("diagonal", lambda torch, x: x.diagonal(), m),
    of("diagonal: dims", lambda torch, x: torch.diagonal(x, 1, 0, 2), y),
    of("diag: of a matrix", lambda torch, x: x.diag(1), m),
    of("diag: of a vector", lambda torch, x: torch.diag(x, -1), v),
    of("diag_embed", lambda torch, x: torch.diag_embed(x, 1, 0, 2), m),
    of("diagflat", lambda torch, x: x.diagflat(), m),
    of("tril", lambda torch, x: x.tril(), y),
    of("tril: diagonal", lambda torch, x: torch.tril(x, 1), m),
    of("triu", lambda torch, x: x.triu(-1), y),
    of("flip", lambda torch, x: x.flip(0, 2), y),
    of("fliplr", lambda torch, x: x.fliplr(), m),
    of("flipud", lambda torch, x: torch.flipud(x), m),
    of("roll", lambda torch, x: x.roll(1), m),
    of("roll: dims", lambda torch, x: torch.roll(x, (1, -2), (0, 2)), y),
    of("rot90", lambda torch, x: x.rot90(), m),
    of("rot90: twice", lambda torch, x: torch.rot90(x, 2, (1, 2)), y),
    of("rot90: backwards", lambda torch, x: torch.rot90(x, -1, [0, 2]), y),
    of("repeat", lambda torch, x: x.repeat(2, 1, 3), m),
    of("repeat: no times", lambda torch, x: x.repeat(0, 2), m),
    of("tile", lambda torch, x: torch.tile(x, (2,)), m),
    of("repeat_interleave", lambda torch, x: x.repeat_interleave(2), m),
    of("repeat_interleave: dim", lambda torch, x: torch.repeat_interleave(x, 3, 1), m),
    of("repeat_interleave: counts", lambda torch, x: x.repeat_interleave(torch.tensor([2, 0, 1]), dim=1), m),
    *[
        of(name, call, m)
        for name, call in {
            "alias_copy": lambda torch, x: torch.alias_copy(x),
            "as_strided_copy": lambda torch, x: torch.as_strided_copy(x, (2, 2), (1, 2)),
            "diagonal_copy": lambda torch, x: torch.diagonal_copy(x),
            "expand_copy": lambda torch, x: torch.expand_copy(x, (2, 2, 3)),
            "narrow_copy": lambda torch, x: torch.narrow_copy(x, 1, 0, 2),
            "permute_copy": lambda torch, x: torch.permute_copy(x, (1, 0)),
            "select_copy": lambda torch, x: torch.select_copy(x, 0, 1),
            "slice_copy": lambda torch, x: torch.slice_copy(x, 1, 0, 3, 2),
            "squeeze_copy": lambda torch, x: torch.squeeze_copy(x),
            "t_copy": lambda torch, x: torch.t_copy(x),
            "transpose_copy": lambda torch, x: torch.transpose_copy(x, 0, 1),
            "unfold_copy": lambda torch, x: torch.unfold_copy(x, 1, 2, 1),
            "unsqueeze_copy": lambda torch, x: torch.unsqueeze_copy(x, 0),
            "view_copy": lambda torch, x: torch.view_copy(x, (6,)),
        }.items()
    ],
]
