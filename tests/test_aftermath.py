"""Outcomes as tables: every claim once, outcomes from the ledger, terms in both accounts, names kept apart."""

import numpy as np
import pandas as pd
import pytest

from claimbook import aftermath, charts, forecasts, tables
from claimbook.ledger import Ledger
from claimbook.prose import Link


@pytest.fixture(scope="module")
def ledger():
    return Ledger.load()


@pytest.fixture(scope="module")
def terms():
    return tables.load("truce_terms")


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        ("2025-10-30", "2025-10-30", "30 Oct 2025: why"),
        ("2025-11-01", None, "from 1 Nov 2025: why"),
        (None, None, "no day set: why"),
    ],
)
def test_days_in_words(first, last, words):
    assert aftermath.told_by(pd.Timestamp(first), pd.Timestamp(last), "why") == words


def test_a_row_of_outcomes_by_hand(ledger):
    row = aftermath.outcomes_table(ledger, forecasts.expectations(ledger), ["C28"]).iloc[0]
    claim = ledger.claim("C28")
    assert row["Expected"] == f"C28: {claim.statement}"
    assert row["Could be told"] == "1 Nov 2025: day named in the threat"
    assert (row["Outcome"], row["What the record shows"]) == ("did not happen (high)", claim.outcome.reason)
    assert row["For"] is None
    against = [ledger.source(item.source).url for item in ledger.evidence if item.id in claim.outcome.contradicts]
    assert set(against) <= {link.url for link in row["But or against"]}


def test_sentences_count_every_awaited_claim_once_and_best_first(ledger):
    counted, claims = aftermath.by_sentence(ledger), aftermath.awaited(ledger)
    assert counted.to_numpy().sum() == len(claims)
    assert set(counted.index) == set(claims["sentence"])
    shares = counted["happened"] / counted.sum(axis=1)
    assert shares.is_monotonic_decreasing
    assert counted.loc["P02.S1"].to_dict() == {
        "happened": 4, "partly": 1, "not-yet": 0, "undetermined": 0, "did-not-happen": 0,
    }  # fmt: skip


def test_the_digest_holds_each_statement_once(ledger):
    digest = aftermath.digest(ledger)
    held = [cell for column in digest.columns[1:] for cells in digest[column].dropna() for cell in cells]
    claims = aftermath.awaited(ledger)
    assert len(held) == len(claims)
    assert sum(statement in held for statement in claims["statement"]) == (claims["outcome"] == "happened").sum()


def test_words_of_one_meaning_stand_together_with_what_came():
    core = pd.DataFrame({
        "words": ["may", "anticipates", "expected", "travels", "will", "may"],
        "phrase": ["May Happen", "Likely", "Likely", "Will Happen", "Will Happen", "May Happen"],
        "low": [0.3, 0.6, 0.6, 0.98, 0.98, 0.3], "middle": [0.4, 0.75, 0.75, 1, 1, 0.4],
        "high": [0.5, 0.8, 0.8, 1, 1, 0.5],
        "counterpart": ["same", "stand-in", "stand-in", "stand-in", "same", "same"],
        "outcome": ["happened", "not-yet", "happened", "partly", "happened", "happened"],
    })  # fmt: skip
    found = aftermath.by_words(core)
    assert set(found.index[:2]) == {"said flatly", "will"} and list(found.index[2:]) == ["expected", "may"]
    assert found["outcomes"].to_dict() == {
        "said flatly": "1 in part", "will": "1 came", "expected": "1 came, 1 not yet", "may": "2 came",
    }  # fmt: skip
    assert found.loc["may", ["low", "middle", "high", "same"]].tolist() == [0.3, 0.4, 0.5, "same"]


def test_evidence_of_an_outcome_is_linked_oldest_first_and_undated_last(ledger):
    table = aftermath.outcomes_table(ledger, forecasts.expectations(ledger), [c.id for c in _awaited(ledger)])
    for claim, links in zip(_awaited(ledger), table["For"], strict=True):
        cited = ledger.evidence_for(claim.id, "outcome").query("relation == 'supports'")
        once = cited.drop_duplicates(["publisher", "date", "url"])
        assert [link.url for link in links or []] == list(once["url"])


def _awaited(ledger):
    return [claim for claim in ledger.claims if claim.outcome.verdict != "not-applicable"]


def test_accounts_by_hand(terms):
    account = aftermath.accounts(terms)
    assert account[["affiliates-rule", "october-controls", "soybeans-2025", "tiktok"]].to_list() == [
        "same", "differently", "us", "china",
    ]  # fmt: skip
    assert account.isin(aftermath.ACCOUNTS).all()


def test_terms_show_only_columns_that_say_something(terms):
    us_only = aftermath.terms_table(terms[terms["listed_by"] == "us"])
    assert "Chinese text" not in us_only and {"US text", "Difference"} <= set(us_only)
    assert all(isinstance(cell, Link) for cell in us_only["US text"])


def test_names_of_terms_are_words(terms):
    names = terms["id"].map(aftermath.term_name)
    assert names.is_unique and not names.str.contains("-(?!28)").any()
    assert aftermath.term_name("port-fees") == "port fees"


def test_names_on_the_time_line_keep_order_and_distance():
    places, lines = np.array([0.0, 50, 51, 52, 100]), np.array([2.0, 1, 3, 1, 2])
    heights, tall = aftermath._apart(places, lines, 20)
    room = (lines[1:] + lines[:-1]) / 2 * tall
    assert (np.diff(heights) >= room - 1e-9).all()
    apart, _ = aftermath._apart(np.array([0.0, 50, 100]), np.ones(3), 30)
    assert apart == pytest.approx([0, 50, 100])


def test_a_time_line_that_cannot_fit_is_refused_by_the_chart():
    days = pd.date_range("2025-10-01", periods=60)
    entries = pd.DataFrame({"date": days, "event": "a name of an event", "side": "US", "standing": "read"})
    figure, ax = charts.house(3.0, grid="none")
    aftermath.time_line(ax, entries, {"US": charts.UNITED_STATES, "mark": charts.ACCENT})
    with pytest.raises(charts.ChartError, match="overlap"):
        charts.picture(figure, "title", "sub", "source", "alt text that has more than eight words in it", entries)


def test_article_and_horizon_stand_on_the_time_line_in_their_places(ledger):
    events = tables.load("timeline").query("weight == 3").sort_values("date")
    entries = aftermath._entries(events, ledger.story)
    marks = entries[entries["standing"] == "mark"]
    assert [f"{day:%Y-%m-%d}" for day in marks["date"]] == ["2025-10-25", "2026-08-22"]
    assert entries["date"].is_monotonic_increasing and len(entries) == len(events) + 2
    after = entries["date"] > pd.Timestamp(ledger.story.evidence_horizon)
    assert set(entries.loc[after, "standing"]) == {"reported", "scheduled"}
    assert not set(entries.loc[~after, "standing"]) & {"reported", "scheduled"}
