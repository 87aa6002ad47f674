# %% [markdown] id="title"
# # 2 · A derivative, by autograd and by hand
#
# Trust is good, a check is better. We take one formula whose derivative fits on a line,
#
#     y  = x² · eˣ
#     y' = 2x · eˣ + x² · eˣ
#
# and compute the derivative three times: by autograd, by that formula, and by plain
# difference quotients, which need no calculus at all.

# %% id="setup"
import torch

# %% [markdown] id="sample-text"
# ## A sample to work on
#
# Twelve numbers from the normal distribution, three rows of four. `requires_grad_()` with an
# underscore at its end changes the tensor itself; all the methods that do so end like that.

# %% id="sample"
torch.manual_seed(2)

x = torch.randn(3, 4)
x.requires_grad_()

print(x)

# %% [markdown] id="forward-text"
# ## Forward
#
# Three operations, and so three entries in the recording: a square, an exponential, and the
# product of the two.

# %% id="forward"
y = x**2 * torch.exp(x)

print(y)

# %% [markdown] id="cotangent-text"
# ## Backward from many numbers
#
# `y` is not one number but twelve, and "the gradient of `y`" would be a table of 12 × 12
# derivatives. Autograd never builds that table. It wants to know how much each number of `y`
# *counts*, and returns the gradient of the sum weighted in this way. The weights are called a
# *cotangent*, and have the shape of `y`.
#
# With ones for a cotangent, each entry counts once. Since each `y` depends on the one `x` in
# its own place, what lands in `x.grad` is just the derivative, place by place.

# %% id="backward"
y.backward(gradient=torch.ones_like(y))

print(x.grad)

# %% [markdown] id="by-hand-text"
# ## By hand
#
# The product rule, typed in. It is ordinary arithmetic and should not be recorded, hence
# `no_grad`. We compare with `allclose`, not with `==`: the two ways round differently in the
# last digit.


# %% id="by-hand"
def derivative(x):
    return 2 * x * torch.exp(x) + x**2 * torch.exp(x)


with torch.no_grad():
    by_hand = derivative(x)

print(by_hand)
print("autograd agrees with the formula:", torch.allclose(x.grad, by_hand))

# %% [markdown] id="one-hot-text"
# ## What the cotangent does
#
# Let only one entry count, and only its own place gets a derivative. The call to `backward`
# goes over a fresh recording, for the first was used up; and `x.grad` is emptied first,
# because `backward` *adds* to what it finds there.

# %% id="one-hot"
x.grad = None
y = x**2 * torch.exp(x)

only_one = torch.zeros(3, 4)
only_one[1, 2] = 1
y.backward(gradient=only_one)

print(x.grad)

# %% [markdown] id="sum-text"
# Summing first and calling `backward()` without an argument is the same as ones for a
# cotangent: the sum is a single number, and each entry counts in it once.

# %% id="sum"
x.grad = None
(x**2 * torch.exp(x)).sum().backward()

print("sum().backward() is the same:", torch.allclose(x.grad, by_hand))

# %% [markdown] id="difference-text"
# ## By difference quotients
#
# If you had never heard of the product rule, you would go a step `h` to the right and to the
# left and divide the rise by the run. At `x = 1` the derivative is 3e = 8.154845…, and the
# quotient closes in on it: a tenth of the step, a hundredth of the error. It is computed in
# double precision, because it subtracts two numbers that are nearly equal.


# %% id="difference"
def f(x):
    return x**2 * torch.exp(x)


one = torch.tensor(1.0, dtype=torch.float64)
exact = derivative(one)

for h in (0.1, 0.01, 0.001):
    quotient = (f(one + h) - f(one - h)) / (2 * h)
    print(f"h = {h:<6}quotient {quotient.item():.6f}   error {(quotient - exact).item():.1e}")

# %% [markdown] id="second-text"
# ## Once more
#
# A derivative is a formula too, so it has a derivative. With `create_graph=True` the backward
# pass is itself recorded, and we can go backward through it. By hand, once more with the
# product rule: y'' = (x² + 4x + 2) · eˣ.

# %% id="second"
x.grad = None
y = f(x)
(first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), x)

print("first derivative was made by", first.grad_fn.name())
print(second)

with torch.no_grad():
    print("agrees with the formula:", torch.allclose(second, (x**2 + 4 * x + 2) * torch.exp(x)))

# %% [markdown] id="next"
# **What to take along.** `backward` needs a number to start from, or a cotangent that says how
# much each of several numbers counts. And whenever a gradient looks odd, a difference quotient
# is three lines away.
