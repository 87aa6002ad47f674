"""Sums of products in Einstein's notation.

Every operand is brought to one order of dimensions - those of the output, then those to be summed - with length 1 where
it lacks one.  Then the operands are multiplied from left to right, each pair as a batch of matrix products.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod as size_of
from typing import Any

import numpy as np

from ..tensor.tensor import Tensor
from .products import bmm

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ELLIPSIS = -1  # among labels, which otherwise are places in LETTERS

Labels = list[int]
Ints = tuple[int, ...]
Shapes = tuple[Ints, ...]

# -- notation ----------------------------------------------------------------------------------------------------------


def _parse_term(equation: str, start: int, stop: int, whose: str) -> Labels:
    """The labels of one operand (or of the output), which is equation[start:stop]."""
    labels: Labels = []
    i = start
    while i < stop:
        character = equation[i]
        if character == " ":
            i += 1
        elif character == ".":
            if ELLIPSIS in labels:
                raise RuntimeError(f"einsum(): found '.' for {whose} for which an ellipsis was already found")
            if equation[i : min(i + 3, stop)] != "...":
                raise RuntimeError(f"einsum(): found '.' for {whose} that is not part of any ellipsis")
            labels.append(ELLIPSIS)
            i += 3
        elif character in LETTERS:
            labels.append(LETTERS.index(character))
            i += 1
        else:
            raise RuntimeError(
                f"einsum(): invalid subscript given at index {i} in the equation string, subscripts must be in [a-zA-Z]"
            )
    return labels


@lru_cache(maxsize=256)
def _parse(equation: str) -> tuple[list[Labels], Labels | None]:
    """The labels of the operands, and those of the output if there is an arrow."""
    arrow = equation.find("->")
    end = len(equation) if arrow < 0 else arrow
    terms: list[Labels] = []
    start = 0
    while True:
        comma = equation.find(",", start, end)
        stop = end if comma < 0 else comma
        terms.append(_parse_term(equation, start, stop, f"operand {len(terms)}"))
        if comma < 0:
            break
        start = stop + 1
    if arrow < 0:
        return terms, None
    return terms, _parse_term(equation, arrow + 2, len(equation), "the output")


def _sublist(labels: Any) -> Labels:
    found: Labels = []
    for label in labels:
        if label is Ellipsis:
            found.append(ELLIPSIS)
        elif 0 <= label < len(LETTERS):
            found.append(label)
        else:
            raise ValueError("einsum(): subscript in subscript list is not within the valid range [0, 52)")
    return found


def _arguments(args: tuple[Any, ...]) -> tuple[list[Tensor], list[Labels], Labels | None]:
    """Operands and labels of either form of the call."""
    if len(args) < 2:
        raise ValueError(
            "einsum(): must specify the equation string and at least one operand, or at least one operand and its"
            " subscripts list"
        )
    if isinstance(args[0], Tensor):
        operands, terms = list(args[:-1:2]), [_sublist(labels) for labels in args[1::2]]
        output = _sublist(args[-1]) if len(args) % 2 else None
    else:
        operands = list(args[1]) if len(args) == 2 and isinstance(args[1], (tuple, list)) else list(args[1:])
        terms, output = _parse(args[0])
    for i, operand in enumerate(operands):
        if not isinstance(operand, Tensor):
            raise TypeError(f"expected Tensor as element {i} in argument 1, but got {type(operand).__name__}")
    if len(terms) != len(operands):
        more = "more" if len(operands) > len(terms) else "fewer"
        raise RuntimeError(
            f"einsum(): {more} operands were provided than specified in the equation. It has {len(terms)} terms for"
            f" {len(operands)} operands."
        )
    return operands, terms, output


# -- dimensions --------------------------------------------------------------------------------------------------------


def _check_terms(shapes: Shapes, terms: list[Labels]) -> int:
    """The most dimensions that an ellipsis stands for.

    Raises:
        RuntimeError: an operand has fewer or more dimensions than labels.
    """
    widest = 0
    for i, (shape, labels) in enumerate(zip(shapes, terms, strict=True)):
        ndim, named = len(shape), len([label for label in labels if label != ELLIPSIS])
        if ELLIPSIS in labels:
            if named > ndim:
                raise RuntimeError(
                    f"einsum(): the number of subscripts in the equation ({named}) is more than the number of"
                    f" dimensions ({ndim}) for operand {i}"
                )
            widest = max(widest, ndim - named)
        elif named != ndim:
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({named}) does not match the number of dimensions"
                f" ({ndim}) for operand {i} and no ellipsis was given"
            )
    return widest


def _output_labels(terms: list[Labels], output: Labels | None) -> Labels:
    """The output's labels as given, or else the ellipsis and what appears once, in alphabetical order."""
    named = [label for labels in terms for label in labels if label != ELLIPSIS]
    if output is None:
        once = [label for label in sorted(set(named)) if named.count(label) == 1]
        return [ELLIPSIS, *once] if any(ELLIPSIS in labels for labels in terms) else once
    for label in output:
        if label == ELLIPSIS:
            continue
        if output.count(label) > 1:
            raise RuntimeError(f"einsum(): output subscript {LETTERS[label]} appears more than once in the output")
        if label not in named:
            raise RuntimeError(
                f"einsum(): output subscript {LETTERS[label]} does not appear in the equation for any input operand"
            )
    return output


def _places(terms: list[Labels], output: Labels, ellipsis: int) -> tuple[dict[int, int], int, int]:
    """The place of each label in the common order, how many dimensions the output has, and how many there are.

    The place of the ellipsis is that of its first dimension.
    """
    places: dict[int, int] = {}
    next_place = 0
    for label in output:
        places[label] = next_place
        next_place += ellipsis if label == ELLIPSIS else 1
    in_output = next_place
    if ELLIPSIS not in places:
        places[ELLIPSIS] = next_place
        next_place += ellipsis
    for label in sorted({label for labels in terms for label in labels} - places.keys()):
        places[label] = next_place
        next_place += 1
    return places, in_output, next_place


def _layout(terms: list[Labels], output: Labels | None, shapes: Shapes) -> tuple[int, dict[int, int], int, int]:
    """How many dimensions the ellipsis stands for, and what `_places` says; all is checked.

    Raises:
        RuntimeError: the terms do not fit the operands, or the output the terms.
    """
    ellipsis = _check_terms(shapes, terms)
    labels = _output_labels(terms, output)
    _check_lengths(shapes, terms, ellipsis)
    return ellipsis, *_places(terms, labels, ellipsis)


@lru_cache(maxsize=256)
def _layout_of(equation: str, shapes: Shapes) -> tuple[int, dict[int, int], int, int]:
    """The same for an equation, which is mostly evaluated more than once."""
    return _layout(*_parse(equation), shapes)


def _arranged(operand: Any, labels: Labels, places: dict[int, int], ellipsis: int, total: int) -> Any:
    """An operand with its dimensions in the common order; repeated labels become diagonals."""
    at: list[int] = []  # for each dimension of the operand, its place
    for label in labels:
        if label == ELLIPSIS:
            mine = operand._data.ndim - (len(labels) - 1)
            start = places[ELLIPSIS] + ellipsis - mine
            at += range(start, start + mine)
        else:
            at.append(places[label])
    dim = 0
    while dim < len(at):
        first = at.index(at[dim])
        if first < dim:
            operand = operand.diagonal(0, first, dim).movedim(-1, first)
            del at[dim]
        else:
            dim += 1
    missing = [place for place in range(total) if place not in at]
    for _ in missing:
        operand = operand.unsqueeze(-1)
    order = [0] * total
    for dim, place in enumerate(at + missing):
        order[place] = dim
    return operand.permute(tuple(order))


def _check_lengths(shapes: Shapes, terms: list[Labels], ellipsis: int) -> None:
    """Refuse labels that stand for different lengths, other than 1."""
    seen: dict[Any, int] = {}
    for i, (whole, labels) in enumerate(zip(shapes, terms, strict=True)):
        shape = list(whole)
        own: dict[int, int] = {}
        for label in labels:
            lengths: list[tuple[Any, int]]
            if label == ELLIPSIS:
                mine = len(whole) - (len(labels) - 1)
                lengths = [(("...", ellipsis - mine + j), shape.pop(0)) for j in range(mine)]
            else:
                lengths = [(label, shape.pop(0))]
                if own.setdefault(label, lengths[0][1]) != lengths[0][1]:
                    raise RuntimeError(
                        f"einsum(): subscript {LETTERS[label]} is repeated for operand {i} but the sizes don't match,"
                        f" {lengths[0][1]} != {own[label]}"
                    )
            for key, length in lengths:
                before = seen.get(key, 1)
                if length != 1 and before not in (1, length):
                    name = "..." if isinstance(key, tuple) else LETTERS[key]
                    raise RuntimeError(
                        f"einsum(): subscript {name} has size {length} for operand {i} which does not broadcast with"
                        f" previously seen size {before}"
                    )
                seen[key] = length if before == 1 else before


# -- products ----------------------------------------------------------------------------------------------------------


def _pair(a: Any, b: Any, sums: Ints, remember: bool) -> Any:
    """The product of two operands in the common order, summed over some dimensions, which keep length 1."""
    plan = _pairing if remember else _pairing.__wrapped__
    x_order, x_shape, y_order, y_shape, shape, order = plan(a._data.shape, b._data.shape, sums)
    x, y = a.permute(x_order).reshape(x_shape), b.permute(y_order).reshape(y_shape)
    return bmm(x, y).view(shape).permute(order)


@lru_cache(maxsize=256)
def _pairing(left: Ints, right: Ints, sums: Ints) -> tuple[Ints, ...]:
    """For each of two operands the order of dimensions and the shape in which `bmm` takes it; the same of the result.

    Args:
        left, right: the shapes, in the common order.
        sums: the dimensions to sum over, which both operands have.
    """
    only_a = [d for d in range(len(left)) if left[d] != 1 and right[d] == 1]
    both = [d for d in range(len(left)) if left[d] != 1 and right[d] != 1 and d not in sums]
    only_b = [d for d in range(len(left)) if d not in only_a and d not in both and d not in sums]
    batch, inner = size_of(left[d] for d in both), size_of(left[d] for d in sums)
    order = (*both, *only_a, *sums, *only_b)
    return (
        order,
        (batch, size_of(left[d] for d in only_a), inner),
        (*both, *sums, *only_b, *only_a),
        (batch, inner, size_of(right[d] for d in only_b)),
        (*[left[d] for d in both], *[left[d] for d in only_a], *[1 for _ in sums], *[right[d] for d in only_b]),
        tuple([order.index(d) for d in range(len(order))]),
    )


def _multiply(operands: list[Any], in_output: int, remember: bool) -> Any:
    """The product of operands in the common order, summed over what is not in the output.

    Args:
        remember: plans of pairs are kept, which takes sizes that are plain numbers.
    """
    a, *rest = operands
    total = a._data.ndim
    for i, b in enumerate(rest):
        left, right, later = a._data.shape, b._data.shape, [t._data.shape for t in rest[i + 1 :]]
        done = [d for d in range(in_output, total) if not later or all(shape[d] == 1 for shape in later)]
        sums = tuple([d for d in done if left[d] != 1 and right[d] != 1])
        alone = [[d for d in done if d not in sums and shape[d] != 1] for shape in (left, right)]
        if alone[0]:
            a = a.sum(alone[0], keepdim=True)
        if alone[1]:
            b = b.sum(alone[1], keepdim=True)
        a = _pair(a, b, sums, remember) if sums else a * b
    if total == in_output:
        return a
    if not rest:
        return a.sum(list(range(in_output, total)))
    return a.view(a._data.shape[:in_output])


def einsum(*args: Any) -> Tensor:
    """The sum of products of operands, as an equation like "ij,jk->ik" says.

    - `einsum(equation, *operands)`: letters name dimensions; a letter that is not in the output is summed over, one
      that appears twice in a term takes the diagonal, `...` stands for further dimensions, which broadcast. Without an
      arrow the output has the letters that appear once, in alphabetical order.
    - `einsum(a, [0, 1], b, [1, 2], [0, 2])`: the same with numbers from 0 to 51 for letters.

    Raises:
        RuntimeError: the equation is not well-formed or does not fit the operands.

    >>> import tapegrad as torch
    >>> a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> torch.einsum("ij,kj->ik", a, a)
    tensor([[ 5., 11.],
            [11., 25.]])
    >>> torch.einsum("ii", a)
    tensor(5.)
    """
    operands, terms, output = _arguments(args)
    arrays = [operand._data for operand in operands]
    plain = {array.__class__ for array in arrays} == {np.ndarray}
    shapes = tuple([array.shape for array in arrays])
    if plain and args[0].__class__ is str:
        ellipsis, places, in_output, total = _layout_of(args[0], shapes)
    else:
        ellipsis, places, in_output, total = _layout(terms, output, shapes)
    arranged = [
        _arranged(operand, term, places, ellipsis, total) for operand, term in zip(operands, terms, strict=True)
    ]
    return _multiply(arranged, in_output, plain)


METHODS: dict[str, Any] = {}

__all__ = ["einsum"]
