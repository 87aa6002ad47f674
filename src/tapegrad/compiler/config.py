"""`torch.compiler.config`: programs set what they like, and it is kept; nothing reads it."""

from __future__ import annotations

cpu_backend = "inductor"
dynamic_shapes = True
dynamic_sources = ""
enable_cpp_symbolic_shape_guards = False
force_disable_caches = False
job_id: str | None = None
unbacked_sources = ""
