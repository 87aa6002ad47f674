"""`torch.Generator`, the default generator, and the functions of `torch.random` that manage them."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..tensor.device import CPU, device
from ..tensor.rows import running
from .stream import Stream

if TYPE_CHECKING:
    from ..tensor.tensor import Tensor

Array = np.ndarray[Any, Any]

# What every generator starts from until it is seeded; the number has no meaning but is torch's.
DEFAULT_SEED = 67280421310721


class Generator:
    """A pseudo-random number generator with a state of its own.

    The numbers are those of torch's CPU generator (Mersenne twister) for the same seed. Every function that draws takes
    `generator=`; without it, draws come from the default generator, which `manual_seed` seeds. Threads may share a
    generator: each draw is taken as a whole.

    Args:
        device: the CPU.

    Raises:
        RuntimeError: any other device.

    >>> import tapegrad as torch
    >>> g = torch.Generator().manual_seed(0)
    >>> torch.rand(2, generator=g)
    tensor([0.4963, 0.7682])
    """

    __slots__ = ("__weakref__", "_stream")

    def __init__(self, device: Any = "cpu") -> None:
        _check_cpu(device)
        self._stream = Stream(DEFAULT_SEED)

    @property
    def device(self) -> device:
        """Where the numbers are drawn: the CPU."""
        return CPU

    def manual_seed(self, seed: int) -> Generator:
        """Start over from `seed`, −2⁶³ ≤ seed < 2⁶⁴ (negative ones count from 2⁶⁴ down); returns the generator.

        The engine uses the lower 32 bits.

        Raises:
            RuntimeError: `seed` is not an integer.
            ValueError: it is out of range.
        """
        if isinstance(seed, np.integer):
            raise TypeError("an integer is required: write manual_seed(int(seed)) for a NumPy number")
        if not isinstance(seed, int) or isinstance(seed, bool):
            raise RuntimeError(f"manual_seed expected a long, but got {type(seed).__name__}")
        if not -(2**63) <= seed < 2**64:
            raise ValueError(
                f"Overflow when unpacking long long: the seed {seed} is not in the range -2**63 ... 2**64 - 1"
            )
        with self._stream.lock:
            self._stream.seed(seed % 2**64)
        return self

    def seed(self) -> int:
        """Start over from a seed of 64 random bits of the operating system; returns it."""
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self) -> int:
        """The last seed set."""
        return self._stream.initial_seed

    def get_state(self) -> Tensor:
        """The whole state, byte for byte as torch writes it: a uint8 tensor of shape (5056,)."""
        from ..tensor.tensor import new_tensor

        with self._stream.lock:
            return new_tensor(self._stream.state())

    def set_state(self, new_state: Tensor) -> Generator:
        """Continue from a state that `get_state` gave, here or in torch; returns the generator.

        Raises:
            TypeError: not a uint8 tensor.
            RuntimeError: not a state of this generator.
        """
        from ..tensor.tensor import Tensor

        if not isinstance(new_state, Tensor):
            prefix = "numpy." if isinstance(new_state, np.ndarray) else ""
            raise TypeError(f"expected a torch.ByteTensor, but got {prefix}{type(new_state).__name__}")
        if new_state._data.dtype != np.uint8:
            raise TypeError(f"RNG state must be a torch.ByteTensor; its dtype is {new_state.dtype}, not torch.uint8")
        with self._stream.lock:
            self._stream.set_state(new_state._data)
        return self

    def clone_state(self) -> Generator:
        """A new generator that continues independently from the same state."""
        other = object.__new__(type(self))
        with self._stream.lock:
            other._stream = self._stream.copy()
        return other

    def get_offset(self) -> int:
        """Offsets belong to the counter-based generators of GPUs.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("CPU Generator does not use offset")

    def set_offset(self, offset: int) -> Generator:
        """Offsets belong to the counter-based generators of GPUs.

        Raises:
            RuntimeError: always.
        """
        raise RuntimeError("CPU Generator does not use offset")

    def graphsafe_get_state(self) -> Generator:
        """Captured graphs of a GPU need this; the CPU has none.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("graphsafe_get_state is not supported in this Generator")

    def graphsafe_set_state(self, state: Generator) -> Generator:
        """Captured graphs of a GPU need this; the CPU has none.

        Raises:
            NotImplementedError: always.
        """
        raise NotImplementedError("graphsafe_set_state is not supported in this Generator")

    def __repr__(self) -> str:
        return f"<torch._C.Generator object at {id(self):#x}>"

    def __reduce__(self) -> tuple[Any, ...]:
        with self._stream.lock:
            return (Generator, (), self._stream.state())

    def __setstate__(self, state: Array) -> None:
        self._stream.set_state(state)


def _check_cpu(where: Any) -> None:
    if not isinstance(where, device):
        where = device(where)
    if where.type != "cpu":
        raise RuntimeError(
            f"Cannot get {where.type.upper()} generator without a backend for it: tapegrad runs on the CPU;"
            " write torch.Generator()"
        )


default_generator = Generator()


def stream_of(generator: Generator | None) -> Stream:
    """The stream behind a `generator=` argument, the default generator's for None."""
    if running:
        from ..func.randomness import check_drawing

        check_drawing()
    return (default_generator if generator is None else generator)._stream


def manual_seed(seed: Any) -> Generator:
    """Seed the default generator, which it returns; see `Generator.manual_seed`.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> torch.randn(3)
    tensor([ 1.5410, -0.2934, -2.1788])
    """
    return default_generator.manual_seed(int(seed))


def seed() -> int:
    """Seed the default generator with 64 random bits of the operating system, which it returns."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed of the default generator."""
    return default_generator.initial_seed()


def get_rng_state() -> Tensor:
    """The state of the default generator: a uint8 tensor of shape (5056,)."""
    return default_generator.get_state()


def set_rng_state(new_state: Tensor) -> None:
    """Have the default generator continue from a state that `get_rng_state` gave."""
    default_generator.set_state(new_state)


@contextlib.contextmanager
def fork_rng(
    devices: Iterable[Any] | None = None,
    enabled: bool = True,
    _caller: str = "fork_rng",
    _devices_kw: str = "devices",
    device_type: str | None = None,
) -> Iterator[None]:
    """A context (or decorator) at whose end the default generator is where it was at the beginning.

    Args:
        devices: devices whose generators to fork besides the CPU's; tapegrad has none, so it must be empty or None.
        enabled: False makes the context do nothing.
        device_type: the type of `devices`.

    Raises:
        AssertionError: `devices` names a device.

    >>> import tapegrad as torch
    >>> _ = torch.manual_seed(0)
    >>> with torch.random.fork_rng():
    ...     x = torch.rand(1)
    >>> x == torch.rand(1)
    tensor([True])
    """
    if device_type == "meta" or not enabled:
        yield
        return
    if device_type is not None:
        device(device_type)  # refuses an unknown type by name
    if devices is not None and list(devices):
        raise AssertionError("Torch not compiled with CUDA enabled: tapegrad runs on the CPU; write devices=[]")
    state = get_rng_state()
    try:
        yield
    finally:
        set_rng_state(state)


def thread_safe_generator() -> Generator | None:
    """The generator of the data-loading thread that calls this; None elsewhere: the default generator serves there."""
    return None


# What tapegrad itself shows; `fork_rng` and `thread_safe_generator` are found in `tapegrad.random` only.
__all__ = ["Generator", "default_generator", "get_rng_state", "initial_seed", "manual_seed", "seed", "set_rng_state"]
