"""Random data sets: every kind and space, honest values and the edges of their ranges, options, hostile names."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tests.fuzz.exact import Options
from tests.fuzz.verdict import Roles

if TYPE_CHECKING:
    from collections.abc import Sequence

PLAIN_CLASSES = ("cat", "dog", "fox", "owl", "bee", "elk", "ant", "jay", "cow", "hen")
HOSTILE = (
    "[red]", "[/foo]", "a[/]b", ":smile:", "\x1b[31mred", "\x1b]52;c;aGk=\x07", "\x9b31m", "\u202eevil", "a\u200bb",
    "=1+1", "+cmd", "-2+3", "@SUM(A1)", "<script>", "x" * 300, "naïve", "日本", "é\u0301\u0301", "a b", "a;b", "a|b",
    "a'b", "{}", "%s", "\\n", "NA", "None", "nan", "null", "inf", "007", "1e3", "True", "\ufeffx", "s3://k:v@h/x?a=b",
)  # fmt: skip
QUOTED = ('a"b', "a,b", "a\nb", "a\r\nb", "\ttab", 'x""y', '"', "\n")
STEMS = {"probs": "p", "logits": "logit", "logprobs": "logprob"}
SINGLE = {"probs": "prob", "logits": "logit", "logprobs": "logprob"}
EDGES = {
    "probs": (0.0, 1.0, 0.5, 5e-324, 1e-300, 1e-17, 1.0 - 2.0**-53, 1.0 + 4e-7, math.nextafter(1.0, 2.0), -0.0),
    "logits": (0.0, -0.0, 1e-310, 36.7, -36.7, 700.0, -745.2, 1e4, -1e4, 1e308, -1e308, -math.inf),
    "logprobs": (0.0, -0.0, -5e-324, -1e-17, -0.6931471805599453, -745.2, -1e308, -math.inf, 4e-7),
}


@dataclass(frozen=True)
class Data:
    """Columns of Python values with what they mean; `words` are the flags of the run."""

    columns: dict[str, list[Any]]
    roles: Roles
    options: Options
    words: tuple[str, ...]
    sure: bool
    rows: int


def seeded(seed: str) -> random.Random:
    """A generator for one case."""
    return random.Random(seed)  # noqa: S311  (for tests, not for secrets)


@dataclass
class Draft:
    """A data set in the making."""

    rng: random.Random
    kind: str = "binary"
    space: str = "probs"
    k: int = 2
    n: int = 1
    edges: float = 0.0
    sure: bool = True
    names: list[str] = field(default_factory=list)
    columns: dict[str, list[Any]] = field(default_factory=dict)


def make(rng: random.Random, *, quotable: bool) -> Data:
    """A data set; names that need quotes only where they can be written."""
    draft = Draft(
        rng, rng.choice(["binary", "binary", "sparse", "sparse", "sparse", "categorical", "pair", "multilabel"])
    )
    draft.space = rng.choice(["probs", "probs", "logits", "logprobs"])
    draft.k = {"binary": 1, "pair": 2}.get(draft.kind) or rng.choice(
        [2, 2, 3, 3, 4, 5, 10, 33 if rng.random() < 0.3 else 3]
    )
    if draft.kind == "sparse":
        draft.k = max(draft.k, 3)
    draft.n = rng.choice([0, 1, 1, 2, 3, 5, 8, 20, 21, 60]) if rng.random() < 0.95 else 300
    draft.edges = rng.choice([0.0, 0.0, 0.05, 0.3])
    draft.names = _class_names(draft, quotable=quotable)
    roles = _BUILD[draft.kind](draft)
    roles = _extras(draft, roles, quotable=quotable)
    options, words = _options(draft, roles)
    return Data(draft.columns, roles, options, (*_command(draft, roles), *words), draft.sure, draft.n)


def _class_names(draft: Draft, *, quotable: bool) -> list[str]:
    """Distinct names of classes or labels."""
    rng = draft.rng
    style = rng.random()
    if draft.kind == "pair":
        return rng.choice([["0", "1"], ["no", "yes"], ["false", "true"], ["neg", "pos"]])
    if style < 0.55 and draft.k <= len(PLAIN_CLASSES):
        return rng.sample(PLAIN_CLASSES, draft.k)
    if style < 0.8 or draft.k > len(PLAIN_CLASSES):
        return [str(j) for j in range(draft.k)]
    draft.sure = False
    pool = HOSTILE + QUOTED if quotable else HOSTILE
    return rng.sample([name for name in pool if name.strip() == name], draft.k)  # names of columns are stripped


def vector(rng: random.Random, space: str, k: int, edges: float) -> list[float]:
    """One row of predictions over k classes that a correct program accepts, or nearly."""
    if space == "logits":
        scale = rng.choice([1.0, 5.0, 30.0, 300.0])
        z = [rng.gauss(0.0, scale) for _ in range(k)]
        return [rng.choice(EDGES["logits"]) if rng.random() < edges else x for x in z]
    p = _distribution(rng, k)
    if rng.random() < edges:
        p = [0.0] * k
        p[rng.randrange(k)] = rng.choice([1.0, 1.0, 1.0 + 4e-7])
    return p if space == "probs" else [min(0.0, math.log(x)) if x > 0 else -math.inf for x in p]


def _distribution(rng: random.Random, k: int) -> list[float]:
    """Probabilities that add up to 1, some of them rounded to a few digits."""
    weights = [rng.expovariate(1.0) ** rng.choice([1, 3]) for _ in range(k)]
    total = math.fsum(weights)
    digits = rng.choice([None, None, 6, 4])
    p = [x / total for x in weights]
    return p if digits is None else [round(x, digits) for x in p]


def single(rng: random.Random, space: str, edges: float) -> float:
    """One binary prediction."""
    if rng.random() < edges:
        return rng.choice(EDGES[space])
    if space == "logits":
        return rng.gauss(0.0, rng.choice([1.0, 10.0, 100.0]))
    p = rng.random() ** rng.choice([1, 4])
    p = round(p, rng.choice([2, 4, 17]))
    return p if space == "probs" else (min(0.0, math.log(p)) if p > 0 else -math.inf)


def truth(rng: random.Random, style: str) -> Any:
    """One binary label."""
    if style == "soft":
        return rng.choice([0, 1, round(rng.random(), 3), rng.random()])
    value = rng.random() < 0.5
    return {"int": int(value), "bool": value, "word": str(value), "float": float(value)}[style]


def _binary(draft: Draft) -> Roles:
    """A label and a prediction."""
    rng = draft.rng
    style = rng.choice(["int", "int", "bool", "word", "float", "soft"])
    label, pred = rng.choice(["label", "y_true", "target"]), SINGLE[draft.space]
    draft.columns = {
        label: [truth(rng, style) for _ in range(draft.n)],
        pred: [single(rng, draft.space, draft.edges) for _ in range(draft.n)],
    }
    return Roles("binary", draft.space, (label,), (pred,))


def _family(draft: Draft, names: Sequence[str]) -> tuple[str, ...]:
    """The prediction columns of several classes."""
    stem = STEMS[draft.space]
    return tuple(f"{stem}_{name}" for name in names)


def _fill(draft: Draft, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add rows as columns."""
    for j, column in enumerate(columns):
        draft.columns[column] = [row[j] for row in rows]


def _rows(draft: Draft) -> list[list[float]]:
    return [vector(draft.rng, draft.space, draft.k, draft.edges) for _ in range(draft.n)]


def _sparse(draft: Draft) -> Roles:
    """A label by name and a prediction for each class."""
    rng = draft.rng
    preds = _family(draft, draft.names)
    known = [int(name) if name.isdecimal() and draft.sure else name for name in draft.names]
    draft.columns["label"] = [rng.choice(known) for _ in range(draft.n)]
    _fill(draft, preds, _rows(draft))
    return Roles("sparse", draft.space, ("label",), preds, tuple(draft.names))


def _pair(draft: Draft) -> Roles:
    """A label and a prediction for each of its two classes."""
    roles = _sparse(draft)
    return replace(roles, kind="pair")


def _categorical(draft: Draft) -> Roles:
    """A target and a prediction for each class."""
    rng = draft.rng
    preds, labels = _family(draft, draft.names), tuple(f"t_{name}" for name in draft.names)
    hard = rng.random() < 0.4
    rows = []
    for _ in range(draft.n):
        place = rng.randrange(draft.k)
        rows.append([float(j == place) for j in range(draft.k)] if hard else _distribution(rng, draft.k))
    _fill(draft, labels, rows)
    _fill(draft, preds, _rows(draft))
    return Roles("categorical", draft.space, labels, preds, tuple(draft.names))


def _multilabel(draft: Draft) -> Roles:
    """A label and a prediction for each of several labels."""
    rng = draft.rng
    preds, labels = _family(draft, draft.names), tuple(f"t_{name}" for name in draft.names)
    style = rng.choice(["int", "int", "bool", "soft"])
    _fill(draft, labels, [[truth(rng, style) for _ in labels] for _ in range(draft.n)])
    _fill(draft, preds, [[single(rng, draft.space, draft.edges) for _ in preds] for _ in range(draft.n)])
    return Roles("multilabel", draft.space, labels, preds, tuple(draft.names))


_BUILD = {
    "binary": _binary,
    "sparse": _sparse,
    "pair": _pair,
    "categorical": _categorical,
    "multilabel": _multilabel,
}


def _extras(draft: Draft, roles: Roles, *, quotable: bool) -> Roles:
    """Perhaps a weight, an id, a column that nobody asked for."""
    rng = draft.rng
    if rng.random() < 0.25:
        draft.columns["sample_weight"] = [rng.choice([0, 1, 2, 0.5, rng.random(), 1e-3, 1e6]) for _ in range(draft.n)]
        if rng.random() < 0.8:
            roles = replace(roles, weight="sample_weight")
    if rng.random() < 0.25:
        draft.columns["id"] = [rng.choice([i, f"s{i}", rng.choice(HOSTILE)]) for i in range(draft.n)]
        roles = replace(roles, id="id")
    if rng.random() < 0.2:
        pool = HOSTILE + QUOTED if quotable else HOSTILE
        draft.columns["note"] = [rng.choice(pool) for _ in range(draft.n)]
    return roles


def _options(draft: Draft, roles: Roles) -> tuple[Options, list[str]]:
    """Options that change the number, with the flags that ask for them."""
    rng, kind = draft.rng, draft.kind
    chosen: dict[str, Any] = {}
    words: list[str] = ["--weight", "sample_weight"] if roles.weight else []
    if rng.random() < 0.2:
        chosen["unit"] = rng.choice(["bits", "bans"])
        words += ["--unit", chosen["unit"]]
    if rng.random() < 0.1:
        chosen["clip"] = rng.choice([1e-7, 1e-3, 0.05])
        words += ["--clip", repr(chosen["clip"])]
    if rng.random() < 0.15 and kind in ("sparse", "categorical", "pair") and draft.space != "logits":
        chosen["normalize"] = True
        words.append("--normalize")
    if rng.random() < 0.1:
        chosen["smoothing"] = rng.choice([0.1, 0.01, 0.9])
        words += ["--label-smoothing", repr(chosen["smoothing"])]
    if rng.random() < 0.15 and kind in ("binary", "multilabel"):
        chosen["pos_weight"] = rng.choice([2.0, 0.1, 1e6])
        words += ["--pos-weight", repr(chosen["pos_weight"])]
    if rng.random() < 0.1 and draft.sure and kind in ("sparse", "categorical", "binary", "pair"):
        names = ["0", "1"] if kind == "binary" else draft.names
        chosen["class_weight"] = {name: rng.choice([0.0, 0.5, 2.0, 3.7]) for name in names if rng.random() < 0.7}
        if chosen["class_weight"]:
            words += ["--class-weight", ",".join(f"{name}={value!r}" for name, value in chosen["class_weight"].items())]
    if rng.random() < 0.1:
        chosen["divide_by"] = "count"
        words += ["--divide-by", "count"]
    if rng.random() < 0.1 and kind == "sparse" and draft.sure:
        chosen["ignore"] = (rng.choice(draft.names),)
        words += ["--ignore-label", chosen["ignore"][0]]
    if rng.random() < 0.3:
        chosen["skip"] = True
        words += ["--on-bad-row", "skip"]
    if rng.random() < 0.1:
        chosen["tolerance"] = rng.choice([0.0, 1e-6, 0.1, 0.5])
        words += ["--sum-tolerance", repr(chosen["tolerance"])]
    return Options(**chosen), words


def _command(draft: Draft, roles: Roles) -> tuple[str, ...]:
    """`score`, which works it out, or the command of the kind with what it is told."""
    command = "binary" if draft.kind in ("pair", "multilabel") else draft.kind
    if draft.rng.random() < 0.6 and draft.sure and draft.kind not in ("pair", "multilabel"):
        return ("score",)
    if draft.kind in ("multilabel", "categorical"):
        return (command, "--targets", "t_*", "--preds", f"{STEMS[draft.space]}_*", "--from", draft.space)
    if draft.kind == "binary":
        return (command, "--label", roles.labels[0], "--preds", roles.preds[0], "--from", draft.space)
    return (command, "--label", "label", "--preds", f"{STEMS[draft.space]}_*", "--from", draft.space)
