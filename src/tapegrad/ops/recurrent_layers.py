"""The records of recurrent layers: one for all time steps of a layer in one direction.

The gradients are computed by `recurrent_kernels.py`.  Where they must be differentiable themselves, the layer is
computed again step by step from other operators, as it is defined, and that is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..tensor.dtypes import Array
from . import recurrent_kernels as kernels
from .op import Op, operator
from .recurrent_kernels import Plan
from .vocabulary import word

# -- records -----------------------------------------------------------------------------------------------------------


@operator(name="lstm_layer", node="MkldnnRnnLayerBackward0", outputs=(True, True, True, False, False, False))
def lstm_layer(
    x: Array, h0: Array, c0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None,
    w_hr: Array | None = None, /, plan: Any = None,
) -> Any:  # fmt: skip
    """Outputs, final hidden and cell state; then what the gradient needs."""
    outputs, *rest = kernels.lstm_forward(x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr, plan)
    return outputs.reshape(*x.shape[:-1], outputs.shape[-1]), *rest


@lstm_layer.rule("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "w_hr")
def _(
    g: Any, x: Any, h0: Any, c0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, w_hr: Any, out: Any, plan: Any,
    needs: Any,
) -> Any:  # fmt: skip
    return lstm_gradients(g, (x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr), out, plan, needs)


@operator(name="gru_layer", node="StackBackward0", outputs=(True, True, False, False))
def gru_layer(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, /,
    plan: Any = None,
) -> Any:  # fmt: skip
    """Outputs and final state; then what the gradient needs."""
    outputs, *rest = kernels.gru_forward(x, h0, w_ih, w_hh, b_ih, b_hh, plan)
    return outputs.reshape(*x.shape[:-1], outputs.shape[-1]), *rest


@gru_layer.rule("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh")
def _(g: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, out: Any, plan: Any, needs: Any) -> Any:
    return gru_gradients(g, (x, h0, w_ih, w_hh, b_ih, b_hh), out, plan, needs)


@operator(name="rnn_layer", node="StackBackward0", outputs=(True, True))
def rnn_layer(
    x: Array, h0: Array, w_ih: Array, w_hh: Array, b_ih: Array | None = None, b_hh: Array | None = None, /,
    plan: Any = None, relu: bool = False,
) -> Any:  # fmt: skip
    """Outputs and final state."""
    outputs, last = kernels.rnn_forward(x, h0, w_ih, w_hh, b_ih, b_hh, relu, plan)
    return outputs.reshape(*x.shape[:-1], outputs.shape[-1]), last


@rnn_layer.rule("x", "h0", "w_ih", "w_hh", "b_ih", "b_hh")
def _(
    g: Any, x: Any, h0: Any, w_ih: Any, w_hh: Any, b_ih: Any, b_hh: Any, out: Any, plan: Any, relu: Any, needs: Any
) -> Any:
    return rnn_gradients(g, (x, h0, w_ih, w_hh, b_ih, b_hh), out, plan, needs, relu)


def named(op: Op, node: str) -> Op:
    """A layer's record under the name that torch's graph shows in its place."""
    return op if node == op.node_name else op.twin(node, node=node)


# -- gradients on raw arrays -------------------------------------------------------------------------------------------


def _rows(outputs: Array) -> Array:
    return outputs.reshape(-1, outputs.shape[-1])


def _lstm_gradients(g: Any, inputs: Any, out: Any, plan: Plan, needs: Any) -> Any:
    x, h0, c0, w_ih, w_hh, _b_ih, _b_hh, w_hr = inputs
    outputs, _h, _c, *kept = out
    return kernels.lstm_backward(g, x, h0, c0, w_ih, w_hh, w_hr, (_rows(outputs), *kept), plan, needs)


def _gru_gradients(g: Any, inputs: Any, out: Any, plan: Plan, needs: Any) -> Any:
    x, h0, w_ih, w_hh, _b_ih, _b_hh = inputs
    outputs, _h, *kept = out
    return kernels.gru_backward(g, x, h0, w_ih, w_hh, (_rows(outputs), *kept), plan, needs)


def _rnn_gradients(g: Any, inputs: Any, out: Any, plan: Plan, needs: Any, relu: bool) -> Any:
    x, h0, w_ih, w_hh, _b_ih, _b_hh = inputs
    return kernels.rnn_backward(g, x, h0, w_ih, w_hh, _rows(out[0]), relu, plan, needs)


# -- by definition, on tensors -----------------------------------------------------------------------------------------


def run_steps(x: Any, states: tuple[Any, ...], plan: Plan, step: Callable[..., tuple[Any, ...]]) -> tuple[Any, ...]:
    """Apply `step(input rows, *states)`, which returns the next states, step after step.

    Returns:
        The first state of all steps, and the final states.
    """
    from .joining import cat, stack

    first = states
    sizes = (plan.batch,) * plan.steps if plan.sizes is None else plan.sizes
    rows = list(x.unbind(0) if plan.sizes is None else x.split(sizes))
    order = range(plan.steps)[::-1] if plan.reverse else range(plan.steps)
    outputs: list[Any] = [None] * plan.steps
    ended: list[tuple[Any, ...]] = []
    states = tuple(state[: plan.first] for state in first) if plan.first < plan.batch else first
    for t in order:
        n, have = sizes[t], len(states[0])
        if n < have:
            ended.append(tuple(state[n:] for state in states))
            states = tuple(state[:n] for state in states)
        elif n > have:
            states = tuple(cat([state, start[have:n]]) for state, start in zip(states, first, strict=True))
        states = step(rows[t], *states)
        outputs[t] = states[0]
    final = tuple(cat([state, *parts[::-1]]) for state, *parts in zip(states, *ended, strict=True)) if ended else states
    return (stack(outputs) if plan.sizes is None else cat(outputs)), *final


def lstm_by_definition(inputs: Any, plan: Plan) -> tuple[Any, ...]:
    """What `lstm_layer` computes."""
    from ..nn.functional.linear import linear
    from .recurrent import lstm_step

    x, h0, c0, w_ih, w_hh, b_ih, b_hh, w_hr = inputs

    def step(products: Any, h: Any, c: Any) -> tuple[Any, ...]:
        return lstm_step(products + linear(h, w_hh, b_hh), c, w_hr)

    return run_steps(linear(x, w_ih, b_ih), (h0, c0), plan, step)


def gru_by_definition(inputs: Any, plan: Plan) -> tuple[Any, ...]:
    """What `gru_layer` computes."""
    from ..nn.functional.linear import linear
    from .recurrent import gru_step

    x, h0, w_ih, w_hh, b_ih, b_hh = inputs

    def step(products: Any, h: Any) -> tuple[Any, ...]:
        return (gru_step(products, linear(h, w_hh, b_hh), h),)

    return run_steps(linear(x, w_ih, b_ih), (h0,), plan, step)


def rnn_by_definition(inputs: Any, plan: Plan, relu: bool) -> tuple[Any, ...]:
    """What `rnn_layer` computes."""
    from ..nn.functional.linear import linear

    x, h0, w_ih, w_hh, b_ih, b_hh = inputs

    def step(products: Any, h: Any) -> tuple[Any, ...]:
        z: Any = products + linear(h, w_hh, b_hh)
        return (z.relu() if relu else z.tanh(),)

    return run_steps(linear(x, w_ih, b_ih), (h0,), plan, step)


def _differentiated(definition: Callable[..., tuple[Any, ...]]) -> Callable[..., Any]:
    """The rule on tensors: the gradients of the definition, recorded if the backward pass is."""

    def gradients(g: Any, inputs: Any, out: Any, plan: Plan, needs: Any, *options: Any) -> Any:
        from ..autograd.grad_mode import enable_grad, is_grad_enabled
        from ..autograd.passes import grad

        recorded = is_grad_enabled()
        with enable_grad():
            # An alias each, since one tensor may be several inputs.
            aliases: list[Any] = [None if x is None else x.view_as(x) for x in inputs]
            results = definition(aliases, plan, *options)
            pairs = [(y, gy) for y, gy in zip(results, g, strict=False) if gy is not None]
            wanted = [x for x, need in zip(aliases, needs, strict=True) if need]
            found = iter(
                grad([y for y, _ in pairs], wanted, [gy for _, gy in pairs], create_graph=recorded, allow_unused=True)
            )
        return tuple(next(found) if need else None for need in needs)

    return gradients


lstm_gradients: Any = _differentiated(lstm_by_definition)
gru_gradients: Any = _differentiated(gru_by_definition)
rnn_gradients: Any = _differentiated(rnn_by_definition)
word("lstm_gradients", raw=_lstm_gradients, tensor=lstm_gradients)
word("gru_gradients", raw=_gru_gradients, tensor=gru_gradients)
word("rnn_gradients", raw=_rnn_gradients, tensor=rnn_gradients)
