"""Gradients of complex tensors: torch's convention, the conjugate of Wirtinger's derivative, and mixed graphs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def point(lib: Any) -> Any:
    return lib.tensor([1 + 2j, -3 + 0.5j], dtype=lib.complex128, requires_grad=True)


def real_point(lib: Any) -> Any:
    return lib.tensor([0.5, -2.0], dtype=lib.float64, requires_grad=True)


def parts(t: Any) -> Any:
    """A complex tensor as real numbers, which are compared to a few digits."""
    if t is None or not t.is_complex():
        return t
    return str(t.dtype), [[round(x, 6) + 0.0 for x in (z.real, z.imag)] for z in t.detach().flatten().tolist()]


def gradient(lib: Any, function: Callable[[Any], Any]) -> Any:
    z = point(lib)
    function(z).backward()
    return parts(z.grad)


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        kinds = [k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"]
        return kinds[0], str(error).split("\n")[0].split(". ")[0].rstrip(".")


def real_losses(torch: Any) -> Any:
    losses = [
        lambda z: z.abs().sum(),
        lambda z: z.real.sum(),
        lambda z: z.imag.sum(),
        lambda z: z.angle().sum(),
        lambda z: (z * z.conj()).real.sum(),
        lambda z: torch.view_as_real(z).pow(2).sum(),
        lambda z: (z**2).imag.sum(),
        lambda z: z.abs().pow(2).mean(),
        lambda z: torch.linalg.vector_norm(z),
    ]
    return [gradient(torch, loss) for loss in losses]


def holomorphic_functions(torch: Any) -> Any:
    functions = [
        torch.exp, torch.log, torch.sin, torch.cos, torch.tanh, torch.sqrt, torch.reciprocal, torch.sinh, torch.asin,
        torch.acos, torch.atan, torch.sigmoid, torch.square, torch.log2, torch.neg, lambda z: z**3, lambda z: 2j * z,
        lambda z: z / (1 + 1j), lambda z: (1 - 2j) / z, lambda z: z**z, lambda z: 2**z, torch.rsqrt, torch.expm1,
        torch.log1p, torch.asinh, torch.acosh, torch.atanh, torch.tan, torch.cosh,
    ]  # fmt: skip
    return [gradient(torch, lambda z, f=f: f(z).real.sum() + f(z).imag.sum()) for f in functions]


def functions_that_are_not_holomorphic(torch: Any) -> Any:
    functions = [
        torch.conj, torch.sgn, torch.abs, lambda z: z * z.conj(), lambda z: z.real * z, lambda z: z.abs() * z,
        lambda z: torch.complex(z.imag, z.real), lambda z: torch.polar(z.abs(), z.angle() * 2),
    ]  # fmt: skip

    def loss(z: Any) -> Any:
        return z.real.sum() + 2 * z.imag.sum() if z.is_complex() else z.sum()

    return [gradient(torch, lambda z, f=f: loss(f(z))) for f in functions]


def complex_loss(torch: Any) -> Any:
    return outcome(lambda: point(torch).sum().backward()), outcome(lambda: point(torch)[0].backward())


def complex_cotangents(torch: Any) -> Any:
    z = point(torch)
    (z * z).backward(torch.tensor([1j, 2 - 1j], dtype=torch.complex128))
    return parts(z.grad)


def real_cotangents_of_complex_results(torch: Any) -> Any:
    z = point(torch)
    return outcome(lambda: (z * z).backward(torch.ones(2, dtype=torch.float64))), parts(z.grad)


def complex_cotangents_of_real_results(torch: Any) -> Any:
    x = real_point(torch)
    return outcome(lambda: (x * x).backward(torch.ones(2, dtype=torch.complex128)))


def real_inputs_of_complex_results(torch: Any) -> Any:
    x, z = real_point(torch), point(torch)
    (x * z).abs().sum().backward()
    return x.grad, parts(z.grad)


def real_inputs_of_all_kinds(torch: Any) -> Any:
    found = []
    for function in (
        lambda x: x + 1j,
        lambda x: 1j * x,
        lambda x: x / (1 + 1j),
        lambda x: (1 + 1j) / x,
        lambda x: (1 + 1j) ** x,
        lambda x: x ** (1 + 1j),
        lambda x: torch.complex(x, x * 2),
        lambda x: torch.polar(x.abs(), x),
        lambda x: x.to(torch.complex128) * 2j,
        lambda x: torch.cat([x.to(torch.complex128), x * 1j]),
    ):
        x = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
        y = function(x)
        (y.real + 2 * y.imag).sum().backward()
        found.append((str(y.dtype), x.grad))
    return found


def sums_that_broadcast(torch: Any) -> Any:
    x = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    z = point(torch)
    (x + z * z).abs().sum().backward()
    return x.grad, parts(z.grad)


def products_of_matrices(torch: Any) -> Any:
    a = torch.tensor([[1 + 1j, 2], [0, 1j]], dtype=torch.complex128, requires_grad=True)
    b = torch.tensor([[1.0, 2], [3, 4]], dtype=torch.float64, requires_grad=True)
    (a @ b.to(torch.complex128) @ a.conj().T).abs().sum().backward()
    return parts(a.grad), b.grad


def sums_products_and_means(torch: Any) -> Any:
    functions = [torch.sum, torch.mean, torch.prod, lambda z: torch.cumsum(z, 0)[1], lambda z: torch.cumprod(z, 0)[1]]
    functions += [lambda z: torch.dot(z, z), lambda z: torch.vdot(z, z * 2), lambda z: torch.einsum("i,i", z, z)]
    return [gradient(torch, lambda z, f=f: f(z).abs()) for f in functions]


def views_of_parts(torch: Any) -> Any:
    z = point(torch)
    y = z * 1
    torch.view_as_real(y)[0, 1] = 5.0
    y.real.mul_(2)
    (y.abs() ** 2).sum().backward()
    return parts(z.grad), parts(y)


def complex_from_real_pairs(torch: Any) -> Any:
    pairs = torch.tensor([[1.0, 2.0], [3.0, -1.0]], requires_grad=True)
    torch.view_as_complex(pairs).pow(2).abs().sum().backward()
    return pairs.grad


def absolute_value_at_zero(torch: Any) -> Any:
    z = torch.zeros(2, dtype=torch.complex128, requires_grad=True)
    (z.abs() + z.angle() + torch.sgn(z).real).sum().backward()
    return parts(z.grad)


def second_derivatives(torch: Any) -> Any:
    z = point(torch)
    (g,) = torch.autograd.grad((z**3).abs().sum(), z, create_graph=True)
    (h,) = torch.autograd.grad(g.abs().sum(), z)
    return parts(g), parts(h), g.requires_grad


def gradients_are_of_the_leafs_type(torch: Any) -> Any:
    z = torch.tensor([1 + 1j], dtype=torch.complex64, requires_grad=True)
    x = torch.tensor([1.0], requires_grad=True)
    (z * x.double() * 2).abs().sum().backward()
    return str(z.grad.dtype), str(x.grad.dtype), str(z.grad.device)


def gradient_checks(torch: Any) -> Any:
    check = torch.autograd.gradcheck
    z, x = point(torch), real_point(torch)
    return check(lambda z: z * z.conj(), (z,)), check(lambda z, x: z * x, (z, x)), check(torch.abs, (z,))


def gradient_checks_that_fail(torch: Any) -> Any:
    class Wrong(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, z: Any) -> Any:
            ctx.save_for_backward(z)
            return z * z

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            (z,) = ctx.saved_tensors
            return 2 * z * g  # without the conjugate

    return torch.autograd.gradcheck(Wrong.apply, (point(torch),), raise_exception=False)


def hooks_on_complex_tensors(torch: Any) -> Any:
    z = point(torch)
    z.register_hook(lambda g: g * 1j)
    (z * 2).real.sum().backward()
    return parts(z.grad)


def mixed_writes(torch: Any) -> Any:
    z, x = point(torch), real_point(torch)
    y = z * 1
    y.mul_(x)
    y.add_(x)
    y.abs().sum().backward()
    return parts(z.grad), x.grad


def real_results_are_not_written_complex_values(torch: Any) -> Any:
    x = real_point(torch) * 1
    return outcome(lambda: x.add_(1j)), outcome(lambda: x.mul_(point(torch)))
