"""An explanation as a picture: SVG that needs no other program, light or dark as its reader prefers."""

from __future__ import annotations

from typing import Final
from xml.sax import saxutils

from .dot import words_of
from .layout import Box, laid_out
from .model import Model
from .view import Item, Link, gradient_text, printable, troubles, view

MOST_ITEMS: Final = 60

_LINE: Final = 16.0
_PADDING: Final = 10.0
_MARGIN: Final = 20.0
_ARROW: Final = 4.0  # the length of its head
_CHARACTER: Final = 6.7  # the width of a character at 11 px in the widest usual font
_LONGEST: Final = 44  # characters in a line

_STYLE: Final = """\
.tg-explain{color:#1f2328;background:#ffffff;--tg-accent:#0b62c4;--tg-bad:#c62828;--tg-soft:#6b7280}
@media (prefers-color-scheme:dark){.tg-explain{color:#e6e8eb;background:#15181c;--tg-accent:#6cb0ff;\
--tg-bad:#ff7b72;--tg-soft:#9aa4af}}
.tg-explain text{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:currentColor;\
text-anchor:middle}
.tg-explain .tg-name{font-weight:600}
.tg-explain .tg-soft{fill:var(--tg-soft)}
.tg-explain .tg-grad{fill:var(--tg-accent)}
.tg-explain .tg-bad{fill:var(--tg-bad);font-weight:600}
.tg-explain rect{fill:currentColor;fill-opacity:.03;stroke:currentColor;stroke-opacity:.45}
.tg-explain rect.tg-end{stroke:var(--tg-accent);stroke-opacity:.9;fill:var(--tg-accent);fill-opacity:.07}
.tg-explain rect.tg-input{stroke-dasharray:4 3}
.tg-explain rect.tg-group{stroke-width:2;fill-opacity:.08}
.tg-explain rect.tg-wrong{stroke:var(--tg-bad);stroke-width:2.5;stroke-opacity:1}
.tg-explain path{fill:none;stroke:currentColor;stroke-opacity:.5}
.tg-explain path.tg-data{stroke-dasharray:4 3;stroke-opacity:.35}
.tg-explain marker path{fill:currentColor;fill-opacity:.6;stroke:none}
"""


def as_svg(model: Model, most: int = MOST_ITEMS) -> str:
    """The picture: values flow down, gradients, along the arrows, up; groups are folded above `most` items."""
    shown = view(model, most)
    texts = [_lines(item, model) for item in shown.items]
    sizes = [
        (max(len(text) for text, _ in lines) * _CHARACTER + 2 * _PADDING, len(lines) * _LINE + _PADDING)
        for lines in texts
    ]
    placed = laid_out(sizes, [(link.producer, link.consumer) for link in shown.links])
    width, height = placed.width + 2 * _MARGIN, placed.height + 2 * _MARGIN
    title = _escaped(f"The backward pass of {model['title']}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tg-explain" role="img" width="{width:.0f}"'
        f' height="{height:.0f}" viewBox="{-_MARGIN:.0f} {-_MARGIN:.0f} {width:.0f} {height:.0f}">',
        f"<title>{title}</title>",
        f"<style>{_STYLE}</style>",
        '<defs><marker id="tg-arrow" viewBox="0 0 8 8" refX="1" refY="4" markerWidth="8" markerHeight="8"'
        ' orient="auto-start-reverse"><path d="M0 0L8 4L0 8z"/></marker></defs>',
    ]
    parts += [_way(points, link) for points, link in zip(placed.ways, shown.links, strict=True)]
    for item, box, lines in zip(shown.items, placed.boxes, texts, strict=True):
        parts.append(_box(item, box, lines))
    return "\n".join([*parts, "</svg>", ""])


def _lines(item: Item, model: Model) -> list[tuple[str, str]]:
    """The lines of a box, each with the class that it is drawn in."""
    first, *others = words_of(item, model)
    kinds = {"value": "tg-soft", "grad": "tg-grad", "⚠": "tg-bad"}
    return [
        (_short(first), "tg-name"),
        *((_short(line), kinds.get(line.partition(" ")[0], "tg-soft")) for line in others),
    ]


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _box(item: Item, box: Box, lines: list[tuple[str, str]]) -> str:
    kind = "group" if item.node is None else item.node["kind"]
    classes = {"operation": "", "parameter": "tg-end", "leaf": "tg-end", "input": "tg-input", "group": "tg-group"}
    wrong = item.node is not None and (troubles(item.node["gradient"]) or troubles(item.node["value"]))
    name = f"{classes[kind]}{' tg-wrong' if wrong else ''}".strip()
    corner = 4 if kind in ("operation", "group") else min(box.height / 2, 14)
    parts = [
        "<g>",
        f"<title>{_escaped(_title(item))}</title>",
        f'<rect class="{name}" x="{box.x - box.width / 2:.1f}" y="{box.y:.1f}" width="{box.width:.1f}"'
        f' height="{box.height:.1f}" rx="{corner:.0f}"/>',
    ]
    for i, (text, style) in enumerate(lines):
        y = box.y + _PADDING / 2 + _LINE * (i + 0.75)
        parts.append(f'<text class="{style}" x="{box.x:.1f}" y="{y:.1f}">{_escaped(text)}</text>')
    return "".join([*parts, "</g>"])


def _escaped(text: str) -> str:
    """Text as it stands in XML, line by line: what cannot be printed may not be there in any form."""
    return saxutils.escape("\n".join(map(printable, text.split("\n"))))


def _title(item: Item) -> str:
    """What a pointer over a box shows: derivatives, with their numbers, and the line."""
    if item.node is None:
        assert item.group is not None
        return item.group["label"]
    node = item.node
    lines = [node["name"]]
    lines += [f"{formula['input']} ← {formula['numbers'] or formula['plain']}" for formula in node["formula"]]
    if node["source"] is not None:
        lines.append(f"{node['source']['file']}:{node['source']['line']}: {node['source']['text']}")
    return "\n".join(lines)


def _way(points: list[tuple[float, float]], link: Link) -> str:
    """A link as a smooth line; the arrow is at the producer's end, where the gradient arrives."""
    (x, y), *rest = points
    y += _ARROW
    path = f"M{x:.1f} {y:.1f}"
    for nx, ny in rest:
        if ny <= y:  # a box as tall as its layer: the link begins or ends where the layer does
            continue
        middle = (y + ny) / 2
        path += f"V{ny:.1f}" if nx == x else f"C{x:.1f} {middle:.1f} {nx:.1f} {middle:.1f} {nx:.1f} {ny:.1f}"
        x, y = nx, ny
    flows = [edge["gradient"] for edge in link.edges if edge["gradient"] is not None]
    if not flows:
        return f'<path class="tg-data" d="{path}"/>'
    words = gradient_text(flows[0]) if len(flows) == 1 else f"{len(flows)} gradients"
    return f'<path d="{path}" marker-start="url(#tg-arrow)"><title>{_escaped(words)}</title></path>'
