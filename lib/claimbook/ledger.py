"""The ledger of the story: claims, judgements, evidence and sources, checked in full each time it is loaded.

In: data/ledger/*.yaml and the article. Out: `Ledger`, its records and tidy frames; or `LedgerError` with every fault.
"""

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from claimbook import records
from claimbook.article import Article, Selector
from claimbook.errors import ClaimbookError
from claimbook.faults import Fault, did_you_mean
from claimbook.home import home
from claimbook.material import Material, origins, primary_read_in_full
from claimbook.reading import read
from claimbook.records import values
from claimbook.rules import broken, placeholders
from claimbook.rules_claims import sentences_without_claim
from claimbook.words import words

_ROLES = ("supports", "qualifies", "contradicts", "reported_after_horizon")
JUDGEMENTS = ("at_publication", "outcome")


class LedgerError(ClaimbookError):
    """A ledger that breaks its rules; `faults` holds every one, and the message lists them a line each."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)
        super().__init__("\n".join(map(str, self.faults)))


def _category(series: pd.Series, kind) -> pd.Categorical:
    return pd.Categorical(series, categories=list(values(kind)), ordered=True)


def _frame(rows: list[dict], columns: str, **kinds) -> pd.DataFrame:
    """A frame of rows, with its columns even when there is no row."""
    frame = pd.DataFrame(rows, columns=columns.split())
    for column, kind in kinds.items():
        frame[column] = _category(frame[column], kind)
    return frame


def _built_once(frame: Callable[["Ledger"], pd.DataFrame]) -> Callable[["Ledger"], pd.DataFrame]:
    """Build a frame of a ledger, which does not change, once; each caller gets a copy of its own."""

    @functools.wraps(frame)
    def copied(ledger: "Ledger") -> pd.DataFrame:
        built = ledger.__dict__.setdefault("_frames", {})
        if frame.__name__ not in built:
            built[frame.__name__] = frame(ledger)
        return built[frame.__name__].copy()

    return copied


@dataclass(frozen=True, eq=False)
class Ledger:
    """A ledger that keeps every rule.

    Attributes
    ----------
    story : records.Story
    article : Article
    claims, evidence, sources, quotes, attributions, omissions, lineage, standards, not_found : tuple
        The records in the order of their files.
    """

    story: records.Story
    article: Article
    claims: tuple[records.Claim, ...]
    evidence: tuple[records.Evidence, ...]
    sources: tuple[records.Source, ...]
    quotes: tuple[records.Quote, ...]
    attributions: tuple[records.Wording, ...]
    omissions: tuple[records.Omission, ...]
    lineage: tuple[records.Lineage, ...]
    standards: tuple[records.Standard, ...]
    not_found: tuple[records.NotFound, ...]
    _material: Material

    @classmethod
    def load(cls, folder: str | Path | None = None) -> "Ledger":
        """Read and check a ledger.

        Parameters
        ----------
        folder : str or Path, optional
            A folder ``data/ledger`` or the house it lies in; by default that of this house.

        Raises
        ------
        LedgerError
            If any file, record or rule is broken; it lists every fault with file, record and remedy.
        """
        folder = Path(folder) if folder is not None else home()
        if (folder / "data" / "ledger").is_dir():
            folder = folder / "data" / "ledger"
        material, faults = read(folder.resolve())
        if material:
            faults += broken(material)
        if faults or not material:
            raise LedgerError(faults)
        lists = {file.removesuffix(".yaml"): tuple(found) for file, found in material.records.items()}
        return cls(story=material.story, article=material.article, **lists, _material=material)

    def _one(self, known: dict, name: str, what: str):
        if name not in known:
            raise ClaimbookError(f"ledger: no {what} {name!r}{did_you_mean(name, known)}")
        return known[name]

    def claim(self, name: str) -> records.Claim:
        """Return a claim by its id; raises ClaimbookError if there is none."""
        return self._one(self._material.claims, name, "claim")

    def source(self, name: str) -> records.Source:
        """Return a source by its id; raises ClaimbookError if there is none."""
        return self._one(self._material.sources, name, "source")

    def place(self, name: str) -> Selector:
        """Return where the words of a claim stand in the article; raises ClaimbookError if there is none."""
        return self._one(self._material.places, self.claim(name).id, "claim")

    def quote_place(self, name: str) -> Selector:
        """Return where the words of a quotation (Q1 ...) stand; raises ClaimbookError if there is none."""
        return self._one(self._material.quote_places, name, "quote")

    @property
    def todo(self) -> list[Fault]:
        """What an unfinished story still lacks; empty for a finished one."""
        if not self.story.unfinished:
            return []
        return [*placeholders(self._material), *sentences_without_claim(self._material)]

    @_built_once
    def sentences_frame(self) -> pd.DataFrame:
        """One row a sentence: sentence, paragraph, start, end, text, claims (their number)."""
        counted = pd.Series([claim.sentence for claim in self.claims]).value_counts()
        return pd.DataFrame(
            [(s.id, s.paragraph, s.start, s.end, s.text, int(counted.get(s.id, 0))) for s in self.article.sentences],
            columns=["sentence", "paragraph", "start", "end", "text", "claims"],
        )

    @_built_once
    def claims_frame(self) -> pd.DataFrame:
        """One row a claim, in order of the text, codes as ordered categoricals.

        `words` counts the words of the anchor (`claimbook.words.words`); `about` is a comma-separated list;
        `start` and `end` are code points of the article, end excluded.
        """
        rows = [
            {
                "claim": c.id,
                "paragraph": c.sentence.split(".")[0],
                "sentence": c.sentence,
                "start": self.place(c.id).start,
                "end": self.place(c.id).end,
                "quote": self.place(c.id).exact,
                "statement": c.statement,
                "kind": c.kind,
                "attribution": c.attribution,
                "attributed_to": c.attributed_to,
                "voice": c.voice,
                "about": ", ".join(c.about),
                "checkable": c.checkable,
                "words": len(words(c.quote)),
                "at_publication": c.at_publication.verdict,
                "publication_confidence": c.at_publication.confidence,
                "outcome": c.outcome.verdict,
                "outcome_confidence": c.outcome.confidence,
                "matters": c.matters,
            }
            for c in self.claims
        ]
        frame = _frame(
            rows,
            "claim paragraph sentence start end quote statement kind attribution attributed_to voice about checkable "
            "words at_publication publication_confidence outcome outcome_confidence matters",
            kind=records.Kind,
            attribution=records.Attribution,
            voice=records.Voice,
            checkable=records.Checkable,
            at_publication=records.PublicationVerdict,
            publication_confidence=records.Confidence,
            outcome=records.OutcomeVerdict,
            outcome_confidence=records.Confidence,
        )
        frame["matters"] = frame["matters"].astype("Int64")
        return frame

    @_built_once
    def judgements_frame(self) -> pd.DataFrame:
        """Two rows a claim: its judgement at publication and its outcome.

        `origins` counts the independent origins of the deciding evidence, `primary` says whether it holds an official
        text or statistics read in full: what the confidence rule asks.
        """
        rows = []
        for claim in self.claims:
            for name in JUDGEMENTS:
                judgement = getattr(claim, name)
                m = self._material
                rows.append(
                    {
                        "claim": claim.id,
                        "judgement": name,
                        "verdict": judgement.verdict,
                        "confidence": judgement.confidence,
                        "reason": judgement.reason,
                        "would_change": getattr(judgement, "would_change", None),
                        "supports": len(judgement.supports),
                        "qualifies": len(judgement.qualifies),
                        "contradicts": len(judgement.contradicts),
                        "origins": len(origins(judgement, m.evidence, m.sources, self.story.outlet)),
                        "primary": primary_read_in_full(judgement, m.evidence, m.sources),
                    }
                )
        columns = (
            "claim judgement verdict confidence reason would_change supports qualifies contradicts origins primary"
        )
        frame = _frame(rows, columns, confidence=records.Confidence)
        verdicts = [*values(records.PublicationVerdict), *values(records.OutcomeVerdict)]
        frame["judgement"] = pd.Categorical(frame["judgement"], JUDGEMENTS, ordered=True)
        frame["verdict"] = pd.Categorical(frame["verdict"], verdicts, ordered=True)
        return frame

    @_built_once
    def evidence_frame(self) -> pd.DataFrame:
        """One row a piece of evidence, with the publisher, origin, kind and address of its source."""
        rows = []
        for item in self.evidence:
            source = self.source(item.source)
            rows.append(
                {
                    "evidence": item.id,
                    "statement": item.statement,
                    "date": item.date,
                    "known_at_publication": item.known_at_publication,
                    "relation": item.relation,
                    "source": item.source,
                    "also": ", ".join(item.also),
                    "locator": item.locator,
                    "publisher": source.publisher,
                    "origin": source.origin,
                    "source_kind": source.kind,
                    "read": source.read,
                    "published": source.published,
                    "url": source.url,
                    "value": None if item.value is None else float(item.value),
                    "unit": item.unit,
                    "disputed": item.disputed,
                    "note": item.note,
                }
            )
        columns = (
            "evidence statement date known_at_publication relation source also locator publisher origin source_kind "
            "read published url value unit disputed note"
        )
        return _frame(rows, columns, relation=records.Relation, source_kind=records.SourceKind, read=records.Read)

    @_built_once
    def citations_frame(self) -> pd.DataFrame:
        """One row for each time a judgement cites evidence: claim, judgement, relation (its list), evidence."""
        rows = [
            (claim.id, name, role, item)
            for claim in self.claims
            for name in JUDGEMENTS
            for role in _ROLES
            for item in getattr(getattr(claim, name), role, ())
        ]
        frame = pd.DataFrame(rows, columns=["claim", "judgement", "relation", "evidence"])
        frame["judgement"] = pd.Categorical(frame["judgement"], JUDGEMENTS, ordered=True)
        frame["relation"] = pd.Categorical(frame["relation"], _ROLES, ordered=True)
        return frame

    def evidence_for(self, claim: str, judgement: str | None = None) -> pd.DataFrame:
        """Return what a claim's judgements rest on, oldest first within each list.

        Parameters
        ----------
        claim : str
            Id of the claim.
        judgement : {"at_publication", "outcome"}, optional
            Only this one; by default both.

        Returns
        -------
        DataFrame
            judgement, relation, date, statement, publisher, origin, source_kind, read, url, evidence.
        """
        cited = self.citations_frame().query("claim == @name", local_dict={"name": self.claim(claim).id})
        if judgement is not None:
            cited = cited[cited["judgement"] == judgement]
        facts = self.evidence_frame().drop(columns=["relation"])
        frame = cited.merge(facts, on="evidence", how="left", validate="many_to_one")
        columns = ["judgement", "relation", "date", "statement", "publisher", "origin", "source_kind", "read", "url"]
        return frame.sort_values(["judgement", "relation", "date"], kind="stable", ignore_index=True)[
            [*columns, "evidence"]
        ]

    @_built_once
    def sources_frame(self) -> pd.DataFrame:
        """One row a source, and in how many pieces of evidence it stands."""
        columns = list(records.Source.model_fields)
        rows = [source.model_dump() for source in self.sources]
        frame = pd.DataFrame(rows, columns=columns).rename(columns={"id": "source"})
        cited = pd.Series([name for item in self.evidence for name in item.sources]).value_counts()
        frame["evidence"] = frame["source"].map(cited).fillna(0).astype("int64")
        frame["kind"] = _category(frame["kind"], records.SourceKind)
        frame["read"] = _category(frame["read"], records.Read)
        return frame

    @_built_once
    def standards_frame(self) -> pd.DataFrame:
        """One row for each test of a published rule; `met` is "met", "broken" or "unclear", or missing if untested."""
        words_of = {True: "met", False: "broken", "unclear": "unclear"}
        rows = []
        for rule in self.standards:
            base = {"standard": rule.id, "organisation": rule.organisation, "rule": rule.rule, "url": rule.url}
            for test in rule.test or (None,):
                tested = test and {
                    "where": test.claim or test.sentence or test.quote,
                    "met": words_of[test.met],
                    "why": test.why,
                }
                rows.append(base | (tested or {}))
        return pd.DataFrame(rows, columns=["standard", "organisation", "rule", "url", "where", "met", "why"])

    @_built_once
    def lineage_frame(self) -> pd.DataFrame:
        """One row a paragraph whose origin was looked for: paragraph, follows (publisher), url, how, note."""
        rows = []
        for record in self.lineage:
            source = self.source(record.follows) if record.follows else None
            rows.append(
                (record.paragraph, source and source.publisher, source and source.origin, source and source.url,
                 record.how, record.note)
            )
        frame = pd.DataFrame(rows, columns=["paragraph", "follows", "origin", "url", "how", "note"])
        frame["how"] = _category(frame["how"], records.Following)
        return frame
