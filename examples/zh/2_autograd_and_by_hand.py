# %% [markdown] id="title"
# # 2 · 一个导数：自动求导与手算
#
# 信任固然好，核对更踏实。我们取一个导数一行就写得下的公式，
#
#     y  = x² · eˣ
#     y' = 2x · eˣ + x² · eˣ
#
# 把导数算三遍：用自动求导，用这个公式，再用根本不需要微积分的差商。

# %% id="setup"
import torch

# %% [markdown] id="sample-text"
# ## 一份样本
#
# 十二个服从正态分布的数，三行四列。`requires_grad_()` 末尾有下划线，表示改的是张量自己；
# 凡是这样做的方法，名字都这样结尾。

# %% id="sample"
torch.manual_seed(2)

x = torch.randn(3, 4)
x.requires_grad_()

print(x)

# %% [markdown] id="forward-text"
# ## 前向
#
# 三步运算，记录里也就有三项：平方、指数，以及两者的乘积。

# %% id="forward"
y = x**2 * torch.exp(x)

print(y)

# %% [markdown] id="cotangent-text"
# ## 从许多数出发反向
#
# `y` 不是一个数，而是十二个，“`y` 的梯度”会是一张 12 × 12 的导数表。自动求导从不列出这张表。
# 它只想知道 `y` 的每个数各*算多少分量*，然后返回按这些分量加权求和之后的梯度。这些分量叫做
# *余切向量*（cotangent），形状与 `y` 相同。
#
# 余切向量全取一，就是每个数都算一份。每个 `y` 只依赖同一位置上的那个 `x`，
# 所以落进 `x.grad` 的正是逐个位置的导数。

# %% id="backward"
y.backward(gradient=torch.ones_like(y))

print(x.grad)

# %% [markdown] id="by-hand-text"
# ## 手算
#
# 把乘积法则照样敲进去。这是普通的算术，不必记录，所以用 `no_grad`。比较时用 `allclose`
# 而不用 `==`：两种算法在最后一位上的舍入不一样。


# %% id="by-hand"
def derivative(x):
    return 2 * x * torch.exp(x) + x**2 * torch.exp(x)


with torch.no_grad():
    by_hand = derivative(x)

print(by_hand)
print("自动求导与公式一致：", torch.allclose(x.grad, by_hand))

# %% [markdown] id="one-hot-text"
# ## 余切向量做了什么
#
# 只让一个数算数，就只有它那个位置得到导数。这次 `backward` 走的是一份新记录，因为头一份已经
# 用掉了；`x.grad` 也要先清空，因为 `backward` 是往里面*加*的。

# %% id="one-hot"
x.grad = None
y = x**2 * torch.exp(x)

only_one = torch.zeros(3, 4)
only_one[1, 2] = 1
y.backward(gradient=only_one)

print(x.grad)

# %% [markdown] id="sum-text"
# 先求和，再不带参数地调用 `backward()`，与余切向量全取一是一回事：和是一个数，每个数在里面
# 都算一份。

# %% id="sum"
x.grad = None
(x**2 * torch.exp(x)).sum().backward()

print("sum().backward() 结果相同：", torch.allclose(x.grad, by_hand))

# %% [markdown] id="difference-text"
# ## 差商
#
# 就算从没听说过乘积法则，你也可以向右、向左各走一小步 `h`，用升高的量除以走过的距离。在
# `x = 1` 处导数是 3e = 8.154845…，差商步步逼近：步长缩到十分之一，误差缩到百分之一。
# 这里用双精度计算，因为要把两个几乎相等的数相减。


# %% id="difference"
def f(x):
    return x**2 * torch.exp(x)


one = torch.tensor(1.0, dtype=torch.float64)
exact = derivative(one)

for h in (0.1, 0.01, 0.001):
    quotient = (f(one + h) - f(one - h)) / (2 * h)
    print(f"h = {h:<6}差商 {quotient.item():.6f}   误差 {(quotient - exact).item():.1e}")

# %% [markdown] id="second-text"
# ## 再来一次
#
# 导数也是公式，所以也有导数。加上 `create_graph=True`，反向这一趟本身也会被记录下来，
# 于是可以再从它反向。手算仍用乘积法则：y'' = (x² + 4x + 2) · eˣ。

# %% id="second"
x.grad = None
y = f(x)
(first,) = torch.autograd.grad(y.sum(), x, create_graph=True)
(second,) = torch.autograd.grad(first.sum(), x)

print("一阶导数来自", first.grad_fn.name())
print(second)

with torch.no_grad():
    print("与公式一致：", torch.allclose(second, (x**2 + 4 * x + 2) * torch.exp(x)))

# %% [markdown] id="next"
# **记住这些**。`backward` 要么从一个数出发，要么需要一个余切向量，说明几个数各算多少分量。
# 哪个梯度看着不对劲，三行代码就能写出差商来核对。
