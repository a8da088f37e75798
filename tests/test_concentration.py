import duckdb
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.concentration import ConcentrationError, herfindahl, net_import_reliance, shares, top

ORE = pd.DataFrame({
    "mineral": ["x"] * 4 + ["y"] * 2,
    "country": ["A", "B", "C", "rest", "A", "B"],
    "t": [50.0, 30.0, 10.0, 10.0, 1.0, 1.0],
    "several": [False, False, False, True, False, False],
})  # fmt: skip
BY = {"value": "t", "holder": "country", "market": ["mineral"]}
ENGINES = {
    "pandas": lambda f: f,
    "polars": pl.from_pandas,
    "lazy polars": lambda f: pl.from_pandas(f).lazy(),
    "duckdb": lambda f: duckdb.from_df(f),
}


def pandas(frame):
    if isinstance(frame, pl.LazyFrame):
        frame = frame.collect()
    frame = (
        frame
        if isinstance(frame, pd.DataFrame)
        else frame.to_pandas()
        if isinstance(frame, pl.DataFrame)
        else frame.df()
    )
    return frame.reset_index(drop=True)


@pytest.mark.parametrize("engine", ENGINES)
def test_by_hand_on_every_engine(engine):
    frame = ENGINES[engine](ORE)
    result = pandas(herfindahl(frame, **BY, lumped="several")).set_index("mineral")
    # x: 50² + 30² + 10² = 3,500 with the rest split ever finer, + 10² = 3,600 with the rest in one hand; y: 2 x 50²
    assert result.hhi_low.to_dict() == pytest.approx({"x": 3500, "y": 5000})
    assert result.hhi_high.to_dict() == pytest.approx({"x": 3600, "y": 5000})
    assert result.lumped_share.to_dict() == pytest.approx({"x": 0.1, "y": 0})
    assert result.effective_number_low.to_dict() == pytest.approx({"x": 10_000 / 3600, "y": 2})
    assert result.effective_number_high.to_dict() == pytest.approx({"x": 10_000 / 3500, "y": 2})
    assert pandas(top(frame, 2, **BY, lumped="several")).top_share.tolist() == pytest.approx([0.8, 1.0])
    held = pandas(shares(frame, **BY)).set_index(["mineral", "country"])
    assert held.share["x"].to_dict() == pytest.approx({"A": 0.5, "B": 0.3, "C": 0.1, "rest": 0.1})


def test_one_market_needs_no_column_for_it():
    one = ORE[ORE.mineral == "y"]
    assert herfindahl(one, value="t", holder="country").hhi_high.tolist() == pytest.approx([5000])
    assert shares(one, value="t", holder="country").share.tolist() == pytest.approx([0.5, 0.5])
    assert top(one, 1, value="t", holder="country").top_share.tolist() == pytest.approx([0.5])


def test_published_example():
    # Investopedia, "Herfindahl-Hirschman Index": eight participants whose squares are printed and add up to 1,296
    # (participant B is printed as 8%, its square as 81; with 9 the shares add up to 100).
    firms = pd.DataFrame({"firm": list("ABCDEFGH"), "share": [10, 9, 12, 15, 12, 11, 15, 16]})
    assert herfindahl(firms, value="share", holder="firm").hhi_low.tolist() == pytest.approx([1296])


def test_refused():
    with pytest.raises(ConcentrationError, match="'tons' is not in the frame"):
        shares(ORE, value="tons", holder="country")
    with pytest.raises(ConcentrationError, match="ask for one holder"):
        top(ORE, 0, **BY)
    with pytest.raises(ConcentrationError, match="apparent consumption is 0"):
        net_import_reliance(production=5, imports=0, exports=5)


def test_reliance():
    assert net_import_reliance(production=20, imports=90, exports=10) == pytest.approx(0.8)
    assert net_import_reliance(production=0, imports=10, exports=0, stock_decrease=2) == 1
    assert net_import_reliance(production=30, imports=5, exports=15) < 0


quantities = st.lists(st.floats(0.01, 1e6), min_size=1, max_size=12)


def index(parts, several=()):
    frame = pd.DataFrame(
        {
            "who": [f"c{i}" for i in range(len(parts) + len(several))],
            "q": [*parts, *several],
            "several": [False] * len(parts) + [True] * len(several),
        }
    )
    row = herfindahl(frame, value="q", holder="who", lumped="several").iloc[0]
    return row.hhi_low, row.hhi_high


@given(quantities, quantities)
def test_bounds_contain_every_way_of_splitting_the_rest(named, split):
    low, high = index(named, [sum(split)])
    exact, _ = index(named + split)
    assert low - 1e-6 <= exact <= high + 1e-6


@given(quantities, st.floats(1e-3, 1e3))
def test_scale_does_not_matter(parts, factor):
    assert index([part * factor for part in parts]) == pytest.approx(index(parts))


@given(st.lists(st.floats(0.01, 1e6), min_size=2, max_size=12))
def test_merging_raises_the_index(parts):
    assert index([parts[0] + parts[1], *parts[2:]])[0] > index(parts)[0]


@given(quantities)
def test_index_lies_between_equal_parts_and_monopoly(parts):
    assert 10_000 / len(parts) - 1e-6 <= index(parts)[0] <= 10_000 + 1e-6


def test_a_share_of_92_percent_gives_an_index_of_8464_at_least():
    refining = pd.DataFrame({"who": ["China", "others"], "pct": [92.0, 8.0], "several": [False, True]})
    (row,) = herfindahl(refining, value="pct", holder="who", lumped="several").to_dict("records")
    assert row["hhi_low"] == pytest.approx(92**2) and row["hhi_high"] == pytest.approx(92**2 + 8**2)
