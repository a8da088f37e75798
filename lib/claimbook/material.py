"""A ledger as read, before it is trusted: its records by file, the raw data beside them, what is known by id.

In: records and article. Out: lookups, and the measures on which the confidence rule rests.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from claimbook.article import Article, Selector
from claimbook.faults import did_you_mean
from claimbook.fields import first_day
from claimbook.records import Claim, Evidence, Judgement, Record, Source, Story

_PRIMARY = ("primary-official", "statistics")
_FILE_OF = {"claim": "claims.yaml", "evidence": "evidence.yaml", "source": "sources.yaml", "quote": "quotes.yaml"}
_READ_IN_FULL = ("whole", "data-file")


@dataclass
class Material:
    """A ledger as read: records by file, the raw data beside them, and what is known by id.

    `unread` names the files that could not be read at all; rules that need them say nothing.
    """

    story: Story
    article: Article
    records: dict[str, list[Record]]
    raw: dict[str, list[dict]]
    unread: frozenset[str] = frozenset()
    places: dict[str, Selector] = field(default_factory=dict)
    quote_places: dict[str, Selector] = field(default_factory=dict)

    def _index(self, file: str) -> dict[str, Record]:
        return {record.id: record for record in self.records[file]}

    @cached_property
    def claims(self) -> dict[str, Claim]:
        return self._index("claims.yaml")

    @cached_property
    def evidence(self) -> dict[str, Evidence]:
        return self._index("evidence.yaml")

    @cached_property
    def sources(self) -> dict[str, Source]:
        return self._index("sources.yaml")

    @cached_property
    def known(self) -> dict[str, set[str]]:
        """Ids by kind, those of records with faults of their own included, so that one fault is told once."""
        ids = {file: {str(r.get("id")) for r in records if "id" in r} for file, records in self.raw.items()}
        sentences, paragraphs = self.article.sentences, self.article.paragraphs
        article = {"sentence": {s.id for s in sentences}, "paragraph": {p.id for p in paragraphs}}
        return article | {kind: ids[file] for kind, file in _FILE_OF.items()}


def origins(judgement: Judgement, evidence: dict[str, Evidence], sources: dict[str, Source], outlet: str) -> set[str]:
    """The independent origins of a judgement's deciding evidence; the article's own outlet vouches for nothing."""
    return {
        " ".join(sources[name].origin.casefold().split())
        for item in judgement.deciding
        if item in evidence
        for name in evidence[item].sources
        if name in sources
    } - {outlet.casefold()}


def primary_read_in_full(judgement: Judgement, evidence: dict[str, Evidence], sources: dict[str, Source]) -> bool:
    """Whether deciding evidence rests on an official text or statistics read in full."""
    cited = (name for item in judgement.deciding if item in evidence for name in evidence[item].sources)
    read = (sources[name] for name in cited if name in sources)
    return any(source.kind in _PRIMARY and source.read in _READ_IN_FULL for source in read)


def unknown(m: Material, kind: str, name: str, field_name: str) -> Iterator[str]:
    """Say that an id is not there, with the nearest one that is; nothing when its file could not be read."""
    if name not in m.known[kind] and _FILE_OF.get(kind) not in m.unread:
        yield f"{field_name}: no {kind} {name!r}{did_you_mean(name, m.known[kind]) or '; add it or mend the id'}"


def unknowns(m: Material, kind: str, names: Iterable[str], field_name: str) -> Iterator[str]:
    """Say which ids of a list are not there or stand in it twice."""
    for name, times in Counter(names).items():
        if times > 1:
            yield f"{field_name}: {name} stands {times} times; keep it once"
        yield from unknown(m, kind, name, field_name)


def after(day: str | None, limit: str) -> bool:
    """Whether a date, month or year lies wholly after the day `limit`; an unknown date does not."""
    return day is not None and first_day(day) > first_day(limit)


def past_horizon(m: Material, item: Evidence) -> bool:
    """Whether evidence is of the time after the horizon: by its own date, or because no source of it is older."""
    dates = [m.sources[name].published for name in item.sources if name in m.sources]
    horizon = m.story.evidence_horizon
    return after(item.date, horizon) or (bool(dates) and all(after(day, horizon) for day in dates))
