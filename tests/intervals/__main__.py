"""How often 95 % intervals hold the true mean: `python -m tests.intervals [TRIALS] [WORD]` prints the table.

TRIALS samples a cell (2,000), for those cells alone whose name or kind has WORD in it. The standard error of a cell is
at most 50/√TRIALS points, for a coverage of 95 % 22/√TRIALS.
"""

from __future__ import annotations

import sys
from time import process_time

import numpy as np

from tests.intervals.cells import SIZES, cells, simulated, truth


def main(words: list[str]) -> None:
    """Print a line of Markdown for each cell: Student's t, and in bold what xent gives, for each size."""
    trials, word = int(words[0]) if words else 2000, words[1] if len(words) > 1 else ""
    kind = ""
    for at, cell in enumerate(cells()):
        if word not in cell.name and word not in cell.kind:
            continue
        if cell.kind != kind:
            kind = cell.kind
            sizes = SIZES[kind]
            print(f"\n| {kind} | {' | '.join(map(str, sizes))} |\n|---|{'---|' * len(sizes)}")
        random = np.random.default_rng([20_261_201, at])
        mean = truth(cell, random)
        sizes = [size for size in SIZES[kind] if not (size == 10_000 and "multi" in cell.name)]
        # samples of 10,000 rows take long, and need fewer
        found = [simulated(cell, size, trials if size < 10_000 else trials // 2, random, mean) for size in sizes]
        print(f"| {cell.name} | {' | '.join(f'{one.naive:.1f} **{one.ours:.1f}**' for one in found)} |", flush=True)
    print(f"\n{trials:,} samples a cell, {process_time():.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
