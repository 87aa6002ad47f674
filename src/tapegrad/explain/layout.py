"""Where to draw what: items in layers, every link leading from one layer to a higher one.

    layers      as far below the top as the longest way from there, so that every producer is above its consumers
    order       within a layer, each item near the mean of its neighbours in the next, in a few sweeps up and down
    positions   as near to the mean of the neighbours as the others in the layer permit

Links over several layers are led through places of their own in the layers between.  They pass a layer straight down,
beside its boxes, and bend only between layers.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_SWEEPS: Final = 12
_GAP: Final = 22.0  # between items of a layer
_STRAIGHT: Final = 8.0  # how much more the places of links hold on to where they want to be
_WAY: Final = 10.0  # the width of the place of a link in a layer


@dataclass
class Box:
    """An item's place: the middle of its upper edge is (x, y)."""

    width: float
    height: float
    x: float = 0.0
    y: float = 0.0


@dataclass
class Layout:
    """Where all boxes are, the points that each link goes through from producer to consumer, and the whole size."""

    boxes: list[Box]
    ways: list[list[tuple[float, float]]]
    width: float
    height: float


def laid_out(sizes: list[tuple[float, float]], links: list[tuple[int, int]], between: float = 46.0) -> Layout:
    """Place boxes.

    Args:
        sizes: widths and heights of the boxes.
        links: (producer, consumer) pairs, without circles.
        between: the space between layers.
    """
    boxes = [Box(*size) for size in sizes]
    layer = _layers(len(boxes), links)
    chains: list[list[int]] = []
    neighbours: list[tuple[int, int]] = []
    for producer, consumer in links:
        chain = [producer]
        for depth in range(layer[producer] + 1, layer[consumer]):
            boxes.append(Box(_WAY, 0))
            layer.append(depth)
            chain.append(len(boxes) - 1)
        chain.append(consumer)
        chains.append(chain)
        neighbours += pairwise(chain)
    rows = _ordered(layer, neighbours)
    _position(boxes, rows, neighbours)
    height = 0.0
    tops, bottoms = [], []
    for row in rows:
        tallest = max(boxes[i].height for i in row)
        for i in row:
            boxes[i].y = height + (tallest - boxes[i].height) / 2
        tops.append(height)
        bottoms.append(height + tallest)
        height += tallest + between
    left = min(box.x - box.width / 2 for box in boxes)
    for box in boxes:
        box.x -= left
    width = max(box.x + box.width / 2 for box in boxes)
    ways = []
    for chain in chains:
        first, last = boxes[chain[0]], boxes[chain[-1]]
        inner = [(boxes[i].x, y) for i in chain for y in (tops[layer[i]], bottoms[layer[i]])]
        ways.append([(first.x, first.y + first.height), *inner[1:-1], (last.x, last.y)])
    return Layout(boxes[: len(sizes)], ways, width, height - between)


def _layers(count: int, links: list[tuple[int, int]]) -> list[int]:
    """The layer of each item, from the top; what nothing is made from is drawn just above what uses it."""
    consumers: list[list[int]] = [[] for _ in range(count)]
    waiting = [0] * count
    for producer, consumer in links:
        consumers[producer].append(consumer)
        waiting[producer] += 1
    producers: list[list[int]] = [[] for _ in range(count)]
    for producer, consumer in links:
        producers[consumer].append(producer)
    height = [0] * count  # above the lowest layer
    ready = [i for i in range(count) if waiting[i] == 0]
    while ready:
        i = ready.pop()
        for producer in producers[i]:
            height[producer] = max(height[producer], height[i] + 1)
            waiting[producer] -= 1
            if waiting[producer] == 0:
                ready.append(producer)
    top = max(height, default=0)
    return [top - h for h in height]


def _ordered(layer: list[int], neighbours: list[tuple[int, int]]) -> list[list[int]]:
    """The items of each layer from left to right."""
    rows: list[list[int]] = [[] for _ in range(max(layer) + 1)]
    for i, depth in enumerate(layer):
        rows[depth].append(i)
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for upper, lower in neighbours:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    place = {i: n for row in rows for n, i in enumerate(row)}
    best, fewest = [list(row) for row in rows], _crossings(rows, below, place)
    for sweep in range(_SWEEPS):
        beside = above if sweep % 2 else below
        for row in rows if sweep % 2 else reversed(rows):
            row.sort(key=lambda i: (_mean([place[j] for j in beside.get(i, ())], place[i]), place[i]))
            place.update((i, n) for n, i in enumerate(row))
        crossings = _crossings(rows, below, place)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _crossings(rows: list[list[int]], below: dict[int, list[int]], place: dict[int, int]) -> int:
    count = 0
    for row in rows:
        ends = [end for i in row for end in sorted(place[j] for j in below.get(i, ()))]
        count += sum(a > b for n, a in enumerate(ends) for b in ends[n + 1 :])
    return count


def _mean(values: list[float] | list[int], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise


def _position(boxes: list[Box], rows: list[list[int]], neighbours: list[tuple[int, int]]) -> None:
    """Set the `x` of all boxes."""
    beside: dict[int, list[int]] = {}
    for upper, lower in neighbours:
        beside.setdefault(lower, []).append(upper)
        beside.setdefault(upper, []).append(lower)
    for row in rows:
        right = 0.0
        for i in row:
            boxes[i].x = right + boxes[i].width / 2
            right += boxes[i].width + _GAP
        for i in row:
            boxes[i].x -= (right - _GAP) / 2
    for sweep in range(_SWEEPS):
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_mean([boxes[j].x for j in _guides(i, beside, boxes)], boxes[i].x) for i in row]
            widths, weights = [boxes[i].width for i in row], [1.0 if boxes[i].height else _STRAIGHT for i in row]
            for i, x in zip(row, _apart(wanted, widths, weights), strict=True):
                boxes[i].x = x


def _guides(i: int, beside: dict[int, list[int]], boxes: list[Box]) -> list[int]:
    """The neighbours that a place follows: the place of a link those of the same link, so that it is straight."""
    found = beside.get(i, [])
    along = [j for j in found if boxes[j].height == 0] if boxes[i].height == 0 else []
    return along or found


def _apart(wanted: list[float], widths: list[float], weights: list[float]) -> list[float]:
    """Positions in the given order, far enough apart, whose weighted squared distances from the wanted are the least.

    Neighbours that want to overlap are moved together as one block, to the mean of where they want to be.
    """
    offsets = [0.0]
    for a, b in pairwise(widths):
        offsets.append(offsets[-1] + (a + b) / 2 + _GAP)
    blocks: list[tuple[float, float, int]] = []  # mean of wanted − offset, weight, how many
    for x, offset, weight in zip(wanted, offsets, weights, strict=True):
        blocks.append((x - offset, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, m, i), (b, n, j) = blocks[-2:]
            blocks[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    starts = [start for start, _, count in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]
