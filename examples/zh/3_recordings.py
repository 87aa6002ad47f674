# %% [markdown] id="title"
# # 3 · 记录可长可短
#
# 自动求导并不阅读你的程序，它记录程序运行时发生的事。所以循环、分支、事先不知道的长度，
# 都不需要特别照顾。下面四个小实验就来看看。

# %% id="setup"
import torch

# %% [markdown] id="mean-text"
# ## 二十七和四点五
#
# 从一开始，加 2，平方，取三倍，求平均。四个数各是 3 · 3² = 27，平均数也是。

# %% id="mean"
x = torch.ones(2, 2, requires_grad=True)
y = x + 2
z = 3 * y * y
out = z.mean()

print(y)
print(z)
print(out)

# %% [markdown] id="mean-grad-text"
# 如果 `x` 中的一个数再大一点点呢？平均数是总和的四分之一，所以手算得
#
#     d out / d x = 3 · 2(x + 2) / 4 = 6 · 3 / 4 = 4.5
#
# 四个位置都是如此。

# %% id="mean-grad"
out.backward()

print(x.grad)

# %% [markdown] id="doubling-text"
# ## 不知道要转几圈的循环
#
# 把一个随机向量反复加倍，直到它的范数（长度）超过 1000。要加倍几次，取决于这些数；
# 循环碰巧转了几圈，记录就有多长。

# %% id="doubling"
torch.manual_seed(3)
v = torch.randn(3, requires_grad=True)

doubled = v * 2
rounds = 1
while doubled.norm() <= 1000:
    doubled = doubled * 2
    rounds += 1

print("起点：", v)
print("加倍", rounds, "次之后：", doubled)

# %% [markdown] id="doubling-grad-text"
# 结果有三个数，所以 `backward` 要一个余切向量。我们让第一个数算十分之一，第二个算足，第三个
# 几乎不算。每一圈都乘以 2，所以各自的梯度就是 2 的圈数次方，再乘以它所算的分量。

# %% id="doubling-grad"
doubled.backward(torch.tensor([0.1, 1.0, 0.0001]))

print("2 的", rounds, "次方是", 2**rounds)
print(v.grad)

# %% [markdown] id="powers-text"
# ## 和与幂的和
#
# 一张 5 × 5 的均匀随机数表：直接求和时每个数都算一份，所以梯度处处是 1。平方和的梯度是 2u，
# 立方和的是 3u²。一般的规律是 p 乘以 u 的 p - 1 次方，直接求和也在其中：p = 1。

# %% id="powers"
u = torch.rand(5, 5, requires_grad=True)
print(u)

for p in (1, 2, 3):
    u.grad = None  # backward 会往 .grad 里加，所以每一轮都从空的开始
    total = (u**p).sum()
    total.backward()
    print(f"\nu 的 {p} 次方之和：{total.item():.3f}，它的梯度：")
    print(u.grad)
    print("手算结果相同：", torch.allclose(u.grad, p * u.detach() ** (p - 1)))

# %% [markdown] id="adds-text"
# 去掉那一行会怎样？反向两次，一次从和出发，一次从平方和出发，`.grad` 里就是 1 + 2u。这是有意
# 为之：梯度可以分批收集。也正因如此，每个训练循环都要清空 `.grad`。

# %% id="adds"
u.grad = None
u.sum().backward()
(u**2).sum().backward()

print("两次的梯度加在了一起：", torch.allclose(u.grad, 1 + 2 * u.detach()))

# %% [markdown] id="afterwards-text"
# ## 改变主意
#
# 除非你要求，张量一开始没有记号，用它做的计算也不留记录。`requires_grad_()` 可以事后补上
# 记号，从那一刻起生效；之前算好的，仍然没有记录。

# %% id="afterwards"
a = torch.rand(5, 5)
early = (a * a).sum()

a.requires_grad_()
late = (a * a).sum()

print("之前：", early.requires_grad, early.grad_fn)
print("之后：", late.requires_grad, late.grad_fn)

late.backward()
print("late.backward() 得到 2a：", torch.allclose(a.grad, 2 * a.detach()))

# %% [markdown] id="no-grad-text"
# ## 暂停记录
#
# 反过来也行：在 `torch.no_grad()` 里面，即使 `a` 有记号，结果也没有。凡是只看不改模型的计算
# 都该放在里面，省下记录要花的时间和内存。同一个名字还能当装饰器用。


# %% id="no-grad"
@torch.no_grad()
def average(t):
    return t.mean()


print("外面：", (a * a).requires_grad)
with torch.no_grad():
    print("里面：", (a * a).requires_grad)
print("被装饰的函数里：", average(a).requires_grad)

# %% [markdown] id="next"
# **记住这些**。每次前向都会重新记录，代码怎么走，记录就怎么记；可以晚些开始，也可以暂停。
# 梯度在 `.grad` 里越加越多，直到你把它清空。
