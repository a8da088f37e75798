"""Net import reliance of the United States by commodity, USGS Mineral Commodity Summaries 2022-2026.

In: Figure 2 and the salient statistics of each edition's data release. Out: one tidy table, one printed cell a row.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, RefreshError, correct, corrections
from claimbook.refresh.minerals_usgs_files import (
    PUBLISHED,
    SALIENT_2025,
    TRENDS_2025,
    file_2026,
    files,
    some,
    text_frame,
    with_older,
)
from claimbook.refresh.minerals_usgs_names import commodity
from claimbook.refresh.quantities import Quantity, parse_quantity

TABLE = "us_import_reliance"
_SALIENT = re.compile(r"mcs(\d{4})-(.+)_salient\.csv", re.IGNORECASE)
_FIGURE_2 = re.compile(r"MCS(\d{4})_Fig2_Net_Import_Reliance\.csv", re.IGNORECASE)
# Three "salient" files of the 2024 release hold world tables by mistake: there is no reliance to read in them.
_NOT_SALIENT = {("2024", "cobal"), ("2024", "gypsu"), ("2024", "kyani")}

# Words in a column name of 2022-2025, or in the wording of 2026 -> the item of the commodity; "" for the whole.
_ITEMS = {
    "": "", "all": "", "consump": "", "metal": "", "mine": "", "refined": "", "refined zinc": "Refined",
    "total": "Metal and ferrosilicon", "fesi-si": "Metal and ferrosilicon", "fesi2 si": "Metal and ferrosilicon",
    "fesi": "Ferrosilicon", "fesi2": "Ferrosilicon", "ferrosilicon, all grades": "Ferrosilicon", "si": "Silicon metal",
    "al2o3": "Fused aluminum oxide", "sic": "Silicon carbide", "met abras": "Metallic abrasives",
    "bort": "Bort, grit, and dust and powder", "stones": "Stones", "flake": "Scrap and flake", "sheet": "Sheet",
    "diamond (bort, grit, and dust and powder; natural and synthetic)": "Bort, grit, and dust and powder",
    "diamond (stones, natural and synthetic)": "Stones", "compounds-metals": "Compounds and metals",
    "concentrate": "Mineral concentrates", "crystal": "Industrial cultured quartz crystal",
    "hpq": "Ground high-purity quartz", "granite": "Granite only", "dioxide": "TiO2 pigment", "sponge": "Sponge metal",
    "titanium sponge metal": "Sponge metal", "ores": "Ores and concentrates", "hf": "Hafnium",
    "zr ore": "Zirconium ores and concentrates", "nepheline syenite": "Nepheline syenite",
    "zinc refined": "Refined",
}  # fmt: skip
_SAME = (
    "Alumina", "Bauxite", "Argon", "Helium", "Krypton", "Neon", "Xenon", "Compounds and metals", "Feldspar",
    "Fused aluminum oxide", "Granite only", "Ground high-purity quartz", "Hafnium", "TiO2 pigment",
    "Industrial cultured quartz crystal", "Metallic abrasives", "Mineral concentrates", "Ores and concentrates",
    "Palladium", "Platinum", "Silicon carbide", "Silicon metal", "Zirconium ores and concentrates",
)  # fmt: skip
# Names in Figure 2 that changed between editions -> the name of 2026.
_MATERIALS = {
    "bismuth, metal, alloys, and scrap": "Bismuth",
    "cadmium, unwrought": "Cadmium",
    "cobalt, metal, oxides, and salts": "Cobalt",
    "diamond (industrial), bort, grit, dust, and powder": "Diamond (industrial), bort, grit, and dust and powder",
    "gallium, metal": "Gallium",
    "niobium (columbium)": "Niobium",
    "rare earths, compounds and metals, including lanthanides": "Rare earths, compounds and metals",
    "selenium, metal": "Selenium",
    "titanium, sponge": "Titanium, sponge metal",
    "yttrium, compounds": "Yttrium",
}


def read_reliance(folder: Path) -> dict[str, pd.DataFrame]:
    """Return Figure 2, salient statistics and the long table of 2026 found below `folder`, by edition and part."""
    found = {}
    for name, content in files(folder, f".*{_SALIENT.pattern}").items():
        year, code = _SALIENT.search(name).groups()
        if (year, code) not in _NOT_SALIENT:
            found[f"MCS {year}|chapter|{code}"] = text_frame(content)
    for name, content in files(folder, _FIGURE_2.pattern).items():
        found[f"MCS {_FIGURE_2.search(name)[1]}|figure 2|"] = text_frame(content)
    for content in files(folder, r"MCS2026_Commodities_Data\.csv").values():
        found["MCS 2026|chapter|"] = text_frame(content, "cp1252")
    return some(found, folder, "salient statistics or figure of import reliance")


def tidy_reliance(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return `us_import_reliance`: one row for each edition, series, commodity, item and year."""
    rows = []
    for key, frame in frames.items():
        edition, series, code = key.split("|")
        if series == "figure 2":
            rows += _figure_2(edition, frame)
        else:
            rows += _chapters_2026(frame) if edition == "MCS 2026" else _chapter(edition, code, frame)
    long = pd.DataFrame(row for row in rows if row["printed"])
    long["off_heading"] = _off_heading(long)
    known = [entry for entry in corrections() if entry["where"].get("edition") in set(long["edition"])]
    long = correct(long, TABLE, known).drop(columns="off_heading").reset_index(drop=True)
    read = pd.DataFrame([reliance(row["printed"], row["note"])._asdict() for row in long.to_dict("records")])
    read = read.rename(columns={"value": "reliance_pct", "low": "reliance_low_pct", "high": "reliance_high_pct"})
    table = pd.concat([long, read], axis=1).replace("", None)
    table = table.assign(published=table["edition"].map(PUBLISHED))
    return with_older(table, TABLE, ("edition", "series", "material"))


def _off_heading(long: pd.DataFrame) -> pd.Series:
    """Whether a commodity's cells stand under the wrong heading: then some "reliance" is far above 100 percent."""
    above = pd.to_numeric(long["printed"], errors="coerce") > 100
    return above.groupby([long[column] for column in ("edition", "series", "material")]).transform("any")


def reliance(printed: str, note: str = "") -> Quantity:
    """Read a reliance in percent; the bare footnote sign "s" of 2026 means what its note says."""
    if printed != "s":
        return parse_quantity(printed, ceiling=100)
    if re.search(r"less than ½ ?unit", note, re.IGNORECASE):
        return parse_quantity("Less than ½ unit")
    if "preclude calculation" in note:
        return Quantity(None, "not_available", None, None)
    raise RefreshError(f"a reliance is printed as 's' and its note {note!r} does not tell what that means")


def _figure_2(edition: str, frame: pd.DataFrame) -> list[dict]:
    year, value, sources = int(edition[-4:]) - 1, frame.columns[3], frame.columns[4]
    if value != f"Net_Import_Reliance_pct_{year}":
        raise RefreshError(f"{edition} Figure 2: the fourth column is {value!r}, not the reliance of {year}")
    return [
        {
            "edition": edition, "series": "figure 2", "material": material(cells["Commodity"]), "item": "",
            "year": year, "is_estimate": True, "printed": cells[value], "rank": int(cells[frame.columns[1]]),
            "major_sources": "" if cells[sources] == "NA" else cells[sources].replace(", ", "; "),
            "note": re.sub(r"^Descending order of import share\. ?", "", cells.get("Notes", "")),
        }
        for cells in frame.to_dict("records")
    ]  # fmt: skip


def material(printed: str) -> str:
    """Return a name of Figure 2 in one spelling across editions ("RARE EARTHS, compounds and metals")."""
    key = printed.strip().lower()
    return _MATERIALS.get(key, key[0].upper() + key[1:])


def _chapter(edition: str, code: str, frame: pd.DataFrame) -> list[dict]:
    """2022-2025: one file a commodity; the unit in the heading (pct, ct, t) is a slip where it is not pct."""
    last = int(edition[-4:]) - 1
    return [
        {
            "edition": edition, "series": "chapter", "material": commodity(code), "item": _item(code, column),
            "year": int(year), "is_estimate": int(year) == last, "printed": printed, "rank": None,
            "major_sources": "", "note": "",
        }
        for column in frame.columns
        if "NIR" in column
        for year, printed in zip(frame["Year"], frame[column], strict=True)
        if year
    ]  # fmt: skip


def _item(code: str, column: str) -> str:
    words = re.sub(r"_?(?:pct|ct|t)$", "", column).replace("NIR", " ").replace("_", " ")
    words = " ".join(words.split())
    if code == "heliu":
        return "Helium"
    return _named_item(f"{code} {words}".strip() if f"{code} {words}".lower() in _ITEMS else words, column)


def _chapters_2026(frame: pd.DataFrame) -> list[dict]:
    rows = frame[frame["Statistics"] == "Net import reliance"]
    found = []
    for cells in rows.to_dict("records"):
        detail = cells["Statistics_detail"].partition("consumption:")[2].strip()
        if not detail and cells["Commodity"].lower() != cells["MCS chapter"].lower():
            detail = cells["Commodity"]
        found.append({
            "edition": "MCS 2026", "series": "chapter", "material": commodity(cells["MCS chapter"]),
            "item": _named_item(detail, cells["Statistics_detail"]), "year": int(cells["Year"]),
            "is_estimate": int(cells["Year"]) == 2025, "printed": cells["Value"], "rank": None, "major_sources": "",
            "note": re.sub(r"^(Estimated\.)?( -- )?Defined as imports – exports\.?( -- )?", "", cells["Notes"]),
        })  # fmt: skip
    return _mica(found)


def _mica(rows: list[dict]) -> list[dict]:
    """The long table of 2026 does not tell the two kinds of mica apart; it has scrap and flake first, then sheet."""
    mica = [row for row in rows if row["material"] == "Mica (natural)"]
    for first, second in zip(mica[::2], mica[1::2], strict=True):
        if first["year"] != second["year"]:
            raise RefreshError("MCS 2026: the rows of mica's reliance no longer come in pairs; read the release again")
        first["item"], second["item"] = "Scrap and flake", "Sheet"
    return rows


def _named_item(words: str, where: str) -> str:
    known = _ITEMS | {item.lower(): item for item in _SAME}
    if words.lower() not in known:
        raise RefreshError(f"{where}: item {words!r} is new; add it to minerals_usgs_reliance.py")
    return known[words.lower()]


US_IMPORT_RELIANCE = Builder(
    table=TABLE,
    downloads=(
        SALIENT_2025,
        TRENDS_2025,
        file_2026("MCS2026_Commodities_Data.csv"),
        file_2026("MCS2026_Fig2_Net_Import_Reliance.csv"),
    ),
    read=read_reliance,
    tidy=tidy_reliance,
    read_copy=read_reliance,
)
