"""Every link of a folder of HTML pages, followed as far as it stays in the folder."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """A page's links and anchors."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        for name, value in attributes:
            if value and name in ("href", "src"):
                self.links.append(value)
            elif value and (name == "id" or (name == "name" and tag == "a")):
                self.anchors.add(value)


def broken_links(folder: Path) -> tuple[list[tuple[Path, str, str]], int, int]:
    """Links that lead nowhere, as (page, link, reason); how many lead within the folder, and how many out of it."""
    folder = folder.resolve()
    pages = {path: _read(path) for path in folder.rglob("*.html")}
    broken, inside, outside = [], 0, 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                outside += parts.scheme != "data"
                continue
            inside += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            anchor = unquote(parts.fragment)
            if not target.is_file():
                broken.append((path.relative_to(folder), link, "there is no such page"))
            elif anchor and target in pages and anchor not in pages[target].anchors:
                broken.append((path.relative_to(folder), link, "the page has no such place"))
    return broken, inside, outside


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page
