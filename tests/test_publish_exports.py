"""The exports: each fits its published schema and vocabulary, says what the ledger says, holds spoiled text as text.

What is checked here, what was run by hand, and where the schemas come from: answers/site/README.md.
"""

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import frictionless
import jsonschema
import pytest
import yaml
from spoiled import ATTACKS

from claimbook import publish
from claimbook import publish_exports as exports
from claimbook import publish_ledger as records
from claimbook.home import home
from claimbook.ledger import Ledger

KEPT = Path(__file__).parent / "answers" / "site"
SCHEMA_ORG = json.loads((KEPT / "schema.org.json").read_text(encoding="utf-8"))
TERMS = set((KEPT / "annotation-terms.txt").read_text(encoding="utf-8").split())
LITERALS = {str: {"Text", "URL", "Date", "DateTime"}, int: {"Number", "Integer"}}


def schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(load(KEPT / f"{name}.json"))


def load(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def rows_of(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.load()


# --- the vocabulary of schema.org ----------------------------------------------------------------------------


def as_list(value) -> list:
    return value if isinstance(value, list) else [value]


def kinds(entity: dict) -> set[str]:
    """The types of an entity with all types above them; RO-Crate calls a MediaObject a File."""
    found, waiting = set(), ["MediaObject" if kind == "File" else kind for kind in as_list(entity["@type"])]
    while waiting:
        found.add(kind := waiting.pop())
        waiting += SCHEMA_ORG["types"][kind]
    return found


def strangers(entity: dict, known: dict[str, dict]) -> Iterator[str]:
    """What an entity says that schema.org does not foresee; `known` are the entities that it can refer to."""
    for name, value in entity.items():
        if name.startswith("@") or name == "conformsTo":  # the latter is Dublin Core's, and RO-Crate's own
            continue
        said = SCHEMA_ORG["properties"].get(name, {"domain": [], "range": []})
        if not kinds(entity) & set(said["domain"]):
            yield f"{entity['@type']} has no {name}"
            continue
        for each in as_list(value):
            if isinstance(each, dict) and "@type" in each:
                yield from strangers(each, known)
            if isinstance(each, dict):
                target = known.get(each.get("@id"), each)
                able = kinds(target) if "@type" in target else {"URL"}
            else:
                able = LITERALS[type(each)]
            if not able & set(said["range"]):
                yield f"{name} cannot be {each!r}"


# --- ClaimReview ---------------------------------------------------------------------------------------------


def test_claim_reviews_fit_schema_org(site, ledger):
    fits, whole = schema("claimreview"), load(site / "exports" / "claimreview.jsonld")
    rated = [claim for claim in ledger.claims if claim.at_publication.verdict != "not-checkable"]
    assert len(whole["@graph"]) == len(rated)
    for claim in rated:
        review = load(site / "exports" / "claimreview" / f"{claim.id}.jsonld")
        fits.validate(review)
        assert list(strangers(review, {})) == []
        assert review["itemReviewed"]["text"] in ledger.article.text
        number = review["reviewRating"].get("ratingValue")
        assert number == exports.RATING.get(claim.at_publication.verdict)
        page = (site / "claims" / f"{claim.id}.html").read_text(encoding="utf-8")
        inside = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)[1]
        assert json.loads(inside)["claimReviewed"] == claim.statement
    unrated = [claim.id for claim in ledger.claims if claim not in rated]
    assert not any((site / "exports" / "claimreview" / f"{name}.jsonld").exists() for name in unrated)


@pytest.mark.parametrize("spoil", [
    lambda review: review.pop("claimReviewed"),
    lambda review: review["reviewRating"].pop("alternateName"),
    lambda review: review["reviewRating"].update(ratingValue=6),
    lambda review: review.update(verdict="accurate"),
])  # fmt: skip
def test_a_spoiled_review_is_refused(site, spoil):
    review = load(min((site / "exports" / "claimreview").glob("*.jsonld")))
    spoil(review)
    assert not schema("claimreview").is_valid(review)


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda review: review.update(verdict="accurate"), "ClaimReview has no verdict"),
    (lambda review: review["itemReviewed"].update(claimReviewed="x"), "Claim has no claimReviewed"),
    (lambda review: review.update(datePublished=2026), "datePublished cannot be 2026"),
    (lambda review: review.update(author=review["reviewRating"]), "author cannot be "),
])  # fmt: skip
def test_what_schema_org_does_not_foresee_is_told(ledger, spoil, told):
    review = exports.claim_review(ledger, ledger.claims[0].id)
    assert list(strangers(review, {})) == []
    spoil(review)
    (said,) = strangers(review, {})
    assert said.startswith(told)


def test_the_dates_of_the_records_are_that_of_the_release(site, ledger):
    cited = yaml.safe_load((home() / "CITATION.cff").read_text(encoding="utf-8"))
    heading = f"## {cited['version']} ({cited['date-released']})"
    assert heading in (home() / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    released = str(cited["date-released"])
    assert released >= ledger.story.evidence_horizon
    reviews = load(site / "exports" / "claimreview.jsonld")["@graph"]
    assert {review["datePublished"] for review in reviews} == {released}
    root = next(entity for entity in load(site / "ro-crate-metadata.json")["@graph"] if entity["@id"] == "./")
    assert root["datePublished"] == released


def test_before_a_release_no_record_claims_a_date(spoiled_site):
    for review in load(spoiled_site / "exports" / "claimreview.jsonld")["@graph"]:
        assert "datePublished" not in review
    assert not (spoiled_site / "ro-crate-metadata.json").exists()
    page = (spoiled_site / "machines.html").read_text(encoding="utf-8")
    assert "not released yet" in page and 'href="ro-crate-metadata.json"' not in page


def test_the_makers_are_those_of_the_citation(ledger):
    organisation = {"authors": [{"name": "The Desk"}], "date-released": "2030-12-31"}
    people = {"authors": [{"family-names": "Ruiz", "given-names": "Ana"}, {"name": "The Desk"}]}
    desk = {"@type": "Organization", "name": "The Desk", "url": "https://example.org/"}
    review = exports.claim_review(ledger, "C01", "https://example.org/", exports.Release.of(organisation))
    assert (review["author"], review["datePublished"]) == (desk, "2030-12-31")
    both = exports.Release.of(people)
    review = exports.claim_review(ledger, "C01", "https://example.org/", both)
    assert review["author"] == [{"@type": "Person", "name": "Ana Ruiz"}, desk]
    first = exports.annotations(ledger, publish.ARTICLE_FILE, release=both)["first"]["items"][0]
    assert first["creator"] == [{"type": "Person", "name": "Ana Ruiz"}, {"type": "Organization", "name": "The Desk"}]
    assert list(strangers(review, {})) == []


def test_with_an_address_the_records_are_absolute(ledger):
    review = exports.claim_review(ledger, ledger.claims[0].id, "https://example.org/book/")
    assert review["url"] == f"https://example.org/book/claims/{ledger.claims[0].id}.html"


# --- Web Annotation ------------------------------------------------------------------------------------------


def names(node) -> Iterator[str]:
    """Every name in an annotation that the context has to define."""
    for key, value in node.items():
        yield key
        if key in ("type", "motivation", "purpose"):
            yield value
        for each in as_list(value):
            if isinstance(each, dict):
                yield from names(each)


def test_annotations_fit_the_data_model_and_select_the_words(site, ledger):
    collection = load(site / "exports" / "annotations.jsonld")
    schema("annotations").validate(collection)
    assert set(names(collection)) - {"@context"} <= TERMS
    items = collection["first"]["items"]
    assert collection["total"] == len(items) == len(ledger.claims)
    text = (site / "exports" / "article.txt").read_bytes().decode("utf-8-sig")
    for item in items:
        quote, place = item["target"]["selector"]
        assert text[place["start"] : place["end"]] == quote["exact"]
        assert text.count(quote["prefix"] + quote["exact"] + quote["suffix"]) == 1
        where = (site / "exports" / item["target"]["source"]["id"]).resolve()
        assert where == (site / "exports" / "article.txt").resolve()
        assert (site / "exports" / urlsplit(item["id"]).path).resolve().is_file()


# --- RO-Crate ------------------------------------------------------------------------------------------------


def test_the_crate_describes_files_that_are_there(site):
    crate = load(site / "ro-crate-metadata.json")
    schema("crate").validate(crate)
    named = {entity["@id"]: entity for entity in crate["@graph"]}
    assert len(named) == len(crate["@graph"])
    assert [said for entity in named.values() for said in strangers(entity, named)] == []
    files = [name for name, entity in named.items() if entity["@type"] == "File"]
    assert sorted(files) == sorted(part["@id"] for part in named["./"]["hasPart"])
    for name in files:
        assert named[name]["contentSize"] == str((site / name).stat().st_size)
        for licence in as_list(named[name]["license"]):
            assert named[licence["@id"]]["@type"] == "CreativeWork"
    tables = load(site / "data" / "datapackage.json")["resources"]
    assert {*publish.EXPORTS, publish.ARTICLE_FILE, *(f"data/{entry['path']}" for entry in tables)} == set(files)


def test_no_list_of_the_crate_holds_one_thing(site):
    for entity in load(site / "ro-crate-metadata.json")["@graph"]:
        assert [name for name, value in entity.items() if isinstance(value, list) and len(value) == 1] == []


def test_the_article_is_not_put_under_our_licence(site):
    graph = {entity["@id"]: entity for entity in load(site / "ro-crate-metadata.json")["@graph"]}
    terms = graph[graph[publish.ARTICLE_FILE]["license"]["@id"]]
    assert terms["name"] == "The publisher's own terms"
    assert graph["exports/ledger.json"]["license"]["@id"] == exports.CC_BY


# --- the ledger ----------------------------------------------------------------------------------------------


def test_the_ledger_as_json_is_the_ledger_and_fits_the_schema_beside_it(site, ledger):
    whole, form = load(site / "exports" / "ledger.json"), load(site / "exports" / "ledger.schema.json")
    jsonschema.Draft202012Validator.check_schema(form)
    fits = jsonschema.Draft202012Validator(form)
    fits.validate(whole)
    assert [claim["id"] for claim in whole["claims"]] == [claim.id for claim in ledger.claims]
    for name in records.LISTS:
        kind = records.WholeLedger.model_fields[name].annotation.__args__[0]
        assert tuple(kind.model_validate(record) for record in whole[name]) == getattr(ledger, name)
    whole["claims"][0]["at_publication"]["verdict"] = "true"
    assert not fits.is_valid(whole)


def table(path: Path, site: Path) -> frictionless.Report:
    form = frictionless.Schema.from_descriptor(load(site / "exports" / "ledger.csv-schema.json"))
    return frictionless.Resource(path=path.name, basepath=str(path.parent), schema=form).validate()


def test_the_ledger_as_csv_is_the_ledger_and_fits_the_schema_beside_it(site, ledger, tmp_path):
    path = site / "exports" / "ledger.csv"
    report = table(path, site)
    assert report.valid, report.flatten(["message"])
    rows = rows_of(path)
    assert [row["id"] for row in rows] == [claim.id for claim in ledger.claims]
    for row, claim in zip(rows, ledger.claims, strict=True):
        assert row["at_publication_verdict"] == claim.at_publication.verdict
        assert tuple(row["outcome_supports"].split()) == claim.outcome.supports
    spoiled = tmp_path / "ledger.csv"
    spoiled.write_text(path.read_text(encoding="utf-8").replace(",quotation,", ",hearsay,", 1), encoding="utf-8")
    assert not table(spoiled, site).valid


def test_a_ledger_without_claims_has_its_columns_all_the_same(ledger, tmp_path):
    columns = [column["name"] for column in records.ledger_table_schema()["fields"]]
    assert list(records.ledger_rows(ledger)[0]) == columns
    assert publish._csv([], columns).splitlines() == [",".join(columns)]


def test_formulas_do_not_reach_a_spreadsheet():
    given = ["=1+1", "+1", "-1", "@a", "plain", 3, None]
    assert [records.for_spreadsheets(value) for value in given] == ["'=1+1", "'+1", "'-1", "'@a", "plain", 3, None]


# --- untrusted text ------------------------------------------------------------------------------------------


def test_spoiled_text_reaches_the_exports_unharmed_and_harmless(spoiled_site):
    reviews = load(spoiled_site / "exports" / "claimreview.jsonld")["@graph"]
    assert all(ATTACKS[0] in review["claimReviewed"] for review in reviews)
    for review in reviews:
        page = (spoiled_site / urlsplit(review["url"]).path.removeprefix("../")).read_text(encoding="utf-8")
        inside = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)
        assert len(inside) == 1 and not re.search(r"[<>]", inside[0])
        assert ATTACKS[3] in json.loads(inside[0])["claimReviewed"]
    schema("annotations").validate(load(spoiled_site / "exports" / "annotations.jsonld"))
    assert all(ATTACKS[1] in row["statement"] for row in rows_of(spoiled_site / "exports" / "ledger.csv"))
