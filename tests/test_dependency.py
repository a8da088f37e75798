"""Screens of dependence: worked by hand, against a slow reading of the definitions, and at their thresholds."""

import math

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import concentration
from claimbook.dependency import (
    DependencyError,
    concentrated_imports,
    european_commission,
    geodep,
    geodep_year,
    henry_jackson,
    import_profile,
    net_importer,
    partner_share,
    partner_world_share,
    screen,
    sole_suppliers,
    trade_profile,
)

US, CHINA, JAPAN, CANADA, GERMANY = 842, 156, 392, 124, 276
WORLD = pd.DataFrame(
    [
        (2024, CHINA, US, "850511", 60.0),
        (2024, JAPAN, US, "850511", 40.0),
        (2024, US, CHINA, "850511", 10.0),
        (2024, CHINA, GERMANY, "850511", 90.0),
        (2024, CANADA, US, "010121", 5.0),
        (2024, US, CANADA, "010121", 7.0),
        (2024, CHINA, GERMANY, "999999", 1.0),
    ],
    columns=["t", "i", "j", "k", "v"],
)
ASKED = {"importer": US, "partner": CHINA}
FRAMES = {
    "pandas": lambda frame: frame,
    "polars": pl.from_pandas,
    "lazy polars": lambda frame: pl.from_pandas(frame).lazy(),
    "duckdb": duckdb.from_df,
    "arrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
}


def plain(frame) -> pd.DataFrame:
    """Return any frame as a pandas frame."""
    frame = frame.collect() if isinstance(frame, pl.LazyFrame) else frame
    if isinstance(frame, pd.DataFrame):
        return frame.reset_index(drop=True)
    return (frame.df() if isinstance(frame, duckdb.DuckDBPyRelation) else frame.to_pandas()).reset_index(drop=True)


# --- profiles -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", FRAMES)
def test_trade_profile_by_hand(engine):
    profile = plain(trade_profile(FRAMES[engine](WORLD), **ASKED))
    assert profile["k"].tolist() == ["010121", "850511", "999999"]
    magnets = profile.iloc[1]
    assert magnets[["imports", "imports_from_partner", "suppliers", "exports"]].tolist() == [100, 60, 2, 10]
    assert magnets[["world_exports", "partner_exports"]].tolist() == [200, 150]
    assert magnets["partner_share"] == 0.6 and magnets["import_hhi"] == pytest.approx(0.6**2 + 0.4**2)
    assert magnets["partner_world_share"] == 0.75 and magnets["outside_share"] == 1
    assert magnets["world_export_hhi"] == pytest.approx((150**2 + 40**2 + 10**2) / 200**2)
    assert profile.iloc[2][["imports", "suppliers", "world_exports"]].tolist() == [0, 0, 1]
    assert profile.iloc[2][["partner_share", "import_hhi", "outside_share"]].isna().all()


@pytest.mark.parametrize("engine", FRAMES)
def test_every_screen_on_every_engine(engine):
    table = plain(screen(trade_profile(FRAMES[engine](WORLD), **ASKED))).set_index("k")
    flags = ["majority", "net_importer", "henry_jackson", "european_commission", "geodep_year"]
    assert table.loc["850511", flags].tolist() == [True] * 5
    assert table.loc["010121", flags].tolist() == [False] * 5
    assert "999999" not in table.index  # not imported
    assert table["geodep"].isna().all()


def test_several_rows_of_one_supplier_are_one_supplier():
    parts = pd.concat([WORLD.assign(v=WORLD["v"] / 4), WORLD.assign(v=WORLD["v"] * 3 / 4)])
    pd.testing.assert_frame_equal(trade_profile(parts, **ASKED), trade_profile(WORLD, **ASKED))


def test_other_names():
    flows = WORLD.rename(columns={"t": "year", "i": "from", "j": "to", "k": "hs6", "v": "usd"})
    names = {"year": "year", "exporter": "from", "destination": "to", "product": "hs6", "value": "usd"}
    profile = trade_profile(flows, **ASKED, **names)
    assert screen(profile, year="year", product="hs6")["majority"].tolist() == [False, True]


@pytest.mark.parametrize("engine", FRAMES)
def test_sums_with_an_unknown_exporter_in_them_are_infinite(engine):
    known = [US, CHINA, CANADA]
    sums = plain(trade_profile(FRAMES[engine](WORLD), **ASKED, exporters=known)).set_index("k")["world_exports"]
    assert sums.to_dict() == {"010121": 12, "850511": math.inf, "999999": 1}  # Japan sells magnets
    sums = plain(trade_profile(FRAMES[engine](WORLD), **ASKED, exporters=[*known, JAPAN]))["world_exports"]
    assert sums.tolist() == [12, 200, 1]


def test_bloc_by_hand():
    # the bloc of Germany and Canada: 30 and 10 from outside, 60 from each other; it sells 60 to itself and 20 outside
    flows = pd.DataFrame(
        [
            (CHINA, GERMANY, 30.0),
            (US, CANADA, 10.0),
            (GERMANY, CANADA, 60.0),
            (CANADA, US, 20.0),
        ],
        columns=["i", "j", "v"],
    ).assign(t=2024, k="850511")
    row = trade_profile(flows, importer=[GERMANY, CANADA], partner=CHINA).iloc[0]
    assert row[["imports", "suppliers", "exports", "world_exports"]].tolist() == [40, 2, 80, 120]
    assert row["outside_share"] == 0.4 and row["partner_share"] == 0.75
    assert row["import_hhi"] == pytest.approx(0.75**2 + 0.25**2)


def slowly(flows: pd.DataFrame, importer: int, partner: int) -> dict:
    """Read the definitions off one after the other: shares first, then their squares."""
    found = {}
    for (year, product), market in flows.groupby(["t", "k"]):
        from_others = market[(market["j"] == importer) & (market["i"] != importer)]
        bought, sold = from_others.groupby("i")["v"].sum(), market.groupby("i")["v"].sum()
        share, world = bought / bought.sum(), sold / sold.sum()
        found[year, product] = {
            "imports": bought.sum(),
            "suppliers": (bought > 0).sum(),
            "partner_share": share.get(partner, 0.0) if bought.sum() > 0 else None,
            "import_hhi": (share**2).sum() if bought.sum() > 0 else None,
            "exports": sold.get(importer, 0.0),
            "partner_world_share": world.get(partner, 0.0) if sold.sum() > 0 else None,
            "world_export_hhi": (world**2).sum() if sold.sum() > 0 else None,
        }
    return found


FLOW = st.tuples(
    st.sampled_from([2023, 2024]),
    st.sampled_from([US, CHINA, JAPAN, CANADA]),
    st.sampled_from([US, CHINA, JAPAN, CANADA]),
    st.sampled_from(["010121", "850511"]),
    st.floats(0, 1e9, allow_subnormal=False).map(lambda value: round(value, 3)),
)


@settings(deadline=None, max_examples=50)
@given(st.lists(FLOW, min_size=1, max_size=40))
def test_one_pass_gives_what_the_definitions_give(rows):
    flows = pd.DataFrame(rows, columns=["t", "i", "j", "k", "v"])
    wanted = slowly(flows, US, CHINA)
    for engine in ("pandas", "polars"):
        profile = plain(trade_profile(FRAMES[engine](flows), **ASKED)).set_index(["t", "k"])
        assert list(profile.index) == sorted(wanted)
        for key, figures in wanted.items():
            for name, value in figures.items():
                if value is None:
                    assert pd.isna(profile.loc[key, name])
                else:
                    assert profile.loc[key, name] == pytest.approx(value, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("engine", FRAMES)
def test_import_profile_agrees_with_concentration(engine):
    bought = WORLD[WORLD["j"] == US]
    profile = plain(import_profile(FRAMES[engine](bought), product="k", supplier="i", value="v", partner=CHINA))
    assert profile["partner_share"].tolist() == [0, 0.6] and profile["suppliers"].tolist() == [1, 2]
    index = concentration.herfindahl(bought, value="v", holder="i", market=["k"])["hhi_low"] / 10_000
    assert profile["import_hhi"].tolist() == pytest.approx(index.tolist())
    by_year = plain(
        import_profile(FRAMES[engine](bought), product="k", supplier="i", value="v", partner=CHINA, by=["t"])
    )
    assert by_year.columns[:2].tolist() == ["t", "k"] and by_year["imports"].tolist() == [5, 100]


# --- screens at their thresholds ----------------------------------------------------------------------------------


def profile(**figures) -> pd.DataFrame:
    """Return a profile of one product that passes everything, with some figures changed."""
    passing = {
        "t": 2024, "k": "850511", "imports": 100.0, "exports": 99.0, "partner_share": 0.6, "import_hhi": 0.5,
        "outside_share": 1.0, "partner_world_share": 0.5, "world_export_hhi": 0.5,
    }  # fmt: skip
    return pd.DataFrame([passing | figures])


@pytest.mark.parametrize(
    ("mark", "column", "edge"),
    [
        (partner_share, "partner_share", 0.5),
        (concentrated_imports, "import_hhi", 0.4),
        (partner_world_share, "partner_world_share", 0.3),
        (henry_jackson, "partner_share", 0.5),
        (henry_jackson, "partner_world_share", 0.3),
        (european_commission, "import_hhi", 0.4),
        (european_commission, "outside_share", 0.5),
        (geodep_year, "import_hhi", 0.4),
        (geodep_year, "world_export_hhi", 0.4),
    ],
)
def test_more_than_the_published_threshold(mark, column, edge):
    name = mark(profile()).columns[-1]
    assert mark(profile())[name].tolist() == [True]
    assert mark(profile(**{column: edge + 1e-9}))[name].tolist() == [True]
    assert mark(profile(**{column: edge}))[name].tolist() == [False]
    assert mark(profile(**{column: edge * (1 + 1e-16 * 2)}))[name].tolist() == [False]  # the last digit of a sum
    assert mark(profile(**{column: None}))[name].tolist() == [False]


@pytest.mark.parametrize("mark", [net_importer, henry_jackson, european_commission, geodep_year])
def test_imports_must_exceed_exports(mark):
    name = mark(profile()).columns[-1]
    assert mark(profile(exports=0.0))[name].tolist() == [True]
    assert mark(profile(exports=100.0))[name].tolist() == [False]


def test_thresholds_are_arguments():
    nine_tenths = profile(partner_share=0.9)
    assert not partner_share(nine_tenths, 0.9)["majority"].item()
    assert partner_share(nine_tenths, 0.9, at_least=True)["majority"].item()
    assert partner_share(nine_tenths, 0.5, name="half").columns[-1] == "half"
    assert not henry_jackson(profile(), share=0.7)["henry_jackson"].item()
    assert not henry_jackson(profile(), world_share=0.6)["henry_jackson"].item()
    assert not european_commission(profile(), ratio=2)["european_commission"].item()
    assert not european_commission(profile(), concentration=0.6)["european_commission"].item()
    assert not geodep_year(profile(), world_concentration=0.6)["geodep_year"].item()
    assert (
        net_importer(profile(), ratio=0.5)["net_importer"].item()
        and not net_importer(profile(), 2)["net_importer"].item()
    )


@pytest.mark.parametrize("engine", FRAMES)
def test_geodep_holds_in_two_years_of_three(engine):
    met = {2020: "ab", 2021: "a", 2022: "bc", 2023: "c", 2025: "abc"}
    rows = [
        profile(t=year, k=product, import_hhi=0.9 if product in passing else 0.1)
        for year, passing in met.items()
        for product in "abc"
        if (year, product) != (2021, "c")
    ]
    marked = plain(geodep(FRAMES[engine](pd.concat(rows, ignore_index=True)))).set_index(["t", "k"])["geodep"]
    assert marked[[2020, 2021, 2025]].isna().all()  # no window of three years behind them; 2024 is not in the data
    assert {key: bool(value) for key, value in marked[[2022, 2023]].items()} == {
        (2022, "a"): True,  # 2020, 2021
        (2022, "b"): True,  # 2020, 2022
        (2022, "c"): False,  # 2022 only, and not traded in 2021
        (2023, "a"): False,  # 2021 only
        (2023, "b"): False,  # 2022 only
        (2023, "c"): True,  # 2022, 2023
    }
    once = plain(geodep(FRAMES[engine](pd.concat(rows, ignore_index=True)), hold=1)).set_index(["t", "k"])["geodep"]
    assert bool(once[2022, "c"])


# --- suppliers side by side -------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine", FRAMES)
def test_sole_suppliers(engine):
    flows = pd.DataFrame(
        [("a", "China", 95.0), ("a", "Japan", 5.0), ("b", "China", 60.0), ("b", "Japan", 40.0), ("c", "Japan", 80.0),
         ("c", "China", 20.0), ("d", "China", 50.0), ("d", "Japan", 50.0), ("e", "China", 0.0)],
        columns=["product", "from", "usd"],
    )  # fmt: skip
    asked = {"product": "product", "supplier": "from", "value": "usd"}
    counts = plain(sole_suppliers(FRAMES[engine](flows), **asked)).sort_values(["threshold", "from"])
    assert list(counts.itertuples(index=False, name=None)) == [
        (0.5, "China", 2, 155.0),
        (0.5, "Japan", 1, 80.0),
        (0.7, "China", 1, 95.0),
        (0.7, "Japan", 1, 80.0),
        (0.9, "China", 1, 95.0),
    ]
    half = plain(sole_suppliers(FRAMES[engine](flows), **asked, thresholds=[0.5], at_least=True)).set_index("from")
    assert half["products"].to_dict() == {"China": 3, "Japan": 2}  # d counts for both


# --- refused ------------------------------------------------------------------------------------------------------


def test_refused():
    with pytest.raises(DependencyError, match="'v' is not in the frame; it has t, i, j, k"):
        trade_profile(WORLD.drop(columns="v"), **ASKED)
    with pytest.raises(DependencyError, match="partner 842 is among the importers"):
        trade_profile(WORLD, importer=US, partner=US)
    with pytest.raises(DependencyError, match="50 of partner_share: a share lies between 0 and 1"):
        partner_share(profile(), 50)
    with pytest.raises(DependencyError, match="cannot be negative"):
        net_importer(profile(), -1)
    with pytest.raises(DependencyError, match="4 years of a window of 3"):
        geodep(profile(), hold=4)
    with pytest.raises(DependencyError, match="0.4: below 0.5 two suppliers"):
        sole_suppliers(WORLD, product="k", supplier="i", value="v", thresholds=[0.4])
