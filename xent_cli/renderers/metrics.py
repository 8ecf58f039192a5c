"""The numbers as one flat JSON object, for DVC, MLflow, W&B and their like. What is not finite is left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from xent_cli.renderers.figures import finite

if TYPE_CHECKING:
    from xent_cli.renderers.view import View
    from xent_cli.results import Report


def render_metrics(report: Report, view: View | None = None) -> str:
    """Names and finite numbers, nothing else: these tools take any text for a metric as well."""
    del view
    return json.dumps({figure.name: figure.value for figure in finite(report)}, indent=2, allow_nan=False) + "\n"
