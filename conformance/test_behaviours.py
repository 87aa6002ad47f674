"""Every behaviour through both libraries: the same result, the same error, the same warnings."""

from __future__ import annotations

import pytest
import torch as real

import tapegrad as ours

from .behaviours import Behaviour, all_behaviours, observe

CASES = all_behaviours()


@pytest.mark.parametrize(("name", "behaviour"), CASES, ids=[name for name, _ in CASES])
def test_behaviour_is_torchs(name: str, behaviour: Behaviour) -> None:
    expected, got = observe(real, behaviour), observe(ours, behaviour)
    assert got == expected
