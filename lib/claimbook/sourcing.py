"""Who says so: attribution, voices, drift, quotations against their originals, omissions, and two coders compared.

In: a `Ledger`. Out: tidy frames.
"""

from collections.abc import Iterable
from datetime import date

import pandas as pd

from claimbook import records
from claimbook.coding import Agreement, agreement, agreement_by_field, kappa_of_table, read_coding
from claimbook.fidelity import Fidelity, quote_fidelity
from claimbook.fields import last_day
from claimbook.ledger import Ledger
from claimbook.records import values
from claimbook.words import word_spans, words

__all__ = [
    "Agreement",
    "Fidelity",
    "agreement",
    "agreement_by_field",
    "attribution_shares",
    "drift",
    "fidelity",
    "kappa_of_table",
    "omissions",
    "quote_fidelity",
    "read_coding",
    "talked_about",
    "voices",
]

# Which voice speaks for a party that is talked about; every other party is a third country.
_OWN_VOICE = {"us": "us-official", "china": "chinese-official", "industry": "industry"}


def _words_covered(ledger: Ledger, claims: Iterable[records.Claim]) -> int:
    """Words of the article that lie in the anchor of at least one of the claims, each counted once."""
    places = [ledger.place(claim.id) for claim in claims]
    spans = word_spans(ledger.article.text)
    return sum(any(place.start < end and start < place.end for place in places) for start, end in spans)


def _shares(ledger: Ledger, field: str, kind) -> pd.DataFrame:
    groups = {value: [c for c in ledger.claims if getattr(c, field) == value] for value in values(kind)}
    frame = pd.DataFrame(
        [(value, len(claims), _words_covered(ledger, claims)) for value, claims in groups.items()],
        columns=[field, "claims", "words"],
    )
    frame[field] = pd.Categorical(frame[field], list(groups), ordered=True)
    frame.insert(2, "claims_share", frame["claims"] / frame["claims"].sum())
    frame["words_share"] = frame["words"] / frame["words"].sum()
    return frame


def attribution_shares(ledger: Ledger) -> pd.DataFrame:
    """Share of claims, and of words, by attribution.

    Words are those of the claims' anchors in the article (`claimbook.words.words`), each counted once for a kind of
    attribution however many claims of that kind it serves; words in no anchor are left out.

    Returns
    -------
    DataFrame
        A row for each attribution, those that do not occur included: attribution, claims, claims_share, words,
        words_share. The shares add up to 1.
    """
    return _shares(ledger, "attribution", records.Attribution)


def voices(ledger: Ledger) -> pd.DataFrame:
    """Who speaks, in claims and words, counted as in `attribution_shares`.

    Returns
    -------
    DataFrame
        A row for each voice, the silent ones included: voice, claims, claims_share, words, words_share.
    """
    return _shares(ledger, "voice", records.Voice)


def talked_about(ledger: Ledger) -> pd.DataFrame:
    """Who is talked about, and whether they speak.

    The United States, China and industry speak through the voice of that name; any other party speaks when a claim
    about it has the voice third-country.

    Returns
    -------
    DataFrame
        A row for each party that is talked about, the most talked about first: party, about (claims), speaking
        (claims), speaks (bool).
    """
    rows = []
    for party in values(records.Party):
        about = [c for c in ledger.claims if party in c.about]
        if party in _OWN_VOICE:
            speaking = [c for c in ledger.claims if c.voice == _OWN_VOICE[party]]
        else:
            speaking = [c for c in about if c.voice == "third-country"]
        if about:
            rows.append((party, len(about), len(speaking), bool(speaking)))
    frame = pd.DataFrame(rows, columns=["party", "about", "speaking", "speaks"])
    return frame.sort_values("about", ascending=False, kind="stable", ignore_index=True)


def drift(ledger: Ledger) -> pd.DataFrame:
    """How each outlet attributes the same claim: the article first, then the outlets by date, unknown dates last.

    Returns
    -------
    DataFrame
        claim, statement, outlet, is_article, wording, attribution, credits, published, origin, url.
    """
    rows = []
    for name in dict.fromkeys(record.claim for record in ledger.attributions):
        claim, story = ledger.claim(name), ledger.story
        records_of = [record for record in ledger.attributions if record.claim == name]
        if not any(record.outlet == story.outlet for record in records_of):
            article = (story.outlet, True, claim.attributed_to, claim.attribution, None, story.published)
            rows.append((name, claim.statement, *article, story.outlet, story.url))
        for record in sorted(records_of, key=lambda r: (r.outlet != story.outlet, *_by_date(r.published))):
            source = ledger.source(record.source)
            wording = (record.outlet, record.outlet == story.outlet, record.wording, record.attribution)
            rows.append((name, claim.statement, *wording, record.credits, record.published, source.origin, source.url))
    columns = "claim, statement, outlet, is_article, wording, attribution, credits, published, origin, url"
    frame = pd.DataFrame(rows, columns=columns.split(", "))
    frame["attribution"] = pd.Categorical(frame["attribution"], values(records.Attribution), ordered=True)
    return frame


def _by_date(published: str | None) -> tuple[bool, date]:
    """Sorts by the last day that a date can mean; unknown dates last."""
    return published is None, last_day(published) if published else date.max


def fidelity(ledger: Ledger, paraphrases: bool = False) -> pd.DataFrame:
    """Each quotation against each original wording on record.

    Parameters
    ----------
    ledger : Ledger
    paraphrases : bool
        Whether to take in passages that the article does not print as the speaker's words; for them the similarity
        says how near the wording is, not whether they are faithful.

    Returns
    -------
    DataFrame
        One row for each original, the best of each quotation first: quote, speaker, said_on, marks, paraphrase, best,
        article, original (the passage held against), words (of the article), kept, similarity, aligned (changed
        words in brackets), publisher, origin, url.
    """
    rows = []
    for quote in ledger.quotes:
        if quote.paraphrase and not paraphrases:
            continue
        for original in sorted(quote.originals, key=lambda o: not o.best):
            found, source = quote_fidelity(quote.quote, original.words), ledger.source(original.source)
            rows.append(
                {
                    "quote": quote.id,
                    "speaker": quote.speaker,
                    "said_on": quote.said_on,
                    "marks": quote.marks,
                    "paraphrase": quote.paraphrase,
                    "best": original.best,
                    "article": ledger.quote_place(quote.id).exact,
                    "original": found.passage,
                    "words": len(words(quote.quote)),
                    "kept": sum(len(edit.article) for edit in found.edits if edit.kept),
                    "similarity": found.similarity,
                    "aligned": str(found),
                    "publisher": source.publisher,
                    "origin": source.origin,
                    "url": source.url,
                }
            )
    return pd.DataFrame(rows)


def omissions(ledger: Ledger) -> pd.DataFrame:
    """What the article leaves out, weightiest first.

    Returns
    -------
    DataFrame
        One row for each omission: omission, rank, statement, why, claims (ids, comma-separated), public_since (the
        earliest date among its evidence), publishers, urls (of its evidence, space-separated).
    """
    facts = {item.id: item for item in ledger.evidence}
    rows = []
    for record in sorted(ledger.omissions, key=lambda o: o.rank):
        items = [facts[name] for name in record.evidence]
        sources = [ledger.source(name) for name in dict.fromkeys(item.source for item in items)]
        rows.append(
            (
                record.id,
                record.rank,
                record.statement,
                record.why,
                ", ".join(record.claims),
                min((item.date for item in items if item.date), default=None),
                "; ".join(dict.fromkeys(source.publisher for source in sources)),
                " ".join(source.url for source in sources),
            )
        )
    columns = ["omission", "rank", "statement", "why", "claims", "public_since", "publishers", "urls"]
    return pd.DataFrame(rows, columns=columns)
