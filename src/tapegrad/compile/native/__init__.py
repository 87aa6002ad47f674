"""Native code for runs of pointwise steps and reductions over the last dimension: loops that read memory once.

`grouping` finds such runs in a program, `kernels` writes them as functions for Numba, `building` has these compiled, in
the background and with a cache on disk.
"""
