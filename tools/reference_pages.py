"""The reference's pages: one per module, listing its public names, filled by Sphinx from the docstrings."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

# Module, and what it is about, in English and Chinese.
MODULES = {
    "": ("Tensors and operators", "张量与算子"),
    "autograd": ("Derivatives", "求导"),
    "autograd.forward_ad": ("Forward mode", "前向模式"),
    "autograd.functional": ("Jacobians, Hessians and products with them", "雅可比、海森矩阵及其乘积"),
    "autograd.graph": ("The recorded graph", "记录下来的图"),
    "func": ("Transforms of functions", "函数变换"),
    "linalg": ("Linear algebra", "线性代数"),
    "fft": ("Fourier transforms", "傅里叶变换"),
    "special": ("Special functions", "特殊函数"),
    "nn": ("Modules", "模块"),
    "nn.functional": ("Functions of neural networks", "神经网络函数"),
    "nn.init": ("First values of parameters", "参数初始化"),
    "nn.utils": ("Helpers for modules", "模块工具"),
    "optim": ("Optimizers", "优化器"),
    "optim.lr_scheduler": ("Schedules of learning rates", "学习率调度"),
    "amp": ("Mixed precision", "混合精度"),
    "utils.data": ("Loading data", "数据加载"),
    "utils.checkpoint": ("Checkpoints in the graph", "图中的检查点"),
    "distributions": ("Probability distributions", "概率分布"),
    "sparse": ("Sparse tensors", "稀疏张量"),
    "testing": ("Comparing tensors", "比较张量"),
    "profiler": ("Profiles", "性能剖析"),
    "library": ("Operators of your own", "自定义算子"),
    "errors": ("Exceptions", "异常"),
}
_TITLE = {"en": "Reference", "zh": "参考手册"}
_INTRODUCTION = {
    "en": "Names, arguments and defaults are torch's. Every example on these pages is run by the tests.",
    "zh": "名称、参数和默认值与 torch 一致。说明文字取自源码中的英文文档字符串，其中每个例子都由测试运行。",
}


def write(folder: Path, language: str) -> None:
    """Write the pages. Docstrings are English, so the Chinese site has only the list, leading to the English pages."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f"# {_TITLE[language]}", "", _INTRODUCTION[language], ""]
    if language == "en":
        lines += ["```{toctree}", ":maxdepth: 1", "", *map(_file, MODULES), "```", ""]
        described: set[type] = set()
        for module in MODULES:
            (folder / f"{_file(module)}.md").write_text(_page(module, described), encoding="utf-8")
    else:
        for module, (_, title) in MODULES.items():
            link = f'<a href="../../reference/{_file(module)}.html"><code>{_name(module)}</code></a>'
            lines.append(f"- {link}：{title}")
        lines.append("")
    (folder / "index.md").write_text("\n".join(lines), encoding="utf-8")


def _file(module: str) -> str:
    return module.replace(".", "-") or "torch"


def _name(module: str) -> str:
    return f"torch.{module}".rstrip(".")


def _page(module: str, described: set[type]) -> str:
    """A module's page; classes that an earlier page has described are left out, and added to `described` otherwise."""
    name = f"tapegrad.{module}".rstrip(".")
    space = importlib.import_module(name)
    functions, classes = [], []
    for public in _public(space):
        found = getattr(space, public)
        if inspect.isclass(found):
            if found not in described:
                described.add(found)
                classes.append(public)
        elif callable(found) and not inspect.ismodule(found):
            functions.append(public)
    lines = [f"# `{_name(module)}`: {MODULES[module][0]}", "", "```{eval-rst}"]
    for public in sorted(classes, key=str.lower):
        lines += [f".. autoclass:: {name}.{public}", *_members(getattr(space, public)), ""]
    for public in sorted(functions, key=str.lower):
        lines += [f".. autofunction:: {name}.{public}", ""]
    return "\n".join([*lines, "```", ""])


def _public(space: Any) -> list[str]:
    """A module's public names; those of a module without a list are what it defines."""
    listed = getattr(space, "__all__", None)
    if listed:
        return [name for name in listed if getattr(getattr(space, name, None), "__doc__", None)]
    return [name for name, value in vars(space).items() if name[0] != "_" and inspect.isfunction(value)]


def _members(cls: type) -> list[str]:
    """Only what the class itself defines and describes: inherited methods are described once, in the base."""
    return ["   :members:"] if any(not name.startswith("_") for name in vars(cls)) else []
