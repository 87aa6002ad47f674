"""Random programs through both libraries: every value, gradient and error type must be the same.

    python -m conformance.fuzzing --programs 20000 --seed 0

A program is a list of statements of Python, so that one that fails can be printed, shrunk and kept as a regression
test.  `statements` writes them, `running` runs and compares them, `shrinking` makes a failing one short.
"""
