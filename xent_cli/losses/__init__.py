"""Cross-entropy per row, in nats, in float64: no clipping, no reduction, no I/O.

A kernel takes predictions and labels and returns one loss a row, ≥ 0 (never −0), possibly +inf, without a
RuntimeWarning. float16, float32 and float64 are accepted in any memory order, and always computed in float64. The
values are trusted (validated elsewhere); shapes and types are checked, and a mistake there is a ValueError.

Matrices of up to `FEW_CLASSES` columns are fastest in Fortran order, wider ones in C order; the bits are the same.
"""

from xent_cli.losses.binary import (
    binary_from_logits,
    binary_from_logprobs,
    binary_from_pair_logprobs,
    binary_from_pair_probs,
    binary_from_probs,
    sigmoid,
)
from xent_cli.losses.cache_blocks import FEW_CLASSES
from xent_cli.losses.classes import (
    categorical_from_logprobs,
    categorical_from_probs,
    entropy,
    hits,
    sparse_from_logprobs,
    sparse_from_probs,
)
from xent_cli.losses.gradients import binary_gradient, gradient_norm, softmax_gradient
from xent_cli.losses.logits import categorical_from_logits, log_sum_exp, softmax, sparse_from_logits

__all__ = [
    "FEW_CLASSES",
    "binary_from_logits",
    "binary_from_logprobs",
    "binary_from_pair_logprobs",
    "binary_from_pair_probs",
    "binary_from_probs",
    "binary_gradient",
    "categorical_from_logits",
    "categorical_from_logprobs",
    "categorical_from_probs",
    "entropy",
    "gradient_norm",
    "hits",
    "log_sum_exp",
    "sigmoid",
    "softmax",
    "softmax_gradient",
    "sparse_from_logits",
    "sparse_from_logprobs",
    "sparse_from_probs",
]
