"""`torch.cuda`, as far as programs ask whether there is a GPU: there is none."""

from __future__ import annotations

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


def _absent(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise what torch raises where it was built without CUDA."""
    raise AssertionError("Torch not compiled with CUDA enabled: tapegrad runs on the CPU")


current_device = get_device_name = get_device_properties = get_device_capability = synchronize = set_device = init = (
    _absent
)


def __getattr__(name: str) -> Any:
    """Loaded when it is first used."""
    if name == "amp":
        from importlib import import_module

        return import_module(f"{__name__}.amp")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
