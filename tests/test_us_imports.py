"""US imports by product: totals kept, names of products that exist, counts as counted the long way."""

import pandas as pd
import pytest

from claimbook import tables, us_imports
from claimbook.dependency import sole_suppliers


@pytest.fixture(scope="module")
def products() -> pd.DataFrame:
    return us_imports.profile()


def test_flows_keep_the_total_of_goods():
    table, six, ten = tables.load("us_imports_2024"), us_imports.flows(), us_imports.flows(10)
    special = table["hs10"].str.startswith(us_imports.SPECIAL)
    assert six["value_usd"].sum() == ten["value_usd"].sum() == table.loc[~special, "value_usd"].sum()
    assert special.any() and not any(flows.duplicated(["product", "country"]).any() for flows in (six, ten))
    assert six["product"].str.len().eq(6).all() and ten["product"].str.len().eq(10).all()
    assert six.attrs["source"] == "US Census Bureau, imports for consumption 2024"


def test_profile_counted_the_long_way(products):
    wide = us_imports.flows().pivot(index="product", columns="country", values="value_usd").fillna(0).astype(float)
    share = (wide["China"] / wide.sum(axis=1))[wide.sum(axis=1) > 0]
    assert (share > 0.5).sum() == us_imports.above(products).loc[0.5, "products"]
    found = products.set_index("product")["partner_share"].astype(float)
    pd.testing.assert_series_equal(found, share, check_names=False)
    spread = ((wide.div(wide.sum(axis=1), axis=0)) ** 2).sum(axis=1)[share.index]
    pd.testing.assert_series_equal(products.set_index("product")["import_hhi"].astype(float), spread, check_names=False)


def test_above_and_bands_agree(products):
    counted, bands = us_imports.above(products), us_imports.bands(products)
    assert bands.sum() == products["imports_from_partner"].sum()
    assert counted["value_usd"].tolist() == pytest.approx([bands.iloc[3:].sum(), bands.iloc[4:].sum(), bands.iloc[5]])


def test_by_threshold_starts_at_the_count_above_half(products):
    curve = us_imports.by_threshold(us_imports.flows(), ["China", "Canada"], lowest=90)
    assert list(curve.index) == list(range(90, 100)) and curve["China"].is_monotonic_decreasing
    assert curve.loc[90, "China"] == us_imports.above(products).loc[0.9, "products"]


def test_by_threshold_counts_as_the_screen_that_runs_on_any_engine():
    bought = us_imports.flows()
    asked = {"product": "product", "supplier": "country", "value": "value_usd", "thresholds": [0.5, 0.55, 0.99]}
    counted = sole_suppliers(bought, **asked).pivot(index="threshold", columns="country", values="products")
    curve = us_imports.by_threshold(bought, ["China", "Japan"]).loc[[50, 55, 99]]
    assert curve.to_numpy().tolist() == counted[["China", "Japan"]].fillna(0).to_numpy().tolist()


def test_profile_of_tariff_lines_names_them_by_their_own_text():
    lines = us_imports.flows(10)
    found = us_imports.profile(lines[lines["product"].str.startswith("8505")]).set_index("product")
    assert found.loc["8505110070", "name"].startswith("Sintered")
    assert set(found["sector"]) == {"Machines and electronics"}


def test_leaders():
    bought = pd.DataFrame({"product": ["a", "a", "b", "b"], "country": ["X", "Y", "Z", "Y"], "value_usd": [1, 2, 3, 3]})
    assert us_imports.leaders(bought).to_dict() == {"a": "Y", "b": "Y"}  # a tie goes to the first by name


def test_names_and_sectors_are_of_products_that_exist(products):
    codes = tables.load("hs_codes").set_index("hs")
    assert set(us_imports.NAMES) <= set(codes.index) & set(products["product"])
    assert set(us_imports.SECTORS) == set(codes["section"].dropna())
    assert len(set(us_imports.NAMES.values())) == len(us_imports.NAMES)
    assert products["sector"].isna().mean() < 0.001 and products["name"].notna().all()


def test_spared_in_april():
    lines = pd.DataFrame({"product": ["8471300100", "8517130000", "8517140000", "9503000073"]})
    assert us_imports.spared_in_april(lines).tolist() == [True, True, False, False]


def test_missing_partners_is_what_the_record_says():
    assert us_imports.missing_partners() == pytest.approx(0.013, abs=0.0005)
