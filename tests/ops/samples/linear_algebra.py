"""Samples of outer_products.py, einstein.py and linear_algebra.py."""

from math import inf

from . import Sample, normal

x, m, v, w = normal(3, 4), normal(4, 5, seed=1), normal(4, seed=2), normal(3, seed=3)
b, c = normal(2, 3, 4, seed=4), normal(2, 4, 5, seed=5)

SAMPLES = [
    Sample("inner", lambda torch, a, b: torch.inner(a, b), (v, normal(4, seed=8))),
    Sample("inner: matrices", lambda torch, a, b: a.inner(b), (x, normal(5, 4))),
    Sample("inner: number", lambda torch, a, b: torch.inner(a, b), (normal(), x)),
    Sample("tensordot", lambda torch, a, b: torch.tensordot(a, b, 1), (x, m)),
    Sample("tensordot: all", lambda torch, a, b: torch.tensordot(a, b, 2), (x, normal(3, 4, seed=9))),
    Sample("tensordot: none", lambda torch, a, b: torch.tensordot(a, b, 0), (w, v)),
    Sample("tensordot: lists", lambda torch, a, b: torch.tensordot(a, b, ([0, 2], [0, 1])), (b, c)),
    Sample("kron", lambda torch, a, b: torch.kron(a, b), (x, m)),
    Sample("kron: dimensions", lambda torch, a, b: a.kron(b), (w, m)),
    Sample("cross", lambda torch, a, b: torch.cross(a, b, dim=1), (normal(2, 3), normal(2, 3, seed=1))),
    Sample("cross: broadcast", lambda torch, a, b: torch.linalg.cross(a, b), (normal(2, 3), normal(1, 3, seed=1))),
    Sample("vecdot", lambda torch, a, b: torch.linalg.vecdot(a, b), (x, v)),
    Sample("multi_dot", lambda torch, a, b, c: torch.linalg.multi_dot([a, b, c]), (x, m, normal(5, 2))),
    Sample("multi_dot: vectors", lambda torch, a, b, c: torch.linalg.multi_dot([a, b, c]), (w, x, v)),
    Sample("multi_dot: four", lambda torch, a, b: torch.linalg.multi_dot([a, b, b.mT, a.mT]), (x, m)),
    Sample("linalg.norm", lambda torch, a: (torch.linalg.norm(a), torch.linalg.norm(a, "fro", (0, 1))), (x,)),
    Sample("linalg.norm: 3", lambda torch, a: (torch.linalg.norm(a, 3), torch.linalg.norm(a, dim=0)), (v,)),
    Sample("matrix_norm", lambda torch, a: (torch.linalg.matrix_norm(a), torch.linalg.matrix_norm(a, 1) ** 2), (b,)),
    Sample("matrix_norm: rows", lambda torch, a: torch.linalg.matrix_norm(a, -inf, (2, 0), True) ** 2, (b,)),
    Sample("matrix_norm: nuclear", lambda torch, a: (torch.linalg.matrix_norm(a, "nuc"), a.norm("nuc", (1, 2))), (b,)),
    Sample("matrix_norm: 2", lambda torch, a: torch.linalg.matrix_norm(a, 2), (b,)),
    Sample("matrix_norm: -2", lambda torch, a: torch.linalg.matrix_norm(a, -2, (0, 2), True), (b,)),
    Sample("einsum", lambda torch, a, b: torch.einsum("ij,jk->ik", a, b), (x, m)),
    Sample("einsum: implicit", lambda torch, a, b: torch.einsum("ij,jk", a, b), (x, m)),
    Sample("einsum: trace", lambda torch, a: torch.einsum("ii", a), (normal(3, 3),)),
    Sample("einsum: diagonal", lambda torch, a: torch.einsum("ii->i", a), (normal(3, 3),)),
    Sample("einsum: transpose", lambda torch, a: torch.einsum("ij->ji", a), (x,)),
    Sample("einsum: sums", lambda torch, a: (torch.einsum("ij->j", a), torch.einsum("ij->", a)), (x,)),
    Sample("einsum: outer", lambda torch, a, b: torch.einsum("i,j->ij", a, b), (v, w)),
    Sample("einsum: dot", lambda torch, a, b: torch.einsum("i,i->", a, b), (v, normal(4, seed=8))),
    Sample("einsum: batches", lambda torch, a, b: torch.einsum("bij,bjk->bik", a, b), (b, c)),
    Sample("einsum: ellipsis", lambda torch, a, b: torch.einsum("...ij,jk->...ik", a, b), (b, m)),
    Sample("einsum: ellipses", lambda torch, a, b: torch.einsum("...ij,...jk", a, b), (normal(5, 1, 3, 4), c)),
    Sample("einsum: three", lambda torch, a, b, c: torch.einsum("bn,anm,bm->ba", a, b, c),
           (x, normal(2, 4, 5), normal(3, 5))),
    Sample("einsum: elementwise", lambda torch, a, b: torch.einsum("ij,ij->ij", a, b), (x, normal(3, 4, seed=9))),
    Sample("einsum: matrix, vector", lambda torch, a, b: torch.einsum("ij,j->i", a, b), (x, v)),
    Sample("einsum: summed alone", lambda torch, a, b: torch.einsum("ij,k->k", a, b), (x, w)),
    Sample("einsum: repeated", lambda torch, a, b: torch.einsum("iij,jk->ki", a, b), (normal(3, 3, 4), m)),
    Sample("einsum: broadcast", lambda torch, a, b: torch.einsum("ij,kj->ik", a, b), (normal(1, 3), normal(2, 1))),
    Sample("einsum: sublists", lambda torch, a, b: torch.einsum(a, [0, 1], b, [1, 2], [0, 2]), (x, m)),
    Sample("einsum: sublist ellipsis", lambda torch, a, b: torch.einsum(a, [..., 1], b, [1, 2], [..., 2]), (b, m)),
    Sample("einsum: capital letters", lambda torch, a, b: torch.einsum("Ab,bC", a, b), (x, m)),
    Sample("einsum: 0-d", lambda torch, a, b: torch.einsum(",i->i", a, b), (normal(), v)),
]  # fmt: skip
