"""Promises: targets by season, shortfall and keeping worked by hand; Phase One against what was printed; the tables."""

import datetime as dt
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import promises
from claimbook.promises import PromiseError
from claimbook.tables import load

HORIZON = dt.date(2026, 8, 22)


def monthly(years: range, **groups: float) -> pd.DataFrame:
    """The same sum in each month, by group."""
    months = pd.date_range(f"{years[0]}-01-01", f"{years[-1]}-12-01", freq="MS")
    return pd.DataFrame(groups, index=months, dtype=float)


def exported(aircraft: float = 1.0, months: int = 3) -> pd.DataFrame:
    """Exports in the form of the table: one billion dollars a month and group."""
    groups = {"Agriculture": 1.0, "Energy": 1.0, "Manufactures": 1.0, promises.AIRCRAFT: aircraft, "Not covered": 9.0}
    rows = [
        {"group": group, "month": month, "exports_usd": int(value * 1e9)}
        for month in pd.date_range("2020-01-01", periods=months, freq="MS")
        for group, value in groups.items()
    ]
    return pd.DataFrame(rows)


# --- from exports to a ratio ---------------------------------------------------------------------------------


def test_aircraft_are_manufactures_or_nothing():
    inside, outside = (promises.purchases(exported(aircraft=0.5), aircraft) for aircraft in (True, False))
    assert inside.loc["2020-01-01"].tolist() == [1, 1, 1.5] and outside.loc["2020-01-01"].tolist() == [1, 1, 1]
    assert list(inside.columns) == list(promises.GROUPS), "goods outside the agreement are no purchases under it"


def test_a_missing_month_is_refused():
    gap = exported()
    gap = gap[gap["month"] != "2020-02-01"]
    with pytest.raises(PromiseError, match="no row for 2020-02"):
        promises.purchases(gap, aircraft=True)


def test_a_commitment_is_base_and_addition():
    base = pd.Series({"Energy": 7.6, "Agriculture": 21.0})
    on_top = pd.DataFrame({2020: [18.5, 12.5], 2021: [33.9, 19.5]}, index=["Energy", "Agriculture"])
    level = promises.commitments(base, on_top)
    assert level.loc["Energy"].tolist() == pytest.approx([26.1, 41.5])
    assert level.loc["Agriculture"].tolist() == pytest.approx([33.5, 40.5])
    with pytest.raises(PromiseError, match="Services"):
        promises.commitments(base, pd.concat([on_top, on_top.rename(index={"Energy": "Services"}).iloc[:1]]))


def test_seasons_need_a_whole_year():
    with pytest.raises(PromiseError, match="2017: 11 months"):
        promises.season_weights(monthly(range(2017, 2018), a=1).iloc[:11], 2017)


@given(st.lists(st.floats(0.1, 1e6), min_size=12, max_size=12), st.floats(0.1, 1e6), st.floats(0.1, 1e6))
def test_a_target_path_rises_and_ends_at_the_promise(values, first, second):
    months = monthly(range(2017, 2018), a=1)
    months["a"] = values
    weights = promises.season_weights(months, 2017)
    assert weights["a"].sum() == pytest.approx(1)
    path = promises.target_path(pd.DataFrame({2020: [first], 2021: [second]}, index=["a"]), weights)
    assert path.is_monotonic_increasing and len(path) == 24
    assert path["2020-12-01"] == pytest.approx(first) and path["2021-12-01"] == pytest.approx(first + second)


def test_a_path_follows_the_seasons_by_hand():
    months = monthly(range(2017, 2018), a=1)
    months.loc["2017-01-01", "a"] = 9  # 9 of 20 in January
    path = promises.target_path(pd.DataFrame({2020: [40.0]}, index=["a"]), promises.season_weights(months, 2017))
    assert path.iloc[[0, 1, 11]].tolist() == pytest.approx([18, 20, 40])


def test_the_rest_of_a_year_by_hand():
    series = monthly(range(2018, 2020), a=1)["a"]
    series["2019-12-01"] = 5.5
    found = promises.rest_of_year(series, 11, range(2018, 2020))
    assert found.tolist() == pytest.approx([1 / 11, 0.5])
    with pytest.raises(PromiseError, match="2020: 0 months"):
        promises.rest_of_year(series, 11, range(2019, 2021))


def test_a_shortfall_by_hand():
    found = promises.shortfall(pd.Series({"a": 60.0}), pd.Series({"a": 100.0}), pd.Series({"a": 70.0})).loc["a"]
    assert found[["short", "share", "idle", "extra"]].tolist() == pytest.approx([40, 0.6, 0.7, -10])


# --- Phase One -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def phase_one():
    value = load("phase_one_assessments").set_index("assessment_id")["value"]
    aircraft = load("aircraft_china").set_index("id")["value"]["2021-exports"] / 1e9
    return load("phase_one_exports"), promises.annex(load("phase_one_commitments")), value, aircraft


def test_the_rebuild_meets_the_published_ratio_within_a_point(phase_one):
    value = phase_one[2]
    ours = promises.ratios(*phase_one).loc["all"]
    published = 100 * value["piie-purchases"] / value["piie-commitment"]
    assert published == pytest.approx(57.48, abs=0.01)
    assert (ours - published).abs().max() < 1 and ours["low"] < published < ours["high"]


@pytest.mark.parametrize(
    ("group", "reading"),
    [("Agriculture", "piie-ratio-agriculture"), ("Manufactures", "piie-ratio-manufactured")],
)
def test_the_groups_meet_the_published_ratios(phase_one, group, reading):
    exports, annex, value, aircraft = phase_one
    goods = promises.rebuilt(exports, annex, promises.eleven_months(value), aircraft)
    assert 100 * goods.loc[group, "share"] == pytest.approx(value[reading], abs=1)


def test_aircraft_are_what_parts_the_two_targets_of_2020(phase_one):
    exports, annex, value, _ = phase_one
    targets = {
        counted: promises.commitments(
            promises.purchases(exports, counted).loc["2017"].sum(), annex.loc[list(promises.GROUPS)]
        )[2020].sum()
        for counted in (True, False)
    }
    assert targets[True] == pytest.approx(value["piie-goods-commitment-2020-us"], abs=0.1)
    assert targets[False] == pytest.approx(value["piie-early-commitment-2020-us"], abs=0.1)


def test_farm_goods_and_october_as_piie_had_them(phase_one):
    exports, annex, value, aircraft = phase_one
    to_october = promises.purchases(exports, True).loc["2020-01":"2020-10"].sum()
    assert to_october["Agriculture"] == pytest.approx(value["piie-agriculture-2020-10-us"], abs=0.1)
    assert to_october.sum() == pytest.approx(value["piie-purchases-2020-10-us"], rel=0.01)
    line, _ = promises.course(exports, annex, value, aircraft)
    assert line.loc["2020-10-01", "promised"] == pytest.approx(value["piie-commitment-2020-10-us"], rel=0.01)


def test_the_base_of_services_is_what_piie_leaves_for_it(phase_one):
    exports, annex, value, _ = phase_one
    services = promises.services(value, annex).iloc[0]
    base = services["promised"] * services["idle"] / 2
    assert base == pytest.approx(56.1, abs=0.05)
    share = 100 * base / (base + value["piie-base-goods"])
    assert share == pytest.approx(value["piie-share-services"], abs=0.5), "PIIE's own share of services"


def test_december_moves_the_ratio_by_about_a_point_either_way(phase_one):
    exports, annex, value, aircraft = phase_one
    low, high = (
        promises.rebuilt(exports, annex, promises.eleven_months(value), aircraft, name)["bought"].sum()
        for name in ("low", "high")
    )
    assert (
        0
        < (high - low) / promises.rebuilt(exports, annex, promises.eleven_months(value), aircraft)["promised"].sum()
        < 0.03
    )


def test_nothing_of_the_addition_was_bought_even_with_the_best_december(phase_one):
    exports, annex, value, aircraft = phase_one
    best = promises.rebuilt(exports, annex, promises.eleven_months(value), aircraft, "high")["extra"].sum()
    assert best + promises.services(value, annex)["extra"].sum() < 0


def test_every_definition_is_in_the_table_and_none_exceeds_its_promise(phase_one):
    _, annex, value, _ = phase_one
    rows = promises.definitions(promises.ratios(*phase_one), annex, value)
    assert len(rows) == 8 and rows["definition"].is_unique
    assert (rows["bought"].dropna() < rows["promised"][rows["bought"].notna()]).all()
    chinese = rows[rows["definition"].str.contains("our sum")]["promised"].iloc[0]
    assert value["piie-commitment"] < chinese < value["ustr-commitment"]


# --- seasons -------------------------------------------------------------------------------------------------


def quarters(*rows: tuple[str, int, float, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["start", "months", "low", "high"])
    return frame.assign(start=pd.to_datetime(frame["start"]))


def test_a_season_stands_beside_the_same_season_and_a_part_is_marked():
    found = promises.same_season(
        quarters(("2024-10-01", 1, 2, 2), ("2023-10-01", 3, 7, 8), ("2024-01-01", 3, 4, 4)),
        "start",
        "months",
        "low",
        "high",
    )
    assert found["season"].tolist() == ["Oct-Dec", "Jan-Mar", "Oct-Dec"]
    assert found["complete"].tolist() == [True, True, False]


def test_two_sellers_or_turned_bounds_are_refused():
    twice = quarters(("2023-10-01", 3, 7, 8), ("2023-10-01", 3, 1, 1))
    with pytest.raises(PromiseError, match="Oct-Dec 2023 stands twice"):
        promises.same_season(twice, "start", "months", "low", "high")
    with pytest.raises(PromiseError, match="low lies above high"):
        promises.same_season(quarters(("2023-10-01", 3, 9, 8)), "start", "months", "low", "high")


# --- keeping -------------------------------------------------------------------------------------------------


def promise(**fields) -> pd.DataFrame:
    """One promise of 100 due at the end of 2025, with what the test says of it."""
    row = {
        "id": "p", "amount": 100.0, "due": pd.Timestamp("2025-12-31"), "by_due_low": np.nan, "by_due_high": np.nan,
        "since_low": np.nan, "since_high": np.nan, "since_known_to": pd.NaT,
    }  # fmt: skip
    return pd.DataFrame([row | fields])


@pytest.mark.parametrize(
    ("fields", "fate"),
    [
        ({"by_due_low": 100, "by_due_high": 120}, "kept"),
        ({"by_due_low": 30, "by_due_high": 80}, "short"),
        ({"by_due_low": 30, "by_due_high": 80, "since_low": 100, "since_high": 100}, "late"),
        ({"by_due_low": 30, "by_due_high": 80, "since_low": 90, "since_high": 110}, "short"),
        ({"by_due_low": 30, "by_due_high": 130}, "not known"),
        ({}, "not known"),
        ({"due": pd.NaT}, "no due date"),
        ({"due": pd.Timestamp("2026-12-31"), "by_due_low": 100, "by_due_high": 100}, "not due"),
    ],
)
def test_fates_by_hand(fields, fate):
    assert promises.keeping(promise(**fields), HORIZON)["fate"].tolist() == [fate]
    assert fate in promises.FATES


def test_shares_are_of_the_promise_itself():
    found = promises.keeping(promise(by_due_low=25, by_due_high=50, since_low=75, since_high=75), HORIZON).iloc[0]
    assert found[["due_low", "due_high", "now_low", "now_high"]].tolist() == [0.25, 0.5, 0.75, 0.75]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"by_due_low": 60, "by_due_high": 60}, "60%"),
        ({"due": pd.NaT}, "no date; no count found"),
        ({"due": pd.Timestamp("2026-12-31")}, "not due until December 2026"),
        ({"by_due_low": 33, "by_due_high": 83, "since_low": 100, "since_high": 100,
          "since_known_to": pd.Timestamp("2026-01-20")}, "33% to 83%; 100% by January 2026"),
    ],
)  # fmt: skip
def test_words_by_hand(fields, words):
    assert promises.in_words(promises.keeping(promise(**fields), HORIZON)) == [words]


def test_units_do_not_mix():
    assert promises.one_unit(pd.DataFrame({"unit": ["aircraft", None, "aircraft"]})) == "aircraft"
    with pytest.raises(PromiseError, match="aircraft, metric tons"):
        promises.one_unit(pd.DataFrame({"unit": ["metric tons", "aircraft"]}))
    with pytest.raises(PromiseError, match="none"):
        promises.one_unit(pd.DataFrame({"unit": [None]}))


def test_a_level_computed_with_another_promise_is_refused():
    fallen = promises.shortfall(pd.Series({"Energy": 25.0}), pd.Series({"Energy": 67.7}), pd.Series({"Energy": 15.3}))
    table = load("purchase_promises")
    put = promises.with_level(table, fallen, {"phase-one-energy": "Energy"}).set_index("id").loc["phase-one-energy"]
    assert [put["amount"], put["by_due_low"], put["by_due_high"]] == pytest.approx([67.7, 25, 25])
    with pytest.raises(PromiseError, match="phase-one-energy: promised 52.4 on top, computed with 42.4"):
        promises.with_level(table, fallen.assign(promised=57.7, idle=15.3 / 57.7), {"phase-one-energy": "Energy"})


# --- tables --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["purchase_promises", "aircraft_china", "promise_accounts"])
def test_every_row_has_an_address_with_a_host(table):
    frame = load(table)
    for column in (name for name in frame.columns if name.endswith("_url")):
        hosts = [urlsplit(url).netloc for url in frame[column].dropna()]
        assert all("." in host for host in hosts), column


def test_promises_of_phase_one_are_the_annex():
    table, annex = load("purchase_promises").set_index("id"), promises.annex(load("phase_one_commitments"))
    for group in annex.index:
        assert table.loc[f"phase-one-{group.lower()}", "amount"] == pytest.approx(annex.loc[group].sum())


def test_soybean_promises_and_counts_are_those_of_the_soybean_table():
    table = load("purchase_promises").set_index("id")
    counts = load("soybeans_reported")
    pledged = counts[counts["measure"] == "promise"].set_index("period_end")
    for year in (2026, 2027, 2028):
        assert table.loc[f"soybeans-{year}", "amount"] == pledged.loc[f"{year}-12-31", "value_low"]
    assert table.loc["soybeans-2025", "amount"] == pledged.loc["2025-12-31", "value_low"]
    early = counts[(counts["measure"] == "purchases since the truce") & (counts["period_end"] == "2026-01-08")]
    beans = table.loc["soybeans-2025"]
    assert beans["by_due_low"] == early["value"].min() and beans["by_due_high"] == early["value_high"].max()


def test_bounds_come_with_basis_and_day_and_never_cross():
    table = load("purchase_promises")
    for low, high, basis, day, url in (
        ("by_due_low", "by_due_high", "by_due_basis", "by_due_known_to", "by_due_url"),
        ("since_low", "since_high", "since_basis", "since_known_to", "since_url"),
    ):
        given_ = table[low].notna()
        assert (table[high].notna() == given_).all() and (table[low] <= table[high])[given_].all()
        assert table.loc[given_, [basis, day, url]].notna().all(axis=None)
        assert (table[day].dropna() <= pd.Timestamp(HORIZON)).all(), "later than the horizon is only reported"


def test_what_nobody_knew_on_the_day_is_left_out():
    then = load("purchase_promises", known_by="2025-10-25")
    assert set(then["id"]) == {
        "boeing-2017", "soybeans-2019", "phase-one-manufactures", "phase-one-agriculture", "phase-one-energy",
        "phase-one-services",
    }  # fmt: skip
    assert not {"since_low", "gap", "reported_after_horizon"} & set(then.columns)


def test_fates_of_the_real_promises():
    table = promises.keeping(load("purchase_promises"), HORIZON).set_index("id")["fate"]
    assert table["soybeans-2025"] == "late"
    assert set(table[["boeing-2017", "boeing-2026", "soybeans-2019"]]) == {"no due date"}
    assert set(table[["soybeans-2026", "soybeans-2028", "farm-goods-2026"]]) == {"not due"}


def test_aircraft_are_counted_and_exports_are_dollars():
    table = load("aircraft_china")
    assert set(table.loc[table["kind"] == "exports", "unit"]) == {"US dollars"}
    assert set(table.loc[table["kind"] != "exports", "unit"].dropna()) == {"aircraft"}
    assert (table["unit"].notna() == table["value"].notna()).all()
    assert (table["known_on"] <= pd.Timestamp(HORIZON)).all()
    delivered = table[table["kind"] == "delivered"].set_index("id")["value"]
    assert (delivered["2017-delivered"], delivered["2022-delivered"], delivered["2025-june"]) == (202, 8, 8)


def test_both_governments_are_heard_on_phase_one():
    table = load("promise_accounts")
    heard = table.groupby("side")["id"].count()
    assert heard["us"] >= 3 and heard["china"] >= 3
    assert (table["key_words"].dropna().str.split().str.len() <= 12).all(), "a few words, not a passage"
    assert (table["stated_on"] <= pd.Timestamp(HORIZON)).all()
