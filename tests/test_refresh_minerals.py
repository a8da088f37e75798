"""The minerals builders: each edition's form read, printed signs kept, known errors mended; values checked by hand.

The files in answers/minerals are cut from the data releases of the US Geological Survey.
"""

import io
import zipfile
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import tables
from claimbook.refresh import minerals_iea, minerals_ree
from claimbook.refresh import minerals_usgs_critical as critical
from claimbook.refresh import minerals_usgs_files as releases
from claimbook.refresh import minerals_usgs_reliance as reliance
from claimbook.refresh import minerals_usgs_world as world
from claimbook.refresh.core import RefreshError
from claimbook.refresh.corrections import corrections
from claimbook.refresh.countries import GROUPS, NAMES, UnknownCountryError, place
from claimbook.refresh.minerals_usgs_names import commodity, product

ANSWERS = Path(__file__).parent / "answers" / "minerals"


def pick(frame: pd.DataFrame, **wanted) -> pd.DataFrame:
    for column, value in wanted.items():
        frame = frame[frame[column] == value]
    return frame


def one(frame: pd.DataFrame, column: str, **wanted):
    found = pick(frame, **wanted)
    assert len(found) == 1, f"{len(found)} rows with {wanted}"
    return found.iloc[0][column]


# --- countries ---


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Korea, Republic of", ("South Korea", "KOR")),  # USGS
        ("KOREA, SOUTH", ("South Korea", "KOR")),  # Census
        ("Korea (Rep. of)", ("South Korea", "KOR")),  # BGS
        ("Burma", ("Myanmar", "MMR")),
        ("Congo (Kinshasa)", ("Congo (Kinshasa)", "COD")),
        ("United\xa0States", ("United States", "USA")),
        ("Côte d'Ivoire", ("Côte d’Ivoire", "CIV")),
        ("Rest of world", ("Other countries", "")),
        ("TOTAL FOR ALL COUNTRIES", ("World", "")),
    ],
)
def test_spellings_of_the_publishers(name, expected):
    assert place(name) == expected


@pytest.mark.parametrize("name", ["Atlantis", "Congo", "Korea", "", "NA"])
def test_a_name_that_is_not_certain_is_refused(name):
    with pytest.raises(UnknownCountryError, match="add it by hand"):
        place(name)


def test_near_names_are_shown():
    with pytest.raises(UnknownCountryError, match="near names: germany"):
        place("Germny")


def test_codes_are_those_of_cepii():
    known = set(tables.load("baci_country_codes")["iso3"])
    assert set(NAMES) - known <= {"GLP", "TWN"}, "CEPII has no Guadeloupe and counts Taiwan as Other Asia"


@given(st.sampled_from(sorted([*NAMES.values(), *GROUPS])), st.booleans(), st.sampled_from([" ", "\xa0", "  "]))
def test_case_and_kind_of_space_do_not_matter(name, upper, space):
    changed = (name.upper() if upper else name).replace(" ", space)
    assert place(changed) == place(name)


# --- cells and names of USGS ---


@pytest.mark.parametrize(
    ("label", "area", "country", "remark", "estimated"),
    [
        ("Chinae", "country", "China", "", True),
        ("Belgium8", "country", "Belgium", "", False),
        ("Other countriese", "other", "Other countries", "", True),
        ("Other Countries", "other", "Other countries", "", False),
        ("World total (rounded)10", "world", "World", "", False),
        ("World total (rounded), excluding U.S. production", "world", "World", "excluding U.S. production", False),
        ("Brazil (crude and beneficiated)9", "country", "Brazil", "crude and beneficiated", False),
        ("Kazakhstan, concentrate", "country", "Kazakhstan", "concentrate", False),
        ("Korea, North", "country", "North Korea", "", False),
        ("United States and Canada", "other", "United States and Canada", "", False),
    ],
)
def test_country_cells(label, area, country, remark, estimated):
    found = world.area(label)
    assert (found["area"], found["country"], found["remark"], found["label_e"]) == (area, country, remark, estimated)


def test_a_country_cell_that_is_not_known_is_refused():
    with pytest.raises(UnknownCountryError, match="Freedonia"):
        world.area("Freedonia")


@pytest.mark.parametrize(
    ("printed", "note", "expected"),
    [
        ("1,900", "", (1900.0, "", 1900.0, 1900.0)),
        ("e5,000", "", (5000.0, "", 5000.0, 5000.0)),
        ("W", "", (None, "withheld", None, None)),
        (">90000000", "", (None, "greater_than", 90000000.0, None)),
        ("—", "", (0.0, "", 0.0, 0.0)),
        ("Included with ilmenite", "", (None, "included_elsewhere", None, None)),
        ('Categorized as "large"', "", (None, "described", None, None)),
        ("", "W for 23-24", (None, "withheld", None, None)),
        ("", "NA", (None, "not_available", None, None)),
        ("", "Moderate to Large", (None, "described", None, None)),
        ("", "Less than 1/2 unit", (None, "less_than_half_unit", 0.0, 0.5)),
        ("", "", (None, "no_data", None, None)),
        ("s", "Estimated. -- Less than ½ unit.", (None, "less_than_half_unit", 0.0, 0.5)),
        ("s", "Included in “World total.”", (None, "included_elsewhere", None, None)),
        ("s", "rutile reserves data are included with ilmenite.", (None, "included_elsewhere", None, None)),
    ],
)
def test_cells_with_signs(printed, note, expected):
    assert tuple(world.quantity(printed, note)) == expected


def test_a_footnote_sign_without_meaning_is_refused():
    with pytest.raises(RefreshError, match="does not tell what it means"):
        world.quantity("s", "See the chapter.")


@pytest.mark.parametrize(("number", "factor"), [(3000.0, 1e-3), (270.0, 1e3), (7.0, 1e-3)])
def test_scaling_is_exact(number, factor):
    assert world.scale(number, factor) * (1 / factor) == pytest.approx(number, rel=1e-15)
    assert world.scale(3000.0, 1e-3) == 3.0


def test_commodities_have_one_name_in_all_editions():
    assert {commodity(name) for name in ("galli", "Gallium", "GALLIUM")} == {"Gallium"}
    assert {commodity(name) for name in ("germa", "Gemanium", "GERMANIUM")} == {"Germanium"}
    assert product("plati", " | Mine production: Palladium | Russia") == ("Palladium", "mine")
    assert product("PLATINUM-GROUP METALS", "Platinum | Mine production: Platinum | Russia") == ("Platinum", "mine")
    assert product("Copper", " | Refinery production, copper | Chile") == ("Copper", "refinery")


def test_a_new_commodity_or_form_is_refused():
    with pytest.raises(RefreshError, match="unobtainium"):
        commodity("unobtainium")
    with pytest.raises(RefreshError, match="form"):
        product("Clays", " | Mine production: Illite | World")


# --- files ---


def test_files_are_found_loose_zipped_and_in_nested_archives(tmp_path):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("deep/mcs2023-zinc_world.csv", "c")
    with zipfile.ZipFile(tmp_path / "world.zip", "w") as archive:
        archive.writestr("a/MCS2023-tin_world.csv", "a")
        archive.writestr("inner.zip", inner.getvalue())
    (tmp_path / "mcs2023-gold_world.csv").write_text("b")
    found = releases.files(tmp_path, r"mcs2023-.+_world\.csv")
    assert {name.lower(): content for name, content in found.items()} == {
        "mcs2023-tin_world.csv": b"a", "mcs2023-zinc_world.csv": b"c", "mcs2023-gold_world.csv": b"b",
    }  # fmt: skip


def test_text_frame_drops_blank_rows_and_columns_without_heading():
    frame = releases.text_frame("\ufeffA ,B,A,\n1,x\xa0y,9,junk\n,,,\n2\n".encode())
    assert frame.to_dict("list") == {"A": ["1", "2"], "B": ["x y", ""]}


def test_missing_release_is_named(tmp_path):
    with pytest.raises(RefreshError, match="MCS 2025, MCS 2026"):
        world.read_world(tmp_path)
    with pytest.raises(RefreshError, match="MCS2026_T4_Country_Export_Control.csv"):
        critical.read_controls(tmp_path)


# --- world production from pieces of the official files ---


@pytest.fixture
def pieces(monkeypatch):
    """The cut releases, tidied with the corrections that concern them, older editions not taken over."""
    concerned = ("usgs-2023-zinc-australia-reserves", "usgs-2025-kaolin-world")
    monkeypatch.setattr(world, "corrections", lambda: [e for e in corrections() if e["id"] in concerned])
    monkeypatch.setattr(world, "with_older", lambda table, *_: table)
    return world.tidy_world(world.read_world(ANSWERS))


def test_wide_file_of_one_commodity(pieces):
    china = pick(pieces, edition="MCS 2024", product="Gallium", country="China")
    assert china[["kind", "year", "value"]].values.tolist() == [
        ["production", 2022, 600.0], ["production", 2023, 600.0], ["capacity", 2023, 1000.0],
    ]  # fmt: skip
    japan = pick(pieces, edition="MCS 2024", product="Gallium", country="Japan", year=2022)
    assert japan["is_estimate"].tolist() == [True], 'printed as "Japane": the e is the sign of an estimate'
    assert set(pieces["unit"]) == {"t"}


def test_footnote_run_into_a_number_is_mended_and_kept_as_printed(pieces):
    row = pick(pieces, edition="MCS 2023", product="Zinc", country="Australia", kind="reserves").iloc[0]
    assert (row["value"], row["printed"]) == (66e6, "1,166,000")


def test_lost_zero_of_a_world_total_is_mended(pieces):
    kaolin = pick(pieces, edition="MCS 2025", product="Kaolin", year=2024)
    assert one(kaolin, "value", area="world") == 44e6
    assert kaolin[kaolin["area"] != "world"]["value"].sum() == 44_240e3


def test_blank_cells_of_2025_take_their_sign_from_the_notes(pieces):
    lithium = pick(pieces, edition="MCS 2025", product="Lithium", country="United States", year=2024, kind="production")
    assert lithium["qualifier"].tolist() == ["withheld"]
    assert pick(pieces, edition="MCS 2025", product="Lithium", area="world", kind="production")["excludes_us"].all()


def test_rare_earths_of_two_editions(pieces):
    ree = pick(pieces, product="Rare earths", kind="production", year=2024)
    assert one(ree, "value", edition="MCS 2025", country="Australia") == 13_000
    assert one(ree, "value", edition="MCS 2026", country="Australia") == 29_000
    assert one(ree, "value", edition="MCS 2025", country="World") == 390_000
    assert one(ree, "qualifier", edition="MCS 2025", country="Canada") == "no_data"


def test_bare_footnote_sign_of_2026_means_what_its_note_says(pieces):
    new = pick(pieces, edition="MCS 2026")
    austria = pick(new, product="Graphite (natural)", country="Austria")
    assert austria["qualifier"].tolist() == ["included_elsewhere"]
    mexico = pick(new, product="Vermiculite", country="Mexico", kind="production").iloc[0]
    assert (mexico["qualifier"], mexico["value_low"], mexico["value_high"]) == ("less_than_half_unit", 0, 500)


def test_correction_that_no_longer_fits_is_refused(monkeypatch):
    entry = {**next(e for e in corrections() if e["id"] == "usgs-2025-kaolin-world"), "published_value": "4401"}
    monkeypatch.setattr(world, "corrections", lambda: [entry])
    with pytest.raises(RefreshError, match="usgs-2025-kaolin-world.*may have been mended"):
        world.tidy_world(world.read_world(ANSWERS))


def test_new_column_is_refused():
    frames = world.read_world(ANSWERS)
    frames["MCS 2023|zinc"] = frames["MCS 2023|zinc"].rename(columns={"Prod_kt_2021": "Output_2021"})
    with pytest.raises(RefreshError, match="Output_2021"):
        world.tidy_world(frames)


def test_new_unit_is_refused(monkeypatch):
    monkeypatch.setattr(world, "corrections", list)
    frames = world.read_world(ANSWERS)
    frames["MCS 2025|"] = frames["MCS 2025|"].replace({"UNIT_MEAS": {"metric tons": "bushels"}})
    with pytest.raises(RefreshError, match="bushels"):
        world.tidy_world(frames)


PIECE = ("edition", "commodity")


def production(*editions):
    """Rows of the committed table, in the form in which they are read from the files."""
    whole = tables.load("mineral_production")
    whole = whole[whole["edition"].isin(editions)]
    return pd.DataFrame(whole.assign(published=whole["published"].dt.strftime("%Y-%m-%d")))


def test_older_editions_are_taken_over_when_their_files_are_not_there():
    whole, new = production("MCS 2022", "MCS 2023", "MCS 2024", "MCS 2025", "MCS 2026"), production(*releases.FETCHED)
    again = releases.with_older(new, "mineral_production", PIECE)
    assert again["edition"].value_counts().to_dict() == whole["edition"].value_counts().to_dict()
    assert again.attrs["told"] == [
        "files of MCS 2025, MCS 2026; no files of MCS 2022, MCS 2023, MCS 2024: rows kept"
    ]
    assert releases.with_older(whole, "mineral_production", PIECE).attrs.get("told") is None
    with pytest.raises(RefreshError, match="MCS 2021"):
        releases.with_older(new, "mineral_production", PIECE, ["MCS 2021", "MCS 2025"])


def test_a_final_edition_of_which_files_are_missing_is_refused():
    whole = production("MCS 2023", "MCS 2025", "MCS 2026")
    part = whole[(whole["edition"] != "MCS 2023") | ~whole["commodity"].isin(["Gallium", "Zinc"])]
    lack = r"the files lack MCS 2023, Gallium and 1 more, which the table has: a release in part; add the files"
    with pytest.raises(RefreshError, match=lack):
        releases.with_older(part, "mineral_production", PIECE)
    revised = whole[(whole["edition"] != "MCS 2026") | ~whole["commodity"].isin(["Gallium", "Zinc"])]
    assert "Gallium" not in set(releases.with_older(revised, "mineral_production", PIECE).query(
        "edition == 'MCS 2026'")["commodity"]), "an edition that can still be revised may lose a commodity"  # fmt: skip


def test_a_table_that_a_killed_refresh_left_is_made_whole_from_the_files_alone(monkeypatch):
    whole, new = production(*releases.PUBLISHED), production(*releases.FETCHED)

    def refused(name):
        raise tables.TableError(f"{name}: changed since its record was written")

    monkeypatch.setattr(releases.tables, "load", refused)
    assert releases.with_older(whole, "mineral_production", PIECE) is whole
    with pytest.raises(tables.TableError, match="changed since its record was written"):
        releases.with_older(new, "mineral_production", PIECE)


# --- reliance, sources, critical minerals from pieces ---


@pytest.fixture
def reliance_pieces(monkeypatch):
    concerned = ("usgs-2024-fluorspar-off-heading",)
    monkeypatch.setattr(reliance, "corrections", lambda: [e for e in corrections() if e["id"] in concerned])
    monkeypatch.setattr(reliance, "with_older", lambda table, *_: table)
    return reliance.tidy_reliance(reliance.read_reliance(ANSWERS))


def test_reliance_on_rare_earths_for_2024_was_80_and_then_53(reliance_pieces):
    ree = pick(reliance_pieces, series="chapter", material="Rare earths", item="Compounds and metals", year=2024)
    assert ree.set_index("edition")["reliance_pct"].to_dict() == {"MCS 2025": 80, "MCS 2026": 53}
    concentrate = pick(reliance_pieces, material="Rare earths", item="Mineral concentrates", year=2024)
    assert set(concentrate["qualifier"]) == {"net_exporter"}


def test_bounds_and_names_of_figure_2(reliance_pieces):
    figure = pick(reliance_pieces, series="figure 2")
    assert set(figure["material"]) == {"Rare earths, compounds and metals", "Gallium", "Niobium", "Tellurium"}
    tellurium = pick(figure, material="Tellurium")[["qualifier", "reliance_low_pct", "reliance_high_pct"]]
    assert tellurium.values.tolist() == [["less_than", 0, 25]]
    assert one(figure, "major_sources", material="Gallium").split("; ")[0] == "Japan"


def test_cells_under_the_wrong_heading_are_left_out(reliance_pieces):
    assert pick(reliance_pieces, edition="MCS 2024", material="Fluorspar").empty


def test_the_two_kinds_of_mica_are_told_apart_by_order(reliance_pieces):
    mica = pick(reliance_pieces, edition="MCS 2026", material="Mica (natural)").set_index("item")["reliance_pct"]
    assert mica.to_dict() == {"Scrap and flake": 34, "Sheet": 100}


def test_reliance_signs():
    assert reliance.reliance("s", "Defined as imports – exports. -- Less than ½ unit.").high == 0.5
    assert reliance.reliance("s", "purchases preclude calculation of").qualifier == "not_available"
    assert tuple(reliance.reliance(">95")) == (None, "greater_than", 95, 100)
    with pytest.raises(RefreshError, match="does not tell"):
        reliance.reliance("s", "")


def test_figure_of_another_year_is_refused():
    frames = {"MCS 2026|figure 2|": reliance.read_reliance(ANSWERS)["MCS 2025|figure 2|"]}
    with pytest.raises(RefreshError, match="not the reliance of 2025"):
        reliance.tidy_reliance(frames)


def test_import_sources_of_rare_earths():
    sources = pick(critical.tidy_sources(critical.read_sources(ANSWERS)), commodity="Rare earths")
    old = pick(sources, edition="MCS 2025").set_index("country")["share_pct"]
    assert old.to_dict() == {"China": 70, "Malaysia": 13, "Japan": 6, "Estonia": 5, "Other countries": 6}
    new = pick(sources, edition="MCS 2026")
    assert one(new, "share_pct", iso3="CHN") == 71
    assert new["share_pct"].sum() == 100
    assert set(sources["material"]) == {"Rare earths, compounds and metals"}


def test_supply_entries(monkeypatch):
    monkeypatch.setattr(critical, "with_older", lambda table, name, editions: table)
    supply = critical.tidy_supply(critical.read_supply(ANSWERS))
    ree = pick(supply, entry="Rare earths (compounds and metals)").set_index("edition")
    assert ree["reliance_pct"].to_dict() == {"MCS 2025": 80, "MCS 2026": 67}, "a stray 9 ends the name in 2026"
    assert ree["leading_share_pct"].to_dict() == {"MCS 2025": 69, "MCS 2026": 69}
    assert one(supply, "reliance_qualifier", entry="Beryllium") == "net_exporter"
    assert one(supply, "leading_share_qualifier", entry="Germanium") == "not_available"
    assert one(supply, "world_output_qualifier", entry="Boron") == "withheld"


def test_export_controls_are_parted_by_their_years():
    controls = critical.tidy_controls(critical.read_controls(ANSWERS))
    assert pick(controls, iso3="IDN")[["material", "year"]].values.tolist() == [
        ["Bauxite", 2023], ["Copper concentrates", 2023], ["Nickel ore", 2020],
    ]  # fmt: skip
    assert pick(controls, iso3="AGO")["material"].tolist() == ["Quartz and gypsum"]
    assert one(controls, "year", iso3="CHN", material="Rare earths") == 2025
    assert len(pick(controls, iso3="CHN")) == 14
    with pytest.raises(RefreshError, match="no commodity with a year"):
        critical._controlled("Everything.")


def test_agreements_have_two_date_columns():
    agreements = critical.tidy_agreements(critical.read_agreements(ANSWERS))
    assert agreements.set_index("partner")["signed"].to_dict() == {
        "Australia": "2025-10-20", "Japan and South Korea": "2025-09-23", "Philippines": "2025-02",
    }  # fmt: skip


def test_price_ranges_keep_both_ends():
    prices = minerals_ree.tidy_prices(critical.read_sources(ANSWERS))
    oxide = prices[(prices["commodity"] == "Scandium") & (prices["year"] == 2021)]
    oxide = oxide[oxide["product"].str.startswith("Scandium oxide")].iloc[0]
    assert (oxide["qualifier"], oxide["price_low"], oxide["price_high"]) == ("estimated_range", 890, 1000)
    assert one(prices, "price", product="Neodymium oxide, 99.5% minimum", year=2022) == 134


# --- IEA workbook ---


def workbook(path: Path, first_year: int = 2024) -> None:
    """Write a workbook laid out as the IEA's: mining left, refining right, blank row, rest, total, top three."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = minerals_iea.SHEET
    years = [first_year, 2030, 2035, 2040]
    sheet.append(["Total supply for key minerals"])
    sheet.append([None, *years, None, None, *years])
    for mineral in ("Copper", "Cobalt", "Lithium", "Nickel", "Graphite", "Magnet rare earth elements"):
        second = {"Lithium": "Chemicals", "Graphite": "Battery grade"}.get(mineral, "Refining")
        sheet.append([f"{mineral} - Mining (kt)", *[None] * 4, None, f"{mineral} - {second} (kt)"])
        sheet.append(["China", 60, 50, 50, 50, None, "China", 90, 80, 70, 60])
        sheet.append([])
        sheet.append(["Rest of world", 40, 50, 50, 50, None, "Rest of world", 10, 20, 30, 40])
        total = "Total clean technologies" if mineral == "Cobalt" else "Total"
        sheet.append(["Total", 100, 100, 100, 100, None, total, 100, 100, 100, 100])
        sheet.append(["Top 3 share", 0.9, 0.9, 0.9, 0.9, None, "Top 3 share", 0.9, 0.9, 0.9, 0.9])
    book.save(path)


def test_iea_workbook_gives_the_same_form_as_the_copy(tmp_path):
    workbook(tmp_path / minerals_iea.WORKBOOK)
    table = minerals_iea.tidy_supply(minerals_iea.read_workbook(tmp_path))
    assert len(table) == 6 * 2 * 4 * 3
    magnets = pick(table, mineral="Magnet rare earths", stage="refining", country="China")
    assert magnets.set_index("year")["share_pct"].to_dict() == {2024: 90, 2030: 80, 2035: 70, 2040: 60}
    assert set(table.columns) == set(tables.load("iea_supply").columns)


def test_another_edition_or_layout_of_the_workbook_is_refused(tmp_path):
    workbook(tmp_path / minerals_iea.WORKBOOK, first_year=2025)
    with pytest.raises(RefreshError, match="not the edition of May 2025"):
        minerals_iea.tidy_supply(minerals_iea.read_workbook(tmp_path))
    book = openpyxl.Workbook()
    book.active.title = minerals_iea.SHEET
    book.active.append(["nothing"])
    book.save(tmp_path / minerals_iea.WORKBOOK)
    with pytest.raises(RefreshError, match="no row of years"):
        minerals_iea.read_workbook(tmp_path)


# --- the committed tables: known totals and values looked up by hand ---


def test_china_mined_69_percent_in_the_edition_that_was_public():
    known = tables.load("mineral_production", known_by="2025-10-25")
    newest = known[known["edition"] == known["edition"].max()]
    ree = pick(newest, product="Rare earths", kind="production", year=2024)
    share = one(ree, "value", iso3="CHN") / one(ree, "value", area="world")
    assert newest["edition"].iloc[0] == "MCS 2025"
    assert share == pytest.approx(0.692, abs=0.0005)


@pytest.mark.parametrize(
    ("edition", "product_name", "kind", "year", "country", "value"),
    [
        ("MCS 2022", "Cobalt", "production", 2021, "COD", 120_000),
        ("MCS 2022", "Gallium", "production", 2021, "CHN", 420),
        ("MCS 2023", "Chromium (ore, gross weight)", "production", 2021, "ZAF", 18_600_000),
        ("MCS 2023", "Chromium (ore, gross weight)", "reserves", 2022, "ZAF", 200_000_000),
        ("MCS 2024", "Selenium", "reserves", 2023, "USA", 11_000),
        ("MCS 2025", "Iron ore (usable or crude)", "reserves", 2024, "AUS", 58e9),
        ("MCS 2025", "Titanium dioxide pigment", "capacity", 2024, "CHN", 5_500_000),
        ("MCS 2026", "Vanadium", "reserves", 2025, "USA", 50_000),
        ("MCS 2026", "Niobium", "production", 2025, "BRA", 104_000),
    ],
)
def test_values_looked_up_in_the_releases(edition, product_name, kind, year, country, value):
    table = tables.load("mineral_production")
    rows = pick(table, edition=edition, product=product_name, kind=kind, year=year, iso3=country)
    assert one(rows, "value") == value


def test_bounds_hold_the_value_and_only_exact_cells_have_one():
    for name, value in (("mineral_production", "value"), ("us_import_reliance", "reliance_pct")):
        table = tables.load(name)
        low, high = (
            (table["value_low"], table["value_high"])
            if value == "value"
            else (table["reliance_low_pct"], table["reliance_high_pct"])
        )
        exact = table["qualifier"].isna()
        assert (table[value].notna() == exact).all()
        assert (low[exact] == table[value][exact]).all()
        assert (high[exact] == table[value][exact]).all()


def test_world_totals_are_near_the_sum_of_their_countries():
    """A unit or digit that is wrong by ten or more would stand out; the printed sum of two products is left out."""
    table = tables.load("mineral_production")
    key = ["edition", "product", "stage", "kind", "year"]
    parts = table[table["area"] != "world"].groupby(key)["value"].sum()
    totals = table[table["area"] == "world"].groupby(key)["value"].first()
    ratio = (parts / totals).dropna().drop("Ilmenite and rutile", level="product")
    assert len(ratio) > 700
    assert ratio.max() < 1.06


def test_a_series_has_one_form_and_countries_beside_its_world_total():
    table = tables.load("mineral_production")
    table = table[~table["product"].str.endswith("(forms as printed)")]
    assert (table.groupby(["edition", "product", "stage", "kind"])["form"].nunique() <= 1).all()
    denmark = pick(table, edition="MCS 2026", product="Diatomite", country="Denmark", kind="production", year=2025)
    assert denmark[["form", "remark"]].values.tolist() == [["Mine production", "processed"]]


@pytest.mark.parametrize(
    ("edition", "above_half", "all_of_it"), [("MCS 2024", 49, 15), ("MCS 2025", 46, 15), ("MCS 2026", 53, 16)]
)
def test_counts_of_figure_2(edition, above_half, all_of_it):
    figure = pick(tables.load("us_import_reliance"), edition=edition, series="figure 2")
    at_least = (figure["qualifier"] == "greater_than") & (figure["reliance_low_pct"] >= 50)
    assert ((figure["reliance_pct"] > 50) | at_least).sum() == above_half
    assert (figure["reliance_pct"] == 100).sum() == all_of_it


def test_every_figure_2_name_of_2026_with_sources_has_one_item():
    figure = pick(tables.load("us_import_reliance"), edition="MCS 2026", series="figure 2")
    sources = pick(tables.load("us_import_sources"), edition="MCS 2026")
    items = sources.dropna(subset="material").groupby("material")["item"].nunique()
    assert (items == 1).all()
    assert set(figure["material"]) - set(items.index) == {"Cesium", "Krypton", "Neon", "Xenon"}
    assert set(items.index) <= set(figure["material"])


def test_sources_matched_to_figure_2_are_those_it_lists():
    figure = pick(tables.load("us_import_reliance"), edition="MCS 2026", series="figure 2").set_index("material")
    sources = pick(tables.load("us_import_sources"), edition="MCS 2026", area="country").dropna(subset="material")
    differ = []
    for name, rows in sources.groupby("material"):
        listed = {place(source).iso3 for source in figure["major_sources"][name].split("; ")}
        if not listed <= set(rows["iso3"]):
            differ.append(name)
    assert differ == ["Lead, refined", "Strontium"], "two differences within the edition itself"


def test_critical_minerals_lists():
    table = tables.load("critical_minerals")
    assert table["in_2022_list"].sum() == 50
    assert table["in_2025_draft_derived"].sum() == 54
    assert len(table) == 60
    assert table["rare_earth"].sum() == 16
    entries = pick(tables.load("critical_mineral_supply"), edition="MCS 2026")["entry"]
    assert set(table["supply_entry"].dropna()) == set(entries)


def test_china_leads_17_of_31_entries():
    supply = pick(tables.load("critical_mineral_supply"), edition="MCS 2025")
    assert len(supply) == 31
    assert (supply["leading_producer_iso3"] == "CHN").sum() == 17


def test_iea_shares_of_magnet_rare_earths():
    table = pick(tables.load("iea_supply"), mineral="Magnet rare earths", iso3="CHN")
    assert one(table, "share_pct", stage="refining", year=2024) == pytest.approx(91.28, abs=0.005)
    assert one(table, "share_pct", stage="refining", year=2030) == pytest.approx(76.05, abs=0.005)
    assert one(table, "share_pct", stage="mining", year=2024) == pytest.approx(60.97, abs=0.005)


def test_series_that_cannot_give_a_share_give_none():
    table = tables.load("ree_shares")
    before = pick(table, series="bgs-minerals")
    assert before["world_t"].isna().all() and before["china_share_pct"].isna().all()
    assert before["year"].max() == 1991 and pick(table, series="bgs-oxides")["year"].min() == 1992
    usgs = pick(table, series="usgs", edition="MCS 2025", year=2024).iloc[0]
    assert (usgs["china_t"], usgs["us_t"], usgs["world_t"], usgs["china_share_pct"]) == (270e3, 45e3, 390e3, 69.23)
    assert one(table, "china_share_pct", series="bgs-oxides", year=2010) == 98.24


def test_shares_cannot_be_refreshed_from_the_network(tmp_path):
    with pytest.raises(RefreshError, match="read from copies"):
        minerals_ree.read_shares(tmp_path)


def test_elements():
    table = tables.load("ree_elements").set_index("symbol")
    assert len(table) == 17
    assert set(table.index[table["iea_magnet_element"]]) == {"Nd", "Pr", "Dy", "Tb"}
    assert table.loc["Dy", "group"] == "heavy" and table.loc["Nd", "group"] == "light"
    listed = set(tables.load("critical_minerals")["mineral"])
    assert set(table["element"][table["in_us_list_2025"]]) == set(table["element"]) & listed


def test_price_points_have_a_source_and_ordered_ends():
    table = tables.load("price_points")
    both = table.dropna(subset=["price_low", "price_high"])
    assert (both["price_low"] <= both["price_high"]).all()
    assert table["source_url"].str.startswith("http").all()
