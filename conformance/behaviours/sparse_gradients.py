"""Sparse gradients of look-ups: how they are made, added up, passed on, stepped along, refused."""

from __future__ import annotations

import copy
import io
import warnings
from typing import Any

INDEX = [[1, 2], [4, 1]]


def _table(torch: Any, **kwargs: Any) -> Any:
    rows = torch.arange(15.0, dtype=torch.float64).view(5, 3) / 7 - 1
    return torch.nn.Embedding.from_pretrained(rows, freeze=False, sparse=True, **kwargs)


def _look_up(torch: Any, table: Any, *indices: Any) -> Any:
    for index in indices or (INDEX,):
        (table(torch.tensor(index)) ** 2).sum().backward()
    return table.weight.grad


def what_it_is(torch: Any) -> Any:
    g = _look_up(torch, _table(torch))
    return repr(g), g.layout, g.is_sparse, g.is_coalesced(), g._nnz(), g.shape, g.requires_grad, g.dtype, g.type()


def its_parts(torch: Any) -> Any:
    g = _look_up(torch, _table(torch))
    return g._indices(), g._indices().stride(), g._values(), g.coalesce().indices(), g.coalesce().values()


def of_broadcast_values(torch: Any) -> Any:
    table = _table(torch)
    one = torch.ones((), dtype=torch.float64).expand(2, 2, 3)
    table(torch.tensor(INDEX)).backward(one)
    g = table.weight.grad
    table(torch.tensor(INDEX)).backward(one)
    return repr(g), table.weight.grad is g


def passes_add_up(torch: Any) -> Any:
    same, sorted_, any_order = _table(torch), _table(torch), _table(torch)
    _look_up(torch, same, INDEX, INDEX)
    _look_up(torch, sorted_, [0, 2], [1, 2, 4], [2])
    _look_up(torch, any_order, [1, 2], [2, 0, 4], [4, 1, 1])
    return [repr(t.weight.grad) for t in (same, sorted_, any_order)]


def uses_add_up(torch: Any) -> Any:
    table = _table(torch)
    terms = [(table(torch.tensor(index)) ** 2).sum() for index in ([1, 2], [2, 0, 4], [4, 1, 1])]
    (terms[0] + 2 * terms[1] + 3 * terms[2]).backward()
    return repr(table.weight.grad)


def grows_no_longer_than_the_table(torch: Any) -> Any:
    table = _table(torch)
    for _ in range(2):
        table(torch.arange(5).repeat(4)).backward(torch.ones((), dtype=torch.float64).expand(20, 3))
    return repr(table.weight.grad)


def with_a_dense_one(torch: Any) -> Any:
    first, second, both = _table(torch), _table(torch), _table(torch)
    first.weight.sum().backward()
    dense = first.weight.grad
    _look_up(torch, first)
    _look_up(torch, second)
    second.weight.sum().backward()
    (both(torch.tensor(INDEX)).sum() + both.weight.sum()).backward()
    return [t.weight.grad for t in (first, second, both)], first.weight.grad is dense


def padding_has_none(torch: Any) -> Any:
    table = _table(torch, padding_idx=1)
    return repr(_look_up(torch, table)), repr(_look_up(torch, _table(torch, padding_idx=1), [1, 1]))


def no_indices(torch: Any) -> Any:
    table = _table(torch)
    table(torch.zeros(0, dtype=torch.int64)).sum().backward()
    return repr(table.weight.grad)


def by_frequency(torch: Any) -> Any:
    _look_up(torch, _table(torch, scale_grad_by_freq=True))


def returned_by_grad(torch: Any) -> Any:
    w = _table(torch).weight
    loss = torch.nn.functional.embedding(torch.tensor(INDEX), w, sparse=True).pow(2).sum()
    return repr(torch.autograd.grad(loss, w)[0]), w.grad


def differentiated_again(torch: Any) -> Any:
    table = _table(torch)
    loss = (table(torch.tensor(INDEX)) ** 3).sum()
    (g,) = torch.autograd.grad(loss, table.weight, create_graph=True)
    (h,) = torch.autograd.grad((g.to_dense() ** 2).sum(), table.weight)
    return g.requires_grad, repr(g.detach()), repr(h)


def recorded(torch: Any) -> Any:
    table = _table(torch)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a reference cycle, which torch warns of once
        (table(torch.tensor(INDEX)) ** 2).sum().backward(create_graph=True)
    return repr(table.weight.grad)


def through_simple_operators(torch: Any) -> Any:
    found = []
    for f in (lambda w: w * 2, lambda w: w.exp(), lambda w: w + 1, lambda w: w.clone(), lambda w: -w, lambda w: w / 4):
        w = _table(torch).weight
        torch.nn.functional.embedding(torch.tensor(INDEX), f(w), sparse=True).sum().backward()
        found.append(repr(w.grad))
    return found


def through_a_view(torch: Any) -> Any:
    torch.nn.functional.embedding(torch.tensor(INDEX), _table(torch).weight.view(5, 3), sparse=True).sum().backward()


def retained(torch: Any) -> Any:
    w = _table(torch).weight
    v = w * 3
    v.retain_grad()
    torch.nn.functional.embedding(torch.tensor(INDEX), v, sparse=True).pow(2).sum().backward()
    return repr(v.grad), repr(w.grad)


def hooks_see_it(torch: Any) -> Any:
    table, seen = _table(torch), []
    table.weight.register_hook(lambda g: (seen.append(g.layout), g * 2)[1])
    table.weight.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.layout))
    return repr(_look_up(torch, table)), seen


def a_hook_makes_it_dense(torch: Any) -> Any:
    table = _table(torch)

    def to_dense(g: Any) -> Any:
        return g.to_dense()

    table.weight.register_hook(to_dense)
    _look_up(torch, table)


def made_by_a_function(torch: Any) -> Any:
    class Rows(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x.sum()

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            return torch.sparse_coo_tensor(torch.tensor([[0, 3]]), g * torch.ones(2, 2), (6, 2))

    w = torch.ones(6, 2, requires_grad=True)
    Rows.apply(w).backward()
    return repr(w.grad)


def in_anomaly_mode(torch: Any) -> Any:
    with torch.autograd.detect_anomaly(check_nan=True):
        return repr(_look_up(torch, _table(torch)))


def assigned(torch: Any) -> Any:
    w = torch.ones(5, 3, requires_grad=True)
    w.grad = torch.sparse_coo_tensor(torch.tensor([[0]]), torch.ones(1, 3), (5, 3))
    return repr(w.grad)


def assigned_of_another_shape(torch: Any) -> Any:
    w = torch.ones(5, 3, requires_grad=True)
    w.grad = torch.sparse_coo_tensor(torch.tensor([[0]]), torch.ones(1, 3), (4, 3))


def set_to_zero(torch: Any) -> Any:
    table = _table(torch)
    optimizer = torch.optim.SGD(table.parameters(), lr=0.1)
    _look_up(torch, table)
    optimizer.zero_grad(set_to_none=False)
    empty = repr(table.weight.grad)
    _look_up(torch, table)
    return empty, repr(table.weight.grad)


def changed_in_place(torch: Any) -> Any:
    g = _look_up(torch, _table(torch))
    seen = [repr(g.mul_(2)), repr(g.div_(4)), repr(g.neg_()), repr(g.add_(g)), repr(g.detach_())]
    dense = torch.ones(5, 3, dtype=torch.float64).add_(g, alpha=2)
    return seen, dense, repr(dense.sparse_mask(g.coalesce())), repr(g.zero_())


def rows_of_it(torch: Any) -> Any:
    g = _look_up(torch, _table(torch))
    return g[1], g[0], g[-1], f"{g}", repr(g.to_dense().to_sparse()[1])


def a_row_that_is_not_there(torch: Any) -> Any:
    _look_up(torch, _table(torch))[5]


def as_an_array(torch: Any) -> Any:
    _look_up(torch, _table(torch)).numpy()


def of_bags(torch: Any) -> Any:
    found = []
    for mode in ("sum", "mean"):
        for kwargs in ({}, {"padding_idx": 1}):
            bags = torch.nn.EmbeddingBag.from_pretrained(
                _table(torch).weight.detach().clone(), freeze=False, mode=mode, sparse=True, **kwargs
            )
            for _ in range(2):
                (bags(torch.tensor([1, 2, 1, 4]), torch.tensor([0, 3, 3])) ** 2).sum().backward()
            found.append(repr(bags.weight.grad))
            bags.weight.grad = None
            (bags(torch.tensor(INDEX)) ** 2).sum().backward()
            found.append(repr(bags.weight.grad))
    return found


def of_weighted_bags(torch: Any) -> Any:
    bags = torch.nn.EmbeddingBag.from_pretrained(
        _table(torch).weight.detach().clone(), freeze=False, mode="sum", sparse=True
    )
    p = torch.tensor([0.5, 2.0, 3.0, 0.25], dtype=torch.float64, requires_grad=True)
    out = bags(torch.tensor([1, 2, 1, 4]), torch.tensor([0, 3, 3]), per_sample_weights=p)
    (out**2).sum().backward()
    return out, repr(bags.weight.grad), p.grad, out.grad_fn.name()


def of_bags_by_frequency(torch: Any) -> Any:
    bags = torch.nn.EmbeddingBag(5, 3, sparse=True, scale_grad_by_freq=True)
    bags(torch.tensor(INDEX)).sum().backward()


def of_largest_in_bags(torch: Any) -> Any:
    torch.nn.EmbeddingBag(5, 3, sparse=True, mode="max")(torch.tensor(INDEX))


def of_products(torch: Any) -> Any:
    found = []
    for indices in ([[0, 1, 1], [2, 0, 2]], [[0, 1, 1, 1], [2, 0, 2, 2]]):
        values = torch.arange(1.0, 1.0 + len(indices[0]))
        a = torch.sparse_coo_tensor(torch.tensor(indices), values, (2, 3)).requires_grad_()
        b = torch.arange(6.0).view(3, 2).requires_grad_()
        torch.sparse.mm(a, b).pow(2).sum().backward()
        found += [repr(a.grad), b.grad]
    return found


def saved_and_copied(torch: Any) -> Any:
    g = _look_up(torch, _table(torch))
    file = io.BytesIO()
    torch.save({"grad": g, "rows": torch.eye(2).to_sparse_csr()}, file)
    file.seek(0)
    found = torch.load(file)
    return [repr(x) for x in found.values()], repr(copy.deepcopy(g)), found["grad"].is_coalesced()


# -- steps -----------------------------------------------------------------------------------------------------------


def _steps(torch: Any, name: str, steps: int = 3, **kwargs: Any) -> Any:
    table = _table(torch)
    optimizer = getattr(torch.optim, name)(table.parameters(), **kwargs)
    for step in range(steps):
        optimizer.zero_grad()
        _look_up(torch, table, INDEX if step != 1 else INDEX[:1])
        optimizer.step()
    state = {k: repr(v) for k, v in optimizer.state[table.weight].items()}
    return table.weight.detach(), state


def descent(torch: Any) -> Any:
    options = ({}, {"momentum": 0.9}, {"maximize": True}, {"momentum": 0.9, "dampening": 0.5, "nesterov": False})
    return [_steps(torch, "SGD", lr=0.1, **o) for o in options]


def descent_with_nesterov(torch: Any) -> Any:
    return _steps(torch, "SGD", lr=0.1, momentum=0.9, nesterov=True)


def descent_with_decay(torch: Any) -> Any:
    return _steps(torch, "SGD", lr=0.1, weight_decay=0.1)


def fused_descent(torch: Any) -> Any:
    return _steps(torch, "SGD", lr=0.1, fused=True)


def adagrad(torch: Any) -> Any:
    options = ({}, {"lr_decay": 0.1}, {"maximize": True}, {"initial_accumulator_value": 0.5}, {"eps": 0.1})
    return [_steps(torch, "Adagrad", lr=0.1, **o) for o in options]


def adagrad_with_decay(torch: Any) -> Any:
    return _steps(torch, "Adagrad", weight_decay=0.1)


def fused_adagrad(torch: Any) -> Any:
    return _steps(torch, "Adagrad", fused=True)


def sparse_adam(torch: Any) -> Any:
    options = ({}, {"lr": 0.1}, {"maximize": True}, {"betas": (0.5, 0.6)}, {"eps": 0.1}, {"lr": torch.tensor(0.1)})
    return [_steps(torch, "SparseAdam", **o) for o in options]


def sparse_adam_of_nothing(torch: Any) -> Any:
    table = _table(torch, padding_idx=0)
    optimizer = torch.optim.SparseAdam(table.parameters())
    _look_up(torch, table, [0, 0])
    optimizer.step()
    return table.weight.detach(), {k: repr(v) for k, v in optimizer.state[table.weight].items()}


def sparse_adam_resumed(torch: Any) -> Any:
    table = _table(torch)
    first = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    _look_up(torch, table)
    first.step()
    second = torch.optim.SparseAdam(table.parameters(), lr=0.1)
    second.load_state_dict(first.state_dict())
    second.step()
    return table.weight.detach(), repr(second.state_dict()), repr(second)


def sparse_adam_of_dense_gradients(torch: Any) -> Any:
    w = torch.ones(3, requires_grad=True)
    w.sum().backward()
    torch.optim.SparseAdam([w]).step()


def sparse_adam_of_sparse_parameters(torch: Any) -> Any:
    torch.optim.SparseAdam([torch.sparse_coo_tensor(torch.tensor([[0]]), torch.ones(1), (3,)).requires_grad_()])


def refused(torch: Any) -> Any:
    said = []
    for name in (
        "Adadelta",
        "Adam",
        "AdamW",
        "Adamax",
        "ASGD",
        "NAdam",
        "RAdam",
        "RMSprop",
        "Rprop",
        "Adafactor",
        "Muon",
    ):
        try:
            _steps(torch, name)
        except RuntimeError as error:
            said.append(str(error))
    return said


def along_all_parameters(torch: Any) -> Any:
    table = _table(torch)
    optimizer = torch.optim.LBFGS(table.parameters(), max_iter=2, lr=0.1)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = table(torch.tensor([0, 1])).pow(2).sum()
        loss.backward()
        return loss

    return float(optimizer.step(closure)), (table.weight.detach() * 1e6).round()


def clipped_by_norm(torch: Any) -> Any:
    table = _table(torch)
    _look_up(torch, table)
    torch.nn.utils.clip_grad_norm_(table.parameters(), 1.0)


def scaled(torch: Any) -> Any:
    table = _table(torch)
    optimizer, scaler = torch.optim.SGD(table.parameters(), lr=0.1), torch.amp.GradScaler("cpu", init_scale=4.0)
    scaler.scale(table(torch.tensor(INDEX)).sum()).backward()
    scaler.unscale_(optimizer)
    g = repr(table.weight.grad)
    scaler.step(optimizer)
    scaler.update()
    return g, table.weight.detach()
