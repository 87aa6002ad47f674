"""The questions that programs ask about the machine before they start."""

from __future__ import annotations

from typing import Any


def device_of_choice(torch: Any) -> Any:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return str(device), torch.ones(2).to(device), torch.cuda.device_count()


def mps_of_choice(torch: Any) -> Any:
    return torch.backends.mps.is_available(), torch.backends.cuda.is_built()


def seeding_of_gpus(torch: Any) -> Any:
    torch.cuda.manual_seed(0)
    torch.cuda.manual_seed_all(0)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.backends.cudnn.deterministic


def name_of_a_gpu(torch: Any) -> Any:
    torch.cuda.get_device_name(0)


def tensor_on_a_gpu(torch: Any) -> Any:
    torch.ones(2, device="cuda")


def version_compares(torch: Any) -> Any:
    return torch.__version__ >= "1.9", torch.__version__ < "10", torch.__version__ >= (2, 0)
