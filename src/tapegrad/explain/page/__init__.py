"""A backward pass as one page of HTML: a model, and the program that lets one walk through it.

The program is `explorer.js`, built from the sources in `web/` and checked to be current. The page needs no network and
is allowed none: its content security policy names no place to load anything from.
"""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

Language = Literal["en", "zh"]

_LANGUAGES: Final = {"en": "en", "zh": "zh-CN"}

_PAGE: Final = """\
<!doctype html>
<html{language}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
style-src 'unsafe-inline'; img-src data:">
<title>{title}</title>
</head>
<body>
<noscript>This page is drawn by a program in it, which needs JavaScript. 此页面需要 JavaScript。</noscript>
<script type="application/json" id="model">{model}</script>
<script>
{program}</script>
</body>
</html>
"""


def render(model: Mapping[str, Any], *, language: Language | None = None) -> str:
    """The page of a backward pass, or of several.

    Args:
        model: what `Explanation.json()` returns, or `{"version": 1, "calls": [...]}` with one such model per call.
        language: "en" or "zh", which the reader can switch; None begins in the language of the reader's browser.

    Returns:
        A whole HTML document. Names and text from the model stand in it as data, never as markup.

    Raises:
        ValueError: another language, a model of another version, or NaN and infinities as floats, which JSON lacks
            (models have them as strings).

    >>> import tapegrad as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> page = render(torch.explain(x * x).json())
    >>> page.startswith("<!doctype html>"), "</script><b>" in render({"version": 1, "calls": [], "x": "</script><b>"})
    (True, False)
    """
    if language is not None and language not in _LANGUAGES:
        raise ValueError(f"language must be 'en' or 'zh', or None for that of the browser, not {language!r}")
    if model.get("version") != 1:
        raise ValueError(f"the page shows models of version 1, not {model.get('version')!r}")
    return _PAGE.format(
        language=f' lang="{_LANGUAGES[language]}"' if language else "",
        title=html.escape(f"{model.get('title') or 'explain'} · tapegrad"),
        model=_as_data(model),
        program=_program(),
    )


def _as_data(model: Mapping[str, Any]) -> str:
    """JSON without the characters that could end the element it stands in."""
    text = json.dumps(model, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _program() -> str:
    return files(__name__).joinpath("explorer.js").read_text(encoding="utf-8")
