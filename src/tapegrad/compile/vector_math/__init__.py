"""Mathematical functions that LLVM vectorises inside Numba loops.

Numba takes exp and its kind from libm, one number at a time, which costs ten times what a loop over whole registers
does. `FUNCTIONS` has the same functions as straight arithmetic: accurate to 4 ulp or better (docs/vector-math.md has
the numbers), right at zeros, infinities, NaN and subnormal numbers, and with results that depend neither on the number
of lanes nor of threads.

`FUNCTIONS[name][dtype]` is a function for nopython code; names are those of NumPy's and SciPy's ufuncs, dtypes
`np.float32` and `np.float64`. Arguments and result are numbers of that dtype.

    >>> import numba, numpy as np
    >>> exp = FUNCTIONS["exp"][np.float64]
    >>> @numba.njit
    ... def loop(x, out):
    ...     for i in range(x.size):
    ...         out[i] = exp(x[i])
    >>> x, out = np.array([0.0, 1.0, -np.inf]), np.empty(3)
    >>> loop(x, out)
    >>> out
    array([1.        , 2.71828183, 0.        ])

The table is empty where the processor has no fused multiply-add, on which the functions are built: there libm is
better. Importing this package imports Numba.

- `coefficients`  written by tools/minimax.py
- `formats`, `values`  numbers, and how arithmetic on them becomes LLVM instructions
- `exponential`, `logarithms`, `trigonometric`, `inverse_trigonometric`, `error_function`, `power`  the functions
- `rare`  leaving rare arguments to libm
- `table`  the functions for Numba
"""

from .table import FUNCTIONS

__all__ = ["FUNCTIONS"]
