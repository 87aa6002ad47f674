"""The questions that programs ask about the machine before they start."""

from __future__ import annotations

import importlib
from collections import OrderedDict
from typing import Any

import numpy as np


def module_of(lib: Any, name: str) -> Any:
    return importlib.import_module(f"{lib.__name__}.{name}")


def device_of_choice(torch: Any) -> Any:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return str(device), torch.ones(2).to(device), torch.cuda.device_count()


def mps_of_choice(torch: Any) -> Any:
    return torch.backends.mps.is_available(), torch.backends.cuda.is_built()


def seeding_of_gpus(torch: Any) -> Any:
    torch.cuda.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    return torch.cuda.is_available()


def name_of_a_gpu(torch: Any) -> Any:
    torch.cuda.get_device_name(0)


def tensor_on_a_gpu(torch: Any) -> Any:
    torch.ones(2, device="cuda")


def version_compares(torch: Any) -> Any:
    return torch.__version__ >= "1.9", torch.__version__ < "10", torch.__version__ >= (2, 0)


def versions_compare(torch: Any) -> Any:
    kind, Version = (getattr(module_of(torch, "torch_version"), name) for name in ("TorchVersion", "Version"))
    version = torch.__version__
    compared = [
        version > "1.9", version < "10", version >= (2, 0), version == "2.13.0", version > "1.10.0a", version != "2.0",
        version <= "2.13.1", version > "2.13", version == (2, 13, 0), version > "parrot", version == "parrot",
        version > (2,), version < (3, "0", "1"), version > [2, 1], version == 2, version > "2.13.0rc1",
        version > "2.13.0.dev20250101", "1.2.3" < version, "9" < version, version == None,  # noqa: E711
        kind("1.2.3") < version, kind("1.2.3") == "1.2.3", kind("1.2") == (1, 2), kind("1.0") == "1",
    ]  # fmt: skip
    texts = ["1", "1.0", "1.0a1", "1.0b2", "1.0rc1", "1.0.dev3", "1.0.post1", "1.0+cpu", "1.0+cu118", "1!0.5", "1.0-1"]
    order = [[Version(a) < Version(b) for b in texts] for a in texts]
    return (
        compared,
        order,
        type(version) is kind,
        isinstance(version, str),
        repr(kind("1.2")),
        hash(kind("1")) == hash("1"),
    )


def versions_do_not_compare_with_numbers(torch: Any) -> Any:
    return torch.__version__ > 2


def invalid_versions(torch: Any) -> Any:
    module_of(torch, "torch_version").Version("parrot")


def parts_of_the_version(torch: Any) -> Any:
    release = torch.__version__.split("+")[0]
    return release, type(torch.version.__version__).__name__, torch.version.cuda, torch.version.hip, torch.version.debug


def what_is_a_tensor(torch: Any) -> Any:
    x = torch.ones(2)
    things = [x, torch.nn.Parameter(x), 1, [1], None, x.untyped_storage(), np.ones(1), torch.Tensor]
    return [(torch.is_tensor(thing), torch.is_storage(thing)) for thing in things]


def questions_about_a_tensor(torch: Any) -> Any:
    x = torch.ones(2)
    asked = [
        torch.is_complex,
        torch.is_floating_point,
        torch.is_conj,
        torch.is_neg,
        torch.is_signed,
        torch.is_distributed,
    ]
    return [question(x) for question in asked], torch.is_same_size(x, x), torch.numel(x), torch.typename(x)


def question_about_a_number(torch: Any) -> Any:
    torch.is_floating_point(3)


def compilers_and_processes(torch: Any) -> Any:
    jit, compiler, distributed = (module_of(torch, name) for name in ("jit", "compiler", "distributed"))
    return (
        (jit.is_scripting(), jit.is_tracing(), compiler.is_compiling(), compiler.is_dynamo_compiling()),
        (compiler.is_exporting(), distributed.is_initialized(), module_of(torch, "onnx").is_in_onnx_export()),
    )


def decorators_that_leave_functions_alone(torch: Any) -> Any:
    def function() -> int:
        return 3

    jit, compiler = module_of(torch, "jit"), module_of(torch, "compiler")
    return [make(function)() for make in (jit.unused, jit.export, jit.ignore, compiler.disable, compiler.disable())]


def rank_without_processes(torch: Any) -> Any:
    module_of(torch, "distributed").get_rank()


def hooks_that_are_not_saved(torch: Any) -> Any:
    hooks = module_of(torch, "utils.hooks")
    silent, loud = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    silent.register_hook(hooks.unserializable_hook(lambda g: g))
    loud.register_hook(print)
    return hooks.warn_if_has_hooks(silent), hooks.warn_if_has_hooks(loud)


def handles_of_ones_own(torch: Any) -> Any:
    hooks: Any = OrderedDict()
    handle = module_of(torch, "utils.hooks").RemovableHandle(hooks)
    hooks[handle.id] = print
    with handle:
        inside = len(hooks)
    return inside, len(hooks), handle.remove(), type(handle).__name__
