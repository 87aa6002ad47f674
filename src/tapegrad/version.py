"""The version: that of the torch that is the specification, with tapegrad's own as its local part."""

from __future__ import annotations

own = "0.1.0"

__version__ = f"2.13.0+tapegrad.{own}"
debug = False
cuda = hip = rocm = xpu = git_version = None
