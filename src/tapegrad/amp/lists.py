"""Which functions compute in which precision within a region: torch's lists for the CPU.

A function that is in no list takes what it gets, and casts nothing. torch lists its C++ operators; what it composes of
these and tapegrad computes at one go (`inner`, `einsum`) is listed with what it is composed of.
"""

from __future__ import annotations

from typing import Final

# In the region's precision: what is dominated by multiplications.
LOWER: Final = """
addbmm addmm baddbmm bmm chain_matmul conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d cov inner
lstm matmul mm prelu rnn_relu rnn_tanh tensordot
linalg.matrix_power linalg.multi_dot linalg.vecdot matrix_power
nn.functional.linear nn.functional.prelu nn.functional.scaled_dot_product_attention
Tensor.__matmul__ Tensor.__rmatmul__ Tensor.addbmm Tensor.addmm Tensor.baddbmm Tensor.bmm Tensor.cov Tensor.inner
Tensor.matmul Tensor.matrix_power Tensor.mm Tensor.prelu
""".split()

# In float32: what float16 and bfloat16 are too coarse for, or what has no kernel for them.
FLOAT32: Final = """
cdist cholesky cholesky_inverse cholesky_solve geqrf inverse lu_solve nanquantile orgqr ormqr pinverse polar prod qr
quantile stft svd trace triangular_solve view_as_complex
fft.fft fft.fft2 fft.fftn fft.hfft fft.ifft fft.ifft2 fft.ifftn fft.ihfft fft.irfft fft.irfft2 fft.irfftn fft.rfft
fft.rfft2 fft.rfftn
linalg.cholesky linalg.cholesky_ex linalg.cond linalg.eig linalg.eigh linalg.eigvals linalg.eigvalsh
linalg.householder_product linalg.inv linalg.inv_ex linalg.lstsq linalg.matrix_rank linalg.pinv linalg.qr linalg.solve
linalg.svd linalg.svdvals linalg.tensorinv linalg.tensorsolve
nn.functional.adaptive_avg_pool3d nn.functional.adaptive_max_pool3d nn.functional.avg_pool3d
nn.functional.binary_cross_entropy nn.functional.binary_cross_entropy_with_logits nn.functional.cosine_embedding_loss
nn.functional.cross_entropy nn.functional.ctc_loss nn.functional.fractional_max_pool2d
nn.functional.fractional_max_pool3d nn.functional.grid_sample nn.functional.hinge_embedding_loss
nn.functional.huber_loss nn.functional.kl_div nn.functional.l1_loss nn.functional.margin_ranking_loss
nn.functional.max_pool3d nn.functional.max_unpool2d nn.functional.max_unpool3d nn.functional.mse_loss
nn.functional.multi_margin_loss nn.functional.multilabel_margin_loss nn.functional.nll_loss
nn.functional.poisson_nll_loss nn.functional.smooth_l1_loss nn.functional.soft_margin_loss
nn.functional.triplet_margin_loss
Tensor.cholesky Tensor.cholesky_inverse Tensor.cholesky_solve Tensor.geqrf Tensor.inverse Tensor.lu_solve
Tensor.nanquantile Tensor.orgqr Tensor.ormqr Tensor.pinverse Tensor.prod Tensor.qr Tensor.quantile Tensor.stft
Tensor.svd Tensor.trace Tensor.triangular_solve
""".split()

# In the widest of the precisions that they get, because they need one for all.
WIDEST: Final = """
cat column_stack concat concatenate dstack hstack index_copy row_stack stack vstack Tensor.index_copy
""".split()

# As they get it, although they are made of functions that are listed above.
UNCHANGED: Final = """
bilinear nn.functional.bilinear
""".split()
