# %% [markdown] id="title"
# # 1 · A single layer
#
# A layer turns the numbers that come in into the numbers that go out, and how it does so is
# set by numbers of its own: its weights and its bias. To train a layer is to ask, for each of
# these numbers, "if you were a little larger, what would happen to the error?" The answer to
# that question is a derivative, all the answers together are the *gradient*, and autograd
# works them out while you write nothing but the forward computation.

# %% id="setup"
import torch
import torch.nn.functional as F

# %% [markdown] id="parameters"
# ## The pieces
#
# Four inputs, all equal to one, so that nothing hides the weights. Three outputs, each a
# yes-or-no question, whose right answers are no, yes, no. The weights start at random.
#
# `requires_grad=True` marks a tensor whose gradient we shall ask for. The inputs and the
# targets do not carry the mark: they are data, and nobody is going to change them.

# %% id="data"
torch.manual_seed(1)  # the same random numbers each time, so you can compare what you see

x = torch.ones(4)
target = torch.tensor([0.0, 1.0, 0.0])

W = torch.randn(4, 3, requires_grad=True)
b = torch.zeros(3, requires_grad=True)

print("W:")
print(W)
print("b:", b)

# %% [markdown] id="forward-text"
# ## Forward
#
# The layer itself is one line. Its outputs are called *logits*: any real number, where a
# positive one leans towards yes and a negative one towards no. `torch.sigmoid` would squeeze
# a logit into a probability; the loss below takes the logit as it is, because sigmoid and
# logarithm done in one step lose no precision when a logit is large.

# %% id="forward"
z = x @ W + b
loss = F.binary_cross_entropy_with_logits(z, target)

print("logits:", z)
print("loss:", loss)

# %% [markdown] id="grad-fn-text"
# ## What `grad_fn` is
#
# Look at the end of the two lines just printed. Because `W` and `b` want gradients, every
# result that depends on them remembers how it was made. That memory is its `grad_fn`, a small
# object that knows the derivative of the one operation which made the tensor, and which
# `grad_fn`s come before it. `W` was made by nobody: it is a *leaf*, and has no `grad_fn`.

# %% id="grad-fn"
print("z.grad_fn:", z.grad_fn)
print("loss.grad_fn:", loss.grad_fn)
print("W.grad_fn:", W.grad_fn, "- is W a leaf?", W.is_leaf, "- and z?", z.is_leaf)

# %% [markdown] id="graph-text"
# The links between them are `next_functions`. Following them from the loss shows the whole
# recording, backwards. `AccumulateGrad` is where a path ends: it adds what arrives to the
# `.grad` of a leaf. A path that would lead to data, such as `x`, is `None`: nothing is
# computed for it.


# %% id="graph"
def show(node, depth=0):
    if node is None:
        return
    print("    " * depth + node.name())
    for before, _ in node.next_functions:
        show(before, depth + 1)


show(loss.grad_fn)

# %% [markdown] id="backward-text"
# ## Backward
#
# `backward()` walks this recording once and leaves a gradient at each leaf, of the same shape
# as the leaf. Read the signs: the second column of `W` feeds the output that should say yes,
# and its gradient is negative, so *larger* weights there would make the loss smaller. For the
# other two columns it is the other way round.

# %% id="backward"
loss.backward()

print("W.grad:")
print(W.grad)
print("b.grad:", b.grad)

# %% [markdown] id="by-hand-text"
# ## The same by hand
#
# For this loss the calculus is pleasantly short. With three outputs the derivative of the loss
# by a logit is
#
#     (sigmoid(z) - target) / 3
#
# that is, how far the probability is from the truth. A bias is added to its logit, so it gets
# exactly this. A weight is first multiplied by its input, so it gets this times the input;
# our inputs are all one, which is why the rows of `W.grad` are all alike.

# %% id="by-hand"
by_hand = (torch.sigmoid(z) - target) / 3

print("b.grad agrees:", torch.allclose(b.grad, by_hand))
print("W.grad agrees:", torch.allclose(W.grad, torch.outer(x, by_hand)))

# %% [markdown] id="no-grad-text"
# ## Working without a recording
#
# Now use the gradient: take a step against it. The step is not part of the model, so it must
# not be recorded, and inside `torch.no_grad()` nothing is. Outside, the line `W -= ...` would be
# an error: while it is being recorded, a leaf that wants gradients may not be overwritten.

# %% id="step"
with torch.no_grad():
    W -= 0.5 * W.grad
    b -= 0.5 * b.grad
    after = F.binary_cross_entropy_with_logits(x @ W + b, target)

print(f"loss before the step {loss.item():.4f}, after it {after.item():.4f}")
print("does the new loss want gradients?", after.requires_grad)

# %% [markdown] id="detach-text"
# `detach()` is for a single tensor. It gives you the same numbers without the memory of where
# they came from, for a plot, say, or a log. They really are the same numbers: the two tensors
# share one piece of memory, so use `detach().clone()` where you mean to change them.

# %% id="detach"
snapshot = z.detach()

print("z wants gradients:", z.requires_grad, "- its snapshot:", snapshot.requires_grad)
print("same memory:", snapshot.data_ptr() == z.data_ptr())

# %% [markdown] id="next"
# **What to take along.** Mark the parameters with `requires_grad`, compute a loss, call
# `backward()`, and read `.grad`. In the next tutorial we look at a single formula and check
# every number that comes back.
