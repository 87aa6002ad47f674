# %% [markdown] id="title"
# # 5 · Thermometers
#
# You come home with a beautiful old thermometer that has numbers on it, but no unit. So you hang
# it next to one that reads degrees Celsius and write down both for eleven days. Can a program
# find out how to convert one into the other? It can, and it takes nothing but a guess, a way to
# tell how bad the guess is, and a gradient that says how to make it better.

# %% id="setup"
import torch

# %% [markdown] id="data-text"
# ## What we know
#
# The readings of the thermometer with known and with unknown units, day by day.

# %% id="data"
celsius = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
unknown = torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])

for c, u in zip(celsius.tolist(), unknown.tolist(), strict=True):
    print(f"{c:6.1f} °C   reads {u:5.1f}")

# %% [markdown] id="model-text"
# ## A model and a loss
#
# The two seem to rise together, so the simplest guess is a straight line: multiply by a weight
# `w`, add a bias `b`. How bad a guess is, we measure by the mean of the squared differences. The
# square makes every difference count as positive, and big ones count the most.


# %% id="model"
def model(reading, params):
    w, b = params
    return w * reading + b


def loss_function(predicted, measured):
    return ((predicted - measured) ** 2).mean()


# %% [markdown] id="first-gradient-text"
# ## The first gradient
#
# Begin with w = 1 and b = 0: the thermometer reads Celsius after all. Hardly, says the loss.

# %% id="first-gradient"
params = torch.tensor([1.0, 0.0], requires_grad=True)

loss = loss_function(model(unknown, params), celsius)
loss.backward()

print("loss:    ", loss)
print("gradient:", params.grad)

# %% [markdown] id="first-by-hand-text"
# The chain rule by hand: the derivative of a square is twice the difference; the difference
# changes with `w` as fast as the reading is large, and with `b` one to one.
#
#     d loss / d w = mean of 2 (predicted - measured) · reading
#     d loss / d b = mean of 2 (predicted - measured)
#
# The last of the seven digits a float32 holds may differ: the sums were rounded along the way.

# %% id="first-by-hand"
with torch.no_grad():
    difference = model(unknown, params) - celsius
    by_hand = torch.stack([(2 * difference * unknown).mean(), (2 * difference).mean()])

print("by hand: ", by_hand)
print("the same:", torch.allclose(params.grad, by_hand))


# %% [markdown] id="training-text"
# ## A training loop
#
# Now the loop that all of deep learning turns in: forward, backward, a small step against the
# gradient, and once more. How small is set by the *learning rate*. One round over all the data
# is an *epoch*.


# %% id="training"
def train(params, reading, epochs, learning_rate):
    losses = []
    for epoch in range(1, epochs + 1):
        params.grad = None
        loss = loss_function(model(reading, params), celsius)
        loss.backward()
        with torch.no_grad():
            params -= learning_rate * params.grad

        losses.append(loss.item())
        if epoch % 500 == 0:
            print(f"epoch {epoch:5d}   loss {losses[-1]:.6f}")
    return losses


# %% [markdown] id="diverging-text"
# A learning rate of 0.01 sounds small enough. It is not.

# %% id="diverging"
params = torch.tensor([1.0, 0.0], requires_grad=True)
diverging = train(params, unknown, epochs=5, learning_rate=0.01)

print("loss:", ", then ".join(f"{loss:.3g}" for loss in diverging))

# %% [markdown] id="scaling-text"
# Each step overshoots, lands further up on the other side, and the next step is larger still.
# Look at the gradient again: the part of `w` is fifty times the part of `b`, because the
# readings, which multiply `w`, are around fifty. A step that suits `b` is far too long for `w`,
# and one that suits `w` would leave `b` asleep.
#
# The cure is not a cleverer loop but better-sized inputs. A tenth of each reading will do.

# %% id="scaling"
scaled = unknown * 0.1

params = torch.tensor([1.0, 0.0], requires_grad=True)
loss_function(model(scaled, params), celsius).backward()
print("gradient on scaled inputs:", params.grad)

# %% [markdown] id="long-run-text"
# ## The long run
#
# With the same learning rate, five thousand epochs. Most of the way down is done in the first
# five hundred; after that the line only settles into place.

# %% id="long-run"
params = torch.tensor([1.0, 0.0], requires_grad=True)
losses = train(params, scaled, epochs=5000, learning_rate=0.01)

print("parameters:", params)

# %% [markdown] id="unit-text"
# ## So which unit is it?
#
# On the unscaled readings the weight is a tenth of what we found. There is a scale whose
# conversion into Celsius has a weight of 5/9 and a bias of -160/9. Allowing for two people
# reading two thermometers in a hurry, this must be degrees **Fahrenheit**.

# %% id="unit"
w, b = params.tolist()
print(f"found:       celsius = {w / 10:.3f} · reading - {-b:.2f}")
print(f"Fahrenheit:  celsius = {5 / 9:.3f} · reading - {160 / 9:.2f}")

# %% [markdown] id="exact-text"
# A straight line is one of the few models whose best parameters have a formula, so for once we
# can see how far the loop has come. It stops just short of the optimum, where the gradient is
# almost nothing and the steps become tiny.

# %% id="exact"
x, y = scaled.double(), celsius.double()
best_w = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
best_b = y.mean() - best_w * x.mean()

print(f"the loop:    w = {w:.4f}   b = {b:.4f}")
print(f"the formula: w = {best_w.item():.4f}   b = {best_b.item():.4f}")

# %% [markdown] id="picture-text"
# ## A picture
#
# If matplotlib is installed, see the loss fall and the line meet the points. If it is not, the
# numbers above have told the story.

# %% id="picture"
try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

if plt is not None:
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")

    left.loglog(range(1, len(losses) + 1), losses)
    left.set(xlabel="epoch", ylabel="mean squared error (°C²)", title="loss")

    line = torch.linspace(20, 85, 50)
    with torch.no_grad():
        fitted = model(line * 0.1, params)
    right.plot(unknown.numpy(), celsius.numpy(), "o", label="measured")
    right.plot(line.numpy(), fitted.numpy(), label="fitted")
    right.set(xlabel="unknown units", ylabel="°C", title="thermometers")
    right.legend()

    if plt.get_backend().lower() != "agg":  # where there is a window or a notebook to show it in
        plt.show()

# %% [markdown] id="next"
# **What to take along.** A model, a loss, a gradient, a step, again. Everything larger is this
# loop with a larger model in it. And when a loss runs off to infinity, look at the sizes of your
# inputs before you blame the loop.
