"""Programs that people ask about, because a gradient is None, zero, nan, or not what they expected.

Each ends with the tensor and the loss that `why` is asked about (or another question that the decorator names).
"""

from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np

import tapegrad as torch
from tapegrad import nn
from tapegrad.nn import functional as F

from .programs import Program, broken

PROGRAMS: list[Program] = []
because = partial(broken, PROGRAMS)


def data() -> Any:
    """Inputs (4, 3) and targets (4, 1)."""
    torch.manual_seed(0)
    return torch.randn(4, 3), torch.randn(4, 1)


# -- None: the history was cut -----------------------------------------------------------------------------------------


@because("detached")
def prediction_detached() -> Any:
    """The prediction is detached before the loss."""
    x, y = data()
    model = nn.Linear(3, 1)
    prediction = model(x).detach()  # here
    loss = F.mse_loss(prediction, y)
    return model.weight, loss


@because("detached")
def encoder_detached() -> Any:
    """Only the decoder learns: the code is detached on its way from the encoder."""
    x, _ = data()
    encoder, decoder = nn.Linear(3, 2), nn.Linear(2, 3)
    code = torch.tanh(encoder(x))
    loss = F.mse_loss(decoder(code.detach()), x)  # here
    loss.backward()
    return encoder.weight, loss


@because("detached")
def state_detached() -> Any:
    """The hidden state is detached in each step, so its first value gets no gradient."""
    w = torch.eye(2, requires_grad=True)
    start = torch.ones(2, requires_grad=True)
    h = start
    for _ in range(3):
        h = torch.tanh(w @ h.detach())  # here
    loss = h.sum()
    loss.backward()
    return start, loss


@because("data")
def through_data() -> Any:
    """`.data` is used in the computation."""
    w = torch.ones(3, requires_grad=True)
    loss = (w.data * 2).sum()  # here
    return w, loss


@because("number")
def losses_as_numbers() -> Any:
    """Losses are collected with item() and made a tensor again."""
    w = torch.ones(3, requires_grad=True)
    losses = [(w * i).sum().item() for i in range(1, 4)]  # here
    loss = torch.tensor(losses).mean()
    return w, loss


@because("number")
def scaled_by_a_number() -> Any:
    """A weight enters the loss as a Python float."""
    scale = torch.tensor(2.5, requires_grad=True)
    x = torch.ones(3, requires_grad=True)
    factor = scale.item()  # here
    loss = (x * factor).sum()
    loss.backward()
    return scale, loss


@because("detached")
def through_numpy() -> Any:
    """A step is done in NumPy."""
    w = torch.ones(3, requires_grad=True)
    array = np.sin(w.detach().numpy())  # here
    loss = torch.from_numpy(array).sum()
    return w, loss


@because("copied")
def tensor_of_a_tensor() -> Any:
    """torch.tensor(…) of values that have a history."""
    w = torch.ones(2, requires_grad=True)
    y = w * 3
    loss = torch.tensor([y[0], y[1]]).sum()  # here
    return w, loss


@because("copied")
def parameter_made_in_forward() -> Any:
    """An nn.Parameter is made of a computed tensor: a new leaf."""
    w = torch.ones(2, requires_grad=True)
    weight = nn.Parameter(w * 2)  # here
    loss = (weight * 3).sum()
    loss.backward()
    return w, loss


@because("no_grad")
def forward_under_no_grad() -> Any:
    """The forward pass runs in the block that was meant for evaluation."""
    x, y = data()
    model = nn.Linear(3, 1)
    with torch.no_grad():
        prediction = model(x)  # here
    loss = F.mse_loss(prediction, y)
    return model.weight, loss


@because("no_grad")
def decorated_with_no_grad() -> Any:
    """A function of the model is decorated with @torch.no_grad()."""
    w = torch.ones(3, requires_grad=True)

    @torch.no_grad()
    def features(x: Any) -> Any:
        return x * w  # here

    loss = features(torch.ones(3)).sum()
    return w, loss


@because("no_grad")
def recording_left_off() -> Any:
    """torch.set_grad_enabled(False) was called for validation, and never taken back."""
    w = torch.ones(3, requires_grad=True)
    torch.set_grad_enabled(False)
    try:
        loss = (w * 2).sum()  # here
    finally:
        torch.set_grad_enabled(True)
    return w, loss


@because("inference_mode")
def forward_under_inference_mode() -> Any:
    """The forward pass runs under inference_mode."""
    w = torch.ones(3, requires_grad=True)
    with torch.inference_mode():
        y = w * 2  # here
    loss = y.sum()
    return w, loss


@because("set_late")
def requires_grad_set_late() -> Any:
    """requires_grad_() is called after the loss was computed."""
    w = torch.ones(3)
    loss = ((w * 2) ** 2).sum()  # here
    w.requires_grad_()
    return w, loss


@because("set_late")
def input_gradient_wanted_late() -> Any:
    """For a saliency map, the input's requires_grad is set after the forward pass."""
    x, _ = data()
    model = nn.Linear(3, 1)
    score = model(x).sum()  # here
    x.requires_grad_()
    score.backward()
    return x, score


@because("integer")
def accuracy_as_loss() -> Any:
    """The loss is a number of errors: argmax and comparison."""
    x, _ = data()
    model = nn.Linear(3, 2)
    predicted = model(x).argmax(dim=1)  # here
    loss = (predicted != torch.tensor([0, 1, 0, 1])).float().mean()
    return model.weight, loss


@because("integer")
def thresholded() -> Any:
    """A probability is compared with 0.5."""
    w = torch.tensor([0.2, 0.9], requires_grad=True)
    decision = w > 0.5  # here
    loss = decision.float().sum()
    return w, loss


@because("integer")
def cast_to_long() -> Any:
    """A cast to integers lies on the way."""
    w = torch.tensor([1.7, 2.2], requires_grad=True)
    loss = (w.long() * 0.5).sum()  # here
    return w, loss


@because("integer")
def indexed_by_a_parameter() -> Any:
    """A learnt position is used as an index."""
    position = torch.tensor(1.6, requires_grad=True)
    table = torch.arange(4.0).requires_grad_()
    loss = table[position.round().long()]  # here
    loss.backward()
    return position, loss


@because("not_leaf")
def scaled_after_requires_grad() -> Any:
    """Weights are scaled after requires_grad=True, so that the name is no leaf."""
    w = torch.randn(3, requires_grad=True) * 0.1  # here
    loss = (w * 2).sum()
    loss.backward()
    return w, loss


@because("not_leaf")
def moved_after_requires_grad() -> Any:
    """The tensor was converted after requires_grad=True."""
    w = torch.ones(3, requires_grad=True).double()  # here
    loss = (w * 2).sum()
    loss.backward()
    return w, loss


@because("not_leaf")
def gradient_of_an_activation() -> Any:
    """The gradient of an intermediate result is read without retain_grad()."""
    x = torch.ones(3, requires_grad=True)
    hidden = torch.exp(x)  # here
    loss = hidden.sum()
    loss.backward()
    return hidden, loss


@because("not_leaf")
def updated_out_of_place() -> Any:
    """w = w - lr * w.grad makes a new tensor, which is no leaf."""
    w = torch.ones(3, requires_grad=True)
    (w**2).sum().backward()
    w = w - 0.1 * w.grad  # here
    loss = (w**2).sum()
    loss.backward()
    return w, loss


@because("retained_late")
def retained_after_backward() -> Any:
    """retain_grad() is called after backward()."""
    x = torch.ones(3, requires_grad=True)
    hidden = torch.exp(x)  # here
    loss = hidden.sum()
    loss.backward()
    hidden.retain_grad()
    return hidden, loss


@because("no_requires_grad")
def never_required() -> Any:
    """requires_grad was never set."""
    w = torch.ones(3)
    v = torch.ones(3, requires_grad=True)
    loss = (w * v).sum()
    loss.backward()
    return w, loss


@because("no_requires_grad")
def frozen_layer() -> Any:
    """The layer was frozen, and the head is trained only."""
    x, y = data()
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    for p in model[0].parameters():
        p.requires_grad = False
    loss = F.mse_loss(model(x), y)
    loss.backward()
    return model[0].weight, loss


@because("unused")
def another_model() -> Any:
    """The loss is computed by a copy of the model."""
    x, y = data()
    model = nn.Linear(3, 1)
    trained = copy.deepcopy(model)
    loss = F.mse_loss(trained(x), y)
    loss.backward()
    return model.weight, loss


@because("unused")
def branch_not_taken() -> Any:
    """A layer is made in __init__ and not called in forward."""
    x, y = data()
    used, forgotten = nn.Linear(3, 1), nn.Linear(3, 1)
    loss = F.mse_loss(used(x), y)
    loss.backward()
    return forgotten.weight, loss


@because("no_backward")
def backward_not_called() -> Any:
    """backward() was not called."""
    w = torch.ones(3, requires_grad=True)
    loss = (w**2).sum()
    return w, loss


@because("returned")
def gradient_returned() -> Any:
    """torch.autograd.grad returns gradients, and leaves .grad alone."""
    w = torch.ones(3, requires_grad=True)
    loss = (w**2).sum()
    torch.autograd.grad(loss, w)  # here
    return w, loss


@because("zeroed")
def cleared_before_reading() -> Any:
    """zero_grad() comes between backward() and reading .grad."""
    x, y = data()
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    loss = F.mse_loss(model(x), y)
    loss.backward()
    optimizer.zero_grad()  # here
    return model.weight, loss


@because("not_differentiable")
def histogram_as_loss() -> Any:
    """A histogram, which counts, is compared with another."""
    w = torch.tensor([0.2, 0.8], requires_grad=True)
    counts = torch.histc(w, bins=4, min=0, max=1)  # here
    loss = (counts - 1).abs().sum()
    return w, loss


# -- zero --------------------------------------------------------------------------------------------------------------


@because("zeroed")
def filled_with_zeros() -> Any:
    """.grad is read after zero_grad(set_to_none=False)."""
    w = torch.ones(3, requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    loss = (w**2).sum()
    loss.backward()
    optimizer.zero_grad(set_to_none=False)  # here
    return w, loss


@because("saturated")
def dead_relu() -> Any:
    """A relu gets negative numbers only."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = F.relu(w - 10).sum()  # here
    loss.backward()
    return w, loss


@because("saturated")
def saturated_sigmoid() -> Any:
    """The inputs are not normalised: sigmoid is 1 to the last digit."""
    w = torch.tensor([1.0, 1.0], requires_grad=True)
    loss = torch.sigmoid(w * torch.tensor([300.0, 500.0])).sum()  # here
    loss.backward()
    return w, loss


@because("saturated")
def saturated_tanh() -> Any:
    """Too large weights: tanh is 1 to the last digit."""
    w = torch.full((2,), 50.0, requires_grad=True)
    loss = torch.tanh(w).sum()  # here
    loss.backward()
    return w, loss


@because("saturated")
def clamped() -> Any:
    """All values lie outside of the bounds of clamp."""
    w = torch.tensor([3.0, -4.0], requires_grad=True)
    loss = w.clamp(-1, 1).sum()  # here
    loss.backward()
    return w, loss


@because("flat")
def rounded() -> Any:
    """round() lies on the way: its derivative is 0."""
    w = torch.tensor([1.3, 2.6], requires_grad=True)
    loss = (w.round() ** 2).sum()  # here
    loss.backward()
    return w, loss


@because("flat")
def only_the_sign() -> Any:
    """Only the sign of a tensor enters the loss."""
    w = torch.tensor([1.3, -2.6], requires_grad=True)
    loss = (torch.sign(w) * 3).sum()  # here
    loss.backward()
    return w, loss


@because("times_zero")
def masked_away() -> Any:
    """The mask is 0 everywhere."""
    w = torch.ones(3, requires_grad=True)
    mask = torch.zeros(3)
    loss = (w * mask).sum()  # here
    loss.backward()
    return w, loss


@because("times_zero")
def weights_all_zero() -> Any:
    """The second layer is initialised with zeros, so the first gets no gradient."""
    x, y = data()
    first, second = nn.Linear(3, 3, bias=False), nn.Linear(3, 1, bias=False)
    nn.init.zeros_(second.weight)
    prediction = second(first(x))  # here
    loss = F.mse_loss(prediction, y)
    loss.backward()
    return first.weight, loss


@because("constant")
def sum_of_probabilities() -> Any:
    """The loss is the sum of a softmax, which is 1 whatever the logits."""
    logits = torch.zeros(2, 4, requires_grad=True)
    loss = logits.softmax(dim=1).sum()  # here
    loss.backward()
    return logits, loss


@because("cancelled")
def compared_with_itself() -> Any:
    """A tensor is subtracted from itself."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = (3 * w - 3 * w).sum()
    loss.backward()
    return w, loss


@because("at_minimum")
def target_from_the_model() -> Any:
    """The target is the prediction itself."""
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    prediction = w * 2
    loss = F.mse_loss(prediction, prediction.detach())  # here
    loss.backward()
    return w, loss


@because("not_selected")
def other_branch_selected() -> Any:
    """torch.where takes the other branch everywhere."""
    w = torch.ones(3, requires_grad=True)
    loss = torch.where(torch.tensor([True, True, True]), torch.zeros(3), w * 2).sum()  # here
    loss.backward()
    return w, loss


@because("hook")
def hook_returns_zeros() -> Any:
    """A hook of long ago blocks the gradient."""
    w = torch.ones(3, requires_grad=True)
    w.register_hook(lambda grad: grad * 0)  # here
    loss = (w**2).sum()
    loss.backward()
    return w, loss


# -- nan and inf -------------------------------------------------------------------------------------------------------


@because("zero_times_infinity")
def nan_behind_where() -> Any:
    """sqrt at 0 is masked out by where, and its gradient is nan nevertheless."""
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    root = torch.sqrt(x)  # here
    loss = torch.where(x > 0, root, torch.zeros(2)).sum()
    loss.backward()
    return x, loss


@because("sqrt_at_zero")
def distance_of_equal_points() -> Any:
    """A distance is computed with sqrt, and two points are equal."""
    a = torch.tensor([1.0, 2.0], requires_grad=True)
    b = torch.tensor([1.0, 2.0])
    distance = ((a - b) ** 2).sum().sqrt()  # here
    loss = distance * 2
    loss.backward()
    return a, loss


@because("log_of_zero")
def log_of_a_probability() -> Any:
    """The logarithm of a softmax that underflowed to 0."""
    logits = torch.tensor([0.0, 200.0], requires_grad=True)
    probabilities = logits.softmax(0)
    loss = -torch.log(probabilities)[0]  # here
    loss.backward()
    return logits, loss


@because("log_of_negative", "find_nan")
def log_of_a_negative_number() -> Any:
    """The argument of the logarithm is negative."""
    w = torch.tensor([0.5, -0.1], requires_grad=True)
    return (w.log().sum(),)  # here


@because("exp_overflow", "find_nan")
def softmax_by_hand() -> Any:
    """A softmax written out overflows: inf / inf."""
    logits = torch.tensor([1.0, 100.0], requires_grad=True)
    e = torch.exp(logits)  # here
    return ((e / e.sum())[1],)


@because("division_by_zero", "find_nan")
def normalised_by_zero() -> Any:
    """A row of zeros is normalised by its sum."""
    x = torch.tensor([[1.0, 3.0], [0.0, 0.0]], requires_grad=True)
    y = x / x.sum(dim=1, keepdim=True)  # here
    return (y.sum(),)


@because("pow_at_zero")
def power_below_one() -> Any:
    """x ** 0.5 at 0."""
    x = torch.tensor([0.0, 1.0], requires_grad=True)
    loss = (x**0.5).sum()  # here
    loss.backward()
    return x, loss


@because("pow_of_negative", "find_nan")
def power_of_a_negative_number() -> Any:
    """A negative number to the power of a fraction."""
    x = torch.tensor([-2.0, 1.0], requires_grad=True)
    y = x**1.5  # here
    return (y.sum(),)


@because("acos_at_one")
def angle_of_parallel_vectors() -> Any:
    """The angle between parallel vectors, by acos."""
    a = torch.tensor([1.0, 0.0], requires_grad=True)
    cosine = (a * torch.tensor([1.0, 0.0])).sum()
    loss = torch.acos(cosine)  # here
    loss.backward()
    return a, loss


@because("outside_domain", "find_nan")
def acos_beyond_one() -> Any:
    """Rounding made a cosine larger than 1."""
    x = torch.tensor([1.0000002], requires_grad=True)
    return (torch.acos(x).sum(),)  # here


@because("std_of_one", "find_nan")
def deviation_of_one_sample() -> Any:
    """The standard deviation of a batch of one."""
    x = torch.tensor([[2.0, 3.0]], requires_grad=True)
    spread = x.std(dim=0)  # here
    return ((x / spread).sum(),)


@because("all_masked", "find_nan")
def whole_row_masked() -> Any:
    """Attention over a row that is masked altogether."""
    scores = torch.zeros(2, 3, requires_grad=True)
    mask = torch.tensor([[False, True, False], [True, True, True]])
    masked = scores.masked_fill(mask, float("-inf"))
    return (masked.softmax(dim=1).sum(),)  # here


@because("all_masked", "find_nan")
def whole_row_masked_by_a_logarithm() -> Any:
    """A mask of zeros and ones is added by its logarithm, and one row is masked altogether."""
    scores = torch.zeros(2, 3, requires_grad=True)
    mask = torch.tensor([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    weights = (scores + mask.log()).softmax(dim=1)  # here
    return (weights.sum(),)


@because("inf_minus_inf", "find_nan")
def difference_of_infinities() -> Any:
    """Elements that were filled with inf on purpose are subtracted from each other."""
    x = torch.ones(3, requires_grad=True)
    distance = x.masked_fill(torch.tensor([True, False, False]), float("inf"))
    gap = distance - distance.max()  # here
    return (gap.sum(),)


@because("input", "find_nan")
def broken_before_the_step() -> Any:
    """The parameter was nan before any optimizer step."""
    w = torch.tensor([float("nan")], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 3).sum().backward()
    optimizer.step()
    return ((w * 2).sum(),)


@because("mean_of_nothing", "find_nan")
def mean_over_an_empty_mask() -> Any:
    """The mean over a mask that selects nothing."""
    x = torch.ones(3, requires_grad=True)
    return (x[x > 5].mean(),)  # here


@because("mean_of_nothing", "find_nan")
def all_targets_ignored() -> Any:
    """The cross entropy of a batch in which every target is ignored."""
    logits = torch.zeros(2, 3, requires_grad=True)
    target = torch.tensor([-100, -100])
    return (F.cross_entropy(logits, target),)  # here


@because("zero_times_infinity", "find_nan")
def mask_by_multiplication() -> Any:
    """An infinity is to be removed by multiplying with a mask."""
    x = torch.tensor([1.0, float("inf")])
    w = torch.ones(2, requires_grad=True)
    masked = x * torch.tensor([1.0, 0.0])  # here
    return ((w * masked).sum(),)


@because("input", "find_nan")
def nan_in_the_data() -> Any:
    """There is a nan in the input data."""
    x = torch.tensor([[1.0, float("nan"), 2.0]])  # here
    model = nn.Linear(3, 1)
    return (model(x).sum(),)


@because("diverged", "find_nan")
def too_large_learning_rate() -> Any:
    """The learning rate is so large that the weights overflow."""
    w = torch.tensor([1e30], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=1e30)
    (w * 3).sum().backward()
    w.grad.mul_(1e10)
    optimizer.step()  # here
    return ((w * 2).sum(),)


# -- not what was expected ---------------------------------------------------------------------------------------------


@because("exp_overflow", "find_nan")
def finite_by_chance() -> Any:
    """The loss is finite, but an exponential in it overflowed, and its derivative is nan."""
    logits = torch.tensor([1.0, 100.0], requires_grad=True)
    e = torch.exp(logits)  # here
    return ((e / e.sum())[0],)


@because("accumulated")
def zero_grad_forgotten() -> Any:
    """zero_grad() is missing in the training loop."""
    x, y = data()
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        loss = F.mse_loss(model(x), y)
        loss.backward()  # here
        optimizer.step()
    return model.weight, loss


@because("accumulated")
def updated_by_hand_without_clearing() -> Any:
    """An update by hand, and .grad is never cleared."""
    w = torch.ones(3, requires_grad=True)
    for _ in range(2):
        loss = (w**2).sum()
        loss.backward()  # here
        with torch.no_grad():
            w -= 0.1 * w.grad
    return w, loss


@because("accumulated")
def backward_called_twice() -> Any:
    """backward() is called twice, with retain_graph=True, and the gradient is doubled."""
    w = torch.ones(3, requires_grad=True)
    loss = (w**2).sum()
    for _ in range(2):
        loss.backward(retain_graph=True)  # here
    return w, loss


@because("hook")
def hook_scales() -> Any:
    """A hook scales the gradient."""
    w = torch.ones(3, requires_grad=True)
    w.register_hook(lambda grad: grad * 10)  # here
    loss = (w**2).sum()
    loss.backward(retain_graph=True)
    return w, loss


@because("overwritten", "overwritten")
def activation_changed_in_place() -> Any:
    """An activation is changed in place after it was saved."""
    x = torch.ones(3, requires_grad=True)
    y = torch.exp(x)
    z = y * y
    y += 1  # here
    return (z.sum(),)


@because("overwritten", "overwritten")
def result_changed_in_place() -> Any:
    """The result of a sigmoid is changed in place, which its derivative reads."""
    x = torch.ones(3, requires_grad=True)
    y = torch.sigmoid(x)
    y[0] = 0.0  # here
    return (y.sum(),)


@because("overwritten", "overwritten")
def stepped_before_backward() -> Any:
    """optimizer.step() comes between the forward pass of a second loss and its backward pass."""
    x, y = data()
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    first, second = F.mse_loss(model(x), y), F.mse_loss(model(x * 2), y)
    first.backward()
    optimizer.step()  # here
    return (second,)


@because("freed", "shared")
def state_carried_over() -> Any:
    """The hidden state of the last batch is used without detach(): the second backward fails."""
    w = torch.tensor([0.5], requires_grad=True)
    h = torch.tanh(w)  # here
    (h**2).sum().backward()
    return ((torch.tanh(h * w) ** 2).sum(),)


@because("freed", "shared")
def losses_of_one_encoder() -> Any:
    """Two losses share an encoder, and each calls backward()."""
    x, _ = data()
    encoder = nn.Linear(3, 2)
    code = encoder(x).exp()  # here
    code.mean().backward()
    return ((code**2).sum(),)
