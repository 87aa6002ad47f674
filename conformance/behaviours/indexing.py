"""Indexing and assignment in every form: values, gradients, nodes, errors and warnings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .views import chain, gradients


def names(lib: Any) -> dict[str, Any]:
    """What the expressions below are about."""
    return {
        "torch": lib,
        "np": np,
        "x": lib.arange(6.0).reshape(2, 3),
        "y": lib.arange(24).reshape(2, 3, 4),
        "v": lib.arange(3.0),
        "s": lib.tensor(1.0),
        "q": lib.arange(6).reshape(2, 3),
        "u": lib.zeros(3, dtype=lib.uint8),
        "bb": lib.zeros(2, dtype=lib.bool),
        "i": lib.tensor([0, 1]),
        "b2": lib.tensor([True, False]),
    }


# Expressions over these names.
READ = [
    "v[5]",
    "v[-4]",
    "s[0]",
    "s[...]",
    "s[None]",
    "s[()]",
    "s[:]",
    "s[True]",
    "s[False].shape",
    "x[0, 0, 0]",
    "x[..., ...]",
    "x[0, ..., ..., 1]",
    "x[None, None, 0].shape",
    "x['a']",
    "x[1.5]",
    "x[0, 1.5]",
    "x[::-1]",
    "x[::0]",
    "x[0:5:-1]",
    "x[1:0].shape",
    "x[torch.tensor([5])]",
    "x[torch.tensor([-3])]",
    "x[:, torch.tensor([5])]",
    "x[torch.tensor([0]), torch.tensor([0, 1, 2, 3])[:3]]",
    "x[torch.tensor([0, 1]), torch.tensor([0, 1, 2])]",
    "v[b2]",
    "x[torch.tensor([[True, False]])]",
    "x[torch.tensor([True, False, True])]",
    "x[:, b2]",
    "x[torch.tensor([1.0])]",
    "x[torch.tensor(1.0)]",
    "x[torch.tensor(1)]",
    "x[torch.tensor(5)]",
    "x[torch.tensor(True)].shape",
    "x[torch.tensor([0], dtype=torch.int32)]",
    "x[torch.tensor([0], dtype=torch.int16)]",
    "x[torch.tensor([0], dtype=torch.int8)]",
    "x[torch.tensor([1, 0], dtype=torch.uint8)]",
    "x[np.int64(1)]",
    "x[np.array([0, 1])]",
    "x[np.array([True, False])]",
    "x[np.array(1)]",
    "x[np.array([0, 1], dtype=np.int32), 1]",
    "x[[True, False]]",
    "x[[0, 1]]",
    "x[[0, 1], 1]",
    "x[[[0, 1]]]",
    "x[[[0, 1], [1, 0]]]",
    "x[[0, slice(None)]]",
    "x[[None, 0]]",
    "x[[]].shape",
    "x[[], []].shape",
    "x[[1.5]]",
    "x[['a']]",
    "x[0, 1]",
    "x[range(2)]",
    "x[range(2), 0]",
    "x[torch.tensor(0):torch.tensor(2)]",
    "x[:'a']",
    "x[np.int64(0):np.int64(1)]",
    "x[True, 0].shape",
    "x[False].shape",
    "x[0, True].shape",
    "x[:, None, True].shape",
    "x[True, True].shape",
    "x[True, b2].shape",
    "y[0, :, torch.tensor([0, 1])].shape",
    "y[torch.tensor([0, 1]), :, torch.tensor([0, 1])].shape",
    "y[:, torch.tensor([0, 1]), torch.tensor([0, 1])].shape",
    "y[torch.tensor([[0, 1]]), None].shape",
    "y[..., torch.tensor([0])].shape",
    "y[b2, ..., 0].shape",
    "y[torch.tensor([True, False]), torch.tensor([0])].shape",
    "y[y > 5].shape",
    "y[0, y[0] > 5].shape",
    "y[(y > 5).nonzero(as_tuple=True)].shape",
    "y[torch.zeros(2, 3, dtype=torch.bool)].shape",
    "y[torch.zeros(0, dtype=torch.long)].shape",
    "y[torch.zeros(0)].shape",
    "y[[torch.tensor(0), torch.tensor(1)]]",
    "y[torch.tensor(0), torch.tensor([1])].shape",
    "y[[0, 1], [0, 1], [0, 1], [0]]",
    "y[object()]",
    "y[None, ..., None].shape",
    "y[{0}]",
    "x[torch.zeros(2, 0, dtype=torch.long)].shape",
    "torch.zeros(0, 3)[torch.tensor([0])]",
    "torch.zeros(0, 3)[torch.zeros(0, dtype=torch.long)].shape",
    "torch.zeros(3, 0)[torch.tensor([0])].shape",
    "torch.zeros(3, 0)[torch.tensor([5])].shape",
    "x.float()[b2, torch.tensor([0, 1])]",
    "x[b2,]",
    "x[[b2]]",
    "x[b2.tolist(), 0]",
    "x[torch.tensor([0, 1])[:, None], torch.tensor([0, 2])]",
    "x[0][5]",
    "x[0, 5]",
    "x[5, 0]",
    "x[:, 5]",
    "x[:, -4]",
    "y[0, 0, 5]",
    "torch.tensor(3)[0]",
    "x[1:2, torch.tensor([0])]",
    "x[torch.tensor([[0]]), :, None].shape",
    "x[1j]",
    "x[torch.tensor([1j])]",
    "v[True]",
    "v[1, ...]",
    "x[..., 5]",
    "x[None, 5]",
    "x[-3:10].shape",
    "x[torch.tensor([1, 2]):]",
    "x[torch.tensor(0.5):]",
    "x[torch.tensor([1]):]",
]

# Statements that write into one of them.
WRITTEN = [
    "x[0] = 1",
    "x[0] = 1.5",
    "x[0, 0] = True",
    "x[0] = 1j",
    "x[0] = 'a'",
    "x[0] = [1, 2, 3]",
    "x[0] = (1, 2, 3)",
    "x[0] = np.array([1.0, 2.0, 3.0])",
    "x[0] = np.float64(3)",
    "x[0] = None",
    "x[0] = torch.tensor([1, 2, 3])",
    "x[0] = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)",
    "x[0] = torch.ones(2)",
    "x[0] = torch.ones(1, 3)",
    "x[0] = torch.ones(2, 3)",
    "x[0] = torch.ones(1, 1, 1)",
    "x[:] = torch.ones(1, 1, 2, 3)",
    "x[...] = torch.ones(2)",
    "x[i] = 1",
    "x[i] = 2.5",
    "x[i] = torch.tensor([1, 2, 3])",
    "x[i] = torch.tensor(1)",
    "x[i] = torch.ones(3)",
    "x[i] = torch.ones(2)",
    "x[i] = torch.ones(1, 2, 3)",
    "x[i] = torch.ones(2, 2, 3)",
    "x[i] = torch.ones(3, dtype=torch.float64)",
    "x[i] = [1, 2, 3]",
    "x[x > 2] = 0",
    "x[x > 2] = torch.ones(3)",
    "x[x > 2] = torch.ones(2)",
    "x[x > 9] = torch.ones(2)",
    "x[x > 9] = torch.ones(0)",
    "x[True] = 1",
    "x[False] = 1",
    "x[None] = 1",
    "x[torch.tensor(True)] = 7",
    "x[torch.tensor(False)] = 7",
    "x[5] = 1",
    "x[torch.tensor([5])] = 1",
    "x[0] = 2 ** 70",
    "x[0][1] = 4",
    "x[1:] = x[:-1]",
    "x[:] = x",
    "x[::-1] = 1",
    "x['a'] = 1",
    "x[1.5] = 1",
    "q[0] = 1.7",
    "q[0] = -1",
    "q[0] = 300",
    "q[0] = 1j",
    "q[i] = 1.7",
    "q[0] = torch.tensor([1.7, 2.0, 3.0])",
    "q[0] = torch.tensor(1.7)",
    "q[i] = torch.tensor(1.7)",
    "u[0] = 300",
    "u[0] = -1",
    "bb[0] = 2",
    "bb[0] = 0.5",
    "s[()] = 4",
    "s[...] = 4",
    "s[0] = 4",
    "s[None] = 4",
    "s[True] = 9",
    "x[[0, 1], [1, 2]] = torch.tensor([8.0, 9.0])",
    "x[i, 1] = torch.tensor([8.0, 9.0])",
    "x[:, i] = torch.tensor([[8.0], [9.0]])",
    "x[0] = torch.tensor(3.0)",
    "x[0] = torch.tensor([3.0])",
    "x[[[0, 1], [1, 2]]] = 5",
    "x[0] = {1}",
    "x[0] = object()",
    "x[1, 1] = torch.tensor([[3.0]])",
    "x[1, 1] = torch.tensor([3.0, 4.0])",
]


def _reading(text: str) -> Callable[[Any], Any]:
    def value(torch: Any) -> Any:
        result = eval(text, names(torch))
        return result, getattr(result, "_version", None), hasattr(result, "_is_view") and result._is_view()

    return value


def _writing(text: str) -> Callable[[Any], Any]:
    def effect(torch: Any) -> Any:
        space = names(torch)
        exec(text, space)
        changed = space[text[: text.index("[")]]
        return changed, changed._version

    return effect


for _text in READ:
    globals()[_text] = _reading(_text)
for _text in WRITTEN:
    globals()[_text] = _writing(_text)


# -- recorded ---------------------------------------------------------------------------------------------------------

# Of y, a (2, 3, 4) result.
RECORDED = [
    "y[1]", "y[1, 2]", "y[1, 2, 3]", "y[-1, :, -2]", "y[:]", "y[...]", "y[:, :]", "y[()]", "y[None]",
    "y[1:, None, ..., 0]",
    "y[0:1, 0:3]", "y[::2, 1::2]", "y[i]", "y[:, i]", "y[i, :, i]", "y[i, i]", "y[..., i]", "y[0, :, i]", "y[i, 0]",
    "y[i[:, None], i]", "y[b]", "y[y > 11]", "y[b, i[:1]]", "y[m]", "y[m, 1]", "y[m, 0:2]", "y[True]", "y[False]",
    "y[torch.tensor(True)]", "y[torch.tensor(1)]", "y[[0, 1]]", "y[[0, 1], [1, 2]]", "y[[1, 1, 0, 1]]",
    "y[torch.tensor([-1, 0, -1])]", "y[..., [0, 0, 3]]", "y[[0, 0], :, [1, 1]]", "y[None, [1, 0]]",
    "y[np.array([1, 1])]",
    "y[np.int64(1)]", "y[i, None]", "y[:0]", "y[[]]", "y[i.int()]",
]  # fmt: skip

# Into y, a (2, 3, 4) result; from w, a result of four elements, or r, one of no dimensions.
ASSIGNED = [
    "y[0] = 1", "y[0] = w", "y[0] = r", "y[:] = w", "y[:] = 1", "y[...] = w", "y[...] = 1.0", "y[:, :] = w",
    "y[()] = w",
    "y[None] = w", "y[True] = w", "y[False] = w", "y[i] = w", "y[i] = 1", "y[i] = r", "y[0, 1] = w", "y[0, 1, 2] = 2.0",
    "y[0, 1, 2] = r", "y[y > 2] = r", "y[y > 2] = 0.0", "y[:, 0][0] = w", "y[i, 0] = w", "y[:, i] = w[None]",
    "y[0] = y[1]",
    "y[i] = y[0]", "y[0] = y[0]", "y[..., 1] = w[:3]", "y[:, :, i] = w[:2]", "y[i, :, i] = w[:3]", "y[[0, 0]] = w",
    "y[m] = w", "y[b] = w", "y[::2, 1::2] = r", "y[0] += w", "y[i] *= w", "y[0, 1:, None] = w[None, None]",
]  # fmt: skip


def _result(lib: Any) -> tuple[Any, dict[str, Any]]:
    x = lib.arange(24.0, requires_grad=True)
    y = x.reshape(2, 3, 4) * 1
    m = lib.tensor([[True, False, True], [False, False, True]])
    b, i = lib.tensor([True, False]), lib.tensor([0, 1])
    return x, {"torch": lib, "np": np, "y": y, "w": x[:4] * 1, "r": x[5] * 1, "i": i, "b": b, "m": m}


def _recorded(text: str) -> Callable[[Any], Any]:
    def graph(torch: Any) -> Any:
        x, space = _result(torch)
        z = eval(text, space)
        return z, chain(z), gradients(torch, z, x)

    return graph


def _assigned(text: str) -> Callable[[Any], Any]:
    def graph(torch: Any) -> Any:
        x, space = _result(torch)
        exec(text, space)
        y = space["y"]
        return y, y._version, chain(y), gradients(torch, y, x)

    return graph


for _text in RECORDED:
    globals()[f"recorded {_text}"] = _recorded(_text)
for _text in ASSIGNED:
    globals()[f"recorded {_text}"] = _assigned(_text)


def deleting_an_item(torch: Any) -> Any:
    del torch.zeros(3)[0]


def loop_over_elements(torch: Any) -> Any:
    x = torch.arange(6.0, requires_grad=True)
    y = x * 1
    total = 0
    for k in range(6):
        total = total + y[k] * y[k - 1]
    total.backward()
    return x.grad


def index_changed_before_the_backward_pass(torch: Any) -> Any:
    x, i = torch.arange(3.0, requires_grad=True), torch.tensor([0, 1])
    y = x[i]
    i.zero_()
    y.sum().backward()


def list_as_an_index_in_several_dimensions(torch: Any) -> Any:
    return torch.arange(6).reshape(2, 3)[[[0, 1], [1, 2]]]


def assignment_through_a_chain_of_indices(torch: Any) -> Any:
    x = torch.zeros(2, 3)
    x[0][1] = 4
    return x, x._version
