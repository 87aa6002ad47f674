"""The programs of tests/detective in Chinese, for docs/zh/broken-programs.md."""

from __future__ import annotations

TITLES = {
    "The prediction is detached before the loss.": "预测值在计算损失之前被 detach。",
    "Only the decoder learns: the code is detached on its way from the encoder.": (
        "只有解码器在学习：编码在离开编码器的路上被 detach。"
    ),
    "The hidden state is detached in each step, so its first value gets no gradient.": (
        "隐藏状态每一步都被 detach，所以它的初始值得不到梯度。"
    ),
    "`.data` is used in the computation.": "计算中用了 `.data`。",
    "Losses are collected with item() and made a tensor again.": "用 item() 收集损失，再造成一个张量。",
    "A weight enters the loss as a Python float.": "一个权重以 Python 浮点数的身份进入损失。",
    "A step is done in NumPy.": "有一步是在 NumPy 里做的。",
    "torch.tensor(…) of values that have a history.": "对有历史的值调用 torch.tensor(…)。",
    "An nn.Parameter is made of a computed tensor: a new leaf.": "由算出的张量造了一个 nn.Parameter：一个新的叶子。",
    "The forward pass runs in the block that was meant for evaluation.": "前向过程运行在本该用于评估的块里。",
    "A function of the model is decorated with @torch.no_grad().": "模型的一个函数带有装饰器 @torch.no_grad()。",
    "torch.set_grad_enabled(False) was called for validation, and never taken back.": (
        "为验证调用了 torch.set_grad_enabled(False)，之后再没有恢复。"
    ),
    "The forward pass runs under inference_mode.": "前向过程在 inference_mode 下运行。",
    "requires_grad_() is called after the loss was computed.": "算完损失之后才调用 requires_grad_()。",
    "For a saliency map, the input's requires_grad is set after the forward pass.": (
        "为了显著图，在前向过程之后才设置输入的 requires_grad。"
    ),
    "The loss is a number of errors: argmax and comparison.": "损失是错误的个数：argmax 和比较。",
    "A probability is compared with 0.5.": "把概率与 0.5 比较。",
    "A cast to integers lies on the way.": "途中有一次到整数的转换。",
    "A learnt position is used as an index.": "学习得到的位置被用作索引。",
    "Weights are scaled after requires_grad=True, so that the name is no leaf.": (
        "在 requires_grad=True 之后缩放权重，于是这个名字不再是叶子。"
    ),
    "The tensor was converted after requires_grad=True.": "张量在 requires_grad=True 之后被转换。",
    "The gradient of an intermediate result is read without retain_grad().": (
        "没有 retain_grad() 就读取中间结果的梯度。"
    ),
    "w = w - lr * w.grad makes a new tensor, which is no leaf.": "w = w - lr * w.grad 造出一个新张量，它不是叶子。",
    "retain_grad() is called after backward().": "在 backward() 之后才调用 retain_grad()。",
    "requires_grad was never set.": "从未设置 requires_grad。",
    "The layer was frozen, and the head is trained only.": "这一层被冻结，只训练头部。",
    "The loss is computed by a copy of the model.": "损失是由模型的副本算出的。",
    "A layer is made in __init__ and not called in forward.": "在 __init__ 里建了一层，在 forward 里却没有调用。",
    "backward() was not called.": "没有调用 backward()。",
    "torch.autograd.grad returns gradients, and leaves .grad alone.": (
        "torch.autograd.grad 把梯度返回，不去动 .grad。"
    ),
    "zero_grad() comes between backward() and reading .grad.": "在 backward() 和读取 .grad 之间调用了 zero_grad()。",
    "A histogram, which counts, is compared with another.": "把一个直方图（它只计数）与另一个比较。",
    ".grad is read after zero_grad(set_to_none=False).": "在 zero_grad(set_to_none=False) 之后读取 .grad。",
    "A relu gets negative numbers only.": "relu 得到的全是负数。",
    "The inputs are not normalised: sigmoid is 1 to the last digit.": "输入没有归一化：sigmoid 直到最后一位都是 1。",
    "Too large weights: tanh is 1 to the last digit.": "权重太大：tanh 直到最后一位都是 1。",
    "All values lie outside of the bounds of clamp.": "所有的值都在 clamp 的界限之外。",
    "round() lies on the way: its derivative is 0.": "途中有 round()：它的导数是 0。",
    "Only the sign of a tensor enters the loss.": "只有张量的符号进入损失。",
    "The mask is 0 everywhere.": "掩码处处为 0。",
    "The second layer is initialised with zeros, so the first gets no gradient.": (
        "第二层以零初始化，所以第一层得不到梯度。"
    ),
    "The loss is the sum of a softmax, which is 1 whatever the logits.": (
        "损失是 softmax 之和，不论 logits 如何都是 1。"
    ),
    "A tensor is subtracted from itself.": "张量减去它自己。",
    "The target is the prediction itself.": "目标就是预测值本身。",
    "torch.where takes the other branch everywhere.": "torch.where 处处取了另一个分支。",
    "A hook of long ago blocks the gradient.": "很久以前的一个钩子挡住了梯度。",
    "sqrt at 0 is masked out by where, and its gradient is nan nevertheless.": (
        "sqrt 在 0 处被 where 遮住，它的梯度仍然是 nan。"
    ),
    "A distance is computed with sqrt, and two points are equal.": "用 sqrt 计算距离，而有两个点重合。",
    "The logarithm of a softmax that underflowed to 0.": "softmax 下溢为 0 之后取对数。",
    "The argument of the logarithm is negative.": "对数的自变量是负的。",
    "A softmax written out overflows: inf / inf.": "手写的 softmax 溢出：inf / inf。",
    "A row of zeros is normalised by its sum.": "一行全是零，用它的和来归一化。",
    "x ** 0.5 at 0.": "x ** 0.5 在 0 处。",
    "A negative number to the power of a fraction.": "负数的分数次幂。",
    "The angle between parallel vectors, by acos.": "用 acos 求平行向量的夹角。",
    "Rounding made a cosine larger than 1.": "舍入使余弦大于 1。",
    "The standard deviation of a batch of one.": "只有一个样本的批次的标准差。",
    "Attention over a row that is masked altogether.": "对完全被遮住的一行做注意力。",
    "A mask of zeros and ones is added by its logarithm, and one row is masked altogether.": (
        "以对数的形式加上零和一的掩码，而有一行完全被遮住。"
    ),
    "Elements that were filled with inf on purpose are subtracted from each other.": "有意填成 inf 的元素彼此相减。",
    "The parameter was nan before any optimizer step.": "在优化器走任何一步之前，参数就已经是 nan。",
    "The mean over a mask that selects nothing.": "对一个什么也没选中的掩码取平均。",
    "The cross entropy of a batch in which every target is ignored.": "一个批次的交叉熵，其中每个目标都被忽略。",
    "An infinity is to be removed by multiplying with a mask.": "想用乘以掩码的办法去掉无穷大。",
    "There is a nan in the input data.": "输入数据里有一个 nan。",
    "The learning rate is so large that the weights overflow.": "学习率太大，使权重溢出。",
    "The loss is finite, but an exponential in it overflowed, and its derivative is nan.": (
        "损失是有限的，但其中一个指数溢出，它的导数是 nan。"
    ),
    "zero_grad() is missing in the training loop.": "训练循环里缺了 zero_grad()。",
    "An update by hand, and .grad is never cleared.": "手工更新，而 .grad 从未清除。",
    "backward() is called twice, with retain_graph=True, and the gradient is doubled.": (
        "以 retain_graph=True 两次调用 backward()，梯度加倍。"
    ),
    "A hook scales the gradient.": "钩子放大了梯度。",
    "An activation is changed in place after it was saved.": "激活值被保存之后，又被原地改动。",
    "The result of a sigmoid is changed in place, which its derivative reads.": (
        "sigmoid 的结果被原地改动，而它的导数要读这个结果。"
    ),
    "optimizer.step() comes between the forward pass of a second loss and its backward pass.": (
        "optimizer.step() 夹在第二个损失的前向和反向之间。"
    ),
    "The hidden state of the last batch is used without detach(): the second backward fails.": (
        "上一批的隐藏状态没有 detach() 就拿来用：第二次 backward 失败。"
    ),
    "Two losses share an encoder, and each calls backward().": "两个损失共用一个编码器，各自调用 backward()。",
    "A training loop with zero_grad in its place.": "zero_grad 放对了位置的训练循环。",
    "Some units of a relu layer are dead, others not.": "relu 层的一些单元已经失活，另一些没有。",
    "Several small batches are added up on purpose, the parameters being the same.": (
        "有意把几个小批次的梯度相加，参数没有变过。"
    ),
    "Micro-batches are added up, and the question is about the last of them.": "把微批次相加，问的是其中最后一个。",
    "The generator's pass leaves gradients in the discriminator, which are cleared before they are used.": (
        "生成器的反向传播在判别器里留下梯度，使用之前已经清除。"
    ),
    "sqrt has an infinite derivative at 0, which the where below it drops.": (
        "sqrt 在 0 处的导数是无穷大，被下面的 where 丢弃。"
    ),
    "A mask of zeros and ones is added to logits by its logarithm.": "以对数的形式把零和一的掩码加到 logits 上。",
    "backward() is given a cotangent.": "给 backward() 一个余切。",
    "The norm of the gradients is clipped.": "裁剪梯度的范数。",
    "item() is used to print only.": "item() 只用来打印。",
    "The target of a Q-learning step is detached on purpose.": "Q 学习一步的目标有意被 detach。",
    "The target is computed under no_grad on purpose.": "目标有意在 no_grad 下计算。",
    "An update by hand under no_grad.": "在 no_grad 下手工更新。",
    "The state is detached between the windows of a long sequence.": "在长序列的各个窗口之间把状态 detach。",
    "The gradient of an activation, with retain_grad().": "用 retain_grad() 取得激活值的梯度。",
    "A saliency map.": "显著图。",
    "Rounding with a straight-through gradient.": "带直通梯度的取整。",
    "Cross entropy on logits, and the accuracy beside it.": "对 logits 的交叉熵，旁边还有准确率。",
    "An embedding looked up by indices.": "用索引查找的嵌入。",
    "topk and sort pass gradients through the values.": "topk 和 sort 让梯度通过各个值。",
    "Only one element gets a gradient.": "只有一个元素得到梯度。",
    "Most elements are masked out, but not all.": "大多数元素被遮住，但不是全部。",
    "Dropout drops some elements.": "dropout 丢弃一些元素。",
    "A write into a result that no derivative reads.": "写入一个没有导数要读的结果。",
    "A buffer is filled row by row.": "逐行填写一个缓冲区。",
    "relu_ on the result of a linear layer.": "对线性层的结果做 relu_。",
    "The double where: the operand is made safe first.": "两次 where：先使操作数安全。",
    "Attention with -inf above the diagonal.": "对角线以上为 -inf 的注意力。",
    "A maximum begins with -inf.": "求最大值从 -inf 开始。",
    "log_softmax of large logits.": "对很大的 logits 做 log_softmax。",
    "A norm over rows, one of which is 0: its gradient is 0 there.": "各行的范数，其中一个为 0：它在那里的梯度是 0。",
    "Two losses of one encoder, added up.": "同一个编码器的两个损失，相加在一起。",
    "A gradient penalty.": "梯度惩罚。",
    "A custom Function whose gradient is clipped on purpose.": "有意裁剪自身梯度的自定义 Function。",
    "An LSTM.": "一个 LSTM。",
    "Batch normalisation, whose running statistics are written in place.": "批量归一化，其运行统计量是原地写入的。",
    "The head is trained, the encoder frozen; asked about the head.": "训练头部，冻结编码器；问的是头部。",
    "A hook that only looks.": "只看不改的钩子。",
    "A hook that clips, of gradients that are small enough.": "会裁剪的钩子，而梯度本来就够小。",
    "(n, k) + (k,).": "(n, k) + (k,)。",
    "(n, 1) * (1, n), written on purpose.": "有意写出的 (n, 1) * (1, n)。",
    "All differences of a tensor's elements.": "张量各元素之间的所有差。",
    "A square matrix, its rows normalised with keepdim.": "方阵，各行用 keepdim 归一化。",
    "(n, k) * (n, 1).": "(n, k) * (n, 1)。",
    "Positions (n, 1) times frequencies (m,).": "位置 (n, 1) 乘以频率 (m,)。",
    "(b, c, h, w) times (c, 1, 1).": "(b, c, h, w) 乘以 (c, 1, 1)。",
    "(1, 1) against (1,): the result is no larger.": "(1, 1) 与 (1,)：结果并不更大。",
}
"""Title in English: in Chinese."""
