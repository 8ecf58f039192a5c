"""All kernels together: the same bits for any layout, block or thread; laws; refusals; published examples."""

from __future__ import annotations

import doctest
import importlib
import itertools
import math
import pkgutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp

from tests.losses.oracles import INF, Array, Floats, Kernel, layouts
from xent_cli import losses


def mixed_rows(n: int, k: int) -> tuple[Floats, Array, Floats]:
    """Rows of every kind side by side: logits, labels, and targets of which some are one-hot."""
    rng = np.random.default_rng([n, k])
    z, y = rng.normal(0, 3, (n, k)), rng.integers(0, k, n)
    z[::7] += rng.choice([-1e4, 0, 900.0, 1e8], (len(z[::7]), 1))
    z[np.arange(0, n, 5), y[::5]] += rng.uniform(0, 760, len(y[::5]))
    z[3::11] = np.where(rng.random(z[3::11].shape) < 0.3, -INF, z[3::11])
    z[:, 0] = np.where(np.isneginf(z).all(axis=1), 0.0, z[:, 0])
    t = np.eye(k)[y]
    t[n // 3 : 2 * n // 3] = rng.dirichlet(np.ones(k), 2 * n // 3 - n // 3)
    return z, y, t


def matrix_kernels(z: Floats, y: Array, t: Floats) -> dict[str, tuple[Kernel, Array, Array | None]]:
    """Every kernel over (n, k), with its inputs."""
    p = losses.softmax(z)
    with np.errstate(divide="ignore"):
        lp = np.log(p)
    return {
        "sparse logits": (losses.sparse_from_logits, z, y),
        "sparse probs": (losses.sparse_from_probs, p, y),
        "sparse logprobs": (losses.sparse_from_logprobs, lp, y),
        "categorical logits": (losses.categorical_from_logits, z, t),
        "categorical probs": (losses.categorical_from_probs, p, t),
        "categorical logprobs": (losses.categorical_from_logprobs, lp, t),
        "log_sum_exp": (losses.log_sum_exp, z, None),
        "softmax": (losses.softmax, z, None),
        "entropy": (losses.entropy, t, None),
        "norm": (losses.gradient_norm, p, None),
        "gradient": (lambda x, s: losses.softmax_gradient("logits", x, s), z, y),
        "soft gradient": (lambda x, s: losses.softmax_gradient("logits", x, s), z, t),
    }


def vector_kernels(n: int) -> dict[str, tuple[Kernel, Array, Array | None]]:
    """Every kernel over (n,), with its inputs; labels are hard in places and soft in others."""
    rng = np.random.default_rng(n)
    z = rng.normal(0, 3, n) * rng.choice([1.0, 100.0], n)
    t = np.where(np.arange(n) < n // 2, rng.integers(0, 2, n), rng.random(n))
    p = losses.sigmoid(z)
    with np.errstate(divide="ignore"):
        lp = np.log(p)
    return {
        "probs": (losses.binary_from_probs, p, t),
        "logits": (losses.binary_from_logits, z, t),
        "logprobs": (losses.binary_from_logprobs, lp, t),
        "pair probs": (lambda x, s: losses.binary_from_pair_probs(1 - np.asarray(x), x, s), p, t),
        "pair logprobs": (lambda x, s: losses.binary_from_pair_logprobs(x, x, s), lp, t),
        "weighted": (lambda x, s: losses.binary_from_logits(x, s, 3.7), z, t),
        "gradient": (lambda x, s: losses.binary_gradient("logits", x, s), z, t),
        "sigmoid": (losses.sigmoid, z, None),
    }


def call(kernel: Kernel, x: Array, second: Array | None) -> bytes:
    """The bits of a result, row by row."""
    found = kernel(x) if second is None else kernel(x, second)
    return np.ascontiguousarray(found).tobytes()


@pytest.mark.parametrize("k", [1, 2, 3, 10, 32, 33, 100, 1000])
def test_bits_do_not_depend_on_memory_layout(k: int) -> None:
    """C or Fortran order, strides of either sign, misaligned or byte-swapped memory: one result (k = 1: vectors)."""
    n = 70 if k > 1 else 3000
    for name, (kernel, x, second) in (matrix_kernels(*mixed_rows(n, k)) if k > 1 else vector_kernels(n)).items():
        expected = call(kernel, x, second)
        for layout in layouts(x):
            assert call(kernel, layout, second) == expected, name
        if second is not None:
            for layout in layouts(second):
                assert call(kernel, x, layout) == expected, name


@pytest.mark.parametrize("k", [1, 2, 3, 10, 32, 33, 100, 1000])
def test_bits_do_not_depend_on_chunks_or_threads(k: int) -> None:
    """Cut anywhere, in any number of threads, row by row or as a whole: the same bits (k = 1: vectors)."""
    n = 2 * 65_536 // k + 77 if k > 1 else 20_001
    rng = np.random.default_rng(k)
    cuts = np.unique(np.concatenate([[0, 1, 2, n], rng.integers(0, n, 12)])).tolist()
    pieces = [slice(a, b) for a, b in itertools.pairwise(cuts)]
    with ThreadPoolExecutor(4) as pool:
        for name, (kernel, x, second) in (matrix_kernels(*mixed_rows(n, k)) if k > 1 else vector_kernels(n)).items():
            whole = call(kernel, x, second)
            parts = pool.map(lambda s, f=kernel, a=x, b=second: call(f, a[s], None if b is None else b[s]), pieces)
            assert b"".join(parts) == whole, name


@pytest.mark.parametrize("k", [3, 10, 32, 33, 100, 512, 513, 1000])
def test_bits_near_the_largest_double_do_not_depend_on_neighbours(k: int) -> None:
    """Sums that come near overflow take another path; so they do row by row, in either memory order."""
    rng = np.random.default_rng(k)
    z, t = rng.uniform(-1, 1, (40, k)) * rng.choice([1.0, 1e304, 1.797e308], (40, 1)), rng.dirichlet(np.ones(k), 40)
    z[::2, 1], t[::2, 1] = -INF, 0.0
    for kernel in (losses.categorical_from_logits, lambda x, s: losses.categorical_from_logprobs(-np.abs(x), s)):
        whole = call(kernel, z, t)
        assert b"".join(call(kernel, z[i : i + 1], t[i : i + 1]) for i in range(40)) == whole
        assert call(kernel, np.asfortranarray(z), np.asfortranarray(t)) == whole


@pytest.mark.parametrize("k", [2, 3, 10, 32, 33, 100, 1000])
def test_float32_rows_have_the_bits_of_their_float64_values(k: int) -> None:
    """float32 logits are computed in float64, block by block."""
    z, y, t = mixed_rows(200, k)
    narrow = z.astype(np.float32)
    for kernel, second in ((losses.sparse_from_logits, y), (losses.categorical_from_logits, t)):
        assert call(kernel, narrow, second) == call(kernel, narrow.astype(np.float64), second)


@pytest.mark.parametrize("k", [2, 3, 10, 32, 33, 100, 1000])
def test_one_hot_targets_have_the_bits_of_labels(k: int) -> None:
    """A one-hot row costs what its label costs, to the last bit, alone and beside soft rows."""
    z, y, t = mixed_rows(120, k)
    p = losses.softmax(z)
    with np.errstate(divide="ignore"):
        spaces = {"logits": z, "probs": p, "logprobs": np.log(p)}
    hard = (t == 1.0).any(axis=1)
    for space, x in spaces.items():
        sparse = getattr(losses, f"sparse_from_{space}")(x, y)
        categorical = getattr(losses, f"categorical_from_{space}")
        assert categorical(x, t)[hard].tobytes() == sparse[hard].tobytes()
        for kind in (np.bool_, np.int64, np.float32, np.float64):
            assert categorical(x, np.eye(k)[y].astype(kind)).tobytes() == sparse.tobytes()


@pytest.mark.parametrize("k", [2, losses.FEW_CLASSES, losses.FEW_CLASSES + 1])
def test_matrices_come_back_in_the_order_that_is_fast(k: int) -> None:
    """Probabilities and gradients are in Fortran order for few classes, in C order for many."""
    z = np.zeros((5, k))
    for found in (losses.softmax(z), losses.softmax_gradient("logits", z, np.zeros(5, np.int64))):
        assert (found.flags.f_contiguous, found.flags.c_contiguous) == (k <= 32, k > 32)


def test_fewer_rows_than_any_block() -> None:
    """No rows give no losses; the result is float64 all the same."""
    for k in (2, 50):
        none = np.empty((0, k))
        for found in (
            losses.sparse_from_logits(none, []),
            losses.categorical_from_probs(none, none),
            losses.entropy(none),
        ):
            assert found.shape == (0,)
            assert found.dtype == np.float64
        assert losses.softmax(none).shape == (0, k)
    assert losses.binary_from_probs(np.empty(0), []).shape == (0,)


def test_callers_arrays_are_never_written_to() -> None:
    """Inputs may be read-only, and are as they were afterwards."""
    for table in (matrix_kernels(*mixed_rows(40, 5)), matrix_kernels(*mixed_rows(40, 50)), vector_kernels(40)):
        for kernel, x, second in table.values():
            x.flags.writeable = False
            before = x.tobytes()
            call(kernel, x, second)
            assert x.tobytes() == before


def test_a_strict_floating_point_state_of_the_caller_does_not_matter() -> None:
    """Infinite losses and underflow raise nothing, even where the caller turned warnings into errors."""
    with np.errstate(all="raise"):
        assert losses.binary_from_probs([0.0, 1.0], [1, 0]).tolist() == [INF, INF]
        assert losses.sparse_from_logits([[0.0, 1e308], [-1e308, 1e308]], [0, 0]).tolist() == [1e308, INF]
        assert losses.softmax([[0.0, -800.0]]).tolist() == [[1.0, 0.0]]


LOGITS = st.floats(-800, 800) | st.floats(-10, 10) | st.sampled_from([0.0, -INF, 1e300, -1e300, 5e-324])

LAWS = settings(max_examples=150, deadline=None, derandomize=True, database=None)


@st.composite
def logit_rows(draw: st.DrawFn) -> tuple[Floats, int]:
    """One row of logits with at least one that is finite, and its label."""
    row = np.array(draw(st.lists(LOGITS, min_size=2, max_size=40)))
    y = draw(st.integers(0, len(row) - 1))
    row[y] = 0.0 if np.isneginf(row).all() else row[y]
    return row, y


def apart(a: float, b: float) -> float:
    """The distance of two doubles in ulps of the larger."""
    if a == b:
        return 0.0
    return abs(a - b) / float(np.spacing(max(abs(a), abs(b))))


@LAWS
@given(logit_rows())
def test_a_loss_is_never_negative(case: tuple[Floats, int]) -> None:
    """L ≥ +0, and e^−L is the label's softmax."""
    row, y = case
    loss = losses.sparse_from_logits(row[None], [y])
    assert loss[0] >= 0
    assert not np.signbit(loss[0])
    assert math.exp(-loss[0]) == pytest.approx(losses.softmax(row[None])[0, y], rel=1e-12, abs=1e-320)


@LAWS
@given(logit_rows(), st.randoms(use_true_random=False))
def test_the_order_of_classes_does_not_matter(case: tuple[Floats, int], random: Any) -> None:
    """A permutation of the classes moves the loss by no more than 5 ulp."""
    row, y = case
    order = list(range(len(row)))
    random.shuffle(order)
    a, b = (losses.sparse_from_logits(z[None], [at])[0] for z, at in ((row, y), (row[order], order.index(y))))
    assert apart(float(a), float(b)) <= 5


@LAWS
@given(st.lists(st.integers(-400, 400), min_size=2, max_size=40), st.integers(-(2**40), 2**40))
def test_a_common_shift_does_not_matter(quarters: list[int], shift: int) -> None:
    """Logits moved by a constant, exactly, cost the same within the 5 ulp that each loss may be off."""
    z = np.array(quarters) / 4
    a, b = (losses.sparse_from_logits(row[None], [0])[0] for row in (z, z + shift))
    assert apart(float(a), float(b)) <= 10


@LAWS
@given(logit_rows())
def test_one_hot_rows_are_sparse_rows(case: tuple[Floats, int]) -> None:
    """The bits agree for any row, in a block with a soft row or without."""
    row, y = case
    sparse = losses.sparse_from_logits(row[None], [y])[0]
    one_hot = np.eye(len(row))[y]
    soft = np.full(len(row), 1 / len(row))
    assert losses.categorical_from_logits(row[None], one_hot[None]).tolist() == [sparse]
    assert losses.categorical_from_logits(np.stack([row, row]), np.stack([one_hot, soft]))[0] == sparse


@LAWS
@given(logit_rows(), st.floats(1e-3, 100))
def test_a_larger_logit_of_the_label_costs_less(case: tuple[Floats, int], step: float) -> None:
    """The loss does not grow with the label's own logit."""
    row, y = case
    higher = row.copy()
    higher[y] += step
    before, after = losses.sparse_from_logits(np.stack([row, higher]), [y, y]).tolist()
    assert after <= before or apart(after, before) <= 5


@LAWS
@given(st.floats(-1e300, 1e300), st.floats(0, 1))
def test_binary_is_softmax_over_two_classes(z: float, t: float) -> None:
    """The logit z stands for the logits (0, z): the two kernels agree within the 5 ulp that each may be off."""
    binary = losses.binary_from_logits([z], [t])[0]
    two = losses.categorical_from_logits([[0.0, z]], [[1 - t, t]])[0]
    assert math.isclose(binary, two, rel_tol=4e-15, abs_tol=1e-322)
    mirrored = losses.binary_from_logits([-z], [1.0 - t])[0]
    assert t != 1.0 - (1.0 - t) or math.isclose(binary, mirrored, rel_tol=4e-15, abs_tol=1e-322)


@pytest.mark.parametrize(
    ("call_it", "message"),
    [
        (lambda: losses.binary_from_probs([[0.5]], [1]), "p has 2 dimensions, expected 1"),
        (lambda: losses.binary_from_probs([1], [1]), "p has type int64, expected float16, float32 or float64"),
        (lambda: losses.binary_from_logits(["a"], [1]), "z has type <U1"),
        (lambda: losses.binary_from_logits(np.ones(1, np.longdouble), [1]), "float16, float32 or float64"),
        (lambda: losses.binary_from_logits([0.5], [1, 0]), r"targets have shape \(2,\), expected \(1,\)"),
        (lambda: losses.binary_from_logits([0.5], ["yes"]), "targets has type <U3"),
        (lambda: losses.binary_from_logits([0.5], [1], pos_weight=0.0), "pos_weight is 0.0, expected a finite number"),
        (lambda: losses.binary_from_logits([0.5], [1], pos_weight=math.nan), "pos_weight is nan"),
        (lambda: losses.binary_gradient("logits", [0.5], [1], pos_weight=INF), "pos_weight is inf"),
        (lambda: losses.binary_from_pair_probs([0.5], [0.5, 0.5], [1]), "the two columns have 1 and 2 rows"),
        (lambda: losses.binary_from_pair_logprobs([-0.5, -0.5], [-0.5], [1]), "the two columns have 2 and 1 rows"),
        (lambda: losses.sparse_from_logits([1.0, 2.0], [0]), r"z has shape \(2,\), expected \(rows, classes\)"),
        (lambda: losses.sparse_from_logits([[1.0]], [0]), "2 classes or more"),
        (lambda: losses.sparse_from_logits([[1.0, 2.0]], [0.0]), "labels have type float64, expected integers"),
        (lambda: losses.sparse_from_logits([[1.0, 2.0]], [0, 1]), r"labels have shape \(2,\), expected \(1,\)"),
        (lambda: losses.sparse_from_probs([[0.5, 0.5]], [-1]), "labels run from -1 to -1, expected 0 to 1"),
        (lambda: losses.entropy([["0.5", "0.5"]]), "t has type <U3, expected float16, float32 or float64"),
        (lambda: losses.hits([[0.5, 0.5]], [2]), "labels run from 2 to 2, expected 0 to 1"),
        (lambda: losses.categorical_from_probs([[0.5, 0.5]], [[1, 0, 0]]), r"targets have shape \(1, 3\)"),
        (lambda: losses.softmax_gradient("odds", [[0.5, 0.5]], [1]), "space is 'odds', expected one of probs, logits"),
    ],
)
def test_mistakes_of_the_caller_are_value_errors(call_it: Callable[[], Array], message: str) -> None:
    """A wrong shape, type or option is refused with what was given and what was expected."""
    with pytest.raises(ValueError, match=message):
        call_it()


@pytest.mark.parametrize("module", [info.name for info in pkgutil.iter_modules(losses.__path__)])
def test_examples_in_the_docstrings_run(module: str) -> None:
    """Every example prints what it says; every public kernel has one, beside formula, range, parameters and source."""
    loaded = importlib.import_module(f"xent_cli.losses.{module}")
    assert doctest.testmod(loaded).failed == 0
    for name in losses.__all__:
        text = getattr(losses, name).__doc__
        if name != "FEW_CLASSES":
            assert all(part in text for part in ("Parameters\n", "Returns\n", "Notes\n", "References\n", ">>> ")), name


def test_numbers_below_the_normal_range_survive() -> None:
    """No library has switched this process to flushing subnormal numbers to zero."""
    assert losses.binary_from_logits([740.0, -740.0], [1, 0]).tolist() == [float(mp.exp(-740))] * 2


COLOURS = [[2.0, 1.0, -1.0]] * 3

ANIMALS = [[0.91, 0.04, 0.05], [0.11, 0.8, 0.09], [0.3, 0.1, 0.6], [0.25, 0.4, 0.35]]

FRUIT = [[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.1, 0.5, 0.4]]

TEN = [0.0421, -0.6606, 0.6276, 1.2491, -1.1535, -1.4137, 0.8967, -1.1786, -1.3214, 0.2828]

TEN_BY_FIVE = [
    [-0.5698, -0.0558, -0.255, 1.6812, 0.0238],
    [-2.1786, 1.3923, -0.2363, -0.4601, -1.4949],
    [1.3679, 1.2853, 0.4087, -0.5743, -0.2752],
    [2.1995, 0.1469, -0.1661, 0.4617, -0.4395],
    [-0.5686, -0.7453, -0.1455, -0.5304, 0.302],
    [-0.1489, -0.9143, -1.5282, -0.5023, 1.2751],
    [-1.383, -0.6535, 0.5392, -2.205, -1.4138],
    [-0.5592, 1.5028, 0.0442, -1.5487, -0.1522],
    [0.7436, -1.8956, 1.0145, -0.2974, -2.0576],
    [0.1003, 0.6604, -1.3535, -0.3053, -0.4034],
]

SPAM, OPTAX = [[0.1, 0.9], [0.9, 0.1], [0.8, 0.2], [0.35, 0.65]], [[1.2, -0.8, -0.5], [0.9, -1.2, 1.1]]

KERAS_3X3 = [[0.9, 0.05, 0.05], [0.05, 0.89, 0.06], [0.05, 0.01, 0.94]]

# name: kernel, its arguments, the losses by 60-digit arithmetic (worked examples) or as others document them (peers)
EXAMPLES: dict[str, tuple[Kernel, tuple[Any, ...], list[Any]]] = {
    "cat image": (losses.categorical_from_probs, ([[0.2, 0.8]], [[0, 1]]), [0.22314355131420976]),
    "students, model A": (
        losses.binary_from_probs,
        ([0.1, 0.7, 0.6, 0.2], [1, 1, 1, 1]),
        [2.302585092994046, 0.3566749439387324, 0.5108256237659907, 1.6094379124341003],
    ),
    "students, model B": (
        losses.binary_from_probs,
        ([0.2, 0.4, 0.7, 0.9], [0, 0, 1, 1]),
        [0.22314355131420976, 0.5108256237659907, 0.3566749439387324, 0.1053605156578263],
    ),
    "fruit containers": (
        losses.sparse_from_probs,
        (FRUIT, [0, 2, 2]),
        [0.3566749439387324, 1.203972804325936, 0.9162907318741551],
    ),
    "colour scores": (
        losses.sparse_from_logits,
        (COLOURS, [0, 1, 2]),
        [0.3490122167681864, 1.3490122167681864, 3.349012216768186],
    ),
    "softmax of colour scores": (
        losses.softmax,
        (COLOURS,),
        [[0.7053845126982412, 0.25949646034241913, 0.03511902695933972]] * 3,
    ),
    "gradient of colour scores": (
        losses.softmax_gradient,
        ("logits", COLOURS, [0, 1, 2]),
        [
            [-0.29461548730175885, 0.25949646034241913, 0.03511902695933972],
            [0.7053845126982412, -0.7405035396575809, 0.03511902695933972],
            [0.7053845126982412, 0.25949646034241913, -0.9648809730406602],
        ],
    ),
    "ten logits": (
        losses.binary_from_logits,
        (TEN, [1, 0, 0, 1, 0, 0, 1, 0, 0, 0]),
        [
            *(0.6723187154502263, 0.416432292553237, 1.0553949682930857, 0.25212958158941867, 0.2742399894744402),
            *(0.21772217988688838, 0.34210886084165365, 0.26827692718247254, 0.2364637022680529, 0.844511023902544),
        ],
    ),
    "sigmoid of ten logits": (
        losses.sigmoid,
        (TEN,),
        [
            *(0.5105234457242099, 0.3406048427534539, 0.6519450705070552, 0.7771440279856471, 0.23985037454036823),
            *(0.19565112507659138, 0.7102708798146483, 0.2353040133266373, 0.21058546426084826, 0.5702325471471664),
        ],
    ),
    "ten rows of five logits": (
        losses.sparse_from_logits,
        (TEN_BY_FIVE, [3, 0, 1, 1, 2, 4, 0, 2, 1, 3]),
        [
            *(0.4800942217915765, 3.933406726266974, 1.0536389091254061, 2.4376128542613955, 1.492645528935215),
            *(0.4589552626271897, 2.4265044259005792, 1.9274410442477836, 3.6675331864511342, 1.853787725134277),
        ],
    ),
    "six predictions": (
        losses.binary_from_probs,
        ([0.5, 0.7, 0.2, 0.3, 0.5, 0.6], [0, 1, 0, 0, 0, 0]),
        [
            *(0.6931471805599453, 0.3566749439387324, 0.22314355131420976),
            *(0.3566749439387324, 0.6931471805599453, 0.9162907318741551),
        ],
    ),
    "cat, dog, bear": (
        losses.categorical_from_probs,
        ([[0.05, 0.85, 0.1]], [[0, 1, 0]]),
        [0.1625189294977749],
    ),
    "seven seals": (
        losses.binary_from_probs,
        ([0.07, 0.91, 0.74, 0.23, 0.85, 0.17, 0.94], [0, 1, 1, 0, 0, 1, 1]),
        [
            *(0.07257069283483543, 0.09431067947124133, 0.3011050927839216, 0.2613647641344075),
            *(1.8971199848858813, 1.7719568419318752, 0.061875403718087474),
        ],
    ),
    "panda, seal, duck": (
        losses.categorical_from_probs,
        (ANIMALS, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        [0.09431067947124133, 0.22314355131420976, 0.5108256237659907, 1.3862943611198906],
    ),
    "scikit-learn: spam and ham": (
        losses.sparse_from_probs,
        (SPAM, [1, 0, 0, 1]),
        [0.1053605156578263, 0.1053605156578263, 0.22314355131420976, 0.4307829160924543],
    ),
    "Keras: binary logits": (
        losses.binary_from_logits,
        ([-18.6, 0.51, 2.94, -12.8], [0, 1, 0, 0]),
        [8.358390066443277e-09, 0.470313318044875, 2.991515711952363, 2.7607687611116177e-06],
    ),
    "Keras: one-hot, a zero beside the label": (
        losses.categorical_from_probs,
        ([[0.05, 0.95, 0.0], [0.1, 0.8, 0.1]], [[0, 1, 0], [0, 0, 1]]),
        [0.051293294387550536, 2.302585092994046],
    ),
    "Keras: three classes": (
        losses.categorical_from_probs,
        (KERAS_3X3, np.eye(3)),
        [0.1053605156578263, 0.11653381625595154, 0.061875403718087474],
    ),
    "Optax: integer labels": (losses.sparse_from_logits, (OPTAX, [0, 1]), [0.27612970554553756, 2.951798795854425]),
    "PyTorch: label smoothing 0.1": (
        losses.categorical_from_logits,
        (OPTAX, 0.9 * np.eye(2, 3) + 0.1 / 3),
        [0.39946303887887086, 2.8051321291877587],
    ),
    "PyTorch: logits of 100": (
        losses.sparse_from_logits,
        ([[-100.0, 100.0], [-100.0, 100.0]], [0, 1]),
        [200.0, 1.3838965267367376e-87],
    ),
    "PyTorch: BCEWithLogitsLoss": (losses.binary_from_logits, ([1.5], [1]), [0.2014132779827524]),
    "softplus": (
        losses.binary_from_logits,
        ([40.0, 40.0, 1000.0, 1000.0, 36.8, 36.8], [0, 1, 0, 1, 0, 1]),
        [40.0, 4.248354255291589e-18, 1000.0, 0.0, 36.8, 1.042228790559589e-16],
    ),
    "a tiny probability": (losses.binary_from_probs, ([1e-17], [0]), [1e-17]),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_published_examples(name: str) -> None:
    """The worked examples of the field, and what other implementations document, to the precision of their inputs."""
    kernel, arguments, expected = EXAMPLES[name]
    assert kernel(*(np.asarray(a) if isinstance(a, list) else a for a in arguments)) == pytest.approx(
        np.array(expected), rel=1e-14, abs=0
    )


def test_published_means() -> None:
    """Means that scikit-learn, yardstick and model-diagnostics document."""
    even, peaked = np.full((4, 3), 0.25), 0.01 + 0.97 * np.eye(3)
    even[:, 0] = 0.5
    assert losses.sparse_from_probs(even, [0, 0, 1, 2]).mean() == pytest.approx(1.0397207708399179, rel=1e-14)
    assert losses.sparse_from_probs(peaked, [0, 1, 2]).mean() == pytest.approx(0.02020270731751945, rel=1e-14)
    two_class = losses.binary_from_probs([1.0, 0.8, 0.51, 0.1, 0.2, 0.3], [1, 1, 1, 0, 0, 0])
    assert two_class.mean() == pytest.approx(0.26361118591479066, rel=1e-14)
    soft = losses.binary_from_probs([0.1, 0.2, 0.8, 0.9], [0, 0.5, 1, 1])
    assert np.average(soft, weights=[1, 2, 1, 1]) == pytest.approx(0.45328920927563443, rel=1e-14)
    several = losses.binary_from_probs([0.6, 0.4, 0.4, 0.6], [0, 1, 0, 0]).reshape(2, 2).mean(axis=1)
    assert several == pytest.approx([0.9162907318741551, 0.7135581778200729], rel=1e-14)
