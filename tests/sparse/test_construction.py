"""How sparse tensors can be made: batches, values with dimensions, none at all."""

from __future__ import annotations

import pytest

import tapegrad as torch

pytestmark = pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta state")
STARTS = torch.tensor([[0, 1, 3], [0, 2, 3]])
COLUMNS = torch.tensor([[1, 0, 1], [0, 1, 1]])


def test_a_batch_has_the_least_shape_that_holds_its_places() -> None:
    t = torch.sparse_csr_tensor(STARTS, COLUMNS, torch.ones(2, 3))
    assert t.shape == (2, 2, 2) and t._nnz() == 3 and (t.sparse_dim(), t.dense_dim()) == (2, 0)


def test_a_batch_as_a_dense_tensor() -> None:
    t = torch.sparse_csr_tensor(STARTS, COLUMNS, torch.tensor([[1, 2, 3], [4, 5, 6]]), (2, 2, 3))
    assert t.to_dense().tolist() == [[[0, 1, 0], [2, 3, 0]], [[4, 5, 0], [0, 6, 0]]]


def test_gradients_of_a_batch_go_to_its_values() -> None:
    values = torch.ones(2, 3, requires_grad=True)
    t = torch.sparse_csr_tensor(STARTS, COLUMNS, values, (2, 2, 2))
    (t.to_dense() * torch.arange(8.0).view(2, 2, 2)).sum().backward()
    assert values.grad is not None and values.grad.tolist() == [[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]]


def test_values_with_dimensions() -> None:
    t = torch.sparse_csr_tensor(STARTS[0], COLUMNS[0], torch.tensor([[1, 2], [3, 4], [5, 6]]))
    assert t.shape == (2, 2, 2) and (t.sparse_dim(), t.dense_dim()) == (2, 1)
    assert t.to_dense().tolist() == [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]


def test_what_no_longer_fits_into_a_printed_line_goes_to_the_next() -> None:
    t = torch.sparse_csr_tensor(STARTS[0], COLUMNS[0], torch.ones(3, 2))
    assert repr(t).splitlines()[-1] == "       layout=torch.sparse_csr)"


def test_an_empty_tensor_by_coordinates_from_its_size_alone() -> None:
    t = torch.sparse_coo_tensor(size=(2, 3), dtype=torch.float64, requires_grad=True, check_invariants=True)
    assert t.shape == (2, 3) and t._nnz() == 0 and t.dtype is torch.float64 and t.requires_grad
    with pytest.raises(
        TypeError, match=r"^sparse_coo_tensor\(\) received an invalid combination of arguments - got \(\)"
    ):
        torch.sparse_coo_tensor(check_invariants=True)
