"""The softmax for many classes of which few are frequent."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from ...tensor.tensor import Tensor
from .. import functional as F
from .container import ModuleList, Sequential
from .linear import Linear
from .module import Module

_ASMoutput = namedtuple("_ASMoutput", ["output", "loss"])


class AdaptiveLogSoftmaxWithLoss(Module):
    """Log-softmax over many classes: the frequent ones at once, the others by clusters with smaller layers.

    Args:
        in_features: length of the last dimension of the input.
        n_classes: how many classes there are, sorted from the most to the least frequent.
        cutoffs: where the clusters begin; the classes before the first are in the head.
        div_value: by how much the layer of a cluster is smaller than that of the one before.
        head_bias: whether the head has a bias.

    Reference: Grave and others, Efficient softmax approximation for GPUs, 2017.

    >>> import tapegrad as torch
    >>> layer = torch.nn.AdaptiveLogSoftmaxWithLoss(16, 10, cutoffs=[2, 5])
    >>> layer(torch.randn(3, 16), torch.tensor([0, 4, 9])).output.shape
    torch.Size([3])
    """

    in_features: int
    n_classes: int
    cutoffs: list[int]
    div_value: float
    head_bias: bool
    head: Linear
    tail: ModuleList

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        cutoffs: Sequence[int],
        div_value: float = 4.0,
        head_bias: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        cutoffs = list(cutoffs)
        if len(cutoffs) == 0:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if (
            cutoffs != sorted(set(cutoffs))
            or cutoffs[0] <= 0
            or cutoffs[-1] > n_classes - 1
            or any(int(c) != c for c in cutoffs)
        ):
            raise ValueError(
                "cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each"
                f" value is between 1 and n_classes-1. Found: {cutoffs} for {n_classes} classes."
            )
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*cutoffs, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = self.cutoffs[0]
        self.n_clusters = len(self.cutoffs) - 1
        self.head_size = self.shortlist_size + self.n_clusters
        self.head = Linear(in_features, self.head_size, bias=head_bias, device=device, dtype=dtype)
        self.tail = ModuleList()
        for i in range(self.n_clusters):
            inner = int(in_features // (div_value ** (i + 1)))
            size = self.cutoffs[i + 1] - self.cutoffs[i]
            self.tail.append(
                Sequential(
                    Linear(in_features, inner, bias=False, device=device, dtype=dtype),
                    Linear(inner, size, bias=False, device=device, dtype=dtype),
                )
            )

    def reset_parameters(self) -> None:
        """Draw first values."""
        self.head.reset_parameters()
        for to_inner, to_classes in self.tail:
            to_inner.reset_parameters()
            to_classes.reset_parameters()

    def forward(self, input_: Tensor, target_: Tensor) -> _ASMoutput:
        """The log-probability of each target, and minus their mean.

        Args:
            input_: shape (N, in_features) or (in_features,).
            target_: classes, shape (N,) or ().
        """
        targets = target_.dim()
        if targets == 1:
            if input_.shape[0] != target_.shape[0]:
                raise RuntimeError("Input and target should have the same size in the batch dimension.")
            if input_.dim() != 2:
                raise RuntimeError(
                    f"1D target tensor expects 2D input tensors, but found inputs with size {input_.size()}"
                )
        elif targets == 0:
            if input_.dim() != 1:
                raise RuntimeError(
                    f"0D target tensor expects 1D input tensors, but found inputs with size {input_.size()}"
                )
        else:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        x: Any = input_ if targets else input_.unsqueeze(0)
        target: Any = target_ if targets else target_.unsqueeze(0)

        used = 0
        output: Any = target.new_zeros(target.size(0), dtype=x.dtype)
        in_head: Any = target.new_empty(target.size(0))
        edges = [0, *self.cutoffs]
        for i, (low, high) in enumerate(pairwise(edges)):
            here = (target >= low) & (target < high)
            rows = here.nonzero().squeeze()
            if rows.numel() == 0:
                continue
            if i == 0:
                in_head.index_copy_(0, rows, target[here])
            else:
                local = F.log_softmax(self.tail[i - 1](x.index_select(0, rows)), dim=1)
                in_head.index_fill_(0, rows, self.shortlist_size + i - 1)
                output.index_copy_(0, rows, local.gather(1, (target[here] - low).unsqueeze(1)).squeeze(1))
            used += rows.numel()
        if used != target.size(0):
            raise RuntimeError(
                f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()},"
                f" {target.max().item()}] were found."
            )
        head = F.log_softmax(self.head(x), dim=1)
        output = output + head.gather(1, in_head.unsqueeze(1)).squeeze()
        loss = (-output).mean()
        return _ASMoutput(output if targets else output.squeeze(0), loss)

    def _get_full_log_prob(self, input: Tensor, head_output: Tensor) -> Tensor:
        """The log-probabilities of all classes, given what the head returned."""
        out: Any = input.new_empty((head_output.size(0), self.n_classes))
        head: Any = F.log_softmax(head_output, dim=1)
        out[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for i, (low, high) in enumerate(pairwise(self.cutoffs)):
            local = F.log_softmax(self.tail[i](input), dim=1)
            out[:, low:high] = local + head[:, self.shortlist_size + i].unsqueeze(1)
        return out

    def log_prob(self, input: Tensor) -> Tensor:
        """The log-probabilities of all classes, shape (N, n_classes), for an input of shape (N, in_features)."""
        return self._get_full_log_prob(input, self.head(input))

    def predict(self, input: Tensor) -> Tensor:
        """The most probable class of each row, without computing the clusters that are not needed."""
        head: Any = self.head(input)
        output: Any = head.argmax(dim=1)
        not_in_head: Any = output >= self.shortlist_size
        if not not_in_head.any():
            return output
        if not_in_head.all():
            return self._get_full_log_prob(input, head).argmax(dim=1)
        x: Any = input
        found = self._get_full_log_prob(x[not_in_head], head[not_in_head])
        output[not_in_head] = found.argmax(dim=1)
        return output


__all__ = ["AdaptiveLogSoftmaxWithLoss"]
