"""The numbers as one flat JSON object, for DVC, MLflow, W&B and their like. What is not finite is left out."""

from __future__ import annotations

import json
from math import isfinite
from typing import TYPE_CHECKING

from xent_cli.renderers.ci.figures import figures, gate_figures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from xent_cli.contract.report import Report
    from xent_cli.renderers.ci.figures import Figure
    from xent_cli.renderers.view import View


def render_metrics(report: Report, view: View | None = None) -> str:
    """Names and finite numbers, nothing else: these tools take any text for a metric as well."""
    del view
    return flat([*figures(report), *gate_figures(report.gates)])


def flat(numbers: Iterable[Figure]) -> str:
    """Those of the numbers that are finite."""
    found = {figure.name: figure.value for figure in numbers if isfinite(figure.value)}
    return json.dumps(found, indent=2, allow_nan=False) + "\n"
