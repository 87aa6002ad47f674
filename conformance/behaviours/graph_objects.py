"""autograd.graph: edges, saved tensors and their hooks, hooks on several gradients, nodes as a type."""

from __future__ import annotations

from typing import Any


def graph_of(lib: Any) -> Any:
    return lib.autograd.graph


def chain(lib: Any) -> Any:
    x = lib.ones(2, requires_grad=True)
    y = x * 2
    return x, y, (y * y).sum()


# -- gradient edges ---------------------------------------------------------------------------------------------------


def edge_of_a_result(torch: Any) -> Any:
    _, y, _ = chain(torch)
    edge = graph_of(torch).get_gradient_edge(y)
    return edge.node is y.grad_fn, edge.output_nr, edge.ownership_token, edge._fields


def edge_of_a_leaf(torch: Any) -> Any:
    x, _, _ = chain(torch)
    edge = graph_of(torch).get_gradient_edge(x)
    return edge.node, edge.node.variable is x, edge.output_nr


def edge_of_one_of_several_results(torch: Any) -> Any:
    x = torch.arange(4.0, requires_grad=True)
    a, b = x.split(2)
    edge = graph_of(torch).get_gradient_edge(b)
    return edge.output_nr, torch.autograd.grad((a + b * b).sum(), edge), torch.autograd.grad(edge, x, torch.ones(2))


def edge_of_a_tensor_without_gradient(torch: Any) -> Any:
    graph_of(torch).get_gradient_edge(torch.ones(2))


def gradient_at_an_edge(torch: Any) -> Any:
    _, y, z = chain(torch)
    return torch.autograd.grad(z, graph_of(torch).get_gradient_edge(y))


def gradient_at_a_leaf_edge(torch: Any) -> Any:
    x, _, z = chain(torch)
    return torch.autograd.grad(z, graph_of(torch).get_gradient_edge(x))


def gradient_at_edges_and_tensors(torch: Any) -> Any:
    x, y, z = chain(torch)
    return torch.autograd.grad(z, [x, graph_of(torch).get_gradient_edge(y)])


def gradient_at_an_edge_after_the_tensor_is_gone(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * 2
    z = (y * y).sum()
    edge = graph_of(torch).get_gradient_edge(y)
    del y
    return torch.autograd.grad(z, edge)


def gradient_from_an_edge(torch: Any) -> Any:
    x, _, z = chain(torch)
    return torch.autograd.grad(graph_of(torch).get_gradient_edge(z), x)


def gradient_from_an_edge_of_several_elements(torch: Any) -> Any:
    x, y, _ = chain(torch)
    torch.autograd.grad(graph_of(torch).get_gradient_edge(y), x)


def gradient_from_an_edge_with_a_cotangent(torch: Any) -> Any:
    x, y, _ = chain(torch)
    return torch.autograd.grad(graph_of(torch).get_gradient_edge(y), x, torch.ones(2))


def gradient_from_an_edge_with_a_wrong_cotangent(torch: Any) -> Any:
    x, y, _ = chain(torch)
    torch.autograd.grad(graph_of(torch).get_gradient_edge(y), x, torch.ones(3))


def backward_into_a_leaf_edge(torch: Any) -> Any:
    x, _, z = chain(torch)
    z.backward(inputs=[graph_of(torch).get_gradient_edge(x)])
    return x.grad


def backward_into_an_edge_of_a_result(torch: Any) -> Any:
    x, y, z = chain(torch)
    z.backward(inputs=[graph_of(torch).get_gradient_edge(y)])
    return x.grad, y.grad


def backward_from_an_edge(torch: Any) -> Any:
    x, y, _ = chain(torch)
    torch.autograd.backward(graph_of(torch).get_gradient_edge(y), torch.ones(2))
    return x.grad


def unused_edge(torch: Any) -> Any:
    x, y, _ = chain(torch)
    torch.autograd.grad(x.sum(), graph_of(torch).get_gradient_edge(y))


def unused_edge_allowed(torch: Any) -> Any:
    x, y, _ = chain(torch)
    return torch.autograd.grad(x.sum(), graph_of(torch).get_gradient_edge(y), allow_unused=True)


def unused_edge_materialized(torch: Any) -> Any:
    x, y, _ = chain(torch)
    torch.autograd.grad(x.sum(), graph_of(torch).get_gradient_edge(y), materialize_grads=True)


def edge_with_create_graph(torch: Any) -> Any:
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    (g,) = torch.autograd.grad(y**2, graph_of(torch).get_gradient_edge(y), create_graph=True)
    return g, torch.autograd.grad(g, x)


# -- nodes as a type --------------------------------------------------------------------------------------------------


def nodes_are_instances(torch: Any) -> Any:
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return g * 2

    x, _, z = chain(torch)
    nodes = z.grad_fn, z.grad_fn.next_functions[0][0], graph_of(torch).get_gradient_edge(x).node
    return [isinstance(n, graph_of(torch).Node) for n in (*nodes, Double.apply(x).grad_fn, 3, x)]


def nodes_are_a_subclass(torch: Any) -> Any:
    return issubclass(type(chain(torch)[2].grad_fn), graph_of(torch).Node)


def node_is_abstract(torch: Any) -> Any:
    try:
        graph_of(torch).Node()
    except TypeError as error:
        return str(error).startswith("Can't instantiate abstract class Node")


# -- what nodes save --------------------------------------------------------------------------------------------------


def saved(node: Any, *names: str) -> Any:
    return [getattr(node, "_saved_" + name) for name in names]


def saved_by_pointwise_operators(torch: Any) -> Any:
    x, y = torch.tensor([1.0, 2.0], requires_grad=True), torch.tensor([3.0, 4.0], requires_grad=True)
    return [
        saved((x * y).grad_fn, "self", "other"),
        saved((x / y).grad_fn, "self", "other"),
        saved((x + y).grad_fn, "alpha"),
        saved((x**2).grad_fn, "self", "exponent"),
        saved((x**y).grad_fn, "self", "exponent", "result"),
        saved((2**x).grad_fn, "self", "exponent", "result"),
        saved(x.maximum(y).grad_fn, "self", "other"),
        saved(x.exp().grad_fn, "result"),
        saved(x.log().grad_fn, "self"),
        saved(x.clamp(0, 1).grad_fn, "self", "min", "max"),
        saved(torch.where(x > 1, x, y).grad_fn, "condition"),
        saved(torch.nn.functional.leaky_relu(x).grad_fn, "self", "negative_slope"),
    ]


def saved_by_reductions(torch: Any) -> Any:
    x = torch.tensor([[1.0, 2.0], [0.5, 3.0]], requires_grad=True)
    return [
        saved(x.sum().grad_fn, "self_sym_sizes"),
        saved(x.sum(1).grad_fn, "self_sym_sizes", "dim"),
        saved(x.max().grad_fn, "self", "result"),
        saved(x.max(1)[0].grad_fn, "dim", "self_sym_sizes"),
        saved(x.prod(1).grad_fn, "self", "result", "dim"),
        saved(x.logsumexp(1).grad_fn, "self", "result", "dim"),
        saved(x.softmax(1).grad_fn, "result", "dim"),
        saved(x.cumprod(0).grad_fn, "self", "result", "dim"),
    ]


def saved_by_products(torch: Any) -> Any:
    x, y = torch.tensor([[1.0, 2.0], [0.5, 3.0]], requires_grad=True), torch.eye(2, requires_grad=True)
    return [
        saved((x @ y).grad_fn, "self", "mat2", "self_sym_sizes", "mat2_sym_sizes"),
        saved((x @ y[0]).grad_fn, "self", "vec"),
        saved((x[0] @ y[0]).grad_fn, "self", "tensor"),
        saved(torch.addmm(x, x, y).grad_fn, "mat1", "mat2", "alpha", "beta"),
        saved(x.addcmul(y, y).grad_fn, "tensor1", "tensor2", "value"),
    ]


def saved_by_shape_and_index_operators(torch: Any) -> Any:
    x = torch.tensor([[1.0, 2.0], [0.5, 3.0]], requires_grad=True)
    return [
        saved(x.view(4).grad_fn, "self_sym_sizes"),
        saved(x.transpose(0, 1).grad_fn, "dim0", "dim1"),
        saved(x.permute(1, 0).grad_fn, "dims"),
        saved(x[0].grad_fn, "dim", "index", "self_sym_sizes"),
        saved(x.narrow(0, 0, 1).grad_fn, "dim", "start", "end", "step"),
        saved(x.gather(1, torch.tensor([[0], [1]])).grad_fn, "dim", "index"),
        saved(x.index_select(0, torch.tensor([0])).grad_fn, "dim", "index"),
        saved(torch.cat([x, x]).grad_fn, "dim"),
        saved(x.masked_fill(x > 1, 0.0).grad_fn, "mask"),
        saved(x.diagonal().grad_fn, "offset", "dim1", "dim2"),
    ]


def saved_only_if_needed(torch: Any) -> Any:
    return saved((torch.ones(2, requires_grad=True) * torch.ones(2)).grad_fn, "self", "other")


def saved_input_is_the_tensor(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    return (x * x).grad_fn._saved_self is x


def saved_result_knows_its_node(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True).exp()
    found = y.grad_fn._saved_result
    return found, found.grad_fn is y.grad_fn


def saved_after_backward(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True).exp()
    y.sum().backward()
    return y.grad_fn._saved_result


def saved_and_overwritten(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True) * 1
    y = x * x
    x.add_(1)
    return y.grad_fn._saved_self


def saved_that_is_not_there(torch: Any) -> Any:
    return hasattr(torch.ones(2, requires_grad=True).exp().grad_fn, "_saved_nothing")


def raw_saved_takes_hooks(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * x
    y.grad_fn._raw_saved_self.register_hooks(lambda t: t, lambda t: t * 10)
    y.sum().backward()
    return x.grad


def raw_saved_takes_hooks_once(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True).exp()
    raw = y.grad_fn._raw_saved_result
    raw.register_hooks(lambda t: t, lambda t: t * 10)
    raw.register_hooks(lambda t: t, lambda t: t * 10)


def raw_saved_after_backward(torch: Any) -> Any:
    y = torch.ones(2, requires_grad=True).exp()
    raw = y.grad_fn._raw_saved_result
    y.sum().backward()
    raw.register_hooks(lambda t: t, lambda t: t)


def raw_saved_name(torch: Any) -> Any:
    return type(torch.ones(2, requires_grad=True).exp().grad_fn._raw_saved_result).__name__


# -- hooks on what is saved -------------------------------------------------------------------------------------------


def counted_hooks(torch: Any, program: Any) -> Any:
    """How often a program packs and unpacks, and what it returns."""
    seen: list[str] = []

    def pack(t: Any) -> Any:
        seen.append("pack")
        return t.detach().clone()

    def unpack(t: Any) -> Any:
        seen.append("unpack")
        return t

    result = program(graph_of(torch).saved_tensors_hooks(pack, unpack))
    return seen, result


def hooks_on_operators(torch: Any) -> Any:
    def program(hooks: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with hooks:
            y = (x * x).exp().tanh()
        y.sum().backward()
        return x.grad

    return counted_hooks(torch, program)


def hooks_on_a_custom_function(torch: Any) -> Any:
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return 2 * g * ctx.saved_tensors[0]

    def program(hooks: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with hooks:
            y = Square.apply(x)
        y.sum().backward()
        return x.grad

    return counted_hooks(torch, program)


def hooks_and_a_second_backward(torch: Any) -> Any:
    def program(hooks: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with hooks:
            y = x.exp()
        y.sum().backward(retain_graph=True)
        y.sum().backward()
        return x.grad

    return counted_hooks(torch, program)


def hooks_and_a_freed_graph(torch: Any) -> Any:
    def program(hooks: Any) -> Any:
        x = torch.ones(2, requires_grad=True)
        with hooks:
            y = x.exp()
        y.sum().backward()
        y.sum().backward()

    return counted_hooks(torch, program)


def hooks_and_second_derivatives(torch: Any) -> Any:
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    with graph_of(torch).saved_tensors_hooks(lambda t: t.detach().clone(), lambda t: t):
        y = (x * x).exp() * x
    (g,) = torch.autograd.grad(y.sum(), x, create_graph=True)
    return g.detach(), torch.autograd.grad(g.sum(), x)


def hooks_that_change_values(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).saved_tensors_hooks(lambda t: t, lambda t: t * 10):
        y = x * x
    y.sum().backward()
    return x.grad


def hooks_that_keep_something_else(torch: Any) -> Any:
    kept: list[Any] = []

    def pack(t: Any) -> int:
        kept.append(t.detach().clone())
        return len(kept) - 1

    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).saved_tensors_hooks(pack, lambda i: kept[i]):
        y = x.exp().sin()
    y.sum().backward()
    return len(kept), x.grad


def hooks_see_the_input_and_do_not_record(torch: Any) -> Any:
    seen: list[Any] = []

    def pack(t: Any) -> Any:
        seen.append((t.requires_grad, t.is_leaf, torch.is_grad_enabled()))
        return t

    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).saved_tensors_hooks(pack, lambda t: t):
        x.sin().cos()
    return seen


def inner_hooks_win(torch: Any) -> Any:
    seen: list[str] = []

    def hooks(name: str) -> Any:
        return graph_of(torch).saved_tensors_hooks(lambda t: seen.append(name) or t, lambda t: t)

    x = torch.ones(2, requires_grad=True)
    with hooks("outer"):
        x.exp()
        with hooks("inner"):
            x.exp()
        x.exp()
    x.exp()
    return seen


def hooks_without_recording(torch: Any) -> Any:
    def program(hooks: Any) -> Any:
        with hooks, torch.no_grad():
            return torch.ones(2, requires_grad=True).exp()

    return counted_hooks(torch, program)


def unpack_that_gives_no_tensor(torch: Any) -> Any:
    with graph_of(torch).saved_tensors_hooks(lambda t: t, lambda t: 5):
        y = torch.ones(2, requires_grad=True).exp()
    y.sum().backward()


def pack_that_writes(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).saved_tensors_hooks(lambda t: t.mul_(2), lambda t: t):
        x.sin()


def pack_that_fails(torch: Any) -> Any:
    with graph_of(torch).saved_tensors_hooks(lambda t: 1 / 0, lambda t: t):
        torch.ones(2, requires_grad=True).sin()


def hooks_where_they_are_disabled(torch: Any) -> Any:
    with graph_of(torch).disable_saved_tensors_hooks("no hooks here"):
        with graph_of(torch).saved_tensors_hooks(lambda t: t, lambda t: t):
            pass


def disabled_where_there_are_hooks(torch: Any) -> Any:
    with graph_of(torch).saved_tensors_hooks(lambda t: t, lambda t: t):
        with graph_of(torch).disable_saved_tensors_hooks("no hooks here"):
            pass


def disabled_twice(torch: Any) -> Any:
    with graph_of(torch).disable_saved_tensors_hooks("outer"):
        with graph_of(torch).disable_saved_tensors_hooks("inner"):
            pass
        with graph_of(torch).saved_tensors_hooks(lambda t: t, lambda t: t):
            pass


def saved_on_cpu(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).save_on_cpu():
        y = x.exp() * x
    y.sum().backward()
    return x.grad


def mutation_of_saved_tensors(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).allow_mutation_on_saved_tensors():
        y = x * 1
        z = y.sin()
        y.mul_(5)
        z.sum().backward()
    return x.grad


def mutation_and_backward_outside(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    with graph_of(torch).allow_mutation_on_saved_tensors():
        y = x * 1
        z = y.sin()
        y.mul_(5)
    z.sum().backward()


def mutation_nested(torch: Any) -> Any:
    with graph_of(torch).allow_mutation_on_saved_tensors(), graph_of(torch).allow_mutation_on_saved_tensors():
        pass


# -- hooks on several gradients ---------------------------------------------------------------------------------------


def several(torch: Any, mode: str, *programs: Any) -> Any:
    tensors = [torch.ones(2, requires_grad=True) for _ in range(3)]
    seen: list[Any] = []
    handle = graph_of(torch).register_multi_grad_hook(tensors, seen.append, mode=mode)
    for program in programs:
        program(*tensors)
    handle.remove()
    tensors[0].sum().backward()
    return seen


def all_gradients_of_a_pass(torch: Any) -> Any:
    return several(torch, "all", lambda a, b, c: (a * b * c).sum().backward())


def gradients_of_part_of_them(torch: Any) -> Any:
    return several(torch, "all", lambda a, b, c: (a * b * 2).sum().backward())


def gradients_of_two_passes(torch: Any) -> Any:
    return several(
        torch, "all", lambda a, b, c: (a * b).sum().backward(), lambda a, b, c: (a * b * c * 3).sum().backward()
    )


def gradients_under_inputs(torch: Any) -> Any:
    return several(torch, "all", lambda a, b, c: (a * b * 2).sum().backward(inputs=[a]))


def any_gradient(torch: Any) -> Any:
    def once(a: Any, b: Any, c: Any) -> None:
        (a * b * c).sum().backward()

    return several(torch, "any", once, once)


def gradients_of_results(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y, z = x * 2, x.exp()
    seen: list[Any] = []
    graph_of(torch).register_multi_grad_hook((y, z), seen.append)
    (y * z).sum().backward()
    return seen


def gradients_of_a_tensor_without(torch: Any) -> Any:
    graph_of(torch).register_multi_grad_hook((torch.ones(2),), print)


def gradients_in_another_mode(torch: Any) -> Any:
    graph_of(torch).register_multi_grad_hook((torch.ones(2, requires_grad=True),), print, mode="some")


# -- versions ---------------------------------------------------------------------------------------------------------


def incremented_version(torch: Any) -> Any:
    x = torch.ones(2)
    graph_of(torch).increment_version(x)
    graph_of(torch).increment_version([x, x])
    return x._version


def incremented_version_of_a_saved_tensor(torch: Any) -> Any:
    x = torch.ones(2, requires_grad=True)
    y = x * x
    graph_of(torch).increment_version(x)
    y.sum().backward()


def hooks_of_leaves_outside_of_inputs(torch: Any) -> Any:
    a, b = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    seen: list[str] = []
    a.register_hook(lambda g: seen.append("a"))
    b.register_hook(lambda g: seen.append("b"))
    (a * b).sum().backward(inputs=[a])
    torch.autograd.grad((a * b).sum(), b)
    return seen
