"""Print the command that README.md states under a marker: `python .ci/readme.py NAME [README]`.

The marker is the line `<!-- NAME -->`, the command the one line in the fenced block that follows it. What .ci/run runs
is thereby what a reader is told to type.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path


def main(name: str, readme: Path) -> None:
    """Print the command and a line feed."""
    sys.stdout.write(f"{command(name, readme.read_text(encoding='utf-8'))}\n")


def command(name: str, text: str) -> str:
    """The one command line of the block after the marker, without its prompt. No such block: an error that says so."""
    block = re.search(rf"^<!-- {re.escape(name)} -->\n+```\w*\n(?P<lines>.*?)^```$", text, re.MULTILINE | re.DOTALL)
    lines = block["lines"].splitlines() if block else []
    if len(lines) != 1:
        message = f"README.md has no marker <!-- {name} --> followed by a block of one line"
        raise SystemExit(message)
    return lines[0].removeprefix("$ ")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else Path(__file__).resolve().parent.parent / "README.md")
