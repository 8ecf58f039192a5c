"""The loss of one row in decimal arithmetic of 60 digits: slow, and nothing of xent or NumPy."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, localcontext
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

INFINITY = Decimal("Infinity")
TINY = Decimal("1e-25")
CONTEXT = Context(prec=60, Emin=MIN_EMIN, Emax=MAX_EMAX)
UNITS = {"nats": 1.0, "bits": math.log(2.0), "bans": math.log(10.0)}


@dataclass(frozen=True)
class Options:
    """What the flags of a run ask for."""

    unit: str = "nats"
    clip: float | None = None
    normalize: bool = False
    smoothing: float = 0.0
    pos_weight: float = 1.0
    class_weight: Mapping[str, float] = field(default_factory=dict)
    divide_by: str = "weight"
    ignore: tuple[str, ...] = ()
    positive: str | None = None
    skip: bool = False
    tolerance: float = 0.01

    @property
    def slack(self) -> float:
        """How far a loss may be off in nats beside its last digits: what the doubles on the way round away."""
        if self.clip is not None:
            return 3e-16 * max(1.0, self.pos_weight)  # 1 − p is that of a double on the edge
        return 1e-14 if self.normalize else 0.0


def log1p(x: Decimal) -> Decimal:
    """ln(1 + x), also where x is tiny."""
    if abs(x) < TINY:
        return x - x * x / 2 + x * x * x / 3
    return (1 + x).ln() if x > -1 else -INFINITY


def log(x: Decimal) -> Decimal:
    """ln x, −Infinity at 0."""
    return x.ln() if x > 0 else -INFINITY


def softplus(u: Decimal) -> Decimal:
    """ln(1 + e^u)."""
    if u.is_infinite():
        return INFINITY if u > 0 else Decimal(0)
    return max(u, Decimal(0)) + log1p((-abs(u)).exp())


def log_of_rest(lp: Decimal) -> Decimal:
    """ln(1 − e^lp)."""
    if lp == 0:
        return -INFINITY
    if abs(lp) < TINY:
        return (-lp).ln() + lp / 2
    return log1p(-lp.exp())


def two_logs(space: str, value: float) -> tuple[Decimal, Decimal]:
    """The logarithms of the probabilities of 0 and 1 from the one value of a binary row."""
    x = Decimal(value)
    if space == "probs":
        return log1p(-x), log(x)
    if space == "logits":
        return -softplus(x), -softplus(-x)
    return log_of_rest(x), x


def logarithm(space: str, values: Sequence[float]) -> Callable[[int], Decimal]:
    """What gives the logarithm of the probability of each class of a row."""
    xs = [Decimal(value) for value in values]
    if space == "probs":
        return lambda j: log(xs[j])
    if space == "logprobs":
        return lambda j: xs[j]
    top = max(xs)
    shares = [(x - top).exp() for x in xs]
    return lambda j: _log_softmax(xs, shares, top, j)


def _log_softmax(xs: Sequence[Decimal], shares: Sequence[Decimal], top: Decimal, j: int) -> Decimal:
    """z_j − ln Σ e^z. Near the top as ln of 1 plus the others, so that nothing cancels; below it nothing can."""
    if xs[j].is_infinite():
        return xs[j]
    others = sum((share for i, share in enumerate(shares) if i != j), Decimal(0))
    if top - xs[j] > 100:
        return xs[j] - top - (others + shares[j]).ln()
    return -log1p(others / shares[j])


def expected(weights: Sequence[Decimal], logarithms: Sequence[Decimal]) -> Decimal:
    """−Σ t ln p, 0·ln 0 being 0."""
    return -sum((t * lp for t, lp in zip(weights, logarithms, strict=True) if t), Decimal(0))


def clipped(logarithms: Sequence[Decimal], eps: float) -> list[Decimal]:
    """Log-probabilities whose probabilities are held within [eps, 1 − eps], as doubles round these bounds."""
    low, high = Decimal(eps), Decimal(1.0 - eps)
    return [log(min(max(lp.exp(), low), high)) for lp in logarithms]


def binary_loss(space: str, value: float, t: float, options: Options) -> Decimal:
    """−(w·t ln p + (1 − t) ln(1 − p)) of one prediction."""
    with localcontext(CONTEXT):
        pair = two_logs(space, value)
        if options.clip is not None:
            p = min(max(pair[1].exp(), Decimal(options.clip)), Decimal(1.0 - options.clip))
            pair = (log1p(-p), log(p))
        hit = _mixed(Decimal(t), options.smoothing, 2)
        return expected([1 - hit, hit * Decimal(options.pos_weight)], pair)


def class_loss(space: str, values: Sequence[float], t: Sequence[float], options: Options) -> Decimal:
    """−Σ t ln p over the classes."""
    with localcontext(CONTEXT):
        weights = [_mixed(Decimal(x), options.smoothing, len(t)) for x in t]
        of = logarithm(space, values)
        if not options.normalize:
            found = [of(j) if weight else Decimal(0) for j, weight in enumerate(weights)]
        else:
            found = _normalized([of(j) for j in range(len(values))])
        if options.clip is not None:
            found = clipped(found, options.clip)
        return expected(weights, found)


def _normalized(found: Sequence[Decimal]) -> list[Decimal]:
    """Log-probabilities whose probabilities are rescaled to add up to 1."""
    total = sum((lp.exp() for lp in found), Decimal(0)).ln()
    return [lp - total for lp in found]


def _mixed(t: Decimal, smoothing: float, k: int) -> Decimal:
    """(1 − a)·t + a/k."""
    return (1 - Decimal(smoothing)) * t + Decimal(smoothing) / k if smoothing else t
