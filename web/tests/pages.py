"""Writes the pages that the browser tests open, and the gradients that they must show.

    python web/tests/pages.py FOLDER

The gradients come from `autograd.grad`, by the names of variables, and not from what the page is made of.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tapegrad as torch
from tapegrad import nn
from tapegrad.explain.model import json_number
from tapegrad.explain.page import render

Expected = dict[str, list[Any]]


def thermometer() -> tuple[Any, Expected]:
    """The loss of the tutorial on thermometers: two unknown numbers, fitted to eleven pairs of readings."""
    known = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
    readings = torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])
    w = torch.tensor(1.0, requires_grad=True)
    b = torch.tensor(0.0, requires_grad=True)
    with torch.explain.recording():
        scaled = w * readings * 0.1
        predicted = scaled + b
        error = predicted - known
        loss = (error**2).mean()
    found = {"w": w, "b": b, "scaled": scaled, "predicted": predicted, "error": error}
    return torch.explain(loss).json(), _gradients(loss, found)


def meeting() -> tuple[Any, Expected]:
    """Paths that meet: gradients are added up at `p` and at `a`."""
    a = torch.tensor(2.0, requires_grad=True)
    b = torch.tensor(3.0, requires_grad=True)
    with torch.explain.recording():
        p = a * b
        q = p + a
        r = p * q
        loss = r + p.sin()
    return torch.explain(loss).json(), _gradients(loss, {"a": a, "b": b, "p": p, "q": q, "r": r})


def cnn() -> tuple[Any, Expected]:
    """A small network for digits."""
    torch.manual_seed(0)
    model = nn.Sequential()
    model.add_module("features", nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3)))
    model.add_module("head", nn.Sequential(nn.ReLU(), nn.Flatten(), nn.Linear(16 * 4 * 4, 10)))
    images = torch.randn(8, 1, 14, 14)
    with torch.explain.recording():
        scores = model(images)
        loss = nn.functional.cross_entropy(scores, torch.arange(8))
    return torch.explain(loss, model=model).json(), _gradients(loss, dict(model.named_parameters()))


def rnn(steps: int) -> tuple[Any, Expected]:
    """A recurrent cell, unrolled."""
    torch.manual_seed(0)
    cell = nn.RNNCell(3, 8)
    head = nn.Linear(8, 1)
    hidden = torch.zeros(2, 8)
    loss = torch.tensor(0.0)
    with torch.explain.recording():
        for _ in range(steps):
            hidden = cell(torch.randn(2, 3), hidden)
            loss = loss + head(hidden).pow(2).mean()
    parameters = {f"cell.{name}": p for name, p in cell.named_parameters()}
    parameters |= {f"head.{name}": p for name, p in head.named_parameters()}
    return torch.explain(loss).json(), _gradients(loss, parameters)


def transformer() -> tuple[Any, Expected]:
    """Four layers with shortcuts, so that wires run past the groups that they jump over."""
    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True)
    model = nn.TransformerEncoder(layer, 4, enable_nested_tensor=False)
    with torch.explain.recording():
        loss = model(torch.randn(2, 5, 16)).pow(2).mean()
    return torch.explain(loss, model=model).json(), _gradients(loss, dict(model.named_parameters()))


def not_finite() -> tuple[Any, Expected]:
    """The trap behind `where`: a gradient of 0 times infinity."""
    x = torch.tensor([0.0, 1.0, 4.0], requires_grad=True)
    with torch.explain.recording():
        root = x.sqrt()
        safe = torch.where(x > 0, root, torch.zeros(3))
        loss = safe.sum()
    return torch.explain(loss).json(), _gradients(loss, {"x": x, "root": root})


HOSTILE = "</script><img src=x onerror=\"document.title='broken'\"><!--<b>&amp;"


def hostile() -> Any:
    """Names that would break out of a page that took them for markup."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with torch.explain.recording():
        loss = (x * x).sum()
    model = torch.explain(loss, names={HOSTILE: x}).json()
    model["title"] = HOSTILE
    for node in model["nodes"]:
        node["module"] = node["label"] = HOSTILE
        if node["source"] is not None:
            node["source"] = {"file": f"/{HOSTILE}", "line": 1, "function": HOSTILE, "text": HOSTILE}
    return model


def ungrouped(count: int) -> Any:
    """A long chain of which nothing is known to repeat."""
    x = torch.tensor(1.0, requires_grad=True)
    loss = x
    for _ in range(count):
        loss = loss.sin()
    model = torch.explain(loss).json()
    model["groups"] = []
    for node in model["nodes"]:
        node["group"] = None
    return model


def _gradients(loss: Any, tensors: Mapping[str, Any]) -> Expected:
    gradients = torch.autograd.grad(loss, list(tensors.values()), retain_graph=True)
    lists = [[json_number(value) for value in gradient.flatten().tolist()] for gradient in gradients]
    return dict(zip(tensors, lists, strict=True))


def main(folder: Path) -> None:
    """Writes every page into a folder, with expected.json."""
    pages = {"thermometer": thermometer(), "meeting": meeting(), "cnn": cnn(), "rnn": rnn(50), "large": rnn(450)}
    pages |= {"transformer": transformer(), "not_finite": not_finite()}
    for name, (model, _) in pages.items():
        (folder / f"{name}.html").write_text(render(model), encoding="utf-8")
    several = {"version": 1, "calls": [pages["thermometer"][0], pages["meeting"][0], pages["not_finite"][0]]}
    extra = {"several": several, "hostile": hostile(), "ungrouped": ungrouped(2000)}
    extra["empty"] = {"version": 1, "calls": []}
    for name, model in extra.items():
        (folder / f"{name}.html").write_text(render(model), encoding="utf-8")
    (folder / "chinese.html").write_text(render(pages["meeting"][0], language="zh"), encoding="utf-8")
    expected = {name: gradients for name, (_, gradients) in pages.items()}
    (folder / "expected.json").write_text(json.dumps({"gradients": expected, "hostile": HOSTILE}), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
