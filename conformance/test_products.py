"""Products of vectors and matrices in both libraries: values, types, broadcasting, `out=`, errors.

x is a matrix of 0.0 to 5.0, i the same in int64; `empty` has no rows, `holes` a NaN in the middle; u8, c and b are vectors
of uint8, complex64 and bool; h is x in float16.
"""

from __future__ import annotations

from typing import Any

import pytest

from .expressions import check, lines


def operands(torch: Any) -> dict[str, Any]:
    """The names that the expressions use."""
    x = torch.arange(6.0).reshape(2, 3)
    return {
        "x": x,
        "i": torch.arange(6).reshape(2, 3),
        "empty": torch.zeros(0, 3),
        "holes": torch.tensor([1.0, float("nan"), 3.0]),
        "u8": torch.tensor([1, 0, 250], dtype=torch.uint8),
        "c": torch.tensor([1 + 2j, 3 - 1j]),
        "b": torch.tensor([True, False]),
        "h": x.half(),
    }


MATRIX = lines("""
torch.mm(x, x.T, out=torch.empty(2, 2, dtype=torch.float64))
torch.dot(x[0], x[0], out=torch.empty((), dtype=torch.float64))
torch.matmul(x, x.T, out=torch.empty(2, 2, dtype=torch.float64))
torch.mm(x, x)
torch.mm(x[0], x)
torch.mm(x, x[0])
torch.mm(x, x.T.double())
torch.mm(x.long(), x.T.long())
torch.mm(b[None], b[:, None])
torch.mm(x, 3)
torch.mm(x.half(), x.T.half())
torch.mv(x, x)
torch.mv(x, x[:, 0])
torch.mv(x[0], x[0])
torch.mv(x, x[0].double())
torch.dot(x[0], x[0, :2])
torch.dot(x, x)
torch.dot(x[0], x[0].double())
torch.dot(b, b)
torch.dot(i[0], i[0])
torch.vdot(x[0], x[0].double())
torch.vdot(x[0], x[0, :2])
torch.vdot(x, x)
torch.vdot(c, c)
torch.dot(c, c)
torch.bmm(x, x)
torch.bmm(x[None], x[None])
torch.bmm(x[None], x[None].repeat(2, 1, 1).mT)
torch.bmm(x[None], x.T[None].double())
torch.bmm(x[None], x)
torch.matmul(x, x)
torch.matmul(x[None], x[None])
torch.matmul(x, x[:, 0])
torch.matmul(x[:, 0], x.T)
torch.matmul(x[0], x[0, :2])
torch.matmul(x, x.T.double())
torch.matmul(x[0], x[0].double())
torch.matmul(x[None], x.T.double())
torch.matmul(x[None], x.T[None].double())
torch.matmul(torch.tensor(1.), x)
torch.matmul(x, torch.tensor(1.))
torch.matmul(torch.ones(2, 3, 4), torch.ones(3, 4, 5))
torch.matmul(torch.ones(2, 2, 3, 4), torch.ones(3, 4, 5))
torch.matmul(torch.ones(2, 3, 4), torch.ones(5, 5))
torch.matmul(torch.ones(2, 3, 4), torch.ones(5))
torch.matmul(torch.ones(2, 3), torch.ones(5, 4, 2))
torch.matmul(torch.ones(2), torch.ones(5, 4, 2))
x @ 3
3 @ x
x @ [1, 2, 3]
x.numpy() @ x.T
x @ x.T.numpy()
torch.matmul(x, [1])
torch.trace(x[0])
torch.trace(i)
torch.trace(u8[None])
torch.bmm(x[None], x.T[None], out=torch.empty(0, dtype=torch.float64))
torch.mv(x, x[0], out=torch.empty(0, dtype=torch.float64))
torch.vdot(x[0], x[0], out=torch.empty(0, dtype=torch.float64))
torch.dot(x[0], x[0], out=torch.empty(0, dtype=torch.float64))
""")

SUMSOF = lines("""
torch.addmm(x, x, x)
torch.addmm(x, x, x.T)
torch.addmm(torch.ones(2), x, x.T)
torch.addmm(torch.ones(3), x, x.T)
torch.addmm(torch.ones(1, 1), x, x.T)
torch.addmm(torch.ones(2, 1), x, x.T)
torch.addmm(torch.ones(()), x, x.T)
torch.addmm(torch.ones(2).double(), x, x.T)
torch.addmm(torch.ones(2), x, x.T.double())
torch.addmm(torch.ones(2), x[0], x.T)
torch.addmm(torch.ones(2), x, x[0])
torch.addmm(i[:, :2], i, i.T)
torch.addmm(i[:, :2], i, i.T, alpha=1.5)
torch.addmm(i[:, :2], i, i.T, alpha=2, beta=3)
torch.addmm(torch.full((2, ), nan), x, x.T, beta=0)
torch.addmm(x[:, :2], x, x.T, beta=True)
torch.addmm(x[:, :2], 2, x, x.T)
torch.addmm(mat1=x, mat2=x.T, input=x[:, :2])
torch.addmv(x[:, 0], x, x[0])
torch.addmv(x[0], x, x[0])
torch.addmv(x[:1, 0], x, x[0])
torch.addmv(torch.tensor(1.), x, x[0])
torch.addmv(x[:, 0], x, x[:, 0])
torch.addmv(x[:, 0], x[0], x[0])
torch.addmv(x[:, 0].double(), x, x[0])
torch.addmv(x[:, 0], x, x[0].double())
torch.addbmm(x[:, :2], x[None], x.T[None])
torch.addbmm(x, x[None], x.T[None])
torch.addbmm(x[:, :2], x[None], x[None])
torch.addbmm(x[:, :2], x[None], x.T[None].repeat(2, 1, 1))
torch.baddbmm(x[:, :2], x[None], x.T[None])
torch.baddbmm(x, x[None], x.T[None])
torch.baddbmm(x[:, :2].double(), x[None], x.T[None])
torch.baddbmm(x[:, :2], x[None], x[None])
torch.addr(x, x[:, 0], x[0])
torch.addr(x, x[0], x[0])
torch.addr(x, x, x[0])
torch.addr(x.double(), x[:, 0], x[0])
torch.addr(i, i[:, 0], i[0], alpha=1.5)
torch.addmm(x[:, :2], x, x.T, out=torch.empty(0, dtype=torch.float64))
torch.baddbmm(x[:, :2], x[None], x.T[None], out=torch.empty(0, dtype=torch.float64))
torch.addmv(x[:, 0], x, x[0], out=torch.empty(0, dtype=torch.float64))
torch.addr(x, x[:, 0], x[0], out=torch.empty(0, dtype=torch.float64))
""")

OUTER = lines("""
torch.outer(x, x)
torch.outer(x[0], x)
torch.outer(i[0], x[0])
torch.ger(x, x[0])
torch.inner(x, x.T)
torch.inner(x, x.double())
torch.inner(i, i)
torch.tensordot(x, x, 1)
torch.tensordot(x, x, 3)
torch.tensordot(x, x, -1)
torch.tensordot(x, x, ([0], [1]))
torch.tensordot(x, x, ([0, 1], [1]))
torch.tensordot(x, x, ([0, 0], [0, 0]))
torch.tensordot(x, x.double(), 2)
torch.tensordot(x, x, torch.tensor([[0, 1], [0, 1]]))
torch.tensordot(x, x, torch.tensor(1))
torch.kron(x, i)
torch.kron(torch.tensor(2.), x)
torch.outer(x[0], x[0], out=torch.empty(0, dtype=torch.float64))
torch.inner(x, x, out=torch.empty(0, dtype=torch.float64))
torch.tensordot(x, x, out=torch.empty(0, dtype=torch.float64))
torch.kron(x, x, out=torch.empty(0, dtype=torch.float64))
""")

EINSTEIN = lines("""
torch.einsum("ij, jk", x)
torch.einsum("ij", x, x)
torch.einsum("ij, jk->ik", x, x)
torch.einsum("ijk", x)
torch.einsum("i", x)
torch.einsum("ij->ijk", x)
torch.einsum("ij->k", x)
torch.einsum("i.j", x)
torch.einsum("i..j", x)
torch.einsum("...i...", x)
torch.einsum("i1", x)
torch.einsum("i j , j k -> i k", x, x.T)
torch.einsum("ij, jk->ik->", x, x.T)
torch.einsum("ij->i...", x)
torch.einsum("", torch.tensor(2.))
torch.einsum(", ->", torch.tensor(2.), torch.tensor(3.))
torch.einsum("Ab, bC", x, x.T)
torch.einsum("ba, cb", x, x.T)
torch.einsum("..., ...", x, x)
torch.einsum("i..., i...", x, x)
torch.einsum("ij, jk->ik", x, x.T.double())
torch.einsum("ij, ij->ij", x, x.double())
torch.einsum("ij, jk->ik", i, i.T)
torch.einsum("ij, jk->ik", [x, x.T])
torch.einsum(x, [0, 1], x.T, [1, 2])
torch.einsum(x, [0, 1], x.T, [1, 2], [0, 2])
torch.einsum(x, [..., 1], x.T, [1, 2], [..., 2])
torch.einsum(x, [0, 60])
torch.einsum(x, [0, 1, 2])
torch.einsum(x)
torch.einsum()
torch.einsum("ij")
torch.einsum("ij, jk", x, 3)
torch.einsum("ij, jk->iik", x, x.T)
torch.einsum("ij, kj->ik", torch.ones(1, 3), torch.ones(2, 1))
""")

LINALG = lines("""
torch.chain_matmul(x, x)
torch.chain_matmul(x, x[0])
torch.chain_matmul()
torch.linalg.multi_dot([x])
torch.linalg.multi_dot([x, x])
torch.linalg.multi_dot([x, x[0], x])
torch.linalg.multi_dot([x, x.T.double()])
torch.cross(x, x)
torch.linalg.cross(x, x.T)
torch.cross(x[:, :2], x[:, :2])
torch.linalg.cross(x, x, dim=0)
torch.cross(x, x[:1])
torch.linalg.cross(x, x[:1])
torch.linalg.vecdot(x, x[:1])
torch.linalg.vecdot(x, i)
torch.linalg.vecdot(c, c)
torch.linalg.cross(x, x, out=torch.empty(0, dtype=torch.float64))
torch.linalg.vecdot(x, x, out=torch.empty(0, dtype=torch.float64))
torch.linalg.multi_dot([x, x.T], out=torch.empty(0, dtype=torch.float64))
torch.linalg.norm(x, out=torch.empty(0, dtype=torch.float64))
torch.linalg.matrix_norm(x, 1, out=torch.empty(0, dtype=torch.float64))
torch.linalg.norm(torch.zeros(2, 0), 2)
torch.linalg.norm(torch.zeros(2, 0), "nuc")
torch.linalg.norm(torch.zeros(2, 0), 1)
torch.linalg.norm(torch.zeros(2, 0), inf)
torch.linalg.norm(torch.zeros(0, 2), inf)
torch.linalg.norm(torch.zeros(0, 2), 1)
torch.linalg.norm(torch.zeros(0, 2), -1)
torch.linalg.norm(torch.zeros(0), 3)
torch.linalg.norm(torch.zeros(0), -3)
torch.linalg.matrix_norm(torch.zeros(1, 0, 1), 1)
torch.linalg.matrix_norm(torch.zeros(1, 0, 1), 2)
torch.linalg.matrix_norm(torch.zeros(1, 0, 1), 2, keepdim=True)
torch.linalg.matrix_norm(torch.zeros(1, 0, 1), inf)
""")


@pytest.mark.parametrize("expression", MATRIX)
def test_matrix_products_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", SUMSOF)
def test_sums_of_products_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", OUTER)
def test_outer_products_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", EINSTEIN)
def test_einsums_agree_with_torch(expression: str) -> None:
    check(expression, operands)


@pytest.mark.parametrize("expression", LINALG)
def test_linear_algebra_agree_with_torch(expression: str) -> None:
    check(expression, operands)
