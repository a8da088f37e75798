import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook.pipeline import (
    MEASURES,
    Assumptions,
    MixedUnitsError,
    PipelineError,
    break_even,
    by_group,
    capacity,
    expected,
    promised,
    public_by,
    simulate,
    tornado,
    total,
    tranches,
    triangular,
)
from claimbook.tables import load

ASSUMED = Assumptions.load()
PROJECTS = load("projects")
CHANCES = [name for name in ASSUMED.values if name.startswith("chance-")]
# China makes 650 t a year, 30 t are made by plants that nobody lists: 650 / 680 without any project.
HAND = ASSUMED.fixed({
    "china-ndpr": 650, "growth-ndpr": 0, "elsewhere-ndpr": 30, "slip-years": 0, "ramp-years": 1, "utilisation": 1,
    "common-luck": 0, **dict.fromkeys(CHANCES, 1),
})  # fmt: skip


def plant(name: str, t: float | None, status: str, start: int | None = None, **more) -> dict:
    """A row of `projects`; t NdPr oxide a year, separated in Australia, unless said otherwise."""
    return {
        "id": name, "country": "Australia", "iso3": "AUS", "stage": "separation", "product_basis": "NdPr oxide",
        "quantity": t, "quantity_period": "year", "capacity_t_per_year": t, "is_actual_output": False,
        "planned_start_year": start, "status": status, "same_tonnes_as": None,
        "known_by": pd.Timestamp("2025-06-30"), **more,
    }  # fmt: skip


def table(*rows: dict) -> pd.DataFrame:
    return pd.DataFrame(rows)


def shares(*rows: dict, assumed: Assumptions = HAND, years=(2025, 2026, 2027, 2028, 2029, 2030)) -> list[float]:
    return expected(table(*rows), assumed, "light", years)["share"].tolist()


# --- worked by hand ------------------------------------------------------------------------------------------


def test_one_project_without_slip():
    # 320 t more from 2028 on: 650 / (650 + 30 + 320) = 65%
    assert shares(plant("a", 320, "building", 2028)) == pytest.approx([650 / 680] * 3 + [0.65] * 3)


def test_slip_moves_the_start_and_ramp_spreads_it():
    late = HAND.fixed({"slip-years": 1, "ramp-years": 2})
    # start 2028 + 1; half of 320 t at the end of 2029, all at the end of 2030
    assert shares(plant("a", 320, "building", 2028), assumed=late)[3:] == pytest.approx([650 / 680, 650 / 840, 0.65])


def test_works_already_built_suffer_only_part_of_the_slip():
    late = HAND.fixed({"slip-years": 2, "slip-share-built": 0.5})
    assert shares(plant("a", 320, "commissioning", 2027), assumed=late)[2:4] == pytest.approx([650 / 680, 0.65])


def test_all_fail():
    nothing = HAND.fixed(dict.fromkeys(CHANCES, 0))
    rows = (plant("a", 320, "building", 2026), plant("b", 100, "announced", 2026))
    assert shares(*rows, assumed=nothing) == pytest.approx([650 / 680] * 6)
    drawn = simulate(table(*rows), nothing, "light", [2030], draws=50)
    assert drawn.share == pytest.approx(np.full((50, 1), 650 / 680))


def test_chance_utilisation_and_growth():
    half = HAND.fixed({"chance-studied": 0.5, "utilisation": 0.5, "growth-ndpr": 0.1, "elsewhere-ndpr": 0})
    china = 650 * 1.1**4  # four years after 2024
    assert shares(plant("a", 400, "studied", 2026), assumed=half)[3] == pytest.approx(china / (china + 100))


def test_what_is_there_is_output_and_may_stop_from_now_on():
    row = plant("a", 100, "operating", is_actual_output=True)
    stops = HAND.fixed({"chance-operating": 0.5, "utilisation": 0.8})
    assert shares(row, assumed=stops)[:2] == pytest.approx([650 / 780, 650 / 730])
    nameplate = shares(row | {"is_actual_output": False}, assumed=stops)
    assert nameplate[0] == pytest.approx(650 / (680 + 80))


def test_a_quarter_of_output_counts_four_times():
    row = plant("a", None, "operating", is_actual_output=True, quantity=25.0, quantity_period="quarter")
    assert shares(row)[0] == pytest.approx(650 / (680 + 100))


def test_no_plan_starts_a_lead_time_after_the_page():
    lead = HAND.fixed({"lead-years": 3})
    assert shares(plant("a", 320, "announced"), assumed=lead)[2:] == pytest.approx([650 / 680] * 2 + [0.65] * 2)


def test_an_expansion_adds_only_what_is_new():
    first = plant("a", 120, "operating")
    larger = plant("a-2", 320, "building", 2028, same_tonnes_as="a")
    assert shares(first, larger)[2:4] == pytest.approx([650 / 800, 0.65])
    # the later plan does not begin before the table's day, whatever was once hoped
    assert shares(first, larger | {"planned_start_year": 2024})[:2] == pytest.approx([650 / 800, 0.65])
    smaller = larger | {"capacity_t_per_year": 80.0}
    assert shares(first, smaller)[3] == pytest.approx(650 / 800)


def test_stages_of_the_same_tonnes_are_not_added():
    mine = plant("m", 900, "operating", stage="mine", product_basis="REO")
    row = plant("a", 320, "building", 2028, same_tonnes_as="m")
    assert shares(mine, row)[3] == pytest.approx(0.65)


def test_readings_of_single_projects():
    pieces = tranches(PROJECTS, ASSUMED).set_index(["id", "product", "piece"])
    assert pieces.loc[("eneabba", "NdPr oxide", "to come"), "gross_t"] == 4000
    assert pieces.loc[("eneabba", "DyTb oxide", "to come"), "gross_t"] == 500
    mountain_pass = pieces.loc[("mountain-pass-ndpr", "NdPr oxide", "to come")]
    assert (mountain_pass["gross_t"], mountain_pass["before_t"], mountain_pass["before_is_output"]) == (
        6000,
        2599,
        True,
    )
    # Lynas's plan of 2022 is the capacity it has since built: nothing is left to come
    plan = pieces.loc[("lynas-malaysia-ndpr-plan", "NdPr oxide", "to come")]
    assert plan["gross_t"] == plan["before_t"] == 10_500
    assert pieces.loc[("white-mesa-2-ndpr", "NdPr oxide", "to come"), "before_t"] == 1000


def test_break_even_by_hand():
    found = break_even(table(plant("a", 40, "building", 2028)), HAND, "light", 2030, 0.65)
    # 650 x 35/65 = 350 t are needed, 70 t are there: seven more plants of 40 t
    assert (found.needed_t, found.outside_t, found.gap_t, found.projects) == pytest.approx((350, 70, 280, 7))
    enough = break_even(table(plant("a", 400, "building", 2028)), HAND, "light", 2030, 0.65)
    assert (enough.gap_t, enough.projects) == (0, 0)


def test_groups_by_hand():
    rows = table(
        plant("a", 100, "operating"), plant("b", 50, "building", 2027), plant("c", 7, "building", 2027, iso3="FRA")
    )
    found = by_group(rows, HAND, "light", 2030, {"AUS": "signed"}).set_index("group")
    assert found.loc["signed"].tolist() == pytest.approx([100, 50])
    assert found.loc["others"].tolist() == pytest.approx([0, 7])


def test_nameplate_by_year_keeps_products_apart():
    rows = table(plant("a", 100, "operating"), plant("b", 60, "announced", 2027, product_basis="DyTb oxide"))
    found = capacity(rows, HAND, [2026, 2027]).pivot(index="product", columns="year", values="t")
    assert found.loc["NdPr oxide"].tolist() == [100, 100] and found.loc["DyTb oxide"].tolist() == [0, 60]


# --- never mixed ---------------------------------------------------------------------------------------------


def test_a_total_over_mixed_units_is_refused():
    one = PROJECTS[PROJECTS["product_basis"] == "magnets"]
    assert total(one) == 48_200  # the smaller forms of Stillwater and Hai Phong do not count beside the larger
    with pytest.raises(MixedUnitsError, match=r"different products \(.*NdPr oxide.*\) do not add"):
        total(PROJECTS[PROJECTS["stage"] == "separation"])
    with pytest.raises(MixedUnitsError, match="different stages"):
        total(PROJECTS[(PROJECTS["product_basis"] == "REO")])
    with pytest.raises(MixedUnitsError, match="capacity, output"):
        total(table(plant("a", 1, "operating"), plant("b", 1, "operating", is_actual_output=True)))
    with pytest.raises(MixedUnitsError, match="no typical size"):
        break_even(PROJECTS, ASSUMED, "refined", 2030, 0.65)


@pytest.mark.parametrize("basis", ["concentrate", "metal", "alloy", "other"])
def test_what_no_measure_counts_changes_nothing(basis):
    rows = (plant("a", 320, "building", 2028),)
    odd = plant("b", 9e6, "operating", product_basis=basis)
    assert shares(*rows, odd) == shares(*rows)


def test_refused():
    with pytest.raises(PipelineError, match="no measure 'oxide'; there are mine"):
        expected(PROJECTS, ASSUMED, "oxide")
    with pytest.raises(PipelineError, match="no parameter 'slip'"):
        ASSUMED.fixed({"slip": 1})
    with pytest.raises(PipelineError, match="share is 1; give one between"):
        break_even(PROJECTS, ASSUMED, "light", 2030, 1)
    with pytest.raises(PipelineError, match="no plant with a tonnage is to come"):
        break_even(table(plant("a", 1, "operating")), HAND, "light", 2030, 0.65)
    with pytest.raises(PipelineError, match="draws is 0"):
        simulate(PROJECTS, ASSUMED, "light", draws=0)
    with pytest.raises(PipelineError, match="not in order"):
        triangular(np.array([0.5]), 2, 1, 3)


# --- limits and properties -----------------------------------------------------------------------------------


@pytest.mark.parametrize("measure", MEASURES)
def test_without_chance_the_draws_are_the_central_case(measure):
    """Probability 1, no growth, no spread: nothing is left to luck but the spread of the slip, which is zero."""
    certain = ASSUMED.fixed({name: central for name, (_, central, _) in ASSUMED.values.items()})
    sure = promised(certain).fixed({name: 0 for name in ASSUMED.values if name.startswith("growth-")})
    case = expected(PROJECTS, sure, measure)["share"]
    drawn = simulate(PROJECTS, sure, measure, draws=20)
    assert drawn.share == pytest.approx(np.tile(case, (20, 1)))
    assert np.ptp(drawn.china_t) == 0


def test_the_same_seed_gives_the_same_draws():
    first, again, other = (simulate(PROJECTS, ASSUMED, "refined", draws=300, seed=seed).share for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_fortunes_keep_their_chance_when_they_go_together():
    rows = table(plant("a", 1, "building", 2026), plant("b", 1, "building", 2026))
    for common in (0.0, 0.8, 1.0):
        assumed = HAND.fixed({"chance-building": 0.4, "common-luck": common, "elsewhere-ndpr": 0})
        made = simulate(rows, assumed, "light", [2030], draws=20_000).outside_t[:, 0]
        assert made.mean() == pytest.approx(0.8, abs=0.02)
        assert (made == 2).mean() == pytest.approx(0.4 * (common**2 + (1 - common**2) * 0.4), abs=0.02)


def test_bands_hold_the_draws():
    drawn = simulate(PROJECTS, ASSUMED, "heavy", draws=2_000)
    bands = drawn.bands(0.1, 0.9)
    inside = (drawn.share >= bands["low"].to_numpy()) & (drawn.share <= bands["high"].to_numpy())
    assert inside.mean() == pytest.approx(0.8, abs=0.01)
    assert drawn.below(1.0, 2030) == 1 and drawn.below(0.0, 2030) == 0


def test_sensitivity_moves_as_it_must():
    found = tornado(PROJECTS, ASSUMED, "refined", 2035).set_index("id")
    higher = found["share_at_high"] > found["share_at_low"]
    assert higher[["slip-years", "ramp-years", "growth-ndpr", "china-ndpr"]].all()
    assert not higher[["utilisation", "elsewhere-ndpr", "chance-building", "chance-studied"]].any()
    assert found["swing"].is_monotonic_decreasing
    assert "growth-magnets" not in found.index and "common-luck" not in found.index


FEW = settings(max_examples=25, deadline=None)
PART = st.floats(0, 1)


@FEW
@given(measure=st.sampled_from(list(MEASURES)), seed=st.integers(0, 2**31), growth=st.floats(-0.05, 0.1))
def test_shares_are_shares(measure, seed, growth):
    names = [name for name in ASSUMED.values if name.startswith("growth-")]
    drawn = simulate(PROJECTS, ASSUMED.fixed(dict.fromkeys(names, growth)), measure, draws=40, seed=seed)
    assert ((drawn.share > 0) & (drawn.share <= 1)).all()
    assert np.isfinite(drawn.share).all()


@FEW
@given(measure=st.sampled_from(list(MEASURES)), low=PART, high=PART, seed=st.integers(0, 2**31))
def test_more_success_never_raises_chinas_share(measure, low, high, seed):
    """Draw by draw: the same luck, a higher chance."""
    low, high = sorted((low, high))
    one, more = (
        simulate(PROJECTS, ASSUMED.fixed(dict.fromkeys(CHANCES, chance)), measure, draws=40, seed=seed)
        for chance in (low, high)
    )
    assert (more.share <= one.share + 1e-12).all()


@FEW
@given(
    measure=st.sampled_from(list(MEASURES)),
    growth=st.tuples(st.floats(-0.05, 0.1), st.floats(-0.05, 0.1)),
    seed=st.integers(0, 2**31),
)
def test_chinese_growth_never_lowers_chinas_share(measure, growth, seed):
    names = [name for name in ASSUMED.values if name.startswith("growth-")]
    slow, fast = (
        simulate(PROJECTS, ASSUMED.fixed(dict.fromkeys(names, rate)), measure, [2025, 2030, 2035], draws=40, seed=seed)
        for rate in sorted(growth)
    )
    assert (fast.share >= slow.share - 1e-12).all()


@FEW
@given(st.tuples(*[st.floats(-1e6, 1e6)] * 3).map(sorted), st.lists(PART, min_size=2, max_size=20))
def test_triangular_stays_between_its_ends(ends, uniform):
    draws = triangular(np.sort(uniform), *ends)
    room = 1e-9 * (1 + abs(ends[0]) + abs(ends[2]))
    assert ((draws >= ends[0] - room) & (draws <= ends[2] + room)).all()
    assert (np.diff(draws) >= -room).all()


def test_triangular_has_the_textbook_mean():
    # mean (low + mode + high) / 3
    grid = (np.arange(200_000) + 0.5) / 200_000
    assert triangular(grid, 0, 2, 7).mean() == pytest.approx(3, abs=1e-3)
    assert triangular(grid[:3], 4, 4, 4).tolist() == [4, 4, 4]


# --- the tables ----------------------------------------------------------------------------------------------


def test_every_assumption_says_whose_it_is():
    rows = ASSUMED.table
    assert ((rows["low"] <= rows["central"]) & (rows["central"] <= rows["high"])).all()
    ours = rows["basis"] == "our assumption"
    assert rows.loc[ours, "source_url"].isna().all() and rows.loc[~ours, "source_url"].notna().all()
    assert rows.loc[~ours, "note"].notna().all()
    statuses = set(PROJECTS["status"]) | {"financed"}
    assert {f"chance-{status}" for status in statuses} <= set(rows.index)
    named = rows[rows["group"].isin(["existing", "design"])]
    assert set(named["key"]) <= set(PROJECTS["id"])


def test_assumptions_that_were_counted_from_others():
    value = ASSUMED.central
    iea = load("iea_supply").query("mineral == 'Magnet rare earths' and stage == 'refining'")
    china = iea[iea["iso3"] == "CHN"].set_index("year")["supply_kt"] * 1000
    element_in_oxide = 2 * 144.242 / 336.48
    assert value("china-dytb") == pytest.approx(12 * (214 + 40.8), abs=1)
    assert ASSUMED.triple("china-ndpr")[0] == pytest.approx(china[2024] - value("china-dytb"), abs=10)
    assert value("china-ndpr") == pytest.approx(china[2024] / element_in_oxide - value("china-dytb"), abs=20)
    assert value("growth-ndpr") == pytest.approx((china[2035] / china[2024]) ** (1 / 11) - 1, abs=1e-4)
    rest = iea[iea["area"] == "other"].set_index("year")["supply_kt"] * 1000
    assert [value("elsewhere-ndpr"), ASSUMED.triple("elsewhere-ndpr")[2]] == pytest.approx(
        [rest[2024] - 500, rest[2030] - 500], abs=10
    )
    assert value("elsewhere-magnets") == pytest.approx(value("china-magnets") * 6 / 94 - 3100, abs=10)
    assert value("existing-lynas-ndpr") == 1509 + 2080 + 2003 + 1404


def test_mine_levels_are_those_of_the_geological_survey():
    rows = load("mineral_production").query("product == 'Rare earths' and kind == 'production'")
    newest = rows[(rows["edition"] == "MCS 2026") & (rows["year"] == 2025)]
    known = newest[newest["area"] != "world"]
    without = known[~known["iso3"].isin(["CHN", "USA", "AUS", "BRA"])]["value"].sum()
    low, central, high = ASSUMED.triple("elsewhere-mine")
    assert central == without
    assert low == without - known.loc[known["iso3"] == "MMR", "value"].item()
    first = rows[(rows["edition"] == "MCS 2025") & (rows["year"] == 2024) & (rows["area"] != "world")]
    assert high == first[~first["iso3"].isin(["CHN", "USA", "AUS", "BRA"])]["value"].sum()
    share = expected(PROJECTS, ASSUMED, "mine", [2025])["share"].item()
    assert share == pytest.approx(270 / 390, abs=0.005)


def test_first_public_days_are_of_listed_projects_and_earlier_than_their_row():
    first = load("projects_first_public").merge(PROJECTS[["id", "known_by"]], on="id", how="left")
    assert first["known_by"].notna().all()
    assert (pd.to_datetime(first["first_public"], format="mixed") <= first["known_by"]).all()


def test_what_was_public_before():
    rows = table(
        plant("old", 1, "announced", known_by=pd.Timestamp("2025-10-24")),
        plant("new", 1, "announced", known_by=pd.Timestamp("2025-11-03")),
        plant("older than its row", 1, "announced", known_by=pd.Timestamp("2026-01-31")),
        plant("at work", 1, "operating", known_by=pd.Timestamp("2026-01-31")),
    )
    first = pd.DataFrame({"id": ["older than its row"], "first_public": ["2022-04"]})
    assert public_by(rows, first, "2025-10-25").tolist() == [True, False, True, True]
