"""Samples of joining.py, splitting.py and grids.py."""

from . import Sample, normal

v, w = normal(3), normal(3, seed=1)
m, n = normal(2, 3, seed=2), normal(4, 3, seed=3)

SAMPLES = [
    Sample("cat", lambda torch, a, b: torch.cat([a, b]) ** 2, (m, n)),
    Sample("cat: last dimension", lambda torch, a, b: torch.cat((a, b), -1) ** 2, (m, normal(2, 1))),
    Sample("cat: around an empty vector", lambda torch, a, b: torch.cat([b, a, b]) ** 2, (m, normal(0))),
    Sample("cat: dtypes", lambda torch, a: torch.cat([a, torch.arange(2)]) ** 2, (v,)),
    Sample("concat", lambda torch, a, b: torch.concat([a, b], dim=0) ** 2, (v, w)),
    Sample("stack", lambda torch, a, b: torch.stack([a, b]) ** 2, (v, w)),
    Sample("stack: dim", lambda torch, a, b: torch.stack([a, b, a], dim=-1) ** 2, (v, w)),
    Sample("stack: 0-d", lambda torch, a, b: torch.stack([a, b]) ** 2, (normal(), normal(seed=1))),
    Sample("hstack", lambda torch, a, b: torch.hstack([a, b]) ** 2, (m, m)),
    Sample("vstack", lambda torch, a, b: torch.vstack([a, b]) ** 2, (v, n)),
    Sample("row_stack", lambda torch, a, b: torch.row_stack([a, b]) ** 2, (v, w)),
    Sample("dstack", lambda torch, a, b: torch.dstack([a, b]) ** 2, (v, w)),
    Sample("column_stack", lambda torch, a, b: torch.column_stack([a, b]) ** 2, (normal(2), m)),
    Sample("block_diag", lambda torch, a, b, c: torch.block_diag(a, b, c) ** 2, (m, v, normal())),
    Sample("meshgrid", lambda torch, a, b: [g**2 for g in torch.meshgrid(a, b, indexing="ij")], (v, normal(2))),
    Sample("meshgrid: xy", lambda torch, a, b: [g**2 for g in torch.meshgrid(a, b, indexing="xy")], (v, normal(2))),
    Sample("cartesian_prod", lambda torch, a, b: torch.cartesian_prod(a, b) ** 2, (v, w)),
    Sample("combinations", lambda torch, a: torch.combinations(a) ** 2, (v,)),
    Sample("combinations: repeated", lambda torch, a: torch.combinations(a, 2, with_replacement=True) ** 2, (v,)),
    Sample("unbind", lambda torch, a: [p**2 for p in a.unbind()], (m,)),
    Sample("unbind: one is not used", lambda torch, a: torch.unbind(a, 1)[1] ** 2, (m,)),
    Sample("unbind: iteration", lambda torch, a: sum(p * i**2 for i, p in enumerate(a)) ** 2, (m,)),
    Sample("split", lambda torch, a: [p**2 for p in a.split(2, 1)], (m,)),
    Sample("split: one is not used", lambda torch, a: torch.split(a, 1)[2] ** 2, (n,)),
    Sample("split: sections", lambda torch, a: [p**2 for p in a.split([1, 3])], (n,)),
    Sample("split_with_sizes", lambda torch, a: [p**2 for p in torch.split_with_sizes(a, (2, 0, 1), 1)], (m,)),
    Sample("chunk", lambda torch, a: [p**2 for p in a.chunk(3)], (n,)),
    Sample("tensor_split", lambda torch, a: [p**2 for p in a.tensor_split(3)], (n,)),
    Sample("tensor_split: indices", lambda torch, a: [p**2 for p in torch.tensor_split(a, (1, 2), 1)], (m,)),
    Sample("hsplit", lambda torch, a: [p**2 for p in torch.hsplit(a, 3)], (m,)),
    Sample("vsplit", lambda torch, a: [p**2 for p in a.vsplit((1,))], (n,)),
    Sample("dsplit", lambda torch, a: [p**2 for p in a.dsplit(2)], (normal(2, 1, 4),)),
    Sample("unsafe_split", lambda torch, a: [p**2 for p in torch.unsafe_split(a, 2)], (n,)),
    Sample("unsafe_chunk", lambda torch, a: [p**2 for p in torch.unsafe_chunk(a, 2)], (n,)),
    Sample("split_copy", lambda torch, a: [p**2 for p in torch.split_copy(a, 2)], (n,)),
    Sample("unbind_copy", lambda torch, a: [p**2 for p in torch.unbind_copy(a)], (m,)),
]
