"""Which of torch's kernels for attention may be used: switches, of the whole process."""

from __future__ import annotations

from typing import Final

# Of these, "flash" and "math" are there on the CPU: one record for all of it, or ordinary operators.
allowed: Final = {"flash": True, "math": True, "mem_efficient": True, "cudnn": True, "overrideable": True}

__all__: list[str] = []
