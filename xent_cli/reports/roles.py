"""What each column was taken for, as reports and inspections show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.report import Columns

if TYPE_CHECKING:
    from xent_cli.scoring.scheme import Scheme


def columns_of(scheme: Scheme) -> Columns:
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
        of=None if plan.of == "positive" else plan.of,
        decision=plan.decision,
        cluster=plan.cluster,
    )
