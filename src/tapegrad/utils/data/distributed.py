"""`DistributedSampler`: the share of a dataset that one of several processes trains on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from ... import distributed
from ...random.creation import randperm
from ...random.generator import Generator
from .sampler import Sampler

__all__ = ["DistributedSampler"]


class DistributedSampler(Sampler[Any]):
    """Every `num_replicas`-th index, from `rank` on, of an order that all processes agree on.

    Args:
        dataset: with a length.
        num_replicas, rank: the number of processes and which of them this is. By default those of the current group of
            `torch.distributed`.
        shuffle: go through the dataset in an order that depends on `seed` and on `set_epoch`.
        seed: the same in all processes.
        drop_last: leave out samples at the end, so that all get the same number; otherwise the first are repeated.

    Raises:
        RuntimeError: a default is needed and there is no group.
        ValueError: the rank is not one of the replicas'.

    >>> [list(DistributedSampler(range(5), num_replicas=2, rank=rank, shuffle=False)) for rank in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None:
            num_replicas = _of_the_group(distributed.get_world_size)
        if rank is None:
            rank = _of_the_group(distributed.get_rank)
        if not 0 <= rank < num_replicas:
            raise ValueError(f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]")
        self.dataset = dataset
        self.num_replicas = num_replicas
        self.rank = rank
        self.epoch = 0
        self.drop_last = drop_last
        size = len(dataset)
        self.num_samples = size // num_replicas if drop_last else math.ceil(size / num_replicas)
        self.total_size = self.num_samples * num_replicas
        self.shuffle = shuffle
        self.seed = seed

    def __iter__(self) -> Iterator[int]:
        size = len(self.dataset)
        if self.shuffle:
            generator = Generator()
            generator.manual_seed(self.seed + self.epoch)
            indices = randperm(size, generator=generator).tolist()
        else:
            indices = list(range(size))
        if not self.drop_last and self.total_size > size:
            indices *= math.ceil(self.total_size / size)
        return iter(indices[self.rank : self.total_size : self.num_replicas])

    def __len__(self) -> int:
        return self.num_samples

    def set_epoch(self, epoch: int) -> None:
        """Choose another order: call it at the beginning of each epoch, in all processes alike."""
        self.epoch = epoch


def _of_the_group(ask: Any) -> int:
    if not distributed.is_available():
        raise RuntimeError("Requires distributed package to be available: give num_replicas and rank")
    return int(ask())
