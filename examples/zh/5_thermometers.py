# %% [markdown] id="title"
# # 5 · 温度计
#
# 你淘回一支漂亮的旧温度计，上面有刻度，却没写单位。于是你把它挂在一支摄氏温度计旁边，连着
# 十一天记下两边的读数。程序能不能自己找出换算的办法？能。只需要一个猜测，一种衡量猜得多差的
# 办法，和一个指明如何改进的梯度。

# %% id="setup"
import torch

# %% [markdown] id="data-text"
# ## 已知的东西
#
# 两支温度计逐日的读数，一支单位已知，一支未知。

# %% id="data"
celsius = torch.tensor([0.5, 14.0, 15.0, 28.0, 11.0, 8.0, 3.0, -4.0, 6.0, 13.0, 21.0])
unknown = torch.tensor([35.7, 55.9, 58.2, 81.9, 56.3, 48.9, 33.9, 21.8, 48.4, 60.4, 68.4])

for c, u in zip(celsius.tolist(), unknown.tolist(), strict=True):
    print(f"{c:6.1f} °C   读数 {u:5.1f}")

# %% [markdown] id="model-text"
# ## 模型和损失
#
# 两者似乎同升同降，所以最简单的猜测是一条直线：乘以权重 `w`，加上偏置 `b`。猜得有多差，
# 用差的平方的平均数来衡量。平方让每个差都算作正的，差得越多，分量越重。


# %% id="model"
def model(reading, params):
    w, b = params
    return w * reading + b


def loss_function(predicted, measured):
    return ((predicted - measured) ** 2).mean()


# %% [markdown] id="first-gradient-text"
# ## 第一个梯度
#
# 从 w = 1、b = 0 开始：也许它本来就是摄氏温度计。损失说：不大可能。

# %% id="first-gradient"
params = torch.tensor([1.0, 0.0], requires_grad=True)

loss = loss_function(model(unknown, params), celsius)
loss.backward()

print("损失：", loss)
print("梯度：", params.grad)

# %% [markdown] id="first-by-hand-text"
# 用链式法则手算：平方的导数是差的两倍；差随 `w` 变化的快慢等于读数，随 `b` 则是一比一。
#
#     d loss / d w = 2 (predicted - measured) · reading 的平均
#     d loss / d b = 2 (predicted - measured) 的平均
#
# float32 有七位数字，最后一位可能不同，因为求和途中有舍入。

# %% id="first-by-hand"
with torch.no_grad():
    difference = model(unknown, params) - celsius
    by_hand = torch.stack([(2 * difference * unknown).mean(), (2 * difference).mean()])

print("手算：", by_hand)
print("相同：", torch.allclose(params.grad, by_hand))


# %% [markdown] id="training-text"
# ## 训练循环
#
# 整个深度学习都围着这个循环转：前向，反向，逆着梯度走一小步，再来一遍。步子多大，由*学习率*
# 决定。把全部数据用过一轮，叫做一个 *epoch*。


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
            print(f"epoch {epoch:5d}   损失 {losses[-1]:.6f}")
    return losses


# %% [markdown] id="diverging-text"
# 学习率 0.01，听起来够小了。其实不然。

# %% id="diverging"
params = torch.tensor([1.0, 0.0], requires_grad=True)
diverging = train(params, unknown, epochs=5, learning_rate=0.01)

print("损失：", "，然后 ".join(f"{loss:.3g}" for loss in diverging))

# %% [markdown] id="scaling-text"
# 每一步都迈过了头，落在对面更高的地方，下一步于是更大。再看一眼梯度：`w` 那一份是 `b` 那一份的
# 五十倍，因为与 `w` 相乘的读数在五十上下。适合 `b` 的步子对 `w` 太长，适合 `w` 的步子又会让
# `b` 原地打盹。
#
# 解药不是更聪明的循环，而是大小更合适的输入。每个读数取十分之一就行。

# %% id="scaling"
scaled = unknown * 0.1

params = torch.tensor([1.0, 0.0], requires_grad=True)
loss_function(model(scaled, params), celsius).backward()
print("缩小输入之后的梯度：", params.grad)

# %% [markdown] id="long-run-text"
# ## 跑到底
#
# 学习率不变，跑五千个 epoch。下坡路大半在前五百个走完，之后直线只是慢慢落到位。

# %% id="long-run"
params = torch.tensor([1.0, 0.0], requires_grad=True)
losses = train(params, scaled, epochs=5000, learning_rate=0.01)

print("参数：", params)

# %% [markdown] id="unit-text"
# ## 到底是什么单位？
#
# 换回没有缩小的读数，权重是我们找到的十分之一。有一种温标换算成摄氏度时权重是 5/9，
# 偏置是 -160/9。考虑到两支温度计都是匆匆读的，这一定是**华氏度**。

# %% id="unit"
w, b = params.tolist()
print(f"找到的：celsius = {w / 10:.3f} · reading - {-b:.2f}")
print(f"华氏度：celsius = {5 / 9:.3f} · reading - {160 / 9:.2f}")

# %% [markdown] id="exact-text"
# 直线是少数几种最佳参数有现成公式的模型之一，所以这一回我们看得到循环走到了哪里。它停在最优点
# 跟前一点点：那里的梯度几乎为零，步子也就变得很小。

# %% id="exact"
x, y = scaled.double(), celsius.double()
best_w = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
best_b = y.mean() - best_w * x.mean()

print(f"循环：w = {w:.4f}   b = {b:.4f}")
print(f"公式：w = {best_w.item():.4f}   b = {best_b.item():.4f}")

# %% [markdown] id="picture-text"
# ## 画出来
#
# 装了 matplotlib，就看看损失怎样下降，直线怎样贴近数据点。没装也不要紧，上面的数字已经把故事
# 讲完了。

# %% id="picture"
try:
    import matplotlib.pyplot as plt
except ImportError:
    plt = None

if plt is not None:  # 图里用英文，因为 matplotlib 自带的字体没有汉字
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

    if plt.get_backend().lower() != "agg":  # 有窗口或笔记本可以显示时才显示
        plt.show()

# %% [markdown] id="next"
# **记住这些**。模型，损失，梯度，走一步，再来一遍。更大的东西，也不过是这个循环里放进更大的
# 模型。哪天损失冲向无穷大，先看看输入的大小，再怪循环。
