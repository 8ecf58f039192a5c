"""The signature: every convention that can change the number, as a value that can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from xent_cli._version import __version__
from xent_cli.contract.frozen import struct
from xent_cli.scoring.options import UNITS, Options

if TYPE_CHECKING:
    from xent_cli.scoring.scheme import Scheme
    from xent_cli.scoring.tally.tally import Tally


@struct
class Signature:
    """The conventions behind a mean as fields (name, value), in a fixed order; a name without a colon has None."""

    fields: tuple[tuple[str, str | None], ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """The fields of a signature that any version wrote; `.text` gives the same text back."""
        parts = (part.partition(":") for part in text.split("|"))
        return cls(tuple((name, value if colon else None) for name, colon, value in parts))

    @property
    def text(self) -> str:
        """The signature on one line: name:value|name:value."""
        return "|".join(map(_field_text, self.fields))

    def with_field(self, name: str, value: str) -> Signature:
        """The signature with another value of one of its fields."""
        return Signature(tuple((each, value if each == name else own) for each, own in self.fields))

    def diff(self, other: Signature) -> Differences:
        """What stands in one of two signatures alone."""
        return Differences(
            Signature(tuple(field for field in self.fields if field not in other.fields)),
            Signature(tuple(field for field in other.fields if field not in self.fields)),
        )


@struct
class Differences:
    """The fields of two signatures that the other does not have: none on either side if only the order differs."""

    here: Signature
    there: Signature

    def __bool__(self) -> bool:
        """Whether any field differs."""
        return bool(self.here.fields or self.there.fields)

    @property
    def row_counts(self) -> tuple[int, int] | None:
        """Both numbers of rows, where these alone differ."""
        if not len(self.here.fields) == len(self.there.fields) == 1:
            return None
        (name, here), (other, there) = self.here.fields[0], self.there.fields[0]
        if not name == other == "n" or here is None or there is None or not (here.isdecimal() and there.isdecimal()):
            return None
        return int(here), int(there)


def signature_of(scheme: Scheme, tally: Tally, options: Options) -> Signature:
    """Every convention that can change the number; what is rarely used is named only where it is used."""
    plan, chosen = scheme.plan, options.conventions
    fields = {
        "xent": ".".join(__version__.split(".")[:2]),
        "kind": "multilabel" if plan.multilabel else plan.kind,
        "from": plan.space,
        "unit": UNITS[chosen.unit][0],
        "clip": "none" if chosen.clip is None else _digits(chosen.clip),
        "norm": "yes" if chosen.normalize else "no",
        "w": _word(plan.weight or "none"),
        "ignore": ",".join(map(_word, chosen.ignore)) or "none",
        "smooth": _digits(chosen.smoothing),
    }
    if chosen.class_weight == "balanced":
        fields["cw"] = "balanced"
    elif isinstance(chosen.class_weight, Mapping):
        fields["cw"] = ",".join(f"{_word(name)}={_digits(value)}" for name, value in chosen.class_weight.items())
    if chosen.pos_weight != 1.0:
        fields["pos"] = _digits(chosen.pos_weight)
    if chosen.divide_by != "weight":
        fields["div"] = chosen.divide_by
    if plan.of != "positive":
        fields["of"] = plan.of
    if plan.positive is not None:
        fields["positive"] = _word(plan.positive)
    if tally.rows.skipped:
        fields["skipped"] = f"{tally.rows.skipped}"
    fields |= {"k": f"{len(plan.predictions) if plan.multilabel else scheme.k}", "n": f"{tally.rows.scored}"}
    return Signature(tuple(fields.items()))


def _field_text(field: tuple[str, str | None]) -> str:
    """A field as it stands in the text."""
    name, value = field
    return name if value is None else f"{name}:{value}"


def _digits(value: float) -> str:
    """A number with all its digits, as short as they allow."""
    return repr(float(value)).removesuffix(".0")


def _word(name: str) -> str:
    """A name as part of a signature: what separates there, and what breaks a line, as %XX."""
    return "".join(f"%{ord(c):02X}" if c in "%|,=" or not c.isprintable() else c for c in name)
