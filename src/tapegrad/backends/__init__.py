"""`torch.backends`, as far as programs ask what there is, and switch what makes no difference here."""

from __future__ import annotations

from types import SimpleNamespace


def _no() -> bool:
    return False


# Programs set these for reproducible GPU results; on the CPU they change nothing.
cudnn = SimpleNamespace(
    allow_tf32=True, benchmark=False, deterministic=False, enabled=True, is_available=_no, version=lambda: None
)
cuda = SimpleNamespace(is_built=_no, matmul=SimpleNamespace(allow_tf32=False))
mps = SimpleNamespace(is_available=_no, is_built=_no)
mkl = SimpleNamespace(is_available=_no)
mkldnn = SimpleNamespace(enabled=False, is_available=_no)
openmp = SimpleNamespace(is_available=_no)
