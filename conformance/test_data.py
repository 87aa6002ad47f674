"""Loaders with options drawn at random, and nested samples drawn at random: the same batches with both libraries."""

from __future__ import annotations

import random
import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch as real
import torch.utils.data

import tapegrad as ours
import tapegrad.utils.data

from .behaviours import first_sentence, plain


def drawn_options(rng: random.Random) -> dict[str, Any]:
    """Options of a loader; they may contradict each other."""
    options: dict[str, Any] = {
        "batch_size": rng.choice([None, 1, 2, 3, 5, 20]),
        "shuffle": rng.choice([None, False, True]),
        "drop_last": rng.choice([False, False, True]),
        "num_workers": rng.choice([0, 0, 0, 1, 2]),
    }
    if options["num_workers"]:
        options["prefetch_factor"] = rng.choice([None, 1, 3])
        options["persistent_workers"] = rng.choice([False, True])
    if rng.random() < 0.2:
        options["sampler"] = rng.choices(range(7), k=5)
    return options


def map_dataset(lib: ModuleType, length: int) -> Any:
    class Draws(lib.utils.data.Dataset):  # type: ignore[name-defined]
        def __len__(self) -> int:
            return length

        def __getitem__(self, index: int) -> Any:
            return {"index": index, "torch": lib.randn(2), "others": (random.random(), np.random.rand(2))}

    return Draws()


def iterable_dataset(lib: ModuleType, length: int) -> Any:
    class Draws(lib.utils.data.IterableDataset):  # type: ignore[name-defined]
        def __iter__(self) -> Any:
            info = lib.utils.data.get_worker_info()
            start, step = (info.id, info.num_workers) if info else (0, 1)
            return ((i, lib.rand(1)) for i in range(start, length, step))

    return Draws()


def observed(lib: ModuleType, seed: int) -> Any:
    """Two passes of a loader that the seed determines, and the random number after them."""
    rng = random.Random(seed)
    options = drawn_options(rng)
    dataset = rng.choice([map_dataset, map_dataset, iterable_dataset])(lib, rng.randint(7, 13))
    lib.manual_seed(seed)
    random.seed(seed)
    np.random.seed(seed)
    if rng.random() < 0.3:
        options["generator"] = lib.Generator().manual_seed(seed + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loader = lib.utils.data.DataLoader(dataset, **options)
            return [plain(lib, list(loader)) for _ in range(2)], plain(lib, lib.rand(1)), random.random()
        except ValueError as error:
            return first_sentence(error)


@pytest.mark.parametrize("seed", range(80))
def test_loaders_give_torchs_batches(seed: int) -> None:
    assert observed(ours, seed) == observed(real, seed)


def drawn_sample(lib: ModuleType, rng: random.Random, depth: int = 0) -> Any:
    """A sample of nested containers; the same for the same state of `rng`, up to its numbers."""
    kind = rng.choice(["int", "float", "bool", "text", "tensor", "array", "scalar"] + ["dict", "list", "tuple"] * 2)
    parts = range(rng.randint(1, 3))
    if depth > 2 or kind in ("int", "float", "bool", "text", "tensor", "array", "scalar"):
        return {
            "int": 3,
            "float": 0.25,
            "bool": True,
            "text": "a",
            "tensor": lib.tensor([[1.0, 2.0]], dtype=lib.float16),
            "array": np.arange(4, dtype=np.int16),
        }.get(kind, np.float32(1.5))
    if kind == "dict":
        return {f"key {i}": drawn_sample(lib, rng, depth + 1) for i in parts}
    items = [drawn_sample(lib, rng, depth + 1) for _ in parts]
    return items if kind == "list" else tuple(items)


@pytest.mark.parametrize("seed", range(60))
def test_samples_are_collated_and_converted_as_torchs(seed: int) -> None:
    def made(lib: ModuleType) -> Any:
        sample = drawn_sample(lib, random.Random(seed))
        data = lib.utils.data
        both = data.default_collate([sample] * 3), data.default_convert(sample)
        return plain(lib, both[0]), plain(lib, both[1])

    assert made(ours) == made(real)
