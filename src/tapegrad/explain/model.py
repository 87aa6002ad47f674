"""The model of a backward pass: what `Explanation.json()` returns, and all that pictures and pages are drawn from.

Version 1.  Everything is plain text, numbers, lists and dictionaries, so that `json.dumps` writes it as it is; numbers
that JSON lacks are the strings "nan", "inf" and "-inf".

Nodes are numbered from 0: the operations in the order in which the engine runs them, then what they end at.  An edge
leads from an operation to what produced its input, which is the way of the gradient.  A step is one thing that the
engine does: it runs an operation, or delivers the gradient of a leaf, which it does at the end.  Groups fold what is
repeated; each holds nodes that follow one another in the forward pass, so that folding them never closes a circle.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypedDict

VERSION: Final = 1

# A number as JSON has it.
Number = float | int | str


class Histogram(TypedDict):
    """How many finite elements lie in each of the equal parts of [low, high]."""

    low: Number
    high: Number
    counts: list[int]


class Summary(TypedDict):
    """What is said of a tensor.

    `min` and `max` leave out NaN; `mean`, `std` (of the population) and the histogram leave out infinities as well;
    None where nothing is left.  Of complex numbers all these are about the absolute value.  Of more than 262,144
    elements, `std` and the histogram are those of a sample at regular distances.
    """

    shape: list[int]
    dtype: str
    numel: int
    text: str
    min: Number | None
    max: Number | None
    mean: Number | None
    std: Number | None
    nan: int
    inf: int
    zero: int
    histogram: Histogram | None


class Formula(TypedDict):
    """The derivative by one input: as plain text, as LaTeX, and with the numbers of small tensors put in."""

    input: str
    plain: str
    latex: str | None
    numbers: str | None


class Source(TypedDict):
    """The line of the user's program that recorded an operation."""

    file: str
    line: int
    function: str
    text: str


class Saved(TypedDict):
    """A tensor that an operation keeps for its derivative."""

    name: str
    summary: Summary


Kind = Literal["operation", "parameter", "leaf", "input"]


class NodeModel(TypedDict):
    """An operation, or what the graph ends at.

    `kind` is "parameter" for a leaf that belongs to a module (or is an `nn.Parameter`), "leaf" for any other tensor
    that requires a gradient, "input" for one that does not.  `label` is a name in the user's program.  `gradient` is
    None where no gradient arrives; for an operation of several results it is that of all of them, one after the other,
    and `outputs` has them one by one.  `notes` are remarks in plain words, such as that a hook was not run.
    """

    id: int
    kind: Kind
    name: str
    operator: str | None
    label: str | None
    module: str | None
    formula: list[Formula]
    value: Summary | None
    gradient: Summary | None
    outputs: list[Summary | None] | None
    source: Source | None
    group: int | None
    step: int | None
    saved: list[Saved]
    notes: list[str]


# `from` is a keyword, so this one is written as a call.
EdgeModel = TypedDict(
    "EdgeModel",
    {
        "from": int,  # the operation whose derivative the gradient comes out of
        "to": int,  # what produced its input
        "input": str | None,  # the input's name
        "position": int,  # its place among the operation's inputs, from 0
        "output": int,  # which of the producer's results it was
        "gradient": Summary | None,  # what flows along
    },
)


class Group(TypedDict):
    """Nodes that are shown as one while folded.

    `count` says how often what is inside is repeated, 1 if it is not; `operations` how many operations are inside.
    """

    id: int
    parent: int | None
    label: str
    kind: Literal["module", "loop", "function"]
    count: int
    operations: int


class Step(TypedDict):
    """What the engine does next.

    `contributions` are the edges whose gradients were added up to the node's; none for what is differentiated, where a
    gradient enters from outside.  `accumulates`: whether more than one gradient was added up.
    """

    node: int
    gradient: Summary | None
    contributions: list[int]
    accumulates: bool


class Engine(TypedDict):
    """What the engine does, in order."""

    steps: list[Step]


class Model(TypedDict):
    """A whole backward pass; `truncated` says what was left out, if anything was."""

    version: int
    title: str
    engine: Engine
    roots: list[int]
    nodes: list[NodeModel]
    edges: list[EdgeModel]
    groups: list[Group]
    truncated: str | None


def json_number(value: Any) -> Number:
    """A number as JSON can hold it; of a float the first seven digits, as many as single precision has.

    >>> json_number(float("inf")), json_number(1 / 3)
    ('inf', 0.3333333)
    """
    if isinstance(value, bool) or not isinstance(value, float):
        return int(value)
    if value != value:
        return "nan"
    if value in (float("inf"), float("-inf")):
        return "inf" if value > 0 else "-inf"
    return float(f"{value:.7g}")
