"""The page of an explanation, as a document; web/tests opens it in a browser."""

from __future__ import annotations

import hashlib
import json
import math
import re
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import tapegrad as torch
from tapegrad.explain.page import render

WEB = Path(__file__).parents[2] / "web"
HOSTILE = "</script><img src=x onerror=alert(1)><!--&amp;\u2028"


class Outline(HTMLParser):
    """The elements of a document, and the text in its scripts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        if self.texts:
            self.texts[-1] += data

    def text_of(self, **wanted: str) -> str:
        return next(
            text for (_, found), text in zip(self.elements, self.texts, strict=True) if wanted.items() <= found.items()
        )


def model_of(loss: Any) -> Any:
    return torch.explain(loss).json()


@pytest.fixture
def model() -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return model_of((x * x).sum())


def test_the_model_stands_in_the_page_unchanged(model: Any) -> None:
    assert json.loads(Outline(render(model)).text_of(id="model")) == model


def test_text_of_the_model_is_never_markup(model: Any) -> None:
    model["title"] = model["nodes"][0]["label"] = HOSTILE
    outline = Outline(render(model))
    assert [tag for tag, _ in outline.elements] == [
        tag for tag, _ in Outline(render({"version": 1, "calls": []})).elements
    ]
    assert json.loads(outline.text_of(id="model"))["nodes"][0]["label"] == HOSTILE


def test_the_page_names_nothing_to_load(model: Any) -> None:
    outline = Outline(render(model))
    assert not [found for _, found in outline.elements if {"src", "href"} & found.keys()]
    policy = next(found["content"] for _, found in outline.elements if "http-equiv" in found)
    assert policy is not None and policy.startswith("default-src 'none';")


@pytest.mark.parametrize(("language", "tag"), [("en", "en"), ("zh", "zh-CN"), (None, None)])
def test_the_language_is_that_asked_for_or_left_to_the_browser(model: Any, language: Any, tag: str | None) -> None:
    attributes = next(found for tag, found in Outline(render(model, language=language)).elements if tag == "html")
    assert attributes.get("lang") == tag


def test_other_languages_are_refused(model: Any) -> None:
    with pytest.raises(ValueError, match="'en' or 'zh'"):
        render(model, language="fr")  # type: ignore[arg-type]


def test_models_of_other_versions_are_refused() -> None:
    with pytest.raises(ValueError, match="version 1, not 2"):
        render({"version": 2})


def test_numbers_that_json_lacks_are_refused() -> None:
    with pytest.raises(ValueError, match="JSON"):
        render({"version": 1, "calls": [], "x": math.nan})


def test_values_that_are_not_finite_reach_the_page_as_text() -> None:
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    found = json.loads(Outline(render(model_of((x.sqrt() * 0).sum()))).text_of(id="model"))
    leaf = next(node for node in found["nodes"] if node["kind"] == "leaf")
    assert leaf["gradient"]["nan"] == 1


def test_the_program_is_what_its_sources_give() -> None:
    """By the fingerprint that web/build.mjs writes; `node web/build.mjs --check` compares the whole of it."""
    program = files("tapegrad.explain.page").joinpath("explorer.js").read_text(encoding="utf-8")
    names = ["build.mjs", "package-lock.json", "tsconfig.json"]
    sources = [*sorted((WEB / "src").iterdir()), *(WEB / name for name in names)]
    found = re.search(r"sha256 (\w+)", program)
    assert found is not None
    assert found[1] == hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest(), (
        "run `npm ci && node build.mjs` in web/"
    )


def test_the_program_carries_the_licences_of_the_packages_in_it() -> None:
    program = files("tapegrad.explain.page").joinpath("explorer.js").read_text(encoding="utf-8")
    notice = program[: program.index("*/")]
    for package in json.loads((WEB / "package.json").read_text(encoding="utf-8"))["dependencies"]:
        assert re.search(rf"^{re.escape(package)} [\d.]+ \(MIT\)$", notice, re.MULTILINE)
    assert "Permission is hereby granted" in notice


def test_the_lock_file_names_no_registry() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, package in lock["packages"].items() if "resolved" in package]
