"""`tapegrad.summary`: a table of a model's layers, with shapes, parameters and multiply-adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from ..tensor.tensor import Tensor
from .parameter import is_lazy

if TYPE_CHECKING:
    from .modules.module import Module

HEADINGS = ("Layer", "Output shape", "Parameters", "Multiply-adds")


@dataclass(eq=False)
class Layer:
    """A module of the model.

    Attributes:
        name: the attribute that it is, "" for the model itself.
        kind: the name of its class.
        depth: how many modules it is inside of.
        branch: the lines of the tree that lead to it.
        output: the shapes of what it returned; None if it was not called.
        parameters: how many numbers are in its own parameters, without those of modules inside.
        trainable: how many of these require a gradient.
        multiply_adds: how many multiplications with an addition its calls took, without those of modules inside.
        output_bytes: the size of what it returned, if there are no modules inside.
        repeated: whether the same module stands in the table before.
    """

    name: str
    kind: str
    depth: int
    branch: str
    output: Any = None
    parameters: int = 0
    trainable: int = 0
    multiply_adds: int = 0
    output_bytes: int = 0
    repeated: bool = False


@dataclass(eq=False, repr=False)
class Summary:
    """The table; `print` it, or let a notebook or `rich` show it.

    Attributes:
        layers: the rows.
        input_bytes, parameter_bytes, output_bytes: sizes of the input, of all parameters and buffers, and of all that
            the layers returned.
    """

    layers: list[Layer]
    input_bytes: int = 0
    parameter_bytes: int = 0
    output_bytes: int = 0
    depth: int | None = None

    @property
    def parameters(self) -> int:
        """How many numbers the parameters have."""
        return sum(layer.parameters for layer in self.layers if not layer.repeated)

    @property
    def trainable(self) -> int:
        """How many of them require a gradient."""
        return sum(layer.trainable for layer in self.layers if not layer.repeated)

    @property
    def multiply_adds(self) -> int:
        """How many multiplications with an addition a forward pass takes."""
        return sum(layer.multiply_adds for layer in self.layers if not layer.repeated)

    def rows(self) -> Iterator[tuple[str, str, str, str]]:
        """The cells of the table."""
        for layer in self.layers:
            if self.depth is None or layer.depth <= self.depth:
                name = f"{layer.name}: {layer.kind}" if layer.name else layer.kind
                counts = ("(again)", "") if layer.repeated else (_count(layer.parameters), _count(layer.multiply_adds))
                yield layer.branch + name, _shapes(layer.output), *counts

    def totals(self) -> list[str]:
        """The lines below the table."""
        frozen = self.parameters - self.trainable
        lines = [f"Parameters: {self.parameters:,}" + (f", of which {frozen:,} frozen" if frozen else "")]
        if self.input_bytes or self.output_bytes:
            lines.append(f"Multiply-adds: {self.multiply_adds:,}")
            sizes = {"input": self.input_bytes, "outputs": self.output_bytes, "parameters": self.parameter_bytes}
        else:
            sizes = {"parameters": self.parameter_bytes}
        lines.append("Memory: " + ", ".join(f"{what} {_size(n)}" for what, n in sizes.items()))
        return lines

    def __str__(self) -> str:
        table = [HEADINGS, *self.rows()]
        widths = [max(len(row[i]) for row in table) for i in range(len(HEADINGS))]

        def line(row: tuple[str, str, str, str]) -> str:
            cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3])]
            return "  ".join(cells).rstrip()

        rule = "─" * (sum(widths) + 6)
        return "\n".join([line(HEADINGS), rule, *map(line, self.rows()), rule, *self.totals()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from html import escape

        def row(cells: tuple[str, ...], tag: str) -> str:
            aligned = ("left", "left", "right", "right")
            inside = (
                f'<{tag} style="text-align:{where};white-space:pre">{escape(cell)}</{tag}>'
                for cell, where in zip(cells, aligned, strict=True)
            )
            return f"<tr>{''.join(inside)}</tr>"

        body = "".join(row(cells, "td") for cells in self.rows())
        totals = "<br>".join(map(escape, self.totals()))
        return f"<table><thead>{row(HEADINGS, 'th')}</thead><tbody>{body}</tbody></table><p>{totals}</p>"

    def __rich__(self) -> Any:
        from rich.table import Table

        table = Table(*HEADINGS[:2], caption="\n".join(self.totals()), caption_justify="left")
        for heading in HEADINGS[2:]:
            table.add_column(heading, justify="right")
        for cells in self.rows():
            table.add_row(*cells)
        return table


def summary(model: Module, input: Any = None, *, input_size: Any = None, depth: int | None = None) -> Summary:
    """A table of the layers of a model: what they return, how many parameters they have, how much they compute.

    The model is run once, in evaluation mode and without recording; afterwards everything is as it was, but that lazy
    modules have been initialised.

    Args:
        model: any module.
        input: what to call it with: a tensor, or a tuple of arguments, or a dictionary of arguments by name.
        input_size: in its place, the shape of a tensor of zeros, or several shapes. Without both the model is not run,
            and shapes and computation are left out.
        depth: how many levels of modules in modules to show; all if not given.

    Returns:
        The table, to be printed; its numbers are attributes. Multiply-adds are counted for layers that multiply by
        weights, and for attention.

    >>> import tapegrad as torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    >>> torch.summary(net, input_size=(3, 4))
    Layer         Output shape  Parameters  Multiply-adds
    ─────────────────────────────────────────────────────
    Sequential    3 × 2                  –              –
    ├─ 0: Linear  3 × 8                 40             96
    ├─ 1: ReLU    3 × 8                  –              –
    └─ 2: Linear  3 × 2                 18             48
    ─────────────────────────────────────────────────────
    Parameters: 58
    Multiply-adds: 144
    Memory: input 48 B, outputs 216 B, parameters 232 B
    """
    args, kwargs = _arguments(input, input_size)
    layers: list[Layer] = []
    found: dict[Any, Layer] = {}
    if args or kwargs:
        outputs = _run(model, args, kwargs)
    else:
        outputs = {}
    _walk(model, "", 0, "", "", layers, found, outputs)
    state = [t for t in (*model.parameters(), *model.buffers()) if not is_lazy(t)]
    return Summary(
        layers,
        input_bytes=sum(t.nbytes for t in _tensors((args, kwargs))),
        parameter_bytes=sum(t.nbytes for t in state),
        output_bytes=sum(layer.output_bytes for layer in layers if not layer.repeated),
        depth=depth,
    )


def _arguments(input: Any, input_size: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    from ..tensor.factories import zeros

    if input is None and input_size is None:
        return (), {}
    if input is not None and input_size is not None:
        raise ValueError("give input or input_size, not both")
    if input is None:
        sizes = [input_size] if all(isinstance(n, int) for n in input_size) else input_size
        return tuple([zeros(size) for size in sizes]), {}
    if isinstance(input, dict):
        return (), input
    return (tuple(input) if isinstance(input, (tuple, list)) else (input,)), {}


def _run(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[Any, list[tuple[Any, Any]]]:
    """Call the model; the arguments and results of each module's calls."""
    from ..autograd.grad_mode import no_grad
    from .modules.module.hooks import in_use

    calls: dict[Any, list[tuple[Any, Any]]] = {}

    def note(module: Any, args: Any, kwargs: Any, output: Any) -> None:
        calls.setdefault(module, []).append(((*args, *kwargs.values()), output))

    modes = [(module, module.training) for module in model.modules()]
    hooked = in_use.any
    handles = [module.register_forward_hook(note, with_kwargs=True) for module in model.modules()]
    try:
        model.eval()
        with no_grad():
            model(*args, **kwargs)
    finally:
        for handle in handles:
            handle.remove()
        in_use.any = hooked  # calls are as fast as before
        for module, training in modes:
            module.training = training
    return calls


def _walk(
    module: Any,
    name: str,
    depth: int,
    branch: str,
    below: str,
    layers: list[Layer],
    found: dict[Any, Layer],
    calls: dict[Any, list[tuple[Any, Any]]],
) -> None:
    """Add a module, and all inside it, to the table."""
    layer = Layer(name, type(module).__name__, depth, branch, repeated=module in found)
    layers.append(layer)
    own = [p for p in module.parameters(recurse=False) if not is_lazy(p)]
    layer.parameters = sum(p.numel() for p in own)
    layer.trainable = sum(p.numel() for p in own if p.requires_grad)
    children = [(n, m) for n, m in module._modules.items() if m is not None]
    for given, output in calls.get(module, ()):
        layer.output = output
        layer.multiply_adds += _multiply_adds(module, given, output)
        if not children:
            layer.output_bytes += sum(t.nbytes for t in _tensors(output))
    if layer.repeated:
        return
    found[module] = layer
    for i, (child_name, child) in enumerate(children):
        last = i == len(children) - 1
        line, more = ("└─ ", "   ") if last else ("├─ ", "│  ")
        _walk(child, child_name, depth + 1, below + line, below + more, layers, found, calls)


def _multiply_adds(module: Any, given: tuple[Any, ...], output: Any) -> int:
    """How many multiplications with an addition a call of a layer takes: each weight, as often as it is used."""
    from .modules.conv.base import _ConvNd
    from .modules.conv.transposed import _ConvTransposeNd
    from .modules.linear import Bilinear, Linear

    if isinstance(module, Linear):
        return int(output.numel()) * module.in_features
    if isinstance(module, Bilinear):
        return int(output.numel()) * module.in1_features * module.in2_features
    if isinstance(module, _ConvTransposeNd):
        return int(given[0].numel()) * (module.weight.numel() // module.in_channels)
    if isinstance(module, _ConvNd):
        return int(output.numel()) * (module.weight.numel() // module.out_channels)
    kind = {cls.__name__ for cls in type(module).__mro__}
    tensors = list(_tensors(given))
    if kind & {"RNNBase", "RNNCellBase"}:
        weights = sum(p.numel() for name, p in module.named_parameters(recurse=False) if name.startswith("weight"))
        return weights * prod(tensors[0].shape[:-1])
    if "MultiheadAttention" in kind:
        query, key = tensors[:2]
        rows, columns = prod(query.shape[:-1]), key.shape[1 if module.batch_first and key.ndim == 3 else 0]
        projections = (rows + 2 * prod(key.shape[:-1])) * module.embed_dim**2
        return projections + 2 * rows * columns * module.embed_dim + rows * module.embed_dim**2
    return 0


def _tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in nested containers."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from _tensors(item)


def _shapes(value: Any) -> str:
    return ", ".join(" × ".join(map(str, t.shape)) or "scalar" for t in _tensors(value))


def _count(n: int) -> str:
    return f"{n:,}" if n else "–"


def _size(n: int) -> str:
    for unit in ("B", "kB", "MB"):
        if n < 1000:
            return f"{n:.3g} {unit}" if unit != "B" else f"{n} B"
        n /= 1000  # type: ignore[assignment]  # now a float
    return f"{n:.3g} GB"


__all__ = ["Layer", "Summary", "summary"]
