"""`torch.cuda`, as far as programs ask whether there is a GPU: there is none."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, NoReturn


def is_available() -> bool:
    """False: tapegrad computes on the CPU.

    >>> import tapegrad as torch
    >>> torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device(type='cpu')
    """
    return False


def is_initialized() -> bool:
    """False: there is nothing to initialise."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no GPU."""
    return False


def device_count() -> int:
    """0: there is no GPU."""
    return 0


def manual_seed(seed: int) -> None:
    """Accepted and without effect, as in a torch without CUDA."""


def manual_seed_all(seed: int) -> None:
    """Accepted and without effect, as in a torch without CUDA."""


def empty_cache() -> None:
    """Nothing to empty."""


def memory_allocated(device: Any = None) -> int:
    """0: there is no GPU, so nothing is on it."""
    return 0


max_memory_allocated = memory_reserved = max_memory_reserved = memory_cached = max_memory_cached = memory_allocated


def memory_stats(device: Any = None) -> dict[str, Any]:
    """Empty: there is no GPU."""
    return OrderedDict()


def get_arch_list() -> list[str]:
    """Empty: there are no kernels for GPUs."""
    return []


def get_rng_state_all() -> list[Any]:
    """Empty: there is no GPU."""
    return []


def set_rng_state_all(new_states: Any) -> None:
    """Accepted and without effect, as in a torch without CUDA."""


set_rng_state = set_rng_state_all


def seed() -> None:
    """Accepted and without effect, as in a torch without CUDA."""


seed_all = seed


def is_tf32_supported() -> bool:
    """False: there is no GPU."""
    return False


class StreamContext:
    """A stream for the extent of a `with` block: without a GPU there is none, and the block runs."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def __enter__(self) -> None: ...

    def __exit__(self, *exc: object) -> None: ...


def stream(stream: Any) -> StreamContext:
    """A context in which a stream, of which there is none, is the current one."""
    return StreamContext(stream)


class device:
    """A GPU for the extent of a `with` block; entering it needs one, unless the index is negative or None."""

    def __init__(self, device: Any) -> None:
        self.idx = -1 if device is None else device

    def __enter__(self) -> None:
        if self.idx not in (-1, None):
            raise RuntimeError("PyTorch was compiled without CUDA support: tapegrad runs on the CPU")

    def __exit__(self, *exc: object) -> None: ...


class device_of(device):
    """The GPU of a tensor for the extent of a `with` block: on the CPU the block runs."""

    def __init__(self, obj: Any) -> None:
        super().__init__(-1)


class Stream:
    """A queue of work on a GPU: programs name the class; to make one raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError(f"torch.cuda.{cls.__name__} requires CUDA support")


class Event:
    """A mark in the work of a GPU: programs name the class; to make one raises RuntimeError."""

    def __new__(cls, *args: Any, **kwargs: Any) -> NoReturn:
        raise RuntimeError("Tried to instantiate dummy base class Event")


has_half = True
default_generators: tuple[Any, ...] = ()


def _absent(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise what torch raises where it was built without CUDA."""
    raise AssertionError("Torch not compiled with CUDA enabled: tapegrad runs on the CPU")


current_device = current_stream = default_stream = get_device_name = get_device_properties = _absent
get_device_capability = synchronize = set_device = init = mem_get_info = initial_seed = get_rng_state = _absent
ipc_collect = can_device_access_peer = _absent


def __getattr__(name: str) -> Any:
    """Loaded when it is first used."""
    if name == "amp":
        from importlib import import_module

        return import_module(f"{__name__}.amp")
    if name.endswith("Tensor"):
        from .legacy import CLASSES

        if name in CLASSES:
            return CLASSES[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
