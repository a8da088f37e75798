"""Rates, price effect, Armington response, revenue and GSIM: worked by hand, by property, and refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import tariffs, us_economy, us_trade
from claimbook.gsim import GsimError, gsim
from claimbook.input_output import InputOutput, InputOutputError
from claimbook.tables import load
from claimbook.tariffs import TariffError, armington, schedule

rates = st.floats(0, 3)


def trade(values: dict) -> pd.Series:
    return pd.Series(values, pd.MultiIndex.from_tuples(values, names=["partner", "sector"]), dtype=float)


TWO = trade({("China", "toys"): 100, ("India", "toys"): 100})
FOUR = trade({("China", "toys"): 60, ("China", "shoes"): 40, ("India", "toys"): 20, ("Peru", "shoes"): 80})


# --- rates ---------------------------------------------------------------------------------------------------


def test_effective_rate_is_duties_over_imports():
    paid = pd.DataFrame({
        "partner": ["China", "China", "India"], "sector": ["toys", "shoes", "toys"],
        "imports_usd": [100, 50, 50], "duty_usd": [10, 20, 0],
    })  # fmt: skip
    assert tariffs.effective_rate(paid) == pytest.approx(0.15)
    assert tariffs.effective_rate(paid, ["partner"]).to_dict() == pytest.approx({"China": 0.2, "India": 0})
    by_both = tariffs.effective_rate(paid.set_index(["partner", "sector"]), ["partner", "sector"])
    assert by_both["China", "shoes"] == pytest.approx(0.4)
    with pytest.raises(TariffError, match="no column 'duties'; did you mean duty_usd"):
        tariffs.effective_rate(paid, duties="duties")


def test_rate_collected_on_china_in_2024():
    # Trade War Tracker, rate collected on China in 2024: 10.866 percent (table tariff_by_partner_date)
    published = load("tariff_by_partner_date").query("country == 'China'")["collected_rate_2024_pct"].iloc[0]
    china = us_trade.imports_2024("hs2").xs("China")
    assert 100 * tariffs.effective_rate(china) == pytest.approx(published, abs=0.001)
    assert china["imports_usd"].sum() == pytest.approx(429.43e9, rel=1e-4)


@pytest.mark.parametrize(
    "tariff",
    [
        {"China": {"toys": 0.5, "shoes": 0.25}},
        pd.Series({("China", "toys"): 0.5, ("China", "shoes"): 0.25}),
        pd.Series({("toys", "China"): 0.5, ("shoes", "China"): 0.25}).rename_axis(["sector", "partner"]),
        pd.DataFrame({"China": {"toys": 0.5, "shoes": 0.25}}),
    ],
)
def test_every_form_of_a_tariff_by_partner_and_sector(tariff):
    assert schedule(tariff, FOUR).tolist() == [0.5, 0.25, 0, 0]
    # 60 x 0.5 + 40 x 0.25 = 40 on imports of 200
    assert tariffs.average_rate(FOUR, tariff) == pytest.approx(0.2)
    assert tariffs.average_rate(FOUR, tariff, "sector").to_dict() == pytest.approx({"toys": 0.375, "shoes": 1 / 12})


def test_a_tariff_by_partner_and_one_for_all():
    assert schedule(0.1, FOUR).tolist() == [0.1] * 4
    assert schedule({"China": 0.6}, FOUR).tolist() == [0.6, 0.6, 0, 0]
    assert schedule({"China": 0.6}, FOUR, others=0.1).tolist() == [0.6, 0.6, 0.1, 0.1]
    assert schedule(pd.Series({"China": 0.6, "Peru": np.nan}), FOUR).tolist() == [0.6, 0.6, 0, 0]


def test_a_rate_for_what_a_partner_does_not_sell_has_no_place():
    on_both = pd.Series({("China", "toys"): 0.5, ("Peru", "toys"): 0.3})  # Peru sells shoes only
    assert schedule(on_both, FOUR, others=0.1).tolist() == [0.5, 0, 0.1, 0]


@pytest.mark.parametrize(
    ("tariff", "words"),
    [
        ({"Chian": 0.6}, "no partner 'Chian' in the imports; did you mean China"),
        ({"China": {"toy": 0.6}}, "no sector 'toy' in the imports; did you mean toys"),
        (pd.Series({("Chile", "toys"): 0.1}), "no partner 'Chile'"),
        ({"China": 60}, "60 for .* is no rate; give a fraction, 0.25 for 25 percent"),
        ({"China": float("inf")}, "inf for"),
        (-1.5, "-1.5 for"),
        ({"China": 0.6, "India": {"toys": 0.1}}, "'China' has one rate and others have rates by sector"),
        (pd.Series([0.1, 0.2], ["China", "China"]), "'China' stands twice"),
        ([0.1], "list is no tariff"),
    ],
)
def test_tariffs_that_are_refused(tariff, words):
    with pytest.raises(TariffError, match=words):
        schedule(tariff, FOUR)


@pytest.mark.parametrize(
    ("imports", "words"),
    [
        (pd.Series({"China": 1.0}), "indexed by partner and sector"),
        (FOUR.reorder_levels(["sector", "partner"]), "reorder them"),
        (pd.concat([TWO, TWO]), "stands twice; sum it first"),
        (-TWO, "missing or negative"),
    ],
)
def test_imports_that_are_refused(imports, words):
    with pytest.raises(TariffError, match=words):
        schedule(0.1, imports)


def test_price_rule_by_hand():
    # 10 points x 0.3 x 0.2 x (1 + 0.5 - 0.25) = 0.75 percent
    rule = {"goods_share": 0.3, "import_share": 0.2, "passthrough": 0.5, "exchange_rate_offset": 0.25}
    assert tariffs.aggregate_price_rule(10, **rule) == pytest.approx(0.75)


# --- price effect through the supply chain -------------------------------------------------------------------


def small_economy() -> InputOutput:
    """Two commodities, each made by one industry: a needs 0.2 of b, b needs 0.5 of a; a imports 0.1 of itself."""
    goods = pd.Index(["a", "b"])
    return InputOutput(
        goods, goods,
        domestic=np.array([[0.0, 0.5], [0.2, 0.0]]), imported=np.array([[0.1, 0.0], [0.0, 0.0]]), market=np.eye(2),
        import_share=pd.Series([0.4, 0.0], goods), consumption=pd.Series([30.0, 70.0], goods),
        parent=pd.Series(["s", "s"], goods), output=pd.Series([100.0, 100.0], goods),
        value_added=pd.Series([70.0, 50.0], goods),
    )  # fmt: skip


def test_supply_chain_by_hand():
    # q_a = 0.1 t + 0.2 q_b, q_b = 0.5 q_a: q_a = 0.1 t / 0.9, q_b half of it
    rise = small_economy().supply_chain(pd.Series({"a": 0.9}))
    assert rise.to_dict() == pytest.approx({"a": 0.1, "b": 0.05})
    # each industry passes on half: q_a = 0.05 t + 0.1 q_b, q_b = 0.25 q_a: q_a = 0.05 t / 0.975
    half = small_economy().supply_chain(pd.Series({"a": 0.975}), passthrough=0.5)
    assert half.to_dict() == pytest.approx({"a": 0.05, "b": 0.0125})
    # consumers: 0.3 (0.4 x 0.9 + 0.6 x 0.1) + 0.7 x 0.05
    assert small_economy().consumer_price(pd.Series({"a": 0.9})) == pytest.approx(0.3 * 0.42 + 0.7 * 0.05)


def test_a_sector_stands_for_its_commodities():
    io = small_economy()
    assert io.consumer_price(pd.Series({"s": 0.2})) == pytest.approx(io.consumer_price(0.2))
    assert io.by_commodity(pd.Series({"s": 0.2, "a": 0.5})).to_dict() == {"a": 0.5, "b": 0.2}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (pd.Series({"c": 0.1}), "no commodity or sector 'c'"),
        (pd.Series([0.1, 0.2], ["a", "a"]), "'a' stands twice"),
        (pd.Series({"a": np.nan}), "change of 'a' is not a number"),
    ],
)
def test_price_changes_that_are_refused(change, words):
    with pytest.raises(InputOutputError, match=words):
        small_economy().supply_chain(change)


def test_refused_parameters_of_the_price_model():
    with pytest.raises(InputOutputError, match="passthrough is 1.5"):
        small_economy().supply_chain(0.1, passthrough=1.5)
    with pytest.raises(InputOutputError, match="choose dollar or percent"):
        us_economy.detail_2017("both")
    with pytest.raises(InputOutputError, match="no year 2020"):
        us_economy.consumer_spending(2020)
    with pytest.raises(InputOutputError, match="choose producers or purchasers"):
        us_economy.consumer_spending(2017, "basic")


@pytest.fixture(scope="module")
def detail():
    return us_economy.detail_2017()


def test_full_passthrough_is_the_published_domestic_requirements(detail):
    needs = load("bea_requirements_detail_2017")
    needs = needs.pivot(index="industry", columns="commodity", values="requirement_usd_per_usd")
    needs = needs.reindex(index=detail.industries, columns=detail.commodities).fillna(0.0)
    rise = pd.Series(np.linspace(0, 1, 402), detail.commodities)
    published = needs.T @ pd.Series(detail.imported.T @ rise.to_numpy(), detail.industries)
    assert np.allclose(detail.supply_chain(rise), published, atol=1e-9)


def test_rounds_that_never_end_are_refused():
    io = small_economy()
    with pytest.raises(InputOutputError, match="rounds of suppliers never end"):
        replace(io, domestic=np.array([[0.0, 2.0], [0.5, 0.0]])).supply_chain(0.1)


def test_many_changes_at_once(detail):
    # the content of spending, commodity by commodity, gives what the whole table of prices gives
    changes = pd.DataFrame({"first": [1.0, 0.5], "second": [0.2, 0.0]}, ["334", "315AL"])
    for passthrough in (1.0, 0.5):
        found = detail.consumer_price(changes, passthrough)
        for name, change in changes.items():
            table = detail.consumer_prices(change, passthrough)
            assert found[name] == pytest.approx((table["weight"] * table["change"]).sum(), rel=1e-12)


def test_the_detail_economy_adds_up(detail):
    assert (len(detail.commodities), len(detail.industries)) == (402, 402)
    assert detail.consumption.sum() == pytest.approx(13_290_633, rel=1e-6)  # BEA: consumer spending of 2017
    assert us_economy.consumer_spending(2017, "purchasers").sum() == pytest.approx(13_290_621, rel=1e-6)
    assert 19.3e6 < detail.value_added.sum() < 19.8e6  # US GDP of 2017, about 19.6 trillion dollars
    core = us_economy.consumer_spending(2017, "producers", us_economy.FOOD_AND_ENERGY[2017])
    assert 0.86 < core.sum() / detail.consumption.sum() < 0.90


def test_the_summary_economy_adds_up():
    summary = us_economy.summary_2024()
    assert (len(summary.commodities), len(summary.industries)) == (73, 71)
    assert summary.consumption.sum() == pytest.approx(19_896_009, rel=0.001)  # BEA: consumer spending of 2024
    assert summary.import_share.between(0, 1).all()


@settings(max_examples=20, deadline=None)
@given(scale=st.floats(0.01, 2), passthrough=st.floats(0, 1))
def test_prices_are_linear_in_the_tariff_and_rise_with_passthrough(detail, scale, passthrough):
    rise = pd.Series({"334": 1.0, "315AL": 0.5})
    assert detail.consumer_price(rise * scale) == pytest.approx(scale * detail.consumer_price(rise))
    assert detail.consumer_price(rise, passthrough) <= detail.consumer_price(rise) + 1e-12
    direct = detail.consumer_prices(rise, passthrough)
    assert (direct["indirect"] >= -1e-6).all()


# --- imports by supplier -------------------------------------------------------------------------------------


def test_armington_by_hand():
    # s = 2, tariff 100% on one of two equal suppliers: P = 1 / (0.5 / 2 + 0.5) = 4/3, q = (2 / P)^-2 / P = 1/3 and 4/3
    response = armington(TWO, {"China": 1.0}, elasticity=2)
    assert response.flows["imports_after"].tolist() == pytest.approx([100 / 3, 400 / 3])
    assert response.flows["duty_after"].tolist() == pytest.approx([100 / 3, 0])
    assert response.change("China") == pytest.approx(-2 / 3)
    assert response.change() == pytest.approx(-1 / 6)
    assert response.revenue_change == pytest.approx(100 / 3)
    assert response.price.loc["toys"].tolist() == pytest.approx([0.5, 1 / 3])


def test_half_passthrough_by_hand():
    # buyers pay 1.5, the seller gets 0.75; s = 1: shares of spending stay, so China's quantity is 1 / 1.5
    response = armington(TWO, {"China": 1.0}, elasticity=1, passthrough=0.5)
    assert response.flows["imports_after"].tolist() == pytest.approx([100 / 1.5 * 0.75, 100])


def test_a_tariff_on_top_of_another():
    # from 1.25 to 2.5 the power doubles, as above; spending shares are 125 and 100 of 225
    response = armington(TWO, {"China": 1.25}, base={"China": 0.25}, elasticity=1)
    assert response.flows["imports_after"].tolist() == pytest.approx([50, 100])
    assert response.flows["duty_before"].tolist() == pytest.approx([25, 0])
    assert response.flows["duty_after"].tolist() == pytest.approx([75, 0])


@settings(deadline=None)
@given(rate=rates, s=st.floats(0.2, 15), base=st.floats(0, 1))
def test_spending_with_duty_stays_when_the_demand_elasticity_is_one(rate, s, base):
    flows = armington(FOUR, {"China": rate}, base=base, elasticity=s).flows
    spent = {
        when: (flows[f"imports_{when}"] + flows[f"duty_{when}"]).groupby(level="sector").sum()
        for when in ("before", "after")
    }
    assert np.allclose(spent["before"], spent["after"])


@settings(deadline=None)
@given(rate=st.floats(0.01, 3), s=st.floats(0.2, 15), h=st.floats(0, 2))
def test_substitution_cannot_make_the_bundle_dearer(rate, s, h):
    response = armington(FOUR, {"China": rate}, elasticity=s, demand_elasticity=h)
    price = response.price
    assert (price["after_substitution"] <= price["before_substitution"] + 1e-12).all()
    assert (price["after_substitution"] >= -1e-12).all()
    assert response.change("China") < 0


@given(s=st.floats(0.2, 40))
def test_no_tariff_no_change(s):
    response = armington(FOUR, 0.0, elasticity=s, base=0.1)
    assert np.allclose(response.flows["imports_after"], FOUR)
    assert response.revenue_change == pytest.approx(0)


@settings(max_examples=10, deadline=None)
@given(rate=rates, s=st.floats(0.5, 10))
def test_taking_the_others_together_is_exact(rate, s):
    imports = trade({("China", "toys"): 60, ("India", "toys"): 20, ("Peru", "toys"): 30, ("Peru", "shoes"): 5})
    base = pd.Series([0.1, 0.3, 0.0, 0.2], imports.index)
    whole = armington(imports, {"China": rate}, base=base, elasticity=s)
    short, paid = tariffs.collapse(imports, base, "China")
    less = armington(short, {"China": rate}, base=paid, elasticity=s)
    assert less.revenue == pytest.approx(whole.revenue)
    assert less.change() == pytest.approx(whole.change())


def test_elasticity_by_sector_and_what_is_refused():
    by_sector = armington(FOUR, {"China": 1.0}, elasticity=pd.Series({"toys": 1.0, "shoes": 5.0}))
    assert by_sector.change("China", by_sector=True)["toys"] > by_sector.change("China", by_sector=True)["shoes"]
    with pytest.raises(TariffError, match="none for sector 'shoes' and 0 others"):
        armington(FOUR, 0.1, elasticity=pd.Series({"toys": 1.0}))
    with pytest.raises(TariffError, match="give positive numbers"):
        armington(FOUR, 0.1, elasticity=-4)
    with pytest.raises(TariffError, match="passthrough is 2"):
        armington(FOUR, 0.1, elasticity=4, passthrough=2)
    with pytest.raises(TariffError, match="demand_elasticity is -1"):
        armington(FOUR, 0.1, elasticity=4, demand_elasticity=-1)


# --- revenue -------------------------------------------------------------------------------------------------


def test_revenue_peaks_where_the_formula_says():
    # one supplier and demand elasticity 3: revenue t (1 + t)^-3 peaks at t = 1 / 2
    one = trade({("China", "toys"): 100.0})
    rate, most = tariffs.revenue_peak(one, elasticity=2, demand_elasticity=3)
    assert rate == pytest.approx(tariffs.revenue_maximising_rate(3), abs=1e-4) == 0.5
    assert most == pytest.approx(100 * 0.5 * 1.5**-3)
    curve = tariffs.revenue_curve(one, [0, 0.5, 1], elasticity=2, demand_elasticity=3)
    assert curve["revenue"].tolist() == pytest.approx([0, 50 * 1.5**-3, 100 * 2**-3])
    assert curve["imports"].tolist() == pytest.approx([100, 100 * 1.5**-3, 100 * 2**-3])


def test_the_curve_tells_whom_the_tariff_hits():
    curve = tariffs.revenue_curve(TWO, [0, 1], on={"China": 1.0}, elasticity=2)
    assert curve["hit"].tolist() == pytest.approx([100, 100 / 3])  # as by hand above
    assert curve["imports"].tolist() == pytest.approx([200, 500 / 3])


def test_no_peak_at_low_elasticities():
    with pytest.raises(TariffError, match="no peak"):
        tariffs.revenue_maximising_rate(1)


# --- GSIM ----------------------------------------------------------------------------------------------------


def case(name):
    return load("gsim_case_flows").pivot(index="exporter", columns="importer", values=name)


ELASTICITIES = {"import_demand": -1.25, "export_supply": 1.5, "substitution": 5.0}


def solved():
    return gsim(case("trade_value"), case("tariff_power_before"), case("tariff_power_after"), **ELASTICITIES)


def test_gsim_gives_the_published_prices_to_four_digits():
    expected = load("gsim_case_regions").set_index("region")["expected_price_change"]
    assert solved().price.round(4).to_dict() == expected.to_dict()


def test_gsim_clears_every_market():
    trade, result = case("trade_value"), solved()
    sold = (trade * result.quantity).sum(axis=1) / trade.sum(axis=1)
    assert np.allclose(sold, 1.5 * result.price)


def test_gsim_by_hand():
    # one exporter, one importer: Em (p + T) = Ex p, so p = Em T / (Ex - Em) = -1 x 0.2 / (1 + 1) = -0.1
    one = pd.DataFrame({"home": {"abroad": 100.0}})
    result = gsim(one, 1.0, 1.2, import_demand=-1, export_supply=1, substitution=5)
    assert result.price["abroad"] == pytest.approx(-0.1)
    assert result.quantity.loc["abroad", "home"] == pytest.approx(-0.1)
    assert result.value.loc["abroad", "home"] == pytest.approx(100 * 0.9 * 0.9)
    assert result.revenue.loc["home"].tolist() == pytest.approx([0, 81 * 0.2])
    assert result.producer_surplus["abroad"] == pytest.approx(100 * (0.9**2 - 1) / 2)


@given(st.floats(0.01, 100))
def test_gsim_does_not_depend_on_the_unit(scale):
    twice = gsim(case("trade_value") * scale, case("tariff_power_before"), case("tariff_power_after"), **ELASTICITIES)
    assert np.allclose(twice.price, solved().price)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"import_demand": 1.25}, "import demand is negative"),
        ({"substitution": pd.Series({"US": 5.0})}, "substitution: none given for"),
        ({"after": 0.0}, "give the power of the tariff"),
        ({"after": pd.DataFrame({"US": {"US": 1.0}})}, "regions are not those of the trade"),
        ({"trade": case("trade_value") * -1}, "missing or negative value"),
        ({"trade": case("trade_value") * 0}, "trades nothing; leave it out"),
    ],
)
def test_gsim_refuses(changes, words):
    given_ = {"trade": case("trade_value"), "before": 1.0, "after": 1.1, **ELASTICITIES, **changes}
    with pytest.raises(GsimError, match=words):
        gsim(**given_)


# --- inputs --------------------------------------------------------------------------------------------------


def test_electronics_of_the_april_notice():
    codes = pd.Index(["8471300100", "8517130000", "8517710000", "8541290095", "9503000011"])
    assert us_trade.exempt_electronics(codes).tolist() == [True, True, False, True, False]


def test_elasticities_by_product_are_filled_in_order():
    # 010210 has its own -12.11; 010110 takes its heading or chapter; 999999 the median
    found = us_trade.product_elasticities(pd.Index(["010210", "010110", "999999"]))
    assert found.loc["010210"].tolist() == [12.11, "product"]
    assert found.loc["010110", "taken_from"] in ("heading", "chapter")
    assert found.loc["999999", "taken_from"] == "all"
    assert found.loc["999999", "elasticity"] == pytest.approx(7.89, abs=0.005)


def test_products_outside_the_concordance_take_their_heading():
    listed = load("hs10_bea_crosswalk")
    code = listed["hs10"].iloc[0]
    sectors = us_trade.bea_sector(pd.Series([code, code[:8] + "99", "0000000000"]))
    assert sectors.iloc[0] == sectors.iloc[1] == listed["summary_code"].iloc[0]
    assert pd.isna(sectors.iloc[2])


def test_chinas_share_fell_from_2024_to_autumn_2025():
    before, after = us_trade.china_shares(), us_trade.china_shares(2025, range(7, 12))
    assert before.index.equals(after.index) and after.between(0, 1).all()
    assert after["334"] < before["334"] / 2
    same = us_trade.china_shares(2024)
    assert np.allclose(same, before)


def test_an_unknown_classification_is_refused():
    with pytest.raises(us_trade.TradeError, match="choose hs2, hs4"):
        us_trade.imports_2024("sitc")
