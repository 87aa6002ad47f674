"""Subclasses of Tensor that define nothing: what has their type, and what it looks like."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any


def kinds(value: Any) -> Any:
    """The names of the types of a value, through tuples and lists."""
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *(kinds(item) for item in value)]
    return type(value).__name__


def length(torch: Any) -> Any:
    class Length(torch.Tensor):
        pass

    return torch.tensor([[1.0, 2.0], [3.0, 4.0]]).as_subclass(Length)


# Found by pickle under its name: the class of the library that runs.
Pickled: Any = None


def results_of_operators(torch):
    x = length(torch)
    return [kinds(y) for y in (x + 1, 1 + x, x - x, 2 / x, x**2, 2**x, x @ x, -x, abs(x), x > 1, x == x, x // 2, x % 2)]


def results_with_a_plain_tensor(torch):
    x, y = length(torch), torch.ones(2, 2)
    found = x + y, y + x, y - x, y * x, y / x, y**x, y @ x, y > x, y == x, torch.add(y, x), y.add(x)
    return [kinds(z) for z in found]


def results_of_methods(torch):
    x = length(torch)
    found = (x.sum(), x.mean(0), x.t(), x.reshape(4), x.view(4), x.exp(), x.argmax(), x.float(), x.double(), x.long())
    return [kinds(y) for y in found]


def results_of_several(torch):
    x = length(torch)
    return [kinds(y) for y in (x.max(0), x.sort(), x.unbind(), x.split(1), torch.chunk(x, 2), x.topk(1), x.aminmax())]


def results_of_functions_of_sequences(torch):
    x, y = length(torch), torch.ones(2, 2)
    found = torch.cat([x, y]), torch.stack((y, x)), torch.hstack([y, x]), torch.cat(tensors=[y, x], dim=1)
    return [kinds(z) for z in found]


def results_of_network_functions(torch):
    F, x, y = torch.nn.functional, length(torch), torch.ones(2, 2)
    found = F.relu(x), F.softmax(x, 0), F.linear(y, x), F.linear(x, y), F.mse_loss(x, y), F.dropout(x), F.pad(x, (1, 1))
    return [kinds(z) for z in found]


def results_of_indexing(torch):
    x = length(torch)
    return [kinds(y) for y in (x[0], x[0, 0], x[:, 1], x[x > 1], x[None], torch.arange(4)[x[0].long() - 1])]


def attributes(torch):
    x = length(torch)
    found = x.shape, x.dtype, x.device, x.T, x.mT, x.data, x.grad, x.real, x.ndim, x.is_leaf, x.requires_grad, x.is_cuda
    return [kinds(y) for y in found]


def python_values(torch):
    x = length(torch)
    return x.tolist(), x[0, 0].item(), float(x[0, 1]), int(x[1, 0]), bool(x[0, 0]), len(x), 1.0 in x, kinds(list(x))


def numpy_of_it(torch):
    x = length(torch)
    return kinds(x.numpy()), x.numpy().tolist(), kinds(torch.from_numpy(x.numpy()))


def in_place_writes_return_it(torch):
    x = length(torch)
    y = x.add_(1)
    x += 1
    x *= torch.ones(2, 2)
    x[0] = 5
    return y is x, kinds(x), x.tolist()


def in_place_write_into_a_plain_tensor(torch):
    y = torch.zeros(2, 2)
    z = y.add_(length(torch))
    return kinds(y), kinds(z), y.tolist(), z is y


def reflected_in_place(torch):
    y = before = torch.zeros(2, 2)
    y += length(torch)
    return kinds(y), y is before, before.tolist()


def given_as_out(torch):
    out = length(torch)
    y = torch.add(torch.ones(2, 2), 1, out=out)
    return kinds(y), y is out, out.tolist()


def factories_like_it(torch):
    x = length(torch)
    found = torch.zeros_like(x), torch.rand_like(x), x.new_zeros(2), x.new_tensor([1.0]), x.new_full((1,), 2.0)
    return [kinds(y) for y in found]


def tensors_made_of_it(torch):
    x = length(torch)
    return kinds(torch.tensor(x)), kinds(torch.as_tensor(x)), torch.as_tensor(x) is x, kinds(torch.stack([x[0]]))


def copies(torch):
    x = length(torch)
    found = x.clone(), x.detach(), x.data, x.contiguous(), x.cpu(), x.to(torch.float64), copy.copy(x)
    return [kinds(y) for y in found]


def repr_of_it(torch):
    x = length(torch)
    return [repr(y) for y in (x, x[0, 0], x.long(), x > 1, x.double(), x[:0], x.requires_grad_(), x * 2)]


def repr_of_a_long_name(torch):
    class ATensorWithAVeryLongNameIndeed(torch.Tensor):
        pass

    return repr(torch.arange(40.0).as_subclass(ATensorWithAVeryLongNameIndeed))


def str_and_format(torch):
    x = length(torch)
    return str(x), f"{x}", f"{x[0, 0]}"


def format_with_a_spec(torch):
    return f"{length(torch)[0, 0]:.2f}"


def history(torch):
    x = length(torch).requires_grad_()
    y = x * 2
    return y.grad_fn.name(), y.grad_fn.next_functions[0][0].name(), x.is_leaf, y.is_leaf


def backward_gives_a_plain_gradient(torch):
    x = length(torch).requires_grad_()
    (x * x).sum().backward()
    return kinds(x.grad), x.grad


def gradients_by_grad(torch):
    x = length(torch).requires_grad_()
    return kinds(torch.autograd.grad((x * x).sum(), x)), torch.autograd.grad((x * x).sum(), [x])


def second_derivatives(torch):
    x = length(torch).requires_grad_()
    (first,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
    return kinds(first), torch.autograd.grad(first.sum(), x)


def leaf_of_a_plain_graph(torch):
    x = length(torch).requires_grad_()
    loss = torch.ones(2, 2).mul(x).sum()
    loss.backward()
    return kinds(loss), x.grad


def hooks_get_plain_gradients(torch):
    x = length(torch).requires_grad_()
    seen = []
    x.register_hook(lambda g: seen.append(kinds(g)))
    (x * 2).sum().backward()
    return seen


def constructor_of_the_class(torch):
    class Length(torch.Tensor):
        pass

    found = Length([1.0, 2.0]), Length(2, 3), Length(), Length(torch.ones(2)), Length(data=[1])
    return [(kinds(x), tuple(x.shape)) for x in found]


def constructor_of_bad_data(torch):
    class Length(torch.Tensor):
        pass

    return Length(3.0)


def class_with_new_and_init(torch):
    class Tagged(torch.Tensor):
        @staticmethod
        def __new__(cls, data, tag, *args, **kwargs):
            return super().__new__(cls, data, *args, **kwargs)

        def __init__(self, data, tag):
            self.tag = tag

    x = Tagged([1.0, 2.0], "metres")
    return kinds(x), x.tag, kinds(x + 1), hasattr(x + 1, "tag"), repr(x)


def class_made_by_as_subclass_in_new(torch):
    class Tagged(torch.Tensor):
        def __new__(cls, data, tag=None, requires_grad=False):
            made = torch.as_tensor(data, dtype=torch.float32).as_subclass(cls)
            made.requires_grad_(requires_grad)
            made.tag = tag
            return made

    x = Tagged([1, 2], tag=3, requires_grad=True)
    return repr(x), x.tag, x.__dict__, x.is_leaf


def make_subclass(torch):
    class Length(torch.Tensor):
        pass

    data = torch.ones(2)
    x = torch.Tensor._make_subclass(Length, data)
    x.detach().add_(1)
    y = torch.Tensor._make_subclass(Length, data, True)
    return repr(x), repr(y), data.tolist(), y.is_leaf


def make_subclass_of_a_number(torch):
    class Length(torch.Tensor):
        pass

    return torch.Tensor._make_subclass(Length, 3)


def as_subclass_shares_memory(torch):
    x = torch.zeros(2)
    y = x.as_subclass(type(length(torch)))
    y[0] = 3
    return x.tolist(), y._version, x._version, y._base is x


def as_subclass_of_another_class(torch):
    return torch.ones(2).as_subclass(int)


def as_subclass_of_a_number(torch):
    return torch.ones(2).as_subclass(3)


def as_subclass_of_tensor(torch):
    return kinds(length(torch).as_subclass(torch.Tensor))


def as_subclass_keeps_history(torch):
    x = torch.ones(2, requires_grad=True)
    y = (x * 2).as_subclass(type(length(torch)))
    y.sum().backward()
    return y.grad_fn.name(), x.grad


def deepcopy_of_it(torch):
    return copy.deepcopy(length(torch))


def deepcopy_with_new_empty(torch):
    class Length(torch.Tensor):
        def new_empty(self, *args, **kwargs):
            return super().new_empty(*args, **kwargs).as_subclass(Length)

    x = torch.ones(2).as_subclass(Length).requires_grad_()
    x.label = ["a"]
    y = copy.deepcopy(x)
    return kinds(y), y.label, y.label is x.label, y.requires_grad, y.tolist()


def copy_keeps_attributes(torch):
    x = length(torch)
    x.label = ["a"]
    y = copy.copy(x)
    return y.label is x.label, y.data_ptr() == x.data_ptr()


def pickle_of_it(torch):
    class Pickled(torch.Tensor):
        pass

    Pickled.__module__, Pickled.__qualname__ = __name__, "Pickled"
    globals()["Pickled"] = Pickled
    x = torch.ones(2).as_subclass(Pickled)
    x.label = 3
    buffer = io.BytesIO()
    pickle.dump(x, buffer)
    y = pickle.loads(buffer.getvalue())
    return kinds(y), y.label, y.tolist(), y.requires_grad


def types_and_instances(torch):
    x = length(torch)
    return isinstance(x, torch.Tensor), torch.is_tensor(x), issubclass(type(x), torch.Tensor), type(x) is torch.Tensor


def subclass_of_a_subclass(torch):
    class Length(torch.Tensor):
        pass

    class Height(Length):
        pass

    x, y = torch.ones(2).as_subclass(Length), torch.ones(2).as_subclass(Height)
    return [kinds(z) for z in (x + y, y + x, torch.add(x, y), torch.cat([x, y]), x.add(y), x * y * torch.ones(2))]


def unrelated_subclasses(torch):
    class Length(torch.Tensor):
        pass

    class Weight(torch.Tensor):
        pass

    return torch.ones(2).as_subclass(Length) + torch.ones(2).as_subclass(Weight)


def unrelated_subclasses_in_a_function(torch):
    class Length(torch.Tensor):
        pass

    class Weight(torch.Tensor):
        pass

    return torch.add(torch.ones(2).as_subclass(Length), torch.ones(2).as_subclass(Weight))


def overridden_method(torch):
    class Loud(torch.Tensor):
        def add(self, other):
            return super().add(other).mul(100)

        def __mul__(self, other):
            return "times"

    x = torch.ones(2).as_subclass(Loud)
    return x.add(1), kinds(x.add(1)), x * 2, kinds(torch.mul(x, 2)), kinds(2 * x)


def added_attribute_and_property(torch):
    class Wave(torch.Tensor):
        unit = "Hz"

        @property
        def period(self):
            return 1 / self

    x = torch.full((2,), 4.0).as_subclass(Wave)
    return x.unit, kinds(x.period), x.period, (x + 1).unit


def mixin(torch):
    class Mixin:
        def doubled(self):
            return self + self

        def sum(self):
            return "mixed in"

    class Length(Mixin, torch.Tensor):
        pass

    x = torch.ones(2).as_subclass(Length)
    return kinds(x.doubled()), x.sum(), kinds(torch.sum(x))


def no_grad_and_iteration(torch):
    x = length(torch).requires_grad_()
    with torch.no_grad():
        y = x * 2
    return kinds(y), y.requires_grad, [kinds(row) for row in x], kinds(x.unbind())


def function_of_the_user(torch):
    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            (x,) = ctx.saved_tensors
            return 2 * x * g

    x = length(torch).requires_grad_()
    y = Square.apply(x)
    torch.sum(y).backward()
    return y.tolist(), x.grad


def hash_and_identity(torch):
    x = length(torch)
    return hash(x) == id(x), x in {x: 1}, x is x


def parameter_of_it(torch):
    p = torch.nn.Parameter(length(torch))
    return kinds(p), isinstance(p, torch.nn.Parameter), repr(p), p.requires_grad, p.is_leaf, kinds(p * 2)


def parameter_of_it_in_a_module(torch):
    module = torch.nn.Linear(2, 2)
    module.weight = torch.nn.Parameter(length(torch))
    y = module(torch.ones(1, 2))
    y.sum().backward()
    return kinds(module.weight), [n for n, _ in module.named_parameters()], kinds(y), kinds(module.weight.grad)


def subclass_of_parameter(torch):
    class Weight(torch.nn.Parameter):
        pass

    p = Weight(torch.ones(2))
    return kinds(p), repr(p), kinds(p * 2), kinds(p.detach()), kinds(p.data), kinds(copy.deepcopy(p)), p.requires_grad


def subclass_of_parameter_without_gradient(torch):
    class Weight(torch.nn.Parameter):
        def __new__(cls, data, requires_grad=True, scale=1):
            made = super().__new__(cls, data, requires_grad)
            made.scale = scale
            return made

    p = Weight(torch.ones(2), requires_grad=False, scale=4)
    return p.requires_grad, p.scale, kinds(p + 1)


def parameter_of_a_subclass_of_parameter(torch):
    class Weight(torch.nn.Parameter):
        pass

    return torch.nn.Parameter(Weight(torch.ones(2)))


def parameter_of_a_list(torch):
    return torch.nn.Parameter([1.0])


def parameter_of_nothing(torch):
    return tuple(torch.nn.Parameter().shape), torch.nn.Parameter(None).requires_grad


def parameter_of_a_parameter(torch):
    p = torch.nn.Parameter(torch.ones(2))
    q = torch.nn.Parameter(p, requires_grad=False)
    return repr(q), q is p, q.data_ptr() == p.data_ptr()


def wrapper_without_dispatch(torch):
    class Wrapper(torch.Tensor):
        pass

    return torch.Tensor._make_wrapper_subclass(Wrapper, (2, 3))


def wrapper_has_shape_and_type(torch):
    class Wrapper(torch.Tensor):
        @classmethod
        def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
            return NotImplemented

    x = torch.Tensor._make_wrapper_subclass(Wrapper, (2, 3), dtype=torch.float64, requires_grad=True)
    return tuple(x.shape), x.dtype, x.requires_grad, kinds(x), x.is_leaf


def trained(torch: Any, make: Any, optimizer: str) -> Any:
    torch.manual_seed(0)
    module = torch.nn.Linear(2, 1)
    module.weight = make(torch.tensor([[0.5, -0.25]]))
    steps = getattr(torch.optim, optimizer)(module.parameters(), lr=0.1)
    for _ in range(3):
        steps.zero_grad()
        loss = ((module(torch.ones(4, 2)) - 1) ** 2).mean()
        loss.backward()
        steps.step()
    return kinds(loss), loss.item(), kinds(module.weight), module.weight.tolist(), kinds(module.weight.grad)


def training_a_parameter_that_is_one(torch):
    class Length(torch.Tensor):
        pass

    def make(data):
        return torch.nn.Parameter(data.as_subclass(Length))

    return [trained(torch, make, name) for name in ("SGD", "Adam")]


def training_a_subclass_of_parameter(torch):
    class Weight(torch.nn.Parameter):
        pass

    return [trained(torch, Weight, name) for name in ("SGD", "Adam")]


def state_dict_of_a_module_with_one(torch):
    module = torch.nn.Linear(2, 2)
    module.weight = torch.nn.Parameter(length(torch))
    state = module.state_dict()
    module.load_state_dict({name: value + 1 for name, value in state.items()})
    return (
        kinds(state["weight"]),
        kinds(module.weight),
        module.weight.tolist(),
        isinstance(module.weight, torch.nn.Parameter),
    )


def buffers_that_are_one(torch):
    module = torch.nn.Module()
    module.register_buffer("scale", length(torch))
    module.double()
    return kinds(module.scale), module.scale.dtype, list(module.state_dict())


def casting_a_module_with_one(torch):
    module = torch.nn.Linear(2, 2)
    module.weight = torch.nn.Parameter(length(torch))
    module.double()
    return kinds(module.weight), module.weight.dtype, isinstance(module.weight, torch.nn.Parameter)


def layers_given_one(torch):
    x = length(torch)
    torch.manual_seed(0)
    layers = torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2), torch.nn.LayerNorm(2), torch.nn.ReLU(), torch.nn.Softmax(0)
    return [kinds(layer(x)) for layer in layers], kinds(torch.nn.CrossEntropyLoss()(x, torch.tensor([0, 1])))


def collated(torch):
    x = length(torch)
    return kinds(torch.stack(list(x))), kinds(torch.stack([x, x]).mean(0)), kinds(torch.cat([x[:1], torch.ones(1, 2)]))


def numpy_and_it(torch):
    import numpy as np

    x = length(torch)
    found = (
        np.ones((2, 2), np.float32) + x,
        x + np.float32(1),
        np.asarray(x),
        np.sqrt(x),
        torch.as_tensor(np.ones(2)) * x,
    )
    return [kinds(y) for y in found]
