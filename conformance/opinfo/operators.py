"""All that is compared of one operator: its forms, its derivatives, its errors."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.testing._internal.opinfo.core import BinaryUfuncInfo, UnaryUfuncInfo

from ..workers import Budget, TimeLimit
from .comparing import Check, Comparer, Mismatch, Tolerance, tolerance
from .derivatives import FACTORS, differentiate, node_names, wrapped
from .entry import Entry, spread
from .freedom import RANDOM, UNBOUNDED, UNINITIALISED, canonical_check, mask_of, masked_check, range_check
from .names import Missing, real
from .sides import Array, Side

DTYPES = ("float64", "float32", "int64", "bool", "complex128")
CHECKS = (
    "forward", "method", "inplace", "operator", "alias", "out", "grad", "inplace_grad", "gradgrad", "errors",
    "messages",
)  # fmt: skip
_MISWIRED = {"rand_like"}  # its entry calls randn_like (torch 2.13); go by the name instead

Call = Callable[[Side, Any, Any, Any], Any]
Judge = Callable[[Call, Any, Any, Any, Any], None]


@dataclass
class Form:
    """One way to call an operator.

    Attributes:
        check: the name under which it is tallied.
        function: gives the callable of a side.
        call: calls it, as (side, callable, sample, what torch gave or None).
        samples: with what.
        judge: compares two results.
    """

    check: str
    function: Callable[[Side], Any]
    call: Call
    samples: list[Any]
    judge: Judge


def full_name(info: Any) -> str:
    """The name of an entry, and that of its variant."""
    return f"{info.name}.{info.variant_test_name}" if info.variant_test_name else info.name


def resolve(info: Any, variant: str, side: Side) -> Any:
    """The callable of a side: by the entry's name, unless the entry's callable is another than torch's of this name.

    Raises:
        Missing: the side has none.
    """
    attribute = {"forward": "op", "method": "method_variant", "inplace": "inplace_variant"}[variant]
    path = {"forward": info.name, "method": f"Tensor.{info.name}", "inplace": f"Tensor.{info.name}_"}[variant]
    path = path.removeprefix("torch.")
    fn = getattr(info, attribute)
    try:
        by_name = real(path) is fn
    except AttributeError:
        by_name = False
    return side.get(path) if by_name or info.name in _MISWIRED else side.bind(fn)


def call_plain(info: Any, side: Side, fn: Any, sample: Any, _: Any = None) -> Any:
    """The result of a call."""
    x, args, kwargs = side.arguments(sample, _all_memory(info))
    return fn(x, *args, **kwargs)


def call_in_place(info: Any, side: Side, fn: Any, sample: Any, _: Any = None) -> Any:
    """Whether the first operand came back, and what it holds now."""
    x, args, kwargs = side.arguments(sample, _all_memory(info))
    return [fn(x, *args, **kwargs) is x, x]


def call_out(info: Any, side: Side, fn: Any, sample: Any, expected: Any) -> Any:
    """The tensors given as `out=`, which are as torch's results are."""
    x, args, kwargs = side.arguments(sample, _all_memory(info))
    like = expected or fn(x, *args, **kwargs)
    single = isinstance(like, torch.Tensor) or (isinstance(like, list) and len(like) == 1)
    truth = Side(torch)
    outs = [side.array(np.zeros_like(truth.numpy(t))) for t in truth.tensors(like)]
    fn(x, *args, out=outs[0] if single else tuple(outs), **kwargs)
    return outs


def _all_memory(info: Any) -> bool:
    """Whether the operator shows memory beside its operand's elements."""
    return bool(info.name.startswith("as_strided"))


class Operator(Entry):
    """All checks of one operator."""

    def compare(self) -> dict[str, Any]:
        """The tallies, and the nodes of the graphs that calls make."""
        nodes: set[str] = set()
        info, settings = self.info, self.settings
        wanted = {getattr(torch, name) for name in settings.dtypes}
        order = [getattr(torch, name) for name in DTYPES]
        order += sorted(wanted - set(order), key=str)
        have, differentiable = info.supported_dtypes("cpu"), info.supported_backward_dtypes("cpu")
        values = [d for d in order if d in wanted & have] or [d for d in order if d in have][:1]
        for n, dtype in enumerate(values):
            self._compare_values(dtype, first=n == 0)
        if info.supports_autograd and {"grad", "inplace_grad", "gradgrad"} & set(settings.checks):
            able = [d for d in (torch.float64, torch.complex128, torch.float32) if d in differentiable & have]
            for dtype in [d for d in able if d in wanted and d != torch.float32] or able[:1]:
                self._compare_derivatives(dtype)
                nodes |= self._nodes(dtype)
        if info.error_inputs_func and {"errors", "messages"} & set(settings.checks):
            self._compare_errors()
        return self.as_dict(present=self._present(), nodes=sorted(nodes))

    def _present(self) -> bool:
        name = self.info.name.removeprefix("torch.")
        for path in (name, f"Tensor.{name}", f"Tensor.{name}_", f"ops.aten.{name}"):
            try:
                self.mine.get(path)
                return True
            except Missing:
                pass
        return False

    def _samples(self, dtype: Any, requires_grad: bool = False) -> list[Any]:
        torch.manual_seed(0)
        try:
            found = self.info.sample_inputs("cpu", dtype, requires_grad=requires_grad)
            chosen = spread(found, self.settings.samples)
            return [s.noncontiguous() for s in chosen] if self.settings.strided else chosen
        except Exception:  # the database has none that it can make here; SkipTest among them
            return []

    def _sweep(self, form: Form, dtype: Any) -> None:
        """Call one form on both sides with each of its samples."""
        if form.check not in self.settings.checks:
            return
        try:
            real_fn = form.function(self.real)
        except AttributeError:  # torch has no such form
            return
        mine_fn: Any
        try:
            mine_fn = form.function(self.mine)
        except Missing as error:
            mine_fn = error
        budget = Budget(self.settings.seconds)
        for sample in form.samples:
            self._one(form, dtype, budget, real_fn, mine_fn, sample)
            if budget.left <= 0:
                break

    def _one(self, form: Form, dtype: Any, budget: Budget, real_fn: Any, mine_fn: Any, sample: Any) -> None:
        done, expected = self.truth(lambda: form.call(self.real, real_fn, sample, None))
        if not done:
            return
        if isinstance(mine_fn, Missing):
            self.tally(form.check, dtype).fail("missing", str(mine_fn))
            return
        try:
            self.attempt(
                form.check,
                dtype,
                budget,
                lambda: form.call(self.mine, mine_fn, sample, expected),
                lambda got: form.judge(form.call, real_fn, sample, expected, got),
            )
        except TimeLimit:
            budget.left = 0

    # -- values --------------------------------------------------------------------------------------------------------

    def _compare_values(self, dtype: Any, first: bool) -> None:
        for form in self._forms(dtype, first):
            self._sweep(form, dtype)

    def _forms(self, dtype: Any, first: bool) -> Iterable[Form]:
        info = self.info
        samples = self._samples(dtype)
        fixed = [s for s in samples if not s.broadcasts_input]  # the first operand has the result's shape
        judge = functools.partial(self._judge, tolerance(info, dtype))
        plain, in_place, out = (functools.partial(call, info) for call in (call_plain, call_in_place, call_out))

        def variant(name: str) -> Callable[[Side], Any]:
            return functools.partial(resolve, info, name)

        def without_keywords(some: list[Any]) -> list[Any]:
            return [s for s in some if not s.kwargs]

        yield Form("forward", variant("forward"), plain, samples, functools.partial(judge, layout=first))
        if info.method_variant:
            yield Form("method", variant("method"), plain, samples, judge)
        if info.inplace_variant:
            yield Form("inplace", variant("inplace"), in_place, fixed, judge)
        if info.operator_variant:
            yield Form("operator", lambda _: info.operator_variant, plain, without_keywords(samples), judge)
        if info.inplace_operator_variant:
            some = without_keywords(fixed)
            yield Form("operator", lambda _: info.inplace_operator_variant, in_place, some, judge)
        for alias in info.aliases:
            name = alias.name.removeprefix("torch.")
            yield Form("alias", operator.methodcaller("get", name), plain, samples[:2], judge)
            yield Form("alias", operator.methodcaller("get", f"Tensor.{name}"), plain, samples[:2], judge)
            yield Form("alias", operator.methodcaller("get", f"Tensor.{name}_"), in_place, fixed[:2], judge)
        if info.supports_out and first:
            yield Form("out", variant("forward"), out, samples[:3], judge)

    def _judge(
        self, allowed: Tolerance, call: Call, fn: Any, sample: Any, expected: Any, got: Any, layout: bool = False
    ) -> None:
        info = self.info
        elementwise = isinstance(info, (UnaryUfuncInfo, BinaryUfuncInfo))
        comparer = Comparer(self.real, self.mine, allowed, elementwise)
        if layout:
            self._look_at_layout(expected, got)
        check: Check | None = None
        if info.name in RANDOM:
            draws = self._draws(call, fn, sample)
            if draws:
                check = range_check(draws, info.name not in UNBOUNDED)
                if layout:
                    self._look_at_seed(comparer, expected, got)
        elif info.name in UNINITIALISED or info.has_nondeterministic_output:
            check = _nothing
        elif info.name.startswith("masked."):
            check = masked_check(mask_of(info.op, sample), allowed)
        else:
            check = canonical_check(info.name, sample, allowed)
        comparer(expected, got, check)

    def _draws(self, call: Call, fn: Any, sample: Any) -> list[list[Array]] | None:
        """Results of torch under many seeds; None if they are all the same."""
        seen: list[list[Array]] = []
        differ = False
        for seed in range(1, 200):
            self.real.seed(seed)
            seen.append([self.real.numpy(t).copy() for t in self.real.tensors(call(self.real, fn, sample, None))])
            differ = differ or any(
                not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc") for a, b in zip(seen[0], seen[-1], strict=True)
            )
            if seed == 40 and not differ:
                return None
            if differ and seed >= 8 and seed * sum(a.size for a in seen[0]) > 4000:
                break
        return seen

    # -- figures that nothing is judged by -----------------------------------------------------------------------------

    def _look_at_seed(self, comparer: Comparer, expected: Any, got: Any) -> None:
        try:
            comparer(expected, got)
            self.count("same values under the same seed", True)
        except Mismatch:
            self.count("same values under the same seed", False)

    def _look_at_layout(self, expected: Any, got: Any) -> None:
        """Equal strides; a view of an operand where torch gives one."""

        def steps(side: Side, t: Any) -> list[int]:
            return [step for step, n in zip(t.stride(), t.shape, strict=True) if n > 1]

        def is_view(side: Side, t: Any) -> bool:
            mine = side.numpy(t)
            return any(np.may_share_memory(mine, side.numpy(x)) for x in side.memo.values())

        for r, m in zip(self.real.tensors(expected), self.mine.tensors(got), strict=False):
            if r.layout != torch.strided or not r.numel():
                continue
            for what, of in (("strides", steps), ("views", is_view)):
                try:
                    same = of(self.real, r) == of(self.mine, m)
                except Exception:
                    same = False
                self.count(what, same)

    # -- derivatives ---------------------------------------------------------------------------------------------------

    def _compare_derivatives(self, dtype: Any) -> None:
        info, allowed = self.info, tolerance(self.info, dtype)
        samples = self._samples(dtype, requires_grad=True)
        if info.name in RANDOM:
            fn, call = resolve(info, "forward", self.real), functools.partial(call_plain, info)
            samples = [s for s in samples if self._draws(call, fn, s) is None]
        fixed = [s for s in samples if not s.broadcasts_input]

        def outer(side: Side) -> Any:
            return wrapped(info, side, resolve(info, "forward", side))

        def on_a_copy(side: Side) -> Any:
            fn = resolve(info, "inplace", side)
            return lambda x, *args, **kwargs: fn(x.clone(), *args, **kwargs)

        def form(check: str, function: Callable[[Side], Any], some: list[Any]) -> Form:
            loose = (allowed[0] * FACTORS[check], allowed[1] * FACTORS[check])
            call = functools.partial(self._differentiate, check == "gradgrad")
            return Form(check, function, call, some, functools.partial(self._judge_backward, loose))

        self._sweep(form("grad", outer, samples), dtype)
        if info.inplace_variant and info.supports_inplace_autograd:
            self._sweep(form("inplace_grad", on_a_copy, fixed), dtype)
        if info.supports_gradgrad:
            self._sweep(form("gradgrad", outer, samples), dtype)

    def _differentiate(self, second: bool, side: Side, fn: Any, sample: Any, expected: Any) -> Any:
        info = self.info

        def mask() -> Array | None:
            return mask_of(info.op, sample) if info.name.startswith("masked.") else None

        return differentiate(info, side, lambda: call_plain(info, side, fn, sample), sample, expected, mask, second)

    def _judge_backward(self, allowed: Tolerance, call: Call, fn: Any, sample: Any, expected: Any, got: Any) -> None:
        self.judge_gradients(allowed, expected["grads"], got["grads"])

    def _nodes(self, dtype: Any) -> set[str]:
        """The names of the nodes behind the results of the first calls."""
        found: set[str] = set()
        for sample in self._samples(dtype, requires_grad=True)[:4]:
            try:
                with Budget(self.settings.seconds)():
                    out = call_plain(self.info, self.mine, resolve(self.info, "forward", self.mine), sample)
            except (Exception, SystemExit, TimeLimit):  # tallied above
                continue
            found |= node_names(self.mine.tensors(out))
        return found

    # -- wrong calls ---------------------------------------------------------------------------------------------------

    def _compare_errors(self) -> None:
        for case in self.info.error_inputs("cpu"):

            def call(side: Side, sample: Any = case.sample_input) -> Any:
                return call_plain(self.info, side, resolve(self.info, "forward", side), sample)

            of_real, of_mine = functools.partial(call, self.real), functools.partial(call, self.mine)
            self.judge_error(of_real, of_mine, case.error_type, case.error_regex)


def _nothing(expected: list[Array], got: list[Array]) -> None:
    """No values are compared."""
