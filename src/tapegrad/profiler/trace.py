"""Traces: the file that chrome://tracing, Perfetto and TensorBoard show."""

from __future__ import annotations

import gzip
import json
import os
import socket
import uuid
from typing import Any

from ..autograd.profiler_util import EventList, FunctionEvent


def write_trace(events: EventList, path: str, metadata: dict[str, Any]) -> None:
    """Write events as a trace, compressed if the name ends in ".gz".

    Args:
        events: the events.
        path: the file.
        metadata: further entries of the file's dictionary.
    """
    document = {
        "schemaVersion": 1,
        "deviceProperties": [],
        "trace_id": uuid.uuid4().hex.upper(),
        **metadata,
        "host_name": socket.gethostname(),
        "displayTimeUnit": "ms",
        "baseTimeNanoseconds": 0,
        "traceEvents": _entries(events),
        "traceName": path,
    }
    if path.endswith(".gz"):
        with gzip.open(path, "wt") as packed:
            json.dump(document, packed)
    else:
        with open(path, "w") as file:
            json.dump(document, file)


def _entries(events: EventList) -> list[dict[str, Any]]:
    process = os.getpid()
    entries: list[dict[str, Any]] = [
        {"ph": "M", "name": "process_name", "ts": 0, "pid": process, "tid": 0, "args": {"name": "python"}},
        {"ph": "M", "name": "process_labels", "ts": 0, "pid": process, "tid": 0, "args": {"labels": "CPU"}},
    ]
    for event in events:
        entries.append(_entry(event, process))
    return entries + _flows(events, process)


def _entry(event: FunctionEvent, process: int) -> dict[str, Any]:
    arguments: dict[str, Any] = {"External id": event.id}
    if event.input_shapes:
        arguments["Input Dims"] = event.input_shapes
    if event.sequence_nr >= 0:
        arguments["Sequence number"] = event.sequence_nr
    if event.stack:
        arguments["Call stack"] = ";".join(reversed(event.stack))
    return {
        "ph": "X",
        "cat": "user_annotation" if event.is_user_annotation else "cpu_op",
        "name": event.trace_name or event.name,
        "pid": process,
        "tid": event.thread,
        "ts": event.time_range.start,
        "dur": event.time_range.elapsed_us(),
        "args": arguments,
    }


def _flows(events: EventList, process: int) -> list[dict[str, Any]]:
    """Arrows from operators to the derivatives that ran for them."""
    forward = {event.sequence_nr: event for event in events if event.scope == 0 and event.sequence_nr >= 0}
    entries = []
    for event in events:
        source = forward.get(event.sequence_nr) if event.scope == 1 else None
        if source is not None:
            shared = {"id": event.sequence_nr, "pid": process, "cat": "fwdbwd", "name": "fwdbwd"}
            entries.append({"ph": "s", "tid": source.thread, "ts": source.time_range.start, **shared})
            entries.append({"ph": "f", "tid": event.thread, "ts": event.time_range.start, "bp": "e", **shared})
    return entries
