"""Look-up tables."""

from __future__ import annotations

from typing import Any, Self

from ...autograd.grad_mode import no_grad
from ...tensor.factories import empty
from ...tensor.tensor import Parameter, Tensor
from .. import functional as F
from .. import init
from .module import Module


def _wrapped_padding(who: str, padding_idx: int | None, rows: int) -> int | None:
    """The row that gets no gradient, counted from the start."""
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise AssertionError(f"{who} must be within num_embeddings. Found: {padding_idx}, where there are {rows} rows.")
    return padding_idx % rows


def _given_weight(weight: Any, rows: int, size: int) -> Any:
    if list(weight.shape) != [rows, size]:
        raise AssertionError(
            f"Shape of weight does not match num_embeddings and embedding_dim. Found: {list(weight.shape)} where"
            f" {[rows, size]} is said."
        )
    return weight


def _matrix(embeddings: Tensor) -> tuple[int, int]:
    if embeddings.dim() != 2:
        raise AssertionError(
            f"Embeddings parameter is expected to be 2-dimensional. Found: shape {tuple(embeddings.shape)}."
        )
    rows, size = embeddings.shape
    return rows, size


def _draw(table: Any) -> None:
    init.normal_(table.weight)
    if table.padding_idx is not None:
        with no_grad():
            table.weight[table.padding_idx].fill_(0)


class Embedding(Module):
    """A table of vectors, looked up by index.

    Args:
        num_embeddings: how many rows the table has.
        embedding_dim: length of a row.
        padding_idx: a row that is zero at first and gets no gradient.
        max_norm: rows that are looked up are scaled, in place, so that no norm is above it.
        norm_type: which norm.
        scale_grad_by_freq: divide each row's gradient by the number of times the row was looked up.
        sparse: the gradient is a sparse tensor of the rows that were looked up.

    Attributes:
        weight: the table, shape (num_embeddings, embedding_dim); first values from the normal distribution.

    Shape:
        indices (*) → (*, embedding_dim).

    >>> import tapegrad as torch
    >>> torch.nn.Embedding(10, 3)(torch.tensor([[1, 2], [4, 5]])).shape
    torch.Size([2, 2, 3])
    """

    __constants__ = [
        "num_embeddings", "embedding_dim", "padding_idx", "max_norm", "norm_type", "scale_grad_by_freq", "sparse",
    ]  # fmt: skip
    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    weight: Parameter
    freeze: bool
    sparse: bool

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        _weight: Tensor | None = None,
        _freeze: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = _wrapped_padding("Padding_idx", padding_idx, num_embeddings)
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        if _weight is None:
            table = empty((num_embeddings, embedding_dim), device=device, dtype=dtype)
            self.weight = Parameter(table, requires_grad=not _freeze)
            self.reset_parameters()
        else:
            self.weight = Parameter(_given_weight(_weight, num_embeddings, embedding_dim), not _freeze)
        self.sparse = sparse

    def reset_parameters(self) -> None:
        """Draw first values."""
        _draw(self)

    def forward(self, input: Tensor) -> Tensor:
        """The rows at the indices."""
        return F.embedding(
            input, self.weight, self.padding_idx, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.sparse
        )

    def extra_repr(self) -> str:
        """The sizes, and the other arguments that are not the defaults."""
        said = f"{self.num_embeddings}, {self.embedding_dim}"
        if self.padding_idx is not None:
            said += f", padding_idx={self.padding_idx}"
        return said + _norm_options(self) + (", sparse=True" if self.sparse is not False else "")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ) -> Self:
        """A layer over a given table, which it does not train unless `freeze=False`.

        Args:
            embeddings: the table, shape (rows, size).

        >>> import tapegrad as torch
        >>> torch.nn.Embedding.from_pretrained(torch.eye(2))(torch.tensor([1]))
        tensor([[0., 1.]])
        """
        rows, size = _matrix(embeddings)
        return cls(
            num_embeddings=rows, embedding_dim=size, _weight=embeddings, _freeze=freeze, padding_idx=padding_idx,
            max_norm=max_norm, norm_type=norm_type, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse,
        )  # fmt: skip


def _norm_options(layer: Any) -> str:
    """The part of `extra_repr` that both tables have."""
    said = ""
    if layer.max_norm is not None:
        said += f", max_norm={layer.max_norm}"
    if layer.norm_type != 2:
        said += f", norm_type={layer.norm_type}"
    if layer.scale_grad_by_freq is not False:
        said += f", scale_grad_by_freq={layer.scale_grad_by_freq}"
    return said


class EmbeddingBag(Module):
    """The sum, mean or maximum of the rows of each bag of indices.

    Args:
        num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq: as of `Embedding`.
        mode: "sum", "mean" or "max".
        sparse: the gradient is a sparse tensor of the rows that were looked up.
        include_last_offset: the last offset is the end of the last bag.
        padding_idx: a row that is zero at first, gets no gradient and does not count.

    Attributes:
        weight: the table, shape (num_embeddings, embedding_dim); first values from the normal distribution.

    >>> import tapegrad as torch
    >>> bags = torch.nn.EmbeddingBag.from_pretrained(torch.eye(3), mode="sum")
    >>> bags(torch.tensor([0, 1, 2]), offsets=torch.tensor([0, 2]))
    tensor([[1., 1., 0.],
            [0., 0., 1.]])
    """

    __constants__ = [
        "num_embeddings", "embedding_dim", "max_norm", "norm_type", "scale_grad_by_freq", "mode", "sparse",
        "include_last_offset", "padding_idx",
    ]  # fmt: skip
    num_embeddings: int
    embedding_dim: int
    max_norm: float | None
    norm_type: float
    scale_grad_by_freq: bool
    weight: Parameter
    mode: str
    sparse: bool
    include_last_offset: bool
    padding_idx: int | None

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        _weight: Tensor | None = None,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.max_norm = max_norm
        self.norm_type = norm_type
        self.scale_grad_by_freq = scale_grad_by_freq
        self.padding_idx = _wrapped_padding("padding_idx", padding_idx, num_embeddings)
        if _weight is None:
            self.weight = Parameter(empty((num_embeddings, embedding_dim), device=device, dtype=dtype))
            self.reset_parameters()
        else:
            self.weight = Parameter(_given_weight(_weight, num_embeddings, embedding_dim))
        self.mode = mode
        self.sparse = sparse
        self.include_last_offset = include_last_offset

    def reset_parameters(self) -> None:
        """Draw first values."""
        _draw(self)

    def forward(self, input: Tensor, offsets: Tensor | None = None, per_sample_weights: Tensor | None = None) -> Tensor:
        """One row for each bag.

        Args:
            input: indices; shape (bags, n), or (n,) with `offsets`.
            offsets: where each bag begins.
            per_sample_weights: a factor for each index, with mode "sum".
        """
        return F.embedding_bag(
            input, self.weight, offsets, self.max_norm, self.norm_type, self.scale_grad_by_freq, self.mode,
            self.sparse, per_sample_weights, self.include_last_offset, self.padding_idx,
        )  # fmt: skip

    def extra_repr(self) -> str:
        """The sizes and the mode, and the other arguments that are not the defaults."""
        said = f"{self.num_embeddings}, {self.embedding_dim}{_norm_options(self)}, mode={self.mode!r}"
        return said + (f", padding_idx={self.padding_idx}" if self.padding_idx is not None else "")

    @classmethod
    def from_pretrained(
        cls,
        embeddings: Tensor,
        freeze: bool = True,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
    ) -> Self:
        """A layer over a given table, which it does not train unless `freeze=False`.

        Args:
            embeddings: the table, shape (rows, size).
        """
        rows, size = _matrix(embeddings)
        made = cls(
            num_embeddings=rows, embedding_dim=size, _weight=embeddings, max_norm=max_norm, norm_type=norm_type,
            scale_grad_by_freq=scale_grad_by_freq, mode=mode, sparse=sparse, include_last_offset=include_last_offset,
            padding_idx=padding_idx,
        )  # fmt: skip
        made.weight.requires_grad = not freeze
        return made


__all__ = ["Embedding", "EmbeddingBag"]
