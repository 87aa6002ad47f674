"""Kernels: loops that are compiled, for eager work that takes several of NumPy's calls.

- `finding`  which work is done by kernels: `find`
- `words`  what a kernel is written in
- `rows`  the kernels: softmax, layer norm and their kin
- `convolution`, `pooling`  more of them; `tiles` has their words, `tile_code` what these are in LLVM's language
- `foundry`  compiling them by Numba, once per machine, and loading them without it
- `code`, `disk`, `background`  machine code, its files, and the thread that makes it; `compile` has these, too

Without Numba and llvmlite NumPy does everything.  `TAPEGRAD_KERNELS=off` in the environment has it do so anyway.
"""

from .finding import Kernel, find, using

__all__ = ["Kernel", "find", "using"]
