"""What `xent score --each` shows: schema `xent.each/1` as frozen values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xent_cli.contract.frozen import result

if TYPE_CHECKING:
    from xent_cli.contract.report import Gate, Notice, Report


@result
class Leaderboard:
    """The reports of several files, scored separately, the lowest mean loss first.

    `status` is "fail" where a gate of any file failed; each of `gates` names its file as `group`. The `notices` of the
    files are in their reports; those here are about all of them.
    """

    schema: str
    xent: str
    status: str
    unit: str
    reports: tuple[Report, ...]
    gates: tuple[Gate, ...] = ()
    notices: tuple[Notice, ...] = ()
