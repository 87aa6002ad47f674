"""torch.func: grad, vjp, jvp, jacrev, jacfwd, hessian, linearize, functional_call."""

from __future__ import annotations

from typing import Any


def vector(torch: Any, *values: float, **more: Any) -> Any:
    return torch.tensor(values or (0.5, 1.0, 2.0), **more)


def plain(results: Any) -> Any:
    """Without the histories, whose node names are nobody's promise."""
    if isinstance(results, (tuple, list)):
        return [plain(r) for r in results]
    return results.detach()


# -- grad --------------------------------------------------------------------------------------------------------------


def grad_of_a_sum(torch: Any) -> Any:
    return torch.func.grad(lambda x: (x**2).sum())(vector(torch))


def grad_of_grad(torch: Any) -> Any:
    f = torch.func.grad(torch.func.grad(torch.sin))
    return f(torch.tensor(0.3)), torch.func.grad(f)(torch.tensor(0.3))


def grad_of_a_vector(torch: Any) -> Any:
    return torch.func.grad(lambda x: x)(vector(torch))


def grad_of_a_tuple(torch: Any) -> Any:
    return torch.func.grad(lambda x: (x, x))(torch.tensor(1.0))


def grad_of_a_number(torch: Any) -> Any:
    return torch.func.grad(lambda x: 3.0)(torch.tensor(1.0))


def grad_by_integers(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.sum())(torch.arange(3))


def grad_by_the_second(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.grad(lambda x, y: (x * y**2).sum(), argnums=1)(x, x + 1)


def grad_by_both(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.grad(lambda x, y: (x * y**2).sum(), argnums=(0, 1))(x, x + 1)


def grad_by_the_last(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.grad(lambda x, y: (x * y**2).sum(), argnums=-1)(x, x + 1)


def argnum_out_of_range(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.sum(), argnums=2)(vector(torch))


def argnum_twice(torch: Any) -> Any:
    return torch.func.grad(lambda x, y: x.sum(), argnums=(0, 0))(vector(torch), vector(torch))


def argnum_of_a_wrong_type(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.sum(), argnums="x")(vector(torch))


def argnums_empty(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.sum(), argnums=())(vector(torch))


def grad_by_a_dictionary(torch: Any) -> Any:
    p = {"w": vector(torch), "b": torch.tensor(1.0)}
    return torch.func.grad(lambda p, x: (p["w"] * x + p["b"]).sum())(p, vector(torch))


def grad_by_a_nested_list(torch: Any) -> Any:
    p = [vector(torch), (torch.tensor(1.0), [torch.tensor(2.0)])]
    return torch.func.grad(lambda p: (p[0] * p[1][0] * p[1][1][0]).sum())(p)


def grad_with_aux(torch: Any) -> Any:
    return torch.func.grad(lambda x: ((x**2).sum(), x * 3), has_aux=True)(vector(torch))


def grad_with_aux_of_containers(torch: Any) -> Any:
    return torch.func.grad(lambda x: ((x**2).sum(), {"y": x * 3, "z": [x]}), has_aux=True)(vector(torch))


def grad_with_aux_missing(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.sum(), has_aux=True)(vector(torch))


def grad_and_value(torch: Any) -> Any:
    return torch.func.grad_and_value(lambda x: (x**2).sum())(vector(torch))


def grad_and_value_with_aux(torch: Any) -> Any:
    return torch.func.grad_and_value(lambda x: ((x**2).sum(), x + 1), has_aux=True)(vector(torch))


def keywords_pass_through(torch: Any) -> Any:
    return torch.func.grad(lambda x, *, k: (x**k).sum())(vector(torch), k=3)


def unused_argument(torch: Any) -> Any:
    return torch.func.grad(lambda x, y: x.sum(), argnums=(0, 1))(vector(torch), vector(torch))


def constant_function(torch: Any) -> Any:
    return torch.func.grad(lambda x: torch.tensor(3.0))(vector(torch))


def detached_inside(torch: Any) -> Any:
    return torch.func.grad(lambda x: (x.detach() * x).sum())(vector(torch))


def under_no_grad(torch: Any) -> Any:
    with torch.no_grad():
        return torch.func.grad(lambda x: (x**2).sum())(vector(torch))


def no_grad_inside(torch: Any) -> Any:
    def f(x: Any) -> Any:
        with torch.no_grad():
            y = x**2
        return (x - y).sum()

    return torch.func.grad(f)(vector(torch))


def arguments_are_untouched(torch: Any) -> Any:
    x = vector(torch, requires_grad=True)
    torch.func.grad(lambda x: (x**2).sum())(x)
    return x.grad is None, x.requires_grad, x.is_leaf


def result_is_differentiable_by_the_argument(torch: Any) -> Any:
    x = vector(torch, requires_grad=True)
    g = torch.func.grad(lambda x: (x**3).sum())(x)
    g.sum().backward()
    return g.requires_grad, x.grad


def result_is_differentiable_by_what_is_captured(torch: Any) -> Any:
    w = vector(torch, requires_grad=True)
    g = torch.func.grad(lambda x: (x**3 * w).sum())(vector(torch))
    g.sum().backward()
    return g.requires_grad, w.grad


def result_of_constants_has_no_history(torch: Any) -> Any:
    g = torch.func.grad(lambda x: (x**3).sum())(vector(torch))
    return g.requires_grad, g.is_leaf


def value_is_differentiable_too(torch: Any) -> Any:
    w = vector(torch, requires_grad=True)
    _, value = torch.func.grad_and_value(lambda x: (x * w).sum())(vector(torch))
    value.backward()
    return w.grad


def value_has_no_history_otherwise(torch: Any) -> Any:
    _, value = torch.func.grad_and_value(lambda x: (x * 2).sum())(vector(torch))
    return value.requires_grad


def autograd_grad_inside(torch: Any) -> Any:
    def f(x: Any) -> Any:
        return torch.autograd.grad((x**3).sum(), x, create_graph=True)[0].sum()

    return torch.func.grad(f)(vector(torch))


def in_place_on_an_intermediate(torch: Any) -> Any:
    def f(x: Any) -> Any:
        y = x * 2
        y.mul_(x)
        y[0] = 0
        return y.sum()

    return torch.func.grad(f)(vector(torch))


def in_place_on_the_argument(torch: Any) -> Any:
    return torch.func.grad(lambda x: x.add_(1).sum())(vector(torch))


def in_place_on_a_view_of_the_argument(torch: Any) -> Any:
    return torch.func.grad(lambda x: (x.view_as(x).mul_(2) * x).sum())(vector(torch))


def not_callable(torch: Any) -> Any:
    return torch.func.grad(3)(vector(torch))


def errors_inside_pass_through(torch: Any) -> Any:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    try:
        torch.func.grad(f)(vector(torch))
    except KeyError as error:
        return str(error), torch.is_grad_enabled()


def grad_mode_is_restored_after_errors(torch: Any) -> Any:
    def f(x: Any) -> Any:
        raise KeyError("mine")

    with torch.no_grad():
        try:
            torch.func.grad(f)(vector(torch))
        except KeyError:
            return torch.is_grad_enabled()


# -- vjp ---------------------------------------------------------------------------------------------------------------


def vjp_of_one(torch: Any) -> Any:
    y, pull = torch.func.vjp(torch.sin, vector(torch))
    return y, pull(torch.ones(3)), pull(vector(torch))


def vjp_of_several(torch: Any) -> Any:
    y, pull = torch.func.vjp(lambda a, b: (a * b, a.sum()), vector(torch), vector(torch))
    return y, pull((torch.ones(3), torch.tensor(2.0)))


def vjp_of_a_dictionary(torch: Any) -> Any:
    y, pull = torch.func.vjp(lambda x: {"a": x * 2, "b": x.sum()}, vector(torch))
    return y, pull({"a": torch.ones(3), "b": torch.tensor(1.0)})


def vjp_with_aux(torch: Any) -> Any:
    y, pull, aux = torch.func.vjp(lambda x: (x * 2, x + 1), vector(torch), has_aux=True)
    return y, pull(torch.ones(3)), aux


def vjp_with_cotangent_of_another_shape(torch: Any) -> Any:
    _, pull = torch.func.vjp(lambda x: x * 2, vector(torch))
    return pull(torch.ones(2))


def vjp_with_cotangent_of_another_structure(torch: Any) -> Any:
    _, pull = torch.func.vjp(lambda x: (x * 2, x), vector(torch))
    return pull(torch.ones(3))


def vjp_of_no_tensor(torch: Any) -> Any:
    return torch.func.vjp(lambda x: 3, vector(torch))


def vjp_of_vjp(torch: Any) -> Any:
    def f(x: Any) -> Any:
        return torch.func.vjp(lambda x: x**3, x)[1](torch.ones(3))[0]

    y, pull = torch.func.vjp(f, vector(torch))
    return y, pull(torch.ones(3))


def vjp_without_dependence(torch: Any) -> Any:
    _, pull = torch.func.vjp(lambda x: torch.ones(2), vector(torch))
    return pull(torch.ones(2))


# -- jvp ---------------------------------------------------------------------------------------------------------------


def jvp_of_one(torch: Any) -> Any:
    return torch.func.jvp(torch.sin, (vector(torch),), (torch.ones(3),))


def jvp_of_several(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.jvp(lambda a, b: (a * 2, {"p": a * b}), (x, x), (x, torch.ones(3)))


def jvp_with_aux(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.jvp(lambda x: (x * 2, x), (x,), (x,), has_aux=True)


def jvp_of_jvp(torch: Any) -> Any:
    one = torch.tensor(1.0)

    def first(x: Any) -> Any:
        return torch.func.jvp(lambda x: x**3 * x.exp(), (x,), (one,))[1]

    return torch.func.jvp(first, (torch.tensor(2.0),), (one,))


def perturbations_are_kept_apart(torch: Any) -> Any:
    def f(x: Any) -> Any:
        shift = torch.func.jvp(lambda y: x + y, (torch.tensor(1.0),), (torch.tensor(1.0),))[1]
        return x * shift

    return torch.func.jvp(f, (torch.tensor(1.0),), (torch.tensor(1.0),))


def jvp_primals_no_tuple(torch: Any) -> Any:
    return torch.func.jvp(lambda x: x, vector(torch), vector(torch))


def jvp_structures_differ(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.jvp(lambda x: x, (x,), [x])


def jvp_shapes_differ(torch: Any) -> Any:
    return torch.func.jvp(lambda x: x, (vector(torch),), (torch.ones(2),))


def jvp_of_integers(torch: Any) -> Any:
    return torch.func.jvp(lambda x: x, (torch.arange(3),), (torch.ones(3),))


def jvp_without_dependence(torch: Any) -> Any:
    return torch.func.jvp(lambda x: torch.ones(2), (vector(torch),), (vector(torch),))


def jvp_strict(torch: Any) -> Any:
    return torch.func.jvp(lambda x: torch.ones(2), (vector(torch),), (vector(torch),), strict=True)


def jvp_of_a_number(torch: Any) -> Any:
    return torch.func.jvp(lambda x: 3, (vector(torch),), (vector(torch),))


def jvp_of_grad(torch: Any) -> Any:
    f = torch.func.grad(lambda x: (x**3).sum() * x[0])
    return torch.func.jvp(f, (vector(torch),), (torch.ones(3),))


def grad_of_jvp(torch: Any) -> Any:
    def f(x: Any) -> Any:
        return torch.func.jvp(lambda x: (x**3).sum() * x[0], (x,), (torch.ones(3),))[1]

    return torch.func.grad(f)(vector(torch))


def jvp_records_for_the_outside(torch: Any) -> Any:
    w = vector(torch, requires_grad=True)
    _, tangent = torch.func.jvp(lambda x: x**2 * w, (vector(torch),), (torch.ones(3),))
    tangent.sum().backward()
    return w.grad


# -- linearize ---------------------------------------------------------------------------------------------------------


def linearize(torch: Any) -> Any:
    y, f = torch.func.linearize(lambda x: x.sin() * x, vector(torch))
    return y, f(torch.ones(3)), f(vector(torch))


def linearize_of_several(torch: Any) -> Any:
    y, f = torch.func.linearize(lambda a, b: (a * b, a.sum()), vector(torch), vector(torch))
    return y, f(torch.ones(3), torch.zeros(3))


def linearize_with_another_shape(torch: Any) -> Any:
    return torch.func.linearize(torch.sin, vector(torch))[1](torch.ones(2))


def linearize_with_another_type(torch: Any) -> Any:
    return torch.func.linearize(torch.sin, vector(torch))[1](torch.ones(3, dtype=torch.float64))


# -- Jacobians ---------------------------------------------------------------------------------------------------------


def jacrev_of_a_vector(torch: Any) -> Any:
    return torch.func.jacrev(lambda x: x.sin() * x.sum())(vector(torch))


def jacfwd_of_a_vector(torch: Any) -> Any:
    return torch.func.jacfwd(lambda x: x.sin() * x.sum())(vector(torch))


def jacobians_of_matrices(torch: Any) -> Any:
    x = torch.arange(6.0).reshape(2, 3)
    f = lambda x: (x @ x.T).tanh()
    return torch.func.jacrev(f)(x), torch.func.jacfwd(f)(x)


def jacobians_by_both(torch: Any) -> Any:
    x = vector(torch)
    f = lambda a, b: (a * b, a.sum())
    return torch.func.jacrev(f, argnums=(0, 1))(x, x), torch.func.jacfwd(f, argnums=(0, 1))(x, x)


def jacobians_of_dictionaries(torch: Any) -> Any:
    f = lambda p: {"y": p["a"] * p["b"].sum()}
    p = {"a": vector(torch), "b": vector(torch, 1.0, 2.0)}
    return torch.func.jacrev(f)(p), torch.func.jacfwd(f)(p)


def jacobians_with_aux(torch: Any) -> Any:
    f = lambda x: (x * 2, x + 1)
    return torch.func.jacrev(f, has_aux=True)(vector(torch)), torch.func.jacfwd(f, has_aux=True)(vector(torch))


def jacrev_of_no_tensor(torch: Any) -> Any:
    return torch.func.jacrev(lambda x: 3)(vector(torch))


def jacfwd_of_no_tensor(torch: Any) -> Any:
    return torch.func.jacfwd(lambda x: 3)(vector(torch))


def jacrev_in_chunks(torch: Any) -> Any:
    return [torch.func.jacrev(lambda x: x**2 * x.sum(), chunk_size=n)(vector(torch)) for n in (1, 2, 3, 10)]


def jacrev_in_chunks_of_nothing(torch: Any) -> Any:
    return torch.func.jacrev(lambda x: x, chunk_size=0)


def jacobians_of_constants(torch: Any) -> Any:
    f = lambda x: torch.ones(2)
    return torch.func.jacrev(f)(vector(torch)), torch.func.jacfwd(f)(vector(torch))


def jacobians_nest(torch: Any) -> Any:
    f = lambda x: (x**3).sum()
    rev, fwd = torch.func.jacrev, torch.func.jacfwd
    return [outer(inner(f))(vector(torch)) for outer in (rev, fwd) for inner in (rev, fwd)]


def hessian(torch: Any) -> Any:
    return torch.func.hessian(lambda x: (x[1:] - x[:-1] ** 2).pow(2).sum())(vector(torch))


def hessian_by_both(torch: Any) -> Any:
    x = vector(torch)
    return torch.func.hessian(lambda a, b: (a**2 * b).sum(), argnums=(0, 1))(x, x + 1)


def hessian_of_a_vector_function(torch: Any) -> Any:
    return torch.func.hessian(lambda x: x**3)(vector(torch))


def third_derivatives(torch: Any) -> Any:
    f = lambda x: (x**4).sum()
    return torch.func.jacfwd(torch.func.hessian(f))(vector(torch))


def jacrev_is_differentiable(torch: Any) -> Any:
    x = vector(torch, requires_grad=True)
    j = torch.func.jacrev(lambda x: x**3)(x)
    j.sum().backward()
    return x.grad


# -- modules -----------------------------------------------------------------------------------------------------------


def layer(lib: Any) -> Any:
    return lib.nn.Linear(3, 2)


def functional_call(torch: Any) -> Any:
    p = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}
    return torch.func.functional_call(layer(torch), p, (vector(torch),)), torch.func.functional_call(
        layer(torch), p, vector(torch)
    )


def functional_call_with_some(torch: Any) -> Any:
    m = layer(torch)
    return torch.func.functional_call(m, {"bias": torch.zeros(2)}, (vector(torch),)).detach()


def functional_call_leaves_the_module(torch: Any) -> Any:
    m = layer(torch)
    before = m.weight
    torch.func.functional_call(m, {"weight": torch.ones(2, 3)}, (vector(torch),))
    return m.weight is before


def functional_call_of_several_dictionaries(torch: Any) -> Any:
    p = ({"weight": torch.ones(2, 3)}, {"bias": torch.zeros(2)})
    return torch.func.functional_call(layer(torch), p, (vector(torch),))


def functional_call_with_repeated_names(torch: Any) -> Any:
    p = ({"weight": torch.ones(2, 3)}, {"weight": torch.zeros(2, 3)})
    return torch.func.functional_call(layer(torch), p, (vector(torch),))


def functional_call_strict(torch: Any) -> Any:
    return torch.func.functional_call(layer(torch), {"wait": torch.ones(2, 3)}, (vector(torch),), strict=True)


def functional_call_with_a_list(torch: Any) -> Any:
    return torch.func.functional_call(layer(torch), 3, (vector(torch),))


def grad_of_functional_call(torch: Any) -> Any:
    m = layer(torch)
    p = {"weight": torch.ones(2, 3), "bias": torch.zeros(2)}
    return torch.func.grad(lambda p: torch.func.functional_call(m, p, (vector(torch),)).pow(2).sum())(p)


def stacked_states(torch: Any) -> Any:
    p, b = torch.func.stack_module_state([layer(torch), layer(torch)])
    return {k: (v.shape, v.requires_grad, v.is_leaf) for k, v in p.items()}, b


def stacked_states_of_none(torch: Any) -> Any:
    return torch.func.stack_module_state([])


def stacked_states_of_different_modules(torch: Any) -> Any:
    return torch.func.stack_module_state([layer(torch), torch.nn.ReLU()])


def stacked_states_in_different_modes(torch: Any) -> Any:
    return torch.func.stack_module_state([layer(torch), layer(torch).eval()])


def ensemble(torch: Any) -> Any:
    models = [layer(torch) for _ in range(3)]
    params, buffers = torch.func.stack_module_state(models)

    def call(p: Any, b: Any, x: Any) -> Any:
        return torch.func.functional_call(models[0], (p, b), (x,))

    return torch.vmap(call, in_dims=(0, 0, None))(params, buffers, vector(torch)).detach()


def per_sample_gradients(torch: Any) -> Any:
    m = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
    p = {k: v.detach() for k, v in m.named_parameters()}
    x, y = torch.randn(5, 3), torch.tensor([0, 1, 1, 0, 1])

    def loss(p: Any, x: Any, y: Any) -> Any:
        out = torch.func.functional_call(m, p, (x[None],))
        return torch.nn.functional.cross_entropy(out, y[None])

    return torch.vmap(torch.func.grad(loss), in_dims=(None, 0, 0))(p, x, y)


def functionalize(torch: Any) -> Any:
    return torch.func.functionalize(lambda x: x.clone().add_(1))(vector(torch))


def functionalize_with_a_wrong_word(torch: Any) -> Any:
    return torch.func.functionalize(lambda x: x, remove="everything")(vector(torch))
