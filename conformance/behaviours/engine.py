"""backward and autograd.grad, accumulation, hooks, grad modes, errors."""

from __future__ import annotations

from typing import Any

# -- backward --------------------------------------------------------------------------------------------------------


def scalar_backward(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    y.backward()
    return x.grad, y, y.grad_fn


def gradients_accumulate(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    (x * 3).backward()
    (x * 4).backward()
    return x.grad


def accumulation_writes_into_the_same_gradient(torch: Any) -> Any:
    x = torch.tensor([2.0], requires_grad=True)
    (x * 3).sum().backward()
    first = x.grad
    (x * 4).sum().backward()
    return first is x.grad, first


def paths_that_meet_add_up(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    a = x * 2
    b = a + x
    (a * b).sum().backward()
    return x.grad


def cotangent(torch: Any) -> Any:
    x = torch.ones(3, requires_grad=True)
    (x * 2).backward(torch.tensor([0.1, 1.0, 0.0001]))
    return x.grad


def gradient_does_not_share_memory_with_the_cotangent(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    v = torch.ones(2)
    (x + 0).backward(v)
    x.grad.add_(1)
    return v, x.grad


def two_leaves_of_a_sum_have_their_own_gradients(torch: Any) -> Any:
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (x + y).sum().backward()
    x.grad.add_(1)
    return x.grad, y.grad


def backward_of_a_leaf(torch: Any) -> Any:
    x = torch.tensor(3.0, requires_grad=True)
    x.backward()
    return x.grad


def backward_twice_without_saved_values(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x + 1).sum()
    y.backward()
    y.backward()
    return x.grad


def backward_twice(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward()
    y.backward()


def backward_twice_retained(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x * x).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def shared_subgraph_second_backward(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    shared = x.exp()
    shared.sum().backward()
    (shared * 2).sum().backward()


def not_recorded(torch: Any) -> Any:
    torch.ones(2).sum().backward()


def non_scalar(torch: Any) -> Any:
    (torch.ones(2, requires_grad=True) * 2).backward()


def one_element_counts_as_scalar(torch: Any) -> Any:
    x = torch.ones(1, 1, requires_grad=True)
    (x * 2).backward()
    return x.grad


def cotangent_of_another_shape(torch: Any) -> Any:
    (torch.ones(3, requires_grad=True) * 2).backward(torch.ones(2))


def cotangent_that_would_broadcast(torch: Any) -> Any:
    (torch.ones(2, 3, requires_grad=True) * 2).backward(torch.ones(3))


def cotangent_of_a_scalar_with_one_dimension(torch: Any) -> Any:
    torch.ones(3, requires_grad=True).sum().backward(torch.ones(1))


def cotangent_of_another_dtype(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    (x * 2).backward(torch.ones(2, dtype=torch.float64))
    return x.grad


def integer_requires_grad(torch: Any) -> Any:
    torch.tensor([1, 2]).requires_grad_()


def integer_requires_grad_at_creation(torch: Any) -> Any:
    torch.tensor([1, 2], requires_grad=True)


def bool_requires_grad(torch: Any) -> Any:
    torch.tensor([True]).requires_grad = True


def non_leaf_requires_grad_false(torch: Any) -> Any:
    (torch.ones(2, requires_grad=True) * 2).requires_grad = False


def non_leaf_requires_grad_true(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True) * 2
    y.requires_grad_(True)
    return y.requires_grad


def backward_functional_several(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = torch.ones(2, requires_grad=True)
    torch.autograd.backward([(x * 2).sum(), x * y], [None, torch.tensor([1.0, 10.0])])
    return x.grad, y.grad


def backward_counts_must_agree(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    torch.autograd.backward([x.sum(), x.sum()], [None])


def backward_inputs_limits_accumulation(torch: Any) -> Any:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    (x * w).sum().backward(inputs=[w])
    return x.grad, w.grad


def backward_inputs_non_leaf(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    (y * y).sum().backward(inputs=[y])
    return x.grad, y.grad


def backward_inputs_empty(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).sum().backward(inputs=[])


def grad_variables_is_an_old_name(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    torch.autograd.backward(x * 2, grad_variables=torch.ones(2))
    return x.grad


def create_graph_backward_warns(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    (x**3).backward(create_graph=True)
    g = x.grad
    x.grad = None
    g.backward()
    return g.detach(), x.grad


# -- autograd.grad -----------------------------------------------------------------------------------------------------


def grad_leaves_dot_grad_alone(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    return torch.autograd.grad(x * x, x), x.grad


def grad_several_inputs(torch: Any) -> Any:
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    return torch.autograd.grad(x * y * y, (x, y))


def grad_of_an_intermediate(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    y = x * x
    return torch.autograd.grad(y * y, [y, x])


def grad_same_input_twice(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    return torch.autograd.grad(x * x, [x, x])


def grad_unused(torch: Any) -> Any:
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    torch.autograd.grad(x * x, y)


def grad_unused_second(torch: Any) -> Any:
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    torch.autograd.grad(x * x, [x, y])


def grad_allow_unused(torch: Any) -> Any:
    x, y = torch.tensor(2.0, requires_grad=True), torch.tensor(3.0, requires_grad=True)
    return torch.autograd.grad(x * x, [x, y], allow_unused=True)


def grad_materialize(torch: Any) -> Any:
    x, y = torch.tensor(2.0, requires_grad=True), torch.ones(2, requires_grad=True)
    return torch.autograd.grad(x * x, [x, y], materialize_grads=True)


def grad_materialize_forbids_unused_false(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    torch.autograd.grad(x * x, x, allow_unused=False, materialize_grads=True)


def grad_of_input_without_grad(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    torch.autograd.grad(x * x, torch.tensor(1.0))


def grad_empty_inputs(torch: Any) -> Any:
    torch.autograd.grad(torch.tensor(2.0, requires_grad=True) * 2, [])


def grad_with_cotangent(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return torch.autograd.grad(x * x, x, torch.tensor([1.0, 2.0]))


def grad_several_outputs(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return torch.autograd.grad([x.sum(), x * x], x, [None, torch.tensor([1.0, 2.0])])


def grad_non_scalar(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    torch.autograd.grad(x * x, x)


def grad_frees_the_graph(torch: Any) -> Any:
    x = torch.ones((), requires_grad=True)
    y = x.exp()
    torch.autograd.grad(y, x)
    torch.autograd.grad(y, x)


def grad_batched(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    return torch.autograd.grad(x * x, x, torch.eye(2), is_grads_batched=True)


def only_inputs_is_deprecated(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    return torch.autograd.grad(x * x, x, only_inputs=False)


# -- higher order ------------------------------------------------------------------------------------------------------


def third_derivative(torch: Any) -> Any:
    x = torch.tensor(2.0, requires_grad=True)
    y = x**4
    found = []
    for _ in range(3):
        (y,) = torch.autograd.grad(y, x, create_graph=True)
        found.append(y.detach())
    return found


def hessian_by_rows(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    (g,) = torch.autograd.grad((x**2 * x.roll(1)).sum(), x, create_graph=True)
    return [torch.autograd.grad(g[i], x, retain_graph=True)[0] for i in range(3)]


def gradient_penalty(torch: Any) -> Any:
    w = torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True)
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    (g,) = torch.autograd.grad(torch.tanh(w @ x).sum(), x, create_graph=True)
    (g**2).sum().backward()
    return w.grad, x.grad


def second_derivative_of_a_linear_function(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    (g,) = torch.autograd.grad((3 * x).sum(), x, create_graph=True)
    return g.requires_grad


def mixed_partial_through_cotangent(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    v = torch.ones(2, requires_grad=True)
    (g,) = torch.autograd.grad(x.exp(), x, v, create_graph=True)
    return torch.autograd.grad(g.sum(), v)


# -- graph objects -----------------------------------------------------------------------------------------------------


def names_and_next_functions(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2 + 1).sum()
    seen = []
    node = y.grad_fn
    while node is not None:
        seen.append((node.name(), type(node).__name__, len(node.next_functions)))
        node = node.next_functions[0][0] if node.next_functions else None
    return seen


def accumulate_grad_knows_its_variable(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    node = (x * 2).grad_fn.next_functions[0][0]
    return node.variable is x, node.next_functions, type(node).__name__


def accumulate_grad_of_a_temporary(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True) * 3
    y.sum().backward()
    return y.grad_fn.next_functions[0][0].variable.grad


def grad_fn_is_the_same_object(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True) * 3
    return y.grad_fn is y.grad_fn, (y + 1).grad_fn.next_functions[0][0] is y.grad_fn


def leaves_and_flags(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    return [(t.is_leaf, t.requires_grad, t.output_nr) for t in (torch.ones(1), x, y, y.detach())]


def metadata_is_a_dictionary(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True) * 2
    y.grad_fn.metadata["note"] = 1
    return y.grad_fn.metadata


# -- grad modes --------------------------------------------------------------------------------------------------------


def no_grad_stops_recording(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        y = x * 2
        inside = torch.is_grad_enabled()
        with torch.enable_grad():
            z = x * 3
    return y, z, inside, torch.is_grad_enabled()


def no_grad_as_decorator(torch: Any) -> Any:
    @torch.no_grad()
    def f(x: Any) -> Any:
        return x * 2

    @torch.no_grad
    def g(x: Any) -> Any:
        return x * 3

    x = torch.ones(1, requires_grad=True)
    return f(x), g(x), f.__name__


def no_grad_on_a_generator(torch: Any) -> Any:
    @torch.no_grad()
    def f() -> Any:
        got = yield torch.is_grad_enabled()
        yield torch.is_grad_enabled(), got

    it = f()
    return [next(it), torch.is_grad_enabled(), it.send(5), torch.is_grad_enabled()]


def set_grad_enabled_as_a_call(torch: Any) -> Any:
    torch.set_grad_enabled(False)
    off = torch.is_grad_enabled()
    torch.set_grad_enabled(True)
    return off, torch.is_grad_enabled()


def set_grad_enabled_as_a_context(torch: Any) -> Any:
    with torch.set_grad_enabled(False):
        off = torch.is_grad_enabled()
    return off, torch.is_grad_enabled()


def grad_mode_is_restored_after_an_exception(torch: Any) -> Any:
    try:
        with torch.no_grad():
            raise KeyError
    except KeyError:
        pass
    return torch.is_grad_enabled()


def grad_mode_is_per_thread(torch: Any) -> Any:
    import threading

    seen: list[bool] = []
    with torch.no_grad():
        thread = threading.Thread(target=lambda: seen.append(torch.is_grad_enabled()))
        thread.start()
        thread.join()
    return seen


def requires_grad_of_a_leaf_made_under_no_grad(torch: Any) -> Any:
    with torch.no_grad():
        x = torch.ones(2, requires_grad=True)
        y = x * 2
    return x.requires_grad, y.requires_grad, (x * 2).requires_grad


def recorded_before_requires_grad(torch: Any) -> Any:
    w = torch.tensor(2.0)
    y = w * 3
    w.requires_grad_()
    y.backward()


# -- detach and data ---------------------------------------------------------------------------------------------------


def detach_shares_memory(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    d = (x * 2).detach()
    e = x.detach()
    e[0] = 5
    return d.requires_grad, d.grad_fn, x.detach(), e.is_leaf


def detach_shares_the_version(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    y.detach().add_(1)
    y.sum().backward()


def data_does_not_share_the_version(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * x
    x.data.mul_(3)
    y.sum().backward()
    return x.grad


def assigned_data(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.data = torch.zeros(3)
    return x.detach(), x.is_leaf


def assigned_integer_data(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).data = torch.ones(2, dtype=torch.int64)


def assigned_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.grad = torch.zeros(2)
    (x * 2).sum().backward()
    return x.grad


def assigned_grad_of_another_shape(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).grad = torch.zeros(3)


def assigned_grad_of_another_dtype(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).grad = torch.zeros(2, dtype=torch.float64)


def assigned_grad_of_another_kind(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).grad = 3


def deleted_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.sum().backward()
    del x.grad
    return x.grad


def zeroed_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.sum().backward()
    x.grad.zero_()
    kept = x.grad
    x.grad = None
    return kept, x.grad


def grad_of_a_non_leaf(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True) * 2
    return y.grad


def numpy_of_a_recorded_tensor(torch: Any) -> Any:
    torch.ones(2, requires_grad=True).numpy()


# -- in-place ----------------------------------------------------------------------------------------------------------


def leaf_in_place(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.add_(1)


def leaf_in_place_by_symbol(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x -= 1


def view_of_a_leaf_in_place(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x[0] = 5


def leaf_in_place_under_no_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with torch.no_grad():
        x -= 0.5
    return x, x._version


def non_leaf_in_place(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y += 1
    y *= 3
    y.sum().backward()
    return x.grad, y.grad_fn


def saved_input_overwritten(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    a = x * 2
    b = a * a
    a.add_(1)
    b.sum().backward()


def saved_output_overwritten(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x.exp()
    z = y * 1
    y.add_(1)
    z.sum().backward()


def unsaved_input_overwritten(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    a = x * 2
    b = a + 1
    a.add_(1)
    b.sum().backward()
    return x.grad


def overwritten_parameter_between_forward_and_backward(torch: Any) -> Any:
    w = torch.ones(2, requires_grad=True)
    y = w * w
    with torch.no_grad():
        w.sub_(0.1)
    y.sum().backward()


def in_place_result_that_is_saved(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).exp_()
    y.sum().backward()
    return x.grad


def in_place_on_a_tensor_that_needed_no_gradient(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    a = torch.zeros(2)
    a += x
    a.sum().backward()
    return x.grad, a.requires_grad, a.is_leaf


# -- hooks -------------------------------------------------------------------------------------------------------------


def hook_on_a_leaf_replaces_the_gradient(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: g * 10)
    (x * 2).sum().backward()
    return x.grad


def hook_sees_the_sum_of_all_paths_once(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    seen: list[Any] = []
    x.register_hook(lambda g: seen.append(g.clone()))
    (x * 2 + x * 3).sum().backward()
    return seen


def hook_on_a_non_leaf(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.register_hook(lambda g: g + 1)
    (y * 3).sum().backward()
    return x.grad


def removed_hook(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    handle = x.register_hook(lambda g: g * 10)
    handle.remove()
    x.sum().backward()
    return x.grad


def hook_on_a_tensor_without_grad(torch: Any) -> Any:
    torch.ones(2).register_hook(lambda g: g)


def retained_grad(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * y).sum().backward()
    return y.grad, y.retains_grad, x.retains_grad


def retain_grad_without_grad(torch: Any) -> Any:
    torch.ones(2).retain_grad()


def node_hooks(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    seen: list[Any] = []
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(("post", len(inputs), outputs[0].tolist())))
    y.grad_fn.register_prehook(lambda outputs: seen.append(("pre", outputs[0].tolist())))
    y.sum().backward()
    return seen


def post_accumulate_hook(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    seen: list[Any] = []
    x.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist()))
    (x * 2).sum().backward()
    (x * 2).sum().backward()
    return seen


def order_of_hooks(torch: Any) -> Any:
    x, w = torch.ones(1, requires_grad=True), torch.ones(1, requires_grad=True)
    seen: list[str] = []
    for name, t in (("x", x), ("w", w)):
        t.register_hook(lambda g, name=name: seen.append(name))
    a = x * 2
    b = a * w
    for name, t in (("a", a), ("b", b)):
        t.register_hook(lambda g, name=name: seen.append(name))
    (b + a).sum().backward()
    return seen


def hook_of_a_wrong_shape(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    x.register_hook(lambda g: torch.ones(3))
    (x * 2).sum().backward()


def exception_in_a_hook_leaves_gradients_alone(torch: Any) -> Any:
    x, w = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)

    def fail(g: Any) -> None:
        raise KeyError("no")

    y = x * w
    y.register_hook(fail)
    try:
        y.sum().backward()
    except KeyError as error:
        return str(error), x.grad, w.grad
    return None


# -- several outputs ---------------------------------------------------------------------------------------------------


def one_output_of_unbind(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    a, _, c = x
    (a * c).backward()
    return x.grad, a.grad_fn, a.output_nr, c.output_nr


def values_of_max(torch: Any) -> Any:
    x = torch.tensor([[1.0, 5.0], [7.0, 2.0]], requires_grad=True)
    values, indices = x.max(dim=1)
    values.sum().backward()
    return x.grad, indices, values.grad_fn, indices.requires_grad


def split_parts(torch: Any) -> Any:
    x = torch.arange(5.0, requires_grad=True)
    a, b, c = x.split(2)
    (a.sum() * b.sum()).backward()
    return x.grad, c.output_nr, c.grad_fn


# -- Variable ---------------------------------------------------------------------------------------------------------


def variable_with_a_gradient(torch: Any) -> Any:
    x = torch.autograd.Variable(torch.ones(2), requires_grad=True)
    (x * x).sum().backward()
    return x, x.grad, isinstance(x, torch.autograd.Variable), isinstance(torch.ones(1), torch.autograd.Variable)


def variable_is_cut_off_from_history(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return torch.autograd.Variable(x * 2), torch.autograd.Variable(x), torch.autograd.Variable()


def variable_of_a_list(torch: Any) -> Any:
    torch.autograd.Variable([1.0])


def variable_of_integers_with_a_gradient(torch: Any) -> Any:
    torch.autograd.Variable(torch.arange(2), requires_grad=True)


def volatile_variable(torch: Any) -> Any:
    return torch.autograd.Variable(torch.ones(2), volatile=True)
