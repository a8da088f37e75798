"""Rules for claims and the two judgements on them: each a small generator of faults."""

import re
from collections.abc import Iterator

from claimbook.article import AmbiguousQuoteError, QuoteError, Selector
from claimbook.faults import Fault
from claimbook.material import Material, origins, past_horizon, primary_read_in_full, unknown, unknowns
from claimbook.records import Claim, Judgement, Quote


def _sentences_covered(m: Material) -> Iterator[Fault]:
    if "claims.yaml" not in m.unread and not m.story.unfinished:
        yield from sentences_without_claim(m)


def sentences_without_claim(m: Material) -> Iterator[Fault]:
    """The sentences that no claim is made of: a fault, or in an unfinished story what is still to do."""
    covered = {str(record.get("sentence")) for record in m.raw["claims.yaml"]}
    for sentence in m.article.sentences:
        if sentence.id not in covered:
            yield Fault("claims.yaml", sentence.id, f'no claim of the sentence "{sentence.text[:60]}"; add one')


def located(m: Material, file: str, record: Claim | Quote, places: dict[str, Selector]) -> Iterator[Fault]:
    """Find the quotation of a record in its sentence and note the place."""
    if fault := next(unknown(m, "sentence", record.sentence, "sentence"), None):
        yield Fault(file, record.id, fault)
        return
    try:
        places[record.id] = m.article.locate(record.quote, within=record.sentence)
    except QuoteError as error:
        yield Fault(file, record.id, str(error))


def _claims_located(m: Material) -> Iterator[Fault]:
    for claim in m.records["claims.yaml"]:
        yield from located(m, "claims.yaml", claim, m.places)


def _claims_in_order(m: Material) -> Iterator[Fault]:
    names = [record.get("id") for record in m.raw["claims.yaml"]]
    if len(set(map(str, names))) < len(names):
        return  # told by the rule on unique ids
    width = max(2, len(str(len(names))))
    for number, record in enumerate(m.raw["claims.yaml"], 1):
        wanted = f"C{number:0{width}d}"
        if "id" in record and record["id"] != wanted:
            yield Fault("claims.yaml", str(record["id"]), f"is number {number} in the file; name it {wanted}")
            break  # all that follow are out of step for the same reason
    placed = [(claim.id, m.places[claim.id].start) for claim in m.records["claims.yaml"] if claim.id in m.places]
    for (before, start), (name, at) in zip(placed, placed[1:], strict=False):
        if at < start:
            yield Fault("claims.yaml", name, f"stands in the text before {before}; put the claims in order of the text")


def _attribution(m: Material, claim: Claim) -> Iterator[str]:
    if claim.attribution == "none":
        if claim.attributed_to:
            yield "attributed_to is given but attribution is none; drop it or code the attribution"
        if claim.voice != "writer":
            yield f"voice is {claim.voice} but attribution none is the writer's own voice; mend one of them"
        return
    if claim.voice == "writer":
        yield f"voice is writer but attribution is {claim.attribution}; name who speaks"
    if not claim.attributed_to:
        yield "attributed_to is missing; give the article's own words for the source"
        return
    try:
        m.article.locate(claim.attributed_to)
    except AmbiguousQuoteError:
        pass  # a name may well stand more than once
    except QuoteError as error:
        yield f"attributed_to: {error}"


def in_quotation_marks(m: Material, place: Selector) -> bool:
    """Whether a passage holds quoted words or lies inside quotation marks."""
    paragraph = next(p for p in m.article.paragraphs if p.start <= place.start < p.end)
    before, inside = m.article.text[paragraph.start : place.start], place.exact
    if re.search(r"[“”„«»「」『』\"]", inside):
        return True
    opened = any(before.count(o) > before.count(c) for o, c in ("“”", "„“", "«»", "»«", "「」", "『』"))
    return opened or before.count('"') % 2 == 1


def _kind(m: Material, claim: Claim) -> Iterator[str]:
    """What the definitions of kind, checkable and verdict exclude together."""
    at_publication, outcome = claim.at_publication.verdict, claim.outcome.verdict
    if claim.kind in ("event", "state") and outcome != "not-applicable":
        yield f"kind {claim.kind} is a past or present fact, so its outcome is not-applicable, not {outcome}"
    if claim.kind in ("schedule", "forecast") and outcome == "not-applicable":
        yield f"kind {claim.kind} is still to come, so its outcome cannot be not-applicable; judge it"
    if claim.kind in ("event", "schedule", "figure", "quotation") and at_publication == "not-checkable":
        yield f"not-checkable is for forecasts and opinions, not for kind {claim.kind}; say unverifiable or judge it"
    if claim.kind == "quotation" and claim.id in m.places and not in_quotation_marks(m, m.places[claim.id]):
        yield "kind quotation, but the anchor holds no words in quotation marks; code it by what it says"
    if claim.checkable == "later" and claim.kind not in ("schedule", "forecast"):
        yield f"checkable later is for schedules and forecasts, not for kind {claim.kind}; say yes or no"
    if claim.checkable == "yes" and at_publication == "not-checkable":
        yield "checkable yes, but judged not-checkable; mend one of them"
    if claim.checkable == "no" and at_publication not in ("not-checkable", "unverifiable"):
        yield f"checkable no, but judged {at_publication}; mend one of them"


def _weighed(m: Material, judgement: Judgement, name: str) -> Iterator[str]:
    """What holds for both judgements: evidence that exists, decides, and carries the confidence."""
    yield from unknowns(m, "evidence", judgement.cited, name)
    if not judgement.cited:
        yield f"{name}: cites no evidence; name what it rests on"
    elif not judgement.deciding:
        yes = judgement.verdict in ("accurate", "accurate-incomplete", "happened")
        lists = "supports" if yes else "contradicts or qualifies"
        yield f"{name}: {judgement.verdict} needs evidence under {lists}; add it or change the verdict"
    elif judgement.confidence == "high" and _all_read(m, judgement):
        yield from _high(m, judgement, name)


def _all_read(m: Material, judgement: Judgement) -> bool:
    """Whether all deciding evidence and its sources are there; what is missing is told where it is missing."""
    items = [m.evidence.get(item) for item in judgement.deciding]
    return all(item and all(name in m.sources for name in item.sources) for item in items)


def _high(m: Material, judgement: Judgement, name: str) -> Iterator[str]:
    """Rule 3 of CODEBOOK: one primary document read in full, or two independent sources."""
    if primary_read_in_full(judgement, m.evidence, m.sources):
        return
    found = sorted(origins(judgement, m.evidence, m.sources, m.story.outlet))
    if len(found) < 2:
        yield (
            f"{name}: confidence high rests on {len(found)} independent origin ({', '.join(found) or 'none'}) "
            "and no primary text read in full; add a second origin or lower the confidence"
        )


def _at_publication(m: Material, claim: Claim) -> Iterator[str]:
    judgement = claim.at_publication
    yield from _weighed(m, judgement, "at_publication")
    for item in judgement.cited:
        if item in m.evidence and not m.evidence[item].known_at_publication:
            yield f"at_publication: {item} was not known at publication; move it to the outcome"
    if judgement.verdict == "accurate-incomplete" and not judgement.qualifies:
        yield "at_publication: accurate-incomplete needs evidence under qualifies: the fact that is left out"
    if judgement.confidence == "low" and not judgement.would_change:
        yield "at_publication: confidence low needs would_change: what would settle it"


def _outcome(m: Material, claim: Claim) -> Iterator[str]:
    outcome = claim.outcome
    yield from unknowns(m, "evidence", outcome.reported_after_horizon, "outcome.reported_after_horizon")
    for item in outcome.reported_after_horizon:
        if item in m.evidence and not past_horizon(m, m.evidence[item]):
            yield f"outcome: {item} is not dated after the horizon; weigh it among the lists before it"
        if item in outcome.cited:
            yield f"outcome: {item} both settles and is reported after the horizon; keep one"
    for item in outcome.cited:
        if item in m.evidence and past_horizon(m, m.evidence[item]):
            yield f"outcome: {item} is dated after the horizon; it may stand under reported_after_horizon only"
    if outcome.verdict == "not-applicable":
        if outcome.cited or outcome.confidence:
            yield "outcome: not-applicable takes no evidence and no confidence; drop them or judge the outcome"
        return
    if not outcome.confidence:
        yield "outcome: confidence is missing; add it"
    if not outcome.reason:
        yield "outcome: reason is missing; say in a sentence or two why"
    yield from _weighed(m, outcome, "outcome")


def _claims(m: Material) -> Iterator[Fault]:
    for claim in m.records["claims.yaml"]:
        for rule in (_attribution, _kind, _at_publication, _outcome):
            for what in rule(m, claim):
                yield Fault("claims.yaml", claim.id, what)


def _ranks(m: Material) -> Iterator[Fault]:
    """Ranks run 1, 2, 3 ...: of the claims that matter most (six at most), and of the omissions."""
    for file, key in (("claims.yaml", "matters"), ("omissions.yaml", "rank")):
        ranked = sorted((getattr(r, key), r.id) for r in m.records[file] if getattr(r, key) is not None)
        for place, (rank, name) in enumerate(ranked, 1):
            if rank != place:
                yield Fault(file, name, f"{key} {rank} where {place} is due; give each rank from 1 on once")
                break
        if key == "matters" and len(ranked) > 6:
            yield Fault(file, ranked[6][1], "more than six claims that matter most; keep six")


RULES = (_claims_located, _claims_in_order, _sentences_covered, _claims, _ranks)
