"""Rules for evidence, quotations, attributions, omissions, lineage and standards: each a small generator of faults."""

from collections.abc import Iterator

from claimbook.faults import Fault, did_you_mean
from claimbook.fidelity import quote_fidelity
from claimbook.material import Material, after, unknown, unknowns
from claimbook.records import Evidence, Quote
from claimbook.rules_claims import in_quotation_marks, located
from claimbook.words import words


def _evidence(m: Material) -> Iterator[Fault]:
    for item in m.records["evidence.yaml"]:
        for what in _one_evidence(m, item):
            yield Fault("evidence.yaml", item.id, what)


def _one_evidence(m: Material, item: Evidence) -> Iterator[str]:
    yield from unknowns(m, "source", item.sources, "source")
    if item.date_precision and item.date and len(item.date) != {"year": 4, "month": 7, "day": 10}[item.date_precision]:
        yield f"date {item.date} is not given to the {item.date_precision}; mend date or date_precision"
    if not item.known_at_publication:
        return
    published = m.story.published
    if after(item.date, published):
        yield f"dated {item.date}, after the publication on {published}, so it was not known then; mend one of them"
    dates = [m.sources[name].published for name in item.sources if name in m.sources]
    if dates and all(after(day, published) for day in dates) and not item.note:
        yield (
            f"known at publication, but its source is of {min(dates)}; add a source of the time, "
            "or say in note how it was public"
        )


def _cited_anywhere(m: Material, keys: tuple[str, ...]) -> set[str]:
    """Ids under these keys anywhere in the raw records, so that a record with a fault still counts as citing."""
    found: set[str] = set()

    def walk(node, key: str) -> None:
        if isinstance(node, dict):
            for inner, value in node.items():
                walk(value, inner)
        elif isinstance(node, list):
            for value in node:
                walk(value, key)
        elif key in keys and node is not None:
            found.add(str(node))

    for records in m.raw.values():
        walk(records, "")
    return found


def _nothing_unused(m: Material) -> Iterator[Fault]:
    if m.unread:
        return
    lists = ("supports", "qualifies", "contradicts", "reported_after_horizon", "evidence")
    for file, kind, keys in (
        ("evidence.yaml", "evidence", lists),
        ("sources.yaml", "source", ("source", "also", "follows")),
    ):
        for name in sorted(m.known[kind] - _cited_anywhere(m, keys)):
            yield Fault(file, name, "is cited nowhere; cite it or take it out")


def _quotes(m: Material) -> Iterator[Fault]:
    for quote in m.records["quotes.yaml"]:
        yield from located(m, "quotes.yaml", quote, m.quote_places)
        for what in _one_quote(m, quote):
            yield Fault("quotes.yaml", quote.id, what)


def _one_quote(m: Material, quote: Quote) -> Iterator[str]:
    yield from unknown(m, "claim", quote.claim, "claim")
    if quote.claim in m.claims and m.claims[quote.claim].sentence != quote.sentence:
        yield f"claim {quote.claim} stands in {m.claims[quote.claim].sentence}, not {quote.sentence}; mend one of them"
    if quote.marks and quote.id in m.quote_places and not in_quotation_marks(m, m.quote_places[quote.id]):
        yield "marks is true, but the words are not in quotation marks in the article; mend marks"
    if quote.marks and quote.paraphrase:
        yield "is a paraphrase and in quotation marks at once; mend one of them"
    if quote.originals and sum(original.best for original in quote.originals) != 1:
        yield "originals need exactly one marked best: true; mark the one nearest to the speaker's mouth"
    for original in quote.originals:
        yield from unknown(m, "source", original.source, "originals")
    yield from _to_the_letter(m, quote)


def _to_the_letter(m: Material, quote: Quote) -> Iterator[str]:
    """Rule 4 of CODEBOOK: a change inside quotation marks is inaccurate, however kind the sense."""
    claim = m.claims.get(quote.claim)
    best = next((original for original in quote.originals if original.best), None)
    if not quote.marks or not claim or claim.kind != "quotation" or not best:
        return
    if not words(quote.quote) or not words(best.words):
        return
    found, verdict = quote_fidelity(quote.quote, best.words), claim.at_publication.verdict
    if found.changes and verdict != "inaccurate":
        yield f"the words inside the marks are changed ({found}), so {claim.id} is inaccurate, not {verdict}"
    if not found.changes and verdict == "inaccurate":
        yield f"the words inside the marks are the speaker's, but {claim.id} is judged inaccurate; mend one of them"


def _attributions(m: Material) -> Iterator[Fault]:
    for record in m.records["attributions.yaml"]:
        for what in (*unknown(m, "claim", record.claim, "claim"), *unknown(m, "source", record.source, "source")):
            yield Fault("attributions.yaml", record.id, what)


def _omissions(m: Material) -> Iterator[Fault]:
    for record in m.records["omissions.yaml"]:
        faults = [
            *unknowns(m, "claim", record.claims, "claims"),
            *unknowns(m, "evidence", record.evidence, "evidence"),
            *(f"{kind}: names none; an omission bears on a claim and has a source"
              for kind in ("claims", "evidence") if not getattr(record, kind)),
            *(f"evidence: {item} was not known at publication, so leaving it out is no omission"
              for item in record.evidence if item in m.evidence and not m.evidence[item].known_at_publication),
            *(f"claims: omission names an accurate claim, {name}; drop it, or judge {name} accurate-incomplete"
              for name in record.claims if name in m.claims and m.claims[name].at_publication.verdict == "accurate"),
        ]
        for what in faults:
            yield Fault("omissions.yaml", record.id, what)


def _lineage(m: Material) -> Iterator[Fault]:
    for record in m.records["lineage.yaml"]:
        faults = [
            *unknown(m, "paragraph", record.paragraph, "paragraph"),
            *(unknown(m, "source", record.follows, "follows") if record.follows else ()),
            *unknowns(m, "evidence", record.evidence, "evidence"),
        ]
        if (record.follows is None) != (record.how == "not-found"):
            faults.append("how is not-found exactly when follows is null; mend one of them")
        for what in faults:
            yield Fault("lineage.yaml", record.paragraph, what)


def _standards(m: Material) -> Iterator[Fault]:
    for record in m.records["standards.yaml"]:
        for test in record.test:
            named = [(kind, getattr(test, kind)) for kind in ("claim", "sentence", "quote") if getattr(test, kind)]
            if len(named) != 1:
                yield Fault("standards.yaml", record.id, "test: name one of claim, sentence or quote")
            for kind, name in named:
                for what in unknown(m, kind, name, "test"):
                    yield Fault("standards.yaml", record.id, what)


def _not_found(m: Material) -> Iterator[Fault]:
    if "claims.yaml" in m.unread:
        return
    known = set().union(*(m.known[kind] for kind in ("claim", "sentence", "paragraph")))
    for number, record in enumerate(m.records["not_found.yaml"], 1):
        for name in record.bears_on:
            if name not in known:
                hint = did_you_mean(name, known) or "; name a claim, sentence or paragraph"
                yield Fault("not_found.yaml", f"record {number}", f"bears_on: no {name!r}{hint}")


RULES = (_evidence, _quotes, _attributions, _omissions, _lineage, _standards, _not_found, _nothing_unused)
