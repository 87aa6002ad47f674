"""`torch.autograd.graph`: the tape's nodes as a type."""

from .node import Node

__all__ = ["Node"]
