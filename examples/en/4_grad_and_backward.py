# %% [markdown] id="title"
# # 4 · `autograd.grad`, `backward`, and four mistakes
#
# There are two ways to ask for a gradient. This tutorial puts them side by side, and then makes
# on purpose the four mistakes that everybody makes by accident, so that you will know their
# messages when you meet them.

# %% id="setup"
import torch
import torch.nn.functional as F


def report(error):
    """Print the first sentence of a RuntimeError; what may follow it is advice."""
    first_line = str(error).splitlines()[0]
    print("RuntimeError:", first_line.split(". ")[0].rstrip("."))


# %% [markdown] id="smallest-text"
# ## The smallest model there is
#
# One input, one target, one weight: the prediction is w · x, the loss its squared distance from
# y. With w = 2 and x = y = 1 the prediction is off by 1. By hand,
#
#     d loss / d w = 2 (w·x - y) · x = 2 · 1 · 1 = 2

# %% id="smallest"
x = torch.tensor([1.0])
y = torch.tensor([1.0])
w = torch.tensor([2.0], requires_grad=True)

loss = F.mse_loss(x * w, y)
print(loss)

# %% [markdown] id="two-ways-text"
# `torch.autograd.grad` is a question with an answer: it *returns* the gradients, one for each
# tensor you name, and leaves no trace. `backward()` is an instruction: it returns nothing and
# *adds* the gradients to the `.grad` of every leaf that took part.

# %% id="grad"
(answer,) = torch.autograd.grad(loss, [w])
print("autograd.grad returned", answer, "and w.grad is", w.grad)

# %% id="backward"
loss = F.mse_loss(x * w, y)
print("backward returned", loss.backward(), "and w.grad is", w.grad)

# %% [markdown] id="which-text"
# In a training loop with many parameters `backward()` is the handy one. For a gradient with
# respect to something in particular, or for a gradient of a gradient, ask with
# `autograd.grad`.
#
# ## Two elements
#
# The same with two entries. The loss is now the *mean* of two squares, so each entry has half
# the influence: the gradient is (1, 1), where it was 2 before.

# %% id="two-elements"
x2 = torch.ones(2)
y2 = torch.ones(2)
w2 = torch.tensor([2.0, 2.0], requires_grad=True)

(pair,) = torch.autograd.grad(F.mse_loss(x2 * w2, y2), [w2])
print(pair)

# %% [markdown] id="mistake-1-text"
# ## Mistake 1: nobody said that `w` wants a gradient
#
# Without `requires_grad` there is no recording to walk back through.

# %% id="mistake-1"
w = torch.tensor([2.0])
loss = F.mse_loss(x * w, y)

try:
    torch.autograd.grad(loss, [w])
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-1-text"
# **Mended** by saying so, before the forward pass.

# %% id="mended-1"
w = torch.tensor([2.0], requires_grad=True)
loss = F.mse_loss(x * w, y)

print(torch.autograd.grad(loss, [w]))

# %% [markdown] id="mistake-2-text"
# ## Mistake 2: it was said too late
#
# Here `w` does get its mark, but only after the loss was computed. The message is the one from
# above, and puzzling now, for `w.requires_grad` is plainly true. It speaks of the *loss*: that
# was made before, and its making was not recorded.

# %% id="mistake-2"
w = torch.tensor([2.0])
loss = F.mse_loss(x * w, y)
w.requires_grad_()

print("w wants a gradient:", w.requires_grad, "- the loss knows of it:", loss.requires_grad)
try:
    loss.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="tempting-text"
# A tempting repair is to put the mark on the loss. The error goes away, and so does the lesson:
# the loss is now a leaf of its own, nothing leads from it to `w`, and training would run
# without ever changing anything.

# %% id="tempting"
loss.requires_grad_()
loss.backward()
print("no error, but w.grad is", w.grad)

# %% [markdown] id="mended-2-text"
# **Mended** by computing the loss again, now that `w` has its mark.

# %% id="mended-2"
loss = F.mse_loss(x * w, y)
loss.backward()
print(w.grad)

# %% [markdown] id="mistake-3-text"
# ## Mistake 3: going backward twice
#
# On its way back, autograd lets go of the intermediate values that the recording kept, so as not
# to hold memory longer than needed. There is no second trip over the same recording.

# %% id="mistake-3"
try:
    loss.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-3-text"
# **Mended** in one of two ways. Most often you want the gradient at a new point anyway: run the
# forward pass again. If you do need the same recording twice, say so the first time with
# `retain_graph=True`.

# %% id="mended-3"
loss = F.mse_loss(x * w, y)
first = torch.autograd.grad(loss, [w], retain_graph=True)
second = torch.autograd.grad(loss, [w])
print("the same twice:", first, second)

# %% [markdown] id="mistake-4-text"
# ## Mistake 4: many outputs, and no word on how they count
#
# Softmax turns scores into probabilities, three of them here. A gradient belongs to one number;
# for three, autograd cannot guess which you mean.

# %% id="mistake-4"
scores = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
probabilities = F.softmax(scores, dim=0)
print(probabilities)

try:
    probabilities.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-4-text"
# **Mended** by a cotangent, which says how much each output counts. To ask about the last
# probability alone, let only that one count. By hand, with p for the probabilities and v for
# the cotangent, the gradient is p · (v - Σ v·p).

# %% id="mended-4"
only_last = torch.tensor([0.0, 0.0, 1.0])
probabilities.backward(only_last)
print(scores.grad)

with torch.no_grad():
    by_hand = probabilities * (only_last - (only_last * probabilities).sum())
print("by hand the same:", torch.allclose(scores.grad, by_hand))

# %% [markdown] id="ones-text"
# Ones for a cotangent are no cure-all, by the way. Probabilities add up to 1 whatever the scores
# are, so their plain sum has no slope at all: the gradient is zero. Choose the weights, or a loss,
# that says what you want.

# %% id="ones"
(flat,) = torch.autograd.grad(F.softmax(scores, dim=0), [scores], torch.ones(3))
print("zero everywhere:", torch.allclose(flat, torch.zeros(3), atol=1e-6))

# %% [markdown] id="next"
# **What to take along.**
#
# | the message speaks of | the cause | the cure |
# |---|---|---|
# | does not require grad | nothing was marked | `requires_grad=True` before the forward pass |
# | does not require grad | marked too late | run the forward pass again |
# | a second time | the recording was used up | a new forward pass, or `retain_graph=True` |
# | only for scalar outputs | several outputs | a cotangent, or a single loss |
