"""The record for machines in the words of others: ClaimReview, Web Annotations, RO-Crate.

In: a `Ledger` and the package of tables. Out: plain data, ready to be written as JSON.

ClaimReview: https://schema.org/ClaimReview. Annotations: W3C Web Annotation Data Model, 23 February 2017. RO-Crate:
https://w3id.org/ro/crate/1.1. Addresses are relative to the site unless it is built with its own address.
"""

import hashlib
import json
import mimetypes
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from claimbook.display import WORDS
from claimbook.ledger import Ledger
from claimbook.records import Claim

# Truth of the words as printed, by what was public that day. Values and names are ours; the page "How it is judged"
# says what each means. A verdict that states no truth has no number.
RATING = {"accurate": 5, "accurate-incomplete": 4, "imprecise": 3, "misleading": 2, "inaccurate": 1}
NO_REVIEW = frozenset(["not-checkable"])
SCALE_PAGE = "method.html"
CRATE_FILE = "ro-crate-metadata.json"
CC_BY = "https://creativecommons.org/licenses/by/4.0/"
PUBLISHERS_TERMS = {
    "#terms-of-the-article": (
        "The publisher's own terms",
        "The article is its publisher's; it is kept whole because every sentence of it is examined.",
    )
}


@dataclass(frozen=True)
class Release:
    """Who made the record, and on which day it was released.

    Parameters
    ----------
    makers : tuple of (kind, name)
        Kind is ``Organization`` or ``Person``.
    published : str, optional
        ISO date; what is not released has none.
    """

    makers: tuple[tuple[str, str], ...] = (("Organization", "The authors of this ledger"),)
    published: str | None = None

    @classmethod
    def of(cls, cited: Mapping) -> "Release":
        """Return what a CITATION.cff says (Citation File Format 1.2)."""
        makers = [
            ("Organization", author["name"]) if "name" in author else
            ("Person", " ".join(author[part] for part in ("given-names", "family-names") if part in author))
            for author in cited.get("authors", [])
        ]  # fmt: skip
        day = cited.get("date-released")
        return cls(tuple(makers) or cls.makers, str(day) if day else None)

    def entities(self, base: str) -> list[dict]:
        """Return the makers as entities of schema.org; the site is the address of an organisation."""
        site = {"Organization": {"url": base}} if base else {}
        return [{"@type": kind, "name": name} | site.get(kind, {}) for kind, name in self.makers]

    @property
    def dated(self) -> dict:
        """The date of publication, where there is one."""
        return {"datePublished": self.published} if self.published else {}


UNRELEASED = Release()


def claim_page(name: str) -> str:
    """Return the address of a claim's page within the site."""
    return f"claims/{name}.html"


def _single(things: list[dict]) -> dict | list[dict]:
    """One thing stands alone, as RO-Crate wants it; several are a list."""
    return things[0] if len(things) == 1 else things


def _article(ledger: Ledger) -> dict:
    story = ledger.story
    return {
        "@type": "NewsArticle",
        "headline": story.title,
        "url": story.url,
        "datePublished": story.published,
        "inLanguage": story.language,
        "publisher": {"@type": "Organization", "name": story.outlet},
    }


def _rating(claim: Claim, base: str) -> dict:
    judgement = claim.at_publication
    rating = {
        "@type": "Rating",
        "alternateName": WORDS[judgement.verdict].capitalize(),
        "ratingExplanation": judgement.reason,
        "url": base + SCALE_PAGE,
    }
    if judgement.verdict in RATING:
        best, worst = max(RATING.values()), min(RATING.values())
        rating |= {"ratingValue": RATING[judgement.verdict], "bestRating": best, "worstRating": worst}
    return rating


def claim_review(ledger: Ledger, name: str, base: str = "", release: Release = UNRELEASED) -> dict | None:
    """Return the ClaimReview of a claim's judgement at publication.

    Parameters
    ----------
    ledger : Ledger
    name : str
        Id of the claim.
    base : str
        What addresses within the site begin with: empty, ``../``, or the site's own address.
    release : Release
        Who reviews, and when it was published; a review that is not released has no date.

    Returns
    -------
    dict or None
        None for a claim whose verdict is no judgement of truth (not checkable).
    """
    claim = ledger.claim(name)
    if claim.at_publication.verdict in NO_REVIEW:
        return None
    source = f"; the article gives as its source: {claim.attributed_to}" if claim.attributed_to else ""
    return {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "@id": f"{base}{claim_page(name)}#review",
        "url": base + claim_page(name),
        "claimReviewed": claim.statement,
        "itemReviewed": {
            "@type": "Claim",
            "name": f"{claim.id} ({claim.sentence})",
            "text": ledger.place(name).exact,
            "description": f"{claim.statement} Kind: {claim.kind}{source}.",
            "author": {"@type": "Organization", "name": ledger.story.outlet, "url": ledger.story.url},
            "datePublished": ledger.story.published,
            "appearance": _article(ledger),
        },
        "author": _single(release.entities(base or "./")),
        "reviewRating": _rating(claim, base),
        "license": CC_BY,
        **release.dated,
    }


def claim_reviews(ledger: Ledger, base: str = "", release: Release = UNRELEASED) -> dict:
    """Return all reviews as one JSON-LD graph; parameters as in `claim_review`."""
    reviews = [review for c in ledger.claims if (review := claim_review(ledger, c.id, base, release))]
    for review in reviews:
        del review["@context"]
    return {"@context": "https://schema.org", "@graph": reviews}


def _annotation(ledger: Ledger, claim: Claim, text: str, base: str, release: Release) -> dict:
    place, judgement = ledger.place(claim.id), claim.at_publication
    return {
        "type": "Annotation",
        "id": f"{base}{claim_page(claim.id)}#annotation",
        "motivation": "commenting",
        "creator": _single([{"type": kind, "name": name} for kind, name in release.makers]),
        "body": [
            {"type": "TextualBody", "purpose": "tagging", "value": judgement.verdict, "language": "en"},
            {
                "type": "TextualBody",
                "purpose": "commenting",
                "format": "text/plain",
                "language": "en",
                "value": f"{claim.id}, at publication: {WORDS[judgement.verdict]} "
                f"({judgement.confidence} confidence). {judgement.reason}",
            },
            {"type": "SpecificResource", "purpose": "linking", "source": base + claim_page(claim.id)},
        ],
        "target": {
            "type": "SpecificResource",
            "source": {"id": base + text, "type": "Text", "format": "text/plain", "language": ledger.story.language},
            "selector": [place.text_quote, place.text_position],
        },
    }


def annotations(
    ledger: Ledger,
    text: str,
    base: str = "",
    release: Release = UNRELEASED,
    here: str = "exports/annotations.jsonld",
) -> dict:
    """Return the claims as a Web Annotation collection on the article, each with quote and position selector.

    Parameters
    ----------
    ledger : Ledger
    text : str
        Where on the site the article lies as plain text, byte for byte; positions count its code points.
    base, release
        As in `claim_review`.
    here : str
        Where on the site the collection lies.
    """
    items = [_annotation(ledger, claim, text, base, release) for claim in ledger.claims]
    collection = {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": base + here,
        "type": "AnnotationCollection",
        "label": f"Claims of “{ledger.story.title}”, {ledger.story.published}",
        "total": len(items),
    }
    if items:
        page = {"id": f"{base}{here}#page", "type": "AnnotationPage", "partOf": base + here, "startIndex": 0}
        collection["first"] = page | {"items": items}
    return collection


def _file(site: Path, path: str, **more) -> dict:
    content = (site / path).read_bytes()
    kinds = {".jsonld": "application/ld+json", ".parquet": "application/vnd.apache.parquet", ".csv": "text/csv"}
    kind = kinds.get(Path(path).suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    size = {"contentSize": str(len(content)), "identifier": f"sha256:{hashlib.sha256(content).hexdigest()}"}
    return {"@id": path, "@type": "File", "encodingFormat": kind, **more, **size}


def _ids(names: Iterable[str]) -> dict | list[dict]:
    return _single([{"@id": name} for name in names])


def _licence_id(licence: Mapping) -> str:
    path = licence.get("path", "")
    return path if path.startswith("http") else f"#licence-{licence['name']}"


def _terms(package: Mapping) -> list[dict]:
    """Every licence that a file of the crate names, as an entity."""
    said = {CC_BY: ("CC BY 4.0", "Creative Commons Attribution 4.0 International"), **PUBLISHERS_TERMS}
    for entry in package["resources"]:
        for licence in entry["licenses"]:
            title = licence.get("title") or licence["name"]
            said.setdefault(_licence_id(licence), (title, f"Terms of tables: {title}"))
    return [
        {"@id": name, "@type": "CreativeWork", "name": title, "description": text}
        for name, (title, text) in sorted(said.items())
    ]


def _table(site: Path, entry: Mapping) -> dict:
    return _file(
        site,
        f"data/{entry['path']}",
        name=entry["title"],
        description=entry["description"],
        license=_ids(_licence_id(licence) for licence in entry["licenses"]),
        isBasedOn=_ids(sorted({source["path"] for source in entry["sources"]})),
    )


def crate(
    site: Path,
    ledger: Ledger,
    package: Mapping,
    exports: Mapping[str, str],
    *,
    article: str,
    release: Release,
    base: str = "",
) -> dict:
    """Return the RO-Crate metadata of the site: the article, the ledger, the exports and every table with its terms.

    Parameters
    ----------
    site : Path
        The built site; the files named must lie in it.
    ledger : Ledger
    package : mapping
        A parsed ``datapackage.json``.
    exports : mapping
        File of the site to what it is; ours, under CC BY 4.0.
    article : str
        File of the site that holds the article as received, which is its publisher's.
    release : Release
        Who made it, and when it was published: RO-Crate asks for a date.
    base : str
        The site's own address, when it is known.
    """
    (terms,) = PUBLISHERS_TERMS
    received = _file(site, article, name="The article as received", description="The text, byte for byte.",
                     license={"@id": terms}, isBasedOn={"@id": ledger.story.url})  # fmt: skip
    files = [received]
    files += [_file(site, path, name=what, description=what, license={"@id": CC_BY}) for path, what in exports.items()]
    files += [_table(site, entry) for entry in package["resources"]]
    makers = [{"@id": f"#maker-{n}"} | entity for n, entity in enumerate(release.entities(base), start=1)]
    by = _ids(maker["@id"] for maker in makers)
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"claimbook: “{ledger.story.title}”",
        "description": "One news story taken apart: its claims, the evidence, two judgements on each claim, and the "
        "tables that the notebooks stand on.",
        **release.dated,
        "license": {"@id": CC_BY},
        "author": by,
        "publisher": by,
        "about": {"@id": ledger.story.url},
        "hasPart": [{"@id": file["@id"]} for file in files],
    }
    descriptor = {"@id": CRATE_FILE, "@type": "CreativeWork", "about": {"@id": "./"},
                  "conformsTo": {"@id": "https://w3id.org/ro/crate/1.1"}}  # fmt: skip
    story = {"@id": ledger.story.url, **{k: v for k, v in _article(ledger).items() if k != "publisher"}}
    return {
        "@context": "https://w3id.org/ro/crate/1.1/context",
        "@graph": [descriptor, root, *makers, story, *_terms(package), *files],
    }


def json_text(data: object) -> str:
    """Return data as JSON text of this project: UTF-8, two spaces, a line feed at the end."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def embedded(data: object) -> str:
    """Return data as JSON that can stand inside a script element: no tag can end or begin in it."""
    text = json.dumps(data, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
