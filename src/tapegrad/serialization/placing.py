"""Where storages go: `map_location`, and the names of devices in files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from ..tensor.device import device
from ..tensor.storage import TypedStorage, UntypedStorage

Place = Callable[[TypedStorage, str], TypedStorage]
"""A function of a storage and the device it was saved from that gives the storage to use."""

MAP_LOCATION: TypeAlias = Callable[[UntypedStorage, str], UntypedStorage] | device | str | dict[str, str] | None
"""What `torch.load` takes as its `map_location`."""


def placing(map_location: Any) -> Place:
    """What `map_location` does with a storage, as a function of the storage and where it was saved from."""
    if map_location is None:
        return _here
    if isinstance(map_location, (str, bytes, device)):
        where = map_location.decode("ascii") if isinstance(map_location, bytes) else str(map_location)
        return lambda storage, location: _here(storage, where)
    if isinstance(map_location, dict):
        return lambda storage, location: _here(storage, map_location.get(location, location))

    def asked(storage: TypedStorage, location: str) -> TypedStorage:
        given = map_location(storage.untyped(), location)
        if given is None:
            return _here(storage, location)
        if isinstance(given, TypedStorage):
            given = given.untyped()
        if not isinstance(given, UntypedStorage):
            raise TypeError(
                "TypedStorage.__init__ received an invalid combination of arguments. Found a map_location function that"
                f" returned {type(given)}: it has to return a storage or None."
            )
        return TypedStorage(wrap_storage=given, dtype=storage.dtype)

    return asked


def _here(storage: TypedStorage, location: Any) -> TypedStorage:
    default_restore_location(storage.untyped(), location)
    return storage


def location_tag(storage: Any) -> str:
    """The name of a storage's device in files: 'cpu'."""
    return "cpu"


def default_restore_location(storage: Any, location: Any) -> Any:
    """The storage, if files call the CPU by this name.

    Raises:
        RuntimeError: it is that of another device.

    >>> import tapegrad as torch
    >>> storage = torch.ones(1).untyped_storage()
    >>> torch.serialization.default_restore_location(storage, "cpu") is storage
    True
    """
    name = str(location)[:100]
    kind = name.partition(":")[0]
    if kind == "cpu":
        return storage
    if kind == "cuda":
        raise RuntimeError(
            "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are"
            " running on a CPU-only machine, please use torch.load with map_location=torch.device('cpu') to map your"
            " storages to the CPU."
        )
    raise RuntimeError(
        f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {name})"
        "\n  Everything lives on the CPU here: pass map_location='cpu'."
    )
