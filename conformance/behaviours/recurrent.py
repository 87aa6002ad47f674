"""RNN, LSTM, GRU and their cells."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from .attempts import attempts

KINDS = ("RNN", "LSTM", "GRU")


def layers(torch: Any, *args: Any, **options: Any) -> list[Any]:
    return [getattr(torch.nn, kind)(*args, **options) for kind in KINDS]


def flat(x: Any) -> list[Any]:
    """The tensors among results."""
    if isinstance(x, (tuple, list)) and not hasattr(x, "batch_sizes"):
        return [t for item in x for t in flat(item)]
    return [x]


def texts(torch: Any) -> Any:
    nn = torch.nn
    return [str(m) for m in (
        *layers(torch, 3, 4), *layers(torch, 3, 4, num_layers=2, bias=False, batch_first=True, dropout=0.5),
        *layers(torch, 3, 4, bidirectional=True), nn.LSTM(3, 4, proj_size=2), nn.RNN(3, 4, nonlinearity="relu"),
        nn.RNN(3, 4, 2, "relu"), nn.RNNCell(3, 4), nn.RNNCell(3, 4, False, "relu"), nn.LSTMCell(3, 4, bias=False),
        nn.GRUCell(3, 4), nn.RNNBase("GRU", 3, 4),
    )]  # fmt: skip


def first_values(torch: Any) -> Any:
    return [dict(m.state_dict()) for m in layers(torch, 2, 2, num_layers=2, bidirectional=True)]


def first_values_of_projections_and_cells(torch: Any) -> Any:
    nn = torch.nn
    made = (nn.LSTM(2, 3, proj_size=2), nn.RNNCell(2, 2), nn.LSTMCell(2, 2), nn.GRUCell(2, 2, bias=False))
    return [dict(m.state_dict()) for m in made]


def outputs(torch: Any) -> Any:
    return [flat(m(torch.randn(3, 2, 2))) for m in layers(torch, 2, 3)]


def outputs_in_double_precision(torch: Any) -> Any:
    x = torch.randn(3, 2, 2, dtype=torch.float64)
    return [flat(m(x)) for m in layers(torch, 2, 3, dtype=torch.float64, bidirectional=True)]


def batch_first(torch: Any) -> Any:
    return [flat(m(torch.randn(2, 3, 2))) for m in layers(torch, 2, 3, batch_first=True, num_layers=2)]


def without_a_batch(torch: Any) -> Any:
    states = {"LSTM": (torch.ones(2, 3), torch.ones(2, 3))}
    made = layers(torch, 2, 3, num_layers=2, batch_first=True)
    return [flat(m(torch.randn(4, 2), states.get(kind, torch.ones(2, 3)))) for kind, m in zip(KINDS, made, strict=True)]


def relu_and_projection(torch: Any) -> Any:
    x, double = torch.randn(3, 2, 2, dtype=torch.float64), {"dtype": torch.float64}
    rnn, lstm = torch.nn.RNN(2, 3, nonlinearity="relu", **double), torch.nn.LSTM(2, 3, 2, proj_size=1, **double)
    return flat(rnn(x)), flat(lstm(x))


def gradients(torch: Any) -> Any:
    found = []
    for m in layers(torch, 2, 2, num_layers=2, bidirectional=True, dtype=torch.float64):
        x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
        sum(t.square().sum() for t in flat(m(x))).backward()
        found.append((x.grad, [p.grad for p in m.parameters()]))
    return found


def gradients_of_the_state_alone(torch: Any) -> Any:
    found = []
    for m in layers(torch, 2, 2, bidirectional=True):
        flat(m(torch.randn(3, 2, 2)))[1].sum().backward()
        found.append([p.grad for p in m.parameters()])
    return found


def only_what_needs_a_gradient_gets_one(torch: Any) -> Any:
    found = []
    for m in layers(torch, 2, 2):
        m.requires_grad_(False)
        m.weight_hh_l0.requires_grad_()
        flat(m(torch.randn(3, 2, 2)))[0].sum().backward()
        found.append([p.grad for p in m.parameters()])
    return found


def nothing_is_recorded_without_need(torch: Any) -> Any:
    with torch.no_grad():
        return [[t.requires_grad for t in flat(m(torch.randn(3, 2, 2)))] for m in layers(torch, 2, 2)]


def second_derivatives(torch: Any) -> Any:
    found = []
    for m in layers(torch, 2, 2, dtype=torch.float64):
        x = torch.randn(3, 2, 2, dtype=torch.float64, requires_grad=True)
        (g,) = torch.autograd.grad(flat(m(x))[0].square().sum(), x, create_graph=True)
        g.square().sum().backward()
        found.append([x.grad, *(p.grad for p in m.parameters())])
    return found


def a_graph_goes_backward_once(torch: Any) -> Any:
    y = flat(torch.nn.GRU(2, 2)(torch.randn(3, 2, 2)))[0].sum()
    y.backward()
    return attempts(y.backward)


def writing_into_outputs_is_noticed(torch: Any) -> Any:
    y, _ = torch.nn.RNN(2, 2, dtype=torch.float64)(torch.randn(3, 2, 2, dtype=torch.float64))
    y.mul_(2)
    return y.sum().requires_grad


def states_do_not_share_memory_with_outputs(torch: Any) -> Any:
    y, h = torch.nn.GRU(2, 2)(torch.randn(3, 2, 2))
    with torch.no_grad():
        h.zero_()
    return bool((y[-1] == 0).all())


def dropout_between_layers(torch: Any) -> Any:
    found = []
    for m in layers(torch, 2, 4, num_layers=3, dropout=0.5):
        x = torch.randn(2, 2, 2)
        torch.manual_seed(3)
        found.append([flat(m(x)), torch.rand(1), flat(m.eval()(x))])
    return found


def packed(torch: Any) -> Any:
    pack = torch.nn.utils.rnn.pack_sequence
    found = []
    for m in layers(torch, 2, 2, num_layers=2, bidirectional=True):
        y, states = m(pack([torch.randn(n, 2) for n in (2, 3, 1)], enforce_sorted=False))
        found.append([y.data, y.batch_sizes, y.sorted_indices, y.unsorted_indices, flat(states)])
    return found


def packed_with_first_states(torch: Any) -> Any:
    pack = torch.nn.utils.rnn.pack_sequence
    found = []
    for kind, m in zip(KINDS, layers(torch, 2, 2, dtype=torch.float64), strict=True):
        h = torch.arange(6.0, dtype=torch.float64).view(1, 3, 2).requires_grad_()
        x = [torch.randn(n, 2, dtype=torch.float64) for n in (2, 1, 3)]
        y, states = m(pack(x, enforce_sorted=False), (h, h) if kind == "LSTM" else h)
        sum(t.square().sum() for t in (y.data, *flat(states))).backward()
        found.append([y.data, flat(states), h.grad])
    return found


def packed_of_one_length(torch: Any) -> Any:
    pack = torch.nn.utils.rnn.pack_sequence
    return [m(pack([torch.randn(2, 2), torch.randn(2, 2)]))[0].data for m in layers(torch, 2, 2)]


def options_are_checked(torch: Any) -> Any:
    cases = (
        ((3, 4), {"dropout": 2}), ((3, 4), {"dropout": True}), ((3, 4), {"bias": 1}), ((3, 4), {"batch_first": 1}),
        ((3.0, 4), {}), ((0, 4), {}), ((3, 0), {}), ((3, "a"), {}), ((3, 4, 0), {}), ((3, 4), {"proj_size": -1}),
        ((3, 4), {"proj_size": 4}), ((3, 4), {"nonlinearity": "x"}),
    )  # fmt: skip
    calls = [lambda k=kind, a=a, o=o: str(getattr(torch.nn, k)(*a, **o)) for a, o in cases for kind in KINDS]
    return attempts(*calls, lambda: str(torch.nn.RNNBase("X", 3, 4)))


def dropout_of_one_layer_warns(torch: Any) -> Any:
    return [str(m) for m in layers(torch, 3, 4, dropout=0.5)]


def inputs_are_checked(torch: Any) -> Any:
    x = torch.zeros(5, 2, 3)
    bad = (x[0, 0], x[None], x[..., :2], x.double(), x.long(), x[:0])
    return attempts(*(lambda m=m, x=x: m(x) for m in layers(torch, 3, 4) for x in bad))


def states_are_checked(torch: Any) -> Any:
    x, shapes = torch.zeros(5, 2, 3), ((1, 2, 5), (1, 3, 4), (2, 4), (2, 2, 4))
    calls = []
    for kind, m in zip(KINDS, layers(torch, 3, 4), strict=True):
        for shape in shapes:
            h = torch.zeros(shape)
            calls.append(lambda m=m, h=(h, h) if kind == "LSTM" else h: m(x, h))
        h = torch.zeros(1, 2, 4)
        calls.append(lambda m=m, h=(h, h) if kind == "LSTM" else h: m(x[:, 0], h))
    lstm, h = torch.nn.LSTM(3, 4), torch.zeros(1, 2, 4)
    calls += [lambda: lstm(x, h), lambda: lstm(x, (h, h[..., :2])), lambda: lstm(x, (h, h, h))]
    calls += [lambda: torch.nn.LSTM(3, 4, proj_size=2)(x, (h, h))]
    return attempts(*calls)


def weights_by_name(torch: Any) -> Any:
    m = torch.nn.LSTM(3, 4, 2, bidirectional=True, proj_size=2)
    return m._flat_weights_names, [tuple(w.shape) for w in m._flat_weights], len(m.all_weights), m.flatten_parameters()


def assigned_weights_are_used(torch: Any) -> Any:
    m = torch.nn.GRU(2, 2)
    for name, p in list(m.named_parameters()):
        setattr(m, name, torch.nn.Parameter(torch.full_like(p, 0.1)))
    return m(torch.ones(2, 1, 2)), m._flat_weights[0] is m.weight_ih_l0


def copies(torch: Any) -> Any:
    m, x = torch.nn.LSTM(2, 2), torch.ones(2, 1, 2)
    return [bool((flat(c(x))[0] == flat(m(x))[0]).all()) for c in (copy.deepcopy(m), pickle.loads(pickle.dumps(m)))]


def converted(torch: Any) -> Any:
    m = torch.nn.GRU(2, 2).double()
    return [p.dtype for p in m.parameters()], m(torch.ones(2, 1, 2, dtype=torch.float64))


def cells(torch: Any) -> Any:
    nn, found = torch.nn, []
    for m in (nn.RNNCell(2, 3), nn.RNNCell(2, 3, nonlinearity="relu"), nn.LSTMCell(2, 3), nn.GRUCell(2, 3)):
        h = torch.ones(2, 3)
        states = (h, h) if isinstance(m, nn.LSTMCell) else h
        y = flat(m(torch.randn(2, 2), states))
        sum(t.sum() for t in y).backward()
        found.append([y, [p.grad for p in m.parameters()], flat(m(torch.randn(2))), flat(m(torch.randn(1, 2)))])
    return found


def cells_check_their_inputs(torch: Any) -> Any:
    nn, calls = torch.nn, []
    for m in (nn.RNNCell(3, 4), nn.LSTMCell(3, 4), nn.GRUCell(3, 4)):
        calls += [lambda m=m, x=x: m(x) for x in (torch.zeros(1, 2, 3), torch.zeros(2, 5), torch.zeros(2, 3).double())]
        for shape in ((2, 5), (3, 4), (4,), (1, 2, 4)):
            h = torch.zeros(shape)
            states = (h, h) if isinstance(m, nn.LSTMCell) else h
            calls.append(lambda m=m, h=states: m(torch.zeros(2, 3), h))
    calls.append(lambda: nn.LSTMCell(3, 4)(torch.zeros(2, 3), torch.zeros(2, 4)))
    return attempts(*calls)


def cell_of_an_unknown_kind(torch: Any) -> Any:
    m = torch.nn.RNNCell(2, 2)
    m.nonlinearity = "sin"
    return m(torch.zeros(1, 2))


def functions_check_their_arguments(torch: Any) -> Any:
    x, h = torch.randn(3, 2, 2), torch.zeros(1, 2, 2)
    w = [torch.randn(8, 2), torch.randn(8, 2), torch.randn(8), torch.randn(8)]
    return attempts(
        lambda: torch.lstm(x, [h], w, True, 1, 0.0, True, False, False),
        lambda: torch.lstm(x[:0], (h, h), w, True, 1, 0.0, True, False, False),
        lambda: torch.lstm(x[0], (h, h), w, True, 1, 0.0, True, False, False),
        lambda: torch.lstm_cell(x[0], (h[0],), *w),
        lambda: torch.lstm_cell(torch.randn(2, 3), (h[0], h[0]), *w),
        lambda: torch.gru_cell(torch.randn(3, 2), h[0], *(t[:6] for t in w)),
    )


def functions_by_name(torch: Any) -> Any:
    x, h = torch.randn(3, 2, 2), torch.zeros(1, 2, 2)
    w = [torch.randn(6, 2), torch.randn(6, 2)]
    return torch.gru(
        input=x, hx=h, params=w, has_biases=False, num_layers=1, dropout=0.0, train=False, bidirectional=False,
        batch_first=True,
    )  # fmt: skip


def former_name_of_index_select(torch: Any) -> Any:
    import importlib

    module = importlib.import_module(torch.__name__ + ".nn.modules.rnn")
    return module.apply_permutation(torch.arange(4).view(2, 2), torch.tensor([1, 0]))


def under_autocast(torch: Any) -> Any:
    x, found = torch.randn(2, 1, 2), []
    with torch.autocast("cpu", dtype=torch.bfloat16):
        for m in layers(torch, 2, 2):
            found.append([m(x)[0].dtype, m(x.bfloat16())[0].dtype])
        for m in (torch.nn.RNNCell(2, 2), torch.nn.GRUCell(2, 2)):
            found.append([m(x[0]).dtype])
    return found
