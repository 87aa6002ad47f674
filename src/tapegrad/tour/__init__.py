"""`tapegrad tour`: the tutorials, run live in the terminal, with every gradient checked by hand.

The tutorials themselves are the scripts in `examples/`; nothing here repeats their code or what they print.
"""

from tapegrad.tour.app import main

__all__ = ["main"]
