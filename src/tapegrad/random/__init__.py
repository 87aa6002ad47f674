"""Random numbers that are torch's on the CPU for the same seed: generators, and draws from them.

`twister`, `stream` and `generator` hold the state; `continuous`, `discrete`, `permutation`, `rejection` and
`categorical` draw raw arrays from it; `creation` and `inplace` are the functions and methods that users call.
"""

from .generator import (
    Generator,
    default_generator,
    fork_rng,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
    thread_safe_generator,
)

__all__ = [
    "Generator",
    "default_generator",
    "fork_rng",
    "get_rng_state",
    "initial_seed",
    "manual_seed",
    "seed",
    "set_rng_state",
    "thread_safe_generator",
]
