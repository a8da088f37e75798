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
