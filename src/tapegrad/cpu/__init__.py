"""`torch.cpu`: the CPU as programs see it that treat it like any other device. Everything is done when it is called."""

from __future__ import annotations

from typing import Any

_streams: list[Any] = []


def is_available() -> bool:
    """True."""
    return True


def is_initialized() -> bool:
    """True: there is nothing to initialise."""
    return True


def device_count() -> int:
    """1."""
    return 1


def current_device() -> str:
    """'cpu'."""
    return "cpu"


def set_device(device: Any) -> None:
    """Accepted and without effect: there is one."""


def synchronize(device: Any = None) -> None:
    """Nothing to wait for."""


class Stream:
    """A queue of work, which is always empty."""

    def __init__(self, priority: int = -1) -> None: ...

    def wait_stream(self, stream: Any) -> None:
        """Nothing to wait for."""

    def record_event(self) -> None:
        """Nothing to record."""

    def wait_event(self, event: Any) -> None:
        """Nothing to wait for."""


class Event:
    """A mark in a queue, which is always reached."""

    def query(self) -> bool:
        """True: it is reached."""
        return True

    def record(self, stream: Any = None) -> None:
        """Nothing to record."""

    def synchronize(self) -> None:
        """Nothing to wait for."""

    def wait(self, stream: Any = None) -> None:
        """Nothing to wait for."""


class StreamContext:
    """A stream for the extent of a `with` block; None changes nothing."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        if self.stream is not None:
            _streams.append(self.stream)

    def __exit__(self, *exc: object) -> None:
        if self.stream is not None:
            _streams.pop()


_default = Stream()


def current_stream(device: Any = None) -> Stream:
    """The stream of the innermost `with torch.cpu.stream(...)`, or the default one."""
    found: Stream = _streams[-1] if _streams else _default
    return found


def stream(stream: Stream) -> StreamContext:
    """A context in which a stream is the current one."""
    return StreamContext(stream)


def __getattr__(name: str) -> Any:
    """Loaded when it is first used."""
    if name == "amp":
        from importlib import import_module

        return import_module(f"{__name__}.amp")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)


__all__ = [
    "Event",
    "Stream",
    "StreamContext",
    "current_device",
    "current_stream",
    "device_count",
    "is_available",
    "is_initialized",
    "set_device",
    "stream",
    "synchronize",
]
