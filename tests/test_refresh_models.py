"""The model tables: builders on workbooks of BEA's form, identities between the tables, values checked by hand."""

import io
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook import tables
from claimbook.refresh import bea, models
from claimbook.refresh.core import RefreshError

load = tables.load

# --- workbooks of the official form --------------------------------------------------------------------------

TITLES = [["Use of commodities by industries"], ["(Millions of dollars)"], ["Bureau of Economic Analysis"], [None]]
INDUSTRIES = ["1111A0", "331314", "T001", "F01000", "F04000", "F05000", "T004"]
USE = [
    ["1111A0", "Oilseed farming", 50, None, 50, 30, 7, -5, 32],
    ["S00300", "Noncomparable imports", "---", 4, 4, 1, "...", -5, -4],
    ["T005", "Total Intermediate", 50, 4, 54, 31, 7, -10, 28],
    ["V00100", "Compensation of employees", 20, 3, 23, None, None, None, None],
    ["T008", "Total industry output", 90, 10, 100, None, None, None, None],
]
IMPORTS = [
    ["1111A0", "Oilseed farming", 5, None, 5, 2, None, -7, -5],
    ["S00300", "Noncomparable imports", None, 4, 4, 1, None, -5, -4],
]
CODES = [
    ["Title"], [None], [None], [None], ["Sector", "Summary", "U.Summary", "Detail"],
    ["11", "AGRICULTURE"], [None, "111CA", "Farms"], [None, None, "111", "Farms"],
    [None, None, None, "1111A0", "Oilseed farming"], [None, "Other", "Noncomparable imports"],
    [None, None, None, "S00300", "Noncomparable imports"],
]  # fmt: skip


def workbook(sheets: dict[str, list[list]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def use_rows(body: list[list]) -> list[list]:
    names = ["Code", "Commodity Description", *(f"Name of {code}" for code in INDUSTRIES)]
    return [*TITLES, names, [None, None, *INDUSTRIES], *body]


def bundle(path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)


@pytest.fixture
def after(tmp_path):
    """Return a folder with the bundle of tables after redefinitions, cut to two sectors."""
    bundle(
        tmp_path / models.AFTER.filename,
        {
            "IOUse_After_Redefinitions_PRO_Detail.xlsx": workbook({"NAICS Codes": CODES, "2017": use_rows(USE)}),
            "ImportMatrices_After_Redefinitions_Detail.xlsx": workbook({"2017": use_rows(IMPORTS)}),
        },
    )
    return tmp_path


def test_use_is_split_into_domestic_and_imported(after):
    frame = models.tidy_use_detail(models.read_use_detail(after))
    assert frame.values.tolist() == [["1111A0", "1111A0", 45, 5], ["S00300", "331314", 0, 4]]


def test_sectors_carry_output_cost_spending_and_absorption_without_exports(after):
    frame = models.tidy_sectors_detail(models.read_sectors_detail(after)).set_index("code")
    assert frame.loc["1111A0", "output_musd"] == 90
    assert frame.loc["1111A0", "variable_cost_musd"] == 70
    assert frame.loc["1111A0", "pce_musd"] == 30
    assert frame.loc["1111A0", "import_absorption_musd"] == 5 + 2
    assert frame.loc["1111A0", "domestic_absorption_musd"] == 50 + 30 - 7
    assert frame.loc["S00300", ["is_commodity", "is_industry"]].tolist() == [True, False]
    assert frame.loc["331314", ["summary_code", "is_commodity"]].tolist() == ["331", False]
    assert frame.loc["1111A0", "summary_code"] == "111CA"


def test_an_industry_without_a_name_is_refused(after):
    raw = models.read_sectors_detail(after)
    raw["output"] = pd.Series({"1111A0": 1, "XXXXXX": 2})
    with pytest.raises(RefreshError, match="XXXXXX"):
        models.tidy_sectors_detail(raw)


def test_requirements_keep_industries_as_rows(tmp_path):
    rows = [["IxC"], [None], ["Bureau"], [None, None, "Oilseed", "Scrap"], ["Code", "Industry", "1111A0", "S00401"]]
    rows += [
        ["1111A0", "Oilseed farming", 1.25, 0.5],
        ["331314", "Smelting", None, 0.01],
        ["T010", "Total", 1.25, 0.51],
    ]
    bundle(tmp_path / models.REQUIREMENTS.filename, {"folder/IxC_Domestic_Detail.xlsx": workbook({"2017": rows})})
    frame = models.tidy_requirements(models.read_requirements_detail(tmp_path))
    assert list(frame.itertuples(index=False, name=None)) == [
        ("1111A0", "1111A0", 1.25), ("1111A0", "S00401", 0.5), ("331314", "S00401", 0.01),
    ]  # fmt: skip


def test_summary_tables_are_read_with_names_below_the_codes(tmp_path):
    head = [["Table"], ["2024"], ["BEA"], [""], [None]]
    use = [
        *head,
        ["", "Commodities", "111CA", "T001", "F010", "T019"],
        [None, "Name", "Farms", "Inputs", "Spending", "All"],
    ]
    use += [
        ["111CA", "Farms", 10, 10, 4, 14],
        ["T005", "Inputs", 10, 10, "---", None],
        ["VABAS", "Value added", 5, 5, None, None],
    ]
    imports = [
        *head,
        ["", "Commodity", "111CA", "T001", "F010", "F050"],
        [None, "Name", "Farms", "Inputs", "Spending", "Imports"],
    ]
    imports += [["111CA", "Farms", "---", 0, 1, -1]]
    bundle(tmp_path / models.SUPPLY_USE.filename, {"Use_Summary.xlsx": workbook({"2024": use})})
    bundle(
        tmp_path / models.BEFORE.filename,
        {"ImportMatrices_Before_Redefinitions_Summary.xlsx": workbook({"2024": imports})},
    )
    raw = models.read_use_summary(tmp_path)
    cells = models.tidy_use_summary(raw).set_index(["row_code", "column_code"])
    assert cells.loc[("111CA", "F010")].tolist() == [4, 1]
    assert cells.loc[("111CA", "111CA")].tolist() == [10, 0]  # printed empty: zero
    assert cells.loc[("T005", "T001")].isna().tolist() == [False, True]  # no such row among imports: missing
    assert cells.loc[("111CA", "F050")].isna().tolist() == [True, False]
    kinds = models.tidy_sectors_summary(raw).set_index("code")
    assert kinds.loc["111CA"].tolist() == ["Farms", "commodity and industry"]
    assert kinds.loc[["F010", "VABAS", "T005"], "kind"].tolist() == ["final use", "total", "total"]


def test_bridges_of_two_years_are_joined(tmp_path):
    head = [["PCE bridge"], [None], ["Millions"], [None]]
    names = [
        "NIPA Line",
        "PCE Category",
        "Commodity Code",
        "Description",
        "Producers' Value",
        "Transport",
        "Wholesale",
        "Retail",
        "Purchasers' Value",
        "Year",
    ]
    line = [7, " New autos ", 336111, "Automobiles", 14874, 10, 20, None, 51558, 2017]
    (tmp_path / "PCEBridge_Detail.xlsx").write_bytes(workbook({"2017": [*head, names, line]}))
    (tmp_path / "PCEBridge_Summary.xlsx").write_bytes(
        workbook({"2024": [*head, names, [5, "New autos", "3361MV", "Cars", 1, None, None, None, 2, 2024]]})
    )
    frame = models.tidy_bridge(models.read_bridge(tmp_path))
    assert frame["commodity"].tolist() == ["336111", "3361MV"]
    assert frame["pce_category"].tolist() == ["New autos", "New autos"]
    assert frame["purchasers_value_musd"].tolist() == [51558, 2]
    assert frame["year"].tolist() == [2017, 2024]


def test_concordance_gives_the_sector_of_goods_only(tmp_path):
    rows = [["commodity", "descriptn", "naics"], ["0101210010", "HORSES", "112920"], [8505110070, "MAGNETS", "332999"]]
    rows += [["8541490000", "CHIPS", "334413"], ["9801001090", "RETURNED", "980000"]]
    (tmp_path / models.CONCORDANCE.filename).write_bytes(workbook({"impconcord24": rows}))
    frame = models.tidy_crosswalk(models.read_crosswalk(tmp_path))
    assert dict(frame.itertuples(index=False, name=None)) == {
        "0101210010": "111CA", "8505110070": "332", "8541490000": "334",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("naics", "sector"),
    [("336111", "3361MV"), ("336411", "3364OT"), ("336991", "3364OT"), ("11211X", "111CA"), ("316210", "315AL"),
     ("212230", "212"), ("910000", None), ("", None)],
)  # fmt: skip
def test_sector_of_a_naics_code(naics, sector):
    assert models.bea_summary_code(naics) == sector


@given(st.text(alphabet="0123456789X", max_size=6))
def test_sector_is_one_of_the_goods_sectors_or_none(naics):
    assert models.bea_summary_code(naics) in {*models.JOINED.values(), *models.SINGLE, None}


def test_elasticities_keep_leading_zeros_and_missing_values(tmp_path):
    (tmp_path / "ProTEE_0_1.csv").write_text('"HS6","zero","positive","sigma"\n"010110",1,0,\n"010210",0,0,-12.11\n')
    frame = models.tidy_protee(models.read_protee(tmp_path))
    assert frame["hs6"].tolist() == ["010110", "010210"]
    assert frame["trade_elasticity"].isna().tolist() == [True, False]
    assert frame["not_significant"].tolist() == [True, False]


# --- files that must fail ------------------------------------------------------------------------------------


def test_a_year_that_is_not_in_the_workbook_is_refused(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(workbook({"2012": [["x"]]}))
    with pytest.raises(RefreshError, match="no sheet '2017'"):
        bea.rows_of(tmp_path / "a.xlsx", "2017")


def test_a_bundle_without_the_workbook_is_refused(tmp_path):
    bundle(tmp_path / "a.zip", {"Other.xlsx": b""})
    with pytest.raises(RefreshError, match=r"a\.zip: 0 files named Use_Summary\.xlsx.*Other\.xlsx"):
        bea.member(tmp_path / "a.zip", "Use_Summary.xlsx")


def test_a_sheet_without_its_code_row_is_refused():
    with pytest.raises(RefreshError, match="no code row with 'T001'"):
        bea.parse_sheet([("a", "b", "c"), ("d", "e", "f")], "T001", "use")


def test_a_bridge_without_its_header_is_refused(tmp_path):
    (tmp_path / "PCEBridge_Detail.xlsx").write_bytes(workbook({"2017": [["Line", "Category"]]}))
    with pytest.raises(RefreshError, match="NIPA Line"):
        models.read_bridge(tmp_path)


def test_elasticities_with_another_header_are_refused(tmp_path):
    (tmp_path / "ProTEE_0_1.csv").write_text("HS6,zero,positive,elasticity\n010110,1,0,\n")
    with pytest.raises(RefreshError, match="sigma"):
        models.tidy_protee(models.read_protee(tmp_path))


# --- 402 sectors: the tables fit one another -----------------------------------------------------------------


@pytest.fixture(scope="module")
def detail():
    """Return use of domestic and imported commodities (commodity x industry), requirements R and the sectors."""
    use, sectors = load("bea_use_detail_2017"), load("bea_sectors_detail_2017").set_index("code")
    commodities, industries = sectors.index[sectors["is_commodity"]], sectors.index[sectors["is_industry"]]
    matrices = [
        use.pivot(index="commodity", columns="industry", values=column).reindex(index=commodities, columns=industries)
        for column in ("domestic_musd", "import_musd")
    ]
    needed = load("bea_requirements_detail_2017").pivot(index="industry", columns="commodity").droplevel(0, axis=1)
    needed = needed.reindex(index=industries, columns=commodities)
    return [frame.fillna(0).astype(float) for frame in (*matrices, needed)], sectors


def test_shapes_are_402_by_402(detail):
    (domestic, imports, needed), sectors = detail
    assert domestic.shape == imports.shape == needed.shape == (402, 402)
    assert len(sectors) == 406


def test_requirements_and_use_imply_one_table_of_market_shares(detail):
    """R = D (I - B D)^-1 gives D = R (I + B R)^-1: shares of industries in commodities, which must be shares."""
    (domestic, _, needed), sectors = detail
    direct = (domestic / sectors["output_musd"].reindex(domestic.columns).astype(float)).to_numpy()
    shares = needed.to_numpy() @ np.linalg.inv(np.eye(402) + direct @ needed.to_numpy())
    assert shares.min() > -0.0005 and shares.max() < 1.0001
    produced = ~needed.columns.isin(["S00300", "S00402"])
    assert np.abs(shares[:, produced].sum(axis=0) - 1).max() < 0.005
    assert np.abs(shares[:, ~produced]).max() == 0


def test_transposing_the_requirements_would_be_noticed(detail):
    (domestic, _, needed), sectors = detail
    direct = (domestic / sectors["output_musd"].reindex(domestic.columns).astype(float)).to_numpy()
    turned = needed.to_numpy().T
    shares = turned @ np.linalg.inv(np.eye(402) + direct @ turned)
    assert np.abs(shares.sum(axis=0) - 1).max() > 0.1


def test_output_less_inputs_is_the_gross_domestic_product_of_2017(detail):
    (domestic, imports, _), sectors = detail
    added = sectors["output_musd"].sum() - domestic.to_numpy().sum() - imports.to_numpy().sum()
    assert added == 19_612_612  # million dollars; 19.6 trillion


def test_consumer_spending_by_commodity_and_by_category_agree(detail):
    _, sectors = detail
    bridge = load("pce_bridge")
    bridge = bridge[bridge["year"] == 2017]
    assert sectors["pce_musd"].sum() == 13_290_633
    assert bridge["purchasers_value_musd"].sum() == 13_290_621
    goods = bridge[~bridge["commodity"].str.startswith(("4", "S"))].groupby("commodity")["producers_value_musd"].sum()
    gap = (goods - sectors["pce_musd"].reindex(goods.index)).abs()
    assert gap.max() <= 5  # rounding: producers' prices on both sides


def test_absorption_holds_the_use_of_industries_and_of_consumers(detail):
    (domestic, imports, _), sectors = detail
    goods = [code for code in domestic.index if code[0] in "123"]
    absorbed = sectors["domestic_absorption_musd"] + sectors["import_absorption_musd"]
    used = domestic.sum(axis=1) + imports.sum(axis=1) + sectors["pce_musd"].reindex(domestic.index)
    inside = (used.reindex(goods) <= absorbed.reindex(goods) + 3000).mean()  # falling stocks are negative uses
    assert inside > 0.97


# --- 73 commodities, 2024 ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def summary():
    return load("bea_use_summary_2024").pivot(index="row_code", columns="column_code"), load("bea_sectors_summary_2024")


def test_totals_of_the_use_table_are_sums(summary):
    cells, sectors = summary
    kind = sectors.set_index("code")["kind"]
    use = cells["use_musd"].astype(float).reindex(index=kind.index, columns=kind.index).fillna(0)
    commodities = kind.index[kind.isin(["commodity", "commodity and industry"])]
    industries = kind.index[kind.isin(["industry", "commodity and industry"])]
    final = [code for code in kind.index[kind == "final use"] if code != "F050"]
    assert (len(commodities), len(industries)) == (73, 71)
    assert (use.loc[commodities, industries].sum() - use.loc["T005", industries]).abs().max() <= 40  # rounding of 73
    whole = use.loc[commodities, [*industries, *final]].sum(axis=1)
    assert (whole - use.loc[commodities, "T019"]).abs().max() <= 40
    assert (use.loc["T005", industries] + use.loc["VABAS", industries] - use.loc["T018", industries]).abs().max() <= 1
    assert use.loc["VAPRO", industries].sum() == pytest.approx(29_298_013, abs=50)  # gross domestic product of 2024


def test_imports_are_what_users_take(summary):
    cells, _ = summary
    imports = cells["import_musd"].fillna(0).astype(float)
    users = imports.drop(columns=["T001", "T004", "F050"])
    assert (users.sum(axis=1) + imports["F050"]).abs().max() <= 40


def test_a_row_checked_by_hand(summary):
    cells, _ = summary
    farms = cells["use_musd"].loc["111CA"]
    assert farms[["T001", "F010", "F040", "T019"]].tolist() == [565_889, 247_082, 70_632, 883_884]


def test_margins_are_inside_the_goods_of_2024(summary):
    """The use table of 2024 is at purchasers' prices, that of 2017 at producers': retail tells them apart."""
    cells, _ = summary
    assert ("441", "F010") not in cells["use_musd"].stack().dropna().index
    assert load("bea_sectors_detail_2017").set_index("code").loc["441000", "pce_musd"] == 254_196


def test_domestic_requirements_of_2024_exceed_one_on_the_diagonal():
    needed = load("bea_requirements_summary_2024").pivot(index="industry", columns="commodity").droplevel(0, axis=1)
    assert needed.shape == (71, 73)
    assert needed.loc["334", "334"] > 0.9
    assert (needed.sum() > 0.9).all()


# --- crosswalks and elasticities -----------------------------------------------------------------------------


def test_crosswalks_lead_to_known_sectors():
    known = set(load("bea_sectors_summary_2024")["code"])
    assert set(load("hs10_bea_crosswalk")["summary_code"]) <= known
    assert set(load("bea_sectors_detail_2017")["summary_code"]) <= known


def test_rare_earths_and_magnets_lie_in_the_sectors_that_make_them():
    sector = load("hs10_bea_crosswalk").set_index("hs10")["summary_code"]
    assert set(sector[sector.index.str.startswith("2846")]) == {"325"}
    assert set(sector[sector.index.str.startswith("850511")]) <= {"332", "335"}


def test_crosswalk_and_its_eight_digit_headings_cover_all_but_special_provisions():
    imports = load("us_imports_2024").groupby("hs10")["value_usd"].sum().astype(float)
    sector = load("hs10_bea_crosswalk").set_index("hs10")["summary_code"]
    missing = imports[~imports.index.isin(sector.index)]
    assert missing.sum() / imports.sum() == pytest.approx(0.072, abs=0.002)
    missing = missing[~missing.index.str[:8].isin(set(sector.index.str[:8]))]
    assert missing.sum() / imports.sum() == pytest.approx(0.044, abs=0.002)
    assert missing[missing.index.str[:2].isin(["98", "99"])].sum() / missing.sum() > 0.85


def test_elasticities_as_their_makers_describe_the_file():
    frame = load("product_elasticities").set_index("hs6")
    value = frame["trade_elasticity"]
    assert (len(frame), value.notna().sum()) == (5050, 4566)
    assert (value.median(), value.mean()) == (pytest.approx(-7.89, abs=0.005), pytest.approx(-10.93, abs=0.005))
    assert value[["284610", "284690", "850511"]].round(1).tolist() == [-20.9, -17.4, -6.3]
    assert pd.isna(value["280530"])
    assert not (frame["not_significant"] & frame["positive"]).any()


# --- hand-compiled -------------------------------------------------------------------------------------------


def test_gsim_case_has_the_answer_it_says():
    """Francois and Hall: excess demand is linear in the changes of world prices."""
    flows = load("gsim_case_flows").set_index(["exporter", "importer"])
    regions = load("gsim_case_regions").set_index("region")
    order = ["US", "JP", "EU", "RW"]
    trade, before, after = (
        flows[c].unstack().loc[order, order].to_numpy()
        for c in ("trade_value", "tariff_power_before", "tariff_power_after")
    )
    demand, supply, swap = (regions.loc[order, c].to_numpy() for c in regions.columns[:3])
    spent = trade * before
    theta, phi = spent / spent.sum(axis=0), trade / trade.sum(axis=1, keepdims=True)
    shock = after / before - 1
    system, right = np.diag(supply.astype(float)), np.zeros(4)
    for r in range(4):
        for v in range(4):
            for s in range(4):
                response = theta[s, v] * (demand[v] + swap[v]) - (swap[v] if s == r else 0)
                system[r, s] -= phi[r, v] * response
                right[r] += phi[r, v] * response * shock[s, v]
    answer = np.linalg.solve(system, right)
    assert answer.round(4).tolist() == regions.loc[order, "expected_price_change"].tolist()


def test_budget_lab_rule_gives_its_october_figures():
    value = load("model_parameters").set_index("parameter_id")["value"]
    per_point = value["bl-goods-share"] * value["bl-import-share"]
    per_point *= 1 + value["bl-passthrough"] - value["bl-usd-offset"]
    assert per_point == pytest.approx(value["bl-price-per-point"], abs=1e-5)
    published = load("published_benchmarks").set_index("benchmark_id")["value"]
    for benchmark, rate in (("tbl-oct17-price", "bl-rate-2025-10-17"), ("tbl-oct30-price", "bl-rate-2025-10-30")):
        effect = per_point * (value[rate] - value["bl-rate-start"])
        assert effect == pytest.approx(published[benchmark], abs=0.05)


def test_benchmarks_say_why_they_cannot_be_met():
    frame = load("published_benchmarks")
    assert frame.loc[frame["held"] != "yes", "reason"].notna().all()
    ranged = frame.dropna(subset=["value_low", "value_high"])
    assert (ranged["value_low"] <= ranged["value_high"]).all()
    assert frame.loc[frame["source"].notna(), "value"].notna().sum() + len(ranged) >= 25


def test_usgs_sum_over_rare_earths_is_the_benchmark():
    rare = ["Lanthanum", "Cerium", "Praseodymium", "Neodymium", "Samarium", "Europium", "Gadolinium", "Terbium",
            "Dysprosium", "Holmium", "Erbium", "Thulium", "Ytterbium", "Lutetium", "Yttrium"]  # fmt: skip
    frame = load("usgs_disruption_estimates")
    of_2025 = frame[frame["report"] == "USGS OFR 2025-1047"].set_index("commodity")["gdp_decrease_musd"]
    assert of_2025[rare].sum() == 12_414
    assert of_2025["Samarium"] == 4_498


def test_quotas_of_halves_add_to_the_year_where_the_sources_agree():
    frame = load("rare_earth_crisis_2010")
    quota = frame[(frame["series"] == "export_quota") & frame["qualifier"].isna()]
    start, end = quota["period_start"], quota["period_end"]
    whole = (start.dt.month == 1) & (end.dt.month == 12)
    year = quota[whole].groupby(start[whole].dt.year)["value"].sum()
    halves = quota[~whole].groupby(start[~whole].dt.year)["value"].sum()
    for each in (2009, 2010, 2011, 2014):
        assert halves[each] == year[each]


def test_conflicting_readings_are_kept_side_by_side():
    frame = load("rare_earth_crisis_2010")
    for other in frame[frame["qualifier"] == "other_reading"].itertuples():
        same = (frame["series"] == other.series) & (frame["period_start"] == other.period_start)
        first = frame[same & (frame["period_end"] == other.period_end) & frame["qualifier"].isna()]
        assert len(first) == 1 and first["value"].iloc[0] != other.value


def test_forecasts_known_on_the_day_are_few():
    frame = load("forecast_readings", known_by="2025-10-25")
    assert frame.loc[frame["quality"] == "good", "reading_id"].tolist() == [
        "kalshi-meet-2025", "manifold-taiwan-2027-oct16", "manifold-taiwan-2030-oct16", "myriad-visit-china-2025",
        "poly-visit-china-2025",
    ]  # fmt: skip
    assert (frame["read_on"] <= frame["resolves_by"]).all()
