import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import controls, tables
from claimbook.errors import ClaimbookError
from claimbook.ledger import Ledger


def measure(name, announced, effective, off=None, until=None, status="in-force", restricts=True):
    return {"id": name, "announced": announced, "effective": effective, "suspended_from": off,
            "suspended_until": until, "status": status, "restricts": restricts}  # fmt: skip


def frame(*rows):
    table = pd.DataFrame(rows)
    dates = ["announced", "effective", "suspended_from", "suspended_until"]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in dates})


MEASURES = frame(
    measure("plain", "2025-01-01", "2025-01-10"),
    measure("paused", "2025-01-01", "2025-01-01", "2025-02-01", "2025-02-28", "suspended"),
    measure("never", "2025-01-01", "2025-03-01", "2025-02-01", "2026-02-01", "suspended"),
    measure("short", "2025-01-01", "2025-03-01", "2025-01-20", "2025-02-10", "suspended"),
    measure("lifted", "2025-01-01", "2025-01-01", "2025-02-01", None, "lifted"),
    measure("lost", "2025-01-01", "2025-01-01", "2025-02-01", None, "not-found"),
    measure("statement", "2025-01-01", None, restricts=False),
)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2024-12-31", {}),
        ("2025-01-01", {"plain": "announced", "paused": "in force", "never": "announced", "short": "announced",
                        "lifted": "in force", "lost": "in force"}),
        ("2025-01-10", {"plain": "in force", "paused": "in force", "never": "announced", "short": "announced",
                        "lifted": "in force", "lost": "in force"}),
        ("2025-02-01", {"plain": "in force", "paused": "suspended", "never": "suspended", "short": "suspended",
                        "lifted": "lifted", "lost": "unclear"}),
        ("2025-02-28", {"plain": "in force", "paused": "suspended", "never": "suspended", "short": "announced",
                        "lifted": "lifted", "lost": "unclear"}),
        ("2025-03-01", {"plain": "in force", "paused": "in force", "never": "suspended", "short": "in force",
                        "lifted": "lifted", "lost": "unclear"}),
        ("2026-02-02", {"plain": "in force", "paused": "in force", "never": "in force", "short": "in force",
                        "lifted": "lifted", "lost": "unclear"}),
    ],
)  # fmt: skip
def test_standing_by_hand(day, expected):
    assert controls.standing(MEASURES, day).to_dict() == expected


def test_stretches_of_one_measure_by_hand():
    found = controls.stretches(MEASURES[MEASURES["id"] == "paused"], "2025-03-31").drop(columns="id")
    assert found.astype(str).to_numpy().tolist() == [
        ["in force", "2025-01-01", "2025-02-01"],
        ["suspended", "2025-02-01", "2025-03-01"],
        ["in force", "2025-03-01", "2025-04-01"],
    ]


@given(st.dates(pd.Timestamp("2023-06-01").date(), pd.Timestamp(controls.LAST_DAY).date()))
def test_every_announced_control_stands_one_way_on_each_day(day):
    measures = tables.load("export_controls")
    announced = measures[measures["restricts"] & (measures["announced"] <= pd.Timestamp(day))]
    found = controls.standing(measures, day)
    assert list(found.index) == list(announced["id"]) and set(found) <= set(controls.STANDINGS)


def test_what_stood_on_a_day_does_not_hang_on_what_came_later():
    then = controls.standing(tables.load("export_controls", known_by="2025-10-25"), "2025-10-25")
    now = controls.standing(tables.load("export_controls"), "2025-10-25")
    later = [name for name in then.index if then[name] != now[name]]
    assert list(then.index) == list(now.index) and all("2025-04" in name for name in later)  # lists paused in May


def test_a_day_after_the_record_is_refused():
    with pytest.raises(ClaimbookError, match="read up to 2026-08-22, so 2026-08-23 cannot be told"):
        controls.standing(MEASURES, "2026-08-23")


def test_the_record_ends_at_the_horizon_of_the_ledger():
    assert str(Ledger.load().story.evidence_horizon) == controls.LAST_DAY


MINERALS = pd.DataFrame(
    [("plain", "Tin", "licence"), ("paused", "Tin", "licence"), ("never", "Zinc", "licence"),
     ("lifted", "Zinc", "ban"), ("lost", "Tin", "ban")],
    columns=["measure_id", "mineral", "kind"],
)  # fmt: skip


def test_the_strongest_standing_of_a_kind_counts():
    found = controls.by_mineral(MEASURES, MINERALS, "2025-02-10")
    assert found.loc["Tin"].to_dict() == {"licence": "in force", "ban": "unclear"}
    assert found.loc["Zinc"].to_dict() == {"licence": "suspended", "ban": "lifted"}
    early = controls.by_mineral(MEASURES, MINERALS, "2025-01-05")
    assert early.loc["Tin"].to_dict() == {"licence": "in force", "ban": "in force"}


def test_a_mineral_without_a_measure_yet_is_blank():
    found = controls.by_mineral(MEASURES, MINERALS, "2024-12-31")
    assert list(found.index) == ["Tin", "Zinc"] and (found == "").all(axis=None)


def test_minerals_are_counted_once_however_many_measures_touch_them():
    days = ["2024-12-31", "2025-01-05", "2025-01-15", "2025-02-10", "2026-02-02"]
    assert controls.minerals_in_force(MEASURES, MINERALS, days).tolist() == [0, 2, 2, 1, 2]


def test_as_written_runs_on():
    unpaused = controls.as_written(MEASURES, ["paused", "never"])
    found = controls.standing(unpaused, "2025-03-01")
    assert (found["paused"], found["never"], found["lost"]) == ("in force", "in force", "unclear")
    assert controls.standing(MEASURES, "2025-03-01")["never"] == "suspended"  # the given frame is left alone


def test_as_written_refuses_a_name_that_is_not_there():
    with pytest.raises(ClaimbookError, match="no measure 'nothing'"):
        controls.as_written(MEASURES, ["plain", "nothing"])


# --- the tables of the house ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measures():
    return tables.load("export_controls")


def test_took_effect_says_the_same_as_the_dates(measures):
    held = set(controls.stretches(measures).query("standing == 'in force'")["id"])
    rows = measures[measures["restricts"].astype(bool)]
    assert held == set(rows.loc[rows["took_effect"].astype(bool), "id"])


def test_status_says_the_same_as_the_dates_at_the_end(measures):
    words = {"in force": {"in-force", "not-found"}, "suspended": {"suspended"}, "lifted": {"lifted"},
             "unclear": {"not-found"}}  # fmt: skip
    status = measures.set_index("id")["status"]
    wrong = {k: v for k, v in controls.standing(measures, controls.LAST_DAY).items() if status[k] not in words[v]}
    assert not wrong


def test_the_package_of_october_on_the_day_of_the_story_and_since(measures):
    package = measures[measures["restricts"] & (measures["announced"] == "2025-10-09")].dropna(subset="number")["id"]
    then = controls.standing(measures, "2025-10-25")[package]
    assert set(then.index[then == "in force"]) == {"cn-2025-61-chinese-origin", "cn-2025-62-ree-technology"}
    assert set(controls.standing(measures, controls.LAST_DAY)[package]) == {"suspended"}


def test_minerals_under_licence_step_by_step(measures):
    """Counted from the notices: 2 (Ga, Ge), 3 (graphite), 4 (Sb), 5 (Mg), 9 (W, Te, Bi, In), 16 (seven rare earths)."""
    touched = tables.load("control_minerals").query(
        "kind == 'licence' and basis in ['named', 'usgs'] and in_us_list_2025"
    )
    days = [
        "2023-07-31",
        "2023-08-01",
        "2023-12-01",
        "2024-09-15",
        "2024-12-01",
        "2025-02-04",
        "2025-04-04",
        "2025-11-08",
    ]
    assert controls.minerals_in_force(measures, touched, days).tolist() == [0, 2, 3, 4, 5, 9, 16, 16]
    october = measures.loc[measures["announced"] == "2025-10-09", "id"]
    unpaused = controls.as_written(measures, october)
    assert controls.minerals_in_force(unpaused, touched, ["2025-11-07", "2025-11-08"]).tolist() == [16, 21]


# --- exports by month ----------------------------------------------------------------------------------------


def reading(month, tons, basis="reported", published="2025-06-01", months=1):
    return {"product": "magnets", "country": "World", "period_start": pd.Timestamp(month), "months": months,
            "quantity_t": tons, "basis": basis, "published": pd.Timestamp(published)}  # fmt: skip


def test_gaps_stay_open_and_printed_figures_win():
    rows = [reading("2025-01-01", 9.0, "derived", "2025-01-31"), reading("2025-01-01", 10.0, published="2025-03-01"),
            reading("2025-01-01", 11.0, published="2025-04-01"), reading("2025-03-01", 30.0, "derived"),
            reading("2025-02-01", 99.0, months=2)]  # fmt: skip
    found = controls.exports_by_month(pd.DataFrame(rows), "magnets", "World")
    assert [str(month)[:7] for month in found.index] == ["2025-01", "2025-02", "2025-03"]
    assert found["quantity_t"].fillna(-1).tolist() == [10.0, -1, 30.0]
    assert found["derived"].tolist() == [False, pd.NA, True]


def test_a_product_that_is_not_there_is_refused():
    with pytest.raises(ClaimbookError, match="no month of 'tin' to 'World'"):
        controls.exports_by_month(pd.DataFrame([reading("2025-01-01", 1.0)]), "tin", "World")


def test_magnets_of_2025_add_up_to_the_printed_year():
    reported = tables.load("china_rare_earth_exports_reported")
    months = controls.exports_by_month(reported, "rare-earth magnets", "World")["quantity_t"]["2025"]
    assert len(months) == 12 and months.sum() == pytest.approx(57_392, rel=0.001)
