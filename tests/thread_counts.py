"""Work under several numbers of threads, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import tapegrad as torch


def same_for_any_number_of_threads(work: Callable[[], Sequence[np.ndarray[Any, Any]]]) -> None:
    """Check that the arrays that `work` makes are the same to the bit under one, two and three threads."""
    before = torch.get_num_threads()
    found = []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            found.append(work())
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)
