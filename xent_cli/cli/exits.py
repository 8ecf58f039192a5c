"""The exit statuses, and the exceptions that end a run on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xent_cli.contract.errors import XentError


INTERRUPTED, CLOSED_PIPE, BUG = 130, 141, 70


class ClosedPipe(Exception):  # noqa: N818  (not an error: the reader has seen enough)
    """The reader of standard output went away."""


class Refused(Exception):  # noqa: N818  (the error is the one that it carries)
    """A refusal by a command whose flags are known: some of them come from the configuration and not from a word."""

    def __init__(self, error: XentError, flags: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error
        self.words = [f"--color={flags['color']}", *["--quiet"] * flags["quiet"]]
        if flags["json"]:
            self.words.append("--json")
        if flags["format"] is not None:
            self.words.append(f"--format={flags['format']}")
        if flags["debug"]:
            self.words.append("--debug")
