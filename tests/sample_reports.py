"""Reports and an inspection that the tests of every output share. The numbers are small enough to check by hand."""

from __future__ import annotations

from dataclasses import replace
from math import inf, nan

from xent_cli.contract.errors import Location, Problem
from xent_cli.contract.inspection import ColumnView, Inspection, InspectionProblem
from xent_cli.contract.interval import Interval
from xent_cli.contract.report import (
    Baseline,
    ClassRow,
    Columns,
    Gate,
    GroupRow,
    Input,
    LabelRow,
    Loss,
    Notice,
    Report,
    RowCounts,
    Sample,
    Touched,
)

LN2 = 0.6931471805599453


def binary() -> Report:
    """Four rows whose labels had the probabilities 1/2, 1/4, 1/8 and 1/2; two gates, one of them failed."""
    return Report(
        schema="xent.score/1",
        xent="0.1.0",
        signature="xent:0.1|kind:binary|from:probs|unit:nat|clip:none|norm:no|w:none|ignore:none|smooth:0|k:2|n:4",
        status="fail",
        inputs=(Input("predictions.csv", "csv", 4, 61),),
        columns=Columns(
            kind="binary",
            from_="probs",
            label="y",
            targets=(),
            predictions=("p",),
            weight=None,
            id=None,
            classes=("0", "1"),
            reasons=("label y: the only column with a usual label name (y)", "from probs: p is no name for logits"),
        ),
        rows=RowCounts(read=4, scored=4),
        loss=Loss(
            unit="nats",
            mean=1.2130075659799042,
            sum=4.852030263919617,
            weight=4.0,
            std=0.6636380005285068,
            se=0.3318190002642534,
            ci=Interval(0.95, 0.15701313094113986, 2.2690020010186686, "student-t"),
            min=LN2,
            max=2.0794415416798357,
            quantiles={"0.5": 1.0397207708399179, "0.9": 1.8714973875118522, "0.99": 2.0586471262630374},
        ),
        perplexity=3.363585661014858,
        log_likelihood=-4.852030263919617,
        likelihood=0.0078125,
        geometric_mean_probability=0.29730177875068026,
        accuracy=0.5,
        baseline=Baseline("prior", LN2, -0.75),
        classes=(
            ClassRow("1", 2, 1.7328679513998633, 3.4657359027997265, 0.7142857142857143),
            ClassRow("0", 2, LN2, 1.3862943611198906, 0.2857142857142857),
        ),
        samples=(
            Sample(3, None, "1", 0.125, 2.0794415416798357, 1.0),
            Sample(2, None, "1", 0.25, 1.3862943611198906, 1.0),
            Sample(1, None, "0", 0.5, LN2, 1.0),
            Sample(4, None, "0", 0.5, LN2, 1.0),
        ),
        gates=(
            Gate("max-loss", 1.213, 1.2130075659799042, "fail"),
            Gate("max-perplexity", 4.0, 3.363585661014858, "pass"),
        ),
        notices=(Notice("few-rows", "4 rows: the interval rests on very few samples"),),
    )


def sparse() -> Report:
    """Three classes with ids, weights and groups from two files; rows skipped, clipped and ignored."""
    return Report(
        schema="xent.score/1",
        xent="0.1.0",
        signature="xent:0.1|kind:sparse|from:probs|unit:nat|clip:1e-07|norm:no|w:weight|ignore:skip|smooth:0|k:3|n:49000",
        status="none",
        inputs=(
            Input("data/part-0.parquet", "parquet", 30_000, 1_204_113),
            Input("data/part-1.parquet", "parquet", 20_205, None),
        ),
        columns=Columns(
            kind="sparse",
            from_="probs",
            label="species",
            targets=(),
            predictions=("p_cat", "p_dog", "p_fox"),
            weight="weight",
            id="image",
            classes=("cat", "dog", "fox"),
            reasons=(
                "predictions p_*: 3 number columns with the prefix p_",
                "label species: the only text column that is no id",
            ),
        ),
        rows=RowCounts(
            read=50_205,
            scored=49_000,
            ignored=1_000,
            skipped=205,
            clipped=12,
            bad={"prob-sum": 200, "missing-label": 6},
        ),
        loss=Loss(
            unit="nats",
            mean=0.34657359027997264,
            sum=25473.15888557799,
            weight=73_500.0,
            std=0.47,
            se=0.0021232,
            ci=Interval(0.95, 0.34241, 0.35074, "normal"),
            min=0.0,
            max=16.11809565095832,
            quantiles={"0.5": 0.210721, "0.9": 0.91629073187, "0.99": 2.302585092994046},
        ),
        perplexity=1.4142135623730951,
        log_likelihood=-25473.15888557799,
        likelihood=0.0,
        geometric_mean_probability=0.7071067811865475,
        accuracy=0.9999999,
        baseline=Baseline("prior", 1.0397207708399179, 0.6666666666666667),
        classes=(
            ClassRow("fox", 9_000, 1.0, 9000.0, 0.5),
            ClassRow("dog", 20_000, 0.4, 8000.0, 0.4999),
            ClassRow("cat", 20_000, 1e-07, 0.002, 0.0001),
        ),
        groups=(
            GroupRow("indoor", 40_000, 0.3, 0.002, Interval(0.95, 0.296, 0.304, "normal"), 0.69),
            GroupRow("outdoor", 9_000, 0.55, 0.01, Interval(0.95, 0.53, 0.57, "normal"), 0.31),
        ),
        samples=(
            Sample(31_205, "img-0077.jpg", "fox", 1e-07, 16.11809565095832, 2.0),
            Sample(12, "img-1200.jpg", "dog", 0.0212, 3.853754, 1.0),
            Sample(7, None, "dog", 0.1, 2.302585092994046, 1.5),
        ),
        touched=(Touched("clip", 12, 0.0031), Touched("ignore-label", 1_000, 0.0)),
        notices=(
            Notice("row-sum", "probabilities of a row sum to 0.9985 at worst (row 77): within --sum-tolerance 0.01"),
        ),
    )


def multi_label() -> Report:
    """Two labels a row, each with its own mean."""
    return replace(
        binary(),
        signature="xent:0.1|kind:binary|from:logits|unit:nat|clip:none|norm:no|w:none|ignore:none|smooth:0|k:2|n:4",
        status="none",
        columns=Columns(
            "binary", "logits", None, ("cat", "dog"), ("logit_cat", "logit_dog"), None, None, ("cat", "dog"), ()
        ),
        classes=(),
        labels=(
            LabelRow("dog", 3, 1.7328679513998633, 6.931471805599453, 0.7142857142857143),
            LabelRow("cat", 1, LN2, 2.772588722239781, 0.2857142857142857),
        ),
        gates=(),
        notices=(),
    )


def soft() -> Report:
    """A categorical report with the entropy of its labels; 25 classes, more than a table lists; no samples."""
    classes = tuple(ClassRow(f"c{place}", 2, 0.04 * place, 0.08 * place, place / 300) for place in range(24, -1, -1))
    base = binary()
    return replace(
        base,
        signature="xent:0.1|kind:categorical|from:logprobs|unit:bit|clip:none|norm:no|w:none|ignore:none|smooth:0|k:25|n:50",
        status="pass",
        columns=Columns(
            kind="categorical",
            from_="logprobs",
            label=None,
            targets=tuple(f"t{place}" for place in range(25)),
            predictions=tuple(f"lp{place}" for place in range(25)),
            weight=None,
            id=None,
            classes=tuple(f"c{place}" for place in range(25)),
            reasons=(),
        ),
        rows=RowCounts(read=50, scored=50),
        loss=replace(base.loss, unit="bits"),
        label_entropy=0.25,
        kl=0.9630075659799042,
        classes=classes,
        samples=(),
        gates=(Gate("max-loss", 1.25, 1.2130075659799042, "pass"),),
        notices=(),
    )


def infinite() -> Report:
    """Two rows were given probability 0: the loss is infinite and a gate on it has failed."""
    base = binary()
    return replace(
        base,
        status="fail",
        rows=RowCounts(read=4, scored=4, infinite=2),
        loss=replace(
            base.loss,
            mean=inf,
            sum=inf,
            std=nan,
            se=nan,
            ci=Interval(0.95, nan, nan, "undefined: 2 rows have an infinite loss"),
            max=inf,
            quantiles={"0.5": LN2, "0.9": inf, "0.99": inf},
        ),
        perplexity=inf,
        log_likelihood=-inf,
        likelihood=0.0,
        geometric_mean_probability=0.0,
        baseline=Baseline("prior", LN2, -inf),
        classes=(ClassRow("1", 2, inf, inf, nan), ClassRow("0", 2, LN2, 1.3862943611198906, nan)),
        samples=(Sample(2, None, "1", 0.0, inf, 1.0), Sample(3, None, "1", 0.0, inf, 1.0)),
        gates=(Gate("max-loss", 1.25, inf, "fail"), Gate("min-skill", 0.0, -inf, "fail")),
    )


def one_row() -> Report:
    """A single row: no spread, no interval, and only one class, so no skill."""
    base = binary()
    return replace(
        base,
        status="none",
        rows=RowCounts(read=1, scored=1),
        loss=Loss(
            unit="nats",
            mean=LN2,
            sum=LN2,
            weight=1.0,
            std=nan,
            se=nan,
            ci=Interval(0.95, nan, nan, "undefined: one row"),
            min=LN2,
            max=LN2,
            quantiles={"0.5": LN2, "0.9": LN2, "0.99": LN2},
        ),
        perplexity=2.0,
        log_likelihood=-LN2,
        likelihood=0.5,
        geometric_mean_probability=0.5,
        accuracy=1.0,
        baseline=Baseline("prior", 0.0, None, "only one class is present"),
        classes=(ClassRow("1", 1, LN2, LN2, 1.0),),
        samples=(Sample(1, None, "1", 0.5, LN2, 1.0),),
        gates=(),
        notices=(),
    )


def reports() -> dict[str, Report]:
    """Every sample report by name."""
    return {
        "binary": binary(),
        "sparse": sparse(),
        "multi_label": multi_label(),
        "soft": soft(),
        "infinite": infinite(),
        "one_row": one_row(),
    }


def inspection() -> Inspection:
    """A file that `score` would refuse for one rule, with a run of prediction columns."""
    scores = tuple(ColumnView(f"p{place}", "double", "prediction") for place in range(10))
    return Inspection(
        schema="xent.inspect/1",
        xent="0.1.0",
        scorable=False,
        command="xent sparse digits.parquet --label digit --preds p0..p9 --from probs",
        inputs=(Input("digits.parquet", "parquet", 50_000, 4_200_000),),
        header=(
            ColumnView("image", "string", "id"),
            ColumnView("digit", "int64", "label"),
            *scores,
            ColumnView("note", "string", None),
        ),
        columns=Columns(
            kind="sparse",
            from_="probs",
            label="digit",
            targets=(),
            predictions=tuple(f"p{place}" for place in range(10)),
            weight=None,
            id="image",
            classes=tuple(str(place) for place in range(10)),
            reasons=("label digit: the only whole-number column", "predictions p0..p9: 10 columns with the prefix p"),
        ),
        rows=RowCounts(read=50_000, scored=49_997, bad={"prob-sum": 3}),
        problems=(
            InspectionProblem(
                rule="prob-sum",
                count=3,
                message="probabilities of a row sum to 0.9312, not 1",
                where="digits.parquet: row 1,205",
                rows=(1_205, 1_300, 2_411),
                help="--normalize rescales each row; --from logits if these are logits",
            ),
        ),
        notices=(Notice("unused-column", "the column note has no role"),),
    )


def unclear() -> Inspection:
    """A file whose columns could not be told apart."""
    return Inspection(
        schema="xent.inspect/1",
        xent="0.1.0",
        scorable=False,
        command=None,
        inputs=(Input("table.csv", "csv", 12, 300),),
        header=(ColumnView("a", "untyped", None), ColumnView("b", "untyped", None)),
        columns=None,
        rows=None,
        problems=(
            InspectionProblem(
                "ambiguous-label", 1, "both a and b could be the label", None, (), "--label a or --label b decides"
            ),
        ),
    )


def problem() -> Problem:
    """The example of an error that the product contract gives."""
    return Problem(
        rule="prob-sum",
        message="probabilities of a row sum to 0.9312, not 1",
        where=Location("predictions.csv", 1205, 1206, ("p_cat", "p_dog", "p_fox"), ("0.61", "0.3", "0.0212")),
        detail="3 of 50,000 rows are off by more than 0.01; this is the first",
        help="--normalize rescales each row; --from logits if these are logits",
        count=3,
        rows=(1205, 1300, 2411),
    )
