"""Options: values outside their range are refused with what they should be; the parsers of the richer ones."""

from __future__ import annotations

from fractions import Fraction

import pytest

from xent_cli.contract.errors import UsageError
from xent_cli.scoring.options import BadRows, Conventions, Options, parse_class_weight, parse_max_skipped, parse_samples

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("pos_weight", [1e-9, 3.0], [0.0, -1.0, INF, NAN]),
        ("smoothing", [0.0, 0.999], [1.0, -0.1, NAN]),
        ("clip", [None, 1e-15, 0.49], [0.0, 0.5, -1.0, NAN]),
        ("unit", ["nats", "bits", "bans"], ["nat", ""]),
        ("divide_by", ["weight", "count"], ["rows"]),
    ],
)
def test_conventions_keep_their_range(field: str, good: list[object], bad: list[object]) -> None:
    """A convention outside its range is a UsageError that names its flag."""
    for value in good:
        assert getattr(Conventions(**{field: value}), field) == value  # type: ignore[arg-type]  # one field at a time
    for value in bad:
        with pytest.raises(UsageError, match="is out of range"):
            Conventions(**{field: value})  # type: ignore[arg-type]  # see above


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, 95.0, NAN])
def test_confidence_is_between_0_and_1(level: float) -> None:
    """A level such as 95 is refused: it is written 0.95."""
    with pytest.raises(UsageError, match="confidence"):
        Options(confidence=level)


def test_other_ranges() -> None:
    """Tolerance, sample and thread counts keep their range."""
    for tolerance in (-0.1, 1.0, NAN):
        with pytest.raises(UsageError, match="sum-tolerance"):
            BadRows(sum_tolerance=tolerance)
    with pytest.raises(UsageError, match="samples"):
        Options(samples=-1)
    with pytest.raises(UsageError, match="threads"):
        Options(threads=0)


def test_class_weights_are_parsed() -> None:
    """`cat=2,dog=1` gives a weight each, the last "=" counts, `balanced` is a word, nothing is None."""
    assert parse_class_weight("cat=2,dog=0.5") == {"cat": 2.0, "dog": 0.5}
    assert parse_class_weight("a=b=3") == {"a=b": 3.0}
    assert parse_class_weight("balanced") == "balanced"
    assert parse_class_weight(None) is None


@pytest.mark.parametrize("text", ["", "cat", "cat=", "=2", "cat=x", "cat=-1", "cat=inf", "cat=nan", "cat=1,cat=2"])
def test_bad_class_weights_are_refused(text: str) -> None:
    """What is not NAME=WEIGHT with a finite weight from 0 on, once a class, is refused."""
    with pytest.raises(UsageError, match="class-weight"):
        parse_class_weight(text)


def test_max_skipped_is_a_count_or_a_share() -> None:
    """`100` is rows, `1%` is a share."""
    assert parse_max_skipped("100") == (100, None)
    assert parse_max_skipped("1.5%") == (None, Fraction(15, 1000))
    assert parse_max_skipped(None) == (None, None)
    for text in ("-1", "x", "%", "101%", "nan%", "1.5", ""):
        with pytest.raises(UsageError, match="max-skipped"):
            parse_max_skipped(text)


def test_samples_is_a_count_or_all() -> None:
    """`7`, `0` and `all` are read; anything else is refused."""
    assert [parse_samples(text) for text in ("7", "0", "all", None)] == [7, 0, "all", None]
    for text in ("-1", "some", "1.5", ""):
        with pytest.raises(UsageError, match="samples"):
            parse_samples(text)
