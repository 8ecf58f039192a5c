"""How the reader sees the output: a terminal of some width, or a file."""

from __future__ import annotations

from xent_cli.contract.frozen import struct
from xent_cli.contract.text import redact, visible

_NEVER_CUT = 1000


@struct
class View:
    """What the output is shown on. `width` is None off a terminal: as wide as needed, nothing folded or cut short.

    `unicode` is False where the output's encoding has no box characters; everything is then ASCII.
    """

    width: int | None = None
    color: bool = False
    unicode: bool = True
    verbose: bool = False

    def text(self, foreign: str, limit: int = 80) -> str:
        """Foreign text made safe. Off a terminal it is cut only where it is absurdly long."""
        most = _NEVER_CUT if self.width is None else limit
        return visible(foreign, most, ascii_only=not self.unicode)

    def path(self, foreign: str) -> str:
        """A path made safe, without the secrets of a URI, and long enough to copy."""
        return self.text(redact(foreign), _NEVER_CUT)

    @property
    def ellipsis(self) -> str:
        """What stands for something left out."""
        return "…" if self.unicode else "..."

    @property
    def plus_minus(self) -> str:
        """What stands before a standard error."""
        return "±" if self.unicode else "+/-"

    @property
    def rule(self) -> str:
        """What a line under a header is drawn with."""
        return "─" if self.unicode else "-"
