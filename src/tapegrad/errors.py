"""Exceptions, and the messages that autograd's classic mistakes get.

    Exception
    ├── RuntimeError
    │   └── AutogradError               any of the following; `page` names its page in docs/errors/
    │       ├── NoGradientError         nothing in the graph requires a gradient
    │       ├── FreedGraphError         a second backward pass over values already used up
    │       ├── NonScalarError          backward of a non-scalar without a cotangent
    │       ├── CotangentShapeError     a cotangent that does not fit its output
    │       ├── InPlaceError            a write that autograd cannot allow
    │       ├── SavedTensorModifiedError  a value needed later was overwritten
    │       ├── UnusedInputError        the output does not depend on an input
    │       ├── RequiresGradError       requires_grad where it cannot be
    │       ├── ShapeError              shapes that do not broadcast, multiply or fit
    │       ├── DtypeError              types that do not go together
    │       │   └── UnsupportedDtypeError   an operator without a meaning for a type (also a NotImplementedError)
    │       ├── LinAlgError             a matrix that an algorithm of linear algebra cannot do
    │       └── NumpyOfRecordedError    numpy() of a tensor that requires a gradient
    └── IndexError
        └── OutOfRangeError             an index or dimension that is not there

Each derives from the builtin that torch raises, and begins with torch's sentence; after it stands what was found and
what to write instead.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .tensor.tensor import Tensor


class AutogradError(RuntimeError):
    """A misuse of autograd."""

    page = "index"

    def __init__(self, torch_says: str, hint: str = "") -> None:
        see = f"\n  See docs/errors/{self.page}.md." if self.page != "index" else ""
        super().__init__(torch_says + (f"\n  {hint}{see}" if hint else ""))


class NoGradientError(AutogradError):
    """Nothing in the graph requires a gradient."""

    page = "no-grad-required"


class FreedGraphError(AutogradError):
    """A second backward pass over a graph whose saved values are gone."""

    page = "backward-twice"

    def __init__(self, node: str, where: str = "") -> None:
        super().__init__(
            "Trying to backward through the graph a second time (or directly access saved tensors after they have"
            " already been freed). Saved intermediate values of the graph are freed when you call .backward() or"
            " autograd.grad(). Specify retain_graph=True if you need to backward through the graph a second time or if"
            " you need to access saved tensors after calling backward.",
            f"Found: the values that {node} saved were used up by an earlier backward pass{where}. Either compute the"
            " result again before the second pass (in a training loop: inside the loop), or pass retain_graph=True to"
            " the first one.",
        )


class NonScalarError(AutogradError):
    """backward of a non-scalar output without a cotangent."""

    page = "non-scalar-output"


class CotangentShapeError(AutogradError):
    """A cotangent whose shape is not that of its output."""

    page = "cotangent-shape"


class InPlaceError(AutogradError):
    """An in-place write that autograd cannot allow."""

    page = "leaf-modified-in-place"


class SavedTensorModifiedError(AutogradError):
    """A value that the backward pass needs was overwritten."""

    page = "saved-value-modified"

    def __init__(
        self,
        *,
        dtype: Any,
        shape: tuple[int, ...],
        producer: str | None,
        version: int,
        expected: int,
        node: str,
        where: tuple[str, str] = ("", ""),
    ) -> None:
        from .tensor.dtypes import scalar_type_name

        what = f"[torch.{scalar_type_name(dtype)}Tensor {list(shape)}]"
        origin = "" if producer is None else f", which is {_short(producer)},"
        super().__init__(
            "one of the variables needed for gradient computation has been modified by an inplace operation:"
            f" {what}{origin} is at version {version}; expected version {expected} instead. Hint: {_where_to_look()}",
            f"Found: {node} saved this tensor for its derivative{where[0]}, and it was written into"
            f" afterwards{where[1]}. Write `y = y + 1` instead of `y += 1` (a new tensor instead of the same memory),"
            " or work on a `.clone()`.",
        )


def _where_to_look() -> str:
    from .autograd.observing import reasons

    if "anomaly" in reasons:
        return (
            "the backtrace further above shows the operation that failed to compute its gradient. The variable in"
            " question was changed in there or anywhere later."
        )
    return (
        "enable anomaly detection to find the operation that failed to compute its gradient, with"
        " torch.autograd.set_detect_anomaly(True, check_nan=False)."
    )


def _short(producer: str) -> str:
    """torch's messages leave the 'Backward0' off."""
    head, _, last = producer.rpartition(" ")
    base, found, number = last.rpartition("Backward")
    return f"{head} {base}" if found and (number.isdigit() or not number) else producer


class UnusedInputError(AutogradError):
    """The differentiated outputs do not depend on an input."""

    page = "unused-input"


class RequiresGradError(AutogradError):
    """requires_grad was asked for, or taken back, where it cannot be."""

    page = "integer-requires-grad"


class ShapeError(AutogradError):
    """Shapes that do not go together."""

    page = "shape-mismatch"


class DtypeError(AutogradError):
    """Types that do not go together."""

    page = "dtype-mismatch"


class UnsupportedDtypeError(DtypeError, NotImplementedError):
    """An operator that is not defined for a type of elements."""


class NumpyOfRecordedError(AutogradError):
    """numpy() of a tensor that requires a gradient."""

    page = "numpy-requires-grad"


class LinAlgError(AutogradError):
    """A matrix that an algorithm of linear algebra cannot do, such as the inverse of a singular one."""


LinAlgError.__module__, LinAlgError.__qualname__, LinAlgError.__name__ = "torch._C", "_LinAlgError", "_LinAlgError"


class OutOfRangeError(IndexError):
    """An index or a dimension that is not there."""


# -- the messages ------------------------------------------------------------------------------------------------------


def describe(t: Tensor) -> str:
    """A tensor in a message: 'a float32 tensor of shape (2, 3)'."""
    kind = str(t.dtype).removeprefix("torch.")
    return f"{'an' if kind[0] == 'i' else 'a'} {kind} tensor of shape {tuple(t._data.shape)}"


def non_leaf_requires_grad(t: Tensor) -> RequiresGradError:
    return RequiresGradError(
        "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a"
        " subgraph that doesn't require differentiation use var_no_grad = var.detach().",
        f"Found: this tensor is the result of {t.grad_fn.name() if t.grad_fn else 'an operation'}. Write"
        " `y = y.detach()` to go on without its history.",
    )


def integer_requires_grad(t: Tensor, says: str = "only Tensors of floating point dtype") -> RequiresGradError:
    return RequiresGradError(
        f"{says} can require gradients",
        f"Found: {describe(t)}. Make it floating point first: torch.tensor([1., 2.]) instead of"
        " torch.tensor([1, 2]), or x.float().requires_grad_().",
    )


def integer_data(t: Tensor) -> RequiresGradError:
    return RequiresGradError(
        "data set to a tensor that requires gradients must be floating point or complex dtype",
        f"Found: {describe(t)}. Convert it first: x.data = values.float().",
    )


def numpy_of_recorded(t: Tensor) -> NumpyOfRecordedError:
    return NumpyOfRecordedError(
        "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.",
        f"Found: {describe(t)} that requires a gradient. NumPy cannot record operations, so the history would be lost"
        " without a word; detach() says that this is meant.",
    )


def warn_non_leaf_grad(t: Tensor) -> None:
    warnings.warn(
        "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be"
        " populated during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf"
        " Tensor, use .retain_grad() on the non-leaf Tensor. If you access the non-leaf Tensor by mistake, make sure"
        " you access the leaf Tensor instead.",
        UserWarning,
        stacklevel=3,
    )


def check_assigned_grad(t: Tensor, value: Any) -> None:
    """Refuse a value for `t.grad` that is not a gradient of t's shape and dtype."""
    from .tensor.dtypes import scalar_type_name
    from .tensor.tensor import Tensor

    if not isinstance(value, Tensor):
        raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
    if value is t:
        raise RuntimeError("can't assign Variable as its own grad")
    if value._data.shape != t._data.shape:
        raise ShapeError(
            f"attempting to assign a gradient of size '{list(value._data.shape)}' to a tensor of size"
            f" '{list(t._data.shape)}'. Please ensure that the gradient and the tensor are the same size"
        )
    if value._data.dtype is not t._data.dtype:
        raise DtypeError(
            f"attempting to assign a gradient with dtype '{scalar_type_name(value.dtype).lower()}' to a tensor with"
            f" grad_dtype '{scalar_type_name(t.dtype)}'. The gradient must match the tensor's grad_dtype (defaults to"
            " the tensor's dtype).",
            f"Convert it: x.grad = g.to({t.dtype}).",
        )


def leaf_in_place(t: Tensor, is_view: bool) -> InPlaceError:
    what = "a view of a leaf Variable" if is_view else "a leaf Variable"
    return InPlaceError(
        f"{what} that requires grad is being used in an in-place operation.",
        f"Found: {describe(t)}, whose old value the graph would lose. To update a parameter write"
        " `with torch.no_grad(): w -= lr * w.grad`; to compute with changed values write `w2 = w * 2`, or"
        " `w.clone()` and change the copy.",
    )


def view_in_place(node: str | None, index: int, kind: int, *, indirectly: bool) -> InPlaceError:
    """A write into a view (indirectly: into its base) of a kind that autograd cannot follow."""
    from .tensor.tensor import CUSTOM_VIEW, INFERENCE_VIEW, MULTI_VIEW

    if kind == INFERENCE_VIEW:
        return InPlaceError(
            "A view was created in inference mode and is being modified inplace in normal mode. Given that this use"
            " case is ambiguous and error-prone, it is forbidden. You can clarify your code by moving both the view"
            " and the inplace either both inside the inference_mode block (if you don't want the inplace to be"
            " tracked) or both outside (if you want the inplace to be tracked)."
        )
    happened = "its base or another view of its base has been" if indirectly else "is being"
    if node is not None:
        text = f"Output {index} of {_short('x ' + node)[2:]} is a view and {happened} modified inplace. "
    else:
        text = f"A view was created in no_grad mode and {happened} modified inplace with grad mode enabled. "
    if kind == MULTI_VIEW:
        return InPlaceError(
            text + "This view is the output of a function that returns multiple views. Such functions do not allow the"
            " output views to be modified inplace. You should replace the inplace operation by an out-of-place one.",
            "Write `part = part + 1` instead of `part += 1`, or index the whole: x[:2] += 1.",
        )
    if kind == CUSTOM_VIEW:
        return InPlaceError(
            text + "This view was created inside a custom Function (or because an input was returned as-is) and the"
            " autograd logic to handle view+inplace would override the custom backward associated with the custom"
            " Function, leading to incorrect gradients. This behavior is forbidden. You can fix this by cloning the"
            " output of the custom Function."
        )
    return InPlaceError(
        text + "Given that this use case is ambiguous and error-prone, it is forbidden. You can clarify your code by"
        " moving both the view and the inplace either both inside the no_grad block (if you don't want the inplace to"
        " be tracked) or both outside (if you want the inplace to be tracked)."
    )


def inference_saved() -> AutogradError:
    """A tensor made under inference_mode that a backward pass would need."""
    return AutogradError(
        "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in"
        " computation tracked by autograd.",
        "Write x.clone() for an ordinary tensor with the same values, or make it under torch.no_grad() instead of"
        " torch.inference_mode().",
    )


def inference_in_place() -> InPlaceError:
    """A write, outside of inference_mode, into a tensor made under it."""
    return InPlaceError(
        "Inplace update to inference tensor outside InferenceMode is not allowed.",
        "Write into x.clone(), which is an ordinary tensor, or write under torch.inference_mode().",
    )


def inference_requires_grad() -> None:
    """Refuse `requires_grad_()` of a tensor made under inference_mode, unless this thread is in it.

    Raises:
        RuntimeError: it is not.
    """
    from .autograd.grad_mode import in_inference_mode

    if not in_inference_mode():
        raise RuntimeError(
            "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
            " Write x.clone().requires_grad_()."
        )


def broadcast_error(a: tuple[int, ...], b: tuple[int, ...]) -> ShapeError:
    """Two shapes that do not broadcast."""
    n = max(len(a), len(b))
    for i in range(n - 1, -1, -1):
        p, q = i - (n - len(a)), i - (n - len(b))
        x, y = a[p] if p >= 0 else 1, b[q] if q >= 0 else 1
        if x != y and x != 1 and y != 1:
            return ShapeError(
                f"The size of tensor a ({x}) must match the size of tensor b ({y}) at non-singleton dimension {i}",
                f"Found: shapes {a} and {b}. Shapes are matched from the last dimension; sizes must be equal or 1."
                " Use unsqueeze, reshape or indexing with None to line them up.",
            )
    raise AssertionError(f"{a} and {b} broadcast")


def overlapping_write() -> RuntimeError:
    """A write into an expanded tensor."""
    return RuntimeError(
        "unsupported operation: more than one element of the written-to tensor refers to a single memory location."
        " Please clone() the tensor before performing the operation."
    )


def read_only() -> RuntimeError:
    """A write into memory that a read-only NumPy array lent."""
    return RuntimeError(
        "the tensor shares the memory of a NumPy array that is not writable. Write x = x.clone() first, or make the"
        " tensor of a copy: torch.tensor(array)."
    )


def cannot_cast(result: Any, to: Any) -> DtypeError:
    from .tensor.dtypes import scalar_type_name

    return DtypeError(
        f"result type {scalar_type_name(result)} can't be cast to the desired output type {scalar_type_name(to)}",
        f"Found: an operation that gives {result}, written into a tensor of {to}. Write `x = x + y` for a new tensor,"
        f" or convert first: x = x.to({result}).",
    )


def wrong_argument(function: str, name: str, position: int, value: object, expected: str = "Tensor") -> TypeError:
    message = f"{function}(): argument '{name}' (position {position}) must be {expected}, not {_type_name(value)}"
    if hasattr(type(value), "__torch_function__"):
        from .tensor.torch_function import in_place

        if not in_place:
            from .overrides.switch import install

            install()
            message += (
                f". {_type_name(value)} defines __torch_function__, which is asked from now on; import torch.overrides"
                " where the class is defined, and it is asked from the start."
            )
    return TypeError(message)


def _type_name(value: object) -> str:
    """A type as torch's messages name it: NumPy's with their module."""
    kind = type(value)
    return f"numpy.{kind.__name__}" if kind.__module__ == "numpy" else kind.__name__


def unsupported(name: str, why: str = "") -> NotImplementedError:
    """What torch has and tapegrad lacks, by torch's name."""
    return NotImplementedError(f"tapegrad has no {name}" + (f": {why}" if why else ""))
