"""autocast regions, and the scaling of losses."""

from __future__ import annotations

import copy
import pickle
from typing import Any


def square(torch: Any, dtype: Any = None, **options: Any) -> Any:
    return torch.tensor([[1.0, 2.0], [3.0, 4.5]], **options).to(dtype or torch.float32)


def region(torch: Any, **options: Any) -> Any:
    return torch.autocast("cpu", **options)


def caught(function: Any) -> Any:
    try:
        return function()
    except Exception as error:
        text = str(error).split("\n")[0].split(". ")[0].rstrip(".")
        return next(k.__name__ for k in type(error).__mro__ if k.__module__ == "builtins"), text


def kinds(torch: Any, calls: dict[str, Any]) -> Any:
    """What each call returns within a region: its dtype and shape."""
    with region(torch):
        found = {name: caught(call) for name, call in calls.items()}
    return {
        name: (str(x.dtype), tuple(x.shape)) if isinstance(x, torch.Tensor) else x for name, x in found.items()
    }  # fmt: skip


# -- which functions compute in which precision ------------------------------------------------------------------------


def products_are_in_lower_precision(torch: Any) -> Any:
    a, b = square(torch), square(torch)
    t, f = torch, torch.nn.functional
    batch = a[None]
    return kinds(torch, {
        "matmul": lambda: t.matmul(a, b), "@": lambda: a @ b, "mm": lambda: t.mm(a, b), "method": lambda: a.mm(b),
        "bmm": lambda: t.bmm(batch, batch), "addmm": lambda: t.addmm(a, a, b),
        "baddbmm": lambda: t.baddbmm(batch, batch, batch),
        "addbmm": lambda: t.addbmm(a, batch, batch), "linear": lambda: f.linear(a, b, a[0]),
        "prelu": lambda: f.prelu(a, a[0, :1]),
        "chain_matmul": lambda: t.linalg.multi_dot([a, b, a]), "inner": lambda: t.inner(a, b), "cov": lambda: t.cov(a),
        "tensordot": lambda: t.tensordot(a, b, 1), "einsum": lambda: t.einsum("ij,jk->ik", a, b),
        "matrix_power": lambda: t.matrix_power(a, 2), "vector": lambda: a @ b[0], "rmatmul": lambda: a.__rmatmul__(b),
        "attention": lambda: f.scaled_dot_product_attention(batch[None], batch[None], batch[None]),
    })  # fmt: skip


def other_products_are_not(torch: Any) -> Any:
    a, b = square(torch), square(torch)
    t, f = torch, torch.nn.functional
    return kinds(torch, {
        "mul": lambda: a * b, "mv": lambda: t.mv(a, b[0]), "dot": lambda: t.dot(a[0], b[0]),
        "outer": lambda: t.outer(a[0], b[0]),
        "addmv": lambda: t.addmv(a[0], a, b[0]), "einsum without sum": lambda: t.einsum("ij,ij->ij", a, b),
        "einsum of one": lambda: t.einsum("ij->j", a), "kron": lambda: t.kron(a, b),
        "addr": lambda: t.addr(a, a[0], b[0]),
        "bilinear": lambda: f.bilinear(a, b, t.ones(3, 2, 2)), "addmm_": lambda: a.clone().addmm_(a, b),
        "vdot": lambda: t.vdot(a[0], b[0]), "matrix_exp": lambda: t.matrix_exp(a),
    })  # fmt: skip


def convolutions_are_in_lower_precision(torch: Any) -> Any:
    t = torch
    one, two, three = t.ones(1, 2, 4), t.ones(1, 2, 4, 4), t.ones(1, 2, 4, 4, 4)
    return kinds(torch, {
        "conv1d": lambda: t.conv1d(one, t.ones(3, 2, 2)), "conv2d": lambda: t.conv2d(two, t.ones(3, 2, 2, 2)),
        "conv3d": lambda: t.conv3d(three, t.ones(3, 2, 2, 2, 2)),
        "functional": lambda: t.nn.functional.conv2d(two, t.ones(3, 2, 2, 2)),
        "transposed1d": lambda: t.conv_transpose1d(one, t.ones(2, 3, 2)),
        "transposed2d": lambda: t.conv_transpose2d(two, t.ones(2, 3, 2, 2)),
        "transposed3d": lambda: t.conv_transpose3d(three, t.ones(2, 3, 2, 2, 2)),
        "padding": lambda: t.conv2d(two, t.ones(3, 2, 3, 3), padding="same"),
    })  # fmt: skip


def losses_are_in_single_precision(torch: Any) -> Any:
    f = torch.nn.functional
    a, b = square(torch, torch.bfloat16), square(torch, torch.bfloat16) + 1
    p, labels, signs = a.sigmoid(), torch.tensor([0, 1]), torch.tensor([1, -1])
    return kinds(torch, {
        "mse": lambda: f.mse_loss(a, b), "l1": lambda: f.l1_loss(a, b), "smooth_l1": lambda: f.smooth_l1_loss(a, b),
        "huber": lambda: f.huber_loss(a, b), "nll": lambda: f.nll_loss(a, labels),
        "cross_entropy": lambda: f.cross_entropy(a, labels),
        "bce": lambda: f.binary_cross_entropy(p, p), "bce logits": lambda: f.binary_cross_entropy_with_logits(a, p),
        "kl": lambda: f.kl_div(a, b, reduction="batchmean"), "poisson": lambda: f.poisson_nll_loss(a, b),
        "cosine": lambda: f.cosine_embedding_loss(a, b, signs),
        "hinge": lambda: f.hinge_embedding_loss(a, signs[:, None]),
        "margin": lambda: f.margin_ranking_loss(a, b, signs), "soft margin": lambda: f.soft_margin_loss(a, b),
        "triplet": lambda: f.triplet_margin_loss(a, b, a), "multi margin": lambda: f.multi_margin_loss(a, labels),
        "mixed": lambda: f.mse_loss(a, square(torch)), "double": lambda: f.mse_loss(a.double(), b.double()),
    })  # fmt: skip


def other_losses_are_as_they_come(torch: Any) -> Any:
    f = torch.nn.functional
    a, b = square(torch, torch.bfloat16), square(torch, torch.bfloat16)
    return kinds(torch, {
        "multilabel": lambda: f.multilabel_soft_margin_loss(a, b),
        "gaussian": lambda: f.gaussian_nll_loss(a, b, b.abs()),
        "cosine": lambda: f.cosine_similarity(a, b), "pairwise": lambda: f.pairwise_distance(a, b),
    })  # fmt: skip


def what_needs_precision_has_it(torch: Any) -> Any:
    t = torch
    a = square(torch, torch.bfloat16)
    x = t.ones(1, 1, 3, 3, 3).bfloat16()
    return kinds(torch, {
        "prod": lambda: a.prod(), "prod of a dimension": lambda: t.prod(a, 0), "quantile": lambda: a.quantile(0.5),
        "nanquantile": lambda: t.nanquantile(a, 0.5), "trace": lambda: a.trace(), "cdist": lambda: t.cdist(a, a),
        "inverse": lambda: t.inverse(a), "solve": lambda: t.linalg.solve(a, a), "qr": lambda: t.linalg.qr(a)[0],
        "eigvalsh": lambda: t.linalg.eigvalsh(a), "svdvals": lambda: t.linalg.svdvals(a), "fft": lambda: t.fft.fft(a),
        "avg_pool3d": lambda: t.nn.functional.avg_pool3d(x, 2), "max_pool3d": lambda: t.nn.functional.max_pool3d(x, 2),
        "reflect": lambda: t.nn.functional.pad(a[None], (1, 1), mode="reflect"),
        "view_as_complex": lambda: t.view_as_complex(a),
        "polar": lambda: t.polar(a, a),
        "grid_sample": lambda: t.nn.functional.grid_sample(x[0], t.zeros(1, 2, 2, 2).bfloat16()),
    })  # fmt: skip


def everything_else_is_as_it_comes(torch: Any) -> Any:
    f = torch.nn.functional
    a = square(torch, torch.bfloat16)
    return kinds(torch, {
        "sum": lambda: a.sum(), "mean": lambda: a.mean(), "exp": lambda: a.exp(), "softmax": lambda: a.softmax(0),
        "log_softmax": lambda: f.log_softmax(a, 1), "relu": lambda: a.relu(),
        "layer_norm": lambda: f.layer_norm(a, (2,)),
        "circular": lambda: f.pad(a[None], (1, 1), mode="circular"), "zeros": lambda: f.pad(a, (1, 1)),
        "norm": lambda: a.norm(), "median": lambda: a.median(), "add": lambda: a + square(torch),
        "float": lambda: a.float(),
    })  # fmt: skip


def joining_takes_the_widest(torch: Any) -> Any:
    a, low = square(torch), square(torch, torch.bfloat16)
    half, whole = square(torch, torch.float16), torch.ones(2, 2, dtype=torch.int32)
    return kinds(torch, {
        "mixed": lambda: torch.cat([a, low]), "low": lambda: torch.stack([low, low]),
        "single": lambda: torch.cat((a, a)),
        "double": lambda: torch.cat([low, a.double()]), "integers": lambda: torch.cat([whole, whole]),
        "with integers": lambda: torch.cat([whole, low]), "another low one": lambda: torch.cat([low, half]),
        "index_copy": lambda: a.index_copy(0, torch.tensor([0]), low[:1]), "vstack": lambda: torch.vstack([a, low]),
        "hstack": lambda: torch.hstack([low, low]),
    })  # fmt: skip


def float16(torch: Any) -> Any:
    a = square(torch)
    with region(torch, dtype=torch.float16):
        return a @ a, torch.cat([a, a.half()]).dtype


def double_precision_is_not_cast(torch: Any) -> Any:
    a = square(torch).double()
    return kinds(torch, {"double": lambda: a @ a, "mixed": lambda: a @ square(torch)})


def integers_are_not_cast(torch: Any) -> Any:
    a = torch.tensor([[1, 2], [3, 4]])
    return kinds(torch, {"matmul": lambda: a @ a, "prod": lambda: a.prod()})


def out_is_not_cast(torch: Any) -> Any:
    a = square(torch)
    with region(torch):
        return torch.mm(a, a, out=torch.empty(2, 2))


def functions_imported_before(torch: Any) -> Any:
    mm, linear = torch.mm, torch.nn.functional.linear
    a = square(torch)
    with region(torch):
        return mm(a, a).dtype, linear(a, a).dtype, mm is torch.mm, mm.__name__


def modules(torch: Any) -> Any:
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.LayerNorm(3), torch.nn.Linear(3, 1))
    with region(torch):
        y = net(square(torch))
    y.float().sum().backward()
    return y.dtype, [(p.dtype, p.grad.dtype) for p in net.parameters()]


def convolutional_modules(torch: Any) -> Any:
    net = torch.nn.Sequential(torch.nn.Conv2d(1, 2, 3), torch.nn.BatchNorm2d(2), torch.nn.MaxPool2d(2))
    with region(torch):
        y = net(torch.ones(1, 1, 6, 6))
    return y.dtype, net[1].running_mean.dtype


def recurrent_modules(torch: Any) -> Any:
    out = []
    for kind in (torch.nn.LSTM, torch.nn.GRU, torch.nn.RNN):
        with region(torch):
            out.append(kind(2, 3)(torch.ones(4, 1, 2))[0].dtype)
    return out


def transformers(torch: Any) -> Any:
    with region(torch):
        return torch.nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)(torch.ones(1, 3, 4)).dtype


# -- regions -----------------------------------------------------------------------------------------------------------


def nested(torch: Any) -> Any:
    a = square(torch)
    seen = []
    with region(torch):
        seen.append((a @ a).dtype)
        with region(torch, enabled=False):
            seen += [(a @ a).dtype, torch.is_autocast_enabled("cpu")]
            with region(torch, dtype=torch.float16):
                seen.append((a @ a).dtype)
        seen += [(a @ a).dtype, torch.get_autocast_dtype("cpu")]
    return [*seen, (a @ a).dtype, torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")]


def decorator(torch: Any) -> Any:
    @region(torch)
    def product(a: Any) -> Any:
        """A product."""
        return a @ a

    return product(square(torch)).dtype, product.__name__, product.__doc__, torch.is_autocast_enabled("cpu")


def left_by_an_error(torch: Any) -> Any:
    try:
        with region(torch):
            raise KeyError
    except KeyError:
        return torch.is_autocast_enabled("cpu"), (square(torch) @ square(torch)).dtype


def errors_within_functions_leave_the_region_on(torch: Any) -> Any:
    a = square(torch)
    with region(torch):
        failed = caught(lambda: torch.mm(a, torch.ones(3, 3)))
        return failed[0], (a @ a).dtype


def each_thread_has_its_own_region(torch: Any) -> Any:
    import threading

    seen = []
    a = square(torch)
    with region(torch):
        thread = threading.Thread(target=lambda: seen.append(((a @ a).dtype, torch.is_autocast_enabled("cpu"))))
        thread.start()
        thread.join()
        seen.append((a @ a).dtype)
    return seen


def the_context_is_the_object(torch: Any) -> Any:
    with region(torch) as entered:
        return type(entered).__name__, entered.device, entered.fast_dtype, entered._enabled, entered._cache_enabled


def parameters_are_cast_once(torch: Any) -> Any:
    w, x = square(torch, requires_grad=True), square(torch)
    out = []
    for cache in (True, False):
        with region(torch, cache_enabled=cache):
            a, b = torch.mm(x, w), torch.mm(x, w)
        casts = [y.grad_fn.next_functions[1][0] for y in (a, b)]
        out.append((casts[0] is casts[1], casts[0].name()))
    return out


def a_cast_without_recording_is_not_kept(torch: Any) -> Any:
    w = square(torch, requires_grad=True)
    with region(torch):
        with torch.no_grad():
            torch.mm(w, w)
        return torch.mm(w, w).grad_fn.next_functions


def a_region_sees_updated_parameters(torch: Any) -> Any:
    w, x = square(torch, requires_grad=True), square(torch)
    with region(torch):
        first = torch.mm(x, w).detach()
    with torch.no_grad():
        w.mul_(2)
    with region(torch):
        return first, torch.mm(x, w).detach()


def gradients_have_the_parameters_precision(torch: Any) -> Any:
    w, x = square(torch, requires_grad=True), square(torch)
    with region(torch):
        loss = torch.nn.functional.mse_loss(x @ w, x)
    loss.backward()
    return loss, w.grad


def other_types_of_devices(torch: Any) -> Any:
    a = square(torch)
    with torch.autocast("xpu"):
        inside = torch.is_autocast_enabled("xpu"), torch.is_autocast_enabled("cpu"), (a @ a).dtype
    with torch.autocast("cuda"):
        cuda = torch.is_autocast_enabled("cuda"), torch.is_autocast_enabled()
    return inside, cuda


def wrong_regions(torch: Any) -> Any:
    return [
        caught(call)
        for call in (
            lambda: torch.autocast("meta"),
            lambda: torch.autocast("abacus")[0],
            lambda: torch.autocast(torch.device("cpu")),
            lambda: torch.autocast("cpu")(3),
            lambda: torch.is_autocast_enabled(3),
            lambda: torch.is_autocast_enabled("meta"),
        )
    ]


def unsupported_precision(torch: Any) -> Any:
    with region(torch, dtype=torch.float32):
        return torch.is_autocast_enabled("cpu"), (square(torch) @ square(torch)).dtype


# -- settings ----------------------------------------------------------------------------------------------------------


def settings(torch: Any) -> Any:
    kinds = ("cpu", "cuda", "xpu", "mps", "hpu", "xla", "mtia", "cuda:0")
    return [
        (torch.get_autocast_dtype(k), torch.is_autocast_enabled(k), torch.amp.is_autocast_available(k)) for k in kinds
    ]


def setting_the_precision(torch: Any) -> Any:
    a = square(torch)
    torch.set_autocast_dtype("cpu", torch.float16)
    try:
        with region(torch):
            return (a @ a).dtype
    finally:
        torch.set_autocast_dtype("cpu", torch.bfloat16)


def entering_by_function(torch: Any) -> Any:
    a = square(torch)
    torch.set_autocast_enabled("cpu", True)
    try:
        inside = (a @ a).dtype
    finally:
        torch.set_autocast_enabled("cpu", False)
    return inside, (a @ a).dtype


def deprecated_settings(torch: Any) -> Any:
    torch.set_autocast_cpu_enabled(False)
    torch.set_autocast_cpu_dtype(torch.bfloat16)
    return torch.is_autocast_cpu_enabled(), torch.get_autocast_cpu_dtype(), torch.get_autocast_gpu_dtype()


def nesting(torch: Any) -> Any:
    out = [torch.autocast_increment_nesting(), torch.autocast_decrement_nesting(), torch.is_autocast_cache_enabled()]
    torch.set_autocast_cache_enabled(False)
    out.append(torch.is_autocast_cache_enabled())
    torch.set_autocast_cache_enabled(True)
    return [*out, torch.clear_autocast_cache()]


def deprecated_classes(torch: Any) -> Any:
    with torch.cpu.amp.autocast():
        inside = (square(torch) @ square(torch)).dtype
    with torch.cuda.amp.autocast(enabled=False):
        pass
    return inside, torch.cpu.amp.GradScaler().is_enabled(), torch.cuda.amp.GradScaler().is_enabled()


def one_class(torch: Any) -> Any:
    modules = [kind.__module__.removeprefix(torch.__name__) for kind in (torch.amp.GradScaler, torch.autocast)]
    return torch.autocast is torch.amp.autocast, modules


# -- custom functions --------------------------------------------------------------------------------------------------


def product_function(torch: Any, **options: Any) -> Any:
    class Product(torch.autograd.Function):
        @staticmethod
        @torch.amp.custom_fwd(device_type="cpu", **options)
        def forward(ctx: Any, a: Any, b: Any) -> Any:
            ctx.save_for_backward(a, b)
            seen.append((a.dtype, torch.is_autocast_enabled("cpu")))
            return a.mm(b)

        @staticmethod
        @torch.amp.custom_bwd(device_type="cpu")
        def backward(ctx: Any, grad: Any) -> Any:
            a, b = ctx.saved_tensors
            seen.append((grad.dtype, torch.is_autocast_enabled("cpu")))
            return grad.mm(b.t().to(grad.dtype)), a.t().to(grad.dtype).mm(grad)

    seen: list[Any] = []
    a = square(torch, requires_grad=True)
    with region(torch):
        y = Product.apply(a, a)
    y.float().sum().backward()
    outside = Product.apply(a, a).dtype
    return y.dtype, a.grad.dtype, seen, outside


def custom_functions(torch: Any) -> Any:
    return product_function(torch)


def custom_functions_that_cast_their_inputs(torch: Any) -> Any:
    return product_function(torch, cast_inputs=torch.float32)


def custom_functions_in_bfloat16(torch: Any) -> Any:
    return product_function(torch, cast_inputs=torch.bfloat16)


def wrong_devices_of_custom_functions(torch: Any) -> Any:
    return caught(lambda: torch.amp.custom_fwd(len, device_type=1)), caught(
        lambda: torch.amp.custom_bwd(len, device_type=1)
    )


# -- GradScaler --------------------------------------------------------------------------------------------------------


def training(torch: Any, name: str = "SGD", bad: int = -1, **options: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([1.0, 2.0]))
    optimizer = getattr(torch.optim, name)([w], lr=0.1, **options)
    scaler = torch.amp.GradScaler("cpu", init_scale=8.0, growth_interval=2)
    seen = []
    for n in range(5):
        optimizer.zero_grad()
        loss = (w**2).sum()
        scaler.scale(loss).backward()
        if n == bad:
            w.grad[0] = float("inf")
        scaler.step(optimizer)
        scaler.update()
        seen.append((w.detach().clone(), scaler.get_scale(), scaler._get_growth_tracker()))
    return seen, scaler.state_dict()


def scaled_training(torch: Any) -> Any:
    return training(torch)


def a_step_is_left_out(torch: Any) -> Any:
    return training(torch, bad=2), training(torch, "Adam", bad=1)


def fused_optimizers_unscale(torch: Any) -> Any:
    return [training(torch, name, bad=2, fused=True) for name in ("SGD", "Adam", "AdamW", "Adagrad")]


def disabled(torch: Any) -> Any:
    scaler = torch.amp.GradScaler("cpu", enabled=False)
    w = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.1)
    loss = (w**2).sum()
    same = scaler.scale(loss) is loss
    loss.backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    return same, w.detach(), scaler.get_scale(), scaler.state_dict(), scaler.is_enabled()


def for_a_gpu(torch: Any) -> Any:
    return torch.amp.GradScaler().is_enabled()


def scaling_lists(torch: Any) -> Any:
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    one = torch.ones(1)
    nested = scaler.scale([one, (one, one)])
    return nested, type(nested[1]).__name__, list(scaler.scale(x for x in [one])), caught(lambda: scaler.scale([1]))


def unscaling_before_clipping(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    optimizer = torch.optim.SGD([w], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=16.0)
    scaler.scale((w**2).sum()).backward()
    scaled = w.grad.clone()
    scaler.unscale_(optimizer)
    twice = caught(lambda: scaler.unscale_(optimizer))
    unscaled = w.grad.clone()
    scaler.step(optimizer)
    late = caught(lambda: scaler.unscale_(optimizer)), caught(lambda: scaler.step(optimizer))
    return scaled, unscaled, twice, late, w.detach()


def out_of_order(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.ones(1))
    optimizer = torch.optim.SGD([w], lr=0.1)
    scaler = torch.amp.GradScaler("cpu")
    first = [
        caught(lambda: scaler.update()),
        caught(lambda: scaler.step(optimizer)),
        caught(lambda: scaler.unscale_(optimizer)),
    ]
    scaler.scale(torch.ones(1))
    return (
        first,
        caught(lambda: scaler.step(optimizer)),
        caught(lambda: scaler.update()),
        caught(lambda: scaler.step(optimizer, closure=lambda: 1)),
    )


def unscaling_float16(torch: Any) -> Any:
    w = torch.nn.Parameter(torch.ones(1, dtype=torch.float16))
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(w.sum().float()).backward()
    scaler.unscale_(torch.optim.SGD([w]))


def setting_the_scale(torch: Any) -> Any:
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(torch.ones(1))
    scaler.update(4.0)
    first = scaler.get_scale()
    scaler.update(torch.tensor(2.0))
    return first, scaler.get_scale(), caught(lambda: scaler.update(torch.ones(2)))


def factors(torch: Any) -> Any:
    scaler = torch.amp.GradScaler("cpu")
    scaler.set_growth_factor(3.0)
    scaler.set_backoff_factor(0.25)
    scaler.set_growth_interval(7)
    return (
        scaler.get_growth_factor(), scaler.get_backoff_factor(), scaler.get_growth_interval(), scaler.get_scale(),
        caught(lambda: torch.amp.GradScaler("cpu", growth_factor=1.0)),
        caught(lambda: torch.amp.GradScaler("cpu", backoff_factor=1.0)),
    )  # fmt: skip


def saving_a_scaler(torch: Any) -> Any:
    scaler, other = torch.amp.GradScaler("cpu", init_scale=4.0), torch.amp.GradScaler("cpu")
    scaler.scale(torch.ones(1))
    other.load_state_dict(scaler.state_dict())
    twin = pickle.loads(pickle.dumps(scaler))
    third = copy.deepcopy(scaler)
    empty = caught(lambda: other.load_state_dict({}))
    return other.get_scale(), twin.get_scale(), third.state_dict(), empty


def two_optimizers(torch: Any) -> Any:
    a, b = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1))
    first, second = torch.optim.SGD([a], lr=0.1), torch.optim.Adam([b], lr=0.1)
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    scaler.scale((a * b).sum()).backward()
    b.grad.fill_(float("nan"))
    scaler.step(first)
    scaler.step(second)
    scaler.update()
    return a.detach(), b.detach(), scaler.get_scale()
