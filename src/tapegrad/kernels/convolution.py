"""Kernels of convolution in up to three dimensions, and of its gradient by the weights.

An image is copied into a *frame*: with its padding, and, where windows are `stride` apart, divided into phases, each
of which has every `stride`-th element. Then the windows next to each other see elements next to each other, for each
tap a fixed number of elements further on. The places in a frame are taken line after line, so what lies between the
end of a row of windows and the beginning of the next is computed as well, and left out when results are copied.

What is the same for all images is in an array of numbers: its entries are named below. Those of three dimensions are
next to each other.
"""

from __future__ import annotations

from typing import Any, Final

from .tiles import dots, lanes, move, products
from .words import Integers, Reals, real

X_IMAGE, X_CHANNEL, X_STEP = 0, 1, 2  # from an image, a channel, an element to the next, in elements
SIZE, LOW, STRIDE = 5, 8, 11  # of an image; where in it the first window begins; the distance of windows
PHASES, FRAME = 14, 17  # the number of phases of a frame, and the size of each
Y_IMAGE, Y_CHANNEL, Y_STEP = 20, 21, 22  # of results, as above
OUT = 25  # the number of windows
CHANNELS, OUTS = 28, 29  # of each group
TAPS = 30  # in all channels of a group
NEXT_ROW, NEXT_GROUP = 31, 32  # from the weights of a result's channel, or of a group, to the next
NUMBERS: Final = 33

SPAN: Final = 1024  # places in a frame that are computed in one piece, so that their results stay in the cache
PIECE: Final = 64  # registers in a piece of a sum over places, likewise


def copy_line(y: Reals, to: int, x: Reals, at: int, count: int, plus: Any) -> None:
    """Copy neighbouring elements, with a number added to each."""
    n = lanes(x)
    for k in range(0, count, n):
        move(y, to + k, x, at + k, min(n, count - k), plus)


def first_inside(low: int, stride: int) -> int:
    """The first of places low, low + stride, … that is not negative."""
    return 0 if low >= 0 else (stride - 1 - low) // stride


def end_inside(low: int, stride: int, size: int, count: int) -> int:
    """The number of these places, counted from the first, up to the last one inside; at most `count`."""
    return 0 if low >= size else min(count, (size - 1 - low) // stride + 1)


def fill(x: Reals, at: int, frame: Reals, to: int, about: Integers) -> None:
    """Copy a channel of an image into its frame; what is outside of the image is left as it is."""
    f0, f1, f2 = about[FRAME], about[FRAME + 1], about[FRAME + 2]
    s0, s1, s2 = about[STRIDE], about[STRIDE + 1], about[STRIDE + 2]
    x0, x1, x2 = about[X_STEP], about[X_STEP + 1], about[X_STEP + 2]
    for p0 in range(about[PHASES]):
        l0 = about[LOW] + p0
        for p1 in range(about[PHASES + 1]):
            l1 = about[LOW + 1] + p1
            for p2 in range(about[PHASES + 2]):
                l2 = about[LOW + 2] + p2
                begin, end = first_inside(l2, s2), end_inside(l2, s2, about[SIZE + 2], f2)
                for i in range(first_inside(l0, s0), end_inside(l0, s0, about[SIZE], f0)):
                    for j in range(first_inside(l1, s1), end_inside(l1, s1, about[SIZE + 1], f1)):
                        line = to + (i * f1 + j) * f2
                        source = at + (l0 + i * s0) * x0 + (l1 + j * s1) * x1
                        if s2 * x2 == 1:
                            copy_line(frame, line + begin, x, source + l2 + begin, end - begin, real(0))
                        else:
                            for k in range(begin, end):
                                frame[line + k] = x[source + (l2 + k * s2) * x2]
                to += f0 * f1 * f2


def rows_at_once(left: int) -> int:
    """How many of the remaining channels of results are computed together."""
    return 4 if left >= 4 else 2 if left >= 2 else 1


def convolution(
    x: Reals, w: Reals, bias: Reals, y: Reals, frame: Reals, made: Reals, table: Integers, about: Integers,
    image: int, images: int, begin: int, end: int,
) -> None:  # fmt: skip
    """The channels from `begin` to `end` of the results for the images from `image` to `images`.

    Args:
        bias: of each channel.
        frame: zeros for one image, with a register's elements more than that.
        made: scratch for four pieces of `SPAN` elements and a register.
    """
    f1, f2 = about[FRAME + 1], about[FRAME + 2]
    plane = about[PHASES] * about[PHASES + 1] * about[PHASES + 2] * about[FRAME] * f1 * f2
    channels, outs = about[CHANNELS], about[OUTS]
    lines, columns = about[OUT + 1], about[OUT + 2]
    high, wide = max(1, SPAN // f2), min(columns, SPAN)
    y0, y1, y2 = about[Y_STEP], about[Y_STEP + 1], about[Y_STEP + 2]
    for n in range(image, images):
        for c in range(begin // outs * channels, ((end - 1) // outs + 1) * channels):
            fill(x, n * about[X_IMAGE] + c * about[X_CHANNEL], frame, c * plane, about)
        for a in range(about[OUT]):
            for line in range(0, lines, high):
                for column in range(0, columns, wide):
                    count, length = min(high, lines - line), min(wide, columns - column)
                    registers = ((count - 1) * f2 + length + lanes(x) - 1) // lanes(x)
                    at = (a * f1 + line) * f2 + column
                    o = begin
                    while o < end:
                        group = o // outs
                        rows = rows_at_once(min(end, (group + 1) * outs) - o)
                        first = group * about[NEXT_GROUP] + (o - group * outs) * about[NEXT_ROW]
                        products(
                            frame, group * channels * plane + at, w, first, about[NEXT_ROW], table, about[TAPS], made,
                            0, registers * lanes(x), registers, rows,
                        )  # fmt: skip
                        for r in range(rows):
                            for b in range(count):
                                source = r * registers * lanes(x) + b * f2
                                to = n * about[Y_IMAGE] + (o + r) * about[Y_CHANNEL]
                                to += a * y0 + (line + b) * y1 + column * y2
                                if y2 == 1:
                                    copy_line(y, to, made, source, length, bias[o + r])
                                else:
                                    for k in range(length):
                                        y[to + k * y2] = made[source + k] + bias[o + r]
                        o += rows


def mark_windows(masks: Integers, lanes: int, about: Integers) -> int:
    """Which places of a frame are windows, as the bits of one number for each register; how many there are."""
    f1, f2 = about[FRAME + 1], about[FRAME + 2]
    registers = (((about[OUT] - 1) * f1 + about[OUT + 1] - 1) * f2 + about[OUT + 2] + lanes - 1) // lanes
    for k in range(registers):
        masks[k] = 0
    for a in range(about[OUT]):
        for b in range(about[OUT + 1]):
            for c in range(about[OUT + 2]):
                place = (a * f1 + b) * f2 + c
                masks[place // lanes] |= 1 << place % lanes
    return registers


def weight_gradient(
    x: Reals, g: Reals, w: Reals, frames: Reals, results: Reals, table: Integers, masks: Integers, about: Integers,
    images: int, batch: int, begin: int, end: int,
) -> None:  # fmt: skip
    """Add to the weights of channels from `begin` to `end` the products of results and what the taps see.

    Args:
        g: what `about` calls results.
        frames: zeros for `batch` images, with a register's elements more than that.
        results: zeros for the channels of `batch` images, each laid out as a frame is, in whole registers.
        masks: scratch, a number for each register of a frame.
    """
    f1, f2 = about[FRAME + 1], about[FRAME + 2]
    plane = about[PHASES] * about[PHASES + 1] * about[PHASES + 2] * about[FRAME] * f1 * f2
    channels, outs, taps = about[CHANNELS], about[OUTS], about[TAPS]
    lowest = begin // outs * channels
    count = ((end - 1) // outs + 1) * channels - lowest
    y0, y1, y2 = about[Y_STEP], about[Y_STEP + 1], about[Y_STEP + 2]
    registers = mark_windows(masks, lanes(x), about)
    apart = registers * lanes(x)
    for done in range(0, images, batch):
        part = min(batch, images - done)
        for n in range(part):
            for c in range(count):
                at = (done + n) * about[X_IMAGE] + (lowest + c) * about[X_CHANNEL]
                fill(x, at, frames, (n * count + c) * plane, about)
            for o in range(begin, end):
                for a in range(about[OUT]):
                    for b in range(about[OUT + 1]):
                        at = (done + n) * about[Y_IMAGE] + o * about[Y_CHANNEL] + a * y0 + b * y1
                        to = (n * (end - begin) + o - begin) * apart + (a * f1 + b) * f2
                        if y2 == 1:
                            copy_line(results, to, g, at, about[OUT + 2], real(0))
                        else:
                            for k in range(about[OUT + 2]):
                                results[to + k] = g[at + k * y2]
        for piece in range(0, registers, PIECE):
            length = min(PIECE, registers - piece)
            o = begin
            while o < end:
                group = o // outs
                rows = rows_at_once(min(end, (group + 1) * outs) - o)
                at = (group * channels - lowest) * plane + piece * lanes(x)
                row = (o - begin) * apart + piece * lanes(x)
                dots(
                    frames, at, count * plane, table, results, row, (end - begin) * apart, apart, masks, piece, part,
                    length, w, o * taps, taps, taps, rows,
                )  # fmt: skip
                o += rows
