"""What a comparison is asked for: the models, and how to compare them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from xent_cli.contract.frozen import struct
from xent_cli.reports.thresholds import Thresholds

if TYPE_CHECKING:
    from collections.abc import Callable

    from xent_cli.columns import Stated
    from xent_cli.contract.row_columns import PairColumns
    from xent_cli.engine.data_set import Opener
    from xent_cli.scoring.options import Options, Tolerance


class PairWriter(Protocol):
    """Where compared rows go while they are read."""

    def write(self, columns: PairColumns) -> None:
        """Take the pairs of one chunk."""


NO_LIMITS = Thresholds()


@struct
class ModelInput:
    """One model: what the user called it, what opens its files, and its predictions where others are in the files."""

    path: str
    openers: tuple[Opener, ...]
    preds: str | None = None


@struct
class ComparisonJob:
    """What to compare and how to gate it. The first model is the baseline; `on` selects the keys.

    `tolerance` is how much worse a candidate may be; a gate is asked for where it is given, or `strict`. Of `limits`
    those for a mean count.
    """

    models: tuple[ModelInput, ...]
    columns: Stated
    options: Options
    on: str | None = None
    tolerance: Tolerance | None = None
    strict: bool = False
    limits: Thresholds = NO_LIMITS
    writer: Callable[[bool], PairWriter] | None = None
    progress: Callable[[int], None] | None = None
