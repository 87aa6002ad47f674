"""What the tour itself says, in both languages; the rest is in the tutorials."""

from collections.abc import Mapping

TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "welcome": "tapegrad: a tour of autograd",
        "intro": (
            "Five tutorials, run as you watch. They say `import torch`, and get tapegrad. After each gradient comes a "
            "check of it against the formula by hand."
        ),
        "difference": "max |difference|",
        "missing": "there is no gradient of this shape",
        "graph": "the backward graph of {name}, read off its grad_fn:",
        "failed": "this cell raised an error, and the tutorial ends here:",
        "loss": "loss of the training run, both axes logarithmic",
        "fit": "the line it found (° Celsius over the unknown unit) and the measurements (o)",
        "picture": "Picture: {path}",
        "no_matplotlib": "With matplotlib (`pip install 'tapegrad[viz]'`) the tour saves a picture of this as well.",
        "pause": "[Enter] goes on, [Ctrl-C] ends the tour ",
        "stopped": "The tour was stopped.",
        "all_good": "All {count} gradients agree with their formulas.",
        "bad": "{bad} of {count} gradients do not agree with their formulas.",
        "errors": "Tutorials that raised an error: {lessons}.",
        "seconds": "{seconds:.1f} seconds.",
        "scripts": "The tutorials are in {folder}, as scripts and as notebooks: read them, run them, change them.",
    },
    "zh": {
        "welcome": "tapegrad：自动求导之旅",
        "intro": (
            "五篇教程，现场运行。它们写的是 `import torch`，用的是 tapegrad。每得到一个梯度，就拿手算的公式核对一次。"
        ),
        "difference": "最大 |差|",
        "missing": "没有这个形状的梯度",
        "graph": "{name} 的反向图，由它的 grad_fn 读出：",
        "failed": "这个单元报错，本篇到此为止：",
        "loss": "训练中的损失，两轴均为对数",
        "fit": "找到的直线（纵轴摄氏度，横轴未知单位）和测量值（o）",
        "picture": "图片：{path}",
        "no_matplotlib": "装上 matplotlib（`pip install 'tapegrad[viz]'`）之后，还会把图存成文件。",
        "pause": "[Enter] 继续，[Ctrl-C] 结束 ",
        "stopped": "旅程中止。",
        "all_good": "{count} 个梯度全部与公式一致。",
        "bad": "{count} 个梯度中有 {bad} 个与公式不一致。",
        "errors": "报错的教程：{lessons}。",
        "seconds": "用时 {seconds:.1f} 秒。",
        "scripts": "教程在 {folder}，有脚本也有笔记本：读一读，跑一跑，改一改。",
    },
}
