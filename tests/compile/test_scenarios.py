"""Functions written to break a capture give what they give as they are written."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import tapegrad as torch

from .scenarios import SCENARIOS, Scenario


def told(x: Any) -> Any:
    """What can be seen of a value, as plain Python and arrays' bytes."""
    if isinstance(x, torch.Tensor):
        a = np.asarray(
            x.detach().resolve_conj().numpy() if x.dtype is not torch.bfloat16 else x.detach().float().numpy()
        )
        values = [repr(v) for v in a.reshape(-1).tolist()]
        return str(x.dtype), tuple(x.shape), x.stride(), x.requires_grad, values
    if isinstance(x, dict):
        return [(key, told(part)) for key, part in x.items()]
    if isinstance(x, (tuple, list)):
        return type(x).__name__, [told(part) for part in x]
    return repr(x)


def seen(scenario: Scenario, wrap: Any) -> list[Any]:
    """All that a scenario shows; views of it are taken at once, since later steps may change them."""
    return [told(value) for value in scenario(wrap)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", SCENARIOS)
def test_compiled_is_as_written(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain = seen(SCENARIOS[name], lambda f: f)
        compiled = seen(SCENARIOS[name], lambda f: torch.compile(f, backend="numpy"))
    assert len(plain) == len(compiled)
    for i, (expected, found) in enumerate(zip(plain, compiled, strict=True)):
        assert found == expected, f"value {i}"
