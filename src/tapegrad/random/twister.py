"""The Mersenne twister, MT19937, as a stream of 32-bit words handed out in bulk.

NumPy's bit generator does the work. It runs in whole blocks of 624 words: the twister keeps the block it is reading, so
a small draw is a slice, and its place in the sequence is the pair (state of 624 words, index) that PyTorch stores too.
`numpy.random` is imported with the first draw, not with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.random import MT19937

Array = np.ndarray[Any, Any]

STATE_WORDS = 624
# Bulk draws pass through a 64-bit buffer (that is how NumPy hands out raw words); this many blocks fit the L2 cache.
_BLOCKS_AT_ONCE = 64


class MersenneTwister:
    """An MT19937 engine seeded with the 32 low bits of `seed`.

    `index` counts the words read from the current block: 0 for a freshly seeded engine, which has no block yet, then
    1 … 624.

    >>> MersenneTwister(5489).words(2).tolist()
    [3499211612, 581869302]
    """

    __slots__ = ("_block", "_seed", "_source", "index")

    def __init__(self, seed: int) -> None:
        self._source: MT19937 | None = None
        self._block: Array | None = None
        self._seed: int | None = None
        self.index = 0
        self.seed(seed)

    def seed(self, seed: int) -> None:
        """Start over; the 624 words of state are computed by the next draw that needs them."""
        self._seed = seed & 0xFFFFFFFF
        self._block = None
        self.index = 0

    def _engine(self) -> MT19937:
        source = self._source
        if source is None:
            from numpy.random import MT19937

            source = self._source = MT19937(0)
        if self._seed is not None:
            # The seeding of 2002 (init_genrand), which torch uses as well; `MT19937(seed)` itself would hash the seed.
            source._legacy_seeding(self._seed)
            self._seed = None
        return source

    def words(self, count: int) -> Array:
        """The next `count` words, uint32 of shape (count,). Read-only by agreement: it may be a slice of the block."""
        start = self.index
        stop = start + count
        block = self._block
        if block is not None and stop <= STATE_WORDS:
            self.index = stop
            return block[start:stop]
        if count == 0:
            return np.empty(0, np.uint32)
        engine = self._engine()
        out = np.empty(count, np.uint32)
        filled = 0
        if block is not None:
            filled = STATE_WORDS - start
            out[:filled] = block[start:]
        blocks = (count - filled) // STATE_WORDS
        while blocks:
            size = min(blocks, _BLOCKS_AT_ONCE) * STATE_WORDS
            out[filled : filled + size] = engine.random_raw(size)
            filled += size
            blocks -= size // STATE_WORDS
        rest = count - filled
        if rest:
            self._block = block = engine.random_raw(STATE_WORDS).astype(np.uint32)
            out[filled:] = block[:rest]
            self.index = rest
        else:
            self._block = None
            self.index = STATE_WORDS
        return out

    def key(self) -> Array:
        """The 624 words of state that the current block is made from, uint32."""
        state: Any = self._engine().state
        key: Array = state["state"]["key"]
        return key

    def restore(self, key: Array, index: int) -> None:
        """Continue where an engine with state `key` stood after `index` words of its block."""
        self._seed = None
        engine = self._engine()
        fresh = index in (0, STATE_WORDS)
        engine.state = {
            "bit_generator": "MT19937",
            "state": {"key": np.asarray(key, np.uint32), "pos": STATE_WORDS if fresh else 0},
        }
        self._block = None if fresh else engine.random_raw(STATE_WORDS).astype(np.uint32)
        self.index = index
