"""The ledger: records typed, frames tidy, the confidence rule by hand, and nothing but LedgerError on bad input."""

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_house import BASE

from claimbook.errors import ClaimbookError
from claimbook.fields import first_day, last_day
from claimbook.ledger import Ledger, LedgerError
from claimbook.material import origins, primary_read_in_full
from claimbook.records import FILES, AtPublication, Evidence, Source
from claimbook.strict_yaml import YamlError, load_yaml


def test_the_storys_ledger_keeps_every_rule(story):
    claimed = {claim.sentence for claim in story.claims}
    assert claimed == {sentence.id for sentence in story.article.sentences}
    assert 45 <= len(story.claims) <= 70
    for claim in story.claims:
        place, sentence = story.place(claim.id), story.article.sentence(claim.sentence)
        assert sentence.start <= place.start < place.end <= sentence.end
        assert story.article.text[place.start : place.end] == place.exact


def test_judgements_at_publication_rest_on_what_was_public(story):
    facts = {item.id: item for item in story.evidence}
    cited = [facts[name] for claim in story.claims for name in claim.at_publication.cited]
    assert cited
    assert all(item.known_at_publication for item in cited)
    assert all(item.date is None or first_day(item.date) <= date(2025, 10, 25) for item in cited)


def test_high_confidence_rests_on_a_primary_text_or_two_origins(story):
    high = story.judgements_frame().query("confidence == 'high'")
    assert len(high)
    assert (high["primary"] | (high["origins"] >= 2)).all()


def test_each_sides_reason_for_its_step_is_weighed_where_the_cause_is_judged(story):
    cited = story.evidence_for("C24", "at_publication").query("relation == 'qualifies'").set_index("evidence")
    reasons = cited.loc[["us-affiliates-rule-reason", "ctl-oct9-rationale"]]
    assert list(reasons["origin"]) == ["US Bureau of Industry and Security", "MOFCOM"]
    assert set(reasons["source_kind"]) == {"primary-official"}


def test_claims_frame_is_typed_and_ordered(norland):
    frame = norland.claims_frame()
    assert list(frame["claim"]) == ["C01", "C02", "C03", "C04"]
    assert frame["publication_confidence"].min() == "low"
    assert list(frame["kind"].cat.categories)[:2] == ["event", "schedule"]
    assert frame.loc[2, ["quote", "words", "start"]].tolist() == ["It will be a fine mine", 6, 80]
    assert frame["matters"].tolist() == [1, pd.NA, pd.NA, pd.NA]
    assert frame["outcome_confidence"].isna().tolist() == [False, False, True, False]


def test_one_sentence_counts_its_claims(norland):
    assert norland.sentences_frame()[["sentence", "claims"]].values.tolist() == [
        ["P00.S1", 1], ["P01.S1", 1], ["P01.S2", 1], ["P02.S1", 1],
    ]


def test_evidence_for_a_claim_is_told_with_its_source(norland):
    frame = norland.evidence_for("C01")
    assert frame[["judgement", "relation", "evidence"]].values.tolist() == [
        ["at_publication", "supports", "plan-gazette"],
        ["at_publication", "qualifies", "opened-before"],
        ["outcome", "supports", "opening"],
        ["outcome", "reported_after_horizon", "closing"],
    ]
    assert frame.loc[0, "origin"] == "Norland Wire"
    assert norland.evidence_for("C01", "outcome")["evidence"].tolist() == ["opening", "closing"]


def test_judgements_frame_counts_origins_of_the_deciding_evidence(norland):
    frame = norland.judgements_frame().set_index(["claim", "judgement"])
    # C02 rests on the Gazette's report (with a copy of the same wire) and on the Times: two origins, no primary text.
    assert frame.loc[("C02", "at_publication"), ["origins", "primary"]].tolist() == [2, False]
    assert frame.loc[("C03", "at_publication"), ["origins", "primary"]].tolist() == [1, True]


def test_sources_frame_counts_citing_evidence(norland):
    frame = norland.sources_frame().set_index("source")
    assert frame.loc[["gazette", "gazette-copy", "times"], "evidence"].tolist() == [1, 1, 2]


def test_standards_and_lineage_frames(norland):
    assert norland.standards_frame()[["where", "met"]].values.tolist() == [["C03", "met"], ["P02.S1", "broken"]]
    lineage = norland.lineage_frame()
    assert lineage["follows"].tolist()[0] == "The Gazette"
    assert pd.isna(lineage["follows"][1])


def test_unknown_claims_are_refused_with_the_nearest(norland):
    with pytest.raises(ClaimbookError, match='ledger: no claim \'C1\'; did you mean "C01"'):
        norland.claim("C1")
    with pytest.raises(ClaimbookError, match="no source"):
        norland.source("nowhere")


def test_records_cannot_be_changed(norland):
    with pytest.raises(ValueError, match="frozen"):
        norland.claims[0].statement = "other"


def _source(name: str, origin: str, kind: str = "press", read: str = "excerpt") -> Source:
    return Source(
        id=name, title="t", publisher="p", origin=origin, kind=kind, published="2025", url="https://a.example/",
        language="en", read=read,
    )


def _fact(name: str, source: str, *also: str) -> Evidence:
    return Evidence(
        id=name, statement="s", date="2025", source=source, also=also, relation="supports", known_at_publication=True
    )


def _judged(verdict: str, **lists) -> AtPublication:
    return AtPublication(verdict=verdict, confidence="high", reason="It says so.", **lists)


SOURCES = {
    s.id: s
    for s in (
        _source("wire", "Wire A"),
        _source("copy", "wire  a"),
        _source("paper", "Paper B"),
        _source("own", "The Outlet"),
        _source("law", "Ministry", "primary-official", "whole"),
        _source("part", "Ministry", "primary-official", "excerpt"),
        _source("data", "Bureau", "statistics", "data-file"),
    )
}
FACTS = {
    f.id: f
    for f in (
        _fact("one", "wire", "copy"),
        _fact("two", "paper"),
        _fact("self", "own"),
        _fact("act", "law"),
        _fact("excerpt", "part"),
        _fact("count", "data"),
        _fact("both", "wire", "paper"),
    )
}


@pytest.mark.parametrize(
    ("judgement", "found", "primary"),
    [
        (_judged("accurate", supports=("one",)), {"wire a"}, False),
        (_judged("accurate", supports=("one", "two")), {"wire a", "paper b"}, False),
        (_judged("accurate", supports=("both",)), {"wire a", "paper b"}, False),
        (_judged("accurate", supports=("one", "self")), {"wire a"}, False),
        # What qualifies does not carry a plain yes, what supports does not carry a plain no.
        (_judged("accurate", supports=("one",), qualifies=("two", "act")), {"wire a"}, False),
        (_judged("inaccurate", supports=("two", "act"), contradicts=("one",)), {"wire a"}, False),
        (_judged("inaccurate", qualifies=("two",), contradicts=("one",)), {"wire a", "paper b"}, False),
        (_judged("misleading", supports=("act",), qualifies=("one",)), {"ministry", "wire a"}, True),
        (_judged("accurate", supports=("excerpt",)), {"ministry"}, False),
        (_judged("accurate", supports=("count",)), {"bureau"}, True),
    ],
)
def test_origins_and_primary_texts_of_deciding_evidence(judgement, found, primary):
    assert origins(judgement, FACTS, SOURCES, "the outlet") == found
    assert primary_read_in_full(judgement, FACTS, SOURCES) is primary


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-02-03", date(2024, 2, 3), date(2024, 2, 3)),
    ],
)
def test_partial_dates_span_days(text, first, last):
    assert (first_day(text), last_day(text)) == (first, last)


def test_yaml_words_stay_words(tmp_path):
    path = tmp_path / "words.yaml"
    path.write_text(
        "- {a: no, b: yes, c: 2025-10-25, d: 12:30, e: 010, f: true, g: null, h: 5, i: 8.5, j: '5', k: NO, l: 1e3}\n",
        encoding="utf-8",
    )
    assert list(load_yaml(path)[0].values()) == [
        "no", "yes", "2025-10-25", "12:30", "010", True, None, 5, 8.5, "5", "NO", "1e3",
    ]


@pytest.mark.parametrize(
    "text",
    ["", "# only a comment\n", "{}", "null", "just words", "a: 1\n---\nb: 2", "- !!set {a}", "- *a", "? [a]\n: 1"],
)
def test_yaml_that_holds_no_records_is_refused(tmp_path, text):
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(YamlError, match="bad.yaml: "):
        load_yaml(path)


def test_every_fault_is_listed_and_not_only_the_first(tmp_path):
    home = shutil.copytree(BASE, tmp_path / "house")
    claims = home / "data" / "ledger" / "claims.yaml"
    text = claims.read_text(encoding="utf-8")
    text = text.replace("kind: forecast", "kind: guess").replace("open a second mine in May\n", "open a 2nd mine\n")
    claims.write_text(text, encoding="utf-8")
    (home / "data" / "ledger" / "omissions.yaml").write_text("", encoding="utf-8")
    with pytest.raises(LedgerError) as caught:
        Ledger.load(home)
    assert [(fault.file, fault.record) for fault in caught.value.faults] == [
        ("claims.yaml", "C04"), ("omissions.yaml", ""), ("claims.yaml", "C02"),
    ]
    assert "kind: 'guess' is not one of event, schedule" in str(caught.value)


def test_no_folder_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match="no such folder"):
        Ledger.load(tmp_path / "nowhere")


_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "C01", "P01.S1", "gazette", "2025-13", "high", "<b>", "yes", "\u202e"]),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8),
)
_KEYS = st.text("abc_", min_size=1)
_VALUES = st.recursive(
    _SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(_KEYS, v, max_size=3), max_leaves=5
)


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory) -> Path:
    return shutil.copytree(BASE, tmp_path_factory.mktemp("ledger") / "house")


def _loads_or_tells(home: Path) -> None:
    try:
        Ledger.load(home)
    except LedgerError as error:
        assert error.faults
        assert all(str(fault) for fault in error.faults)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_field_is_taken_or_told(spoilt, data):
    file = data.draw(st.sampled_from(sorted(FILES)))
    path = spoilt / "data" / "ledger" / file
    good = path.read_bytes()
    records = load_yaml(path)
    record = records if isinstance(records, dict) else data.draw(st.sampled_from(records))
    if isinstance(record.get("at_publication"), dict):
        record = data.draw(st.sampled_from([record, record["at_publication"], record["outcome"]]))
    record[data.draw(st.sampled_from(sorted(record)))] = data.draw(_VALUES)
    try:
        path.write_text(yaml.safe_dump(records, allow_unicode=True), encoding="utf-8")
        _loads_or_tells(spoilt)
    finally:
        path.write_bytes(good)


@settings(deadline=None, max_examples=80)
@given(content=st.binary(max_size=60) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "surrogatepass")))
def test_any_bytes_for_a_file_are_told(spoilt, content):
    path = spoilt / "data" / "ledger" / "omissions.yaml"
    good = path.read_bytes()
    try:
        path.write_bytes(content)
        _loads_or_tells(spoilt)
    finally:
        path.write_bytes(good)
