"""Pages made from the ledger: the article with its claims, all claims, a page a claim, evidence, sources, method.

In: a `Ledger`. Out: HTML bodies, every word of ledger and article escaped by the templates of ``site/pages``.
"""

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from claimbook import records
from claimbook.display import GROUPS, SHADES, WORDS, WORST, day, segments
from claimbook.fidelity import quote_fidelity
from claimbook.ledger import JUDGEMENTS, Ledger
from claimbook.publish_exports import NO_REVIEW, RATING
from claimbook.publish_html import VERDICT_CLASS, link_out, markdown
from claimbook.records import values

MEANINGS = {
    "accurate": "A careful reader comes away with the right belief.",
    "accurate-incomplete": "True as worded; a public fact that changes its meaning is left out.",
    "imprecise": "The core is right, a detail is wrong or blurred.",
    "misleading": "True words, wrong impression.",
    "inaccurate": "Wrong. Words in quotation marks are held to the letter: a change inside the marks is inaccurate.",
    "unverifiable": "No public material settles it. Silence in the record is not held against the article.",
    "not-checkable": "A forecast or opinion that asserts no present fact.",
    "happened": "It came about.",
    "partly": "It came about in part.",
    "not-yet": "It had not come about, and still could.",
    "did-not-happen": "It did not come about.",
    "overtaken": "Events removed the question.",
    "undetermined": "The record does not settle it.",
    "not-applicable": "A past or present fact: nothing to await.",
}
RULES = (
    "The burden is on the article, but silence in the record is unverifiable, not inaccurate.",
    "The words used are judged, not what they might have meant.",
    "High confidence takes one primary document read in full, or two independent sources. Outlets that carry the same "
    "wire story are one source.",
    "Words in quotation marks are held to the letter.",
    "Anything learned after the day of publication can move the outcome, never the judgement on the day.",
    "Conflicts between sources are shown, not averaged.",
    "When two governments give different accounts, both are given, in their own terms.",
)
READ = {"whole": "read whole", "excerpt": "read as an excerpt", "data-file": "data file"}
_STOPS = re.compile(r"[.,;:!?…”’»)\]。，、；：！？」』）]*")
ROLES = (("supports", "For"), ("qualifies", "But"), ("contradicts", "Against"))


def long_day(text: str) -> str:
    """Return an ISO day as ``25 October 2025``."""
    date = dt.date.fromisoformat(text)
    return f"{date.day} {date:%B %Y}"


class Pages:
    """Renders the pages of one ledger.

    Parameters
    ----------
    ledger : Ledger
    templates : Path
        Folder ``site/pages`` of the house.
    """

    def __init__(self, ledger: Ledger, templates: Path) -> None:
        self.ledger = ledger
        self.jinja = Environment(
            loader=FileSystemLoader(templates),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.jinja.globals |= {
            "ledger": ledger,
            "story": ledger.story,
            "claims": {claim.id: claim for claim in ledger.claims},
            "facts": {item.id: item for item in ledger.evidence},
            "sources": {source.id: source for source in ledger.sources},
            "place": ledger.place,
            "words": WORDS,
            "read": READ,
            "roles": ROLES,
            "vclass": VERDICT_CLASS.__getitem__,
            "day": day,
            "date": long_day,
            "link_out": link_out,
        }

    def _made(self, name: str, **context) -> Markup:
        return Markup(self.jinja.get_template(f"{name}.html").render(**context))

    def article(self) -> Markup:
        """The article with its claims where they stand, their judgements in cards, and what the article leaves out."""
        shades = [(name, f"v-{name.replace(' ', '-')}") for name in SHADES]
        omissions = sorted(self.ledger.omissions, key=lambda omission: omission.rank)
        return self._made("article", paragraphs=list(_marked(self.ledger)), shades=shades, omissions=omissions)

    def claims(self) -> Markup:
        """All claims in one table, with filters."""
        return self._made("ledger", filters=list(_filters(self.ledger)))

    def claim(self, name: str, told_in: Iterable[tuple[str, str]] = ()) -> Markup:
        """One claim with its evidence for and against.

        Parameters
        ----------
        name : str
            Id of the claim.
        told_in : iterable of (page, title)
            Notebooks that tell of it.
        """
        ledger, claim = self.ledger, self.ledger.claim(name)
        sentence, place = ledger.article.sentence(claim.sentence), ledger.place(name)
        return self._made(
            "claim",
            claim=claim,
            before=ledger.article.text[sentence.start : place.start],
            after=ledger.article.text[place.end : sentence.end],
            quotes=list(_quotes(ledger, name)),
            wordings=[wording for wording in ledger.attributions if wording.claim == name],
            omissions=[omission for omission in ledger.omissions if name in omission.claims],
            tests=list(_tests(ledger, name)),
            not_found=[record for record in ledger.not_found if name in record.bears_on],
            told_in=list(told_in),
            review=claim.at_publication.verdict not in NO_REVIEW,
        )

    def evidence(self) -> Markup:
        """All evidence, and for which claims it is cited."""
        cited = defaultdict(list)
        for row in self.ledger.citations_frame().itertuples():
            if row.claim not in cited[row.evidence]:
                cited[row.evidence].append(row.claim)
        return self._made("evidence", cited=cited)

    def sources(self) -> Markup:
        """All sources, and the evidence that rests on each."""
        used = defaultdict(list)
        for item in self.ledger.evidence:
            for name in item.sources:
                used[name].append(item.id)
        return self._made("sources", used=used)

    def corrections(self, ours: str, theirs: Iterable[Mapping]) -> Markup:
        """Our corrections (Markdown), and the known errors of published tables."""
        blank = {"action": None, "where": {}, "column": "", "published_value": "", "corrected_value": ""}
        return self._made("corrections", ours=markdown(ours), theirs=[blank | dict(entry) for entry in theirs])

    def machines(self, exports: Iterable[tuple[str, str, str]], released: str | None) -> Markup:
        """What there is for programs: address, title and explanation of each export; the day of the release, if any."""
        return self._made("machines", exports=list(exports), released=released)

    def method(self, dispute: str) -> Markup:
        """Verdicts, rules and the rating scale; `dispute` is Markdown that says how to dispute a judgement."""
        counted = Counter(getattr(c, name).verdict for c in self.ledger.claims for name in JUDGEMENTS)
        return self._made(
            "method",
            publication=values(records.PublicationVerdict),
            outcome=values(records.OutcomeVerdict),
            meanings=MEANINGS,
            rating=RATING,
            best=max(RATING.values()),
            worst=min(RATING.values()),
            counted=counted,
            rules=RULES,
            dispute=Markup(str(markdown(dispute)).replace("<h2>", '<h2 id="dispute">', 1)),
        )


def _marked(ledger: Ledger) -> Iterator[dict]:
    """Paragraphs of the article, cut at sentences and wherever a claim begins or ends."""
    text = ledger.article.text
    for paragraph in ledger.article.paragraphs:
        sentences = []
        for sentence, after in zip(paragraph.sentences, [*paragraph.sentences[1:], None], strict=True):
            gap = text[sentence.end : after.start] if after else ""
            sentences.append({"id": sentence.id, "pieces": list(_pieces(ledger, sentence)), "gap": gap})
        yield {"id": paragraph.id, "sentences": sentences}


def _pieces(ledger: Ledger, sentence) -> Iterator[dict]:
    """Stretches of a sentence with the claims that cover them; numbers stand behind punctuation, as footnotes do."""
    waiting: list[str] = []
    for piece in _cut(ledger, sentence):
        stops = _STOPS.match(piece["text"])[0] if waiting and not piece["claims"] else ""
        if stops or waiting:
            yield {"text": stops, "claims": [], "css": "", "ended": waiting}
        waiting = piece["ended"]
        yield piece | {"text": piece["text"][len(stops) :], "ended": []}
    yield {"text": "", "claims": [], "css": "", "ended": waiting}


def _cut(ledger: Ledger, sentence) -> Iterator[dict]:
    for start, end, names in segments(ledger, sentence.start, sentence.end):
        names = sorted(names, key=lambda name: ledger.place(name).start - ledger.place(name).end)
        groups = [GROUPS[ledger.claim(name).at_publication.verdict] for name in names]
        css = f"v-{min(groups, key=WORST.index).replace(' ', '-')}" if groups else ""
        ended = sorted(name for name in names if ledger.place(name).end == end)
        yield {"text": ledger.article.text[start:end], "claims": names, "css": css, "ended": ended}


def _filters(ledger: Ledger) -> Iterator[tuple[str, str, list]]:
    """Name, label and options (value, words, number of claims) of each filter of the ledger."""
    kinds = (
        ("judgement", "On the day", records.PublicationVerdict, lambda c: c.at_publication.verdict),
        ("outcome", "Outcome", records.OutcomeVerdict, lambda c: c.outcome.verdict),
        ("kind", "Kind", records.Kind, lambda c: c.kind),
        ("attribution", "Attributed to", records.Attribution, lambda c: c.attribution),
    )
    for name, label, allowed, coded in kinds:
        counted = Counter(coded(claim) for claim in ledger.claims)
        yield name, label, [(v, WORDS.get(v, v), counted[v]) for v in values(allowed) if counted[v]]
    counted = Counter(claim.sentence.split(".")[0] for claim in ledger.claims)
    paragraphs = [paragraph.id for paragraph in ledger.article.paragraphs]
    yield "paragraph", "Paragraph", [(name, name, counted[name]) for name in paragraphs if counted[name]]


def _quotes(ledger: Ledger, claim: str) -> Iterator[tuple]:
    for quote in ledger.quotes:
        best = next((original for original in quote.originals if original.best), None)
        if quote.claim == claim and best and not quote.paraphrase:
            yield quote, best, quote_fidelity(quote.quote, best.words)


def _tests(ledger: Ledger, claim: str) -> Iterator[tuple]:
    found = ledger.claim(claim)
    quotes = {quote.id for quote in ledger.quotes if quote.claim == claim}
    for rule in ledger.standards:
        for test in rule.test:
            if test.claim == claim or test.sentence == found.sentence or test.quote in quotes:
                yield rule, test
