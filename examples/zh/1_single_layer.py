# %% [markdown] id="title"
# # 1 · 单独一层
#
# 一层网络把输入的数变成输出的数，怎么变，由它自己的一组数决定：权重和偏置。训练一层网络，
# 就是对其中每一个数发问：“你要是再大一点点，误差会怎样？”这个问题的答案是一个导数，
# 所有答案合在一起就是*梯度*。你只需写出前向计算，其余的由自动求导完成。

# %% id="setup"
import torch
import torch.nn.functional as F

# %% [markdown] id="parameters"
# ## 准备材料
#
# 四个输入全是一，这样权重的作用一目了然。三个输出，各是一道“是或否”的题，正确答案依次是
# 否、是、否。权重从随机数开始。
#
# `requires_grad=True` 给张量做上记号：我们以后要它的梯度。输入和目标没有这个记号，
# 因为它们是数据，谁也不会去改动它们。

# %% id="data"
torch.manual_seed(1)  # 每次都是同样的随机数，方便对照自己看到的结果

x = torch.ones(4)
target = torch.tensor([0.0, 1.0, 0.0])

W = torch.randn(4, 3, requires_grad=True)
b = torch.zeros(3, requires_grad=True)

print("W：")
print(W)
print("b：", b)

# %% [markdown] id="forward-text"
# ## 前向
#
# 这一层本身只有一行。它的输出叫 *logit*，可以是任何实数：正的偏向“是”，负的偏向“否”。
# `torch.sigmoid` 能把 logit 压成概率；而下面的损失函数直接接收 logit，因为把 sigmoid
# 和对数合成一步来算，logit 很大时也不会损失精度。

# %% id="forward"
z = x @ W + b
loss = F.binary_cross_entropy_with_logits(z, target)

print("logit：", z)
print("损失：", loss)

# %% [markdown] id="grad-fn-text"
# ## `grad_fn` 是什么
#
# 看看刚才两行输出的末尾。`W` 和 `b` 要梯度，所以凡是依赖它们的结果，都记得自己是怎么来的。
# 这份记忆就是 `grad_fn`：一个小对象，它知道产生这个张量的那一步运算的导数，也知道前面还有
# 哪些 `grad_fn`。`W` 不是算出来的，它是*叶子*，没有 `grad_fn`。

# %% id="grad-fn"
print("z.grad_fn：", z.grad_fn)
print("loss.grad_fn：", loss.grad_fn)
print("W.grad_fn：", W.grad_fn, "W 是叶子吗？", W.is_leaf, "z 呢？", z.is_leaf)

# %% [markdown] id="graph-text"
# 把它们连起来的是 `next_functions`。从损失出发一路走下去，就能倒着看到全部记录。
# `AccumulateGrad` 是一条路的终点，它把送到的梯度加进叶子的 `.grad`。通往数据（例如 `x`）的路
# 是 `None`：那边什么也不算。


# %% id="graph"
def show(node, depth=0):
    if node is None:
        return
    print("    " * depth + node.name())
    for before, _ in node.next_functions:
        show(before, depth + 1)


show(loss.grad_fn)

# %% [markdown] id="backward-text"
# ## 反向
#
# `backward()` 把这份记录走一遍，在每片叶子上留下梯度，形状与叶子相同。请看正负号：`W` 的
# 第二列通向该答“是”的输出，它的梯度是负的，也就是说，那里的权重*变大*，损失就变小。
# 另外两列正好相反。

# %% id="backward"
loss.backward()

print("W.grad：")
print(W.grad)
print("b.grad：", b.grad)

# %% [markdown] id="by-hand-text"
# ## 手算一遍
#
# 这个损失的微积分短得令人愉快。输出有三个，损失对 logit 的导数是
#
#     (sigmoid(z) - target) / 3
#
# 也就是概率离真相有多远。偏置直接加在 logit 上，得到的就是这个数。权重先要乘以输入，
# 得到的是这个数乘以输入；我们的输入全是一，所以 `W.grad` 的每一行都一样。

# %% id="by-hand"
by_hand = (torch.sigmoid(z) - target) / 3

print("b.grad 一致：", torch.allclose(b.grad, by_hand))
print("W.grad 一致：", torch.allclose(W.grad, torch.outer(x, by_hand)))

# %% [markdown] id="no-grad-text"
# ## 不做记录的计算
#
# 现在用上梯度：逆着它走一步。这一步不属于模型，不该被记录，而在 `torch.no_grad()` 里面什么都
# 不会记录。放在外面，`W -= ...` 这一行会报错：记录进行时，不许覆盖一片要梯度的叶子。

# %% id="step"
with torch.no_grad():
    W -= 0.5 * W.grad
    b -= 0.5 * b.grad
    after = F.binary_cross_entropy_with_logits(x @ W + b, target)

print(f"走这一步之前损失是 {loss.item():.4f}，之后是 {after.item():.4f}")
print("新的损失要梯度吗？", after.requires_grad)

# %% [markdown] id="detach-text"
# `detach()` 只管一个张量：数还是那些数，只是不再记得从何而来，适合拿去画图或写日志。
# 它们确实就是*同一批*数：两个张量共用一块内存。如果打算改动，请写 `detach().clone()`。

# %% id="detach"
snapshot = z.detach()

print("z 要梯度：", z.requires_grad, "它的快照：", snapshot.requires_grad)
print("同一块内存：", snapshot.data_ptr() == z.data_ptr())

# %% [markdown] id="next"
# **记住这些**。给参数做上 `requires_grad` 记号，算出损失，调用 `backward()`，读 `.grad`。
# 下一篇只看一个公式，把传回来的每个数都核对一遍。
