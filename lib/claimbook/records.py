"""The records of the ledger: one frozen model a file of data/ledger/, one field a question of CODEBOOK.

In: plain data from YAML. Out: typed records, or every field that does not fit, in plain words.
"""

from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, StrictBool, StrictFloat, StrictInt, ValidationError

from claimbook.faults import did_you_mean
from claimbook.fields import Day, Id, Ids, InHouse, PartialDate, Reason, Text, Url

Kind = Literal[
    "event", "schedule", "state", "figure", "quotation", "position", "causal", "forecast", "characterisation"
]
Attribution = Literal["named", "unnamed-one", "unnamed-many", "other-media", "none"]
Voice = Literal[
    "us-official", "chinese-official", "third-country", "industry", "independent-expert", "media", "writer"
]
Party = Literal[
    "us", "china", "asean", "malaysia", "japan", "south-korea", "australia", "taiwan", "russia", "ukraine", "industry"
]
Checkable = Literal["yes", "later", "no"]
PublicationVerdict = Literal[
    "accurate", "accurate-incomplete", "imprecise", "misleading", "inaccurate", "unverifiable", "not-checkable"
]
OutcomeVerdict = Literal[
    "happened", "partly", "not-yet", "did-not-happen", "overtaken", "undetermined", "not-applicable"
]
Confidence = Literal["low", "medium", "high"]
SourceKind = Literal[
    "primary-official", "statistics", "wire", "press", "company", "academic", "think-tank", "reference"
]
Read = Literal["whole", "excerpt", "data-file"]
Relation = Literal["supports", "qualifies", "contradicts", "context", "outcome"]
Following = Literal["same-order", "same-wording", "same-facts", "not-found"]


class Record(BaseModel):
    """Base of all records: frozen, no unknown keys, no guessing of types."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Story(Record):
    """story.yaml: the article under study; while it is `unfinished`, sentences may still lack their claims."""

    title: Text
    outlet: Text
    url: Url
    article: InHouse
    published: Day
    evidence_horizon: Day
    language: Text
    note: Text | None = None
    unfinished: StrictBool = False


class Judgement(Record):
    """What both judgements of a claim share."""

    supports: Ids = ()
    qualifies: Ids = ()
    contradicts: Ids = ()

    @property
    def cited(self) -> Ids:
        """All evidence that the judgement weighs."""
        return self.supports + self.qualifies + self.contradicts

    @property
    def deciding(self) -> Ids:
        """The evidence that the verdict rests on: for a plain yes the supports, for a plain no what speaks against."""
        if self.verdict in ("accurate", "accurate-incomplete", "happened"):
            return self.supports
        if self.verdict in ("inaccurate", "did-not-happen"):
            return self.contradicts + self.qualifies
        return self.cited


class AtPublication(Judgement):
    """The judgement by what was public on the day of publication."""

    verdict: PublicationVerdict
    confidence: Confidence
    reason: Reason
    would_change: Text | None = None


class Outcome(Judgement):
    """What the record up to the evidence horizon shows."""

    verdict: OutcomeVerdict
    confidence: Confidence | None = None
    reason: Reason | None = None
    reported_after_horizon: Ids = ()


class Claim(Record):
    """claims.yaml: one thing that can be true or false, or that somebody said, planned or expected."""

    id: Id
    sentence: Id
    quote: Text
    statement: Text
    kind: Kind
    attribution: Attribution
    attributed_to: Text | None = None
    voice: Voice
    about: tuple[Party, ...] = ()
    checkable: Checkable
    at_publication: AtPublication
    outcome: Outcome
    matters: StrictInt | None = None


class Evidence(Record):
    """evidence.yaml: one dated fact with its source."""

    id: Id
    statement: Text
    date: PartialDate | None
    date_precision: Literal["day", "month", "year"] | None = None
    source: Id
    also: Ids = ()
    locator: Text | None = None
    relation: Relation
    known_at_publication: StrictBool
    value: StrictInt | StrictFloat | None = None
    unit: Text | None = None
    note: Text | None = None
    disputed: StrictBool = False

    @property
    def sources(self) -> Ids:
        """The source and those that say the same."""
        return (self.source, *self.also)


class Source(Record):
    """sources.yaml: one document, with its ultimate independent origin."""

    id: Id
    title: Text
    publisher: Text
    origin: Text
    kind: SourceKind
    published: PartialDate | None
    url: Url
    language: Text
    read: Read
    note: Text | None = None


class Original(Record):
    """The speaker's words as one source gives them."""

    words: Text
    source: Id
    best: StrictBool
    note: Text | None = None


class Quote(Record):
    """quotes.yaml: words of the article and what the speaker said."""

    id: Id
    sentence: Id
    quote: Text
    marks: StrictBool
    speaker: Text
    said_on: PartialDate | None = None
    said_at: Text | None = None
    paraphrase: StrictBool
    claim: Id
    originals: tuple[Original, ...] = ()
    note: Text | None = None


class Wording(Record):
    """attributions.yaml: how one outlet attributes a claim of the article."""

    id: Id
    claim: Id
    outlet: Text
    wording: Text
    attribution: Attribution
    credits: Text | None = None
    published: PartialDate | None = None
    source: Id
    note: Text | None = None


class Omission(Record):
    """omissions.yaml: a public fact left out that changes what a reader would believe."""

    id: Id
    rank: StrictInt
    statement: Text
    why: Text
    claims: Ids
    evidence: Ids


class Lineage(Record):
    """lineage.yaml: where the text of a paragraph comes from."""

    paragraph: Id
    follows: Id | None = None
    how: Following
    evidence: Ids = ()
    note: Text | None = None


class StandardTest(Record):
    """Where the article meets or breaks a rule; names one claim, sentence or quote."""

    claim: Id | None = None
    sentence: Id | None = None
    quote: Id | None = None
    met: Literal[True, False, "unclear"]
    why: Text


class Standard(Record):
    """standards.yaml: a published newsroom rule, in our words."""

    id: Id
    organisation: Text
    rule: Text
    url: Url
    read_at: Text
    test: tuple[StandardTest, ...] = ()
    note: Text | None = None


class NotFound(Record):
    """not_found.yaml: what was looked for in vain."""

    topic: Text
    what: Text
    bears_on: Ids = ()


FILES: dict[str, type[Record]] = {
    "story.yaml": Story,
    "claims.yaml": Claim,
    "evidence.yaml": Evidence,
    "sources.yaml": Source,
    "quotes.yaml": Quote,
    "attributions.yaml": Wording,
    "omissions.yaml": Omission,
    "lineage.yaml": Lineage,
    "standards.yaml": Standard,
    "not_found.yaml": NotFound,
}


def values(kind) -> tuple:
    """The allowed values of a field, in the order of CODEBOOK."""
    return get_args(kind)


def _place(location: tuple) -> str:
    """outcome.supports.2 as a person would say it."""
    return ".".join(str(part + 1) if isinstance(part, int) else str(part) for part in location)


def problems(model: type[Record], data: object, error: ValidationError) -> Iterator[str]:
    """Say in plain words what keeps `data` from being a `model`.

    Yields
    ------
    str
        "field: what is wrong; remedy", one for each fault.
    """
    for fault in error.errors(include_url=False, include_context=True):
        where, kind, given = fault["loc"], fault["type"], fault["input"]
        place = f"{_place(where)}: " if where else ""
        if kind == "missing":
            yield f"{_place(where)} is missing; add it"
        elif kind == "extra_forbidden":
            yield f"unknown key {_place(where)!r}{_nearest_key(model, where)}"
        elif kind == "literal_error":
            allowed = fault["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
            yield f"{place}{given!r} is not one of {allowed}{did_you_mean(str(given), allowed.split(', '))}"
        elif kind == "value_error":
            yield f"{place}{fault['ctx']['error']}"
        elif kind == "string_too_short":
            yield f"{place}is empty; write it out"
        elif kind == "string_pattern_mismatch":
            yield f"{place}{given!r} is no id; use letters, digits, dots, hyphens"
        elif kind == "int_type" and where[-1] == "int":
            continue  # a number of either kind: told once, as no float
        elif kind == "float_type":
            yield f"{_place(where[:-1])}: {given!r} is no number; write 12 or 12.5, without quotation marks"
        elif kind == "tuple_type":
            yield f"{place}{given!r} is no list; write it in brackets, [a, b], or [] when there is none"
        else:
            wanted = fault["msg"].removeprefix("Input should be ")
            yield f"{place}{given!r} should be {wanted}; check the value and its quotation marks"


def _nearest_key(model: type[Record], where: tuple) -> str:
    """The known key nearest to an unknown one; models inside are found by the names on the way."""
    for part in where[:-1]:
        if isinstance(part, str):
            inner = model.model_fields[part].annotation
            candidates = [inner, *get_args(inner)]
            model = next((c for c in candidates if isinstance(c, type) and issubclass(c, Record)), model)
    return did_you_mean(where[-1], model.model_fields) or "; delete it"
