"""Recurrent layers on raw arrays: all time steps of one layer in one direction, forward and back through time.

Whatever does not depend on the step before is done for all steps at once: the product with the input before the loop,
the local derivatives and the gradients of the weights around it. In the loop remain the product with the hidden state
and the gates.

The rows of a batch are laid out step after step, as in a packed sequence; a padded batch is the case in which all steps
have equally many. N stands for the rows of all steps, B for the sequences, H for the hidden size, I for the input size.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ..quiet import make_quiet
from ..tensor.dtypes import Array


class Plan:
    """The order of the steps of one layer, and which rows belong to each.

    Attributes:
        sizes: of a packed sequence, how many sequences each step has; None for a padded batch.
        uniform: all steps have all sequences.
        steps: the number of steps.
        batch: the number of sequences.
        reverse: the last step comes first.
    """

    def __init__(self, steps: int, batch: int, sizes: tuple[int, ...] | None, reverse: bool) -> None:
        self.steps, self.batch, self.sizes, self.reverse = steps, batch, sizes, reverse
        self.uniform = sizes is None or sizes[-1] == batch  # they are sorted

    def split(self, rows: Array) -> Iterable[Array]:
        """The rows of each step, in the order of computation."""
        if self.uniform:
            parts: Any = rows.reshape(self.steps, self.batch, *rows.shape[1:])
            return parts[::-1] if self.reverse else parts
        assert self.sizes is not None
        stops = np.cumsum(self.sizes).tolist()
        parts = [rows[stop - n : stop] for stop, n in zip(stops, self.sizes, strict=True)]
        return reversed(parts) if self.reverse else parts

    def back(self, rows: Array) -> Iterable[Array]:
        """The rows of each step, last computed first."""
        return self.reversed().split(rows)

    @property
    def last(self) -> int:
        """How many sequences the step that is computed last has."""
        return self.reversed().first

    @property
    def first(self) -> int:
        """How many sequences the step that is computed first has."""
        return self.batch if self.sizes is None else self.sizes[-1 if self.reverse else 0]

    def reversed(self) -> Plan:
        """The same steps in the other order."""
        return Plan(self.steps, self.batch, self.sizes, not self.reverse)

    def before(self, states: Array, first: Array) -> Array:
        """The states that each row came from, where `states` are those that each row led to; `first` are the first."""
        if not len(states):
            return states
        if self.uniform:
            n = len(states) - self.batch
            return np.concatenate((states[self.batch :], first) if self.reverse else (first, states[:n]))
        parts, last = [], first[:0]
        for state in self.split(states):
            n = len(state)
            parts.append(last[:n] if n <= len(last) else np.concatenate((last, first[len(last) : n])))
            last = state
        return np.concatenate(parts[::-1] if self.reverse else parts)


def resized(state: Array, first: Array, n: int) -> Array:
    """The state for a step of n sequences: those that have ended are left out, those that begin have their first."""
    return state[:n] if n <= len(state) else np.concatenate((state, first[len(state) : n]))


def input_products(x: Array, w: Array, *biases: Array | None) -> Array:
    """x · wᵀ plus the biases, for the rows of all steps: shape (N, gates · H)."""
    products: Array = np.matmul(x.reshape(-1, x.shape[-1]), w.T)
    for bias in biases:
        if bias is not None:
            products += bias
    return products


def transposed(w: Array, plan: Plan) -> Array:
    """wᵀ; copied into its own memory if that pays, since products of a few rows with it then take half the time."""
    return np.ascontiguousarray(w.T) if plan.first >= 4 and plan.steps * 16 >= w.shape[1] else w.T


def logistic(x: Array, one: Array) -> None:
    """Replace -x by 1 / (1 + exp(-x))."""
    np.exp(x, x)
    np.add(x, one, x)
    np.divide(one, x, x)  # faster than np.reciprocal


def collected(last: Array, ended: list[Array]) -> Array:
    """The final state of each sequence: of those that went on to the last step, and of those that ended before."""
    return np.concatenate([last, *ended[::-1]])


# -- LSTM --------------------------------------------------------------------------------------------------------------


def lstm_forward(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None,
    w_hr: Array | None, plan: Plan,
) -> tuple[Array, ...]:  # fmt: skip
    """One layer of LSTM.

    Args:
        x: (*, I). h0: (B, P). c0: (B, H). w_ih: (4H, I). w_hh: (4H, P). b_ih, b_hh: (4H,). w_hr: (P, H).

    Returns:
        The outputs (N, P), final hidden and cell states, and for the way back: the gates (N, 4, H), that is
        i, f, -g and o after their nonlinearities; the cells and their tanh, each (N, H).
    """
    gates = input_products(x, w_ih, b_ih, b_hh)
    np.negative(gates, gates)  # exp(-x) is what the logistic function needs
    size = c0.shape[1]
    total = len(gates)
    gates = gates.reshape(total, 4, size)
    outputs = np.empty((total, h0.shape[1]), gates.dtype)
    cells = np.empty((total, size), gates.dtype)
    tanhs = np.empty_like(cells)
    products = np.empty((plan.first, 4 * size), gates.dtype)
    scratch = np.empty((plan.first, size), gates.dtype)
    w = transposed(w_hh, plan)
    one = np.ones((), gates.dtype)
    h, c = h0[: plan.first], c0[: plan.first]
    ended: list[Array] = []
    ended_cells: list[Array] = []
    split = plan.split
    for z, y, c_next, tanh_c in zip(split(gates), split(outputs), split(cells), split(tanhs), strict=True):
        n = len(z)
        if n != len(h):
            if n < len(h):
                ended.append(h[n:])
                ended_cells.append(c[n:])
            h, c = resized(h, h0, n), resized(c, c0, n)
            products, scratch = np.empty((n, 4 * size), gates.dtype), np.empty((n, size), gates.dtype)
        np.matmul(h, w, products)
        flat = z.reshape(n, 4 * size)
        np.subtract(flat, products, flat)
        g, o = z[:, 2], z[:, 3]
        np.tanh(g, scratch)
        logistic(flat, one)
        g[...] = scratch
        np.multiply(scratch, z[:, 0], scratch)
        np.multiply(z[:, 1], c, c_next)
        np.subtract(c_next, scratch, c_next)
        np.tanh(c_next, tanh_c)
        if w_hr is None:
            np.multiply(o, tanh_c, y)
        else:
            np.matmul(o * tanh_c, w_hr.T, y)
        h, c = y, c_next
    return outputs, collected(h, ended), collected(c, ended_cells), gates, cells, tanhs


def lstm_backward(
    g: Any, x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, w_hr: Array | None,
    kept: tuple[Array, ...], plan: Plan, needs: Any,
) -> list[Array | None]:  # fmt: skip
    """The gradients of x, h0, c0, w_ih, w_hh, b_ih, b_hh and w_hr, as far as `needs` asks for them."""
    outputs, gates, cells, tanhs = kept
    total, _, size = gates.shape
    i, f, minus_g, o = gates[:, 0], gates[:, 1], gates[:, 2], gates[:, 3]
    # What dc, and for the output gate dm, are multiplied by to give the gradient before the nonlinearity.
    by = np.empty_like(gates)
    np.multiply(gates, gates, by)
    np.subtract(gates, by, by)  # s - s², the derivative of the logistic function; the third is not one
    by[:, 0] *= minus_g
    np.negative(by[:, 0], by[:, 0])
    by[:, 1] *= plan.before(cells, c0)
    by[:, 3] *= tanhs
    by[:, 2] = i * (1 - minus_g * minus_g)
    to_cell = o * (1 - tanhs * tanhs)
    dh, dc = states_of(g[1], h0), states_of(g[2], c0)
    ends_h, ends_c = dh, dc
    d_outputs = rows_of(g[0], outputs)
    seen = np.empty_like(outputs) if w_hr is not None and needs[7] else None
    split = plan.back
    d_h0, d_c0 = np.zeros_like(h0), np.zeros_like(c0)
    dh, dc = dh[: plan.last], dc[: plan.last]
    nothing: Any = None
    seen_steps = split(seen) if seen is not None else [nothing] * plan.steps
    for d_y, z, cell, forget, d_seen in zip(
        split(d_outputs), split(by), split(to_cell), split(f), seen_steps, strict=True
    ):
        n = len(z)
        if n != len(dh):
            dh, dc = joined(dh, ends_h, d_h0, n), joined(dc, ends_c, d_c0, n)
        dh = dh + d_y
        if d_seen is not None:
            d_seen[...] = dh
        dm = dh if w_hr is None else np.matmul(dh, w_hr)
        dc = dc + dm * cell
        inner, outer = z[:, :3], z[:, 3]
        np.multiply(inner, dc[:, None], inner)
        np.multiply(outer, dm, outer)
        dh = np.matmul(z.reshape(n, 4 * size), w_hh)
        dc = dc * forget
    d_h0[: len(dh)], d_c0[: len(dc)] = dh, dc
    by = by.reshape(total, 4 * size)
    d_x, d_ih, d_bias = input_gradients(by, x, w_ih, (needs[0], needs[3], needs[5] or needs[6]))
    d_hh = np.matmul(by.T, plan.before(outputs, h0)) if needs[4] else None
    d_hr = np.matmul(seen.T, o * tanhs) if seen is not None else None
    return [d_x, d_h0, d_c0, d_ih, d_hh, d_bias, d_bias, d_hr]


# -- GRU ---------------------------------------------------------------------------------------------------------------


def gru_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, plan: Plan
) -> tuple[Array, ...]:
    """One layer of GRU.

    Args:
        x: (*, I). h0: (B, H). w_ih: (3H, I). w_hh: (3H, H). b_ih, b_hh: (3H,).

    Returns:
        The outputs (N, H), final states, and for the way back: the gates (N, 3, H), that is r, z and -n after their
        nonlinearities, and the product of the hidden state for n, (N, H).
    """
    size = h0.shape[1]
    gates = input_products(x, w_ih, b_ih)
    if b_hh is not None:
        gates[:, : 2 * size] += b_hh[: 2 * size]  # the third part comes after the product with r
    np.negative(gates, gates)
    total = len(gates)
    gates = gates.reshape(total, 3, size)
    outputs = np.empty((total, size), gates.dtype)
    hidden = np.empty_like(outputs)
    products = np.empty((plan.first, 3 * size), gates.dtype)
    w = transposed(w_hh, plan)
    bias = None if b_hh is None else b_hh[2 * size :]
    one = np.ones((), gates.dtype)
    h = h0[: plan.first]
    ended: list[Array] = []
    split = plan.split
    for s, y, kept in zip(split(gates), split(outputs), split(hidden), strict=True):
        k = len(s)
        if k != len(h):
            if k < len(h):
                ended.append(h[k:])
            h = resized(h, h0, k)
            products = np.empty((k, 3 * size), gates.dtype)
        np.matmul(h, w, products)
        both = s.reshape(k, 3 * size)[:, : 2 * size]
        np.subtract(both, products[:, : 2 * size], both)
        logistic(both, one)
        if bias is None:
            kept[...] = products[:, 2 * size :]
        else:
            np.add(products[:, 2 * size :], bias, kept)
        n = s[:, 2]
        np.multiply(s[:, 0], kept, y)
        np.subtract(n, y, n)
        np.tanh(n, n)
        np.add(h, n, y)
        np.multiply(y, s[:, 1], y)
        np.subtract(y, n, y)
        h = y
    return outputs, collected(h, ended), gates, hidden


def gru_backward(
    g: Any, x: Array, h0: Array, w_ih: Array, w_hh: Array, kept: tuple[Array, ...], plan: Plan, needs: Any
) -> list[Array | None]:
    """The gradients of x, h0, w_ih, w_hh, b_ih and b_hh, as far as `needs` asks for them."""
    outputs, gates, hidden = kept
    total, _, size = gates.shape
    r, z, minus_n = gates[:, 0], gates[:, 1], gates[:, 2]
    before = plan.before(outputs, h0)
    # by[0] becomes the gradient at r, by[1] at z, by[2] at n as seen by the hidden state, by[3] as seen by the input.
    by = np.empty((total, 4, size), gates.dtype)
    np.multiply(r * (1 - r), hidden, by[:, 0])
    np.multiply(z * (1 - z), before + minus_n, by[:, 1])
    np.multiply(1 - z, 1 - minus_n * minus_n, by[:, 3])
    by[:, 2] = r
    dh = states_of(g[1], h0)
    ends = dh
    d_outputs = rows_of(g[0], outputs)
    d_h0 = np.zeros_like(h0)
    dh = dh[: plan.last]
    split = plan.back
    for d_y, s, keep in zip(split(d_outputs), split(by), split(z), strict=True):
        k = len(s)
        if k != len(dh):
            dh = joined(dh, ends, d_h0, k)
        dh = dh + d_y
        dn = s[:, 3]
        np.multiply(dn, dh, dn)
        for part, factor in ((s[:, 0], dn), (s[:, 1], dh), (s[:, 2], dn)):
            np.multiply(part, factor, part)
        dh = dh * keep
        dh += np.matmul(s.reshape(k, 4 * size)[:, : 3 * size], w_hh)
    d_h0[: len(dh)] = dh
    flat = by.reshape(total, 4 * size)
    by_hidden = flat[:, : 3 * size]
    d_hh = np.matmul(by_hidden.T, before) if needs[3] else None
    d_b_hh = by_hidden.sum(0) if needs[5] else None
    by[:, 2] = by[:, 3]
    d_x, d_ih, d_b_ih = input_gradients(by_hidden, x, w_ih, (needs[0], needs[2], needs[4]))
    return [d_x, d_h0, d_ih, d_hh, d_b_ih, d_b_hh]


# -- the plain recurrent layer -----------------------------------------------------------------------------------------


def rnn_forward(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None, b_hh: Array | None, relu: bool, plan: Plan
) -> tuple[Array, Array]:
    """One layer of h' = tanh(W x + b + U h + c), or relu of it.

    Args:
        x: (*, I). h0: (B, H). w_ih: (H, I). w_hh: (H, H). b_ih, b_hh: (H,).

    Returns:
        The outputs (N, H) and the final states.
    """
    outputs = input_products(x, w_ih, b_ih, b_hh)
    products = np.empty((plan.first, h0.shape[1]), outputs.dtype)
    w = transposed(w_hh, plan)
    zero = np.zeros((), outputs.dtype)
    h = h0[: plan.first]
    ended: list[Array] = []
    for y in plan.split(outputs):
        n = len(y)
        if n != len(h):
            if n < len(h):
                ended.append(h[n:])
            h = resized(h, h0, n)
            products = np.empty((n, h0.shape[1]), outputs.dtype)
        np.matmul(h, w, products)
        np.add(y, products, y)
        if relu:
            np.maximum(y, zero, y)
        else:
            np.tanh(y, y)
        h = y
    return outputs, collected(h, ended)


def rnn_backward(
    g: Any, x: Array, h0: Array, w_ih: Array, w_hh: Array, outputs: Array, relu: bool, plan: Plan, needs: Any
) -> list[Array | None]:
    """The gradients of x, h0, w_ih, w_hh, b_ih and b_hh, as far as `needs` asks for them."""
    by = (outputs > 0).astype(outputs.dtype) if relu else 1 - outputs * outputs
    dh = states_of(g[1], h0)
    ends = dh
    d_h0 = np.zeros_like(h0)
    dh = dh[: plan.last]
    for d_y, s in zip(plan.back(rows_of(g[0], outputs)), plan.back(by), strict=True):
        if len(s) != len(dh):
            dh = joined(dh, ends, d_h0, len(s))
        dh = dh + d_y
        np.multiply(s, dh, s)
        dh = np.matmul(s, w_hh)
    d_h0[: len(dh)] = dh
    d_x, d_ih, d_bias = input_gradients(by, x, w_ih, (needs[0], needs[2], needs[4] or needs[5]))
    d_hh = np.matmul(by.T, plan.before(outputs, h0)) if needs[3] else None
    return [d_x, d_h0, d_ih, d_hh, d_bias, d_bias]


# -- what the ways back share ------------------------------------------------------------------------------------------


def rows_of(gradient: Array | None, outputs: Array) -> Array:
    """The gradient of the outputs, as rows; zeros if there is none."""
    return np.zeros_like(outputs) if gradient is None else gradient.reshape(outputs.shape)


def states_of(gradient: Array | None, state: Array) -> Array:
    """The gradient of a final state; zeros if there is none."""
    return np.zeros_like(state) if gradient is None else gradient


def joined(state: Array, ends: Array, starts: Array, n: int) -> Array:
    """The gradient that reaches a step of n sequences from the one after it, of another number of sequences.

    Sequences that end here have the gradient of the final state; of those that begin after here, the gradient goes to
    their first state, in `starts`.
    """
    have = len(state)
    if n < have:
        starts[n:have] = state[n:]
        return state[:n]
    return np.concatenate((state, ends[have:n]))


def input_gradients(by: Array, x: Array, w: Array, needs: tuple[bool, bool, bool]) -> tuple[Array | None, ...]:
    """The gradients of input, weight and bias, where `by` is that of their product, for the rows of all steps."""
    d_x = np.matmul(by, w).reshape(x.shape) if needs[0] else None
    d_w = np.matmul(by.T, x.reshape(-1, x.shape[-1])) if needs[1] else None
    return d_x, d_w, by.sum(0) if needs[2] else None


make_quiet(globals())
