"""Native code for runs of pointwise steps and reductions: loops that read memory once.

- `grouping`, `joining`, `group`  finding such runs in a program
- `kernels`, `statements`, `elements`  writing them as functions for Numba
- `building`, `blocks`  having these compiled, in the background and with a cache on disk, and calling them in threads
- `products`, `sums`  what is done to a program beforehand
- `trial`  whether it was worth it
- `whole`  small programs as a few native calls, instead
"""
