"""The signature: every convention that can change the number, on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.contract.report import (
    Columns,
)
from xent_cli.scoring.options import UNITS, Options

if TYPE_CHECKING:
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.tally import Tally


def columns(scheme: Scheme) -> Columns:
    """What each column was taken for."""
    plan = scheme.plan
    return Columns(
        kind=plan.kind,
        from_=plan.space,
        label=plan.label,
        targets=plan.targets if plan.kind == "categorical" else plan.labels if plan.multilabel else (),
        predictions=plan.predictions,
        weight=plan.weight,
        id=plan.id,
        classes=plan.label_names if plan.multilabel else scheme.class_names,
        reasons=plan.reasons,
        by=plan.by or None,
        cluster=plan.cluster,
    )


def signature(scheme: Scheme, tally: Tally, options: Options) -> str:
    """Every convention that can change the number, in one line; what is rarely used is named only where it is used."""
    plan, chosen = scheme.plan, options.conventions
    parts = [
        f"xent:{'.'.join(__version__.split('.')[:2])}",
        f"kind:{'multilabel' if plan.multilabel else plan.kind}",
        f"from:{plan.space}",
        f"unit:{UNITS[chosen.unit][0]}",
        f"clip:{'none' if chosen.clip is None else _digits(chosen.clip)}",
        f"norm:{'yes' if chosen.normalize else 'no'}",
        f"w:{_word(plan.weight or 'none')}",
        f"ignore:{','.join(map(_word, chosen.ignore)) or 'none'}",
        f"smooth:{_digits(chosen.smoothing)}",
    ]
    if chosen.class_weight == "balanced":
        parts.append("cw:balanced")
    elif isinstance(chosen.class_weight, Mapping):
        parts.append("cw:" + ",".join(f"{_word(name)}={_digits(value)}" for name, value in chosen.class_weight.items()))
    if chosen.pos_weight != 1.0:
        parts.append(f"pos:{_digits(chosen.pos_weight)}")
    if chosen.divide_by != "weight":
        parts.append(f"div:{chosen.divide_by}")
    if plan.positive is not None:
        parts.append(f"positive:{_word(plan.positive)}")
    if tally.skipped:
        parts.append(f"skipped:{tally.skipped}")
    parts += [f"k:{len(plan.predictions) if plan.multilabel else scheme.k}", f"n:{tally.scored}"]
    return "|".join(parts)


def _digits(value: float) -> str:
    """A number with all its digits, as short as they allow."""
    return repr(float(value)).removesuffix(".0")


def _word(name: str) -> str:
    """A name as part of a signature: what separates there, and what breaks a line, as %XX."""
    return "".join(f"%{ord(c):02X}" if c in "%|,=" or not c.isprintable() else c for c in name)
