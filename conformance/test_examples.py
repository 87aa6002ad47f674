"""The examples in `examples/models` begin with the same losses under both libraries.

Their whole courses are compared by `python -m conformance.examples`.
"""

from __future__ import annotations

import pytest

from .examples import BEGINNING, SCRIPTS, TOLERANCE, compare

SHORT = {
    "characters": ("--steps", "50"),
    "characters, LSTM": ("--steps", "50"),
    "diabetes_uncertainty": ("--networks", "1", "--epochs", "5"),
    "digits_cnn": (),  # its learning rates depend on the number of epochs
    "digits_mlp": ("--epochs", "3"),
    "digits_vae": ("--epochs", "2"),
    "forecast": ("--epochs", "3"),
    "tumours_lbfgs": (),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_first_steps_have_torchs_losses(name: str) -> None:
    found = compare(name, *SHORT[name])
    assert len(found.tapegrad.losses) >= min(BEGINNING, 30)
    assert found.beginning() <= TOLERANCE
