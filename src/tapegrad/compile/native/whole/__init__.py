"""Small programs as machine code: all steps between two that cannot be translated are one native call.

Where arrays have a few thousand elements, what costs is the Python between NumPy's calls.  Here steps become loops over
memory whose places, shapes and strides are all known, written in LLVM's intermediate language and compiled without a
detour over Python.

- `places`, `statements`  memory of the machine code and where arrays lie in it; what the machine code does
- `builder`, `lowering`  steps of a program as statements: `views`, `functions`, `products`, `checks`, and kernels of
  our `own`
- `scheduling`  the order of statements, and which of them share a loop
- `operations`, `instructions`  functions of numbers, and memory, loops and vectors, as LLVM instructions
- `writing`, `reductions`  statements as LLVM functions
- `machine`  compiling, keeping on disk, calling
- `segments`, `choosing`  programs with their steps replaced, and for which programs that is done
"""
