"""Scoring rules by hand, by their properties and against published examples; expectations against the ledger."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import forecasts, tables
from claimbook.forecasts import (
    ForecastError,
    brier,
    chance_of_worse,
    expectations,
    log_score,
    phrases,
    resampled,
    score,
)
from claimbook.ledger import Ledger

CHANCES = st.floats(0, 1)


@pytest.fixture(scope="module")
def ledger():
    return Ledger.load()


@pytest.fixture(scope="module")
def table():
    return tables.load("article_expectations")


# --- the rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chance", "came", "published"),
    [(1, 1, 0), (1, 0, 1), (0.7, 1, 0.09), (0.3, 1, 0.49), (0.5, 1, 0.25), (0.5, 0, 0.25)],
)
def test_brier_gives_the_published_example_of_rain(chance, came, published):
    """The example of a day's rain in the encyclopaedic entry on the Brier score (en-academic.com, enwiki/1203570)."""
    assert brier(chance, came) == pytest.approx(published)


def test_scores_by_hand():
    assert brier([0.9, 0.2], [1, 0]) == pytest.approx([0.01, 0.04])
    assert log_score([0.5, 0.25], [1, 0]) == pytest.approx([math.log(2), math.log(4 / 3)])


@given(truth=CHANCES, said=CHANCES)
@pytest.mark.parametrize("rule", [brier, lambda p, o: log_score(p, o, least=0)])
def test_saying_what_one_believes_costs_least(rule, truth, said):
    def expected(chance):
        parts = [weight * float(rule(chance, came)) for weight, came in ((truth, 1), (1 - truth, 0)) if weight]
        return sum(parts)

    assert expected(truth) <= expected(said) + 1e-12


@given(chance=CHANCES, came=st.sampled_from([0, 1]))
def test_a_thing_and_its_opposite_score_alike(chance, came):
    assert float(brier(chance, came)) == pytest.approx(float(brier(1 - chance, 1 - came)), abs=1e-12)
    assert 0 <= float(brier(chance, came)) <= 1


def test_a_failed_certainty_is_infinite_unless_rounding_is_allowed_for():
    assert log_score(1, 0, least=0) == math.inf
    assert log_score(1, 0) == pytest.approx(-math.log(0.005))
    assert log_score(1, 1, least=0) == 0 and not np.signbit(log_score(1, 1, least=0))


@pytest.mark.parametrize(("chance", "came"), [(75, 1), (-0.1, 0), (math.nan, 1), (0.5, 0.5), (0.5, math.nan)])
@pytest.mark.parametrize("rule", [brier, log_score])
def test_percent_and_open_outcomes_are_refused(rule, chance, came):
    with pytest.raises(ForecastError, match="give fractions|open cases"):
        rule(chance, came)


def test_a_clipping_of_one_half_is_refused():
    with pytest.raises(ForecastError, match="under one half"):
        log_score(0.5, 1, least=0.5)


# --- sets ----------------------------------------------------------------------------------------------------


def items(*rows):
    return pd.DataFrame(rows, columns=["sentence", "low", "middle", "high", "came"])


def test_a_set_by_hand():
    found = score(items(("A", 0.7, 0.8, 0.9, 1), ("A", 0.1, 0.2, 0.4, 0), ("B", 0.5, 0.6, 0.7, math.nan)))
    assert (found.items, found.settled, found.one_half) == (3, 2, 0.25)
    assert found.middle == pytest.approx((0.04 + 0.04) / 2)
    assert found.at_low == pytest.approx((0.09 + 0.01) / 2)
    assert found.at_high == pytest.approx((0.01 + 0.16) / 2)
    assert found.all_came == pytest.approx((0.04 + 0.04 + 0.16) / 3)
    assert found.none_came == pytest.approx((0.04 + 0.04 + 0.36) / 3)
    assert (found.best, found.worst) == pytest.approx((found.all_came, found.none_came))
    assert found.interval == pytest.approx((0.04, 0.04))


def test_open_cases_both_ways_hold_the_settled_truth():
    open_case = [("A", 0.3, 0.4, 0.5, math.nan), ("B", 0.8, 0.9, 1.0, math.nan), ("C", 0.2, 0.3, 0.4, 0)]
    found = score(items(*open_case))
    for first in (0, 1):
        for second in (0, 1):
            told = [(*row[:4], value) for row, value in zip(open_case, (first, second, 0), strict=True)]
            assert found.best - 1e-12 <= score(items(*told)).middle <= found.worst + 1e-12


def test_a_set_without_range_or_settled_case_is_refused():
    with pytest.raises(ForecastError, match="without a range"):
        score(items(("A", None, None, None, 1)))
    with pytest.raises(ForecastError, match="no settled claim"):
        score(items(("A", 0.1, 0.2, 0.3, math.nan)))
    with pytest.raises(ForecastError, match="no rule 'brier'"):
        score(items(("A", 0.1, 0.2, 0.3, 1)), "brier")


def test_whole_sentences_are_drawn_again():
    one_sentence, apart = resampled([0, 1], ["A", "A"]), resampled([0, 1], ["A", "B"])
    assert one_sentence == (0.5, 0.5) and apart == (0.0, 1.0)
    assert resampled([0, 0.2, 0.9], list("ABC")) == resampled([0, 0.2, 0.9], list("ABC"))


def test_bootstrap_agrees_with_counting_out():
    """Three sentences give 27 draws; the mean of (0, 0, 3) is 0 in 8 of them and 3 in one."""
    draws = resampled([0, 0, 3], list("ABC"), draws=200_000, share=1 - 2 * 7.9 / 27)
    assert draws[0] == 0.0
    assert resampled([0, 0, 3], list("ABC"), draws=200_000, share=1 - 2 * 8.5 / 27)[0] == 1.0


def test_chance_of_worse_by_counting():
    assert chance_of_worse([0.5], [1]) == 1.0
    assert chance_of_worse([0.9], [0]) == pytest.approx(0.1)
    assert chance_of_worse([0.9, 0.9], [1, 0]) == pytest.approx(1 - 0.81)
    assert chance_of_worse([1.0, 1.0], [1, 0]) == 0.0


@given(st.lists(st.tuples(st.floats(0.01, 0.99), st.sampled_from([0, 1])), min_size=1, max_size=8))
def test_chance_of_worse_is_a_chance_and_the_likeliest_world_is_never_surprising(pairs):
    chance, came = (np.array(column) for column in zip(*pairs, strict=True))
    assert 0 < chance_of_worse(chance, came) <= 1
    assert chance_of_worse(chance, (chance > 0.5).astype(int)) == pytest.approx(1)


def test_too_many_forecasts_to_count_out():
    with pytest.raises(ForecastError, match="21 forecasts"):
        chance_of_worse([0.5] * 21, [1] * 21)


@pytest.mark.parametrize("kept", [1, 5, 20])
def test_at_the_rate_allowed_such_a_row_is_as_rare_as_said(kept):
    rate = forecasts.failures_allowed(kept)
    assert (1 - rate) ** kept == pytest.approx(0.05)
    assert rate < forecasts.failures_allowed(kept, 0.99)


@pytest.mark.parametrize(("kept", "confidence"), [(0, 0.95), (3, 1.0), (3, 95)])
def test_a_row_of_nothing_is_refused(kept, confidence):
    with pytest.raises(ForecastError, match="one or more"):
        forecasts.failures_allowed(kept, confidence)


# --- words and expectations ----------------------------------------------------------------------------------


def test_ranges_are_in_order_and_the_scale_climbs():
    scale = phrases()
    assert ((scale["low"] <= scale["middle"]) & (scale["middle"] <= scale["high"])).all()
    climb = ["Remote Chance", "Unlikely", "May Happen", "About Even", "Likely", "Highly Likely", "Will Happen"]
    assert scale.loc[climb, "middle"].is_monotonic_increasing
    assert tuple(scale.loc["May Happen"]) == (0.30, 0.40, 0.51)


def test_expectations_take_every_outcome_from_the_ledger(ledger):
    frame = expectations(ledger).set_index("claim")
    awaited = [claim for claim in ledger.claims if claim.outcome.verdict != "not-applicable"]
    assert list(frame.index) == [claim.id for claim in awaited]
    for claim in awaited:
        came = {"happened": 1.0, "did-not-happen": 0.0}.get(claim.outcome.verdict)
        assert frame.at[claim.id, "outcome"] == claim.outcome.verdict
        assert frame.at[claim.id, "came"] == came if came is not None else np.isnan(frame.at[claim.id, "came"])


def test_one_claim_by_hand(ledger):
    row = expectations(ledger).set_index("claim").loc["C47"]
    assert (row["words"], row["outcome"], row["came"]) == ("cannot be ruled out", "did-not-happen", 0.0)
    assert (row["low"], row["middle"], row["high"]) == pytest.approx((0.03, 0.10, 0.25))


def test_scored_are_the_schedules_and_forecasts(ledger):
    frame = expectations(ledger)
    assert set(frame.loc[frame["part"] == "core", "kind"]) == set(forecasts.SCORED_KINDS)
    assert frame.loc[frame["part"] != "not scored", ["low", "middle", "high"]].notna().all(axis=None)
    assert frame.loc[frame["part"] == "not scored", ["low", "middle", "high"]].isna().all(axis=None)


def test_days_are_in_order_and_after_the_article(ledger, table):
    first, last = table["first_day"], table["last_day"]
    assert (first.dropna() > pd.Timestamp(ledger.story.published)).all()
    assert (last.dropna() >= first[last.notna()]).all() and first[last.notna()].notna().all()


@pytest.mark.parametrize(
    ("claim", "change", "said"),
    [
        ("C47", {"words": "can be ruled out"}, "C47: 'can be ruled out' is not in P10.S1"),
        ("C47", {"phrase": "Hardly"}, "C47: a phrase is not in verbal_probabilities"),
        ("C47", {"part": "wider"}, "C47: part is 'wider' for a forecast"),
        ("C02", {"part": "core"}, "C02: part is 'core' for a position"),
        ("C47", {"claim": "C38"}, "C38: no claim that awaits an outcome"),
        ("C47", {"claim": "C99"}, "C47: awaits an outcome and has no row"),
    ],
)
def test_expectations_that_do_not_fit_the_ledger_are_refused(ledger, table, claim, change, said):
    spoiled = table.copy()
    for column, value in change.items():
        spoiled.loc[spoiled["claim"] == claim, column] = value
    with pytest.raises(ForecastError, match=said):
        expectations(ledger, spoiled)


def test_another_scale_changes_the_ranges(ledger):
    scale = phrases()
    scale.loc["May Happen"] = [0.1, 0.2, 0.3]
    assert expectations(ledger, scale=scale).set_index("claim").at["C42", "middle"] == 0.2


def test_the_article_by_hand(ledger):
    """Settled: five appointments kept (100), two that may (40), two expected (75, one came), one not ruled out (10)."""
    frame = expectations(ledger).query("part == 'core'")
    found = score(frame)
    assert (found.items, found.settled) == (19, 10)
    assert found.middle == pytest.approx((5 * 0 + 2 * 0.36 + 0.0625 + 0.01 + 0.5625) / 10)
    assert score(frame[frame["kind"] == "schedule"]).middle == 0


def test_doubts_are_three_ranges_a_set():
    items = pd.DataFrame({
        "sentence": ["S1", "S2", "S3"], "low": [0.4, 0.8, 0.1], "middle": [0.5, 0.9, 0.2], "high": [0.6, 1.0, 0.3],
        "came": [1.0, 0.0, np.nan],
    })  # fmt: skip
    found = score(items)
    rows = forecasts.doubts({"all": found}).set_index("what")
    assert list(rows.index) == [
        "all: ends of the words", "all: sentences drawn again", "all: open ones either way",
    ]  # fmt: skip
    # settled: (0.6, 0.5, 0.4) and (0.8, 0.9, 1.0) away; the open one, 0.2 likely, makes 0.04 or 0.64 of a third
    assert rows.loc["all: ends of the words", ["low", "high"]].tolist() == pytest.approx([0.5, 0.58])
    assert rows.loc["all: open ones either way", ["low", "high"]].tolist() == pytest.approx([1.1 / 3, 1.7 / 3])
    assert rows.loc["all: sentences drawn again", ["low", "high"]].tolist() == pytest.approx([0.25, 0.81])
    assert rows["middle"].tolist() == pytest.approx([0.53] * 3) and set(rows["set"]) == {"all"}


def test_of_the_forecasts_of_others_one_asks_what_the_article_says(ledger):
    others = forecasts.references(expectations(ledger))
    assert set(others["reading_id"]) == set(tables.load("forecast_readings").query("quality == 'good'")["reading_id"])
    asked = others[others["brier"].notna()]
    assert list(asked["claim"]) == ["C12"]
    assert asked["brier"].item() == pytest.approx(0.27**2) and asked["article"].item() == 0
