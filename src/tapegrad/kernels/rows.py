"""Kernels of what is computed row by row: softmax, its logarithm, layer norm, and their gradients."""

from __future__ import annotations

from .words import Reals, added, decay, infinity, larger, log, real, sqrt


def softmax(x: Reals, y: Reals, begin: int, end: int, columns: int, safe: int) -> None:
    """e^x divided by its sum over the row; if `safe`, rows of nothing but -inf give zeros."""
    for i in range(begin, end):
        o = i * columns
        top = -infinity
        for j in range(columns):
            top = larger(top, x[o + j])
        if safe and top == -infinity:
            top = real(0)
        total = real(0)
        for j in range(columns):
            e = decay(x[o + j] - top)
            y[o + j] = e
            total = added(total, e)
        if safe and total == real(0):
            total = real(1)
        for j in range(columns):
            y[o + j] = y[o + j] / total


def softmax_gradient(g: Reals, y: Reals, z: Reals, begin: int, end: int, columns: int) -> None:
    """(g - Σ g·y) · y."""
    for i in range(begin, end):
        o = i * columns
        dot = real(0)
        for j in range(columns):
            dot = added(dot, g[o + j] * y[o + j])
        for j in range(columns):
            z[o + j] = (g[o + j] - dot) * y[o + j]


def log_softmax(x: Reals, y: Reals, begin: int, end: int, columns: int) -> None:
    """x minus the logarithm of the sum of e^x over the row."""
    for i in range(begin, end):
        o = i * columns
        top = -infinity
        for j in range(columns):
            top = larger(top, x[o + j])
        total = real(0)
        for j in range(columns):
            total = added(total, decay(x[o + j] - top))
        off = log(total)
        for j in range(columns):
            y[o + j] = x[o + j] - top - off


def log_softmax_gradient(g: Reals, y: Reals, z: Reals, begin: int, end: int, columns: int) -> None:
    """g - e^y · Σ g."""
    for i in range(begin, end):
        o = i * columns
        total = real(0)
        for j in range(columns):
            total = added(total, g[o + j])
        for j in range(columns):
            z[o + j] = g[o + j] - decay(y[o + j]) * total


def layer_norm(
    x: Reals, weight: Reals, bias: Reals, y: Reals, means: Reals, rstds: Reals, begin: int, end: int, columns: int,
    vectors: int, eps: float,
) -> None:  # fmt: skip
    """(x - mean) · rstd · weight + bias; the mean and the reciprocal standard deviation of each row, too.

    Args:
        vectors: 2 for weight and bias, 1 for weight alone, 0 for none.
    """
    count = real(columns)
    for i in range(begin, end):
        o = i * columns
        total = real(0)
        for j in range(columns):
            total = added(total, x[o + j])
        mean = total / count
        square = real(0)
        for j in range(columns):
            off = x[o + j] - mean
            square = added(square, off * off)
        rstd = real(1) / sqrt(square / count + real(eps))
        means[i] = mean
        rstds[i] = rstd
        if vectors == 2:
            for j in range(columns):
                y[o + j] = (x[o + j] - mean) * rstd * weight[j] + bias[j]
        elif vectors == 1:
            for j in range(columns):
                y[o + j] = (x[o + j] - mean) * rstd * weight[j]
        else:
            for j in range(columns):
                y[o + j] = (x[o + j] - mean) * rstd


def layer_norm_gradients(
    g: Reals, x: Reals, weight: Reals, means: Reals, rstds: Reals, z: Reals, by_weight: Reals, by_bias: Reals,
    begin: int, end: int, columns: int, height: int,
) -> None:  # fmt: skip
    """The gradients by x, and by weight and bias as a row of sums for each `height` rows.

    With c = x - mean and h = g·weight, that of x is rstd·h - c·rstd³·mean(h·c) - rstd·mean(h).
    """
    count = real(columns)
    for i in range(begin, end):
        o = i * columns
        p = i // height * columns
        mean, rstd = means[i], rstds[i]
        total = real(0)
        dot = real(0)
        for j in range(columns):
            h = g[o + j] * weight[j]
            total = added(total, h)
            dot = added(dot, h * (x[o + j] - mean))
        along = dot * rstd * rstd * rstd / count
        off = total * rstd / count
        if i % height == 0:
            for j in range(columns):
                by_weight[p + j] = real(0)
                by_bias[p + j] = real(0)
        for j in range(columns):
            c = x[o + j] - mean
            scaled = g[o + j] * rstd
            z[o + j] = scaled * weight[j] - c * along - off
            by_weight[p + j] += scaled * c
            by_bias[p + j] += g[o + j]
