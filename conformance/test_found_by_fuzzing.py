"""Programs that ran differently in the two libraries once: found by `conformance.fuzzing`, and shrunk by it.

Each is kept with a line on what it was.
"""

from __future__ import annotations

import pytest
import torch as real

import tapegrad as ours

from .fuzzing.running import check

V = "t1 = torch.tensor([0.21, -0.16, 0.58], dtype=torch.float64, requires_grad=True)"
M = "t1 = torch.tensor([[0.58, -0.16, 0.21], [0.95, -0.53, 1.32]], dtype=torch.float64, requires_grad=True)"
T = "t1 = torch.arange(24, dtype=torch.float64).reshape(2, 3, 4).requires_grad_()"
S = "t1 = torch.tensor(0.21, dtype=torch.float64, requires_grad=True)"
EMPTY = "t1 = torch.tensor([], dtype=torch.float64, requires_grad=True)"
WIDE = "t1 = torch.tensor([[0.5], [0.25]], dtype=torch.float64).expand(2, 3)"

FOUND = {
    # Derivatives and what is kept for them.
    "an operand that is self once more was handed the copy of its old values": [V, "t2 = t1 * 1", "t2.mul_(t2)"],
    "so were both factors of addcmul": [V, "t2 = t1.abs()", "t2.addcmul_(t2, t2, value=0.1)"],
    "gather kept only the shape of its input": [
        V, "t2 = t1 * 1", "t3 = t2.gather(0, torch.tensor([1]))", "t2 += t2",
    ],
    "so did cummax": [V, "t2 = t1 * 1", "t3 = torch.cummax(t2, 0).values", "t2 *= 2"],
    "so did take": [V, "t2 = t1 * 1", "t3 = t2.take(torch.tensor([0]))", "t2 *= 2"],
    "so did index_add and index_copy of their sources": [
        V, "t2 = t1 * 1", "t3 = t1.index_add(0, torch.tensor([0, 1, 2]), t2)", "t2 *= 2",
    ],
    "so did complex": [V, "t2 = t1 * 1", "t3 = torch.complex(t2, t1)", "t2 *= 2"],
    "number - x kept x": [V, "t2 = t1 * 1", "t3 = 3 - t2", "t2.abs_()"],
    "copysign kept the sign": [V, "t2 = t1 * 1", "t3 = torch.copysign(t1, t2)", "t2 += 1"],
    "std_mean took writes into the mean for writes into the deviation": [
        M, "t2, t3 = torch.std_mean(t1, -1)", "t3.sin_()",
    ],
    "copysign at zero spoiled the second derivative of its neighbours": [
        "t1 = torch.tensor([-0.16, 0.21], dtype=torch.float64, requires_grad=True)", "t2 = t1 * t1",
        "t3 = torch.diag_embed(t1)", "t4 = torch.copysign(t3, t2)", "t5 = t4.std(dim=-1)",
    ],
    "indexing with an index out of range had no history where it is allowed": [
        "t1 = torch.ones(2, 2, 0, dtype=torch.float64, requires_grad=True)", "t2 = t1[torch.tensor([0, 1])]",
    ],
    "the gradient of a write into an expanded view was put back": [V, "t2 = (t1 * 1).sum().expand(2)", "t2.zero_()"],
    "the gradient of cumsum had negative strides": [
        M, "t2 = t1.cumsum(-1)", "t3 = torch.autograd.grad((t2 * t2).sum(), t1)[0]", "t4 = t3.view(-1)",
    ],
    "a view of no elements could not be brought back into its base": [
        "t1 = torch.ones(4, 2, 2, dtype=torch.float64, requires_grad=True)", "t2 = t1 @ torch.ones(2, 0).double()",
        "t3 = t2[0, None, -1]", "t3.add_(1)", "t4 = t3.roll(1, -1)", "t5 = t4.norm(dim=-1, keepdim=True)",
    ],
    "a write into the imaginary part lost the gradient of the real part": [
        V, "t2 = torch.complex(t1, t1 * 2)", "t3 = t2.imag", "t3.tanh_()",
    ],
    "the second derivative of a product of one factor was no exact zero": [
        "t1 = torch.tensor(0.3, dtype=torch.float32, requires_grad=True)", "t2 = t1.prod() * 1e6",
    ],
    "the second derivative of prelu at 0 was the one of the left side": [
        "t1 = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64, requires_grad=True)",
        "t2 = torch.tensor(0.25, dtype=torch.float64, requires_grad=True)", "t3 = torch.nn.functional.prelu(t1, t2)",
    ],
    "the gradient of cumprod did not go through the result again": [
        M, "t2 = t1.cumprod(dim=0)", "t2.register_hook(lambda g: g * 2)",
    ],
    "losses converted an operand of another type, and kept that": [
        V, "t2 = t1.float()", "t3 = torch.nn.functional.mse_loss(t2, t1.detach())", "t2 *= 2",
    ],
    "smooth_l1_loss, too": [
        V, "t2 = t1.float()", "t3 = torch.nn.functional.smooth_l1_loss(t2, t1.detach())", "t2 *= 2",
    ],
    "so did products of no elements": [
        "t1 = torch.ones(2, 2, 0, dtype=torch.float64, requires_grad=True)", "t2 = torch.ones(3, 2)", "t3 = t2 @ t1",
        "t4 = t3.sum()", "t2 += 1",
    ],
    "a product of no terms was refused for its types": [
        "t1 = torch.ones(1, 3, 0, requires_grad=True)", "t2 = t1.bmm(torch.ones(1, 0, 2).double())",
    ],
    "reflection_pad1d and its kin kept only the shape of their input": [
        T, "t2 = t1 * 1", "t3 = torch.nn.functional.pad(t2, (1, 2), mode='reflect')", "t2 *= 2",
    ],
    "as_strided of an expanded tensor gave each of the coinciding elements the whole gradient": [
        V, "t2 = t1.expand(4, 3)", "t3 = t2.as_strided((2,), (1,))",
    ],
    "so did a view of an expanded leaf that was written into": [
        "t1 = torch.tensor([-0.16, 0.58], dtype=torch.float64)", "t2 = t1.expand(2, 2)",
        "t3 = t2.detach().requires_grad_()", "t4 = t3.unsqueeze(-2)", "t1.mul_(2)",
    ],
    # Views made under no_grad require a gradient if their base does, and have no edge that it could take.
    "what such a view was an operand of kept values": [
        S, "t2 = t1 * 1", "with torch.no_grad(): t3 = t2.view(1)", "t4 = t3.amax()", "t5 = torch.atan2(t3, t4)",
        "t5.addcmul_(t5, t5, value=0.1)",
    ],
    "its views led to it": [
        V, "t2 = t1 * 1", "with torch.no_grad(): t3 = t2[::2]", "t4 = t3[0:1]", "t5 = t4[0:1] + 0.25", "t6 = t5[...]",
        "t6 *= t5",
    ],
    "a sequence of these": [
        V, "t2 = t1 * 1", "with torch.no_grad(): t3 = t2[...]", "t4 = torch.hstack([t3, t3])", "t5 = t4.sin()",
        "t4 *= 2",
    ],
    "unbind of one": [V, "t2 = t1 * 1", "with torch.no_grad(): t3 = t2[...]", "t4, *rest = t3.unbind(0)"],
    "a view of a leaf that required a gradient only later, too": [
        "t1 = torch.ones(3)", "t2 = t1[1:]", "t1.requires_grad_()", "t3 = t2 * t2", "t2.detach().mul_(2)",
    ],
    # Views, and histories that are out of date.
    "repeat_interleave of one that is out of date was refused for its shape": [
        V, "t2 = t1 * 1", "t3, *rest = t2.unbind(-1)", "t4 = t3.movedim(0, 0)", "t2.fill_(0.5)",
        "t5 = t4.repeat_interleave(2, 0)",
    ],
    "select of one, for its index": [
        V, "t2 = t1 * 1", "with torch.no_grad(): t3 = t2[3:]", "t2.mul_(2)", "t4 = t3.select(0, 0)",
    ],
    "a view whose base got its history by a write into the view was written into again": [
        V, "t2 = torch.ones(2, 3, dtype=torch.float64)", "t3 = t2.select(0, 0)", "t3.add_(t1)", "t3.relu_()",
    ],
    "mT of no dimensions was a view": [S, "t2 = t1 * 1", "t3 = t2.mT"],
    "a slice that is the whole by way of a negative bound had no node": [M, "t2 = t1 * 1", "t3 = t2[:, -3:]"],
    "a slice that begins behind the end had no node": [
        "t1 = torch.ones(3, 0, dtype=torch.float64, requires_grad=True)", "t2 = t1[0][None]", "t3 = t2[:, 1:]",
    ],
    "an in-place view under no_grad kept the node of a view": [
        "t1 = torch.ones(3, 1, 2, requires_grad=True)", "t2 = t1.squeeze(-1)",
        "with torch.no_grad(): t2.transpose_(0, -1)",
    ],
    "a write whose source is out of date wrote before it failed": [
        V, "t2 = t1 * 1", "t3, *rest = t2.unbind(0)", "t4 = t2[1:]", "t2 *= 2", "t4[-1] = t3",
    ],
    "a slice of a view that is out of date was refused for its shape": [
        V, "t2 = t1[:1] * 1", "t3, *rest = t2.unbind(-1)", "t2.floor_()", "t4 = t3[:-1]",
    ],
    "an index into one, for its range": [
        V, "t2 = t1 * 1", "t3, *rest = t2.chunk(2, -1)", "t2.square_()", "t4 = t3[torch.tensor([5])]",
    ],
    "a view made before its base had a history was written into": [
        "t1 = torch.ones(3)", "t2 = t1[1:]", "t1.add_(torch.ones((), requires_grad=True))", "t2.add_(1)",
    ],
    "retain_grad did not see that a view is out of date": [
        V, "t2 = t1 ** 3", "t3, *rest = t2.split(1, -1)", "t2.add_(1)", "t3.retain_grad()",
    ],
    "nor did register_hook": [
        V, "t2 = t1 ** 3", "t3, *rest = t2.split(1, -1)", "t2.add_(1)", "t3.register_hook(lambda g: g)",
    ],
    "topk of no dimensions shared memory": [S, "t2 = t1 * 1", "t3 = t2.topk(1, 0).values", "t3 -= -1"],
    # Writes.
    "an operand that overlaps self was read": [V, "t2 = t1 * 1", "t3, *rest = t2.split(1, 0)", "t2 += t3"],
    "also one that is self in another shape": [M, "t2 = t1 * 1", "t3 = t2[None]", "t3.sub_(t2)"],
    "a number was written into an expanded tensor": [WIDE, "t1[...] = 1.5"],
    "a tensor of no dimensions, too": [WIDE, "t1.fill_(torch.tensor(1.5))"],
    "index_put_ into one was refused": [WIDE, "t1[torch.tensor([0])] = 1.5"],
    "index_fill_ into one was refused": [WIDE, "t1.index_fill_(0, torch.tensor([0]), 1.5)"],
    "masked_fill_ of one was refused": [WIDE, "t1.masked_fill_(t1 > 0.3, 1.5)"],
    "an expanded tensor could not be copied into itself": [WIDE, "t1.copy_(t1)"],
    "x[...] = number of no dimensions was a fill": [S, "t2 = t1 * 1", "t2[...] = 1.5"],
    "x[1:] = number of no elements was a write into all of x": [EMPTY, "t2 = t1 * 1", "t2[1:] = 0.125"],
    "a value of one element under a mask had to be of x's type": [
        M, "t2 = t1 * 1", "t2[t2 > 0.3] = torch.tensor([[0.5]])",
    ],
    "it may lie under the mask": [V, "t2 = t1 * 1", "t2[t2 > 0.3] = t2[:1]"],
    "values of two dimensions under a mask raised NumPy's error": [M, "t2 = t1 * 1", "t2[t2 > 0.3] = t1 * 2"],
    "values of no elements passed": [S, "t2 = t1 * 1", "t2[t2 > 0.3] = torch.ones(2, 0).double()"],
    "x[mask] = x of no elements passed": [EMPTY, "t2 = t1 * 1", "t2[t2 > 0.3] = t2"],
    # Errors.
    "unflatten of no dimensions": [S, "t2 = t1.unflatten(-1, (-1, 1))"],
    "index_select of several elements of no dimensions": [S, "t2 = t1.index_select(0, torch.tensor([0, 0]))"],
    "index_select out of range along columns": [M, "t2 = t1.index_select(1, torch.tensor([5]))"],
    "index_select along a dimension of size 0": [
        "t1 = torch.ones(0, 3)", "t2 = t1.index_select(0, torch.tensor([1]))",
    ],
    "indexing a dimension of size 0 whose result is empty": [
        "t1 = torch.ones(0, 0)", "t2 = t1[torch.tensor([0, 0])]",
    ],
    "index_fill_ of no elements": [EMPTY, "t2 = t1 * 1", "t2.index_fill_(0, torch.tensor([0]), 0.5)"],
    "repeat_interleave of no dimensions": [S, "t2 = t1.repeat_interleave(2, -1)"],
    "take_along_dim of what cannot be viewed flat": [M, "t2 = torch.take_along_dim(t1.mT, torch.tensor([0, 1]))"],
    "cummax of no elements does not look at dim": [EMPTY, "t2 = torch.cummax(t1, 1).values"],
    "roll of no elements does not look at dims": ["t1 = torch.ones(4, 2, 0)", "t2 = t1.roll(1, 3)"],
    "binary_cross_entropy_with_logits of integers": [
        V, "t2 = torch.nn.functional.binary_cross_entropy_with_logits(t1, torch.ones(3, dtype=torch.int64))",
    ],
    # Other facts.
    "rms_norm copies what does not lie in order": [T, "t2 = torch.nn.functional.rms_norm(t1.mT, (3,))"],
    "padding by nothing, and by less, keeps the order in memory": [
        T, "t2 = torch.nn.functional.pad(t1.mT, (0, -1))", "t3 = torch.nn.functional.pad(t1.mT, (0, 0))",
    ],
    "select_scatter keeps gaps along dimensions of length 1": [
        T, "t2 = t1[:, :1, None]", "t3 = torch.select_scatter(t2, t2.select(0, 0) * 2, 0, 0)",
    ],
    "vector @ matrix is squeezed in place": [M, "t2 = torch.ones(2, dtype=torch.float64)", "t3 = t2 @ t1"],
    "matrix @ stack of no elements was folded": [
        "t1 = torch.ones(2, 2, 0, dtype=torch.float64, requires_grad=True)", "t2 = torch.ones(3, 2).double() @ t1",
    ],
    "a product of no elements does not compare types": [
        "t1 = torch.ones(1, 2, 3, 0, dtype=torch.float64)", "t2 = torch.ones(3, 3) @ t1",
    ],
    "linear adds the bias in place": [
        T, "t2 = torch.nn.functional.linear(t1.mT, torch.ones(2, 3).double(), torch.ones(2).double())",
    ],
    "diff of no elements is the tensor itself": [EMPTY, "t2 = t1 + 1", "t3 = torch.diff(t2, dim=0)"],
    "diff of order 0 copies": [V, "t2 = torch.diff(t1, n=0)"],
    "an expanded operand was converted in another order": [M, "t2 = t1.expand(2, 2, 3) + 0.5j"],
}  # fmt: skip


@pytest.mark.parametrize("program", FOUND.values(), ids=FOUND.keys())
def test_it_runs_the_same_now(program: list[str]) -> None:
    assert check(real, ours, program) is None


# Results whose dimensions lie in memory in another order than those of x: found as strides that differ.
LAID_OUT = (
    "x.sum(0)", "x.sum(-1, keepdim=True)", "x.mean(0)", "x.nansum(-1)", "x.prod(1)", "x.amax(0)", "x.max(0).values",
    "x.min(0).indices", "x.var(0)", "x.std(-1)", "x.norm(dim=0)", "x.logsumexp(0)", "x.any(0)", "x.count_nonzero(0)",
    "x.median(0).values", "x.kthvalue(1, 0).indices", "x.topk(1, 0).values", "x.softmax(-1)", "x.log_softmax(0)",
    "x.cumsum(0)", "x.cumprod(-1)", "torch.cummax(x, 0).indices", "x.sort(0).values", "x.argsort(0)", "x.flip(0)",
    "torch.tril(x)", "x[torch.tensor([0, 1])]", "x[..., torch.tensor([0, 1])]",
    "x[:, torch.tensor([[0, 1], [1, 0]]).mT]",
    "x.take(torch.tensor([[0, 1], [1, 0]]).mT)", "torch.complex(x, x)", "torch.cdist(x, x)", "x.renorm(2, 0, 1.0)",
    "torch.nn.functional.layer_norm(x, x.shape[-1:])", "torch.nn.functional.logsigmoid(x)",
    "x.select_scatter(x.select(0, 0), 0, 1)",
    "x.index_fill(0, torch.tensor([0, 1]), 2.0)",
)  # fmt: skip


@pytest.mark.parametrize("x", ["x.permute(2, 1, 0)", "x.permute(1, 2, 0)", "x[:, ::2].permute(2, 0, 1)", "x.mT"])
@pytest.mark.parametrize("call", LAID_OUT)
def test_the_order_of_dimensions_in_memory_is_the_same(call: str, x: str) -> None:
    def strides(lib: object) -> list[int]:
        values = [[[(5.0 * i + 3 * j + 7 * k) % 11 for k in range(4)] for j in range(3)] for i in range(2)]
        given = eval(x, {"x": lib.tensor(values, dtype=lib.float64)})  # type: ignore[attr-defined]
        y = eval(call, {"x": given, "torch": lib})
        return [s for s, n in zip(y.stride(), y.shape, strict=True) if n > 1]

    assert strides(ours) == strides(real)
