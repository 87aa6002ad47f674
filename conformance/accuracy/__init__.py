"""Functions beside their exact values: the largest errors of tapegrad and of torch, in units in the last place.

    python -m conformance.accuracy                 # writes docs/accuracy.md, in both languages
    python -m conformance.accuracy --only erf      # prints the rows of some functions

`functions.py` lists the functions with their exact values by mpmath and the arguments that are tried, `arguments.py`
chooses these, `measuring.py` compares; `exceptions.py` lists what is less exact than torch's, `page.py` writes
the pages.
"""
