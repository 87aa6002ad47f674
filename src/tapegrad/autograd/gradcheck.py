"""`torch.autograd.gradcheck`: gradients compared with finite differences.

The work is done in `gradient_checks`, which is loaded with the first check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..tensor.tensor import Tensor

__all__ = ["GradcheckError", "gradcheck", "gradgradcheck"]

Tensors = Tensor | Sequence[Any]


class GradcheckError(RuntimeError):
    """A gradient is not what finite differences say, or not of the right kind."""

    __module__ = "torch.autograd.gradcheck"


def gradcheck(
    func: Callable[..., Any],
    inputs: Tensors,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_batched_forward_grad: bool = False,
    check_forward_ad: bool = False,
    check_backward_ad: bool = True,
    fast_mode: bool = False,
    masked: bool | None = None,
) -> bool:
    """Compare the gradients of a function with finite differences.

    Args:
        func: takes the inputs, returns a tensor or several.
        inputs: a tensor or a sequence of tensors; of those that require a gradient the gradient is checked.  They
            should be of double precision.
        eps: the step of the finite differences.
        atol, rtol: a gradient may differ by atol + rtol * |numerical|.
        raise_exception: raise an error on a difference, instead of returning False.
        nondet_tol: by how much the gradients of two runs may differ.
        check_undefined_grad: also check that custom functions take None for a gradient that is not there.
        check_grad_dtypes: also check that gradients have the dtypes of their inputs.
        check_batched_grad: also check `autograd.grad(..., is_grads_batched=True)`.
        check_batched_forward_grad: also check that `vmap` over directions gives the same tangents.
        check_forward_ad: also check forward mode.
        check_backward_ad: check the gradients.
        fast_mode: check one random combination of the derivatives instead of each.
        masked: taken for torch's sake: it concerns sparse tensors only.

    Returns:
        True if all agree.

    Raises:
        GradcheckError: something differs; the message shows the numerical beside the analytical derivatives.
        ValueError: no input requires a gradient.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradcheck(lambda x: (x**2).sum(), x)
    True
    """
    if not (check_forward_ad or check_backward_ad):
        raise AssertionError("Expected at least one of check_forward_ad or check_backward_ad to be True")
    if check_batched_grad and not check_backward_ad:
        raise AssertionError("Setting check_batched_grad=True requires check_backward_ad to be True")
    if check_batched_forward_grad and not check_forward_ad:
        raise AssertionError("Setting check_batched_forward_grad=True requires check_forward_ad to be True")
    from .gradient_checks import Check

    check = Check(
        func,
        inputs,
        eps=eps,
        atol=atol,
        rtol=rtol,
        nondet_tol=nondet_tol,
        undefined=check_undefined_grad,
        dtypes=check_grad_dtypes,
        batched=check_batched_grad,
        batched_forward=check_batched_forward_grad,
        forward=check_forward_ad,
        backward=check_backward_ad,
        fast=fast_mode,
    )
    if raise_exception:
        return check.run()
    try:
        return check.run()
    except GradcheckError:
        return False


def gradgradcheck(
    func: Callable[..., Any],
    inputs: Tensors,
    grad_outputs: Tensors | None = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    gen_non_contig_grad_outputs: bool = False,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    check_undefined_grad: bool = True,
    check_grad_dtypes: bool = False,
    check_batched_grad: bool = False,
    check_fwd_over_rev: bool = False,
    check_rev_over_rev: bool = True,
    fast_mode: bool = False,
    masked: bool = False,
) -> bool:
    """Compare the second derivatives of a function with finite differences of its gradients.

    Args:
        grad_outputs: cotangents of the results; random ones if None.
        gen_non_contig_grad_outputs: make the random cotangents of memory with gaps.
        check_fwd_over_rev, check_rev_over_rev: how to differentiate the gradients.

    The other arguments are those of `gradcheck`.

    Returns:
        True if all agree.

    Raises:
        GradcheckError: something differs.
        ValueError: no input requires a gradient.

    >>> import tapegrad as torch
    >>> x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    >>> torch.autograd.gradgradcheck(lambda x: (x**3).sum(), x)
    True
    """
    if not (check_fwd_over_rev or check_rev_over_rev):
        raise AssertionError("Expected at least one of check_fwd_over_rev or check_rev_over_rev to be True")
    if check_undefined_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_undefined_grad=True requires check_rev_over_rev to be True")
    if check_batched_grad and not check_rev_over_rev:
        raise AssertionError("Setting check_batched_grad=True requires check_rev_over_rev to be True")
    from .gradient_checks import gradient_of, with_cotangents

    given, cotangents = with_cotangents(func, inputs, grad_outputs, gen_non_contig_grad_outputs)
    return gradcheck(
        gradient_of(func, len(cotangents)),
        given + cotangents,
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
        nondet_tol=nondet_tol,
        check_undefined_grad=check_undefined_grad,
        check_grad_dtypes=check_grad_dtypes,
        check_batched_grad=check_batched_grad,
        check_forward_ad=check_fwd_over_rev,
        check_backward_ad=check_rev_over_rev,
        fast_mode=fast_mode,
        masked=masked,
    )
