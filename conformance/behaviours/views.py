"""Views and in-place writes inside the graph: values, gradients, nodes, versions, bases, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def leaf(torch: Any, *shape: int) -> Any:
    """0, 1, 2, … as a leaf that requires a gradient."""
    x = torch.arange(24.0)[: torch.Size(shape or (6,)).numel()]
    return x.reshape(shape or (6,)).clone().requires_grad_()


def matrix(torch: Any) -> tuple[Any, Any]:
    """A leaf, and a (2, 3) matrix computed from it that is not a view."""
    x = leaf(torch)
    return x, x.reshape(2, 3) * 1


def chain(t: Any, depth: int = 8) -> list[Any]:
    """The nodes behind a tensor, following the first edge that leads on, with the names of all edges."""
    found, node = [], t.grad_fn
    while node is not None and depth:
        edges = [n.name() if n is not None else None for n, _ in node.next_functions]
        found.append((node.name(), edges))
        node = next((n for n, _ in node.next_functions if n is not None), None)
        depth -= 1
    return found


def state(t: Any) -> tuple[Any, ...]:
    """What a view is: its history, version, kind."""
    return t, t._version, t._is_view(), t.is_leaf, t.output_nr


def gradients(torch: Any, y: Any, x: Any) -> Any:
    """The gradient of a weighted sum of y for x, twice where that is possible."""
    weights = torch.arange(1.0, 1.0 + y.numel()).reshape(y.shape)
    (g,) = torch.autograd.grad((y * y * weights).sum(), x, create_graph=True)
    (gg,) = torch.autograd.grad((g * g).sum(), x)
    return g.detach(), gg


# -- every view operation: history, sharing of memory and version, gradients, writes -----------------------------------

VIEWS: dict[str, Callable[[Any, Any], Any]] = {
    "alias": lambda torch, y: y[...],
    "as_strided": lambda torch, y: y.as_strided((2, 2), (3, 1), 1),
    "broadcast_to_its_own_shape": lambda torch, y: y.broadcast_to(2, 3),
    "diagonal": lambda torch, y: y.diagonal(),
    "diagonal_below": lambda torch, y: y.diagonal(-1),
    "expand_of_a_column": lambda torch, y: y[:, :1].expand(2, 1),
    "flatten": lambda torch, y: y.flatten(),
    "indexing_with_an_integer": lambda torch, y: y[1],
    "indexing_with_integers": lambda torch, y: y[1, 2],
    "indexing_with_none": lambda torch, y: y[None],
    "indexing_with_slices": lambda torch, y: y[:, 1:],
    "indexing_with_steps": lambda torch, y: y[:, ::2],
    "mT": lambda torch, y: y.mT,
    "movedim": lambda torch, y: y.movedim(0, 1),
    "narrow": lambda torch, y: y.narrow(1, 1, 2),
    "permute": lambda torch, y: y.permute(1, 0),
    "ravel": lambda torch, y: y.ravel(),
    "reshape": lambda torch, y: y.reshape(3, 2),
    "select": lambda torch, y: y.select(1, -1),
    "squeeze": lambda torch, y: y[:1].squeeze(),
    "squeeze_dim": lambda torch, y: y[:1].squeeze(0),
    "squeeze_dims": lambda torch, y: y[:1].squeeze((0, 1)),
    "swapaxes": lambda torch, y: y.swapaxes(0, 1),
    "t": lambda torch, y: y.t(),
    "T": lambda torch, y: y.T,
    "transpose": lambda torch, y: y.transpose(0, 1),
    "unflatten": lambda torch, y: y.unflatten(1, (3, 1)),
    "unfold": lambda torch, y: y.unfold(1, 2, 2),
    "unsqueeze": lambda torch, y: y.unsqueeze(1),
    "view": lambda torch, y: y.view(-1),
    "view_as": lambda torch, y: y.view_as(torch.ones(6)),
    "view_of_a_view_of_a_view": lambda torch, y: y.view(6)[1:].view(5, 1)[2:],
}


def _view_behaviours(name: str, make: Callable[[Any, Any], Any]) -> None:
    def shares(torch: Any) -> Any:
        x, y = matrix(torch)
        v = make(torch, y)
        return state(v), chain(v), v._base is y, v.stride(), v.storage_offset(), gradients(torch, make(torch, y), x)

    def of_a_leaf(torch: Any) -> Any:
        x = leaf(torch, 2, 3)
        v = make(torch, x)
        v.sum().backward()
        return v, v._base is x, x.grad

    def follows_its_base(torch: Any) -> Any:
        x, y = matrix(torch)
        v = make(torch, y)
        y.mul_(2)
        return state(v), chain(v), gradients(torch, v, x)

    def written_into(torch: Any) -> Any:
        x, y = matrix(torch)
        v = make(torch, y)
        v.mul_(3)
        seen = (state(v), chain(v), state(y), chain(y))
        return (*seen, gradients(torch, y, x))

    def written_into_twice_with_a_recorded_value(torch: Any) -> Any:
        x, y = matrix(torch)
        v = make(torch, y)
        v.copy_(x[0] * torch.ones_like(v))
        v.add_(x[1])
        return state(y), chain(y), chain(v), gradients(torch, y, x), gradients(torch, v, x)

    def makes_a_plain_base_require_a_gradient(torch: Any) -> Any:
        x = leaf(torch)
        plain = torch.arange(6.0).reshape(2, 3).clone()
        v, other = make(torch, plain), plain[0]
        v.mul_(x[1])
        return state(plain), chain(plain), chain(v), chain(other), torch.autograd.grad(plain.sum(), x)

    def of_a_leaf_written_into(torch: Any) -> Any:
        make(torch, leaf(torch, 2, 3)).mul_(2)

    for function in (
        shares,
        of_a_leaf,
        follows_its_base,
        written_into,
        written_into_twice_with_a_recorded_value,
        makes_a_plain_base_require_a_gradient,
        of_a_leaf_written_into,
    ):
        globals()[f"{name}_{function.__name__}"] = function


for _name, _make in VIEWS.items():
    _view_behaviours(_name, _make)


# -- not views --------------------------------------------------------------------------------------------------------


def reshape_copies_where_it_must(torch: Any) -> Any:
    x, y = matrix(torch)
    v = y.t().reshape(6)
    v.mul_(2)
    return state(v), chain(v), y, gradients(torch, v, x)


def contiguous_copies_where_it_must(torch: Any) -> Any:
    _, y = matrix(torch)
    return y.contiguous() is y, chain(y.t().contiguous()), y.t().contiguous().stride()


def view_as_another_type_has_no_history(torch: Any) -> Any:
    _, y = matrix(torch)
    v = y.view(torch.int32)
    v.zero_()
    return v, v._is_view(), y, y._version


def view_of_the_same_type_has_no_history(torch: Any) -> Any:
    _, y = matrix(torch)
    return y.view(torch.float32).grad_fn, y.view(torch.float32)._is_view()


def detach_shares_the_version_and_is_no_view(torch: Any) -> Any:
    _, y = matrix(torch)
    d = y.detach()
    d[0].mul_(2)
    return state(d), y, y._version, d[0]._base is d


def data_shares_memory_only(torch: Any) -> Any:
    _, y = matrix(torch)
    y.data.mul_(2)
    return y, y._version, y.data._version


# -- several views of one operation ------------------------------------------------------------------------------------


def unbind_gives_views_with_numbers(torch: Any) -> Any:
    x, y = matrix(torch)
    a, b = y
    return chain(a), a.output_nr, b.output_nr, a._base is y, gradients(torch, b * a, x)


def split_and_chunk_have_nodes_of_their_own(torch: Any) -> Any:
    _, y = matrix(torch)
    return [chain(part[0]) for part in (y.split(1), y.split([1, 1]), y.chunk(2), y.tensor_split(2), y.vsplit(2))]


def gradients_of_parts_that_are_not_used_are_zero(torch: Any) -> Any:
    x, y = matrix(torch)
    y.split([1, 2], 1)[1].sum().backward()
    return x.grad


def unbound_views_may_not_be_written_into(torch: Any) -> Any:
    matrix(torch)[1].unbind()[1].mul_(2)


def split_views_may_not_be_written_into(torch: Any) -> Any:
    matrix(torch)[1].split(1)[0].add_(1)


def chunks_may_not_be_written_into(torch: Any) -> Any:
    matrix(torch)[1].chunk(2)[1].zero_()


def views_of_unbound_views_may_not_be_written_into(torch: Any) -> Any:
    matrix(torch)[1].unbind()[0][0:1].mul_(2)


def unbound_views_are_lost_when_the_base_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    part = y.unbind()[0]
    y.mul_(2)
    return part.grad_fn


def unbound_views_of_plain_tensors_may_be_written_into(torch: Any) -> Any:
    plain = torch.arange(6.0).reshape(2, 3)
    plain.unbind()[0].mul_(2)
    return plain, plain._version


def unbound_views_of_plain_tensors_may_not_receive_recorded_values(torch: Any) -> Any:
    torch.arange(6.0).reshape(2, 3).unbind()[0].mul_(leaf(torch, 3))


def slices_of_tensor_split_may_be_written_into(torch: Any) -> Any:
    x, y = matrix(torch)
    y.tensor_split(2)[0].mul_(2)
    return chain(y), gradients(torch, y, x)


def unsafe_split_gives_no_views(torch: Any) -> Any:
    _, y = matrix(torch)
    part = y.unsafe_split(1)[0]
    return chain(part), part._is_view()


# -- views made under no_grad ------------------------------------------------------------------------------------------


def no_grad_view_has_no_history(torch: Any) -> Any:
    _, y = matrix(torch)
    with torch.no_grad():
        v = y[0]
    return v.requires_grad, v.grad_fn, v.is_leaf, v._base is y


def no_grad_view_may_not_be_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    with torch.no_grad():
        v = y[0]
    v.mul_(2)


def no_grad_view_of_a_leaf_may_not_be_written_into(torch: Any) -> Any:
    x = leaf(torch)
    with torch.no_grad():
        v = x[:2]
    v.mul_(2)


def no_grad_view_of_a_plain_tensor_may_not_receive_recorded_values(torch: Any) -> Any:
    plain = torch.zeros(2, 3)
    with torch.no_grad():
        v = plain[0]
    v.mul_(leaf(torch, 3))


def no_grad_view_may_be_written_into_under_no_grad(torch: Any) -> Any:
    x = leaf(torch)
    with torch.no_grad():
        x[:2].mul_(5)
        x[3] = 7
    return x, x._version


def no_grad_view_is_lost_when_the_base_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    with torch.no_grad():
        v = y[0]
    y.mul_(2)
    return v.grad_fn


def no_grad_unbound_view_may_not_be_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    with torch.no_grad():
        v = y.unbind()[0]
    v.mul_(2)


def no_grad_view_prints_an_invalid_history_after_a_write(torch: Any) -> Any:
    _, y = matrix(torch)
    with torch.no_grad():
        v = y[0]
        v.mul_(2)
        return repr(v)


def writes_under_no_grad_keep_the_history(torch: Any) -> Any:
    x, y = matrix(torch)
    v = y[0]
    with torch.no_grad():
        v.mul_(2)
    return chain(v), chain(y), v, torch.autograd.grad(v.sum(), x)


# -- leaves ------------------------------------------------------------------------------------------------------------


def leaf_may_not_be_written_into(torch: Any) -> Any:
    leaf(torch).mul_(2)


def item_of_a_leaf_may_not_be_assigned(torch: Any) -> Any:
    leaf(torch)[0] = 1


def view_of_a_view_of_a_leaf_may_not_be_written_into(torch: Any) -> Any:
    leaf(torch).view(2, 3)[0].zero_()


def view_that_is_a_leaf_itself_may_not_be_written_into(torch: Any) -> Any:
    v = torch.zeros(2, 3)[0].requires_grad_()
    v.mul_(2)


def view_that_is_a_leaf_itself_has_a_gradient(torch: Any) -> Any:
    plain = torch.zeros(2, 3)
    v = plain.t().requires_grad_()
    (v * 2).sum().backward()
    return v.is_leaf, plain.requires_grad, v.grad


def view_made_before_its_base_required_a_gradient(torch: Any) -> Any:
    plain = torch.zeros(2, 3)
    v = plain[0]
    plain.add_(1)
    plain.requires_grad_()
    return v.requires_grad, v.is_leaf, chain(v)


def requires_grad_of_a_view_cannot_be_taken_back(torch: Any) -> Any:
    matrix(torch)[1][0].requires_grad_(False)


def view_cannot_be_detached_in_place(torch: Any) -> Any:
    matrix(torch)[1][0].detach_()


# -- expanded tensors --------------------------------------------------------------------------------------------------


def expanded_tensor_may_not_be_written_into(torch: Any) -> Any:
    (leaf(torch) * 1).expand(2, 6).mul_(2)


def element_of_an_expanded_tensor_may_be_assigned(torch: Any) -> Any:
    e = torch.zeros(1).expand(3)
    e[1] = 5
    return e


def expanded_tensor_may_not_be_copied_into(torch: Any) -> Any:
    torch.zeros(3).expand(2, 3).copy_(torch.ones(2, 3))


def overlapping_slices_may_not_be_copied(torch: Any) -> Any:
    x = torch.arange(4.0)
    x[1:] = x[:-1]


# -- what a write does to values that are needed later -----------------------------------------------------------------


def saved_view_of_a_base_that_was_written_into(torch: Any) -> Any:
    x, y = matrix(torch)
    q = y[0].pow(2)
    y.add_(1)
    return torch.autograd.grad(q.sum(), x)


def saved_base_of_a_view_that_was_written_into(torch: Any) -> Any:
    x, y = matrix(torch)
    q = y.pow(2)
    y[0].add_(1)
    return torch.autograd.grad(q.sum(), x)


def saved_result_of_a_write_that_was_overwritten(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].exp_()
    y[1].add_(1)
    return torch.autograd.grad(y.sum(), x)


def result_that_shares_no_memory_may_be_overwritten(torch: Any) -> Any:
    x, y = matrix(torch)
    q = y[0].exp()
    y.add_(1)
    return torch.autograd.grad(q.sum(), x)


def values_in_one_base_that_multiply_each_other(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].mul_(y[1])
    return torch.autograd.grad(y.sum(), x)


def values_in_one_base_that_were_overwritten(torch: Any) -> Any:
    x, y = matrix(torch)
    a, b = y[0], y[1]
    a.mul_(b)
    b.mul_(a)
    return torch.autograd.grad(y.sum(), x)


def second_backward_through_a_write(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].mul_(x[:3])
    y.sum().backward()
    y.sum().backward()


def second_backward_through_a_write_that_saved_nothing(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].add_(x[:3])
    y.sum().backward()
    y.sum().backward()
    return x.grad


def retained_graph_through_a_write(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].mul_(x[:3])
    y.sum().backward(retain_graph=True)
    y[1].sum().backward()
    return x.grad


# -- several writes ----------------------------------------------------------------------------------------------------


def writes_into_different_parts(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].mul_(2)
    y[1, 1:].mul_(x[0] + 3)
    y[:, 2].zero_()
    return chain(y), gradients(torch, y, x)


def rows_assigned_from_each_other(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0] = y[1] * 2
    y[1] = y[0] * 3
    return y, y._version, gradients(torch, y, x)


def base_written_into_between_writes_into_a_view(torch: Any) -> Any:
    x, y = matrix(torch)
    v = y[0]
    v.mul_(2)
    y.mul_(3)
    v.add_(x[:3])
    return chain(y), chain(v), gradients(torch, y, x)


def write_into_a_transposed_base(torch: Any) -> Any:
    x = leaf(torch)
    y = (x.reshape(2, 3) * 1).t().clone()
    y[1].mul_(4)
    return y.stride(), y, gradients(torch, y, x)


def write_into_a_view_by_two_routes(torch: Any) -> Any:
    x, y = matrix(torch)
    y.t()[0].mul_(2)
    y.view(6)[::3].mul_(5)
    return y, gradients(torch, y, x)


def real_part_written_into(torch: Any) -> Any:
    x = leaf(torch)
    z = x * torch.tensor(1 + 1j)
    z.real.mul_(2)
    z.abs().sum().backward()
    return chain(z), z._version, x.grad


def view_as_real_written_into(torch: Any) -> Any:
    x = leaf(torch)
    z = x * torch.tensor(1 + 1j)
    torch.view_as_real(z)[..., 1].mul_(3)
    (z.real * z.imag).sum().backward()
    return chain(z), x.grad


def filled_view_passes_no_gradient(torch: Any) -> Any:
    x, y = matrix(torch)
    y[0].zero_()
    y[1, 0].fill_(5)
    y.sum().backward()
    return chain(y), x.grad


def cat_of_views_after_writes(torch: Any) -> Any:
    x, y = matrix(torch)
    a, b = y[0], y[1]
    a.mul_(2)
    z = torch.cat([a, b, a])
    return chain(z), gradients(torch, z, x)


# -- hooks and retained gradients --------------------------------------------------------------------------------------


def retained_gradient_of_a_base_that_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    y.retain_grad()
    y[0].mul_(2)
    y.sum().backward()
    return y.grad


def retained_gradient_of_a_tensor_that_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    y.retain_grad()
    y.mul_(2)
    y.sum().backward()
    return y.grad


def retained_gradient_of_a_view_that_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    v = y[0]
    v.retain_grad()
    v.mul_(2)
    v.sum().backward()
    return v.grad


def retained_gradient_of_a_view_whose_base_is_written_into(torch: Any) -> Any:
    _, y = matrix(torch)
    v = y[0]
    v.retain_grad()
    y.mul_(2)
    v.sum().backward()
    return v.grad


def hook_of_a_base_stays_with_the_old_values(torch: Any) -> Any:
    _, y = matrix(torch)
    seen: list[Any] = []
    y.register_hook(lambda g: seen.append(g.clone()))
    y[0].mul_(2)
    y.sum().backward()
    return seen


def hook_of_a_view_stays_with_the_old_values(torch: Any) -> Any:
    _, y = matrix(torch)
    v = y[0]
    seen: list[Any] = []
    v.register_hook(lambda g: seen.append(g.clone()))
    v.mul_(2)
    y.sum().backward()
    return seen


# -- in-place forms of views -------------------------------------------------------------------------------------------

IN_PLACE: dict[str, Callable[[Any], Any]] = {
    "as_strided_": lambda t: t.as_strided_((2,), (1,)),
    "squeeze_": lambda t: t.squeeze_(),
    "squeeze_dim_": lambda t: t.squeeze_(0),
    "squeeze_dims_": lambda t: t.squeeze_((0, 1)),
    "swapaxes_": lambda t: t.swapaxes_(0, 1),
    "swapdims_": lambda t: t.swapdims_(0, 1),
    "t_": lambda t: t.t_(),
    "transpose_": lambda t: t.transpose_(0, 1),
    "unsqueeze_": lambda t: t.unsqueeze_(0),
}


def _in_place_behaviours(name: str, change: Callable[[Any], Any]) -> None:
    def of_a_result(torch: Any) -> Any:
        x, y = matrix(torch)
        same = change(y) is y
        y.mul_(2)
        return same, state(y), chain(y), gradients(torch, y, x)

    def of_a_view(torch: Any) -> Any:
        x, y = matrix(torch)
        v = y[:, 1:]
        change(v)
        before = (state(v), chain(v), chain(y))
        v.mul_(2)
        return (*before, state(v), chain(v), chain(y), gradients(torch, y, x))

    def of_a_base(torch: Any) -> Any:
        x, y = matrix(torch)
        v = y.view(6)
        change(y)
        seen = chain(v)
        v.mul_(2)
        return seen, chain(v), chain(y), v, y, gradients(torch, v, x)

    def of_a_plain_tensor(torch: Any) -> Any:
        p = torch.zeros(2, 3)
        change(p)
        return state(p), p.stride()

    def of_a_leaf_is_refused(torch: Any) -> Any:
        change(leaf(torch, 2, 3))

    for function in (of_a_result, of_a_view, of_a_base, of_a_plain_tensor, of_a_leaf_is_refused):
        globals()[f"{name}{function.__name__}"] = function


for _name, _change in IN_PLACE.items():
    _in_place_behaviours(_name, _change)


def unsqueeze_in_place_of_an_unbound_view(torch: Any) -> Any:
    matrix(torch)[1].unbind()[0].unsqueeze_(0)


# -- shapes that do not fit --------------------------------------------------------------------------------------------

REFUSED: dict[str, Callable[[Any, Any], Any]] = {
    "broadcast_to_a_wrong_shape": lambda torch, x: torch.broadcast_to(x, (3, 3)),
    "diagonal_of_one_dimension": lambda torch, x: x.diagonal(0, 0, 0),
    "expand_to_fewer_dimensions": lambda torch, x: x.expand(3),
    "expand_to_minus_one_in_front": lambda torch, x: x.expand(-1, 2, 3),
    "expand_to_wrong_sizes": lambda torch, x: x.expand(4, 3),
    "flatten_backwards": lambda torch, x: x.flatten(1, 0),
    "movedim_of_unequal_lists": lambda torch, x: x.movedim((0, 1), (0,)),
    "movedim_twice_to_one_place": lambda torch, x: x.movedim((0, 1), (1, 1)),
    "mT_of_a_vector": lambda torch, x: x[0].mT,
    "narrow_of_a_scalar": lambda torch, x: x.sum().narrow(0, 0, 1),
    "narrow_too_far": lambda torch, x: x.narrow(0, 1, 5),
    "permute_with_a_dimension_twice": lambda torch, x: x.permute(0, 0),
    "permute_with_too_few_dimensions": lambda torch, x: x.permute(0),
    "reshape_to_a_wrong_size": lambda torch, x: x.reshape(5),
    "reshape_with_two_unknown_sizes": lambda torch, x: x.reshape(-1, -1),
    "select_out_of_range": lambda torch, x: x.select(0, 5),
    "squeeze_with_a_dimension_twice": lambda torch, x: x.squeeze((0, 0)),
    "t_of_three_dimensions": lambda torch, x: x[None].t(),
    "transpose_of_a_missing_dimension": lambda torch, x: x.transpose(0, 2),
    "unflatten_to_a_wrong_size": lambda torch, x: x.unflatten(1, (2, 2)),
    "unfold_of_too_large_windows": lambda torch, x: x.unfold(1, 5, 1),
    "unsqueeze_of_a_missing_dimension": lambda torch, x: x.unsqueeze(5),
    "view_across_strides": lambda torch, x: x.t().view(6),
    "view_as_a_wider_type": lambda torch, x: x.view(torch.float64),
    "view_of_nothing_to_an_unknown_size": lambda torch, x: torch.zeros(0).view(-1, 0),
    "view_to_a_negative_size": lambda torch, x: x.view(-2, 3),
    "view_to_a_wrong_size": lambda torch, x: x.view(5),
}


def _refusal(name: str, call: Callable[[Any, Any], Any]) -> None:
    def refused(torch: Any) -> Any:
        return call(torch, torch.arange(6.0).reshape(2, 3))

    globals()[f"{name}_is_refused"] = refused


for _name, _call in REFUSED.items():
    _refusal(_name, _call)
