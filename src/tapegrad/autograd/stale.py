"""Errors for saved values that are gone or were overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from ..errors import FreedGraphError, SavedTensorModifiedError

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor
    from ..tensor.version import Version
    from .node import Node


def freed(node: Node) -> NoReturn:
    """Refuse to use saved values a second time."""
    raise FreedGraphError(node.op.node_name, _used_where(node))


def stale(node: Node, tensor: Tensor, position: int) -> NoReturn:
    """Refuse to use an input that was written into after it was saved."""
    expected = node.versions[position] if node.versions else 0
    raise SavedTensorModifiedError(
        dtype=tensor.dtype,
        shape=tuple(tensor._data.shape),
        producer=_producer(tensor),
        version=tensor._version,
        expected=expected,
        node=node.op.node_name,
        where=_written_where(node, tensor._vc, expected),
    )


def _used_where(node: Node) -> str:
    """Which lines recorded a node and used it up, as far as lines were noted."""
    from ..source_lines import origin_of

    if origin_of(node) is None:
        return ""
    from ..detective.graphs import used_at
    from ..detective.words import at

    used = at(used_at(node))
    return f"{used}; they were recorded{at(origin_of(node))}"


def _written_where(node: Node, version: Any, expected: int) -> tuple[str, str]:
    """Which lines saved a value and overwrote it, as far as lines were noted."""
    from ..source_lines import origin_of

    if origin_of(node) is None:
        return "", ""
    from ..detective.graphs import write_after
    from ..detective.words import at

    write = write_after(version, expected)
    return at(origin_of(node)), "" if write is None else f" by {write.name}{at(write.origin)}"


def _producer(tensor: Tensor) -> str | None:
    from .node import as_function
    from .views import renew

    if tensor._view is not None:
        renew(tensor)
    if tensor._fn is None:
        return None
    function, number = as_function(tensor._fn)
    return f"output {number} of {function.name()}"


def check_out(node: Node) -> None:
    """Refuse to use a saved result that was written into."""
    version: Any = node.out_version
    expected = node.__dict__.get("_out_expected", 0)
    if version.n != expected:
        out = node.saved[-1]
        raise _out_error(node, out, 0, version, expected)


def check_outs(node: Node) -> None:
    """Refuse to use saved results of which one was written into."""
    versions = node.__dict__.get("_port_versions", {})
    if node.out_version is not None:
        versions = {0: node.out_version, **versions}
    for index, version in versions.items():
        if version.n != 0 and (node.op.read_outputs is None or index in node.op.read_outputs):
            raise _out_error(node, node.saved[-1][index], index, version, 0)


def _out_error(node: Node, out: Any, index: int, version: Version, expected: int) -> SavedTensorModifiedError:
    from ..tensor.dtypes import from_numpy_dtype

    return SavedTensorModifiedError(
        dtype=from_numpy_dtype(out.dtype),
        shape=tuple(out.shape),
        producer=f"output {index} of {node.op.node_name}",
        version=version.n,
        expected=expected,
        node=node.op.node_name,
        where=_written_where(node, version, expected),
    )
