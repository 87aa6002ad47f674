"""Programs with which nothing is wrong, although each does something that a careless detective would accuse."""

from __future__ import annotations

from functools import partial
from typing import Any

import tapegrad as torch
from tapegrad import nn
from tapegrad.nn import functional as F

from .programs import Program, sound

PROGRAMS: list[Program] = []
fine = partial(sound, PROGRAMS)


def data() -> Any:
    """Inputs (4, 3) and targets (4, 1)."""
    torch.manual_seed(0)
    return torch.randn(4, 3), torch.randn(4, 1)


@fine()
def linear_regression() -> Any:
    """A training loop with zero_grad in its place."""
    x, y = data()
    model = nn.Linear(3, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.mse_loss(model(x), y)
        loss.backward()
        if _ < 2:
            optimizer.step()
    return model.weight, loss


@fine()
def adam_and_relu() -> Any:
    """Some units of a relu layer are dead, others not."""
    x, y = data()
    model = nn.Sequential(nn.Linear(3, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.Adam(model.parameters())
    loss = F.mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    return model[0].weight, loss


@fine()
def gradient_accumulation() -> Any:
    """Several small batches are added up on purpose, the parameters being the same."""
    x, y = data()
    model = nn.Linear(3, 1)
    for part in range(4):
        loss = F.mse_loss(model(x[part : part + 1]), y[part : part + 1]) / 4
        loss.backward()
    return model.weight, None


@fine()
def accumulation_of_equal_parts() -> Any:
    """Micro-batches are added up, and the question is about the last of them."""
    x, y = data()
    model = nn.Linear(3, 1)
    loss = torch.zeros(())
    for part in range(4):
        loss = F.mse_loss(model(x[part : part + 1]), y[part : part + 1]) / 4
        loss.backward()
    return model.weight, loss


@fine()
def adversarial_training() -> Any:
    """The generator's pass leaves gradients in the discriminator, which are cleared before they are used."""
    torch.manual_seed(0)
    discriminator, generator = nn.Linear(2, 1), nn.Linear(2, 2)
    of_d = torch.optim.SGD(discriminator.parameters(), lr=0.1)
    of_g = torch.optim.SGD(generator.parameters(), lr=0.1)
    loss = torch.zeros(())
    for _ in range(2):
        fake = generator(torch.randn(4, 2))
        of_d.zero_grad()
        (discriminator(fake.detach()) - discriminator(torch.randn(4, 2))).mean().backward()
        of_d.step()
        of_g.zero_grad()
        loss = -discriminator(fake).mean()
        loss.backward()
        if _ == 0:
            of_g.step()
    return discriminator.weight, loss


@fine()
def infinite_derivative_masked_below() -> Any:
    """sqrt has an infinite derivative at 0, which the where below it drops."""
    a = torch.tensor([-1.0, 4.0], requires_grad=True)
    loss = torch.where(a > 0, a, 0.0).sqrt().sum()
    loss.backward()
    return a, loss


@fine()
def logarithm_of_a_mask() -> Any:
    """A mask of zeros and ones is added to logits by its logarithm."""
    logits = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    mask = torch.tensor([1.0, 0.0, 1.0])
    loss = (logits + mask.log()).softmax(0)[0]
    loss.backward()
    return logits, loss


@fine()
def with_a_cotangent() -> Any:
    """backward() is given a cotangent."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = x**2
    y.backward(torch.tensor([2.0, 2.0]))
    return x, y


@fine()
def clipped_gradient() -> Any:
    """The norm of the gradients is clipped."""
    x, y = data()
    model = nn.Linear(3, 1)
    loss = F.mse_loss(model(x), y)
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 0.1)
    return model.weight, loss


@fine()
def logging_with_item() -> Any:
    """item() is used to print only."""
    w = torch.ones(3, requires_grad=True)
    history = []
    for _ in range(3):
        loss = (w**2).sum()
        history.append(loss.item())
    loss.backward()
    return w, loss


@fine()
def detached_target() -> Any:
    """The target of a Q-learning step is detached on purpose."""
    x, _ = data()
    model = nn.Linear(3, 1)
    target = (model(x + 1) * 0.9).detach()
    loss = F.mse_loss(model(x), target)
    loss.backward()
    return model.weight, loss


@fine()
def target_under_no_grad() -> Any:
    """The target is computed under no_grad on purpose."""
    x, _ = data()
    model = nn.Linear(3, 1)
    with torch.no_grad():
        target = model(x) + 1
    loss = F.smooth_l1_loss(model(x), target)
    loss.backward()
    return model.weight, loss


@fine()
def update_by_hand() -> Any:
    """An update by hand under no_grad."""
    w = torch.ones(3, requires_grad=True)
    for _ in range(2):
        w.grad = None
        loss = (w**2).sum()
        loss.backward()
        with torch.no_grad():
            w -= 0.1 * w.grad
    w.grad = None
    loss = (w**2).sum()
    loss.backward()
    return w, loss


@fine()
def truncated_backpropagation() -> Any:
    """The state is detached between the windows of a long sequence."""
    w = torch.eye(2).mul(0.5).requires_grad_()
    h = torch.ones(2)
    for _ in range(2):
        w.grad = None
        h = h.detach()
        for _ in range(3):
            h = torch.tanh(w @ h)
        loss = h.sum()
        loss.backward()
    return w, loss


@fine()
def retained_activation() -> Any:
    """The gradient of an activation, with retain_grad()."""
    x = torch.ones(3, requires_grad=True)
    hidden = x.exp()
    hidden.retain_grad()
    loss = hidden.sum()
    loss.backward()
    return hidden, loss


@fine()
def input_gradient() -> Any:
    """A saliency map."""
    x, _ = data()
    x.requires_grad_()
    score = nn.Linear(3, 1)(x).sum()
    score.backward()
    return x, score


@fine()
def straight_through() -> Any:
    """Rounding with a straight-through gradient."""
    w = torch.tensor([1.3, 2.6], requires_grad=True)
    rounded = w + (w.round() - w).detach()
    loss = (rounded**2).sum()
    loss.backward()
    return w, loss


@fine()
def classification() -> Any:
    """Cross entropy on logits, and the accuracy beside it."""
    x, _ = data()
    model = nn.Linear(3, 2)
    target = torch.tensor([0, 1, 0, 1])
    logits = model(x)
    loss = F.cross_entropy(logits, target)
    (logits.argmax(dim=1) == target).float().mean().item()
    loss.backward()
    return model.weight, loss


@fine()
def indexed_by_integers() -> Any:
    """An embedding looked up by indices."""
    table = nn.Embedding(5, 3)
    loss = (table(torch.tensor([1, 3])) ** 2).sum()
    loss.backward()
    return table.weight, loss


@fine()
def sorted_and_picked() -> Any:
    """topk and sort pass gradients through the values."""
    w = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    values, indices = w.topk(2)
    loss = (values * (indices + 1)).sum()
    loss.backward()
    return w, loss


@fine()
def maximum_of_all() -> Any:
    """Only one element gets a gradient."""
    w = torch.tensor([3.0, 1.0, 2.0], requires_grad=True)
    loss = w.max() * 2
    loss.backward()
    return w, loss


@fine()
def partly_masked() -> Any:
    """Most elements are masked out, but not all."""
    w = torch.ones(4, requires_grad=True)
    loss = (w * torch.tensor([0.0, 0.0, 1.0, 0.0])).sum()
    loss.backward()
    return w, loss


@fine()
def dropout() -> Any:
    """Dropout drops some elements."""
    torch.manual_seed(1)
    w = torch.ones(20, requires_grad=True)
    loss = F.dropout(w, 0.5).sum()
    loss.backward()
    return w, loss


@fine()
def in_place_before_use() -> Any:
    """A write into a result that no derivative reads."""
    x = torch.ones(3, requires_grad=True)
    y = x * 2
    y += 1
    loss = (y * y).sum()
    loss.backward()
    return x, loss


@fine()
def filling_a_buffer() -> Any:
    """A buffer is filled row by row."""
    w = torch.ones(2, requires_grad=True)
    rows = torch.zeros(3, 2)
    for i in range(3):
        rows[i] = w * i
    loss = (rows**2).sum()
    loss.backward()
    return w, loss


@fine()
def relu_in_place() -> Any:
    """relu_ on the result of a linear layer."""
    x, y = data()
    model = nn.Linear(3, 3)
    loss = F.mse_loss(F.relu(model(x), inplace=True), x)
    loss.backward()
    del y
    return model.weight, loss


@fine()
def safe_where() -> Any:
    """The double where: the operand is made safe first."""
    x = torch.tensor([0.0, 4.0], requires_grad=True)
    positive = x > 0
    loss = torch.where(positive, torch.sqrt(torch.where(positive, x, 1.0)), 0.0).sum()
    loss.backward()
    return x, loss


@fine()
def causal_attention() -> Any:
    """Attention with -inf above the diagonal."""
    q = torch.arange(6.0).reshape(3, 2).requires_grad_()
    scores = q @ q.T / 2**0.5
    mask = torch.triu(torch.ones(3, 3, dtype=torch.bool), diagonal=1)
    weights = scores.masked_fill(mask, float("-inf")).softmax(dim=-1)
    loss = (weights @ q).pow(2).sum()
    loss.backward()
    return q, loss


@fine()
def running_maximum_from_minus_infinity() -> Any:
    """A maximum begins with -inf."""
    w = torch.tensor([3.0, 1.0], requires_grad=True)
    best = torch.tensor(float("-inf"))
    for value in w:
        best = torch.maximum(best, value)
    best.backward()
    return w, best


@fine()
def stable_log_probabilities() -> Any:
    """log_softmax of large logits."""
    logits = torch.tensor([0.0, 200.0], requires_grad=True)
    loss = -F.log_softmax(logits, dim=0)[0]
    loss.backward()
    return logits, loss


@fine()
def norm_at_zero() -> Any:
    """A norm over rows, one of which is 0: its gradient is 0 there."""
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    loss = torch.linalg.vector_norm(x, dim=1).sum()
    loss.backward()
    return x, loss


@fine()
def two_losses_added() -> Any:
    """Two losses of one encoder, added up."""
    x, _ = data()
    encoder = nn.Linear(3, 2)
    code = encoder(x).exp()
    loss = code.mean() + (code**2).sum()
    loss.backward()
    return encoder.weight, loss


@fine()
def second_derivative() -> Any:
    """A gradient penalty."""
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = (x**3).sum()
    (dy,) = torch.autograd.grad(y, x, create_graph=True)
    loss = (dy**2).sum()
    loss.backward()
    return x, loss


@fine()
def custom_function() -> Any:
    """A custom Function whose gradient is clipped on purpose."""

    class Square(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            ctx.save_for_backward(x)
            return x**2

        @staticmethod
        def backward(ctx: Any, *grads: Any) -> Any:
            (x,) = ctx.saved_tensors
            return grads[0] * 2 * x

    w = torch.tensor([1.0, 2.0], requires_grad=True)
    loss = Square.apply(w).sum()
    loss.backward()
    return w, loss


@fine()
def recurrent_layer() -> Any:
    """An LSTM."""
    x, _ = data()
    layer = nn.LSTM(3, 4)
    out, _state = layer(x.unsqueeze(1))
    loss = out.pow(2).mean()
    loss.backward()
    return layer.weight_ih_l0, loss


@fine()
def batch_norm() -> Any:
    """Batch normalisation, whose running statistics are written in place."""
    x, y = data()
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 1))
    loss = F.mse_loss(model(x), y)
    loss.backward()
    return model[0].weight, loss


@fine()
def frozen_encoder() -> Any:
    """The head is trained, the encoder frozen; asked about the head."""
    x, y = data()
    encoder, head = nn.Linear(3, 3).requires_grad_(False), nn.Linear(3, 1)
    loss = F.mse_loss(head(encoder(x)), y)
    loss.backward()
    return head.weight, loss


@fine()
def hook_that_counts() -> Any:
    """A hook that only looks."""
    w = torch.ones(3, requires_grad=True)
    seen = []
    w.register_hook(lambda grad: seen.append(grad.abs().max()))
    loss = (w**2).sum()
    loss.backward()
    return w, loss


@fine()
def hook_that_clips() -> Any:
    """A hook that clips, of gradients that are small enough."""
    w = torch.tensor([5.0, 0.1], requires_grad=True)
    w.register_hook(lambda grad: grad.clamp(-100, 100))
    loss = (w**2).sum()
    loss.backward()
    return w, loss


# -- shapes ------------------------------------------------------------------------------------------------------------


@fine()
def bias() -> Any:
    """(n, k) + (k,)."""
    w = torch.ones(4, 3, requires_grad=True)
    loss = (w + torch.arange(3.0)).sum()
    loss.backward()
    return w, loss


@fine()
def outer_product() -> Any:
    """(n, 1) * (1, n), written on purpose."""
    w = torch.arange(3.0).requires_grad_()
    loss = (w.unsqueeze(1) * w.unsqueeze(0)).sum()
    loss.backward()
    return w, loss


@fine()
def all_pairs() -> Any:
    """All differences of a tensor's elements."""
    x = torch.arange(3.0).requires_grad_()
    loss = ((x[:, None] - x) ** 2).sum() + ((x[:, None] - torch.arange(3.0)) ** 2).sum()
    loss.backward()
    return x, loss


@fine()
def normalised_rows() -> Any:
    """A square matrix, its rows normalised with keepdim."""
    x = torch.eye(3).add(1).requires_grad_()
    y = x / x.sum(dim=1, keepdim=True) - x.mean(0)
    loss = (y**2).sum()
    loss.backward()
    return x, loss


@fine()
def column_of_weights() -> Any:
    """(n, k) * (n, 1)."""
    x = torch.ones(4, 3, requires_grad=True)
    loss = (x * torch.arange(4.0).reshape(4, 1)).sum()
    loss.backward()
    return x, loss


@fine()
def grid_of_frequencies() -> Any:
    """Positions (n, 1) times frequencies (m,)."""
    frequencies = torch.arange(1.0, 5.0).requires_grad_()
    positions = torch.arange(3.0).reshape(3, 1)
    loss = torch.sin(positions * frequencies).sum()
    loss.backward()
    return frequencies, loss


@fine()
def per_channel() -> Any:
    """(b, c, h, w) times (c, 1, 1)."""
    scale = torch.ones(2, 1, 1, requires_grad=True)
    loss = (torch.ones(3, 2, 4, 4) * scale).sum()
    loss.backward()
    return scale, loss


@fine()
def one_sample() -> Any:
    """(1, 1) against (1,): the result is no larger."""
    w = torch.ones(1, 1, requires_grad=True)
    loss = (w - torch.zeros(1)).abs().sum()
    loss.backward()
    return w, loss
