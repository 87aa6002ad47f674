"""Putting the functions that ask in place: once, when somebody is there to be asked.

A torch function costs nothing for `__torch_function__` as long as no class or mode of the program defines it.  Then
every overridable function, method and attribute is switched: it gets a layer that asks first (`exchange.py`).  The
objects stay the same, so that `from torch import add` of long ago asks too, and a table by function, which programs
keep for their overrides, is right whenever it was made.

When the switch is thrown:
    - when the first instance of a subclass of Tensor that is asked is made (`tensor.subclass.admit`),
    - when a mode is entered (`modes.py`),
    - when `torch.overrides` is imported,
    - when a program that defines `__torch_function__` for classes that are no tensors is run or imported
      (`watching.py`), and when an operator meets an object of such a class.
"""

from __future__ import annotations

from threading import Lock

from ..exchange import ASKING, put
from ..tensor.torch_function import in_place, modes
from .asking import PLAIN

_lock = Lock()


def install() -> None:
    """Switch all overridable functions; nothing happens the second time."""
    if in_place:
        return
    with _lock:
        if in_place:
            return
        from .catalogue import catalogue

        for function, override in catalogue().items():
            override.raw = put(function, ASKING, _override=override, _plain=PLAIN, _modes=modes)
        in_place.append(True)
