"""One source of randomness with all that PyTorch's CPU generator remembers: engine, seed, spare normals, lock."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from .twister import STATE_WORDS, MersenneTwister

Array = np.ndarray[Any, Any]

# The bytes that torch.Generator.get_state() returns: a C struct, its 64-bit fields aligned to 8 bytes. `left` counts
# down to the next block; normal_x and normal_rho belong to a sampler that torch no longer has and stay zero.
_LAYOUT = np.dtype(
    {
        "names": ["seed", "left", "seeded", "next", "key", "normal_y", "has_y", "normal_float", "has_float"],
        "formats": ["<u8", "<i4", "<i4", "<u8", ("<u8", (STATE_WORDS,)), "<f8", "<i4", "<f4", "?"],
        "offsets": [0, 8, 12, 16, 24, 5024, 5040, 5048, 5052],
        "itemsize": 5056,
    }
)
STATE_BYTES = _LAYOUT.itemsize

_INT32, _FLOAT32 = np.dtype(np.int32), np.dtype(np.float32)
# Arrays, since NumPy takes half as long again for a scalar.
_LOW_24, _ULP_24 = np.array(0xFFFFFF, np.uint32), np.array(2.0**-24, np.float32)


class Stream:
    """A seeded stream of random words with the state of a `torch.Generator` on the CPU.

    Every draw from it holds `lock` from beginning to end, so that two threads get disjoint parts of the sequence.

    >>> Stream(5489).words(1).tolist()
    [3499211612]
    """

    __slots__ = ("_twister", "initial_seed", "lock", "spare_float_normal", "spare_normal", "words")

    def __init__(self, seed: int) -> None:
        self.lock = threading.Lock()
        self.initial_seed = seed
        # Box–Muller makes normals in pairs; draws of single values keep the second one here.
        self.spare_normal: float | None = None
        # torch's CPU kernels never fill this one, but it is part of the state that they store.
        self.spare_float_normal: float | None = None
        self._twister = MersenneTwister(seed)
        self.words = self._twister.words

    def seed(self, seed: int) -> None:
        """Start over from `seed` (64 bits, of which the engine uses the lower 32)."""
        self.initial_seed = seed
        self.spare_normal = self.spare_float_normal = None
        self._twister.seed(seed)

    def doublewords(self, count: int) -> Array:
        """The next `count` 64-bit words, uint64; the first of each two words is the upper half."""
        words = self.words(2 * count)
        wide = words[0::2].astype(np.uint64)
        wide <<= np.uint64(32)
        wide |= words[1::2]
        return wide

    def uniform32(self, count: int) -> Array:
        """`count` float32 in [0, 1): the lower 24 bits of a word each."""
        bits: Array = np.bitwise_and(self.words(count), _LOW_24)
        # int32 converts to float in one instruction, uint32 does not.
        uniform = bits.view(_INT32).astype(_FLOAT32)
        return np.multiply(uniform, _ULP_24, uniform)

    def uniform64(self, count: int) -> Array:
        """`count` float64 in [0, 1): the lower 53 bits of a doubleword each."""
        bits = self.doublewords(count)
        bits &= np.uint64(0x1FFFFFFFFFFFFF)
        uniform = bits.view(np.int64).astype(np.float64)
        uniform *= 2.0**-53
        return uniform

    def state(self) -> Array:
        """All of the state as torch writes it, uint8 of shape (5056,)."""
        record = np.zeros(1, _LAYOUT)
        index = self._twister.index
        record["seed"] = self.initial_seed
        record["left"] = STATE_WORDS + 1 - index if index else 1
        record["seeded"] = 1
        record["next"] = index
        record["key"] = self._twister.key()
        if self.spare_normal is not None:
            record["normal_y"] = self.spare_normal
            record["has_y"] = 1
        if self.spare_float_normal is not None:
            record["normal_float"] = self.spare_float_normal
            record["has_float"] = True
        return record.view(np.uint8)

    def set_state(self, state: Array) -> None:
        """Continue from `state`, uint8 of 5056 bytes as `state` or torch wrote them.

        Raises:
            RuntimeError: the size or the engine's counters are not those of such a state.
        """
        if state.size != STATE_BYTES:
            raise RuntimeError(
                f"Expected a CPUGeneratorImplState of size {STATE_BYTES} but found the input RNG state size to be "
                f"{state.size}"
            )
        record = np.frombuffer(state.tobytes(), _LAYOUT)[0]
        index, left = int(record["next"]), int(record["left"])
        in_step = index + left == STATE_WORDS + 1 or (index == 0 and left == 1)
        if record["seeded"] != 1 or not 0 < left <= STATE_WORDS or not in_step:
            raise RuntimeError("Invalid mt19937 state")
        self._twister.restore(record["key"], index)
        self.initial_seed = int(record["seed"])
        self.spare_normal = float(record["normal_y"]) if record["has_y"] else None
        self.spare_float_normal = float(record["normal_float"]) if record["has_float"] else None

    def copy(self) -> Stream:
        """An independent stream that continues as this one does."""
        other = Stream(self.initial_seed)
        other.set_state(self.state())
        return other
