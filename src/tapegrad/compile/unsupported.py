"""The exception of `fullgraph=True`, apart, so that it can be caught without loading the compiler."""

from __future__ import annotations


class Unsupported(RuntimeError):
    """A function that must become a whole program cannot."""


Unsupported.__module__ = "torch._dynamo.exc"
