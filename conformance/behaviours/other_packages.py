"""What published packages ask of torch besides computing: TorchScript, compiling, switches, custom operators."""

from __future__ import annotations

import warnings
from typing import Any


def scripted_function_computes(torch: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = torch.nn.Linear(2, 2)
        traced = torch.jit.trace(layer, (torch.ones(1, 2),))
    x = torch.ones(3, 2)
    return torch.equal(traced(x), layer(x)), torch.jit.is_scripting(), torch.jit.is_tracing()


def tracing_is_deprecated(torch: Any) -> Any:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        torch.jit.trace(torch.nn.ReLU(), (torch.ones(2),))
    return (seen[0].category.__name__, str(seen[0].message))


def decorators_of_torchscript_leave_functions(torch: Any) -> Any:
    def f(x: Any) -> Any:
        return x + 1

    return [torch.jit.ignore(f)(1), torch.jit.unused(f)(1), torch.jit.export(f)(1), torch.jit.ignore(drop=True)(f)(1)]


def types_that_torchscript_asks_about(torch: Any) -> Any:
    pairs = [
        ([1, 2], list[int]), ([1, "2"], list[int]), ((1, "a"), tuple[int, str]), (None, int | None),
        ({"a": 1}, dict[str, int]), ({"a": "b"}, dict[str, int]), (3, (int, str)), (torch.ones(1), torch.Tensor),
    ]  # fmt: skip
    return [torch.jit.isinstance(value, kind) for value, kind in pairs]


def forked_calls(torch: Any) -> Any:
    future = torch.jit.fork(lambda a, b: a + b, torch.ones(2), b=1)
    return torch.jit.wait(future), future.done()


def compile_refuses_an_unknown_mode(torch: Any) -> Any:
    torch.compile(lambda x: x, mode="fastest")


def compile_refuses_mode_with_options(torch: Any) -> Any:
    torch.compile(lambda x: x, mode="default", options={"a": 1})


def compiled_module_keeps_its_original(torch: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer = torch.nn.Linear(2, 1)
        made = torch.compile(layer)
    return repr(made), list(made.state_dict()), made._orig_mod is layer, made.in_features, made.training


def marks_for_compilers_leave_functions(torch: Any) -> Any:
    def f(x: Any) -> Any:
        return x + 1

    with torch.compiler.set_stance("force_eager"):
        return torch.compiler.disable(f)(1), torch.compiler.is_compiling(), torch.compiler.is_exporting()


def switches_of_cudnn(torch: Any) -> Any:
    cudnn = torch.backends.cudnn
    before = (cudnn.enabled, cudnn.deterministic, cudnn.benchmark)
    with cudnn.flags(deterministic=True):
        inside = (cudnn.enabled, cudnn.deterministic, cudnn.benchmark)
    return before, inside, (cudnn.enabled, cudnn.deterministic), cudnn.version(), cudnn.is_acceptable(torch.ones(1))


def switches_of_attention(torch: Any) -> Any:
    cuda = torch.backends.cuda
    return cuda.flash_sdp_enabled(), cuda.math_sdp_enabled(), cuda.is_built(), cuda.matmul.allow_tf32


def gpu_probes(torch: Any) -> Any:
    cuda = torch.cuda
    with cuda.stream(None):
        pass
    return (
        cuda.memory_allocated(), cuda.max_memory_allocated(), cuda.get_rng_state_all(), cuda.get_arch_list(),
        cuda.default_generators, cuda.is_tf32_supported(), len(cuda.memory_stats()),
    )  # fmt: skip


def tensor_types_of_gpus(torch: Any) -> Any:
    return str(torch.cuda.FloatTensor), isinstance(torch.ones(1), torch.cuda.FloatTensor), torch.cuda.LongTensor.dtype


def tensor_of_a_gpu_type(torch: Any) -> Any:
    torch.cuda.FloatTensor(3)


def type_by_the_class_tensor(torch: Any) -> Any:
    return torch.tensor([True, False]).type(torch.Tensor), torch.ones(1, dtype=torch.float64).type(torch.Tensor)


def type_by_another_class(torch: Any) -> Any:
    torch.ones(1).type(torch.nn.Parameter)


def assignment_behind_an_ellipsis(torch: Any) -> Any:
    a = torch.zeros(1, 1, 9)
    a[..., :5] = torch.arange(5.0)
    b = torch.zeros(1, 9)
    b[..., 1:, :] = 3.0
    c = torch.zeros(5, 3)
    c[:5, ..., :2] = torch.ones(2)
    d = torch.zeros(3, 5, 3)
    d[:3, ..., :3] = torch.ones(1, 3)
    return a, b, c, d


def lists_of_tensors(torch: Any) -> Any:
    a = [torch.tensor([1.0, -2.0]), torch.tensor([3.0, 4.0, 0.5])]
    b = [t.abs() for t in a]
    out = [
        torch._foreach_add(a, 1), torch._foreach_add(a, [1, 2]), torch._foreach_add(a, b, alpha=2),
        torch._foreach_norm(a), torch._foreach_norm(a, 1), torch._foreach_lerp(a, b, 0.5), torch._foreach_pow(a, 2),
        torch._foreach_addcmul(a, a, b, 2), torch._foreach_addcmul(a, a, b, [1, 2]), torch._foreach_maximum(a, b),
        torch._foreach_clamp_max(a, 1), torch._foreach_sqrt(b), torch._foreach_addcdiv(a, a, b, value=0.5),
    ]  # fmt: skip
    torch._foreach_mul_(a, 2)
    torch._foreach_sub_(a, b)
    return out, a


def lists_of_two_lengths(torch: Any) -> Any:
    torch._foreach_add([torch.ones(1), torch.ones(1)], [torch.ones(1)])


def lists_of_no_tensors(torch: Any) -> Any:
    torch._foreach_add([], 1)


def jacobian_through_a_backward_that_differentiates(torch: Any) -> Any:
    class Inverse(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, y: Any, q: Any) -> Any:
            x = y / (2 * q)
            ctx.save_for_backward(x, q)
            return x

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, q = ctx.saved_tensors
            with torch.enable_grad():
                y = 2 * q * x.detach()
            slope = 2 * q.detach()
            return g / slope, torch.autograd.grad(y, q, -g / slope, retain_graph=True)[0]

    matrix = torch.arange(9.0).view(3, 3) / 10 + torch.eye(3)

    def function(y: Any) -> Any:
        return Inverse.apply(y, torch.tensor([1.0, 2.0, 3.0]) + (matrix @ y) ** 2)

    return torch.autograd.functional.jacobian(function, torch.tensor([0.3, 0.5, 0.7]))
