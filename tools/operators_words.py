"""What docs/operators.md says in English and Chinese; `operators_page.py` puts in the numbers and the formulas."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """The words of one language.

    `cells` has what cells of the tables say where that is not their English key, `reasons` the reasons of
    conformance/opinfo/known_failures.json.
    """

    head: str
    counted: str
    database: str
    records: str
    functions: str
    differences: str
    checks: dict[str, str]
    summary_columns: tuple[str, ...]
    record_columns: tuple[str, ...]
    function_column: str
    difference_columns: tuple[str, ...]
    users: str  # of functions whose graphs have a node
    more: str
    linear_in: str
    part: str  # so many of so many
    separator: str
    title: str  # of a family
    cells: dict[str, str]
    reasons: dict[str, str]

    def reason(self, english: str) -> str:
        """A reason in this language.

        Raises:
            LookupError: nobody has translated it.
        """
        if not self.reasons:
            return english
        if english not in self.reasons:
            raise LookupError(f"tools/operators_words.py has no translation of {english!r}")
        return self.reasons[english]


ENGLISH = Words(
    head="""# The operators

Written by `python tools/operators_page.py` from the table of operators and from what the tests have shown; do not edit
it.  [design.md](design.md) says what a record is, [pytorch-compatibility.md](pytorch-compatibility.md) what differs
from torch on purpose, [accuracy.md](accuracy.md) how exact functions are.
""",
    counted="""\
{records} records; {rules} have derivatives. In forward mode {same} use the rule of the reverse mode, {linear} are
linear, {partly} are so in some inputs, {twice} take two reverse passes. {reached} are reached by samples of tests/ops,
which are held against finite differences in first and second order, and against torch. (Operators of any number of
inputs, such as indexing by several tensors, are made when they are first used, and are not listed.)
""",
    database="""\
PyTorch {torch}'s own database of operators, {samples} samples in each of {dtypes}:
how many of its entries agree with torch in every sample and dtype.
""",
    records="""## Records

One for each thing that has a `grad_fn` of its own in torch, by the module of `src/tapegrad/ops/` that it is written in;
its node has torch's name. A rule gives the gradient of an input from `g`, the gradient of the result, the result
`out`, inputs and parameters; its words are operators and the phrases of its module. Shown after "in" are torch's
functions whose graphs have this node.

Forward mode: *the same rule*, as it is "the derivative times g"; *linear*, the operator itself is applied to the
tangent (*linear in* some inputs: where others have tangents, two reverse passes); *two reverse passes*. vmap:
*direct*, all rows in one call; *by rows*, once per row. Samples are those of tests/ops whose graph has the record.
""",
    functions="""## Functions

The entries of torch's database, and how many of their samples agree with torch, over all dtypes. Bold: some do not.
""",
    differences="""## Known to differ
""",
    checks={
        "forward": "values",
        "method": "method",
        "inplace": "in place",
        "operator": "symbol",
        "alias": "aliases",
        "out": "`out=`",
        "grad": "gradient",
        "inplace_grad": "gradient in place",
        "gradgrad": "second order",
        "errors": "error types",
        "messages": "error messages",
    },
    summary_columns=("what is compared", "all", "core", "extended", "internal"),
    record_columns=("operator", "derivative", "forward mode", "vmap", "samples"),
    function_column="function",
    difference_columns=("function and check", "reason"),
    users="in {names}",
    more=" and {n} more",
    linear_in="linear in {inputs}",
    part="{ok} of {total}",
    separator=", ",
    title="{words}",
    cells={},
    reasons={},
)

CHINESE = Words(
    head="""# 算子

由 `python tools/operators_page.py` 根据算子表和测试的结果写成，请勿编辑。记录是什么，见[设计](design.md)；哪些地方有意
与 torch 不同，见[兼容性](pytorch-compatibility.md)；各个函数的误差，见[函数有多准确](accuracy.md)。
""",
    counted="""\
共 {records} 条记录，其中 {rules} 条有导数。在前向模式下，{same} 条使用反向模式的规则，{linear} 条是线性的，{partly} 条
只对部分输入是线性的，{twice} 条要做两次反向传播。tests/ops 的样本到达其中 {reached} 条；这些样本与一阶、二阶的差商比
较，也与 torch 比较。（输入个数不定的算子，例如用几个张量作索引，第一次使用时才生成，没有列出。）
""",
    database="""\
PyTorch {torch} 自己的算子数据库，在 {dtypes} 的每种类型下各取 {samples} 个样本：
有多少条目在每个样本、每种类型上都与 torch 一致。
""",
    records="""## 记录

凡是在 torch 里有自己的 `grad_fn` 的，这里都有一条，按它所在的 `src/tapegrad/ops/` 中的模块排列；节点的名字就是 torch 的
名字。规则从 `g`（对结果的梯度）、结果 `out`、各个输入和参数得出对某个输入的梯度；规则里的词是算子，以及本模块的短语。
“用于”之后是计算图里含有这个节点的 torch 函数。

前向模式：*同一条规则*，因为它就是“导数乘以 g”；*线性*，把算子本身作用于切向量（*只对*某些输入*线性*：其余输入有切向量
时，做两次反向传播）；*两次反向传播*。vmap：*直接*，所有行一次算完；*逐行*，每行调用一次。样本数是 tests/ops 中计算图含
有这条记录的样本的个数。
""",
    functions="""## 函数

torch 的数据库中的条目，以及其中有多少样本与 torch 一致，各种类型合计。粗体：有的不一致。
""",
    differences="""## 已知的不同
""",
    checks={
        "forward": "值",
        "method": "方法",
        "inplace": "原地",
        "operator": "运算符",
        "alias": "别名",
        "out": "`out=`",
        "grad": "梯度",
        "inplace_grad": "原地运算的梯度",
        "gradgrad": "二阶",
        "errors": "错误类型",
        "messages": "错误消息",
    },
    summary_columns=("比较什么", "全部", "核心", "扩展", "内部"),
    record_columns=("算子", "导数", "前向模式", "vmap", "样本数"),
    function_column="函数",
    difference_columns=("函数与比较项", "原因"),
    users="用于 {names}",
    more=" 等，另有 {n} 个",
    linear_in="只对 {inputs} 线性",
    part="{ok}/{total}",
    separator="、",
    title="`{name}`",
    cells={
        "the same rule": "同一条规则",
        "linear": "线性",
        "two reverse passes": "两次反向传播",
        "direct": "直接",
        "by rows": "逐行",
        "none": "无",
        "refused, as in torch": "与 torch 一样拒绝",
        "see its rule": "见其规则",
    },
    reasons={
        "torch's gradient of the input is wrong: zero outside of the slot, passed on inside; ours is right": (
            "torch 对输入的梯度是错的：在槽外为零，在槽内传了下去；我们的是对的"
        ),
        "NumPy has no complex numbers of two half-precision parts (torch.complex32)": (
            "NumPy 没有由两个半精度数组成的复数（torch.complex32）"
        ),
        "over one dimension torch leaves `out` as it was; ours writes the result into it": (
            "只对一维变换时，torch 让 `out` 保持原样；我们的把结果写入其中"
        ),
        "torch's second derivatives with `options` are zero, without a word; ours are right": (
            "带 `options` 时，torch 的二阶导数悄悄成了零；我们的是对的"
        ),
    },
)
