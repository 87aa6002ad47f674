"""Samples of products.py, matrix_products.py and sums_of_products.py."""

from . import Sample, normal

x, m, v, w = normal(3, 4), normal(4, 5, seed=1), normal(4, seed=2), normal(3, seed=3)
b, c = normal(2, 3, 4, seed=4), normal(2, 4, 5, seed=5)
s35, s235 = normal(3, 5, seed=6), normal(2, 3, 5, seed=7)

SAMPLES = [
    Sample("mm", lambda torch, a, b: torch.mm(a, b), (x, m)),
    Sample("mm: method", lambda torch, a, b: a.mm(b), (x, m)),
    Sample("mm: empty", lambda torch, a, b: a.mm(b), (normal(3, 0), normal(0, 4))),
    Sample("mm: transposed", lambda torch, a, b: a.t().mm(b.t()), (x, normal(5, 3))),
    Sample("mv", lambda torch, a, b: (torch.mv(a, b), a.mv(b)), (x, v)),
    Sample("dot", lambda torch, a, b: (torch.dot(a, b), a.dot(b)), (v, normal(4, seed=8))),
    Sample("dot: with itself", lambda torch, a: a.dot(a), (v,)),
    Sample("dot: empty", lambda torch, a, b: a.dot(b), (normal(0), normal(0))),
    Sample("vdot", lambda torch, a, b: torch.vdot(a, b), (v, normal(4, seed=8))),
    Sample("bmm", lambda torch, a, b: (torch.bmm(a, b), a.bmm(b)), (b, c)),
    Sample("matmul", lambda torch, a, b: (torch.matmul(a, b), a @ b, a.matmul(b)), (x, m)),
    Sample("matmul: 1-d, 1-d", lambda torch, a, b: a @ b, (v, normal(4, seed=8))),
    Sample("matmul: 2-d, 1-d", lambda torch, a, b: a @ b, (x, v)),
    Sample("matmul: 1-d, 2-d", lambda torch, a, b: a @ b, (v, m)),
    Sample("matmul: 3-d, 1-d", lambda torch, a, b: a @ b, (b, v)),
    Sample("matmul: 3-d, 2-d", lambda torch, a, b: a @ b, (b, m)),
    Sample("matmul: 1-d, 3-d", lambda torch, a, b: a @ b, (v, c)),
    Sample("matmul: 2-d, 3-d", lambda torch, a, b: a @ b, (x, c)),
    Sample("matmul: 3-d, 3-d", lambda torch, a, b: a @ b, (b, c)),
    Sample("matmul: batches broadcast", lambda torch, a, b: a @ b, (normal(2, 1, 3, 4), normal(5, 4, 2))),
    Sample("matmul: 4-d, 2-d", lambda torch, a, b: a @ b, (normal(2, 2, 3, 4), m)),
    Sample("matmul: 4-d, 1-d", lambda torch, a, b: a @ b, (normal(2, 2, 3, 4), v)),
    Sample("matmul: 1-d, 4-d", lambda torch, a, b: a @ b, (v, normal(2, 2, 4, 3))),
    Sample("matmul: empty", lambda torch, a, b: a @ b, (normal(2, 0, 4), m)),
    Sample("matmul: constant left", lambda torch, a, b: a.detach() @ b, (x, c), smooth=False),
    Sample("matmul: constant right", lambda torch, a, b: a @ b.detach(), (b, m), smooth=False),
    Sample("matmul: constant vector left", lambda torch, a, b: a.detach() @ b, (v, c), smooth=False),
    Sample("outer", lambda torch, a, b: (torch.outer(a, b), a.outer(b), torch.ger(a, b), a.ger(b)), (v, w)),
    Sample("addmm", lambda torch, a, b, c: (torch.addmm(a, b, c), a.addmm(b, c)), (s35, x, m)),
    Sample("addmm: factors", lambda torch, a, b, c: torch.addmm(a, b, c, beta=0.5, alpha=-2), (s35, x, m)),
    Sample("addmm: broadcast", lambda torch, a, b, c: torch.addmm(a, b, c, beta=2), (normal(5), x, m)),
    Sample("addmm: beta 0", lambda torch, a, b, c: torch.addmm(a, b, c, beta=0), (s35, x, m)),
    Sample("addmm: in place", lambda torch, a, b, c: (a * 1).addmm_(b, c, beta=2, alpha=3), (s35, x, m)),
    Sample("addmv", lambda torch, a, b, c: (torch.addmv(a, b, c), a.addmv(b, c, beta=2, alpha=0.5)), (w, x, v)),
    Sample("addmv: broadcast", lambda torch, a, b, c: torch.addmv(a, b, c), (normal(), x, v)),
    Sample("addbmm", lambda torch, a, b, c: (torch.addbmm(a, b, c), a.addbmm(b, c, beta=2, alpha=3)), (s35, b, c)),
    Sample("baddbmm", lambda torch, a, b, c: (torch.baddbmm(a, b, c), a.baddbmm(b, c, beta=2, alpha=3)), (s235, b, c)),
    Sample("baddbmm: broadcast", lambda torch, a, b, c: torch.baddbmm(a, b, c), (normal(5), b, c)),
    Sample("addr", lambda torch, a, b, c: (torch.addr(a, b, c), a.addr(b, c, beta=2, alpha=3)), (normal(4, 3), v, w)),
    Sample("addr: broadcast", lambda torch, a, b, c: torch.addr(a, b, c), (normal(3), v, w)),
    Sample("trace", lambda torch, a: (torch.trace(a), a.trace()), (x,)),
]  # fmt: skip
