"""Where things are drawn: nothing overlaps, and producers are above their consumers."""

from __future__ import annotations

import random

import pytest

from tapegrad.explain.layout import laid_out

Graph = tuple[list[tuple[float, float]], list[tuple[int, int]]]


def _graph(seed: int) -> Graph:
    """Boxes of random sizes, and links from higher numbers to lower ones."""
    draw = random.Random(seed)
    count = 1 + seed
    sizes = [(draw.uniform(20, 200), draw.uniform(10, 60)) for _ in range(count)]
    pairs = [(a, b) for a in range(count) for b in range(a)]
    return sizes, sorted(draw.sample(pairs, min(len(pairs), draw.randrange(1 + 2 * count))))


graphs = pytest.mark.parametrize("graph", [_graph(seed) for seed in range(24)])


@graphs
def test_boxes_do_not_overlap_and_lie_inside_of_the_picture(graph: Graph) -> None:
    sizes, links = graph
    found = laid_out(sizes, links)
    places = [(b.x - b.width / 2, b.y, b.x + b.width / 2, b.y + b.height) for b in found.boxes]
    assert [(b.width, b.height) for b in found.boxes] == sizes
    assert all(left >= -1e-6 and top >= -1e-6 for left, top, _, _ in places)
    assert all(right <= found.width + 1e-6 and bottom <= found.height + 1e-6 for _, _, right, bottom in places)
    for n, (left, top, right, bottom) in enumerate(places):
        for other in places[n + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


@graphs
def test_links_lead_down_from_producer_to_consumer(graph: Graph) -> None:
    sizes, links = graph
    found = laid_out(sizes, links)
    for (producer, consumer), way in zip(links, found.ways, strict=True):
        upper, lower = found.boxes[producer], found.boxes[consumer]
        assert upper.y + upper.height < lower.y
        assert way[0] == (upper.x, upper.y + upper.height) and way[-1] == (lower.x, lower.y)
        assert [y for _, y in way] == sorted(y for _, y in way)


@graphs
def test_links_bend_only_between_the_layers(graph: Graph) -> None:
    sizes, links = graph
    found = laid_out(sizes, links)
    for way in found.ways:
        assert all(a[0] == b[0] for a, b in zip(way[::2], way[1::2], strict=True))
        for (_, top), (_, bottom) in zip(way[1:-1:2], way[2:-1:2], strict=True):
            assert all(box.y + box.height <= top + 1e-6 or bottom - 1e-6 <= box.y for box in found.boxes)


@graphs
def test_links_pass_beside_the_boxes_of_the_layers_between(graph: Graph) -> None:
    sizes, links = graph
    found = laid_out(sizes, links)
    for way in found.ways:
        for (x, top), (_, bottom) in zip(way[2:-2:2], way[3:-2:2], strict=True):
            for box in found.boxes:
                beside = abs(box.x - x) > box.width / 2
                assert beside or box.y + box.height <= top or bottom <= box.y


def test_a_chain_is_a_straight_line() -> None:
    found = laid_out([(50, 20), (90, 20), (30, 20)], [(2, 1), (1, 0)])
    assert len({round(box.x, 6) for box in found.boxes}) == 1


def test_crossings_that_can_be_avoided_are() -> None:
    # 2 and 3 produce for 1 and 0: in the order of their numbers the links would cross
    found = laid_out([(50, 20)] * 4, [(2, 1), (3, 0)])
    assert (found.boxes[2].x < found.boxes[3].x) == (found.boxes[1].x < found.boxes[0].x)
