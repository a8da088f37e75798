"""Supply of six energy minerals by country and stage, today and projected: the IEA's Critical Minerals Dataset.

In: the IEA's workbook (free account needed) or the copy of its supply sheet. Out: one tidy table.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, Download, RefreshError
from claimbook.refresh.countries import place

TABLE = "iea_supply"
EDITION, PUBLISHED, BASE_YEAR = "May 2025", "2025-05-21", 2024
WORKBOOK = "CM_Data_Explorer.xlsx"
SHEET = "2 Total supply for key minerals"
MINERALS = {
    "copper": "Copper", "cobalt": "Cobalt", "lithium": "Lithium", "nickel": "Nickel", "graphite": "Graphite",
    "magnet rare earth elements": "Magnet rare earths", "rare earth elements": "Magnet rare earths",
}  # fmt: skip
# The workbook names the second stage by its product: chemicals of lithium, battery grade of graphite.
STAGES = {"mining": "mining", "refining": "refining", "chemicals": "refining", "battery grade": "refining"}
# In the edition of May 2025 the total of refined cobalt bears the label of another sheet's total.
TOTALS = ("Total", "Total clean technologies")


def read_workbook(folder: Path) -> pd.DataFrame:
    """Return the supply sheet in long form: mineral, stage, country, year, supply_kt; totals as country "Total".

    A block is headed "Copper - Mining (kt)", has the years above or beside the heading, countries, a blank row, the
    rest of the world, the total and the share of the top three. Mining stands left, refining right.
    """
    sheet = pd.read_excel(folder / WORKBOOK, sheet_name=SHEET, header=None, dtype=object)
    cells = sheet.astype(object).where(sheet.notna(), None).values.tolist()
    years_row = next((row for row in cells if sum(_is_year(cell) for cell in row) >= 2), None)
    if years_row is None:
        raise RefreshError(f"{WORKBOOK}: sheet {SHEET!r} has no row of years; the workbook has a new layout")
    rows = []
    for line, row in enumerate(cells):
        for column, cell in enumerate(row):
            if heading := _heading(cell):
                rows += _block(cells, line, column, years_row, *heading)
    return pd.DataFrame(rows)


def _is_year(cell: object) -> bool:
    return isinstance(cell, int | float) and 2000 < cell < 2100


def _heading(cell: object) -> tuple[str, str] | None:
    match = re.match(r"(.+?) - ([^(]+)", str(cell).strip()) if isinstance(cell, str) else None
    if not match:
        return None
    mineral, stage = (part.strip().lower() for part in match.groups())
    return (mineral, stage) if mineral in MINERALS and stage in STAGES else None


def _block(cells: list, line: int, column: int, years_row: list, mineral: str, stage: str) -> list[dict]:
    columns = {}
    for index in range(column + 1, len(years_row)):
        if not _is_year(years_row[index]):
            if columns:
                break
            continue
        columns[int(years_row[index])] = index
    rows = []
    for row in cells[line + 1 :]:
        label = row[column] if column < len(row) else None
        if label is None or str(label).strip() == "":
            continue
        label = str(label).strip()
        if _heading(label) or label.startswith("Top 3"):
            break
        country = "Total" if label in TOTALS else label
        rows += [
            {"mineral": mineral, "stage": stage, "country": country, "year": year, "supply_kt": float(row[index])}
            for year, index in columns.items()
        ]
        if country == "Total":
            break
    return rows


def read_copy(folder: Path) -> pd.DataFrame:
    """Return the copy of the supply sheet in the same long form."""
    path = next(iter(sorted(folder.rglob("iea_cm2025_supply_by_country.csv"))), None)
    if path is None:
        raise RefreshError(f"{folder}: no {WORKBOOK} and no copy of its supply sheet; get the workbook from the IEA")
    copy = pd.read_csv(path)
    totals = copy.drop_duplicates(["mineral", "stage", "year"]).assign(
        country="Total", supply_kt=lambda frame: frame["stage_total_kt"]
    )
    long = pd.concat([copy, totals])[["mineral", "stage", "country", "year", "supply_kt"]]
    return long.assign(mineral=long["mineral"].str.lower())


def tidy_supply(long: pd.DataFrame) -> pd.DataFrame:
    """Return `iea_supply`: one row for each mineral, stage, year and country; shares of the stage's total."""
    table = long.assign(mineral=long["mineral"].map(MINERALS), stage=long["stage"].map(STAGES))
    total = table[table["country"] == "Total"].set_index(["mineral", "stage", "year"])["supply_kt"]
    if table["year"].min() != BASE_YEAR:
        raise RefreshError(
            f"{WORKBOOK}: the first year is {table['year'].min()}, so this is not the edition of {EDITION}; "
            "put the new edition beside the old one by hand"
        )
    if len(total) != 2 * 6 * table["year"].nunique():
        raise RefreshError(f"{WORKBOOK}: {len(total)} totals where six minerals have two stages a year")
    of = table.set_index(["mineral", "stage", "year"]).index.map(total)
    places = [place("World" if country == "Total" else country) for country in table["country"]]
    return pd.DataFrame({
        "edition": EDITION, "published": PUBLISHED, "mineral": table["mineral"], "stage": table["stage"],
        "year": table["year"], "is_projection": table["year"] > BASE_YEAR,
        "area": ["world" if p.name == "World" else "country" if p.iso3 else "other" for p in places],
        "country": [p.name for p in places], "iso3": [p.iso3 or None for p in places],
        "supply_kt": table["supply_kt"], "share_pct": (100 * table["supply_kt"] / of).round(3),
    })  # fmt: skip


IEA_SUPPLY = Builder(
    table=TABLE,
    downloads=(Download("https://www.iea.org/data-and-statistics/data-product/critical-minerals-dataset", WORKBOOK),),
    read=read_workbook,
    tidy=tidy_supply,
    read_copy=read_copy,
)
