"""`torch.save` and `torch.load`: torch's files, read without running any code that is in them.

A file holds a pickle, which is a program for a small machine, and the memory of tensors beside it.  `unpickling` is
such a machine that knows the few instructions and names that tensors and containers need; any other name is refused.

>>> import io
>>> import tapegrad as torch
>>> file = io.BytesIO()
>>> torch.save({"w": torch.ones(2), "step": 3}, file)
>>> _ = file.seek(0)
>>> torch.load(file)
{'w': tensor([1., 1.]), 'step': 3}
"""

from __future__ import annotations

from .allowed import (
    add_safe_globals,
    clear_safe_globals,
    get_safe_globals,
    get_unsafe_globals_in_checkpoint,
    safe_globals,
)
from .legacy import MAGIC as MAGIC_NUMBER
from .legacy import VERSION as PROTOCOL_VERSION
from .loading import load
from .options import (
    MAP_PRIVATE,
    MAP_SHARED,
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
)
from .placing import MAP_LOCATION, default_restore_location, location_tag
from .saving import PROTOCOL as DEFAULT_PROTOCOL
from .saving import save

__all__ = [
    "DEFAULT_PROTOCOL",
    "MAGIC_NUMBER",
    "MAP_LOCATION",
    "MAP_PRIVATE",
    "MAP_SHARED",
    "PROTOCOL_VERSION",
    "LoadEndianness",
    "add_safe_globals",
    "clear_safe_globals",
    "default_restore_location",
    "get_crc32_options",
    "get_default_load_endianness",
    "get_default_mmap_options",
    "get_safe_globals",
    "get_unsafe_globals_in_checkpoint",
    "load",
    "location_tag",
    "safe_globals",
    "save",
    "set_crc32_options",
    "set_default_load_endianness",
    "set_default_mmap_options",
]
