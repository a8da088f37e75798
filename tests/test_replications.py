"""The replication table: every published row, the bars, and the model of 2025 against 2025."""

import numpy as np
import pytest

from claimbook import outcome_2025, replications, scenarios
from claimbook.tables import load


@pytest.fixture(scope="module")
def table():
    return replications.replications().set_index("benchmark_id")


def test_every_published_row_is_there_with_a_reason(table):
    assert set(table.index) == set(load("published_benchmarks")["benchmark_id"])
    assert table["status"].isin(replications.STATUSES).all()
    assert (table["reason"].str.len() > 10).all()
    assert table["ours"].isna().equals(table["status"].eq("not possible"))
    assert (table["ours_low"].fillna(-np.inf) <= table["ours"].fillna(np.inf) + 1e-9).all()
    assert (table["ours_high"].fillna(np.inf) >= table["ours"].fillna(-np.inf) - 1e-9).all()


@pytest.mark.parametrize("region", ["us", "jp", "eu", "rw"])
def test_gsim_to_four_digits(table, region):
    row = table.loc[f"gsim-4x4-{region}"]
    assert round(row["ours"], 4) == row["published"]


@pytest.mark.parametrize("day", ["oct17", "oct30"])
def test_price_rule_of_october_to_a_twentieth_of_a_point(table, day):
    row = table.loc[f"tbl-{day}-price"]
    assert abs(row["ours"] - row["published"]) < 0.05


@pytest.mark.parametrize("case", ["boston-60-10", "boston-25-25-10"])
def test_boston_inside_the_published_range(table, case):
    row = table.loc[case]
    assert row["published_low"] < row["ours"] < row["published_high"]
    assert row["status"] == "inside theirs"


def test_rows_with_older_parameters_are_shown_as_off(table):
    # the lab's rule of October gives 1.29 and 2.20 where it had printed 1.7 and 3.0 with older parameters
    assert table.loc["tbl-sep3-price", "ours"] == pytest.approx(1.288, abs=0.001)
    assert table.loc["tbl-apr15-price", "ours"] == pytest.approx(2.198, abs=0.001)
    assert (table.loc[["tbl-sep3-price", "tbl-apr15-price"], "status"] == "off").all()


def test_threat_before_any_substitution(table):
    # China's share of imports by the lab's baseline, 418.0 of 3,123.8 billion dollars, times 100 points
    points = 100 * scenarios.parameter("bl-imports-china") / scenarios.parameter("bl-imports-total")
    assert table.loc["threat-100", "ours"] == pytest.approx(points, rel=0.01)


def test_counts_of_products_leave_special_provisions_out_and_keep_the_european_union_in(table):
    goods = load("us_imports_2024")
    goods = goods[~goods["hs10"].str[:2].isin(["98", "99"])]
    bought = goods.groupby([goods["hs10"].str[:6], "country"])["value_usd"].sum().unstack(fill_value=0)
    share = bought["China"] / bought.sum(axis=1)
    assert "European Union" in bought
    assert table.loc[["piie-825", "piie-83"], "ours"].tolist() == [(share > 0.5).sum(), (share >= 0.9).sum()]


def test_the_fitted_row_is_not_called_reproduced(table):
    assert table.loc["imf-ree-80", "status"] == "fitted"
    assert table.loc["imf-ree-80", "ours"] == pytest.approx(-1.5, abs=1e-4)


def test_another_bar_moves_only_what_is_graded():
    table = replications.replications()
    strict, loose = replications.graded(table, within=0.0), replications.graded(table, within=np.inf)
    assert not strict["status"].eq("reproduced").any()
    single = table["published"].notna() & ~table["status"].isin(replications.UNGRADED)
    assert loose.loc[single, "status"].eq("reproduced").all()
    for graded in (strict, loose):
        kept = table["status"].isin(replications.UNGRADED)
        assert graded.loc[kept, "status"].equals(table.loc[kept, "status"])


def test_relative_error():
    nan = np.nan
    assert replications.relative_error(1.1, 1.0, nan, nan) == pytest.approx(0.1)
    assert replications.relative_error(-1.1, -1.0, nan, nan) == pytest.approx(-0.1)
    assert replications.relative_error(1.5, nan, 1.4, 2.2) == 0
    assert replications.relative_error(2.42, nan, 1.4, 2.2) == pytest.approx(0.1)


def test_a_row_without_replication_is_refused(monkeypatch):
    monkeypatch.delitem(replications._RUNS, "feds-20")
    with pytest.raises(replications.ReplicationError, match="differ in feds-20"):
        replications.replications()


def test_parameters_that_are_not_there():
    with pytest.raises(scenarios.ScenarioError, match="no 'luck'"):
        scenarios.parameter("luck")
    with pytest.raises(scenarios.ScenarioError, match="no 'luck'"):
        scenarios.assumption("luck")


def test_exempting_goods_lowers_the_price_rise():
    full = scenarios.import_price_rise({"China": 1.0})
    less = scenarios.import_price_rise({"China": 1.0}, exempt=True)
    assert (less <= full + 1e-9).all()
    assert less["334"] < full["334"] / 2
    assert less["315AL"] == pytest.approx(full["315AL"])


# --- against 2025 --------------------------------------------------------------------------------------------


def test_fall_of_2025_is_the_census_total():
    # us_duties_by_partner_month holds all goods, special classifications included; the check leaves those out
    months = load("us_duties_by_partner_month").query("country == 'China'")
    months = months[months["month"].dt.month <= 11]
    total = months.groupby(months["month"].dt.year)["imports_usd"].sum()
    check = outcome_2025.industry_check(2.0)
    assert check["imports_2024_usd"].sum() == pytest.approx(total[2024], rel=0.03)
    assert outcome_2025.total_change(check, "actual") == pytest.approx(total[2025] / total[2024] - 1, abs=0.03)


def test_the_fitted_elasticity_gives_the_total_and_not_the_pattern():
    elasticity = outcome_2025.fitted_elasticity()
    check = outcome_2025.industry_check(elasticity)
    assert outcome_2025.total_change(check, "predicted") == pytest.approx(
        outcome_2025.total_change(check, "actual"), abs=1e-4
    )
    assert check["miss"].abs().max() > 0.1
    assert check[["actual", "predicted"]].corr(method="spearman").iloc[0, 1] < 0.3


def test_chapters_use_the_collected_average():
    check = outcome_2025.chapter_check(2.0)
    collected = outcome_2025.industries().xs("China")
    mean = (collected["rate_2025"] * collected["imports_2025"]).sum() / collected["imports_2025"].sum()
    weighted = (check["rate_2025"] * check["imports_2024_usd"]).sum() / check["imports_2024_usd"].sum()
    assert weighted == pytest.approx(mean, abs=0.002)
    assert (check["predicted"] < 0.2).all()
