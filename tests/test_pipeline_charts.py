import matplotlib.dates as mdates
import pandas as pd
import pytest

from claimbook import charts, pipeline_charts
from claimbook.pipeline import Assumptions, expected, promised
from claimbook.tables import load

ASSUMED = Assumptions.load()
PROJECTS = load("projects")


def test_dials_turn_what_they_name_and_nothing_else():
    turned = pipeline_charts.with_dials(ASSUMED, slip=3, success=2, growth=0.05)
    assert turned.triple("slip-years") == (3, 3, 3)
    assert turned.triple("chance-building") == (1, 1, 1)  # 0.75 x 2, no more than certain
    assert turned.triple("chance-announced") == (0.3, 0.3, 0.3)
    assert {turned.triple(name) for name in ASSUMED.values if name.startswith("growth-")} == {(0.05, 0.05, 0.05)}
    moved = {name for name in ASSUMED.values if turned.values[name] != ASSUMED.values[name]}
    assert moved == {"slip-years"} | {n for n in ASSUMED.values if n.startswith(("growth-", "chance-"))} - {
        "chance-operating"
    }


def test_course_is_the_central_case_within_its_band():
    _, ax = charts.house()
    frame = pipeline_charts.share_course(ax, PROJECTS, ASSUMED, "magnets")
    case = expected(PROJECTS, ASSUMED, "magnets")
    assert frame["central_pct"].to_numpy() == pytest.approx(100 * case["share"])
    assert (frame["low_pct"] <= frame["median_pct"]).all() and (frame["median_pct"] <= frame["high_pct"]).all()
    sure = {name: central for name, (_, central, _) in ASSUMED.values.items()}
    certain = promised(ASSUMED.fixed(sure))
    narrow = pipeline_charts.share_course(ax, PROJECTS, certain, "magnets")
    assert narrow["low_pct"].to_numpy() == pytest.approx(narrow["high_pct"])


def test_words_of_a_range():
    assert pipeline_charts.range_words(ASSUMED, "slip-years") == "0 to 5 years"
    assert pipeline_charts.range_words(ASSUMED, "utilisation") == "67% to 95%"
    assert pipeline_charts.range_words(ASSUMED, "growth-ndpr") == "0.0% to 4.2%"
    assert pipeline_charts.range_words(ASSUMED, "china-magnets") == "260 to 300 kt"


def test_table_of_assumptions_has_the_shared_ones_in_order():
    shown = pipeline_charts.assumptions_table(ASSUMED)
    groups = ASSUMED.table["group"].isin(["chance", "behaviour", "china"])
    assert len(shown) == groups.sum()
    assert shown["Assumption"].iloc[0].endswith("(operating)") and shown["Assumption"].iloc[-1].startswith("Growth")
    assert not shown.isna().any().any()


def test_plants_are_those_that_are_counted_each_with_a_page():
    shown = pipeline_charts.plants_table(PROJECTS, ASSUMED)
    assert set(zip(shown["Stage"], shown["Product"], strict=True)) == {
        ("mine", "REO"), ("separation", "NdPr oxide"), ("separation", "DyTb oxide"), ("magnet", "magnets"),
    }  # fmt: skip
    assert all(link.safe for links in shown["Sources"] for link in links)
    eneabba = shown[shown["Plant"].str.startswith("Eneabba")].set_index("Product")
    assert eneabba["Tonnes a year"].to_dict() == {"NdPr oxide": 4000, "DyTb oxide": 500}
    assert len(eneabba.loc["NdPr oxide", "Sources"]) == 2


def test_dots_of_a_deal_do_not_cover_each_other():
    _, ax = charts.house()
    steps = pd.DataFrame({
        "deal": ["A", "A", "B"], "date": pd.to_datetime(["2026-04-20", "2026-04-20", "2026-01-01"]),
        "step": ["not found", "setback", "not found"],
    })  # fmt: skip
    pipeline_charts.courses(ax, steps, ["A", "B", "C"], pipeline_charts.STEP_COLOURS)
    first = next(found for found in ax.collections if len(found.get_offsets()) == 2).get_offsets()
    assert abs(first[1, 0] - first[0, 0]) == pytest.approx(6)
    assert first[:, 0].mean() == pytest.approx(mdates.date2num(pd.Timestamp("2026-04-20")))
    assert set(first[:, 1]) == {2}


def test_sliders_are_three_and_start_at_the_central_case():
    dials = {dial.description: dial.value for dial in pipeline_charts.sliders(PROJECTS, ASSUMED).children[:3]}
    assert dials == {"slip, years": 2, "chances times": 1, "China grows, % a year": pytest.approx(1.45, abs=0.05)}
