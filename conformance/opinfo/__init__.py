"""PyTorch's database of operators, driven through both libraries.

The test wheel of torch carries, for each operator, sample inputs for every dtype, its aliases, its method and in-place
forms, and wrong calls with the errors that they must raise.  Here each is called with the real torch and with tapegrad
on equal arguments, and everything that comes back is compared.

    python -m conformance.opinfo --quick          # two samples of each operator, in float64
    python -m conformance.opinfo                  # eight samples, five dtypes
    python -m conformance.opinfo --ops '^mul$'    # operators by a regular expression
    python -m conformance.opinfo --write          # keep the figures for docs/operators.md

Which module holds what:

    names.py       public names of torch, found in another library
    sides.py       arguments carried to one library, results carried back
    comparing.py   structure, shape, dtype and values of two results
    freedom.py     results that are right in several ways: random ones, eigenvectors, positions among ties
    tallies.py     samples that agreed and that did not
    entry.py       one call on both sides, guarded and tallied
    operators.py   all calls of one operator
    derivatives.py gradients of one call, and gradients of these
    report.py      the summary, and the rows that are known to fail

It all happens in processes that may crash or hang (`conformance/workers.py`).

`scopes.json` says which names users call every day (core), rarely (extended) and hardly ever (internal);
`excluded.json` gives a reason for each entry left out; `known_failures.json` one for each row that fails.
"""
