"""torch.masked in both libraries: what is not selected, types, dimensions, errors."""

from __future__ import annotations

import pytest

from .expressions import check, lines

MASK = "torch.tensor([[True, False, True], [False, False, False]])"
ROW = "torch.tensor([True, False, True])"

REDUCTIONS = ["sum", "prod", "amax", "amin", "mean", "logsumexp", "var", "std"]


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("arguments", [
    "x, 1, mask=M", "x, mask=M", "x, (), mask=M", "x, (0, 1), keepdim=True, mask=R", "i, 1, mask=M",
    "x.double(), -1, dtype=torch.float64", "u8", "h, 1, mask=M",
    "x, 2", "x, (0, 0)", "x, 1, mask=torch.ones(2, 2, 3).bool()",
    "x, 1, mask=torch.ones(2).bool()", "torch.tensor(2.0), 0, mask=torch.tensor(False)", "x, 1, mask=M.int()",
    "b, 0",
])  # fmt: skip
def test_same_reduction(name: str, arguments: str) -> None:
    check(f"torch.masked.{name}({arguments})".replace("=M", f"={MASK}").replace("=R", f"={ROW}"))


CALLS = lines("""
torch.masked.sum(x, 1, keepdim=None)
torch.masked.argmax(x, 1, mask=M)
torch.masked.argmin(x, mask=M, keepdim=True)
torch.masked.argmax(i, 1, mask=M)
torch.masked.argmax(b, 0, mask=torch.tensor([True, False]))
torch.masked.median(x, mask=R)
torch.masked.median(x, mask=M)
torch.masked.median(i, mask=R)
torch.masked.median(i, mask=M)
torch.masked.median(i, 0, mask=R[None], keepdim=True, dtype=torch.float64)
torch.masked.norm(x, 3, 1, mask=M)
torch.masked.norm(x, float("-inf"), 1, mask=M)
torch.masked.norm(x, -1, 1, mask=M)
torch.masked.norm(i, 2, 1, mask=M)
torch.masked.norm(x, 2, 1, dtype=torch.float64, mask=M)
torch.masked.normalize(x, 2.0, 1, mask=M)
torch.masked.normalize(x, 2.0, 1, eps=100.0, mask=M)
torch.masked.var(x, 1, False, mask=M)
torch.masked.var(x, 1, False, correction=1)
torch.masked.var(x, 1, correction=1.5, mask=M)
torch.masked.std(i, 1, dtype=torch.int32, mask=R)
torch.masked.softmax(x, 1, mask=R)
torch.masked.softmax(i, 1, mask=R)
torch.masked.log_softmax(x, 0, mask=R, dtype=torch.float64)
torch.masked.softmin(x, 1)
torch.masked.cumsum(i, 1, mask=M)
torch.masked.cumsum(u8, 0)
torch.masked.cumprod(x, 0, mask=M)
torch.masked.logaddexp(x, x[0], input_mask=M)
torch.masked.logaddexp(x, x, input_mask=M, other_mask=R)
torch.masked.logaddexp(i, i)
torch.masked.mean(i, dtype=torch.int64)
torch.masked._input_mask(x)
torch.masked._input_mask(x, mask=R)
torch.masked._output_mask(torch.masked.sum, x, 1, mask=M)
torch.masked._output_mask(torch.masked.norm, x, 2, 1, keepdim=True, mask=M)
torch.masked._output_mask(torch.masked.cumsum, x, 1, mask=M)
torch.masked._combine_input_and_mask(torch.masked.amax, x, M)
grad(lambda t: torch.masked.mean(t, 1, mask=M), x)
""")


@pytest.mark.parametrize("expression", CALLS)
def test_same_result_or_error(expression: str) -> None:
    check(expression.replace("M)", f"{MASK})").replace("=M,", f"={MASK},").replace("=R", f"={ROW}"))
