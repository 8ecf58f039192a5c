"""A whole input as a tally, with what its columns were taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.frozen import struct

if TYPE_CHECKING:
    from xent_cli.contract.report import Input, Notice
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.tally import Tally


@struct
class Outcome:
    """A whole input as a tally, with what the columns were taken for.

    `remarks` are what the readers noticed about a file, each with its path.
    """

    scheme: Scheme
    tally: Tally
    inputs: tuple[Input, ...]
    remarks: tuple[tuple[str, Notice], ...] = ()
