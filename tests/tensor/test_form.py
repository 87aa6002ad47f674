"""A tensor's form is that of its array, whatever has been done to it."""

import threading

import numpy as np
import pytest

import tapegrad as torch
from tapegrad.tensor.blocks import LARGE
from tapegrad.tensor.form import form_of


def _settle(*tensors):
    """Have the tensors know their forms."""
    for t in tensors:
        form_of(t)
    return tensors[0] if len(tensors) == 1 else tensors


def _is_true(t):
    return t._form is None or t._form.like == (t._data.shape, t._data.dtype)


def _data(x):
    x.data = torch.ones(5, 2, dtype=torch.float64)


CHANGES = {
    "x.data = …": _data,
    "resize_": lambda x: x.resize_(4),
    "resize_as_": lambda x: x.resize_as_(torch.ones(4, 4)),
    "set_": lambda x: x.set_(torch.ones(7)),
    "set_ to nothing": lambda x: x.set_(),
    "set_ to a storage": lambda x: x.set_(torch.ones(9).untyped_storage(), 0, (3, 3)),
    "t_": lambda x: x.t_(),
    "transpose_": lambda x: x.transpose_(0, 1),
    "swapaxes_": lambda x: x.swapaxes_(0, 1),
    "unsqueeze_": lambda x: x.unsqueeze_(0),
    "squeeze_": lambda x: x[:1].squeeze_(),
    "as_strided_": lambda x: x.as_strided_((2, 2), (1, 1)),
    "out= of an operator": lambda x: torch.add(torch.ones(4), 1, out=x.resize_(0)),
    "out= of a factory": lambda x: torch.zeros(5, out=x.resize_(0)),
    "out= of a draw": lambda x: torch.rand(5, out=x.resize_(0)),
    "a write": lambda x: x.mul_(2),
    "a write into a part": lambda x: x.__setitem__(0, 1.0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_tensor_that_is_given_another_array_has_no_old_form(change):
    x = _settle(torch.ones(2, 3))
    CHANGES[change](x)
    assert _is_true(x)
    y = torch.ones(2, 3, requires_grad=True)
    if x.shape != (2, 3):
        z = torch.ones(x.shape, dtype=x.dtype, requires_grad=True)
        (x * z).sum().backward()
        assert z.grad.shape == x.shape
    else:
        (x * y).sum().backward()
        assert y.grad.tolist() == x.tolist()


def test_results_take_over_the_form_of_their_operands():
    x, y = torch.ones(2, 3), torch.ones(2, 3)
    assert (x * y)._form is x._form is y._form
    assert (x * 2)._form is x._form
    assert x.exp()._form is x._form
    assert x.isnan()._form is None


def test_forms_are_of_floats_in_few_elements():
    for x in (torch.ones(3, dtype=torch.int64), torch.ones(3, dtype=torch.float16), torch.ones(LARGE + 1)):
        assert form_of(x) is None
    assert form_of(torch.ones(())).like == ((), np.dtype("float32"))
    assert form_of(torch.ones(LARGE)) is form_of(torch.zeros(LARGE)) is not None


def test_tensors_of_other_forms_broadcast():
    x = _settle(torch.full((2, 1), 3.0, requires_grad=True))
    y = _settle(torch.ones(4, requires_grad=True))
    (x * y).sum().backward()
    assert x.grad.tolist() == [[4.0], [4.0]]
    assert y.grad.tolist() == [6.0] * 4


def test_tensors_of_one_shape_and_two_dtypes_promote():
    x = _settle(torch.ones(3, requires_grad=True))
    y = _settle(torch.ones(3, dtype=torch.float64))
    z = x * y
    z.sum().backward()
    assert (z.dtype, x.grad.dtype) == (torch.float64, torch.float32)


def test_a_batched_tensor_has_no_form():
    seen = []

    def product(a):
        b = a * a
        seen.append((a._form, b._form))
        return b.exp() * a

    x = torch.arange(6.0).reshape(2, 3)
    assert torch.func.vmap(product)(x).tolist() == ((x * x).exp() * x).tolist()
    assert all(form is None for forms in seen for form in forms)


def test_forms_known_before_a_capture_do_not_hide_operations_from_it():
    x, w = _settle(torch.ones(3), torch.full((3,), 2.0, requires_grad=True))
    step = torch.compile(lambda x: (x * w * x).sum())
    for _ in range(4):
        w.grad = None
        step(x).backward()
        assert w.grad.tolist() == [1.0, 1.0, 1.0]
    with torch.no_grad():
        w.mul_(3)
    assert step(x).item() == 18.0


def test_a_dictionary_of_forms_that_is_full_begins_anew():
    from tapegrad.tensor import form

    x = _settle(torch.ones(1, 7))
    for n in range(form._MOST + 5):
        form_of(torch.empty(0, n))
    y = torch.full((1, 7), 2.0)
    assert (x * y).tolist() == [[2.0] * 7]
    assert len(form._single) <= form._MOST


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("number", [0.0, -0.0, 3, 0.1, float("nan"), float("inf"), 1e-45, 1e38, 16777217])
def test_numbers_met_before_are_the_same_numbers(number, dtype):
    x = _settle(torch.tensor([1.0, -2.0, 0.0], dtype=dtype))
    array = x.numpy()
    for _ in range(3):
        found = (x * number, x + number, x > number, x.clone().mul_(number))
        with np.errstate(all="ignore"):
            expected = (array * number, array + number, array > number, array * number)
        for y, z in zip(found, expected, strict=True):
            assert y.numpy().tobytes() == z.tobytes()
            assert y.dtype is (torch.bool if z.dtype == bool else dtype)


def test_a_number_is_of_the_dtype_it_is_met_with():
    x, y = _settle(torch.ones(1), torch.ones(1, dtype=torch.float64))
    assert (x * 0.1).item() == np.float32(0.1)
    assert (y * 0.1).item() == 0.1


def test_operations_of_another_thread_go_on_while_a_function_is_captured():
    watched, started, done, found = [], threading.Event(), threading.Event(), []

    def step(x):
        watched.append(x)
        if len(watched) == 2:  # this call is captured, the first is only watched
            started.set()
            assert done.wait(30)
        return x * 2

    compiled = torch.compile(step, backend="numpy")
    compiled(torch.ones(2))

    def elsewhere():
        started.wait(30)
        x, w = torch.ones(3, requires_grad=True), torch.full((2, 1), 3.0, requires_grad=True)
        ((x * w).exp().log() + x.sum()).sum().backward()
        (x[:2].exp() * w[0]).sum().backward()
        found.append((x.grad.tolist(), w.grad.tolist()))
        done.set()

    thread = threading.Thread(target=elsewhere)
    thread.start()
    assert compiled(torch.ones(2)).tolist() == [2.0, 2.0]
    thread.join()
    ((by_x, by_w),) = found
    assert by_w[1] == pytest.approx([3.0])
    assert by_x[2] == pytest.approx(12.0)
