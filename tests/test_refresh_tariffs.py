"""The tariff tables: builders on files of the tracker's form, hand-checked steps and readings, sums that must agree."""

import pandas as pd
import pytest

from claimbook import tables
from claimbook.refresh import tariffs
from claimbook.refresh.core import RefreshError

BY_COUNTRY = """date,country_name,effective tariff,total imports,2024 tariff
2025-02-04,CHINA,20.0,429425828419.0,10.865954673194842
2025-02-04,EUROPEAN UNION,0.0,597473236377.0,1.2290777517549552
2025-02-04,SLOVAKIA,0.0,6000000000.0,1.9
2026-08-19,"KOREA, SOUTH",11.5,131000000000.0,0.2
"""
DAILY = """,date,import_weighted_avg_tariff
0,2025-01-01,2.3
1,2026-07-23,10.891045090426246
2,2026-07-24,11.391325914992578
"""


def load(name: str, **options) -> pd.DataFrame:
    return tables.load(name, **options)


# --- builders ------------------------------------------------------------------------------------------------


def test_partners_are_named_with_codes_and_slovakia_is_not_counted_twice(tmp_path):
    (tmp_path / "country-by-time.csv").write_text(BY_COUNTRY)
    frame = tariffs.tidy_by_partner(tariffs.read_by_partner(tmp_path))
    assert frame["country"].tolist() == ["China", "European Union", "South Korea"]
    assert frame["iso3"].fillna("").tolist() == ["CHN", "", "KOR"]
    assert frame["projected"].tolist() == [False, False, True]


def test_a_file_without_slovakia_is_refused_because_the_correction_has_no_ground(tmp_path):
    lines = [line for line in BY_COUNTRY.splitlines() if "SLOVAKIA" not in line]
    (tmp_path / "country-by-time.csv").write_text("\n".join(lines))
    with pytest.raises(RefreshError, match="slovakia-twice-in-partner-tariffs"):
        tariffs.tidy_by_partner(tariffs.read_by_partner(tmp_path))


def test_a_changed_header_is_refused_by_name(tmp_path):
    (tmp_path / "country-by-time.csv").write_text(BY_COUNTRY.replace("effective tariff", "tariff"))
    with pytest.raises(RefreshError, match="effective tariff"):
        tariffs.tidy_by_partner(tariffs.read_by_partner(tmp_path))


def test_days_after_the_version_read_are_marked_as_projected(tmp_path):
    (tmp_path / "daily-tariff-latest-data.csv").write_text(DAILY)
    frame = tariffs.tidy_daily(tariffs.read_daily(tmp_path))
    assert frame["projected"].tolist() == [False, False, True]


# --- rates by partner and day --------------------------------------------------------------------------------


def test_china_on_the_day_of_the_article():
    frame = load("tariff_by_partner_date")
    row = frame[(frame["iso3"] == "CHN") & (frame["date"] == "2025-10-14")].iloc[0]
    assert row["collected_rate_2024_pct"] + row["added_points_pct"] == pytest.approx(41.88, abs=0.005)
    assert row["imports_2024_usd"] == 429_425_828_419


def test_partners_weighted_with_imports_give_the_daily_average():
    partners, daily = load("tariff_by_partner_date"), load("us_average_tariff_daily").set_index("date")
    level = (partners["collected_rate_2024_pct"] + partners["added_points_pct"]) * partners["imports_2024_usd"]
    sums = pd.DataFrame({"level": level.astype(float), "w": partners["imports_2024_usd"].astype(float)})
    sums = sums.groupby(partners["date"]).sum()
    gap = (sums["level"] / sums["w"] - daily["average_tariff_pct"].reindex(sums.index)).abs()
    assert len(gap) == 23
    assert gap.max() < 0.1  # the fifty-one partners are all but a few percent of imports


def test_days_follow_one_another_without_a_gap():
    days = load("us_average_tariff_daily")["date"]
    assert (days.diff().dropna() == pd.Timedelta(days=1)).all()


# --- events --------------------------------------------------------------------------------------------------


def test_status_and_dates_do_not_contradict():
    events = load("tariff_events")
    assert events.loc[events["status"] == "not_imposed", "effective"].isna().all()
    assert events.loc[events["status"] == "in_force", "effective"].notna().all()
    assert events.loc[events["status"] == "in_force", "ended"].isna().all()
    dated = events.dropna(subset=["effective", "ended"])
    assert len(dated) > 20 and (dated["ended"] > dated["effective"]).all()
    gone = events["status"].isin(["ended", "suspended"])
    assert events.loc[gone, "ended"].notna().all()


def test_no_step_of_a_chain_overlaps_or_leaves_a_gap():
    events = load("tariff_events").set_index("event_id")
    chains = [
        ["us-ieepa-fentanyl-10", "us-ieepa-fentanyl-20", "us-busan-fentanyl"],
        ["us-ieepa-reciprocal-84", "us-ieepa-reciprocal-125", "us-geneva", "us-truce-aug", "us-busan-reciprocal"],
        ["cn-2025-5", "cn-2025-6", "cn-geneva", "cn-truce-aug", "cn-busan-24"],
        ["us-301-list-3-10", "us-301-list-3-25"],
        ["us-301-list-4a-15", "us-301-list-4a-7.5"],
        ["us-232-metals-2018", "us-232-metals-25", "us-232-metals-50", "us-232-metals-tiers"],
    ]
    for chain in chains:
        for earlier, later in zip(chain, chain[1:], strict=False):
            assert events.at[earlier, "ended"] == events.at[later, "effective"], (earlier, later)


def test_layers_of_2025_on_the_day_of_the_article_make_thirty():
    events, day = load("tariff_events"), pd.Timestamp("2025-10-25")
    ieepa = events["instrument"].isin(["IEEPA fentanyl", "IEEPA reciprocal"]) & (events["rate_meaning"] == "layer")
    in_force = ieepa & (events["effective"] <= day) & ~(events["ended"] <= day) & (events["side"] == "US on China")
    assert events.loc[in_force, "rate_pct"].tolist() == [20, 10]


def test_a_reader_of_the_day_knows_the_threat_and_the_inquiry_but_not_busan():
    frame = load("tariff_events", known_by="2025-10-25")
    known = set(frame["event_id"])
    assert not {"status", "ended", "note"} & set(frame.columns)  # they tell what came of a step later
    assert {"us-threat-100", "us-301-phase-one", "us-301-review-magnets"} <= known
    assert not {"us-busan-fentanyl", "cn-busan-24", "us-ieepa-void"} & known


def test_no_tariff_came_from_the_phase_one_inquiry():
    row = load("tariff_events").set_index("event_id").loc["us-301-phase-one"]
    assert (row["status"], row["rate_meaning"]) == ("not_imposed", "none")


# --- readings ------------------------------------------------------------------------------------------------


def test_the_six_figures_of_october_2025_are_all_there():
    readings = load("tariff_rate_readings")
    october = readings[(readings["direction"] == "US on China") & readings["as_of"].between("2025-10-01", "2025-10-31")]
    rates = october.loc[october["measure"] != "points_added", "rate_pct"]
    assert {30.0, 37.54, 42.06, 41.88, 47.0, 55.0, 57.0} <= set(rates)


def test_what_a_reader_of_the_day_could_know_of_the_rate():
    known = set(load("tariff_rate_readings", known_by="2025-10-25")["reading_id"])
    assert {"cbs-us-2025-10", "trump-us-2025-10-20", "bl-us-2025-10-17-added"} <= known
    assert not {"bl-us-2025-10", "census-us-2025-10", "trump-us-2025-10-30-after"} & known


def test_threatened_totals_are_base_plus_one_hundred():
    readings = load("tariff_rate_readings").set_index("reading_id")["rate_pct"]
    totals = load("threatened_tariff_totals")
    assert (totals["base_pct"] == totals["reading_id"].map(readings)).all()
    assert totals["total_pct"].tolist() == pytest.approx((totals["base_pct"] + 100).tolist())
    assert (totals["source"].notna() == (totals["total_is"] == "stated")).all()


def test_readings_of_the_tracker_agree_with_its_table():
    partners = load("tariff_by_partner_date")
    china = partners[partners["iso3"] == "CHN"].set_index("date")
    level = china["collected_rate_2024_pct"] + china["added_points_pct"]
    readings = load("tariff_rate_readings").set_index("reading_id")["rate_pct"]
    for reading, day in (
        ("twt-us-2025-10", "2025-10-14"), ("twt-us-2025-11", "2025-11-14"), ("twt-us-2026-02", "2026-02-20"),
        ("twt-us-2026-07", "2026-07-24"),
    ):  # fmt: skip
        assert readings[reading] == pytest.approx(level[day], abs=0.005)


# --- Phase One -----------------------------------------------------------------------------------------------


def test_promises_add_to_two_hundred_billion():
    promised = load("phase_one_commitments").groupby("year")["additional_busd"].sum()
    assert promised.to_dict() == {2020: pytest.approx(76.7), 2021: pytest.approx(123.3)}


def test_both_commitments_of_piie_rest_on_one_base_of_2017():
    extra = load("phase_one_commitments").groupby("year")["additional_busd"].sum()
    value = load("phase_one_assessments").set_index("assessment_id")["value"]
    bases = [value["piie-commitment-2020"] - extra[2020], value["piie-commitment-2021"] - extra[2021]]
    assert bases == pytest.approx([151.2, 151.2], abs=0.05)
    assert value["piie-commitment-2020"] + value["piie-commitment-2021"] == pytest.approx(value["piie-commitment"])


def test_the_ratio_lies_between_its_two_printings_and_ustr_is_wider():
    value = load("phase_one_assessments").set_index("assessment_id")["value"]
    ratio = 100 * value["piie-purchases"] / value["piie-commitment"]
    assert value["piie-ratio-first"] <= ratio <= value["piie-ratio"]
    assert 100 * (1 - value["ustr-shortfall"] / value["ustr-commitment"]) == pytest.approx(59.4, abs=0.1)


# --- pass-through --------------------------------------------------------------------------------------------


def test_shares_are_shares_and_periods_run_forward():
    findings = load("pass_through_findings")
    shares = findings.loc[findings["unit"].isin(["share_of_tariff", "share_of_import_price_rise"]), "value"]
    assert shares.between(0, 1).all() and len(shares) >= 8
    both = findings.dropna(subset=["period_start", "period_end"])
    assert (both["period_start"] <= both["period_end"]).all()
    assert (findings["value"].notna() == findings["unit"].notna()).all()


def test_what_is_split_by_the_budget_office_adds_to_one():
    value = load("pass_through_findings").set_index("finding_id")["value"]
    assert value["cbo-2026-businesses"] + value["cbo-2026-consumers"] == pytest.approx(1)
