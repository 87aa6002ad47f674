"""Transposes folded into products: a product that is transposed and copied is the product the other way round.

Gradients of weights come as the transpose of a product, and are copied into the layout of the weight.  (A·B)ᵀ = Bᵀ·Aᵀ
is in that layout at once; BLAS takes transposed operands as they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Program, Ref, Step, Value, refs, uses


def with_folded_transposes(program: Program) -> Program:
    """The program with such products turned round."""
    users: dict[int, list[int]] = {}
    maker: dict[int, int] = {}
    for i, step in enumerate(program.steps):
        for n in uses(step):
            users.setdefault(n, []).append(i)
        for n in step.out:
            maker[n] = i
    steps: list[list[Step]] = [[step] for step in program.steps]
    values = dict(program.values)
    for i, step in enumerate(program.steps):
        found = _copied_transpose(program, step, i, maker, users)
        if found is None:
            continue
        target, transpose, product = found
        a, b = program.steps[product].args
        if _written_between(program, (a, b), product, i):
            continue
        turned = []
        for x in (b, a):
            n = max(values) + 1
            v = values[x.number]
            strides = None if v.strides is None else v.strides[::-1]
            values[n] = Value(v.shape[::-1], v.dtype, v.memory, False, "other", strides=strides)
            turned.append(Step("attribute", "T", (x,), {}, (n,)))
        made = Step("call", np.dot, (Ref(turned[0].out[0]), Ref(turned[1].out[0])), {}, (target,))
        steps[i] = [*turned, made]
        for gone in (maker[target], transpose, product):
            steps[gone] = []
    return Program(
        [step for part in steps for step in part], values, program.constants, program.inputs, program.results
    )


def _copied_transpose(
    program: Program, step: Step, i: int, maker: dict[int, int], users: dict[int, list[int]]
) -> tuple[int, int, int] | None:
    """For `target[...] = product.T` into an empty target: it, and the places of the transpose and the product."""
    if step.form != "setitem" or step.args[1] is not Ellipsis:
        return None
    target, source = step.args[0], step.args[2]
    if target.__class__ is not Ref or source.__class__ is not Ref or users[source.number] != [i]:
        return None
    empty = maker.get(target.number)
    transpose = maker.get(source.number)
    if empty is None or transpose is None or program.steps[empty].what is not np.empty_like:
        return None
    if users[target.number][0] != i or program.values[target.number].layout != "c" or source.number in program.results:
        return None
    turn = program.steps[transpose]
    if not _is_transpose(turn):
        return None
    (inner,) = set(uses(turn))
    product = maker.get(inner)
    if product is None or users[inner] != [transpose] or inner in program.results:
        return None
    dot = program.steps[product]
    if dot.what is not np.dot or dot.kwargs or any(x.__class__ is not Ref for x in dot.args):
        return None
    shapes = [program.values[x.number].shape for x in dot.args]
    kinds = {program.values[n].dtype for n in (*uses(dot), target.number)}
    return (target.number, transpose, product) if all(len(s) == 2 for s in shapes) and len(kinds) == 1 else None


def _is_transpose(step: Step) -> bool:
    if step.form == "attribute":
        return step.what == "T"
    return step.form == "method" and step.what == "swapaxes" and set(step.args[1:]) in ({0, 1}, {-1, -2})


def _written_between(program: Program, operands: Any, first: int, last: int) -> bool:
    memories = {id(program.values[n].memory) for n in refs(operands)}
    external = any(program.values[n].memory.external for n in refs(operands))
    return any(
        id(memory) in memories or (external and memory.external)
        for step in program.steps[first:last]
        for memory in step.writes
    )
