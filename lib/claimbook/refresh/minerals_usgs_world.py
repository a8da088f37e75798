"""World production, capacity and reserves of the USGS Mineral Commodity Summaries 2022-2026, all commodities.

In: the world files of five data releases, each in its own form. Out: one tidy table, one observation a row.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook.refresh.core import Builder, RefreshError, correct, corrections
from claimbook.refresh.countries import UnknownCountryError, place
from claimbook.refresh.minerals_usgs_files import PUBLISHED, WORLD_2025, file_2026, files, text_frame, with_older
from claimbook.refresh.minerals_usgs_names import commodity, product
from claimbook.refresh.quantities import Quantity, parse_quantity

TABLE = "mineral_production"

# The copy read here holds twelve commodities of the 2022 edition; more are not taken before they are checked.
OF_2022 = ("cobal", "coppe", "galli", "germa", "graph", "lithi", "manga", "nicke", "plati", "raree", "timin", "tungs")

UNITS = {
    "t": ("t", 1), "metric tons": ("t", 1), "tons": ("t", 1), "kt": ("t", 1e3), "thousand metric tons": ("t", 1e3),
    "thousand metric dry tons": ("t", 1e3), "mt": ("t", 1e6), "mmt": ("t", 1e6), "million metric tons": ("t", 1e6),
    "kg": ("t", 1e-3), "kilograms": ("t", 1e-3), "kct": ("carat", 1e3), "thousand carats": ("carat", 1e3),
    "thousands of carats": ("carat", 1e3), "mct": ("carat", 1e6), "million carats": ("carat", 1e6),
    "mcm": ("m3", 1e6), "million cubic meters": ("m3", 1e6), "million liters": ("L", 1e6),
}  # fmt: skip
KINDS = {"prod": "production", "cap": "capacity", "reserves": "reserves"}
_COLUMN = re.compile(
    r"(Prod|Cap|Reserves)_(?:(Sponge|Pigment|ore|ore_K2O_equiv)_)?([A-Za-z]+)(_est)?(?:_(\d{4}))?", re.IGNORECASE
)
_FILE = re.compile(r"mcs(\d{4})-(.+)_world\.csv", re.IGNORECASE)


_WITHOUT_US = r"(?:exclud|not includ).*(?:U\.S\.|United States)"


# --- one reader for each form ---


def read_world(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the world files of the releases below `folder` (loose or zipped), by edition and file code."""
    found = {}
    for name, content in files(folder, rf".*{_FILE.pattern}").items():
        year, code = _FILE.search(name).groups()
        if year != "2022" or code in OF_2022:
            found[f"MCS {year}|{code}"] = text_frame(content)
    for content in files(folder, r"MCS2025_World_Data\.csv").values():
        found["MCS 2025|"] = text_frame(content)
    for content in files(folder, r"MCS2026_Commodities_Data\.csv").values():
        found["MCS 2026|"] = text_frame(content, "cp1252")
    missing = [edition for edition in ("MCS 2025", "MCS 2026") if f"{edition}|" not in found]
    if missing:
        raise RefreshError(f"{folder}: no world file of {', '.join(missing)}; save the data release there")
    return found


# --- one arrangement of the rows for each form ---


def _rows_of_file(edition: str, code: str, frame: pd.DataFrame) -> list[dict]:
    """2022-2024: one file a commodity, unit and year in the column names."""
    type_column = frame.columns[2]  # the fluorspar file of 2024 has its first value as heading
    rows = []
    for column in frame.columns[3:]:
        if "note" in column.lower():
            continue
        match = _COLUMN.fullmatch(column)
        if not match:
            raise RefreshError(f"{edition} {code}: column {column!r} is not read; extend minerals_usgs_world.py")
        kind, part, unit, estimated, year = match.groups()
        notes = _notes_column(frame, column)
        for cells in frame.to_dict("records"):
            rows.append({
                "edition": edition, "commodity": code, "label": cells["Country"], "form": cells[type_column],
                "part": part or "", "kind": KINDS[kind.lower()], "unit": unit.lower(), "is_estimate": bool(estimated),
                "year": int(year or edition[-4:]) if kind.lower() != "reserves" else int(edition[-4:]) - 1,
                "printed": cells[column], "note": cells[notes] if notes else "",
            })  # fmt: skip
    return rows


def _notes_column(frame: pd.DataFrame, column: str) -> str | None:
    """The notes that follow a column: Prod_note, Prod_notes, Cap_notes, Reserves_notes."""
    prefix = column.split("_")[0].lower()
    return next((c for c in frame.columns if c.lower().startswith(f"{prefix}_note")), None)


def _rows_2025(frame: pd.DataFrame) -> list[dict]:
    series = (
        ("PROD_2023", "production", 2023, False, "PROD_NOTES"),
        ("PROD_EST_ 2024", "production", 2024, True, "PROD_NOTES"),
        ("CAP_2023", "capacity", 2023, False, "CAP_NOTES"),
        ("CAP_EST_ 2024", "capacity", 2024, True, "CAP_NOTES"),
        ("RESERVES_2024", "reserves", 2024, False, "RESERVE_NOTES"),
    )
    return [
        {
            "edition": "MCS 2025", "commodity": cells["COMMODITY"], "label": cells["COUNTRY"], "form": cells["TYPE"],
            "part": "", "kind": kind, "unit": cells["UNIT_MEAS"].lower(), "is_estimate": estimated, "year": year,
            "printed": cells[column], "note": cells[notes],
        }
        for column, kind, year, estimated, notes in series
        for cells in frame.to_dict("records")
    ]  # fmt: skip


def _rows_2026(frame: pd.DataFrame) -> list[dict]:
    world = frame[frame["Section"].str.startswith("World")]
    return [
        {
            "edition": "MCS 2026", "commodity": cells["MCS chapter"], "label": cells["Country"],
            "form": re.sub(r"[:,] rounded$", "", cells["Statistics_detail"]).strip(" ,"), "part": cells["Commodity"],
            "kind": cells["Statistics"].lower(), "unit": cells["Unit"].lower(),
            "is_estimate": cells["Notes"].startswith("Estimated"), "year": int(cells["Year"]),
            "printed": cells["Value"], "note": re.sub(r"^Estimated\.?", "", cells["Notes"]),
        }
        for cells in world.to_dict("records")
    ]  # fmt: skip


def arrange(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return every printed cell of the world files in one long frame, nothing interpreted yet."""
    rows = []
    for key, frame in frames.items():
        edition, code = key.split("|")
        if edition == "MCS 2026":
            rows += _rows_2026(frame)
        else:
            rows += _rows_2025(frame) if edition == "MCS 2025" else _rows_of_file(edition, code, frame)
    long = pd.DataFrame(rows)
    # Boilerplate, and stray numbers beside the barite and vermiculite reserves of 2024, say nothing about the cell.
    long["note"] = long["note"].str.replace(r"^See Appendix C [^.]*\.( --)?", "", regex=True)
    long["note"] = long["note"].map(lambda note: "" if re.fullmatch(r"[\d,.]*", note) else note.strip(" -"))
    return long[~((long["label"] == "") & (long["printed"] == ""))]


# --- tidy ---


def tidy_world(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return `mineral_production`.

    Value and bounds are in one unit for each kind of quantity (t, carat, m3, L), so that no two rows of a product
    differ in unit; what USGS printed stands in `printed` and `printed_unit`.
    """
    long = arrange(frames)
    named = [_names(row) for row in long.to_dict("records")]
    long = pd.concat([long.drop(columns=["commodity"]), pd.DataFrame(named, index=long.index)], axis=1)
    clinker = long["form"].str.contains("capacity", case=False) & (long["product"] == "Clinker")
    long.loc[clinker, "kind"] = "capacity"  # it is printed in the columns of production
    long = long[~(clinker & (long["printed"] == ""))]
    long["is_estimate"] = [_is_estimate(row) for row in long.to_dict("records")]
    known = [entry for entry in corrections() if entry["where"].get("edition") in set(long["edition"])]
    long = _informative(correct(long.assign(cell=long["printed"], printed_unit=long["unit"]), TABLE, known))
    long = _one_form(long)
    quantities = pd.DataFrame([_quantity(row) for row in long.to_dict("records")], index=long.index)
    table = pd.concat([long.drop(columns="unit"), quantities], axis=1)
    table["published"] = table["edition"].map(PUBLISHED)
    table["excludes_us"] = (table["area"] == "world") & (table["kind"] == "production")
    table["excludes_us"] &= (table["remark"] + " " + table["note"]).str.contains(_WITHOUT_US, case=False)
    return with_older(_checked(table), TABLE, ("edition", "commodity"))


COLUMNS = [
    "edition", "published", "commodity", "product", "stage", "kind", "year", "area", "country", "iso3", "remark",
    "form", "value", "qualifier", "value_low", "value_high", "unit", "is_estimate", "excludes_us", "printed",
    "printed_unit", "note",
]  # fmt: skip
KEY = ["edition", "commodity", "product", "stage", "kind", "year", "country", "remark", "form"]


def _checked(table: pd.DataFrame) -> pd.DataFrame:
    twice = table[table.duplicated(KEY, keep=False)]
    if len(twice):
        raise RefreshError(f"{TABLE}: {len(twice)} rows share a key, first {twice.iloc[0][KEY].to_dict()}")
    return table[COLUMNS].replace("", None)


def _names(row: dict) -> dict:
    name, stage = product(row["commodity"], " | ".join((row["part"], row["form"], row["label"])))
    return {"commodity": commodity(row["commodity"]), "product": name, "stage": stage, **area(row["label"])}


def area(label: str) -> dict:
    """Return what a country cell stands for: area (country, other, world), country, iso3, remark, label_e.

    Footnote signs set behind the name are cut off ("Belgium8", "Chinae"); `label_e` tells that the sign was the
    "e" of an estimate. What USGS adds to the name ("excluding U.S. production", "crude ore") is the remark.
    """
    text = re.sub(r"\s*\d+$", "", " ".join(label.split())).rstrip(".")
    if match := re.match(r"(World total|Other(?: countries)?)", text, re.IGNORECASE):
        world = match[1].lower().startswith("world")
        rest = re.sub(r"\(?,? ?rounded\)?", "", text[match.end() :])
        remark = rest.strip(" ,()") if rest.strip() != "e" else ""
        return {"area": "world" if world else "other", "country": "World" if world else "Other countries",
                "iso3": "", "remark": remark, "label_e": rest.strip() == "e"}  # fmt: skip
    for base, remark, sign in _readings(text):
        try:
            name, iso3 = place(base)
        except UnknownCountryError:
            continue
        kind = "country" if iso3 else "other"
        return {"area": kind, "country": name, "iso3": iso3, "remark": remark, "label_e": sign}
    raise UnknownCountryError(f"USGS country {label!r} is not known; add it to claimbook.refresh.countries by hand")


def _readings(text: str) -> list[tuple[str, str, bool]]:
    """Ways to read a country cell: as it stands, without an added remark, without a footnote "e"."""
    whole = [(text, "", False), (text.removesuffix("e"), "", True)]
    for mark in (" (", ", "):
        head, found, tail = text.partition(mark)
        if found:
            whole.append((head, tail.strip(" ()"), False))
    return whole


def _is_estimate(row: dict) -> bool:
    """Whether a figure is an estimate: by its column or sign, unless a note says otherwise of its year."""
    year, note = row["year"], row["note"]
    if re.search(rf"reported (?:data |production )?in {year}", note, re.IGNORECASE):
        return False
    by_note = re.search(rf"estimated (?:for |in )?{year}|{year} is also estimated", note, re.IGNORECASE)
    return bool(row["is_estimate"] or row["label_e"] or by_note or re.match(r"e ?\d", row["printed"]))


def _informative(long: pd.DataFrame) -> pd.DataFrame:
    """Drop series of which no cell says anything (all blank, NA or XX), such as reserves never estimated."""
    series = ["edition", "commodity", "product", "stage", "kind"]
    says = ~long["printed"].str.upper().isin(["", "NA", "XX"]) | long["note"].str.match(r"(?:W|Large|Less than)\b")
    return long[says.groupby([long[c] for c in series]).transform("any")]


def _one_form(long: pd.DataFrame) -> pd.DataFrame:
    """Give all rows of a series the wording of most of its countries; what a row adds to it becomes its remark.

    The releases word the world total, or one country ("Mine production: processed"), otherwise than the rest. Products
    whose countries count different things ("forms as printed") keep their wordings.
    """
    series = [long[column] for column in ("edition", "product", "stage", "kind")]
    countries = long["form"].where(long["area"] == "country")
    usual = countries.groupby(series).transform(lambda forms: forms.mode().get(0)).fillna(long["form"])
    usual = usual.where(~long["product"].str.endswith("(forms as printed)"), long["form"])
    added = [form.removeprefix(f"{main}: ") for form, main in zip(long["form"], usual, strict=True)]
    adds = (pd.Series(added, index=long.index) != long["form"]) & (long["remark"] == "") & (long["area"] != "world")
    return long.assign(form=usual, remark=long["remark"].mask(adds, pd.Series(added, index=long.index)))


_SIGN_IN_NOTE = (
    (r"^W\b", "W"),
    (r"^NA\b", "NA"),
    (r"^XX\b", "XX"),
    (r"less than ½ ?unit|less than 1/2 unit", "Less than 1/2 unit"),
    (r"included (?:in|with)", "included_elsewhere"),
    (r"^((?:very )?(?:large|moderate|small)(?: to large)?)\.?$", None),
)


def _quantity(row: dict) -> dict:
    """Value, qualifier and bounds of one cell in the unit of the table."""
    if row["unit"] not in UNITS:
        raise RefreshError(f"{row['edition']} {row['product']}: unit {row['unit']!r} is not in UNITS")
    unit, factor = UNITS[row["unit"]]
    found = quantity(row["cell"], row["note"])
    scaled = [None if number is None else scale(number, factor) for number in (found.value, found.low, found.high)]
    return {"value": scaled[0], "qualifier": found.qualifier, "value_low": scaled[1], "value_high": scaled[2],
            "unit": unit}  # fmt: skip


def scale(number: float, factor: float) -> float:
    """Return `number` times `factor`; a division where the factor is below one, so that 3000 kg is exactly 3 t."""
    return number * factor if factor >= 1 else number / round(1 / factor)


def quantity(printed: str, note: str) -> Quantity:
    """Read a cell; where it is blank, or holds the bare footnote sign "s" (2026), the note has the meaning."""
    if re.match(r"included (?:in|with)", printed, re.IGNORECASE):
        return Quantity(None, "included_elsewhere", None, None)
    if match := re.fullmatch(r'Categorized as "(\w+)"', printed):
        return parse_quantity(match[1])
    if printed not in ("", "s"):
        found = parse_quantity(printed)
        return found._replace(qualifier="") if found.qualifier == "estimated" else found
    for pattern, sign in _SIGN_IN_NOTE:
        if match := re.search(pattern, note, re.IGNORECASE):
            if sign == "included_elsewhere":
                return Quantity(None, sign, None, None)
            return parse_quantity(sign or match[1])
    if printed == "s":
        raise RefreshError(f"a cell holds the footnote sign 's' and its note {note!r} does not tell what it means")
    return Quantity(None, "no_data", None, None)


MINERAL_PRODUCTION = Builder(
    table=TABLE,
    downloads=(WORLD_2025, file_2026("MCS2026_Commodities_Data.csv")),
    read=read_world,
    tidy=tidy_world,
    read_copy=read_world,
)
