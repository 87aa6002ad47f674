# %% [markdown] id="title"
# # 4 · `autograd.grad`、`backward` 和四个错误
#
# 要梯度有两种办法。这一篇先把它们摆在一起比较，再故意犯四个人人都会无意犯下的错误，
# 这样以后遇到那些报错，你就认得它们了。

# %% id="setup"
import torch
import torch.nn.functional as F


def report(error):
    """打印 RuntimeError 的第一句话；后面若还有，是建议。"""
    first_line = str(error).splitlines()[0]
    print("RuntimeError:", first_line.split(". ")[0].rstrip("."))


# %% [markdown] id="smallest-text"
# ## 最小的模型
#
# 一个输入，一个目标，一个权重：预测是 w · x，损失是它到 y 的距离的平方。取 w = 2，
# x = y = 1，预测就差了 1。手算：
#
#     d loss / d w = 2 (w·x - y) · x = 2 · 1 · 1 = 2

# %% id="smallest"
x = torch.tensor([1.0])
y = torch.tensor([1.0])
w = torch.tensor([2.0], requires_grad=True)

loss = F.mse_loss(x * w, y)
print(loss)

# %% [markdown] id="two-ways-text"
# `torch.autograd.grad` 是一问一答：你点名哪些张量，它就*返回*各自的梯度，不留痕迹。
# `backward()` 是一道命令：它什么也不返回，而是把梯度*加*到每片参与计算的叶子的 `.grad` 上。

# %% id="grad"
(answer,) = torch.autograd.grad(loss, [w])
print("autograd.grad 返回", answer, "而 w.grad 是", w.grad)

# %% id="backward"
loss = F.mse_loss(x * w, y)
print("backward 返回", loss.backward(), "而 w.grad 是", w.grad)

# %% [markdown] id="which-text"
# 参数很多的训练循环里，`backward()` 更顺手。只想知道对某个量的梯度，或者想要梯度的梯度，
# 就用 `autograd.grad` 来问。
#
# ## 两个元素
#
# 同样的模型，换成两个数。损失现在是两个平方的*平均*，每个数的影响减半，所以梯度是 (1, 1)，
# 而不是先前的 2。

# %% id="two-elements"
x2 = torch.ones(2)
y2 = torch.ones(2)
w2 = torch.tensor([2.0, 2.0], requires_grad=True)

(pair,) = torch.autograd.grad(F.mse_loss(x2 * w2, y2), [w2])
print(pair)

# %% [markdown] id="mistake-1-text"
# ## 错误一：没有人说过 `w` 要梯度
#
# 没有 `requires_grad`，就没有记录可以往回走。

# %% id="mistake-1"
w = torch.tensor([2.0])
loss = F.mse_loss(x * w, y)

try:
    torch.autograd.grad(loss, [w])
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-1-text"
# **改法**：说出来，而且要在前向之前。

# %% id="mended-1"
w = torch.tensor([2.0], requires_grad=True)
loss = F.mse_loss(x * w, y)

print(torch.autograd.grad(loss, [w]))

# %% [markdown] id="mistake-2-text"
# ## 错误二：说得太晚
#
# 这次 `w` 有了记号，不过是在算完损失之后。报错与上面一样，这回却令人费解，因为
# `w.requires_grad` 明明是真的。报错说的其实是*损失*：它早就算好了，而当时没有记录。

# %% id="mistake-2"
w = torch.tensor([2.0])
loss = F.mse_loss(x * w, y)
w.requires_grad_()

print("w 要梯度：", w.requires_grad, "损失知道吗：", loss.requires_grad)
try:
    loss.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="tempting-text"
# 有一种改法很诱人：给损失做上记号。错误消失了，道理也跟着消失了：损失自己成了一片叶子，
# 没有路从它通向 `w`，训练照跑不误，却什么也学不到。

# %% id="tempting"
loss.requires_grad_()
loss.backward()
print("没有报错，但 w.grad 是", w.grad)

# %% [markdown] id="mended-2-text"
# **改法**：既然 `w` 已经有了记号，把损失重新算一遍。

# %% id="mended-2"
loss = F.mse_loss(x * w, y)
loss.backward()
print(w.grad)

# %% [markdown] id="mistake-3-text"
# ## 错误三：反向走两次
#
# 往回走的路上，自动求导会放掉记录里留存的中间值，免得白占内存。同一份记录走不了第二趟。

# %% id="mistake-3"
try:
    loss.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-3-text"
# **改法**有两种。多数时候你要的本来就是新位置上的梯度：重新做一次前向。如果确实要用同一份
# 记录两次，就在头一次说明 `retain_graph=True`。

# %% id="mended-3"
loss = F.mse_loss(x * w, y)
first = torch.autograd.grad(loss, [w], retain_graph=True)
second = torch.autograd.grad(loss, [w])
print("两次相同：", first, second)

# %% [markdown] id="mistake-4-text"
# ## 错误四：输出有好几个，却没说各算多少分量
#
# softmax 把分数变成概率，这里有三个。梯度是对一个数而言的；有三个数，自动求导猜不出你指的是
# 哪一个。

# %% id="mistake-4"
scores = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
probabilities = F.softmax(scores, dim=0)
print(probabilities)

try:
    probabilities.backward()
except RuntimeError as error:
    report(error)

# %% [markdown] id="mended-4-text"
# **改法**：给一个余切向量，说明每个输出算多少分量。若只问最后一个概率，就只让它算数。
# 手算：记概率为 p，余切向量为 v，梯度就是 p · (v - Σ v·p)。

# %% id="mended-4"
only_last = torch.tensor([0.0, 0.0, 1.0])
probabilities.backward(only_last)
print(scores.grad)

with torch.no_grad():
    by_hand = probabilities * (only_last - (only_last * probabilities).sum())
print("手算结果相同：", torch.allclose(scores.grad, by_hand))

# %% [markdown] id="ones-text"
# 顺便说一句，余切向量全取一并不是万能药。无论分数是多少，概率加起来总是 1，所以它们的和没有
# 任何坡度：梯度是零。请选择能说明你真正想要什么的分量，或者一个合适的损失。

# %% id="ones"
(flat,) = torch.autograd.grad(F.softmax(scores, dim=0), [scores], torch.ones(3))
print("处处为零：", torch.allclose(flat, torch.zeros(3), atol=1e-6))

# %% [markdown] id="next"
# **记住这些**。
#
# | 报错里说 | 原因 | 改法 |
# |---|---|---|
# | does not require grad | 什么都没做记号 | 前向之前写 `requires_grad=True` |
# | does not require grad | 记号做得太晚 | 重新做一次前向 |
# | a second time | 记录已经用掉 | 新的前向，或 `retain_graph=True` |
# | only for scalar outputs | 输出有好几个 | 给余切向量，或者只用一个损失 |
