"""US critical minerals, import sources, and what USGS lists of export controls and trade agreements.

In: tables T4-T7 and the long table of the USGS Mineral Commodity Summaries. Out: five tidy tables.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, RefreshError, expect_columns
from claimbook.refresh.countries import Place, place
from claimbook.refresh.minerals_usgs_files import (
    PUBLISHED,
    TRENDS_2025,
    file_2026,
    files,
    only_file,
    some,
    text_frame,
    with_older,
)
from claimbook.refresh.minerals_usgs_names import commodity
from claimbook.refresh.minerals_usgs_reliance import reliance
from claimbook.refresh.quantities import parse_quantity

# The draft of August 2025 was not read name by name: the list of 2022 with what notices say was added and left out.
DRAFT_ADDED = {"Copper", "Lead", "Potash", "Rhenium", "Silicon", "Silver"}
DRAFT_LEFT_OUT = {"Arsenic", "Tellurium"}
RARE_EARTHS = {
    "Cerium", "Dysprosium", "Erbium", "Europium", "Gadolinium", "Holmium", "Lanthanum", "Lutetium", "Neodymium",
    "Praseodymium", "Samarium", "Scandium", "Terbium", "Thulium", "Ytterbium", "Yttrium",
}  # fmt: skip
# Where the entry of the salient tables (T5, T7) has another name than the mineral of the list.
ENTRY_OF = {
    "Aluminum": "Aluminum (bauxite)", "Graphite": "Graphite (natural)", "Phosphate Rock": "Phosphate rock",
    "Titanium": "Titanium (metal)", "Zirconium": "Zirconium (ores and concentrates)",
}  # fmt: skip
_REE_ENTRY = "Rare earths (compounds and metals)"


# --- critical minerals: the lists ---


def read_lists(folder: Path) -> dict[str, pd.DataFrame]:
    """Return T4 of 2025 (the list of 2022) and T6 and T7 of 2026 (the list of 2025, and the entries with figures)."""
    names = {
        "2022": "MCS2025_T4_Critical_Minerals_End_Use.csv",
        "2025": "MCS2026_T6_Critical_Minerals_End_Use.csv",
        "entries": "MCS2026_T7_Critical_Minerals_Salient.csv",
    }
    return {key: text_frame(only_file(folder, name)) for key, name in names.items()}


def tidy_lists(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return `critical_minerals`: one row a mineral, on which list it stands, what it is used for."""
    of_2022 = set(expect_columns(frames["2022"], ["Critical Mineral"], "T4")["Critical Mineral"].map(_mineral))
    columns = ["Critical_Mineral", "Primary_Applications", "Category_Note"]
    of_2025 = expect_columns(frames["2025"], columns, "T6")
    entries = {_mineral(name) for name in frames["entries"]["Critical_mineral"]}
    if lost := of_2022 - set(of_2025["Critical_Mineral"].map(_mineral)):
        raise RefreshError(f"critical_minerals: {sorted(lost)} of 2022 are not in T6 of 2026; read both again")
    rows = []
    for cells in of_2025.to_dict("records"):
        name = _mineral(cells["Critical_Mineral"])
        grouped = name in RARE_EARTHS - {"Scandium", "Yttrium"}
        entry = _REE_ENTRY if grouped else ENTRY_OF.get(name, name)
        rows.append({
            "mineral": name, "rare_earth": name in RARE_EARTHS, "in_2022_list": name in of_2022,
            "in_2025_draft_derived": name in (of_2022 | DRAFT_ADDED) - DRAFT_LEFT_OUT, "in_2025_list": True,
            "supply_entry": entry if entry in entries else None,
            "primary_applications": cells["Primary_Applications"].rstrip("."),
            "note": cells["Category_Note"] or None,
        })  # fmt: skip
    return pd.DataFrame(rows)


def _mineral(printed: str) -> str:
    """Return a mineral's name without the footnote sign that runs into it."""
    return re.sub(r"(?<=[a-z)])\d+$", "", " ".join(printed.split()))


# --- critical minerals: reliance and leading producer ---

_SUPPLY_FILES = {
    "MCS 2024": "MCS2024_T5_Critical_Minerals_Salient.csv",
    "MCS 2025": "MCS2025_T5_Critical_Minerals_Salient.csv",
    "MCS 2026": "MCS2026_T7_Critical_Minerals_Salient.csv",
}


def read_supply(folder: Path) -> dict[str, pd.DataFrame]:
    """Return T5 of 2024 and 2025 and T7 of 2026, as far as they are below `folder`, by edition."""
    found = {}
    for edition, name in _SUPPLY_FILES.items():
        for content in files(folder, re.escape(name)).values():
            found[edition] = text_frame(content)
    return some(found, folder, "table of critical-mineral supply (T5 or T7)")


def tidy_supply(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return `critical_mineral_supply`: one row for each edition and critical-mineral entry of USGS."""
    rows = [_supply_row(edition, cells) for edition, frame in frames.items() for cells in frame.to_dict("records")]
    table = pd.DataFrame(rows).replace("", None)
    return with_older(table, "critical_mineral_supply", editions=_SUPPLY_FILES)


def _supply_row(edition: str, cells: dict) -> dict:
    year = int(edition[-4:]) - 1
    if cells["Year"] != f"{year}_estimated":
        raise RefreshError(f"{edition} T5/T7: year {cells['Year']!r} where {year}_estimated was expected")
    source = next(value for name, value in cells.items() if name.startswith("Primary_import_source"))
    nir, share = reliance(cells["Net_Import_Reliance"]), parse_quantity(cells["Leading_source_precent_world"])
    world, leader = parse_quantity(cells["World_total_prod"]), _named(cells["Leading_source_country"])
    output = parse_quantity(cells["Leading_country_prod"])
    notes = [cells[name] for name in cells if "notes" in name.lower() and cells[name]]
    return {
        "edition": edition, "published": PUBLISHED[edition], "entry": _mineral(cells["Critical_mineral"]), "year": year,
        "reliance_pct": nir.value, "reliance_qualifier": nir.qualifier, "reliance_low_pct": nir.low,
        "reliance_high_pct": nir.high, "reliance_printed": cells["Net_Import_Reliance"],
        "import_period": f"{year - 4}/{year - 1}", "import_source": _named(source).name,
        "import_source_iso3": _named(source).iso3, "leading_producer": leader.name,
        "leading_producer_iso3": leader.iso3, "leading_output_t": output.value,
        "leading_output_qualifier": output.qualifier, "leading_share_pct": share.value,
        "leading_share_qualifier": share.qualifier, "world_output_t": world.value,
        "world_output_qualifier": world.qualifier,
        "world_excludes_us": "excludes u.s." in cells["World_prod_notes"].lower(), "note": " ".join(notes),
    }  # fmt: skip


def _named(country: str) -> Place:
    """Return the place, or an empty one where USGS prints NA."""
    return Place("", "") if country == "NA" else place(country)


# --- import sources ---

# The item whose shares belong to a reliance of Figure 2, where a chapter gives more than one.
_MAGNESIUM = "Combined total (includes magnesium content of alloys, metal, powder, scrap, sheet, and other)"
_MATERIAL_OF = {
    ("Abrasives", "Total fused aluminum oxide"): "Abrasives, fused aluminum oxide",
    ("Abrasives", "Total silicon carbide"): "Abrasives, silicon carbide",
    ("Antimony", "Total metal and oxide"): "Antimony, metal and oxide",
    ("Arsenic", "All forms of arsenic"): "Arsenic, all forms",
    ("Bauxite and alumina", "Alumina"): "Alumina", ("Bauxite and alumina", "Bauxite"): "Bauxite",
    ("Chromium", "Total imports"): "Chromium, all forms", ("Cobalt", "Metal, oxide, and salts"): "Cobalt",
    ("Copper", "Refined copper"): "Copper, refined",
    ("Diamond (industrial)", "Bort, grit, and dust and powder; natural and synthetic"):
        "Diamond (industrial), bort, grit, and dust and powder",
    ("Diamond (industrial)", "Stones, primarily natural"): "Diamond (industrial), stones",
    ("Feldspar and nepheline syenite", "Nepheline syenite"): "Nepheline syenite",
    ("Gallium", "Metal"): "Gallium", ("Gemstones", "Diamond"): "Gemstones",
    ("Germanium", "Combined total"): "Germanium",
    ("Iron oxide pigments", "Total"): "Iron oxide pigments, natural and synthetic",
    ("Lead", "Refined metal"): "Lead, refined", ("Magnesium compounds", "Total imports"): "Magnesium compounds",
    ("Magnesium metal", _MAGNESIUM): "Magnesium metal",
    ("Manganese", "Manganese contained in principal manganese imports"): "Manganese",
    ("Mica (natural)", "Scrap and flake"): "Mica (natural), scrap and flake",
    ("Mica (natural)", "Sheet"): "Mica (natural), sheet", ("Nickel", "Primary nickel"): "Nickel",
    ("Niobium", "Total imports"): "Niobium", ("Platinum-group metals", "Palladium"): "Palladium",
    ("Platinum-group metals", "Platinum"): "Platinum",
    ("Rare earths", "Rare-earth compounds and metals"): "Rare earths, compounds and metals",
    ("Rhenium", "Total imports"): "Rhenium", ("Selenium", "Selenium"): "Selenium",
    ("Silicon", "Total"): "Silicon, metal and ferrosilicon",
    ("Stone (dimension)", "All dimension stone"): "Stone (dimension)", ("Strontium", "Total imports"): "Strontium",
    ("Talc and pyrophyllite", "All"): "Talc", ("Tantalum", "Total"): "Tantalum", ("Tin", "Refined tin"): "Tin, refined",
    ("Titanium and titanium dioxide", "Titanium Sponge Metal"): "Titanium, sponge metal",
    ("Tungsten", "Ores, concentrates, and other forms"): "Tungsten", ("Vanadium", "Total"): "Vanadium",
    ("Zinc", "Refined metal"): "Zinc, refined",
    ("Zirconium and hafnium", "Zirconium ores and concentrates"): "Zirconium, ores and concentrates",
}  # fmt: skip
# Figure 2 names these by their commodity alone, and their chapters have one item ("All").
_ONE_ITEM = {
    "Aluminum", "Asbestos", "Barite", "Bismuth", "Bromine", "Cadmium", "Cement", "Fluorspar", "Garnet (industrial)",
    "Graphite (natural)", "Indium", "Iodine", "Lithium", "Peat", "Perlite", "Potash", "Rubidium", "Salt", "Scandium",
    "Silver", "Tellurium", "Titanium mineral concentrates", "Vermiculite", "Yttrium",
}  # fmt: skip
# The edition of 2025 released no file of import sources; the rare-earths chapter was read (pubs.usgs.gov).
_RARE_EARTHS_2025 = (("China", "70"), ("Malaysia", "13"), ("Japan", "6"), ("Estonia", "5"), ("Other countries", "6"))
_FROM_ELSEWHERE = (
    "Compounds and metals imported from Estonia, Japan, and Malaysia were derived from mineral concentrates and "
    "chemical intermediates produced in Australia, China, and elsewhere"
)


def read_sources(folder: Path) -> pd.DataFrame:
    """Return the long table of 2026."""
    return text_frame(only_file(folder, "MCS2026_Commodities_Data.csv"), "cp1252")


def tidy_sources(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `us_import_sources`: one row for each edition, item and source country."""
    printed = frame[frame["Section"] == "Import Sources"]
    rows = [_source_row(cells) for cells in printed.to_dict("records")]
    for country, share in _RARE_EARTHS_2025:
        rows.append(_share("MCS 2025", "Rare earths", "Rare-earth compounds and metals", "2020–23", country, share, {
            "critical_2025": True,
            "includes_hong_kong": country == "China", "note": _FROM_ELSEWHERE,
        }))  # fmt: skip
    return pd.DataFrame(rows).replace("", None)


def _source_row(cells: dict) -> dict:
    name = commodity(cells["MCS chapter"])
    item = cells["Statistics_detail"]
    note = re.sub(r"^Includes Hong Kong\.?( -- )?", "", cells["Notes"])
    return _share("MCS 2026", name, item, cells["Year"], cells["Country"], cells["Value"], {
        "critical_2025": cells["Is critical mineral 2025"] == "Yes",
        "includes_hong_kong": cells["Notes"].startswith("Includes Hong Kong"), "note": note,
    })  # fmt: skip


def _share(edition: str, name: str, item: str, period: str, country: str, printed: str, more: dict) -> dict:
    share, source = parse_quantity(printed, ceiling=100), place(country)
    start, end = re.fullmatch(r"(\d{4})–(\d{2})", period).groups()
    material = _MATERIAL_OF.get((name, item), name if item == "All" and name in _ONE_ITEM else "")
    return {
        "edition": edition, "published": PUBLISHED[edition], "commodity": name, "item": item, "material": material,
        "period_start": int(start), "period_end": int(start[:2] + end),
        "area": "country" if source.iso3 else "other", "country": source.name, "iso3": source.iso3,
        "share_pct": share.value, "qualifier": share.qualifier, "share_low_pct": share.low,
        "share_high_pct": share.high, "printed": printed, **more,
    }  # fmt: skip


# --- export controls and agreements as USGS lists them ---


def read_controls(folder: Path) -> pd.DataFrame:
    """Return T4 of 2026."""
    return text_frame(only_file(folder, "MCS2026_T4_Country_Export_Control.csv"))


def tidy_controls(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `export_controls_usgs`: one row for each country, kind of control and commodity."""
    expect_columns(frame, ["Country", "Control_Type", "Commodity_Year", "Data_source"], "T4")
    rows = []
    for cells in frame.to_dict("records"):
        for material, year in _controlled(cells["Commodity_Year"]):
            where = place(cells["Country"])
            rows.append({
                "country": where.name, "iso3": where.iso3, "control": cells["Control_Type"], "material": material,
                "year": year, "printed": cells["Commodity_Year"].rstrip("."), "source_url": cells["Data_source"],
            })  # fmt: skip
    return pd.DataFrame(rows)


def _controlled(printed: str) -> list[tuple[str, int]]:
    """Split "Bauxite (2023), copper concentrates (2023), and nickel ore (2020)." into materials with their year.

    Only the years part the materials: "Quartz and gypsum (2024)" stays one entry.
    """
    found = []
    for match in re.finditer(r"(.+?) \((\d{4})\)(?:,? and |, |\.|$)", printed):
        found.append((match[1].strip()[0].upper() + match[1].strip()[1:], int(match[2])))
    if not found:
        raise RefreshError(f"T4: {printed!r} names no commodity with a year in brackets; read the release again")
    return found


def read_agreements(folder: Path) -> pd.DataFrame:
    """Return T5 of 2026; its two columns named Signing_date are told apart by their form."""
    content = only_file(folder, "MCS2026_T5_Trade_Agreements.csv").decode("utf-8-sig")
    return text_frame(content.replace("Signing_date,Signing_date", "Signing_date,Signing_date_iso", 1).encode("utf-8"))


def tidy_agreements(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `trade_agreements_usgs`: one row for each agreement that USGS lists."""
    columns = ["Country", "Agreement", "Signing_date", "Signing_date_iso", "Focus_area", "Source"]
    expect_columns(frame, columns, "T5")
    rows = []
    for cells in frame.to_dict("records"):
        partner = place(cells["Country"])
        rows.append({
            "partner": partner.name, "iso3": partner.iso3 or None, "agreement": cells["Agreement"],
            "signed": cells["Signing_date_iso"], "signed_printed": cells["Signing_date"],
            "focus_area": cells["Focus_area"].rstrip("."), "source_url": cells["Source"],
        })  # fmt: skip
    return pd.DataFrame(rows)


_T6, _T7 = "MCS2026_T6_Critical_Minerals_End_Use.csv", _SUPPLY_FILES["MCS 2026"]
CRITICAL_MINERALS = Builder(
    "critical_minerals", (TRENDS_2025, file_2026(_T6), file_2026(_T7)), read_lists, tidy_lists, read_lists
)
CRITICAL_MINERAL_SUPPLY = Builder(
    "critical_mineral_supply", (TRENDS_2025, file_2026(_T7)), read_supply, tidy_supply, read_supply
)
US_IMPORT_SOURCES = Builder(
    "us_import_sources", (file_2026("MCS2026_Commodities_Data.csv"),), read_sources, tidy_sources
)
EXPORT_CONTROLS_USGS = Builder(
    "export_controls_usgs", (file_2026("MCS2026_T4_Country_Export_Control.csv"),), read_controls, tidy_controls
)
TRADE_AGREEMENTS_USGS = Builder(
    "trade_agreements_usgs", (file_2026("MCS2026_T5_Trade_Agreements.csv"),), read_agreements, tidy_agreements
)
