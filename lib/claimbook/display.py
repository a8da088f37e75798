"""How records of the ledger look in a notebook: codes as words, judgements as sentences, evidence as tables.

Ledger and claim ids in; frames for `prose.table` and Markdown sentences out.
"""

import datetime as dt
import html
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from itertools import pairwise

import pandas as pd

from claimbook.fidelity import Edit, quote_fidelity
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.prose import Link, Markdown, escape_markdown, sentence, show_markdown, table
from claimbook.records import Claim
from claimbook.staleness import COLOPHON, WRITTEN, digests
from claimbook.tables import record

WORDS = {
    "accurate": "accurate",
    "accurate-incomplete": "accurate, but incomplete",
    "imprecise": "imprecise",
    "misleading": "misleading",
    "inaccurate": "inaccurate",
    "unverifiable": "unverifiable",
    "not-checkable": "not checkable",
    "happened": "happened",
    "partly": "partly",
    "not-yet": "not yet",
    "did-not-happen": "did not happen",
    "overtaken": "overtaken",
    "undetermined": "undetermined",
    "not-applicable": "nothing to await",
    "named": "a named person or office",
    "unnamed-one": "one unnamed person",
    "unnamed-many": "unnamed people",
    "other-media": "another outlet",
    "none": "the writer alone",
    "us-official": "US officials",
    "chinese-official": "Chinese officials",
    "third-country": "third countries",
    "industry": "industry",
    "independent-expert": "independent experts",
    "media": "other media",
    "writer": "the writer",
    "us": "United States",
    "china": "China",
    "asean": "ASEAN",
    "malaysia": "Malaysia",
    "japan": "Japan",
    "south-korea": "South Korea",
    "australia": "Australia",
    "taiwan": "Taiwan",
    "russia": "Russia",
    "ukraine": "Ukraine",
    "supports": "for",
    "qualifies": "but",
    "contradicts": "against",
}
GROUPS = {
    "accurate": "holds",
    "accurate-incomplete": "holds in part",
    "imprecise": "holds in part",
    "misleading": "does not hold",
    "inaccurate": "does not hold",
    "unverifiable": "cannot be judged",
    "not-checkable": "cannot be judged",
}


def day(text: str | None) -> str:
    """Return a date of the ledger, which may be a month or a year alone, as people write it."""
    if not text:
        return "undated"
    parts = text.split("-")
    if len(parts) == 3:
        date = dt.date.fromisoformat(text)
        return f"{date.day} {date:%b %Y}"
    return f"{dt.date(int(parts[0]), int(parts[1]), 1):%b %Y}" if len(parts) == 2 else text


def quoted(quotes: Iterable[str], verdicts: Iterable[str]) -> Markdown:
    """Return the article's words in italics, each with its verdict, for a field of a sentence."""
    pairs = zip(quotes, verdicts, strict=True)
    return Markdown("; ".join(f"*{escape_markdown(quote)}* ({WORDS[verdict]})" for quote, verdict in pairs))


def claims_table(ledger: Ledger, paragraph: str | None = None) -> pd.DataFrame:
    """Return claims with both judgements and the reason for the first, narrow enough for a phone.

    Parameters
    ----------
    ledger : Ledger
    paragraph : str, optional
        Only its claims.

    Returns
    -------
    DataFrame
        Columns "Claim" (lists: its number and sentence, the article's words), "Judged" (lists: on the day, since; the
        second only where there was something to await) and "Why".
    """
    claims = [c for c in ledger.claims if paragraph is None or c.sentence.split(".")[0] == paragraph]
    return pd.DataFrame(
        {
            "Claim": [[f"{c.id} · {c.sentence}", ledger.place(c.id).exact] for c in claims],
            "Judged": [_both(c) for c in claims],
            "Why": [c.at_publication.reason for c in claims],
        }
    )


def _both(claim: Claim) -> list[str]:
    """Both judgements of a claim in words; the outcome only where there was one to await."""
    later = claim.outcome.verdict
    words = [WORDS[claim.at_publication.verdict]]
    return words if later == "not-applicable" else [*words, f"since: {WORDS[later]}"]


def evidence_table(ledger: Ledger, claim: str, judgement: str) -> pd.DataFrame:
    """Return what a judgement rests on, the deciding kind first.

    Parameters
    ----------
    claim : str
        Id of the claim.
    judgement : {"at_publication", "outcome"}

    Returns
    -------
    DataFrame
        Columns "Speaks" (lists: for, but or against; the date that the fact is about) and "What it shows" (lists: the
        statement; a `Link` to its source).
    """
    cited = ledger.evidence_for(claim, judgement)
    dates = [day(date) if isinstance(date, str) else "undated" for date in cited["date"]]
    links = [Link(publisher, url) for publisher, url in zip(cited["publisher"], cited["url"], strict=True)]
    return pd.DataFrame(
        {
            "Speaks": [[WORDS[relation], date] for relation, date in zip(cited["relation"], dates, strict=True)],
            "What it shows": [list(pair) for pair in zip(cited["statement"], links, strict=True)],
        }
    )


def standards_table(ledger: Ledger) -> pd.DataFrame:
    """Return the published newsroom rules that were tried on the article, one row a rule.

    Returns
    -------
    DataFrame
        Columns "Rule" (a `Link`) and "Where it was tried" (lists: place, result, why); untried rules are left out.
    """
    tried = ledger.standards_frame().dropna(subset=["met"])
    rows = []
    for _, tests in tried.groupby("standard", sort=False):
        rule = tests.iloc[0]
        places = [f"{t.where}, {t.met}: {t.why}" for t in tests.itertuples()]
        rows.append((Link(f"{rule['organisation']}: {rule['rule']}", rule["url"]), places))
    return pd.DataFrame(rows, columns=["Rule", "Where it was tried"])


def omissions_table(ledger: Ledger) -> pd.DataFrame:
    """Return what the article leaves out, weightiest first.

    Returns
    -------
    DataFrame
        Columns "Left out" (lists: the fact, `Link`s to its sources) and "Without it" (lists: what a reader believes,
        the claims it bears on).
    """
    left_out = sorted(ledger.omissions, key=lambda omission: omission.rank)
    return pd.DataFrame(
        {
            "Left out": [[o.statement, *sources_of(ledger, o.id)] for o in left_out],
            "Without it": [[o.why, f"Bears on {', '.join(o.claims)}."] for o in left_out],
        }
    )


def verdict(ledger: Ledger, claim: str) -> str:
    """Return both judgements of a claim with their reasons, as Markdown."""
    found = ledger.claim(claim)
    now, later = found.at_publication, found.outcome
    text = sentence(
        "**At publication: {verdict}** ({confidence} confidence). {reason}",
        verdict=WORDS[now.verdict],
        confidence=now.confidence,
        reason=now.reason,
    )
    if now.would_change:
        text += sentence(" *What would change this:* {change}", change=now.would_change)
    if later.verdict != "not-applicable":
        text += sentence(
            "\n\n**Outcome: {verdict}** ({confidence} confidence). {reason}",
            verdict=WORDS[later.verdict],
            confidence=later.confidence,
            reason=later.reason,
        )
    return text


SHADES = {"holds": "#cfe5e3", "holds in part": "#f6dfae", "does not hold": "#e9c3a4", "cannot be judged": "#e3e6ea"}

WORST = ("does not hold", "holds in part", "cannot be judged", "holds")


def segments(ledger: Ledger, start: int, end: int) -> Iterator[tuple[int, int, list[str]]]:
    """Cut a stretch of the article wherever a claim begins or ends: start, end, claims that cover the piece."""
    spans = {claim.id: ledger.place(claim.id) for claim in ledger.claims}
    inside = {name: span for name, span in spans.items() if start <= span.start and span.end <= end}
    cuts = sorted({start, end, *(at for span in inside.values() for at in (span.start, span.end))})
    for a, b in pairwise(cuts):
        yield a, b, [name for name, span in inside.items() if span.start <= a and b <= span.end]


def _mark(text: str, shade: str, title: str = "") -> str:
    return f'<mark style="background:{shade};color:inherit" title="{title}">{text}</mark>'


def _marked(ledger: Ledger, start: int, end: int) -> str:
    """One paragraph as HTML, each claim shaded by how it stood at publication and named where it ends."""
    pieces = []
    for a, b, names in segments(ledger, start, end):
        text = html.escape(ledger.article.text[a:b])
        if names:
            verdicts = {name: ledger.claim(name).at_publication.verdict for name in names}
            shade = SHADES[min((GROUPS[v] for v in verdicts.values()), key=WORST.index)]
            title = "; ".join(f"{name}: {WORDS[verdict]}" for name, verdict in verdicts.items())
            text = _mark(text, shade, title)
        ended = [name for name in names if ledger.place(name).end == b]
        pieces.append(text + "".join(f"<sup>{name}</sup>" for name in ended))
    return "".join(pieces)


def show_article(ledger: Ledger) -> None:
    """Show the article with its claims marked where they stand."""
    from IPython.display import display

    names = " · ".join(
        f'<mark style="background:{shade};color:inherit">{name}</mark>' for name, shade in SHADES.items()
    )
    parts = [f"<p>{names}</p>"]
    for paragraph in ledger.article.paragraphs:
        parts.append(f"<p><small>{paragraph.id}</small> {_marked(ledger, paragraph.start, paragraph.end)}</p>")
    plain = "\n".join(f"{p.id} {p.text}" for p in ledger.article.paragraphs)
    display({"text/html": "\n".join(parts), "text/plain": plain}, raw=True)


def show_claim(ledger: Ledger, claim: str) -> None:
    """Show a claim's judgements and the evidence of each."""
    show_markdown(verdict(ledger, claim))
    for judgement, caption in (("at_publication", "Known on the day"), ("outcome", "What the record shows since")):
        evidence = evidence_table(ledger, claim, judgement)
        if len(evidence):
            table(evidence, caption=f"{claim}: {caption}")


def sources_of(ledger: Ledger, omission: str) -> list[Link]:
    """Return the sources of an omission's evidence, each once."""
    cited = next(record.evidence for record in ledger.omissions if record.id == omission)
    facts = {item.id: item for item in ledger.evidence}
    sources = [ledger.source(name) for name in dict.fromkeys(facts[name].source for name in cited)]
    return [Link(source.publisher, str(source.url)) for source in sources]


def _difference(edits: Iterable[Edit]) -> str:
    """Words of an alignment as HTML: dropped ones struck through, put-in ones underlined."""
    pieces = []
    for edit in edits:
        if edit.kept:
            pieces.append(html.escape(" ".join(edit.article)))
            continue
        if edit.original:
            pieces.append(f"<del>{html.escape(' '.join(edit.original))}</del>")
        if edit.article:
            pieces.append(f"<ins>{html.escape(' '.join(edit.article))}</ins>")
    return " ".join(pieces)


def show_quotes(ledger: Ledger) -> None:
    """Show each quotation against its best original, the changed words marked."""
    from IPython.display import display

    parts, plain = [], []
    for quote in (quote for quote in ledger.quotes if not quote.paraphrase):
        original = next(original for original in quote.originals if original.best)
        source, found = ledger.source(original.source), quote_fidelity(quote.quote, original.words)
        said = Link(source.publisher, str(source.url)).html()
        where = html.escape(f"{quote.speaker}, {day(quote.said_on)}, {quote.said_at}")
        parts.append(
            f"<p><small>{quote.id} · {quote.sentence} · {where}</small><br>{_difference(found.edits)}<br>"
            f"<small>{found.similarity:.0%} alike. Original: “{html.escape(original.words)}” ({said})</small></p>"
        )
        plain.append(f"{quote.id} {quote.speaker}: {found} ({found.similarity:.0%})")
    display({"text/html": "\n".join(parts), "text/plain": "\n".join(plain)}, raw=True)


def _range(value: float, low: float, high: float) -> str:
    """A value, or the range printed in its place."""
    if value == value:
        return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{low:,.3g} to {high:,.3g}" if low == low else "–"


def replications_table(tried: pd.DataFrame) -> pd.DataFrame:
    """Return published results against ours as a table for readers.

    Parameters
    ----------
    tried : DataFrame
        From `replications.replications`.

    Returns
    -------
    DataFrame
        Columns "Result" (lists: what is measured, the case, the method), "Published, ours" (lists with the unit) and
        "How it came out" (lists: the status, the reason).
    """
    rows = []
    for row in tried.itertuples():
        theirs = _range(row.published, row.published_low, row.published_high)
        ours = _range(row.ours, row.ours_low, row.ours_high)
        unit = row.unit.replace("billion_usd", "billion US dollars")
        rows.append(
            ([row.quantity, row.scenario, row.method], [theirs, f"ours: {ours}", unit], [row.status, row.reason])
        )
    return pd.DataFrame(rows, columns=["Result", "Published, ours", "How it came out"])


def colophon(*names: str) -> None:
    """Show which tables, ledger and library versions a notebook stands on.

    Parameters
    ----------
    *names : str
        Tables of ``data/datapackage.json``; the article and the files of the ledger are always listed.
    """
    editions = {name: record(name).get("edition", "by row") for name in names}
    stand = digests(home() / "data")
    editions = {name: "–" for name in stand if name.startswith(WRITTEN)} | editions
    frame = pd.DataFrame([(name, edition, stand[name]) for name, edition in editions.items()], columns=COLOPHON)
    versions = ", ".join(f"{name} {version(name)}" for name in ("pandas", "matplotlib", "seaborn", "narwhals"))
    table(frame, caption=f"What this notebook stands on; run with {versions}")
