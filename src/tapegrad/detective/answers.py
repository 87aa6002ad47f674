"""What a question about a gradient is answered with: causes that were checked, each with its line and what to write."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from ..source_lines import Origin


@dataclass(frozen=True)
class Cause:
    """One checked cause.

    Attributes:
        kind: its name, one of those in docs/debugging.md, such as 'detached'.
        text: what was found, in a sentence or two.
        cure: what to write instead.
        line: where in the user's program; None if lines were not recorded then.
    """

    kind: str
    text: str
    cure: str
    line: Origin | None = None

    def __str__(self) -> str:
        where = f"\n  at {self.line}" if self.line is not None else ""
        return f"{self.kind}: {self.text}{where}\n  Cure: {self.cure}"


@dataclass
class Answer:
    """The answer to a question about a gradient; prints as text, and as a list in a notebook.

    Attributes:
        question: what was asked, in words.
        causes: what was found to be the cause; empty if nothing is wrong.
        facts: what else was found, such as how many backward passes a gradient is the sum of.

    >>> print(Answer("Why is .grad None?", [Cause("no_backward", "Nothing ran.", "Call loss.backward().")]))
    Why is .grad None?
    - no_backward: Nothing ran.
      Cure: Call loss.backward().
    """

    question: str
    causes: list[Cause] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)

    @property
    def kinds(self) -> list[str]:
        """The names of the causes, in order."""
        return [cause.kind for cause in self.causes]

    def __bool__(self) -> bool:
        """Whether a cause was found."""
        return bool(self.causes)

    def __str__(self) -> str:
        items = [str(cause) for cause in self.causes] + self.facts
        if not items:
            items = ["Nothing wrong was found."]
        return "\n".join([self.question, *("- " + item for item in items)])

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        items = [_cause_html(cause) for cause in self.causes] + [html.escape(fact) for fact in self.facts]
        if not items:
            items = ["Nothing wrong was found."]
        listed = "".join(f"<li>{item}</li>" for item in items)
        return f"<div><b>{html.escape(self.question)}</b><ul>{listed}</ul></div>"


def _cause_html(cause: Cause) -> str:
    where = f"<br><code>{html.escape(str(cause.line))}</code>" if cause.line is not None else ""
    return (
        f"<b>{html.escape(cause.kind)}</b>: {html.escape(cause.text)}{where}<br><i>Cure:</i> {html.escape(cause.cure)}"
    )


def distinct(causes: list[Cause]) -> list[Cause]:
    """The causes without repetitions, at most ten."""
    kept: dict[tuple[str, Origin | None, str], Cause] = {}
    for cause in causes:
        kept.setdefault((cause.kind, cause.line, cause.text), cause)
    return list(kept.values())[:10]
