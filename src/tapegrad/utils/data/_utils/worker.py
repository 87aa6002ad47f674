"""What a worker process of a `DataLoader` knows about itself, and what it says besides batches."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....random.generator import Generator

__all__ = ["WorkerInfo", "get_worker_info"]


@dataclass(frozen=True, slots=True)
class _RNG:
    """Random number generators of a worker that is a thread; tapegrad's workers are processes."""

    random_generator: random.Random
    torch_generator: Generator
    numpy_generator: object | None = None


@dataclass(frozen=True, slots=True)
class WorkerInfo:
    """Which worker this is.

    Attributes:
        id: 0 to `num_workers` - 1.
        num_workers: how many there are.
        seed: what its random numbers start from: the loader's base seed plus `id`.
        dataset: this process's copy of the dataset.
        rng, worker_method: None and "multiprocessing".
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any
    rng: _RNG | None = None
    worker_method: str | None = "multiprocessing"


_worker_info: WorkerInfo | None = None


def get_worker_info() -> WorkerInfo | None:
    """In a worker process of a loader, which worker it is; None in any other process."""
    return _worker_info


@dataclass(frozen=True)
class _IterableDatasetStopIteration:
    """Instead of a batch: the worker's copy of an IterableDataset has come to its end."""

    worker_id: int


@dataclass(frozen=True)
class _ResumeIteration:
    """Instead of a task: begin a new round through the dataset. The worker sends it back."""

    seed: int | None = None


def _generate_state(base_seed: int, worker_id: int) -> np.ndarray[Any, Any]:
    """What a worker seeds NumPy's random numbers with, so that they are not those of the module random: 4 × uint32."""
    words = [worker_id, base_seed & 0xFFFFFFFF, base_seed >> 32, 0]
    return np.random.SeedSequence(words).generate_state(4)
