import pandas as pd
import pytest

from claimbook import tables
from claimbook.errors import ClaimbookError
from claimbook.minerals import concentrated, exposure, magnet_market, markets, shares_by_edition, split

ROWS = [
    ("country", "China", "CHN", 60.0, False),
    ("country", "Chile", "CHL", 25.0, False),
    ("country", "United States", "USA", None, False),
    ("other", "Other countries", None, 5.0, False),
    ("world", "World", None, 100.0, False),
]


def production(rows=ROWS):
    frame = pd.DataFrame(rows, columns=["area", "country", "iso3", "value", "excludes_us"])
    return frame.assign(
        edition="MCS 2025", kind="production", year=2024, product="Ore", stage="mine", form="Ore", unit="t"
    )


def test_what_the_total_leaves_over_is_lumped():
    holders = markets(production(), "MCS 2025", 2024).set_index("country")
    assert holders["value"].to_dict() == {"China": 60, "Chile": 25, "not named": 15}
    assert holders["lumped"].to_dict() == {"China": False, "Chile": False, "not named": True}


def test_a_total_rounded_below_the_sum_of_its_parts_leaves_nothing_over():
    rows = [row for row in ROWS if row[0] != "world"] + [("world", "World", None, 84.0, False)]
    holders = markets(production(rows), "MCS 2025", 2024).set_index("country")
    assert holders["value"].to_dict() == {"China": 60, "Chile": 25, "not named": 0}


def test_one_market_by_hand():
    (row,) = concentrated(markets(production(), "MCS 2025", 2024)).to_dict("records")
    assert (row["leader"], row["share_pct"], row["leader_share_pct"], row["lumped_share_pct"]) == ("China", 60, 60, 15)
    assert row["hhi_low"] == pytest.approx(60**2 + 25**2) and row["hhi_high"] == pytest.approx(60**2 + 25**2 + 15**2)


def test_a_country_that_is_not_there_has_no_share():
    (row,) = concentrated(markets(production(), "MCS 2025", 2024), iso3="AUS").to_dict("records")
    assert row["share_pct"] == 0 and row["leader"] == "China"


def test_unknown_edition_is_refused():
    with pytest.raises(ClaimbookError, match="no production of 2024 in edition 'MCS 1999'"):
        markets(production(), "MCS 1999", 2024)


@pytest.fixture(scope="module")
def public():
    holders = markets(tables.load("mineral_production", known_by="2025-10-25"), "MCS 2025", 2024)
    return concentrated(holders).set_index("product")


def test_rare_earths_of_2024(public):
    row = public.loc["Rare earths"]
    assert row.share_pct == pytest.approx(270_000 / 390_000 * 100)  # 69.2%, as printed
    assert row.leader == "China"


def test_minerals_that_others_lead(public):
    assert public.loc["Niobium", "leader"] == "Brazil" and public.loc["Niobium", "share_pct"] == 0
    assert public.loc["Platinum", "leader"] == "South Africa"
    assert public.loc["Cobalt", "leader"] == "Congo (Kinshasa)"


def test_every_market_has_one_row_and_bounds_in_order(public):
    assert public.index.is_unique or not public.reset_index().duplicated(["product", "stage"]).any()
    assert (public.hhi_low <= public.hhi_high + 1e-9).all() and public.hhi_high.between(0, 10_000 + 1e-6).all()


def test_china_the_runner_up_and_the_rest():
    holders = markets(production(), "MCS 2025", 2024)
    assert split(holders, "value", 100) == {"china": 60, "second": 25, "rest": 15, "runner_up": "Chile"}


def test_magnet_rare_earths_as_the_iea_counts_them():
    held = magnet_market(tables.load("iea_supply"), "refining", 2024)
    assert held.query("iso3 == 'CHN'")["value"].item() / held["world"].iloc[0] == pytest.approx(0.91277, abs=5e-5)
    assert held["lumped"].sum() == 1 and held["value"].sum() == pytest.approx(held["world"].iloc[0], rel=1e-3)


def test_one_year_in_two_editions():
    rows = [row[:3] + (row[3] and row[3] / 2 if row[1] == "China" else row[3],) + row[4:] for row in ROWS]
    both = pd.concat([production(), production(rows).assign(edition="MCS 2026")])
    (row,) = shares_by_edition(both, 2024, ["MCS 2025", "MCS 2026"]).to_dict("records")
    assert (row["MCS 2025"], row["MCS 2026"]) == (60, 30)


def test_exposure_keeps_apart_what_is_not_printed():
    reliance = pd.DataFrame({
        "material": ["Ore", "Salt", "Neon"], "reliance_low_pct": [50.0, 20.0, 52.0],
        "reliance_high_pct": [100.0, 20.0, 52.0], "major_sources": ["China; Chile", "Chile", None],
    })  # fmt: skip
    sources = pd.DataFrame({
        "material": ["Ore", "Ore", "Ore", "Salt", "Salt", None], "iso3": ["CHN", "CHL", None, "CHL", None, "CHN"],
        "area": ["country", "country", "other", "country", "other", "country"],
        "share_pct": [70.0, 20.0, 10.0, 97.0, 3.0, 100.0],
    })  # fmt: skip
    shown = exposure(reliance, sources).set_index("material")
    assert shown.loc["Ore", ["middle_pct", "share_pct", "share_high_pct"]].to_list() == [75, 70, 70]
    assert pd.isna(shown.loc["Salt", "share_pct"]) and shown.loc["Salt", "share_high_pct"] == 3
    assert shown.loc["Neon", ["share_pct", "share_high_pct"]].isna().all()


def test_the_published_exposure_has_every_commodity_once():
    reliance = tables.load("us_import_reliance").query("edition == 'MCS 2026' and series == 'figure 2'")
    sources = tables.load("us_import_sources").query("edition == 'MCS 2026'")
    shown = exposure(reliance, sources)
    assert len(shown) == len(reliance) and shown["material"].is_unique
    assert shown.set_index("material").loc["Rare earths, compounds and metals", "share_pct"] == 71
