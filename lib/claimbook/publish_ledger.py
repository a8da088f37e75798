"""The ledger for programs: everything as JSON, one row a claim as CSV, and for each the schema that it keeps.

In: a `Ledger`. Out: plain data, ready to be written.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

from pydantic import Field

from claimbook import records
from claimbook.ledger import JUDGEMENTS, Ledger
from claimbook.records import Record

LISTS = ("evidence", "sources", "quotes", "attributions", "omissions", "lineage", "standards", "not_found")
JUDGED = {"at_publication": records.AtPublication, "outcome": records.Outcome}


class TextQuoteSelector(Record):
    """The words of a claim and what stands around them."""

    type: Literal["TextQuoteSelector"]
    exact: str
    prefix: str
    suffix: str


class TextPositionSelector(Record):
    """Where the words of a claim stand, in code points of the article."""

    type: Literal["TextPositionSelector"]
    start: int = Field(ge=0)
    end: int = Field(ge=1)


class Sentence(Record):
    """A sentence of the article, `start` and `end` in code points."""

    id: str
    start: int = Field(ge=0)
    end: int = Field(ge=1)
    text: str


class PlacedClaim(records.Claim):
    """A claim with the places of its words, as the W3C Web Annotation Data Model writes them."""

    selectors: tuple[TextQuoteSelector, TextPositionSelector]


class WholeLedger(Record):
    """The whole ledger: the records of its files, and the sentences of the article."""

    story: records.Story
    sentences: tuple[Sentence, ...]
    claims: tuple[PlacedClaim, ...]
    evidence: tuple[records.Evidence, ...]
    sources: tuple[records.Source, ...]
    quotes: tuple[records.Quote, ...]
    attributions: tuple[records.Wording, ...]
    omissions: tuple[records.Omission, ...]
    lineage: tuple[records.Lineage, ...]
    standards: tuple[records.Standard, ...]
    not_found: tuple[records.NotFound, ...]


def ledger_json(ledger: Ledger) -> dict:
    """Return the whole ledger as plain data: the records of its files, each claim with where its words stand."""
    claims = []
    for claim in ledger.claims:
        place = ledger.place(claim.id)
        selectors = {"selectors": [place.text_quote, place.text_position]}
        claims.append(claim.model_dump(mode="json") | selectors)
    lists = {name: [record.model_dump(mode="json") for record in getattr(ledger, name)] for name in LISTS}
    sentences = [{"id": s.id, "start": s.start, "end": s.end, "text": s.text} for s in ledger.article.sentences]
    return {"story": ledger.story.model_dump(mode="json"), "sentences": sentences, "claims": claims, **lists}


def ledger_json_schema() -> dict:
    """Return the JSON Schema (draft 2020-12) that `ledger_json` keeps."""
    schema = WholeLedger.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def ledger_rows(ledger: Ledger) -> list[dict]:
    """Return one flat row a claim: codes, both judgements, their reasons and their evidence (ids, space-separated)."""
    rows = []
    for claim in ledger.claims:
        row = claim.model_dump(mode="json", exclude=set(JUDGEMENTS)) | {"quote": ledger.place(claim.id).exact}
        row["about"] = " ".join(claim.about)
        for name in JUDGEMENTS:
            judgement = getattr(claim, name).model_dump(mode="json")
            cells = {k: " ".join(v) if isinstance(v, list | tuple) else v for k, v in judgement.items()}
            row |= {f"{name}_{key}": value for key, value in cells.items()}
        rows.append(row)
    return rows


def ledger_table_schema() -> dict:
    """Return the Table Schema (Data Package 2.0) that the rows of `ledger_rows` keep when written as CSV."""
    fields = list(_columns(records.Claim))
    for name, kind in JUDGED.items():
        fields += _columns(kind, f"{name}_")
    profile = "https://datapackage.org/profiles/2.0/tableschema.json"
    return {"$schema": profile, "fields": fields, "primaryKey": ["id"]}


def _columns(kind: type[Record], prefix: str = "") -> Iterator[dict]:
    schema = kind.model_json_schema(mode="serialization")
    for name, said in schema["properties"].items():
        if name in JUDGED:
            continue
        forms = said.get("anyOf", [said])
        constraints: dict = {"required": True} if name in schema["required"] else {}
        for form in forms:
            constraints |= {key: form[key] for key in ("enum", "pattern") if key in form}
        number = any(form.get("type") == "integer" for form in forms)
        field = {"name": prefix + name, "type": "integer" if number else "string"}
        yield field | ({"constraints": constraints} if constraints else {})


def for_spreadsheets(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula: text that begins with = + - @ gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def spreadsheet_row(row: Mapping) -> dict:
    """Return a row whose cells no spreadsheet takes for formulas."""
    return {key: for_spreadsheets(value) for key, value in row.items()}
