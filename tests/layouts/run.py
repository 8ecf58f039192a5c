"""How xent reads the layouts: `python tests/layouts/run.py --seed 1 --count 5000 --show wrong`.

Every layout is scored without a flag, in this process. Where xent refuses, each command in its message is pasted, one
at a time. A layout is

- right:    the meant number, without a flag;
- paste:    refused, and at least one command in the message gives the meant number, and none another one;
- no way:   refused, and no command in the message gives the meant number;
- wrong:    a number that is not the meant one, without a word or after a paste; or a number where the file does not
            tell its meaning and xent had to ask;
- refused:  rightly, as no loss can be had from the file. These are counted apart and are in no share.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shlex
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.layouts.cures import Paste, pastes
from tests.layouts.draft import KNOWN, NOTHING, Layout
from tests.layouts.make import layout, text, write
from tests.layouts.meaning import agree
from tests.running import xent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tests.running import Answer

VERDICTS = ("right", "paste", "no way", "wrong", "refused")
TRIED = 16
BATCH = 100


@dataclass(frozen=True)
class Outcome:
    """What became of a layout. `said` is the reading or the message, `tried` the pastes with what they gave.

    `dead` says that a command of the message is refused in its turn; the bare name of a command is not counted.
    """

    number: int
    source: str
    kind: str
    decoys: tuple[str, ...]
    answer: str
    verdict: str
    rule: str
    said: str
    tried: tuple[tuple[str, str], ...]
    dead: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Run the layouts and print the tables; 1 where a number is wrong."""
    words = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--count", type=int, default=5000)
    words.add_argument("--show", choices=VERDICTS, help="show the layouts of this verdict")
    words.add_argument("--kind", help="show only those whose kind, source or decoys have this text")
    words.add_argument("--limit", type=int, default=20, help="how many to show")
    words.add_argument("--only", type=int, help="run and show one layout")
    words.add_argument("--inspect", action="store_true", help="hold the command that inspect prints to the same number")
    words.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    chosen = words.parse_args(argv)
    if chosen.only is not None:
        print(shown(chosen.seed, run(chosen.seed, [chosen.only], inspect=chosen.inspect)[0]))
        return 0
    found = campaign(chosen.seed, chosen.count, chosen.jobs, inspect=chosen.inspect)
    print(tables(found))
    if chosen.show is not None:
        wanted = [outcome for outcome in found if outcome.verdict == chosen.show and _matches(outcome, chosen.kind)]
        for outcome in wanted[: chosen.limit]:
            print(shown(chosen.seed, outcome))
    return int(any(outcome.verdict == "wrong" for outcome in found))


def _matches(outcome: Outcome, wanted: str | None) -> bool:
    """Whether a layout is among those asked for."""
    return wanted is None or any(
        wanted in name for name in (outcome.kind, outcome.source, outcome.rule, *outcome.decoys)
    )


def campaign(seed: int, count: int, jobs: int = 1, *, inspect: bool = False) -> list[Outcome]:
    """The first layouts of a seed, in their order."""
    batches = [range(start, min(start + BATCH, count)) for start in range(0, count, BATCH)]
    if jobs == 1:
        return [outcome for batch in batches for outcome in run(seed, batch, inspect=inspect)]
    with ProcessPoolExecutor(jobs) as pool:
        found = pool.map(partial(run, inspect=inspect), [seed] * len(batches), batches)
        return [outcome for batch in found for outcome in batch]


def run(seed: int, numbers: Iterable[int], *, inspect: bool = False) -> list[Outcome]:
    """Some layouts, in a folder of their own, so that the commands in the messages can be pasted as they are."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        return [judge(layout(seed, number), Path(), inspect=inspect) for number in numbers]


def judge(made: Layout, folder: Path, *, inspect: bool = False) -> Outcome:
    """Score a layout without a flag, then with every command that the refusal prints."""
    file = write(made, folder)
    answer = _scored("score", file)
    number = _number(answer)
    if answer.status == 0:
        verdict = "right" if made.answer == KNOWN and _is(number, [made.mean]) else "wrong"
        columns = answer.document["columns"]
        said = f"{columns['kind']} of {', '.join(columns['predictions'])} against {columns['label'] or columns['targets']}: {number}"
        if inspect and (other := _explicit(file)) != number:
            return _outcome(made, "wrong", "inspect", f"{said}; the command of inspect: {other}")
        return _outcome(made, verdict, "scored", said)
    problems = _problems(answer)
    tried = [(paste, *_pasted(paste, file)) for paste in pastes(problems, _known(made))[:TRIED]]
    numbers = [found for _, _, found in tried if found]
    said = (
        "; ".join(f"{each.get('rule')}: {each.get('message')} | help: {each.get('help')}" for each in problems)
        or answer.err
    )
    shown = tuple((str(paste), ", ".join(map(str, found)) or f"status {status}") for paste, status, found in tried)
    rule = str(problems[0].get("rule")) if problems else "none"
    return _outcome(
        made,
        _verdict(made, answer, numbers),
        rule,
        said,
        shown,
        dead=any(status for paste, status, _ in tried if paste.words),
    )


def _outcome(
    made: Layout, verdict: str, rule: str, said: str, tried: tuple[tuple[str, str], ...] = (), *, dead: bool = False
) -> Outcome:
    """An outcome of a layout."""
    return Outcome(made.number, made.source, made.kind, made.decoys, made.answer, verdict, rule, said, tried, dead)


def _verdict(made: Layout, answer: Answer, numbers: list[list[float]]) -> str:
    """What a refusal is worth, given the numbers that its commands led to."""
    if answer.status not in {2, 3}:
        return "wrong"
    allowed = [made.mean] if made.answer == KNOWN else made.allowed
    if any(not _is(number, allowed) for found in numbers for number in found):
        return "wrong"
    if made.answer == NOTHING:
        return "refused"
    return "paste" if any(_is(number, [made.mean]) for found in numbers for number in found) else "no way"


def _scored(*words: str) -> Answer:
    """A run with the report as JSON."""
    return xent(*words, "--json", "--no-config")


def _pasted(paste: Paste, file: str) -> tuple[int, list[float]]:
    """The status of a pasted command, and the numbers that it gave."""
    words = list(paste.words)
    if paste.command is None:
        words = ["score", file, *words]
    else:
        words = (
            [paste.command, *words]
            if any(word.startswith("preds.") for word in words)
            else [paste.command, file, *words]
        )
    answer = _scored(*words)
    if answer.status != 0 or paste.command == "inspect":
        return answer.status, []
    document = answer.document
    if "candidates" in document:
        return 0, [_float(side["mean"]) for side in (document["baseline"], *document["candidates"])]
    return 0, [_number(answer)]


def _explicit(file: str) -> float | None:
    """What the explicit command gives that inspect prints for a file."""
    shown = xent("inspect", file, "--no-config").out
    commands = [shlex.split(line) for line in shown.splitlines() if line.strip().startswith("xent ") and file in line]
    return _number(_scored(*commands[-1][1:])) if commands else None


def _number(answer: Answer) -> float:
    """The mean of a report."""
    return _float(answer.document["loss"]["mean"]) if answer.status == 0 else float("nan")


def _float(value: Any) -> float:
    """A number of JSON, also one that is not finite."""
    return float(value)


def _is(number: float, meant: Sequence[float | None]) -> bool:
    """Whether a number is one of those meant."""
    return any(agree(number, each) for each in meant if each is not None)


def _problems(answer: Answer) -> list[dict[str, Any]]:
    """The errors of a refusal."""
    try:
        return answer.errors
    except (ValueError, KeyError):
        return []


def _known(made: Layout) -> set[str]:
    """The names of columns and the values of columns of text: no placeholders, whatever they look like."""
    values = {str(value) for column in made.columns.values() for value in column if isinstance(value, (str, bool, int))}
    return set(made.columns) | set(made.titles.values()) | values


# tables -----------------------------------------------------------------------------------------------------------


def tables(found: list[Outcome]) -> str:
    """The shares overall, by kind, by source and by decoy, and what most often went otherwise than right."""
    parts = [
        _table("layouts", found, lambda _: ["all"]),
        _table("kind", found, lambda outcome: [outcome.kind]),
        _table("source", found, lambda outcome: [outcome.source]),
        _table("decoy", found, lambda outcome: outcome.decoys or ["none"]),
        _table("meaning", found, lambda outcome: [outcome.answer]),
        _failures(found),
    ]
    return "\n\n".join(parts)


def shares(found: list[Outcome]) -> dict[str, float]:
    """Per cent right without a flag, and right after one paste at most, of the layouts that have a number."""
    counts = Counter(outcome.verdict for outcome in found if outcome.answer != NOTHING)
    total = sum(counts.values()) or 1
    return {"right": 100 * counts["right"] / total, "pasted": 100 * (counts["right"] + counts["paste"]) / total}


def _table(title: str, found: list[Outcome], keys: Callable[[Outcome], Iterable[str]]) -> str:
    """Counts by a key."""
    groups: dict[str, list[Outcome]] = {}
    for outcome in found:
        for key in keys(outcome):
            groups.setdefault(key, []).append(outcome)
    width = max(30, *map(len, groups))
    heads = ("layouts", *VERDICTS, "right %", "+paste %", "dead cures")
    lines = [f"{title:<{width}}" + "".join(f"{head:>11}" for head in heads)]
    for key, group in sorted(groups.items(), key=lambda item: -len(item[1])):
        counts, share = Counter(outcome.verdict for outcome in group), shares(group)
        cells = [str(len(group)), *(str(counts[verdict]) for verdict in VERDICTS)]
        scored = any(outcome.answer != NOTHING for outcome in group)
        cells += [f"{share['right']:.1f}" if scored else "-", f"{share['pasted']:.1f}" if scored else "-"]
        cells.append(str(sum(outcome.dead for outcome in group)))
        lines.append(f"{key:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines)


def _failures(found: list[Outcome]) -> str:
    """What most often went wrong or was refused without a way, by source, kind and rule."""
    counts = Counter(
        (outcome.verdict, outcome.source, outcome.kind, outcome.rule)
        for outcome in found
        if outcome.verdict in {"wrong", "no way"}
    )
    lines = ["most often wrong or without a way (scored: without a word, else the rule of the refusal)"]
    lines += [
        f"{count:>6}  {verdict:<8}{source:<18}{kind:<30}{rule}"
        for (verdict, source, kind, rule), count in counts.most_common(60)
    ]
    return "\n".join(lines)


def shown(seed: int, outcome: Outcome) -> str:
    """A layout with its first rows, its meaning, what xent said and what its commands gave."""
    made = layout(seed, outcome.number)
    lines = [
        f"--- {outcome.number}: {outcome.verdict}; {made.source}, {made.kind}, {made.form}; {', '.join(made.decoys)}",
        text(made, 4).rstrip("\n"),
        f"  meant: {made.answer}, {made.reading}, {made.mean}",
        f"  xent:  {outcome.said}",
    ]
    if made.others:
        lines.insert(-1, f"  or:    {json.dumps(made.allowed[1:])}")
    return "\n".join([*lines, *(f"  paste: {paste}  ->  {gave}" for paste, gave in outcome.tried)])


if __name__ == "__main__":
    sys.exit(main())
