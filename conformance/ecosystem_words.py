"""What docs/ecosystem.md says in English and Chinese; `ecosystem.py` puts in the figures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language: `about` packages, and `causes` of failures, which an error's first line does not say.

    What is said about further packages in English is in `packages.toml`.
    """

    header: str
    suites: str
    further: str
    columns: tuple[str, str, str]
    incomplete: str
    missing: str
    about: dict[str, str]
    causes: dict[str, str]


ENGLISH = Words(
    header="""# Other people's packages

Published packages that build on torch's Python API run their own tests on tapegrad, in an environment that has no
torch. *Of* counts the tests of a package that pass with PyTorch 2.13.0; *passed* counts those of them that pass with
tapegrad. Tests that never call torch do not count. This page is written by `python conformance/ecosystem.py` from the
results of such runs.

To try any package, in its source folder:

```
tapegrad check .                      # which names of torch it uses that tapegrad lacks, before anything runs
tapegrad run -m pytest tests          # its tests, `import torch` giving tapegrad
pytest -p tapegrad.pytest_plugin      # the same, where the command line is pytest's
```

""",
    suites="## Whole suites\n\n",
    further="""
## Further packages

Of the larger packages a part of the tests, chosen so that each runs within minutes.
`python conformance/packages.py NAME` runs them again, with torch and with tapegrad; `conformance/packages.toml` has the
versions and what is run.

""",
    columns=("package", "passed", "of"),
    incomplete="\n## What does not pass, and why\n",
    missing="\n**{name}** ({n} of {of}). {cause}",
    about={
        "einops": "rearranging by pattern",
        "linear_operator": "lazy linear algebra; `__torch_function__`, custom Functions, sparse matrices",
        "micrograd": "a small engine, checked against torch",
        "nflows": "normalizing flows",
        "torch-optimizer": "thirty optimizers on `torch.optim.Optimizer`",
        "torchviz": "walks `grad_fn` and saved tensors",
        "zuko": "flows on `torch.distributions`",
    },
    causes={
        "zuko": (
            "The tests load a flow by `torch.load(weights_only=False)`. Of a file tapegrad builds modules and"
            " distributions of classes that the program has imported; these flows also hold a plain function of the"
            " package, which a file may not name. `torch.serialization.safe_globals([the_function])` allows it."
        ),
        "xitorch": (
            "The names of these tests contain the class of what `torch.jit.script` returns. Here a function stays a"
            " function, so the tests of these names do not exist."
        ),
    },
)

CHINESE = Words(
    header="""# 别人的软件包

一些已发布的、建立在 torch 的 Python 接口之上的软件包，在没有 torch 的环境里，用 tapegrad 运行它们自己的测试。“总数”是一
个软件包的测试中用 PyTorch 2.13.0 能通过的个数，“通过”是其中用 tapegrad 也通过的个数；从不调用 torch 的测试不计。本页由
`python conformance/ecosystem.py` 根据这些运行的结果写成。

想试试任何一个软件包，在它的源码文件夹里：

```
tapegrad check .                      # 它用到而 tapegrad 没有的 torch 名称，不运行任何东西
tapegrad run -m pytest tests          # 它的测试，`import torch` 得到 tapegrad
pytest -p tapegrad.pytest_plugin      # 同样，用于命令行必须是 pytest 的地方
```

""",
    suites="## 完整的测试\n\n",
    further="""
## 更多软件包

较大的软件包只取一部分测试，使每个都能在几分钟内运行完。`python conformance/packages.py NAME` 用 torch 和 tapegrad 重新
运行它们；版本和所运行的测试见 `conformance/packages.toml`。

""",
    columns=("软件包", "通过", "总数"),
    incomplete="\n## 没有通过的，以及原因\n",
    missing="\n**{name}**（{of} 个中的 {n} 个）。{cause}",
    about={
        "einops": "按模式重排",
        "linear_operator": "惰性的线性代数；`__torch_function__`、自定义 Function、稀疏矩阵",
        "micrograd": "一个小引擎，与 torch 核对",
        "nflows": "标准化流",
        "torch-optimizer": "建立在 `torch.optim.Optimizer` 上的三十个优化器",
        "torchviz": "遍历 `grad_fn` 和保存的张量",
        "zuko": "建立在 `torch.distributions` 上的流",
        "gpytorch": "建立在 linear_operator 上的高斯过程",
        "normflows": "标准化流：耦合、样条、残差流",
        "opt_einsum": "沿最佳路径的 einsum，支持许多库",
        "ptwt": "用卷积和稀疏矩阵做小波变换",
        "pyro-ppl": "建立在 `torch.distributions` 上的概率程序",
        "pytorch-ignite": "训练循环、事件和指标",
        "pytorch-optimizer": "一百个优化器、调度器和损失",
        "pytorch-warmup": "建立在 `optim.Optimizer` 上的调度",
        "skorch": "作为 scikit-learn 估计器的网络：训练循环、回调、保存",
        "tensorly": "torch 后端上的张量代数",
        "xitorch": "可微的求根、线性算子、插值；二阶导数",
    },
    causes={
        "zuko": (
            "这些测试用 `torch.load(weights_only=False)` 加载一个流。对文件里的东西，tapegrad 只造模块和分布，而且"
            "它们的类须是程序已经导入的；这些流里还有软件包的一个普通函数，文件不得提到它。"
            "`torch.serialization.safe_globals([the_function])` 可以放行。"
        ),
        "xitorch": (
            "这些测试的名字里含有 `torch.jit.script` 所返回的东西的类。在这里，函数仍然是函数，"
            "所以没有叫这些名字的测试。"
        ),
    },
)
