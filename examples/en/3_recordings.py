# %% [markdown] id="title"
# # 3 · Recordings long and short
#
# Autograd does not read your program. It records what happens while it runs. So loops,
# branches and lengths that nobody knows beforehand need no special care, as we shall see in
# four small experiments.

# %% id="setup"
import torch

# %% [markdown] id="mean-text"
# ## Twenty-seven, and four and a half
#
# Start with ones, add 2, square, take three of it, take the mean. Each of the four entries is
# 3 · 3² = 27, and so is their mean.

# %% id="mean"
x = torch.ones(2, 2, requires_grad=True)
y = x + 2
z = 3 * y * y
out = z.mean()

print(y)
print(z)
print(out)

# %% [markdown] id="mean-grad-text"
# What if one entry of `x` were a little larger? The mean is a quarter of the sum, so by hand
#
#     d out / d x = 3 · 2(x + 2) / 4 = 6 · 3 / 4 = 4.5
#
# in each of the four places.

# %% id="mean-grad"
out.backward()

print(x.grad)

# %% [markdown] id="doubling-text"
# ## A loop of unknown length
#
# Double a random vector until its norm (its length) passes 1000. How many rounds it takes
# depends on the numbers; the recording is as long as the loop happened to run.

# %% id="doubling"
torch.manual_seed(3)
v = torch.randn(3, requires_grad=True)

doubled = v * 2
rounds = 1
while doubled.norm() <= 1000:
    doubled = doubled * 2
    rounds += 1

print("start:", v)
print("after", rounds, "doublings:", doubled)

# %% [markdown] id="doubling-grad-text"
# The result has three entries, so `backward` wants a cotangent. We let the first entry count
# for a tenth, the second fully, the third next to nothing. Each entry has been multiplied by
# 2 in every round, so its gradient is 2 to the power of the rounds, times how much it counts.

# %% id="doubling-grad"
doubled.backward(torch.tensor([0.1, 1.0, 0.0001]))

print("2 to the power of", rounds, "is", 2**rounds)
print(v.grad)

# %% [markdown] id="powers-text"
# ## Sums and sums of powers
#
# On a 5 × 5 table of uniform random numbers: in a plain sum every entry counts once, so its
# gradient is 1 everywhere. In a sum of squares it is 2u, in a sum of cubes 3u². The general
# rule, p · u to the power of p - 1, includes the plain sum: p = 1.

# %% id="powers"
u = torch.rand(5, 5, requires_grad=True)
print(u)

for p in (1, 2, 3):
    u.grad = None  # backward adds to .grad, so start each round with an empty one
    total = (u**p).sum()
    total.backward()
    print(f"\nsum of u to the power of {p}: {total.item():.3f}, and its gradient:")
    print(u.grad)
    print("by hand the same:", torch.allclose(u.grad, p * u.detach() ** (p - 1)))

# %% [markdown] id="adds-text"
# See what happens without that line. Two backward passes, one for the sum and one for the
# squares, and `.grad` holds 1 + 2u. This is meant: it lets you collect a gradient in portions.
# It is also why every training loop empties `.grad`.

# %% id="adds"
u.grad = None
u.sum().backward()
(u**2).sum().backward()

print("the gradients have been added up:", torch.allclose(u.grad, 1 + 2 * u.detach()))

# %% [markdown] id="afterwards-text"
# ## Changing your mind
#
# A tensor starts without the mark unless you ask for it, and computations on it leave no
# recording. `requires_grad_()` sets the mark afterwards, from then on: what was computed
# earlier stays unrecorded.

# %% id="afterwards"
a = torch.rand(5, 5)
early = (a * a).sum()

a.requires_grad_()
late = (a * a).sum()

print("early:", early.requires_grad, early.grad_fn)
print("late: ", late.requires_grad, late.grad_fn)

late.backward()
print("late.backward() gives 2a:", torch.allclose(a.grad, 2 * a.detach()))

# %% [markdown] id="no-grad-text"
# ## Pausing the recording
#
# And the other way round: inside `torch.no_grad()` results carry no mark even though `a` does.
# Use it for everything that only looks at a model. It saves the time and the memory that the
# recording would take. The same name works as a decorator, too.


# %% id="no-grad"
@torch.no_grad()
def average(t):
    return t.mean()


print("outside:", (a * a).requires_grad)
with torch.no_grad():
    print("inside: ", (a * a).requires_grad)
print("in a decorated function:", average(a).requires_grad)

# %% [markdown] id="next"
# **What to take along.** The recording is made afresh by each forward pass, follows whatever
# your code does, and can be switched on late or paused. Gradients add up in `.grad` until you
# empty it.
