"""Print the lowest versions that pyproject.toml allows, as pins: `python .ci/floors.py [PYPROJECT]`.

    click>=8.3.3  ->  click==8.3.3

A floor that is never installed is a guess; .ci/run installs these and runs the suite on them.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

REQUIREMENT = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*>=\s*(?P<floor>[0-9][0-9A-Za-z.]*)")


def main(pyproject: Path) -> None:
    """Print one pin a line, in the order of the file."""
    requirements = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]["dependencies"]
    sys.stdout.write("".join(f"{pin(requirement)}\n" for requirement in requirements))


def pin(requirement: str) -> str:
    """The lowest version that a requirement allows. Anything but `name>=version` is refused."""
    match = REQUIREMENT.fullmatch(requirement.strip())
    if match is None:
        message = f"{requirement!r} is not of the form name>=version, so it has no lowest version to try"
        raise SystemExit(message)
    return f"{match['name']}=={match['floor']}"


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent / "pyproject.toml")
