"""`torch.nn.utils`: helpers around modules and their parameters. A module is imported when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# These two at once: the functions have the names of their modules, which would take their places when imported.
from .spectral_norm import remove_spectral_norm, spectral_norm
from .weight_norm import remove_weight_norm, weight_norm

if TYPE_CHECKING:
    from . import clip_grad as clip_grad
    from . import convert_parameters as convert_parameters
    from . import fusion as fusion
    from . import init as init
    from . import memory_format as memory_format
    from . import parametrizations as parametrizations
    from . import parametrize as parametrize
    from . import prune as prune
    from . import rnn as rnn
    from . import stateless as stateless
    from .clip_grad import *
    from .convert_parameters import *
    from .fusion import *
    from .init import skip_init
    from .memory_format import *

# Names by the module that has them, as in torch.
_WHERE = {
    "clip_grad": (
        "clip_grad_norm", "clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_", "get_total_norm",
    ),
    "convert_parameters": ("parameters_to_vector", "vector_to_parameters"),
    "fusion": ("fuse_conv_bn_eval", "fuse_conv_bn_weights", "fuse_linear_bn_eval", "fuse_linear_bn_weights"),
    "init": ("skip_init",),
    "memory_format": ("convert_conv2d_weight_memory_format", "convert_conv3d_weight_memory_format"),
}  # fmt: skip

_FOUND = {name: f"{__name__}.{module}" for module, names in _WHERE.items() for name in names}

_MODULES = {
    "clip_grad", "convert_parameters", "fusion", "init", "memory_format", "parametrizations", "parametrize", "prune",
    "rnn", "stateless",
}  # fmt: skip

__all__ = [
    "parametrizations", "parametrize", "remove_spectral_norm", "remove_weight_norm", "rnn", "spectral_norm",
    "stateless", "weight_norm", *_FOUND,
]  # fmt: skip


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _FOUND:
        value = globals()[name] = getattr(import_module(_FOUND[name]), name)
        return value
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})
