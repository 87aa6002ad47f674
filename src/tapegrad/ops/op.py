"""The record of an operator: forward function, derivative rules, and the code that is generated from them.

    mul = binary("mul", np.multiply, a=lambda g, b: g * b, b=lambda g, a: g * a)

    @operator
    def gather(x, index, /, dim): ...            # forward, on raw arrays; those before the slash are arrays

    @gather.rule("x")
    def _(g, index, x_shape, dim): ...           # the gradient of x

A rule names what it reads, and so declares what has to be kept until then:
    g             the gradient of the result (a tuple of them for several results; None where one is missing)
    out           the result
    x, index, …   an input; it is saved, and writing into it before the backward pass is an error
    x_shape       an input's shape, which costs nothing to keep
    dim, …        a parameter
    needs         for a rule of several inputs: which of them need a gradient
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

from ..quiet import over, quiet
from . import link
from .vocabulary import RAW, TENSOR, bind

if TYPE_CHECKING:
    from .accepts import Accepts

Rule = Callable[..., Any]


class Part:
    """One of an operator's functions, generated when it is first asked for; from then on the operator's own attribute.

    (`Op.__getattr__` would do the same, but with it each look-up of any attribute takes three times as long.)
    """

    def __set_name__(self, owner: type[Any], name: str) -> None:
        self.name = name

    def __get__(self, op: Op | None, owner: type[Any]) -> Any:
        if op is None:
            return self
        function = op.__dict__[self.name] = link.build(op, self.name)
        return function


def parameters_of(function: Any) -> tuple[str, ...]:
    """The names of a function's parameters."""
    code = function.__code__
    return tuple(code.co_varnames[: code.co_argcount + bool(code.co_flags & 0x04)])


class Forward:
    """An operator's forward function, which runs without NumPy's warnings (see `quiet.py`) from when it is first used.

    That takes the whole namespace of its module, and time, so it is not done when the operator is defined.
    """

    def __get__(self, op: Op | None, owner: type[Any]) -> Any:
        if op is None:
            return self
        function = op.defined
        if isinstance(function, types.FunctionType):
            namespace = function.__globals__
            if "__all__" not in namespace:  # which comes last: the module is still being imported
                return function
            if (namespace["__name__"] or "").startswith(__package__):
                if id(namespace) not in _quiet_namespaces:
                    _quiet_namespaces[id(namespace)] = quiet(namespace)
                function = over(function, _quiet_namespaces[id(namespace)])
        op.__dict__["forward"] = function
        if "word" in op.__dict__:
            RAW[op.name] = function
        return function


# By the `id` of the namespace of a module; that of the package's modules does not change.
_quiet_namespaces: dict[int, dict[str, Any]] = {}


class Op:
    """One operator.  `call`, `record`, `backward` and `backward_graph` are generated when first used (see link.py).

    Attributes:
        name: the operator's name in the table and among the words of rules.
        node_name: torch's name of its graph node, such as 'MulBackward0'.
        forward: the function on raw arrays; `defined`, as it was written.
        inputs: names of its array arguments; those in `optional` may be None.
        params: names of its other arguments.
        rules: for each tuple of inputs, the function that computes their gradients.
        constants: inputs that have no gradient, such as an index.
        pointwise: inputs broadcast and promote; gradients are brought back to their shapes and dtypes.
        holomorphic: pointwise, and its rule is the complex derivative: for complex gradients the generated code puts
            the conjugations of the reverse mode around it.
        view: the result is a view of the first input.
        outputs: None for a single result, else which of the results are differentiable.
        variadic: the only input is a sequence of tensors.
        edge_names: the inputs in the order of the node's edges; one that is not among `inputs` was a number, and its
            edge is None.
        arguments: inputs and parameters in the order of the forward function's.
        diagonal: pointwise, and an element of the result depends on one element of each input, so that "the derivative
            times g" serves forward mode; set to False where pointwise says only how operands broadcast.
        linear: the inputs in each of which the forward function is linear, so that it is its own forward-mode rule;
            those in `plus` are added to the rest, which is what is linear in each of the others.
        jointly: the forward function is linear in all of these inputs together, not in each for itself.

    Of pointwise operators, read by `pointwise.py`:
        integers: "same" if integers are computed as they are, "float" if in the default floating-point type.
        result: "same" if the result is of the type computed in, "real" for the real type of a complex one,
            "complex" for the complex type of a real one, "bool".
        kernel: the types of elements that are computed; None for all.
        halves_in_single: half-precision types are computed in single precision.
        public_name: the function's name in messages.
        number_forms: by input, the operator for a number in its place, where torch's node has a name of its own.
        with_zero: a ufunc that computes the same from the operand and zero, which is faster than the forward function.
        fitted: of one input, whose gradient may still come out in another dtype than its own.
        exact_out: `out` must be of the very type of the result.
        read_outputs: which of several results the rules read, if not all.
        in_order: the results lie in memory in the order of their indices, however the operands lie.
        word: what the name means on raw arrays until then, if it is one.
    """

    diagonal: bool = True
    linear: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    jointly: bool = False
    integers: str = "same"
    result: str = "same"
    kernel: Accepts | None = None
    halves_in_single: bool = True
    with_zero: Any = None
    fitted: bool = False
    exact_out: bool = False
    read_outputs: tuple[int, ...] | None = None
    in_order: bool = False
    word: Any

    forward = Forward()
    call = Part()
    record = Part()
    record_alike = Part()
    record_same = Part()
    record_unlike = Part()
    backward = Part()
    backward_graph = Part()
    backward_complex = Part()
    backward_complex_graph = Part()

    def __init__(
        self,
        name: str,
        forward: Any,
        *,
        node: str | None = None,
        inputs: tuple[str, ...],
        params: tuple[str, ...] = (),
        optional: tuple[str, ...] = (),
        constants: tuple[str, ...] = (),
        pointwise: bool = False,
        holomorphic: bool = False,
        view: bool = False,
        outputs: tuple[bool, ...] | str | None = None,
        variadic: bool = False,
        edge_names: tuple[str, ...] | None = None,
        arguments: tuple[str, ...] | None = None,
    ) -> None:
        self.name, self.defined = name, forward
        self.node_name = node or camel(name) + "Backward0"
        self.inputs, self.params, self.optional, self.constants = inputs, params, optional, constants
        self.pointwise, self.holomorphic, self.view = pointwise, holomorphic, view
        self.outputs, self.variadic = outputs, variadic
        self._edge_names = edge_names
        self.arguments = arguments or (*inputs, *params)
        self.public_name = name
        self.number_forms: dict[str, Op] = {}
        self.rules: dict[tuple[str, ...], Rule] = {}
        self.twins: dict[Any, Op] = {}
        self._bound: dict[str, Rule] = {}
        self._node_class: type[Any] | None = None

    # -- definition ------------------------------------------------------------------------------------------------

    @property
    def edge_names(self) -> tuple[str, ...]:
        """The inputs that have an edge: all but the constants, as in torch."""
        return self._edge_names or tuple(x for x in self.inputs if x not in self.constants)

    def rule(self, *inputs: str) -> Callable[[Rule], Rule]:
        """Decorate the function that computes the gradient of an input; of several at once, as a tuple."""

        def add(function: Rule) -> Rule:
            self.rules[inputs] = function
            return function

        return add

    def with_rules(self, **rules: Rule | None) -> Op:
        """Give one rule per input, as lambdas; None says that there is no gradient."""
        for name, rule in rules.items():
            if rule is None:
                self.constants += (name,)
            else:
                self.rules[(name,)] = rule
        return self

    def linear_in(self, *inputs: str, plus: tuple[str, ...] = (), jointly: bool = False) -> Op:
        """Say in which inputs the forward function is linear, which gives the operator its forward-mode rule."""
        self.linear, self.plus, self.jointly = inputs, plus, jointly
        return self

    def rule_on_tensors(self, x: str) -> Rule:
        """The rule of an input, its words being operators."""
        found = self._bound.get(x)
        if found is None:
            found = self._bound[x] = bind(self.rules[x,], graph=True)
        return found

    def twin(self, key: Any, **changes: Any) -> Op:
        """A variant of this operator, made once, such as the one with a number for an input."""
        found = self.twins.get(key)
        if found is None:
            settings: dict[str, Any] = {
                "node": self.node_name,
                "inputs": self.inputs,
                "params": self.params,
                "optional": self.optional,
                "constants": self.constants,
                "pointwise": self.pointwise,
                "holomorphic": self.holomorphic,
                "view": self.view,
                "outputs": self.outputs,
                "variadic": self.variadic,
                "arguments": self.arguments,
            }
            found = self.twins[key] = Op(self.name, self.defined, **(settings | changes))
            found.rules = {names: rule for names, rule in self.rules.items() if set(names) <= set(found.inputs)}
            found.diagonal, found.linear, found.plus = self.diagonal, self.linear, self.plus
            found.jointly, found.in_order, found.read_outputs = self.jointly, self.in_order, self.read_outputs
        return found

    def with_number(self, name: str, node: str | None = None) -> Op:
        """This operator with a Python number in place of the input `name`.

        torch makes a tensor of such a number, so that the node keeps an edge for it; a form with a name of its own
        (`node`) has none.
        """
        return self.twin(
            name,
            inputs=tuple(i for i in self.inputs if i != name),
            params=(*self.params, name),
            node=node or self.node_name,
            edge_names=self.edge_names if node is None else None,
        )

    # -- use -------------------------------------------------------------------------------------------------------

    def __call__(self, *args: Any) -> Any:
        return self.call(*args)

    def node_class(self) -> type[Any]:
        """The class that a node of this operator shows to users."""
        if self._node_class is None:
            from ..autograd.node import shown_class

            self._node_class = _NODE_CLASSES.get(self.node_name)
            if self._node_class is None:
                self._node_class = _NODE_CLASSES[self.node_name] = shown_class(self.node_name.rpartition("::")[2])
        return self._node_class

    def reads(self, needed: tuple[str, ...] | None = None) -> set[str]:
        """The names that the rules of the needed inputs (of all, by default) read."""
        names: set[str] = set()
        for inputs, rule in self.rules.items():
            if needed is None or set(inputs) & set(needed):
                names.update(parameters_of(rule))
        names.discard("g")  # an input may have this name; in a rule it is the gradient of the result
        return names

    def saved_names(self) -> list[str]:
        """What a node of this operator keeps: inputs that rules read, then 'out' if one does."""
        reads = self.reads()
        names = [name for name in self.inputs if name in reads]
        return names + ["out"] if "out" in reads else names

    def read_saved(self, node: Any, attribute: str) -> Any:
        """`node._saved_self` and the like, by torch's names."""
        from .saved import read

        return read(self, node, attribute)

    def __repr__(self) -> str:
        return f"<operator {self.name}>"


_NODE_CLASSES: dict[str, type[Any]] = {}


def camel(name: str) -> str:
    """'log_softmax' -> 'LogSoftmax', as torch names its nodes."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


TABLE: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Enter an operator into the table and among the words of rules."""
    assert op.name not in TABLE, op.name
    TABLE[op.name] = op
    if op.name not in RAW:  # a NumPy word means NumPy's function, and on tensors the public one, which takes the same
        RAW[op.name], TENSOR[op.name] = _word(op), op
    return op


def _word(op: Op) -> Any:
    """What an operator's name means on raw arrays, until the forward function is first used."""

    def word(*args: Any, **kwargs: Any) -> Any:
        return op.forward(*args, **kwargs)

    op.word = word
    return word


@overload
def operator(forward: Callable[..., Any], /) -> Op: ...
@overload
def operator(
    *,
    name: str | None = None,
    node: str | None = None,
    constants: tuple[str, ...] = (),
    pointwise: bool = False,
    holomorphic: bool | None = None,
    view: bool = False,
    outputs: tuple[bool, ...] | str | None = None,
) -> Callable[[Callable[..., Any]], Op]: ...
def operator(
    forward: Any = None,
    *,
    name: str | None = None,
    node: str | None = None,
    constants: tuple[str, ...] = (),
    pointwise: bool = False,
    holomorphic: bool | None = None,
    view: bool = False,
    outputs: tuple[bool, ...] | str | None = None,
) -> Any:
    """Make a record from a forward function on raw arrays.

    Its parameters before the slash are arrays (those that default to None may be None); `*xs` is a sequence of
    arrays; the rest are parameters of the operation.

    Args:
        name: name in the table, if not the function's own.
        node: torch's node name, if not derived from the name.
        constants: inputs without a gradient.
        pointwise: inputs broadcast and promote; the gradients are brought back to their shapes and dtypes.
        holomorphic: the rules are complex derivatives; defaults to `pointwise`.
        view: the result shares memory with the first input.
        outputs: for several results, which of them are differentiable; "list" for any number, all differentiable.
    """
    if forward is None:

        def define(function: Any) -> Op:
            return _define(function, name, node, constants, pointwise, holomorphic, view, outputs)

        return define
    return _define(forward, name, node, constants, pointwise, holomorphic, view, outputs)


def _define(
    forward: Any,
    name: str | None,
    node: str | None,
    constants: tuple[str, ...],
    pointwise: bool,
    holomorphic: bool | None,
    view: bool,
    outputs: tuple[bool, ...] | str | None,
) -> Op:
    assert isinstance(forward, types.FunctionType)
    code = forward.__code__
    names = code.co_varnames[: code.co_argcount]
    variadic = bool(code.co_flags & 0x04)
    if variadic:
        inputs: tuple[str, ...] = (code.co_varnames[code.co_argcount + code.co_kwonlyargcount],)
        params = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
        optional: tuple[str, ...] = ()
    else:
        inputs, params = names[: code.co_posonlyargcount], names[code.co_posonlyargcount :]
        defaults = forward.__defaults__ or ()
        optional = tuple(n for n in names[len(names) - len(defaults) :] if n in inputs)
    return register(
        Op(
            name or forward.__name__.strip("_"),
            forward,
            node=node,
            inputs=tuple(inputs),
            params=tuple(params),
            optional=optional,
            constants=constants,
            pointwise=pointwise,
            holomorphic=pointwise if holomorphic is None else holomorphic,
            view=view,
            outputs=outputs,
            variadic=variadic,
        )
    )
