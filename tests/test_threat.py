"""The threatened tariff over its cases, and a cut-off of rare earths: bounds, identities, what is refused."""

import numpy as np
import pandas as pd
import pytest

from claimbook import cutoff, scenarios, threat
from claimbook.replications import imf_elasticity
from claimbook.tables import load


@pytest.fixture(scope="module")
def cases():
    return threat.cases()


def test_points_before_anybody_switches(cases):
    # China's share of imports times 100 points: 13.38 percent in 2024
    full = cases[(cases["weights"] == "trade of 2024") & (cases["coverage"] == "all goods")]
    assert np.allclose(full["points"], 13.3827, atol=1e-3)
    assert np.allclose(full["duty_bill_usd"], 429.43e9, rtol=1e-4)


def test_order_of_the_cases(cases):
    by = cases.set_index(["weights", "coverage", "elasticity"]).sort_index()
    for weights in threat.WEIGHTS:
        for coverage in threat.COVERAGES:
            fall = by.loc[(weights, coverage), "imports_change"].reindex(threat.ELASTICITIES)
            assert fall.is_monotonic_decreasing
        for name in threat.ELASTICITIES:
            points = by.xs(weights).xs(name, level="elasticity")["points"]
            assert points["as in April 2025"] < points["electronics exempt"] < points["all goods"]
    before, after = by.filter(like="before "), by.filter(like="after ")
    assert (after.to_numpy() < before.to_numpy()).all()
    percent = cases[["before 2017 percent", "before 2024 percent"]].to_numpy()
    assert (percent > cases[["before 2017 dollar", "before 2024 dollar"]].to_numpy()).all()


def test_coverage_of_april_is_between_nothing_and_all_but_electronics():
    # (88.14 - 27.05) / 115 points: the tracker's averages of 11 April and 12 May 2025
    assert threat.april_coverage() == pytest.approx((88.140363 - 27.053117) / 115, abs=1e-5)


def test_rate_before_the_threat_is_the_trackers(cases):
    table = threat.trade("trade of 2024").xs("China")
    average = 100 * (table["rate"] * table["imports_usd"]).sum() / table["imports_usd"].sum()
    published = load("tariff_rate_readings").set_index("reading_id").loc["twt-us-2025-10", "rate_pct"]
    assert average == pytest.approx(published, abs=0.02)


def test_trade_of_autumn_moves_with_the_industries():
    then, now = (threat.trade(name)["imports_usd"].xs("China") for name in threat.WEIGHTS)
    moved = now.sum() / then.sum()
    assert 0.5 < moved < 0.7  # imports from China in July to October 2025 against 2024, by industry
    ratio, sectors = now / then, threat.product_sectors().reindex(now.index)
    assert ratio.groupby(sectors).std().max() < 1e-9  # products of one sector moved alike
    assert ratio.groupby(sectors).mean().between(0, 1.5).all()


def test_one_household():
    # a percent of 19,896 billion dollars over 132.7 million households
    assert threat.per_household(1.0) == pytest.approx(19_896_009e6 / 132_737_146 / 100, rel=1e-6)


def test_range_takes_the_ends(cases):
    low, high = threat.consumer_price_range(cases, "before")
    least, most = threat.passed_on()
    assert (least, most) == (pytest.approx(0.86 * 0.7), 1)
    assert low == pytest.approx(least * cases[["before 2017 dollar", "before 2024 dollar"]].min().min())
    assert high == pytest.approx(cases[["before 2017 dollar", "before 2024 dollar"]].max().max())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: threat.trade("2025"), "weights is '2025'"),
        (lambda: threat.tariff("most goods"), "coverage is 'most goods'"),
        (lambda: threat.elasticity("two"), "elasticity is 'two'"),
    ],
)
def test_unknown_cases_are_refused(call, words):
    with pytest.raises(scenarios.ScenarioError, match=words):
        call()


def test_readings_carry_a_hundred_points_more():
    rows = threat.readings()
    assert (rows["total_pct"] - rows["rate_pct"]).tolist() == pytest.approx([100] * len(rows))
    assert rows["rate_pct"].is_monotonic_increasing


# --- cut-off -------------------------------------------------------------------------------------------------


def test_the_curve_falls_and_ends_at_the_price_of_what_is_missing():
    curve = cutoff.curve(0.8, np.array([0.1, 0.2, 0.5, 1.0, 1e6]))["loss_busd"]
    assert curve.is_monotonic_decreasing
    # perfect substitutes: four fifths of the market, times what the users' own buyers lose
    market = scenarios.parameter("ree-market-us")
    assert 0.8 * market * 0.3 < curve.iloc[-1] < 2 * market


def test_the_imf_estimate_is_placed_at_the_fitted_elasticity():
    placed = cutoff.placed().set_index("estimate")
    assert placed.loc["IMF: less by four fifths", "implied"] == pytest.approx(imf_elasticity(), rel=1e-3)
    known = placed.dropna()
    assert (known["implied_low"] <= known["implied"] + 1e-6).all()
    assert (known["implied"] <= known["implied_high"] + 1e-6).all()


def test_purchases_are_small():
    bought = cutoff.purchases().set_index("good")
    assert (bought["from_china_musd"] <= bought["imports_musd"]).all()
    assert 400 < bought["imports_musd"].iloc[:2].sum() < 430


def test_industries_add_up_to_the_curve():
    table = cutoff.first_in_line(0.2, 0.8)
    total = cutoff.curve(0.8, np.array([0.2]))["loss_busd"].iloc[0]
    assert table["loss_busd"].sum() == pytest.approx(total)
    assert set(table.index[table["uses_first"]]) == set(
        load("mineral_uses").query("material in ['magnets', 'compounds and metals']")["industry"]
    )
    assert isinstance(table, pd.DataFrame) and table["industry"].notna().all()
