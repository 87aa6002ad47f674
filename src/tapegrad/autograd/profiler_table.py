"""The table of a profile, in torch's layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .profiler_util import EventList, _format_memory, _format_time, _format_time_share

_WIDTH = 12
_GAP = 2
_FLOPS = ("FLOPs", "KFLOPs", "MFLOPs", "GFLOPs", "TFLOPs", "PFLOPs")


def build_table(
    events: EventList,
    *,
    sort_by: str | None,
    row_limit: int,
    max_src_column_width: int,
    max_name_column_width: int | None,
    max_shapes_column_width: int,
    header: str | None,
    profile_memory: bool,
    with_flops: bool,
    top_level_events_only: bool,
    time_unit: str | None,
) -> str:
    """What `EventList.table` returns; its arguments are explained there."""
    if not events:
        return ""
    if sort_by is not None:
        events = EventList(sorted(events, key=lambda event: getattr(event, sort_by), reverse=True))
    columns = [
        *_name_and_times(events, max_name_column_width, time_unit),
        *(_memory() if profile_memory else ()),
        _Column("# of Calls", _WIDTH, lambda event: str(event.count)),
        *_shapes(events, max_shapes_column_width),
        *(_flops(events) if with_flops else ()),
    ]
    source = _source_width(events, max_src_column_width)
    if source:
        columns.append(_Column("Source Location", source, lambda event: _first_line(event.stack, source), left=True))
    ruler = "".join("-" * column.width + " " * _GAP for column in columns)
    lines = []
    for text in (header, "This report only display top-level ops statistics" if top_level_events_only else None):
        if text is not None:
            lines += ["=" * (len(ruler) - _GAP), text]
    lines += [ruler, "".join(column.cell(column.title) for column in columns), ruler]
    shown = [event for event in events if not (top_level_events_only and event.cpu_parent is not None)]
    for event in shown if row_limit == -1 else shown[:row_limit]:
        lines.append("".join(column.cell(column.text(event)) for column in columns))
        if source:
            blank = "".join(column.cell("") for column in columns[:-1])
            lines += [blank + columns[-1].cell(_cut(line, source)) for line in event.stack[1:]]
            lines.append(blank + columns[-1].cell(""))
    lines += [ruler, f"Self CPU time total: {_time(events.self_cpu_time_total, time_unit)}", ""]
    return "\n".join(lines)


class _Column:
    def __init__(self, title: str, width: int, text: Callable[[Any], str], left: bool = False) -> None:
        self.title, self.width, self.text, self._left = title, width, text, left

    def cell(self, text: str) -> str:
        return (text.ljust(self.width) if self._left else text.rjust(self.width)) + " " * _GAP


def _time(us: float, unit: str | None) -> str:
    factor = {"us": 1.0, "ms": 1e3, "s": 1e6}.get(unit or "")
    return _format_time(us) if factor is None else f"{us / factor:.3f}{unit}"


def _name_and_times(events: EventList, widest: int | None, unit: str | None) -> list[_Column]:
    width = max(len(event.key) for event in events) + 4
    width = width if widest is None else min(width, widest)
    total = events.self_cpu_time_total

    def name(event: Any) -> str:
        text: str = event.key
        return text if widest is None or len(text) < widest else text[: widest - 3] + "..."

    return [
        _Column("Name", width, name),
        _Column("Self CPU %", _WIDTH, lambda event: _format_time_share(event.self_cpu_time_total, total)),
        _Column("Self CPU", _WIDTH, lambda event: _time(event.self_cpu_time_total, unit)),
        _Column(
            "CPU total %",
            _WIDTH,
            lambda event: "0" if event.is_async else _format_time_share(event.cpu_time_total, total),
        ),
        _Column("CPU total", _WIDTH, lambda event: _time(event.cpu_time_total, unit)),
        _Column("CPU time avg", _WIDTH, lambda event: _time(event.cpu_time, unit)),
    ]


def _memory() -> list[_Column]:
    return [
        _Column("CPU Mem", _WIDTH, lambda event: _format_memory(event.cpu_memory_usage)),
        _Column("Self CPU Mem", _WIDTH, lambda event: _format_memory(event.self_cpu_memory_usage)),
    ]


def _shapes(events: EventList, widest: int) -> list[_Column]:
    lengths = [len(str(event.input_shapes)) for event in events if event.input_shapes]
    if not lengths:
        return []
    width = min(max(lengths) + 4, widest)
    return [_Column("Input Shapes", width, lambda event: str(event.input_shapes)[:width])]


def _flops(events: EventList) -> list[_Column]:
    found = [event.flops for event in events if event.flops]
    if not found:
        return []
    scale = 0
    while scale + 1 < len(_FLOPS) and min(found) >= 1000 ** (scale + 1):
        scale += 1
    width = _WIDTH + (scale > 0)
    return [
        _Column(
            f"Total {_FLOPS[scale]}",
            width,
            lambda event: f"{event.flops / 1000.0**scale:8.3f}" if event.flops else "--",
        )
    ]


def _source_width(events: EventList, widest: int) -> int:
    lengths = [len(line) for event in events for line in event.stack or ()]
    return min(max(lengths) + 4, widest) if lengths else 0


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else "..." + line[len(line) - width + 3 :]


def _first_line(stack: list[str] | None, width: int) -> str:
    return _cut(stack[0], width) if stack else ""
