"""Sparse tensors: how they are made, what they print, sums and products with gradients."""

from __future__ import annotations

from typing import Any


def _matrix(torch: Any, **kwargs: Any) -> Any:
    indices = torch.tensor([[0, 1, 1, 0], [2, 0, 2, 2]])
    return torch.sparse_coo_tensor(indices, torch.tensor([3.0, 4.0, 5.0, 1.0]), (2, 3), **kwargs)


def printed(torch: Any) -> Any:
    s = _matrix(torch)
    empty = torch.sparse_coo_tensor((2, 3))
    return repr(s), repr(s.coalesce()), repr(_matrix(torch, dtype=torch.float64)), repr(empty), s.is_coalesced()


def rows_printed(torch: Any) -> Any:
    return repr(torch.eye(2).to_sparse_csr()), str(torch.eye(2).to_sparse_csr().layout)


def batches_of_rows(torch: Any) -> Any:
    starts, columns = torch.tensor([[0, 1, 3], [0, 2, 3]]), torch.tensor([[1, 0, 1], [0, 1, 1]])
    values = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    blocks = torch.sparse_csr_tensor(starts[0], columns[0], torch.ones(3, 2))
    batch = torch.sparse_csr_tensor(starts, columns, values)
    wide = torch.sparse_csr_tensor(starts, columns, values, (2, 2, 4))
    return [
        (repr(t), t.shape, t.ndim, t._nnz(), t.sparse_dim(), t.dense_dim(), t.to_dense(), t.values())
        for t in (batch, wide, blocks)
    ]


def without_values(torch: Any) -> Any:
    made = [
        torch.sparse_coo_tensor(size=(2, 3)),
        torch.sparse_coo_tensor(size=[2, 3], dtype=torch.float64),
        torch.sparse_coo_tensor((2, 3), dtype=torch.float64, requires_grad=True),
    ]
    return [(repr(t), t.shape, t.requires_grad, t.detach().to_dense()) for t in made]


def nothing_at_all(torch: Any) -> Any:
    return torch.sparse_coo_tensor()


def dense_again(torch: Any) -> Any:
    s = _matrix(torch)
    rows = torch.sparse_csr_tensor(torch.tensor([0, 1, 2]), torch.tensor([1, 0]), torch.tensor([5.0, 6.0]))
    return s.to_dense(), s.t().to_dense(), rows.to_dense(), (s * 2).to_dense(), (s + s).to_dense(), s.shape, s.dtype


def with_dense_dimensions(torch: Any) -> Any:
    s = torch.sparse_coo_tensor(torch.tensor([[0, 2]]), torch.ones(2, 3), (4, 3))
    return s.to_dense(), s.sparse_dim(), s.dense_dim(), repr(s)


def elementwise(torch: Any) -> Any:
    s, d = _matrix(torch), torch.arange(6.0).view(2, 3)
    return [x.to_dense() for x in (s * d, s * s, s / 2, -s, s**2, s.sin(), torch.cat([s, s]), s - s)], d + s


def sums(torch: Any) -> Any:
    s = _matrix(torch)
    return s.sum(), torch.sparse.sum(s), torch.sparse.sum(s, 0).to_dense(), torch.sparse.sum(s, 1).to_dense()


def products(torch: Any) -> Any:
    s, d = _matrix(torch), torch.arange(6.0).view(3, 2)
    both = (s @ s.t()).to_dense()
    return (
        torch.sparse.mm(s, d),
        s @ d,
        torch.mm(s, d),
        torch.spmm(s, d),
        d @ s,
        s @ d[:, 0],
        both,
        s.to_sparse_csr() @ d,
    )


def gradients_go_to_values(torch: Any) -> Any:
    values = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x = torch.arange(6.0).view(3, 2).requires_grad_()
    s = torch.sparse_coo_tensor(torch.tensor([[0, 1, 1], [2, 0, 2]]), values, (2, 3))
    (torch.sparse.mm(s, x) ** 2).sum().backward()
    return values.grad, x.grad


def older_constructor(torch: Any) -> Any:
    s = torch.sparse.FloatTensor(torch.tensor([[0, 1]]), torch.ones(2), torch.Size([3]))
    return repr(s), s.type(), torch.sparse.FloatTensor(2, 3).shape


def indices_of_repeated_places(torch: Any) -> Any:
    _matrix(torch).indices()


def sizes_that_do_not_fit(torch: Any) -> Any:
    torch.sparse_coo_tensor(torch.tensor([[0], [1]]), torch.ones(1), (2, 3, 4))


def counts_that_do_not_fit(torch: Any) -> Any:
    torch.sparse_coo_tensor(torch.tensor([[0, 1]]), torch.ones(3))


def adding_dense_to_sparse(torch: Any) -> Any:
    _matrix(torch) + torch.ones(2, 3)
