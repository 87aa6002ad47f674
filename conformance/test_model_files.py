"""Files of whole models, opened with `weights_only=False` by the library that did not write them."""

from __future__ import annotations

import functools
import io
from typing import Any

import numpy as np
import pytest
import torch as real

import tapegrad as ours

BOTH_WAYS = [(real, ours), (ours, real), (ours, ours)]
ways = pytest.mark.parametrize(("writer", "reader"), BOTH_WAYS, ids=["theirs-to-us", "ours-to-them", "ours-to-us"])


def carried(writer: Any, reader: Any, thing: Any, **options: Any) -> Any:
    file = io.BytesIO()
    writer.save(thing, file, **options)
    file.seek(0)
    return reader.load(file, weights_only=False)


def model_of(lib: Any) -> Any:
    """A model that keeps functions and distributions as attributes."""
    model = lib.nn.Sequential(lib.nn.Linear(2, 4), lib.nn.ELU(), lib.nn.BatchNorm1d(4), lib.nn.Linear(4, 2)).eval()
    functional, distributions = lib.nn.functional, lib.distributions
    model.functions = [lib.tanh, lib.sigmoid, functional.relu, functional.gelu, functional.softplus]
    model.last = functools.partial(functional.softmax, dim=-1)
    model.prior = distributions.Normal(lib.zeros(2), lib.ones(2))
    model.warp = distributions.ExpTransform()
    model.family = distributions.Gamma
    model.forward = model.forward
    return model


@ways
@pytest.mark.parametrize("as_zip", [True, False], ids=["zip", "legacy"])
@pytest.mark.filterwarnings("ignore:.*TypedStorage is deprecated")
def test_a_whole_model(writer: Any, reader: Any, as_zip: bool) -> None:
    model = model_of(writer)
    read = carried(writer, reader, model, _use_new_zipfile_serialization=as_zip)
    assert repr(read) == repr(model)
    x = [[1.0, 2.0], [3.0, 5.0]]

    def outputs(lib: Any, net: Any) -> list[Any]:
        y = net(lib.tensor(x))
        return [*(f(y).tolist() for f in net.functions), net.last(y).tolist(), net.prior.log_prob(y).tolist()]

    for mine, theirs in zip(outputs(reader, read), outputs(writer, model), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-5)
    assert read.family is reader.distributions.Gamma
    assert read.warp(reader.zeros(1)).tolist() == [1.0]
    assert read.forward.__self__ is read
