"""Tables of the price and disruption models that have an official file: input-output accounts, elasticities.

In: workbooks of the Bureau of Economic Analysis, the Census concordance and CEPII's elasticities, or their copies.
Out: tidy tables in long form; matrices are one row a non-zero cell, with row and column named in the record.
"""

from pathlib import Path

import pandas as pd

from claimbook.refresh import bea
from claimbook.refresh.core import Builder, Download, RefreshError, expect_columns

_BEA = "https://apps.bea.gov/industry/release/"
AFTER = Download(
    _BEA + "zip/MAKE-USE-IMPORTS%20(AFTER%20REDEFINITIONS).zip", "MAKE-USE-IMPORTS (AFTER REDEFINITIONS).zip"
)
BEFORE = Download(
    _BEA + "zip/MAKE-USE-IMPORTS%20(BEFORE%20REDEFINITIONS).zip", "MAKE-USE-IMPORTS (BEFORE REDEFINITIONS).zip"
)
REQUIREMENTS = Download(_BEA + "zip/TOTAL%20AND%20DOMESTIC%20REQUIREMENTS.zip", "TOTAL AND DOMESTIC REQUIREMENTS.zip")
SUPPLY_USE = Download(_BEA + "zip/SUPPLY-USE.zip", "SUPPLY-USE.zip")
BRIDGE_DETAIL = Download(_BEA + "xlsx/PCEBridge_Detail.xlsx", "PCEBridge_Detail.xlsx")
BRIDGE_SUMMARY = Download(_BEA + "xlsx/PCEBridge_Summary.xlsx", "PCEBridge_Summary.xlsx")
CONCORDANCE = Download(
    "https://www.census.gov/foreign-trade/reference/codes/concordance/impconcord24.xlsx", "impconcord24.xlsx"
)
PROTEE = Download("https://www.cepii.fr/DATA_DOWNLOAD/ProTEE/ProTEE_0_1.csv", "ProTEE_0_1.csv")

# Industries of the benchmark that are no commodity: their output counts as another commodity (BEA, NAICS Codes).
INDUSTRIES_ONLY = {
    "331314": ("Secondary smelting and alloying of aluminum", "331"),
    "S00101": ("Federal electric utilities", "GFE"),
    "S00201": ("State and local government passenger transit", "GSLE"),
    "S00202": ("State and local government electric utilities", "GSLE"),
}


def _is_total(code: str) -> bool:
    """Tell totals (T...) and value added (V...) from commodities: no commodity code starts with either letter."""
    return code[0] in "TV"


def _long(matrix: pd.DataFrame, row: str, column: str, value: str) -> pd.DataFrame:
    """Return the non-zero cells of a matrix, one a row."""
    cells = matrix.fillna(0).rename_axis(index=row, columns=column).stack().rename(value).reset_index()
    return cells[cells[value] != 0]


def _copy_matrix(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_csv(folder / "models" / "bea_io" / f"{name}.csv", dtype={"bea_code": str}).set_index("bea_code")


def _copy_column(folder: Path, name: str) -> pd.Series:
    return _copy_matrix(folder, name).iloc[:, 0]


# --- use, 402 x 402, benchmark 2017 --------------------------------------------------------------------------


def _detail_sheets(folder: Path) -> tuple[bea.Sheet, bea.Sheet]:
    """Return total use and use of imports, producers' prices, after redefinitions."""
    archive = folder / AFTER.filename
    sheets = []
    for name in ("IOUse_After_Redefinitions_PRO_Detail.xlsx", "ImportMatrices_After_Redefinitions_Detail.xlsx"):
        sheets.append(bea.parse_sheet(bea.rows_of(bea.member(archive, name), "2017"), "T001", name))
    return tuple(sheets)


def _industries(values: pd.DataFrame) -> list[str]:
    return list(values.columns[: list(values.columns).index("T001")])


def _commodities(values: pd.DataFrame) -> list[str]:
    return [code for code in values.index if not _is_total(code)]


def read_use_detail(folder: Path) -> dict[str, pd.DataFrame]:
    total, imported = (sheet.values.fillna(0) for sheet in _detail_sheets(folder))
    rows, columns = _commodities(total), _industries(total)
    foreign = imported.loc[rows, columns]
    return {"domestic": total.loc[rows, columns] - foreign, "import": foreign}


def copy_use_detail(folder: Path) -> dict[str, pd.DataFrame]:
    return {origin: _copy_matrix(folder, f"detail2017_bea_use_{origin}") for origin in ("domestic", "import")}


def tidy_use_detail(raw: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return domestic and imported inputs of each industry by commodity, one row a cell that is not zero in both."""
    parts = [_long(raw[origin], "commodity", "industry", f"{origin}_musd") for origin in ("domestic", "import")]
    return (
        parts[0]
        .merge(parts[1], how="outer", on=["commodity", "industry"])
        .fillna({"domestic_musd": 0, "import_musd": 0})
    )


# --- the 402 sectors -----------------------------------------------------------------------------------------


def read_sectors_detail(folder: Path) -> dict[str, object]:
    total, imported = _detail_sheets(folder)
    values, foreign = total.values.fillna(0), imported.values.fillna(0)
    rows, columns = _commodities(values), _industries(values)
    use = [c for c in values if c in columns or (c.startswith("F") and not c.startswith(("F04", "F05")))]
    absorbed, absorbed_imports = values.loc[rows, use].sum(axis=1), foreign.loc[rows, use].sum(axis=1)
    codes = bea.rows_of(bea.member(folder / AFTER.filename, "IOUse_After_Redefinitions_PRO_Detail.xlsx"), "NAICS Codes")
    return {
        "output": values.loc["T008", columns],
        "variable_cost": values.loc["T005", columns] + values.loc["V00100", columns],
        "pce": values.loc[rows, "F01000"],
        "import": absorbed_imports,
        "domestic": absorbed - absorbed_imports,
        "names": pd.Series({code: total.names[code] for code in rows}),
        "summary": _summary_of_detail(codes),
    }


def _summary_of_detail(rows: list[tuple]) -> pd.Series:
    """Return the summary code of each detail code from the sheet "NAICS Codes", where levels are columns."""
    summary, found = None, {}
    for row in rows:
        cells = ["" if cell is None else str(cell).strip() for cell in row[:5]]
        level = next((i for i, cell in enumerate(cells) if cell), None)
        if level == 1:
            summary = cells[1]
        elif level == 3:
            found[cells[3]] = summary
    return pd.Series(found)


def copy_sectors_detail(folder: Path) -> dict[str, object]:
    totals = _copy_matrix(folder, "detail2017_bea_commodity_use_totals")
    place = folder / "models" / "bea_io"
    names = pd.read_csv(place / "detail2017_bea_commodity_descriptions.csv", dtype=str)
    parents = pd.read_csv(place / "detail2017_bea_summary_to_detail.csv", dtype=str)
    return {
        "output": _copy_column(folder, "detail2017_bea_industry_output"),
        "variable_cost": _copy_column(folder, "detail2017_bea_industry_variable_cost"),
        "pce": _copy_column(folder, "detail2017_bea_pce_by_commodity"),
        "import": totals["import_total"],
        "domestic": totals["domestic_total"],
        "names": names.set_index("Commodity Code")["Description"],
        "summary": parents.set_index("detail_code")["summary_code"],
    }


def tidy_sectors_detail(raw: dict[str, object]) -> pd.DataFrame:
    """Return one row a sector: commodity, industry or both, with the totals that belong to each role."""
    codes = [*raw["names"].index, *(code for code in raw["output"].index if code not in raw["names"].index)]
    if unknown := [code for code in codes[len(raw["names"]) :] if code not in INDUSTRIES_ONLY]:
        raise RefreshError(f"BEA detail: industries {unknown} are no commodities and have no name; add them here")
    name = raw["names"].to_dict() | {code: name for code, (name, _) in INDUSTRIES_ONLY.items()}
    parent = raw["summary"].to_dict() | {code: summary for code, (_, summary) in INDUSTRIES_ONLY.items()}
    frame = pd.DataFrame({"code": codes})
    frame["name"] = frame["code"].map(name)
    frame["summary_code"] = frame["code"].map(parent)
    frame["is_commodity"] = frame["code"].isin(raw["names"].index)
    frame["is_industry"] = frame["code"].isin(raw["output"].index)
    for column, key in (
        ("output_musd", "output"), ("variable_cost_musd", "variable_cost"), ("pce_musd", "pce"),
        ("domestic_absorption_musd", "domestic"), ("import_absorption_musd", "import"),
    ):  # fmt: skip
        frame[column] = frame["code"].map(raw[key].to_dict())
    return frame


# --- requirements --------------------------------------------------------------------------------------------


def _requirements(folder: Path, name: str, sheet: str, marker: str) -> pd.DataFrame:
    rows = bea.rows_of(bea.member(folder / REQUIREMENTS.filename, name), sheet)
    values = bea.parse_sheet(rows, marker, name).values.fillna(0)
    return values.loc[[code for code in values.index if not _is_total(code)]]


def read_requirements_detail(folder: Path) -> pd.DataFrame:
    return _requirements(folder, "IxC_Domestic_Detail.xlsx", "2017", "1111A0")


def copy_requirements_detail(folder: Path) -> pd.DataFrame:
    return _copy_matrix(folder, "detail2017_bea_requirements_domestic")


def read_requirements_summary(folder: Path) -> pd.DataFrame:
    return _requirements(folder, "IxC_Domestic_Summary.xlsx", "2024", "111CA")


def copy_requirements_summary(folder: Path) -> pd.DataFrame:
    return _copy_matrix(folder, "summary2024_bea_requirements_domestic")


def tidy_requirements(raw: pd.DataFrame) -> pd.DataFrame:
    """Return dollars of domestic output of the row industry per dollar of final use of the column commodity."""
    return _long(raw, "industry", "commodity", "requirement_usd_per_usd")


# --- use, 73 x 71, 2024 --------------------------------------------------------------------------------------


def read_use_summary(folder: Path) -> dict[str, bea.Sheet]:
    use = bea.rows_of(bea.member(folder / SUPPLY_USE.filename, "Use_Summary.xlsx"), "2024")
    imports = bea.rows_of(
        bea.member(folder / BEFORE.filename, "ImportMatrices_Before_Redefinitions_Summary.xlsx"), "2024"
    )
    return {"use": bea.parse_sheet(use, "T001", "use"), "import": bea.parse_sheet(imports, "T001", "imports")}


def copy_use_summary(folder: Path) -> dict[str, bea.Sheet]:
    place = folder / "models" / "bea_io"
    files = {"use": "BEA_use_summary_2024.xlsx", "import": "BEA_import_matrix_summary_2024.xlsx"}
    return {key: bea.parse_sheet(bea.rows_of(place / name, "Table"), "T001", name) for key, name in files.items()}


def tidy_use_summary(raw: dict[str, bea.Sheet]) -> pd.DataFrame:
    """Return the use table with its totals, final uses and value added, beside the use of imports, 2024."""
    use, imports = raw["use"].values, raw["import"].values
    long = _long(use, "row_code", "column_code", "use_musd").merge(
        _long(imports, "row_code", "column_code", "import_musd"), how="outer", on=["row_code", "column_code"]
    )
    for column, matrix in (("use_musd", use), ("import_musd", imports)):
        # zero where the table has the cell and prints nothing; missing where the table has no such row or column
        has = long["row_code"].isin(matrix.index) & long["column_code"].isin(matrix.columns)
        long[column] = long[column].mask(long[column].isna() & has, 0)
    return long


def tidy_sectors_summary(raw: dict[str, bea.Sheet]) -> pd.DataFrame:
    """Return the names of all row and column codes of the summary tables and what each is."""
    use, imports = raw["use"], raw["import"]
    names = imports.names | use.names
    codes = dict.fromkeys([*use.values.index, *use.values.columns, *imports.values.columns])
    commodities, industries = set(_commodities(use.values)), set(_industries(use.values))
    kinds = {code: _kind(code, code in commodities, code in industries) for code in codes}
    return pd.DataFrame({"code": list(codes), "name": [names[c] for c in codes], "kind": [kinds[c] for c in codes]})


def _kind(code: str, commodity: bool, industry: bool) -> str:
    if commodity or industry:
        return "commodity and industry" if commodity and industry else "commodity" if commodity else "industry"
    if code.startswith("F"):
        return "final use"
    return "value added" if code.startswith("V") and code not in ("VABAS", "VAPRO") else "total"


# --- consumer spending by commodity --------------------------------------------------------------------------

_BRIDGE = ["nipa_line", "pce_category", "commodity", "producers_value_musd", "purchasers_value_musd"]


def _bridge_sheet(path: Path, year: str) -> pd.DataFrame:
    """Read one year of a bridge workbook; transport and trade margins stand between the two values."""
    rows = bea.rows_of(path, year)
    at = next((i for i, row in enumerate(rows) if str(row[0]).strip().startswith("NIPA Line")), None)
    if at is None:
        raise RefreshError(f"{path.name}: sheet {year}: no header row that starts with 'NIPA Line'; layout changed?")
    body = [(row[0], row[1], row[2], row[4], row[8]) for row in rows[at + 1 :] if row[0] is not None and row[2]]
    return pd.DataFrame(body, columns=_BRIDGE).assign(year=int(year))


def read_bridge(folder: Path) -> pd.DataFrame:
    detail, summary = folder / BRIDGE_DETAIL.filename, folder / BRIDGE_SUMMARY.filename
    return pd.concat([_bridge_sheet(detail, "2017"), _bridge_sheet(summary, "2024")], ignore_index=True)


def copy_bridge(folder: Path) -> pd.DataFrame:
    place, parts = folder / "models" / "bea_io", []
    for name, year in (("detail2017_pce_bridge", 2017), ("summary2024_pce_bridge", 2024)):
        frame = pd.read_csv(place / f"{name}.csv", dtype={"bea_code": str}).drop(columns="commodity_description")
        parts.append(frame.set_axis(_BRIDGE, axis=1).assign(year=year))
    return pd.concat(parts, ignore_index=True)


def tidy_bridge(raw: pd.DataFrame) -> pd.DataFrame:
    """Return consumer spending by category and commodity, at producers' and at purchasers' prices."""
    values = raw[["producers_value_musd", "purchasers_value_musd"]].apply(pd.to_numeric).fillna(0).astype("int64")
    text = raw["commodity"].astype(str).str.strip(), raw["pce_category"].str.strip()
    return raw.assign(commodity=text[0], pce_category=text[1], **values)


# --- products to sectors -------------------------------------------------------------------------------------

# BEA's summary sectors that join several NAICS groups; every other goods sector is one three-digit group.
JOINED = {
    "111": "111CA", "112": "111CA", "113": "113FF", "114": "113FF", "115": "113FF", "311": "311FT", "312": "311FT",
    "313": "313TT", "314": "313TT", "315": "315AL", "316": "315AL", "3361": "3361MV", "3362": "3361MV",
    "3363": "3361MV", "3364": "3364OT", "3365": "3364OT", "3366": "3364OT", "3369": "3364OT",
}  # fmt: skip
SINGLE = {
    "211", "212", "321", "322", "323", "324", "325", "326", "327", "331", "332", "333", "334", "335", "337", "339",
}  # fmt: skip


def bea_summary_code(naics: str) -> str | None:
    """Return the BEA summary sector of a NAICS code of a good, or None (waste, used goods, special provisions)."""
    for prefix in (naics[:4], naics[:3]):
        if prefix in JOINED:
            return JOINED[prefix]
        if prefix in SINGLE:
            return prefix
    return None


def read_crosswalk(folder: Path) -> pd.DataFrame:
    frame = pd.read_excel(folder / CONCORDANCE.filename, dtype=str)
    frame.columns = [str(column).strip().lower() for column in frame.columns]
    expect_columns(frame, ["commodity", "naics"], CONCORDANCE.filename)
    codes = frame["commodity"].str.strip().str.zfill(10)
    return pd.DataFrame({"hs10": codes, "bea_code": frame["naics"].str.strip().map(bea_summary_code)})


def copy_crosswalk(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "models" / "bea_io" / "hs10_bea_crosswalk.csv", dtype=str)


def tidy_crosswalk(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the BEA summary sector of each ten-digit product that has one."""
    return raw.dropna(subset="bea_code").rename(columns={"bea_code": "summary_code"})


# --- product elasticities ------------------------------------------------------------------------------------


def read_protee(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / PROTEE.filename, dtype={"HS6": str})


def copy_protee(folder: Path) -> pd.DataFrame:
    return pd.read_csv(folder / "models" / "protee" / "ProTEE_0_1.csv", dtype={"HS6": str})


def tidy_protee(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the trade elasticity by product and how it came about.

    A product whose own estimate was not significant, or positive, carries the mean of its four-digit heading.
    """
    expect_columns(raw, ["HS6", "zero", "positive", "sigma"], PROTEE.filename)
    return pd.DataFrame(
        {
            "hs6": raw["HS6"].str.zfill(6),
            "trade_elasticity": raw["sigma"],
            "not_significant": raw["zero"].astype(int).astype(bool),
            "positive": raw["positive"].astype(int).astype(bool),
        }
    )


BEA_USE_DETAIL_2017 = Builder("bea_use_detail_2017", (AFTER,), read_use_detail, tidy_use_detail, copy_use_detail)
BEA_SECTORS_DETAIL_2017 = Builder(
    "bea_sectors_detail_2017", (AFTER,), read_sectors_detail, tidy_sectors_detail, copy_sectors_detail
)
BEA_REQUIREMENTS_DETAIL_2017 = Builder(
    "bea_requirements_detail_2017", (REQUIREMENTS,), read_requirements_detail, tidy_requirements,
    copy_requirements_detail,
)  # fmt: skip
BEA_REQUIREMENTS_SUMMARY_2024 = Builder(
    "bea_requirements_summary_2024", (REQUIREMENTS,), read_requirements_summary, tidy_requirements,
    copy_requirements_summary,
)  # fmt: skip
BEA_USE_SUMMARY_2024 = Builder(
    "bea_use_summary_2024", (SUPPLY_USE, BEFORE), read_use_summary, tidy_use_summary, copy_use_summary
)
BEA_SECTORS_SUMMARY_2024 = Builder(
    "bea_sectors_summary_2024", (SUPPLY_USE, BEFORE), read_use_summary, tidy_sectors_summary, copy_use_summary
)
PCE_BRIDGE = Builder("pce_bridge", (BRIDGE_DETAIL, BRIDGE_SUMMARY), read_bridge, tidy_bridge, copy_bridge)
HS10_BEA_CROSSWALK = Builder("hs10_bea_crosswalk", (CONCORDANCE,), read_crosswalk, tidy_crosswalk, copy_crosswalk)
PRODUCT_ELASTICITIES = Builder("product_elasticities", (PROTEE,), read_protee, tidy_protee, copy_protee)

BUILDERS = (
    BEA_USE_DETAIL_2017, BEA_SECTORS_DETAIL_2017, BEA_REQUIREMENTS_DETAIL_2017, BEA_USE_SUMMARY_2024,
    BEA_SECTORS_SUMMARY_2024, BEA_REQUIREMENTS_SUMMARY_2024, PCE_BRIDGE, HS10_BEA_CROSSWALK, PRODUCT_ELASTICITIES,
)  # fmt: skip
