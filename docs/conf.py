"""Sphinx's settings for the site; `python tools/build_site.py` builds it, in English and Chinese.

Autodoc reads docstrings as reStructuredText; ours are plain text with `code` in backticks, Google's sections and
doctests, so `plain_text` escapes what would mean something else.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes

import tapegrad

project = "tapegrad"
author = copyright = "The tapegrad authors"
release = version = tapegrad.version.own if hasattr(tapegrad.version, "own") else tapegrad.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
]
templates_path = ["_templates"]
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_theme = "furo"
html_title = "tapegrad"
html_show_sphinx = False
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True

default_role = "code"
autodoc_member_order = "alphabetical"
autodoc_typehints = "none"  # the signatures have them; torch's are wide, and would fill the page twice
autodoc_preserve_defaults = True
autosummary_generate = False
napoleon_use_rtype = False
napoleon_use_ivar = True
toc_object_entries_show_parents = "hide"
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True


def plain_text(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Make reStructuredText of a docstring: code in double backticks, everything else literally what it says."""
    in_example = False
    for i, line in enumerate(lines):
        if line.lstrip().startswith(">>>"):
            in_example = True
        elif not line.strip():
            in_example = False
        if not in_example:
            lines[i] = "`".join(_escaped(part, code=j % 2 == 1) for j, part in enumerate(line.split("`")))


def _escaped(part: str, code: bool) -> str:
    if code:
        return f"`{part}`"  # with the backticks around it: a literal
    return re.sub(r"(?<!\\)([*|]|_\b)", r"\\\1", part)


# No space belongs between two Chinese characters, nor beside Chinese punctuation, which has its own.
_CHINESE, _POINT = "[\u2e80-\uffef“”‘’—…]", "[、。，：；！？（）《》]"
_JOINT = re.compile(f"{_CHINESE}\n{_CHINESE}|{_POINT}\n|\n{_POINT}")


def join_lines(app: Any, doctree: nodes.document) -> None:
    """Take out the ends of lines where Chinese goes on in the next: browsers would show a space there."""
    for element in doctree.findall(nodes.TextElement):
        children = element.children
        for i in range(len(children) - 2, 0, -1):
            around = children[i - 1].astext()[-1:] + "\n" + children[i + 1].astext()[:1]
            if children[i] == "\n" and _JOINT.search(around):
                del children[i]


def setup(app: Any) -> None:
    """Have docstrings translated before Napoleon, whose priority is 500, looks at their sections."""
    app.connect("autodoc-process-docstring", plain_text, priority=100)
    app.connect("doctree-read", join_lines)
