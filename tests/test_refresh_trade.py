"""The trade builders: official forms read, tidied like the copies; totals and single values checked by hand."""

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claimbook import tables
from claimbook.refresh import census, comtrade, trade, trade_codes, trade_comtrade, trade_exports, trade_imports
from claimbook.refresh.core import RefreshError, correct

ANSWERS = Path(__file__).parent / "answers" / "trade"


def answer(name: str) -> list:
    return json.loads((ANSWERS / name).read_text(encoding="utf-8"))


def write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


# --- official forms ------------------------------------------------------------------------------------------


def test_api_address_names_variables_and_conditions():
    url = census.api_url("imports/hs", ["CON_VAL_YR", "CAL_DUT_YR"], CTY_CODE="5700", time="from 2013-01 to 2013-12")
    assert url == (
        "https://api.census.gov/data/timeseries/intltrade/imports/hs"
        "?get=CON_VAL_YR,CAL_DUT_YR&CTY_CODE=5700&time=from+2013-01+to+2013-12"
    )


def test_key_goes_to_the_census_api_only(monkeypatch):
    url = census.api_url("imports/hs", ["CON_VAL_YR"], time="2024-12")
    monkeypatch.delenv("CENSUS_API_KEY", raising=False)
    assert census.with_key(url) == url
    monkeypatch.setenv("CENSUS_API_KEY", "a&b")
    assert census.with_key(url) == url + "&key=a%26b"
    assert census.with_key(census.COUNTRY_WORKBOOK) == census.COUNTRY_WORKBOOK


def test_api_answer_keeps_leading_zeros_and_wanted_columns():
    frame = census.read_api(ANSWERS / "imports_hs10_2024_5700.json", ["I_COMMODITY", "CON_VAL_YR"])
    assert frame["I_COMMODITY"].tolist() == ["0106199120", "0106199195", "9612109090"]
    assert list(frame.columns) == ["I_COMMODITY", "CON_VAL_YR"]


def test_variable_that_is_also_a_condition_stands_twice(tmp_path):
    write(tmp_path / "a.json", [["CTY_CODE", "CON_VAL_MO", "CTY_CODE"], ["5700", "1", "5700"]])
    assert census.read_api(tmp_path / "a.json", ["CTY_CODE", "CON_VAL_MO"]).values.tolist() == [["5700", "1"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<html>Missing Key</html>", "get one at https://api.census.gov/data/key_signup.html"),
        ("[]", "not the Census API's array of arrays"),
        ('{"error": "unknown variable"}', "not the Census API's array of arrays"),
        ('[["A", "B"], ["1"]]', "not the Census API's array of arrays"),
        ('[["A", "B"], ["1", "2"]]', "no column 'CON_VAL_YR'; columns are ['A', 'B']"),
    ],
)
def test_what_is_no_api_answer_is_refused(tmp_path, content, message):
    (tmp_path / "imports.json").write_text(content, encoding="utf-8")
    with pytest.raises(RefreshError, match="imports.json") as refused:
        census.read_api(tmp_path / "imports.json", ["CON_VAL_YR"])
    assert message in str(refused.value)


def workbook(path: Path, rows: list[dict]) -> None:
    columns = ["year", "CTY_CODE", "CTYNAME"]
    columns += [f"{flow}{month}" for flow in "IE" for month in (*census.MONTHS, "YR")]
    pd.DataFrame(rows, columns=columns).fillna(0).to_excel(path, index=False)


def year_of(year: int, code: str, imports: float, exports: float, months: int = 12) -> dict:
    cells = {f"I{month}": imports for month in census.MONTHS[:months]}
    return {"year": year, "CTY_CODE": code, **cells, **{f"E{month}": exports for month in census.MONTHS[:months]}}


def test_workbook_gives_months_and_leaves_out_those_to_come(tmp_path):
    workbook(tmp_path / "country.xlsx", [year_of(2024, "5700", 30, 12), year_of(2025, "5700", 20, 8, months=3),
                                         year_of(2024, "0015", 999, 999)])  # fmt: skip
    frame = census.country_months(tmp_path / "country.xlsx", census.CHINA)
    assert len(frame) == 15
    assert frame["month"].max() == pd.Timestamp(2025, 3, 1)
    assert frame["imports_musd"].sum() == 12 * 30 + 3 * 20


def test_workbook_gives_the_yearly_table_without_readings(tmp_path):
    workbook(tmp_path / "country.xlsx", [year_of(2023, "5700", 35, 12), year_of(2024, "5700", 20, 8, months=3)])
    frame = trade_exports.US_CHINA_GOODS_TRADE.tidy(trade_exports.US_CHINA_GOODS_TRADE.read(tmp_path))
    assert frame["year"].tolist() == [2023]  # an incomplete year is no year
    assert frame[["exports_musd", "imports_musd", "balance_musd"]].values.tolist() == [[144, 420, -276]]
    assert frame["exports_basis"].tolist() == ["sum of months"]


def test_workbook_without_the_partner_is_refused(tmp_path):
    workbook(tmp_path / "country.xlsx", [year_of(2024, "5880", 30, 12)])
    with pytest.raises(RefreshError, match="no row with CTY_CODE 5700"):
        census.country_months(tmp_path / "country.xlsx", census.CHINA)


def test_workbook_with_another_header_is_refused(tmp_path):
    pd.DataFrame({"Year": [2024]}).to_excel(tmp_path / "country.xlsx", index=False)
    with pytest.raises(RefreshError, match="country.xlsx"):
        census.country_months(tmp_path / "country.xlsx", census.CHINA)


def test_preview_cut_at_its_limit_is_refused(tmp_path):
    records = answer("soybean_exports_to_china.json")["data"] * comtrade.LIMIT
    write(tmp_path / "cut.json", {"data": records[: comtrade.LIMIT]})
    with pytest.raises(RefreshError, match="cut.json: 500 records"):
        comtrade.read_preview([tmp_path / "cut.json"])


@pytest.mark.parametrize("content", ["<html>", "[]", '{"message": "Access denied"}'])
def test_what_is_no_comtrade_answer_is_refused(tmp_path, content):
    (tmp_path / "a.json").write_text(content, encoding="utf-8")
    with pytest.raises(RefreshError, match="a.json: not an answer of UN Comtrade"):
        comtrade.read_preview([tmp_path / "a.json"])


# --- official form -> tidy -----------------------------------------------------------------------------------


def test_imports_2024_from_fifty_answers(tmp_path):
    header, *rows = answer("imports_hs10_2024_0003.json")
    for code in trade_imports.PARTNERS_2024:
        write(tmp_path / f"imports_hs10_2024_{code}.json", [header, *rows])
    shutil.copy(ANSWERS / "imports_hs10_2024_5700.json", tmp_path)
    frame = trade_imports.US_IMPORTS_2024.tidy(trade_imports.US_IMPORTS_2024.read(tmp_path))
    china = frame[frame["iso3"] == "CHN"].set_index("hs10")
    assert china.loc["0106199120", ["value_usd", "calculated_duty_usd"]].tolist() == [17300, 1299]
    union = frame[frame["country"] == "European Union"]
    assert union["iso3"].isna().all()
    table = tables.load("us_imports_2024")
    known = table[(table["country"] == "China") & (table["hs10"] == "0106199120")]
    assert known[["value_usd", "calculated_duty_usd"]].values.tolist() == [[17300, 1299]]


def test_duties_keep_the_chosen_partners_and_name_them(tmp_path):
    header, *rows = answer("imports_by_partner_2013.json")
    for year in trade_imports.YEARS:
        write(tmp_path / f"imports_by_partner_{year}.json", [header, *([] if year > 2013 else rows)])
    frame = trade_imports.US_DUTIES_BY_PARTNER_MONTH.tidy(trade_imports.US_DUTIES_BY_PARTNER_MONTH.read(tmp_path))
    assert frame["country"].tolist() == ["Australia", "World"]  # not USMCA, not South Africa
    table = tables.load("us_duties_by_partner_month").iloc[0]
    assert frame.iloc[0].tolist() == table.tolist() == ["Australia", "AUS", pd.Timestamp(2013, 1, 1), 821051371,
                                                        2920705, 2920705 / 821051371]  # fmt: skip


def test_industries_leave_out_the_row_of_all_products(tmp_path):
    for code in ("-", "5700"):
        shutil.copy(ANSWERS / "imports_naics3_5700.json", tmp_path / f"imports_naics3_{code}.json")
    raw = trade_imports.US_IMPORTS_BY_INDUSTRY_MONTH.read(tmp_path).drop_duplicates()
    frame = trade_imports.tidy_naics(raw)
    assert frame[["naics3", "industry", "imports_usd"]].values.tolist() == [["111", "Agricultural products", 73696758]]


def test_phase_one_groups_sums_and_zeros(tmp_path):
    header, *rows = answer("exports_to_china_hs6_2013.json")
    for year in range(2013, 2022):
        write(tmp_path / f"exports_to_china_hs6_{year}.json", [header, *(rows if year == 2013 else [])])
    frame = trade_exports.PHASE_ONE_EXPORTS.tidy(trade_exports.PHASE_ONE_EXPORTS.read(tmp_path))
    january = frame[frame["month"] == "2013-01-01"].set_index("subgroup")["exports_usd"]
    assert january["Oilseeds"] == 1826844965
    assert january["Civil aircraft"] == 629547400
    assert january["Not covered"] == 1200
    assert january["Crude oil"] == 0  # no line in January: nothing was exported


def test_product_outside_the_map_is_refused():
    raw = pd.DataFrame({"hs6": ["123456"], "month": ["2013-01"], "exports_usd": [1]})
    empty = pd.DataFrame({"hs6": ["120190"], "group": ["Agriculture"], "subgroup": ["Oilseeds"]})
    with pytest.raises(RefreshError, match="HS6 123456 is not in phase_one_product_map.csv"):
        trade_exports.tidy_phase_one(raw, empty)


def test_product_map_cannot_be_refreshed(tmp_path):
    with pytest.raises(RefreshError, match="cannot be refreshed"):
        trade_exports.PHASE_ONE_PRODUCT_MAP.read(tmp_path)


def test_rare_earth_exports_by_product_and_together(tmp_path):
    for year in range(2017, 2025):
        write(tmp_path / f"china_rare_earth_exports_{year}.json", {"data": []})
    shutil.copy(ANSWERS / "china_rare_earth_exports.json", tmp_path / "china_rare_earth_exports_2018.json")
    builder = trade_comtrade.CHINA_RARE_EARTH_EXPORTS
    frame = builder.tidy(builder.read(tmp_path)).set_index(["product", "country", "month"])
    together = "metals, compounds and magnets"
    assert frame.loc[(together, "World", "2018-01-01"), "value_usd"] == 9000000 + 30000000 + 154012095
    assert frame.loc[(together, "World", "2018-01-01"), "quantity_t"] == 500 + 8000 + 2963.34
    assert frame.loc[(together, "United States", "2018-01-01"), "value_usd"] == 21737665
    assert pd.isna(frame.loc[(together, "World", "2017-01-01"), "quantity_t"])


def test_soybeans_from_comtrade_are_exact(tmp_path):
    for year in range(2012, 2025):
        write(tmp_path / f"soybean_exports_to_china_{year}.json", {"data": []})
    shutil.copy(ANSWERS / "soybean_exports_to_china.json", tmp_path / "soybean_exports_to_china_2013.json")
    builder = trade_comtrade.SOYBEAN_EXPORTS_TO_CHINA
    frame = builder.tidy(builder.read(tmp_path)).set_index(["country", "quarter_start"])
    first = frame.loc[("United States", "2013-01-01")]
    assert (first["value_usd"], first["months"]) == (1826844965 + 1501257969, 2)
    assert frame["qualifier"].isna().all()


def test_chapters_from_comtrade(tmp_path):
    shutil.copy(ANSWERS / "us_imports_from_china_by_chapter.json", tmp_path)
    builder = trade_comtrade.US_IMPORTS_FROM_CHINA_2025
    frame = builder.tidy(builder.read(tmp_path))
    assert frame.values.tolist() == [["95", 33000, 22000, -0.333333]]


def test_hs_codes_drop_the_total(tmp_path):
    shutil.copy(ANSWERS / "harmonized-system.csv", tmp_path)
    frame = trade_codes.HS_CODES.tidy(trade_codes.HS_CODES.read(tmp_path))
    assert frame["hs"].tolist() == ["28", "2805", "280530"]
    assert frame["parent"].tolist()[1:] == ["28", "2805"]
    assert frame["parent"].isna().tolist() == [True, False, False]


def archive(path: Path, member: str) -> None:
    with zipfile.ZipFile(path, "w") as made:
        made.write(ANSWERS / "country_codes_V202601.csv", member)


def test_baci_codes_from_the_archive(tmp_path):
    archive(tmp_path / "BACI_HS17_V202601.zip", "country_codes_V202601.csv")
    frame = trade_codes.BACI_COUNTRY_CODES.tidy(trade_codes.BACI_COUNTRY_CODES.read(tmp_path)).set_index("code")
    assert frame.loc[156, "iso3"] == "CHN"
    assert frame.loc[516, "cepii_alpha2"] == "NA"  # Namibia, not a missing value
    assert pd.isna(frame.loc[280, "iso3"])  # West Germany is no country of today
    assert frame.loc[280, "former"]
    assert (frame.loc[490, "cepii_alpha3"], pd.isna(frame.loc[490, "iso3"])) == ("S19", True)


def test_baci_archive_of_another_layout_is_refused(tmp_path):
    archive(tmp_path / "BACI_HS17_V202601.zip", "countries.csv")
    with pytest.raises(RefreshError, match="no country_codes_V202601.csv inside"):
        trade_codes.BACI_COUNTRY_CODES.read(tmp_path)


# --- corrections ---------------------------------------------------------------------------------------------


def union_and_member(member_usd: int) -> pd.DataFrame:
    return pd.DataFrame({"partner": ["EUROPEAN UNION", "SLOVAKIA"], "hs10": ["8703230190"] * 2,
                         "imports_usd": [100, member_usd]})  # fmt: skip


def test_member_inside_the_union_passes_and_outside_is_refused():
    trade_imports._check_inside(union_and_member(100), "SLOVAKIA", "EUROPEAN UNION")
    with pytest.raises(RefreshError, match="hs10 8703230190: SLOVAKIA 101 exceeds EUROPEAN UNION 100"):
        trade_imports._check_inside(union_and_member(101), "SLOVAKIA", "EUROPEAN UNION")


def test_slovakia_is_left_out_once_and_its_absence_is_noticed():
    frame = pd.DataFrame({"census_code": ["4359"] * 2468 + ["5700"], "partner": ["SLOVAKIA"] * 2468 + ["CHINA"]})
    mended = correct(frame, "us_imports_2024")
    assert mended["partner"].tolist() == ["CHINA"]
    with pytest.raises(RefreshError, match="us-imports-2024-slovakia-twice"):
        correct(mended, "us_imports_2024")


def test_lost_zero_of_brazil_is_mended_only_while_it_is_there():
    frame = pd.DataFrame({"month": ["2017-11"], "exporter": ["Brazil"], "value_kusd": [69413.0]})
    assert correct(frame, "soybean_exports_to_china")["value_kusd"].tolist() == [694130]
    with pytest.raises(RefreshError, match="soybeans-brazil-2017-11-lost-zero"):
        correct(frame.assign(value_kusd=694130.0), "soybean_exports_to_china")


@given(st.integers(0, 9_999_999))
def test_bounds_hold_the_figure_before_it_lost_a_zero(thousands):
    assume(thousands % 100 or thousands < 1000)  # two lost zeros are left aside
    loses = 1000 <= thousands <= 999_999 and thousands % 10 == 0
    printed = thousands // 10 if loses else thousands
    bounds = trade_comtrade.with_lost_digits(pd.DataFrame({"value_kusd": [printed]})).iloc[0]
    assert bounds["low_usd"] <= thousands * 1000 <= bounds["high_usd"]
    if printed >= 100_000:
        assert bounds["low_usd"] == bounds["high_usd"]


# --- the tables: totals and single values --------------------------------------------------------------------


def test_imports_from_china_2024_equal_the_census_total_of_the_same_measure():
    imports = tables.load("us_imports_2024")
    duties = tables.load("us_duties_by_partner_month")
    china = imports[imports["iso3"] == "CHN"]
    year = duties[(duties["iso3"] == "CHN") & (duties["month"].dt.year == 2024)]
    assert china["value_usd"].sum() == year["imports_usd"].sum() == 429_425_828_419
    assert china["calculated_duty_usd"].sum() == year["calculated_duty_usd"].sum() == 46_661_215_871


def test_partners_of_2024_fall_short_of_the_world_by_less_than_two_percent():
    imports = tables.load("us_imports_2024")
    duties = tables.load("us_duties_by_partner_month")
    world = duties[(duties["country"] == "World") & (duties["month"].dt.year == 2024)]["imports_usd"].sum()
    assert imports["country"].nunique() == 50
    assert "SVK" not in set(imports["iso3"].dropna())
    assert 0.98 < imports["value_usd"].sum() / world < 1


def test_general_imports_and_balance_of_2024_meet_the_published_release():
    row = tables.load("us_china_goods_trade").set_index("year").loc[2024]
    assert row["balance_musd"] == pytest.approx(-295_400, rel=0.005)  # BEA and Census, 5 February 2025
    assert row["imports_musd"] == pytest.approx(438_742.0, abs=0.1)
    assert row["exports_musd"] == pytest.approx(143_226.6, abs=0.1)


def test_first_year_of_the_series():
    row = tables.load("us_china_goods_trade").set_index("year").loc[1985]
    assert (row["exports_musd"], row["imports_musd"], row["balance_musd"]) == (3855.7, 3861.7, -6.0)


def test_months_sum_to_the_year():
    months = tables.load("us_china_goods_trade_month")
    years = tables.load("us_china_goods_trade")
    summed = years[years["exports_basis"] == "sum of months"].set_index("year")
    by_year = months.groupby(months["month"].dt.year)[["exports_musd", "imports_musd"]].sum()
    gap = (by_year.loc[summed.index] - summed[["exports_musd", "imports_musd"]]).abs().max().max()
    assert gap < 0.001
    assert set(years["year"]) - set(summed.index) == {2020, 2021, 2022, 2023, 2025}


def test_realised_rate_of_october_2025():
    duties = tables.load("us_duties_by_partner_month")
    row = duties[(duties["iso3"] == "CHN") & (duties["month"] == "2025-10-01")].iloc[0]
    assert (row["imports_usd"], row["calculated_duty_usd"]) == (23_411_302_991, 8_828_319_429)
    assert row["realised_rate"] == pytest.approx(0.3771, abs=5e-5)


def test_industries_sum_to_all_products():
    industries = tables.load("us_imports_by_industry_month")
    duties = tables.load("us_duties_by_partner_month").set_index(["country", "month"])
    summed = industries.groupby(["country", "month"])[["imports_usd", "calculated_duty_usd"]].sum()
    assert (summed == duties.loc[summed.index, summed.columns]).all().all()


def test_phase_one_bases_of_2017():
    exports = tables.load("phase_one_exports")
    base = exports[exports["month"].dt.year == 2017].groupby("group")["exports_usd"].sum()
    assert base["Agriculture"] == 20_969_792_856
    assert base["Energy"] == 7_649_222_398
    assert base["Manufactures"] == 50_151_478_524
    assert base["Civil aircraft"] + base["Not covered"] == 50_264_673_647
    assert base["Civil aircraft"] == 16_264_445_831


def test_phase_one_months_are_whole():
    exports = tables.load("phase_one_exports")
    assert exports.groupby("subgroup")["month"].nunique().unique().tolist() == [97]


def test_rare_earth_products_sum_to_the_total_every_month():
    exports = tables.load("china_rare_earth_exports")
    world = exports[exports["country"] == "World"].pivot(index="month", columns="product", values="value_usd")
    total = world.pop("metals, compounds and magnets")
    assert (world.sum(axis=1) == total).all()
    assert (len(total), total.loc["2017-01-01"]) == (96, 155_772_935)


def test_magnets_reported_by_month_sum_to_the_year():
    reported = tables.load("china_rare_earth_exports_reported")
    magnets = reported[(reported["product"] == "rare-earth magnets") & (reported["country"] == "World")]
    months = magnets[(magnets["months"] == 1) & (magnets["period_start"].dt.year == 2025)]
    monthly = months.drop_duplicates("period_start")["quantity_t"]
    year = magnets[(magnets["months"] == 12) & (magnets["period_start"].dt.year == 2025)]["quantity_t"]
    assert len(monthly) == 12
    assert monthly.sum() == pytest.approx(year.item(), rel=0.001)


def test_nothing_later_is_known_by_publication_day():
    reported = tables.load("china_rare_earth_exports_reported", known_by="2025-10-25")
    assert reported["period_end"].max() == pd.Timestamp(2025, 9, 30)
    assert (reported["published"] <= "2025-10-25").all()


def test_us_soybeans_of_2017_meet_the_census_total():
    quarters = tables.load("soybean_exports_to_china")
    reported = tables.load("soybeans_reported")
    summed = quarters[(quarters["iso3"] == "USA") & (quarters["quarter_start"].dt.year == 2017)]["value_usd"].sum()
    census_year = reported[(reported["unit"] == "US dollars") & (reported["period_start"].dt.year == 2017)]["value"]
    assert summed == census_year.item() == 12_224_802_399


@pytest.mark.parametrize("year", [2021, 2023])
def test_soybean_bounds_hold_the_census_total(year):
    quarters = tables.load("soybean_exports_to_china")
    bounds = quarters[(quarters["iso3"] == "USA") & (quarters["quarter_start"].dt.year == year)]
    reported = tables.load("soybeans_reported")
    total = reported[(reported["unit"] == "US dollars") & (reported["period_start"].dt.year == year)]["value"].item()
    assert bounds["value_low_usd"].sum() <= total * 1.001
    assert total <= bounds["value_high_usd"].sum() * 1.001


def test_soybean_value_is_given_exactly_when_the_bounds_agree():
    quarters = tables.load("soybean_exports_to_china")
    agree = quarters["value_low_usd"] == quarters["value_high_usd"]
    assert (quarters["value_usd"].notna() == agree).all()
    assert (quarters["qualifier"].isna() == agree).all()
    assert (quarters["value_low_usd"] <= quarters["value_high_usd"]).all()


def test_2025_against_the_base_by_chapter():
    chapters = tables.load("us_imports_from_china_2025")
    assert chapters["mean_2022_24_musd"].sum() == pytest.approx(495_125.9, abs=0.1)
    assert chapters["imports_2025_musd"].sum() == pytest.approx(327_062.6, abs=0.1)


def test_every_imported_line_has_a_description():
    described = set(tables.load("hs10_descriptions")["hs10"])
    assert set(tables.load("us_imports_2024")["hs10"]) <= described


def test_headings_of_rare_earths_and_magnets():
    codes = tables.load("hs_codes").set_index("hs")
    assert "rare" in codes.loc["280530", "description"].lower()
    assert "magnets" in codes.loc["850511", "description"].lower()
    parents = codes["parent"].dropna()
    assert set(parents) <= set(codes.index)
    assert all(code.startswith(parent) for code, parent in parents.items())


def test_every_builder_has_a_record_and_an_official_address():
    for builder in trade.BUILDERS:
        entry = tables.record(builder.table)
        assert entry["builder"] == f"claimbook.refresh.trade:{builder.table.upper()}"
        assert getattr(trade, builder.table.upper()) is builder
        names = [download.filename for download in builder.downloads]
        assert len(set(names)) == len(names)
        assert all(download.url.startswith("https://") for download in builder.downloads)
