"""How the numbers of one tensor are written: one notation and one width for all of them, chosen as torch chooses.

Works on Python numbers. Every element type converts to them exactly, and torch, too, measures and writes a float32
as the double of the same value.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import isfinite
from typing import Any


def write_elements(values: Sequence[Any], precision: int, sci_mode: bool | None) -> tuple[list[str], int]:
    """The text of each element, and the width that line breaking has to assume for any of them.

    Args:
        values: the elements, at least one, all `bool`, all `int`, all `float` or all `complex`.
        precision: digits after the point of numbers that are not all whole.
        sci_mode: whether floating-point numbers get an exponent; None lets their magnitudes decide.

    >>> write_elements([1.0, -2.5], 4, None)
    ([' 1.0000', '-2.5000'], 7)
    >>> write_elements([1.0, -2.0], 4, None)
    ([' 1.', '-2.'], 3)
    >>> write_elements([1.0, 2500.5], 4, None)
    (['1.0000e+00', '2.5005e+03'], 10)
    >>> write_elements([1.5 + 2j, -1 - 3j], 4, None)
    ([' 1.5000+2.j', '-1.0000-3.j'], 11)
    """
    if isinstance(values[0], complex):
        real, real_width = _write_floats([value.real for value in values], precision, sci_mode)
        imaginary, imaginary_width = _write_floats([value.imag for value in values], precision, sci_mode)
        return list(map(_join_parts, real, imaginary)), real_width + imaginary_width + len("j")
    if isinstance(values[0], float):
        return _write_floats(values, precision, sci_mode)
    texts = [str(value) for value in values]
    width = max(map(len, texts))
    return [text.rjust(width) for text in texts], width


def _write_floats(values: Sequence[float], precision: int, sci_mode: bool | None) -> tuple[list[str], int]:
    # Zeros, infinities and NaNs have no say in notation and width. Where there is nothing else the width stays 1, and
    # the texts, which are longer, stand unpadded: tensor([inf, 0., nan]).
    telling = [value for value in values if value and isfinite(value)]
    write = _notation(telling, precision, sci_mode)
    width = max((len(write(value)) for value in telling), default=1)
    return [write(value).rjust(width) for value in values], width


def _notation(telling: Sequence[float], precision: int, sci_mode: bool | None) -> Callable[[float], str]:
    if not telling:
        return _write_whole
    magnitudes = [abs(value) for value in telling]
    least, greatest = min(magnitudes), max(magnitudes)
    if sci_mode is None:
        sci_mode = greatest / least > 1000.0 or greatest > 1.0e8 or least < 1.0e-4
    if not sci_mode and all(value.is_integer() for value in telling):
        return _write_whole
    spec = f".{precision}{'e' if sci_mode else 'f'}"
    return lambda value: format(value, spec)


def _write_whole(value: float) -> str:
    """A whole number with a point that tells it from an integer; infinities and NaNs need none."""
    text = format(value, ".0f")
    return text + "." if isfinite(value) else text


def _join_parts(real: str, imaginary: str) -> str:
    imaginary = imaginary.lstrip() + "j"
    return real + imaginary if imaginary[0] == "-" else f"{real}+{imaginary}"
