"""`torch.backends`, as far as programs ask what there is, and switch what makes no difference here.

Each module answers what torch without CUDA answers, or "not available" for a library that tapegrad does not use.
Switches keep what they are set to, and nothing reads them.
"""

from __future__ import annotations

from . import cpu, cuda, cudnn, cusparselt, kleidiai, mha, mkl, mkldnn, mps, nnpack, openmp, opt_einsum, quantized

__all__ = [
    "cpu", "cuda", "cudnn", "cusparselt", "fp32_precision", "kleidiai", "mha", "mkl", "mkldnn", "mps", "nnpack",
    "openmp", "opt_einsum", "quantized",
]  # fmt: skip

fp32_precision = "none"
