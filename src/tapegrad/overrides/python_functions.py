"""The functions that are Python in torch, and so hand their arguments on in another way (see `asking.py`).

Facts about the version of torch that tapegrad follows: by module, how many arguments are handed on by position ("all"
for every one), and the functions of which that is true.
"""

from __future__ import annotations

from functools import cache
from typing import Final

_TABLE: Final = """
torch.functional
    all atleast_1d atleast_2d atleast_3d block_diag broadcast_tensors cartesian_prod chain_matmul einsum meshgrid
    2 cdist split stft tensordot
    1 lu norm unique unique_consecutive unravel_index
torch.nn.functional
    13 multi_head_attention_forward
    4 ctc_loss
    3 batch_norm cosine_embedding_loss fold gaussian_nll_loss linear_cross_entropy lp_pool1d lp_pool2d lp_pool3d
    3 margin_ranking_loss max_unpool1d max_unpool2d max_unpool3d threshold triplet_margin_loss
    3 triplet_margin_with_distance_loss
    2 adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool1d_with_indices adaptive_max_pool2d
    2 adaptive_max_pool2d_with_indices adaptive_max_pool3d adaptive_max_pool3d_with_indices affine_grid
    2 binary_cross_entropy binary_cross_entropy_with_logits cross_entropy embedding embedding_bag
    2 fractional_max_pool2d fractional_max_pool2d_with_indices fractional_max_pool3d fractional_max_pool3d_with_indices
    2 grid_sample group_norm hinge_embedding_loss huber_loss kl_div l1_loss layer_norm local_response_norm max_pool1d
    2 max_pool1d_with_indices max_pool2d max_pool2d_with_indices max_pool3d max_pool3d_with_indices mse_loss
    2 multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss nll_loss pad poisson_nll_loss rms_norm
    2 smooth_l1_loss soft_margin_loss unfold
    1 alpha_dropout celu dropout dropout1d dropout2d dropout3d elu feature_alpha_dropout glu gumbel_softmax hardsigmoid
    1 hardswish hardtanh instance_norm interpolate leaky_relu log_softmax mish normalize relu relu6 rrelu selu silu
    1 softmax softmin softsign tanhshrink
torch._tensor
    all __dlpack__ __floordiv__ __ipow__ __pow__ __rdiv__ __rfloordiv__ __rlshift__ __rmatmul__ __rmod__ __rpow__
    all __rrshift__ __rsub__ __rtruediv__ resize
    3 index unflatten
    2 __contains__ __deepcopy__ __format__ __reduce_ex__ __setstate__ istft module_load register_hook
    2 register_post_accumulate_grad_hook resize_as split stft
    1 __array__ __array_wrap__ __dir__ __dlpack_device__ __len__ __repr__ __reversed__ backward dim_order is_shared lu
    1 norm share_memory_ storage storage_type unique unique_consecutive
torch.nn.init
    0 constant_ kaiming_uniform_ normal_ uniform_
torch.autograd
    2 grad
    1 backward
"""


@cache
def python_functions() -> dict[str, dict[str, int | None]]:
    """By torch's module and the function's name, how many arguments are handed on by position; None for all.

    >>> python_functions()["torch.nn.functional"]["relu"], python_functions()["torch.functional"]["einsum"]
    (1, None)
    """
    table: dict[str, dict[str, int | None]] = {}
    for line in _TABLE.strip().splitlines():
        if not line.startswith(" "):
            functions = table[line] = {}
            continue
        count, *names = line.split()
        functions.update(dict.fromkeys(names, None if count == "all" else int(count)))
    return table
