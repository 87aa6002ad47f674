"""Products of vectors and matrices: what cannot be said as a sample."""

from __future__ import annotations

import numpy as np
import pytest

import tapegrad as torch

A, B = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)


def leaf(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(0).standard_normal(shape)).requires_grad_()


def nodes(t: torch.Tensor) -> str:
    """The graph behind a tensor as an expression."""

    def text(function: object) -> str:
        if function is None or "AccumulateGrad" in function.name():  # type: ignore[attr-defined]
            return "x" if function else "None"
        inner = ", ".join(text(f) for f, _ in function.next_functions)  # type: ignore[attr-defined]
        return f"{function.name().removesuffix('Backward0')}({inner})"  # type: ignore[attr-defined]

    return text(t.grad_fn)


# -- the graph ---------------------------------------------------------------------------------------------------------


def test_matmul_is_the_product_that_the_dimensions_ask_for() -> None:
    assert nodes(leaf(2, 3) @ leaf(3, 4)) == "Mm(x, x)"
    assert nodes(leaf(2, 3) @ leaf(3)) == "Mv(x, x)"
    assert nodes(leaf(3) @ leaf(3)) == "Dot(x, x)"
    assert nodes(leaf(2, 3, 4) @ leaf(2, 4, 5)) == "UnsafeView(Bmm(View(Expand(x)), View(Expand(x))))"


def test_matmul_makes_one_tall_matrix_where_the_other_is_not_stacked() -> None:
    assert nodes(leaf(2, 3, 4) @ leaf(4, 5)) == "UnsafeView(Mm(View(x), x))"
    assert nodes(leaf(2, 3, 4) @ leaf(4)) == "UnsafeView(Mv(View(x), x))"


def test_a_constant_operand_has_no_edge() -> None:
    assert nodes(A.double() @ leaf(3, 4)) == "Mm(None, x)"


def test_a_product_keeps_only_what_the_wanted_gradient_reads() -> None:
    node = (leaf(2, 3) @ B.double()).grad_fn
    assert node is not None
    kept = [s for s in node.saved if s is not None]
    assert len(kept) == 1 and tuple(kept[0].shape) == (3, 4)


# -- types -------------------------------------------------------------------------------------------------------------


def test_float16_products_are_accumulated_in_float32() -> None:
    ones = torch.ones(4096, dtype=torch.float16)
    assert (ones @ ones).item() == 4096
    assert (ones.reshape(1, -1) @ ones.reshape(-1, 1)).item() == 4096


def test_integer_products_wrap_around() -> None:
    x = torch.tensor([100, 100], dtype=torch.int8)
    assert (x @ x).item() == np.int8(20000 % 256 - 256 if 20000 % 256 > 127 else 20000 % 256)


def test_other_operands_than_tensors_are_left_to_python() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        A @ 3  # type: ignore[operator]
    with pytest.raises(TypeError, match="unsupported operand"):
        3 @ A  # type: ignore[operator]


# -- writing -----------------------------------------------------------------------------------------------------------


def test_products_are_written_into_out() -> None:
    out = torch.empty(0)
    assert torch.mm(A, B, out=out) is out
    assert out.tolist() == (A @ B).tolist()
    with pytest.raises(RuntimeError, match="Expected out tensor to have dtype float, but got double instead"):
        torch.matmul(A, B, out=torch.empty(0, dtype=torch.float64))


@pytest.mark.parametrize("beta", [1, 0, 2.5])
@pytest.mark.parametrize("alpha", [1, -0.5])
def test_a_sum_of_products_can_be_written_in_place(beta: float, alpha: float) -> None:
    c, a, b = leaf(2, 4), leaf(2, 3), leaf(3, 4)
    there = c * 1
    assert there.addmm_(a, b, beta=beta, alpha=alpha) is there
    elsewhere = torch.addmm(c, a, b, beta=beta, alpha=alpha)
    assert there.tolist() == elsewhere.tolist()
    for mine, theirs in zip(
        torch.autograd.grad(there.sum(), [c, a, b]), torch.autograd.grad(elsewhere.sum(), [c, a, b]), strict=True
    ):
        assert mine.tolist() == theirs.tolist()


def test_a_sum_of_products_does_not_grow_in_place() -> None:
    with pytest.raises(
        RuntimeError, match=r"Bad in-place call: input tensor size \[4\] and output tensor size \[2, 4\]"
    ):
        torch.ones(4).addmm_(A, B)


def test_what_counts_nothing_is_not_looked_at() -> None:
    nan = torch.full((2, 4), float("nan"))
    assert torch.addmm(nan, A, B, beta=0).tolist() == (A @ B).tolist()


# -- errors ------------------------------------------------------------------------------------------------------------


def test_shapes_that_do_not_fit_are_told_with_a_way_out() -> None:
    with pytest.raises(RuntimeError, match=r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\)") as caught:
        A @ A
    assert "a @ b.T" in str(caught.value)


def test_types_that_differ_are_told() -> None:
    with pytest.raises(RuntimeError, match="expected m1 and m2 to have the same dtype, but got: float != double"):
        A @ B.double()
    with pytest.raises(
        RuntimeError, match="dot : expected both vectors to have same dtype, but found Float and Double"
    ):
        A[0] @ A[0].double()


def test_vectors_of_other_lengths_are_told() -> None:
    with pytest.raises(RuntimeError, match=r"inconsistent tensor size, expected tensor \[3\] and src \[2\]"):
        torch.dot(A[0], A[:, 0])


def test_numbers_cannot_be_multiplied_as_matrices() -> None:
    with pytest.raises(RuntimeError, match="both arguments to matmul need to be at least 1D, but they are 0D and 2D"):
        torch.tensor(1.0) @ A


# -- Einstein's notation -----------------------------------------------------------------------------------------------


def test_an_equation_may_have_spaces_and_a_list_of_operands() -> None:
    assert torch.einsum(" i j , j k -> i k ", [A, B]).tolist() == (A @ B).tolist()


def test_without_an_arrow_the_output_is_in_alphabetical_order() -> None:
    assert torch.einsum("ba", A).tolist() == A.T.tolist()
    assert torch.einsum("aB", A).tolist() == A.T.tolist()


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("ij,jk", "fewer operands were provided than specified in the equation"),
        ("ijk", r"the number of subscripts in the equation \(3\) does not match the number of dimensions \(2\)"),
        ("ij->k", "output subscript k does not appear in the equation for any input operand"),
        ("ij->ii", "output subscript i appears more than once in the output"),
        ("i.j", "found '.' for operand 0 that is not part of any ellipsis"),
        ("i1", "invalid subscript given at index 1 in the equation string"),
        ("ii", "subscript i is repeated for operand 0 but the sizes don't match, 3 != 2"),
    ],
)
def test_an_equation_that_makes_no_sense_is_refused(equation: str, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        torch.einsum(equation, A)


def test_the_older_name_of_multi_dot_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tapegrad.once._told", set())
    with pytest.warns(UserWarning, match="torch.chain_matmul is deprecated"):
        product = torch.chain_matmul(A, B)
    assert product.tolist() == (A @ B).tolist()
    assert torch.chain_matmul(A, B, B.T).tolist() == torch.linalg.multi_dot([A, B, B.T]).tolist()
