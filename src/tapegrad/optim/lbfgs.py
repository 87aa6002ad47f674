"""L-BFGS."""

from __future__ import annotations

from typing import Any

from ..autograd.grad_mode import enable_grad
from ..ops import cat, view_as_real
from ..tensor.coordinates import by_coordinates
from ..tensor.factories import zeros
from ..tensor.tensor import Tensor
from .helpers import _to_scalar, _use_grad_for_differentiable
from .optimizer import Optimizer, Params
from .options import check_lr
from .strong_wolfe import _strong_wolfe
from .words import number

# What is kept from one call of `step` to the next, in the order of torch's state.
_MEMORY = ("d", "t", "old_dirs", "old_stps", "ro", "H_diag", "prev_flat_grad", "prev_loss")


class LBFGS(Optimizer):
    """L-BFGS: a quasi-Newton method that remembers the last steps and the changes of the gradient along them.

    A call of `step` makes up to `max_iter` iterations; it has to be given a closure, which computes the loss and its
    gradients anew and returns the loss. All parameters are in one group. The history takes
    2 · history_size times the memory of the parameters.

    Args:
        params: the parameters.
        lr: the length of a step, ≥ 0.
        max_iter: iterations per call of `step`.
        max_eval: evaluations of the closure per call of `step`; 1.25 · max_iter by default.
        tolerance_grad: stop when no element of the gradient is larger.
        tolerance_change: stop when parameters or loss change by less.
        history_size: how many steps are remembered.
        line_search_fn: "strong_wolfe", or None for steps of length lr.

    Raises:
        ValueError: an option is out of its range, or there is more than one parameter group.

    Reference: Nocedal and Wright, "Numerical optimization", 2006, algorithm 7.4.

    >>> import tapegrad as torch
    >>> w = torch.tensor([2.0, -1.0], requires_grad=True)
    >>> optimizer = torch.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 3) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure)
    tensor(17., grad_fn=<SumBackward0>)
    >>> torch.allclose(w, torch.full((2,), 3.0))
    True
    """

    def __init__(
        self,
        params: Params,
        lr: float | Tensor = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:
        check_lr(lr)
        if max_eval is None:
            max_eval = max_iter * 5 // 4
        defaults = {
            "lr": lr,
            "max_iter": max_iter,
            "max_eval": max_eval,
            "tolerance_grad": tolerance_grad,
            "tolerance_change": tolerance_change,
            "history_size": history_size,
            "line_search_fn": line_search_fn,
        }
        super().__init__(params, defaults)
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        self._params = self.param_groups[0]["params"]
        self._numel_cache: int | None = None

    # -- all parameters as one vector ------------------------------------------------------------------------------

    def _numel(self) -> int:
        """The number of real numbers in all parameters."""
        if self._numel_cache is None:
            self._numel_cache = sum(2 * p.numel() if p.is_complex() else p.numel() for p in self._params)
        return self._numel_cache

    def _gather_flat_grad(self) -> Any:
        """The gradients of all parameters as one real vector."""
        parts = []
        for p in self._params:
            grad = p._grad.to_dense() if p._grad is not None and by_coordinates(p._grad) else p._grad
            part: Any = zeros(p.numel(), dtype=p.dtype) if grad is None else grad.reshape(-1)
            parts.append(view_as_real(part).reshape(-1) if part.is_complex() else part)
        return cat(parts, 0)

    def _add_grad(self, step_size: Any, update: Any) -> None:
        """Move all parameters along a vector."""
        start = 0
        for p in self._params:
            real = view_as_real(p) if p.is_complex() else p
            part = update[start : start + real.numel()]
            real.add_(part.view(real.shape), alpha=step_size)
            start += real.numel()

    def _clone_param(self) -> list[Any]:
        return [p.clone() for p in self._params]

    def _set_param(self, params_data: list[Any]) -> None:
        for p, data in zip(self._params, params_data, strict=True):
            p.copy_(data)

    def _directional_evaluate(self, closure: Any, x: list[Any], t: Any, d: Any) -> tuple[float, Any]:
        """Loss and gradient at the distance t from x along d; the parameters are x again afterwards."""
        self._add_grad(t, d)
        loss = float(number(closure()))
        flat_grad = self._gather_flat_grad()
        self._set_param(x)
        return loss, flat_grad

    # -- steps -----------------------------------------------------------------------------------------------------

    @_use_grad_for_differentiable
    def step(self, closure: Any) -> Any:
        """Make up to `max_iter` iterations.

        Args:
            closure: computes the loss and its gradients anew, and returns the loss.

        Returns:
            What the closure returned at first.
        """
        assert len(self.param_groups) == 1
        closure = enable_grad()(closure)
        group = self.param_groups[0]
        state = self.state[self._params[0]]
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first_loss = closure()
        loss = float(number(first_loss))
        state["func_evals"] += 1
        flat_grad = self._gather_flat_grad()
        if flat_grad.abs().max() <= group["tolerance_grad"]:
            return first_loss
        self._iterate(closure, group, state, loss, flat_grad)
        return first_loss

    def _iterate(self, closure: Any, group: dict[str, Any], state: dict[str, Any], loss: float, flat_grad: Any) -> None:
        lr = _to_scalar(group["lr"])
        max_iter, max_eval, smallest = group["max_iter"], group["max_eval"], group["tolerance_change"]
        memory = {key: state.get(key) for key in _MEMORY}
        evaluations, n_iter = 1, 0
        while n_iter < max_iter:
            n_iter += 1
            state["n_iter"] += 1
            memory["d"] = d = self._direction(group, state, memory, flat_grad)
            if memory["prev_flat_grad"] is None:
                memory["prev_flat_grad"] = flat_grad.clone()
            else:
                memory["prev_flat_grad"].copy_(flat_grad)
            memory["prev_loss"] = prev_loss = loss
            t = min(1.0, 1.0 / flat_grad.abs().sum()) * lr if state["n_iter"] == 1 else lr
            memory["t"] = t
            slope = flat_grad.dot(d)
            if slope > -smallest:
                break
            used, solved = 0, False
            if group["line_search_fn"] is not None:
                if group["line_search_fn"] != "strong_wolfe":
                    raise RuntimeError("only 'strong_wolfe' is supported")
                start = self._clone_param()
                loss, flat_grad, t, used = _strong_wolfe(
                    lambda x, t, d: self._directional_evaluate(closure, x, t, d),
                    start, t, d, loss, flat_grad, slope, max_ls=max_eval - evaluations,
                )  # fmt: skip
                memory["t"] = t
                self._add_grad(t, d)
                solved = bool(flat_grad.abs().max() <= group["tolerance_grad"])
            else:
                self._add_grad(t, d)
                if n_iter != max_iter:  # else nobody would look at the new gradient
                    loss = float(number(closure()))
                    flat_grad = self._gather_flat_grad()
                    solved = bool(flat_grad.abs().max() <= group["tolerance_grad"])
                    used = 1
            evaluations += used
            state["func_evals"] += used
            if n_iter == max_iter or evaluations >= max_eval or solved:
                break
            if d.mul(t).abs().max() <= smallest or abs(loss - prev_loss) < smallest:
                break
        state.update(memory)

    @staticmethod
    def _direction(group: dict[str, Any], state: dict[str, Any], memory: dict[str, Any], flat_grad: Any) -> Any:
        """Where to go: the gradient times the approximate inverse of the Hessian, which the last step improves."""
        if state["n_iter"] == 1:
            memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1)
            return flat_grad.neg()
        y, s = flat_grad.sub(memory["prev_flat_grad"]), memory["d"].mul(memory["t"])
        ys = y.dot(s)
        changes, steps, ro = memory["old_dirs"], memory["old_stps"], memory["ro"]
        if ys > 1e-10:
            if len(changes) == group["history_size"]:
                for history in (changes, steps, ro):
                    history.pop(0)
            changes.append(y)
            steps.append(s)
            ro.append(1.0 / ys)
            memory["H_diag"] = ys / y.dot(y)
        al = state.setdefault("al", [None] * group["history_size"])
        q = flat_grad.neg()
        for i in range(len(changes) - 1, -1, -1):
            al[i] = steps[i].dot(q) * ro[i]
            q.add_(changes[i], alpha=-al[i])
        r = q.mul(memory["H_diag"])
        for i in range(len(changes)):
            r.add_(steps[i], alpha=al[i] - changes[i].dot(r) * ro[i])
        return r


__all__ = ["LBFGS"]
