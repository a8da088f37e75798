"""Loss from a cut of supply: the production function by hand and by property, the network, what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claimbook import disruption
from claimbook.ces import ces_nest
from claimbook.disruption import DisruptionError, ces_loss, ces_output, implied_elasticity
from claimbook.input_output import InputOutput, InputOutputError

shares, lefts, elasticities = st.floats(1e-6, 0.5), st.floats(0.01, 1), st.floats(0.02, 10)


@pytest.mark.parametrize(
    ("elasticity", "output"),
    [
        (0, 0.25),  # fixed proportions: what is left of the input
        (0.5, 1 / (0.2 / 0.25 + 0.8)),  # r = -1: the harmonic mean
        (1, 0.25**0.2),  # Cobb-Douglas
        (2, (0.2 * 0.5 + 0.8) ** 2),  # r = 1/2
        (np.inf, 0.2 * 0.25 + 0.8),  # perfect substitutes
    ],
)
def test_ces_by_hand(elasticity, output):
    assert ces_output(0.2, 0.25, elasticity) == pytest.approx(output)
    nest = ces_nest(np.array([[0.2]]), np.array([0.25]), min(elasticity, 1e9))
    assert nest[0] == pytest.approx(output, rel=1e-6)


def test_a_whole_cut():
    assert ces_loss(0.2, 1.0, 0.5) == 1
    assert ces_loss(0.2, 1.0, 2.0) == pytest.approx(1 - 0.8**2)
    assert ces_loss(0.0, 1.0, 0.5) == 0


@given(shares, lefts, elasticities)
def test_loss_lies_between_perfect_substitutes_and_fixed_proportions(share, left, elasticity):
    loss, cut = ces_loss(share, 1 - left, elasticity), 1 - left
    assert share * cut - 1e-12 <= loss <= cut + 1e-12


@given(shares, st.floats(0.1, 0.9), st.floats(0.05, 5), st.floats(1.01, 3))
def test_loss_falls_with_the_elasticity_and_rises_with_the_cut(share, cut, elasticity, factor):
    assert ces_loss(share, cut, elasticity * factor) <= ces_loss(share, cut, elasticity) + 1e-12
    assert ces_loss(share, min(cut * factor, 1), elasticity) >= ces_loss(share, cut, elasticity) - 1e-12


@given(st.floats(1e-5, 0.3), st.floats(0.2, 0.95), st.floats(0.1, 3))
def test_the_implied_elasticity_gives_the_loss_back(share, cut, elasticity):
    loss = ces_loss(share, cut, elasticity)
    if share * cut * (1 + 1e-6) < loss < cut * (1 - 1e-6):
        assert ces_loss(share, cut, implied_elasticity(loss, share, cut)) == pytest.approx(loss, rel=1e-6)


def test_losses_that_no_elasticity_gives():
    with pytest.raises(DisruptionError, match=r"between 0.08 \(perfect substitutes\) and 0.8 \(fixed"):
        implied_elasticity(0.9, 0.1, 0.8)
    with pytest.raises(DisruptionError, match="share is 1.5"):
        ces_loss(1.5, 0.5, 1)
    with pytest.raises(DisruptionError, match="cut is -0.1"):
        ces_loss(0.5, -0.1, 1)
    with pytest.raises(DisruptionError, match="elasticity is -1"):
        ces_loss(0.5, 0.1, -1)


def test_elasticity_from_a_price():
    # three quarters gone and the price four times as high: ln 4 / ln 4
    assert disruption.price_elasticity(3.0, 0.75) == pytest.approx(1)
    with pytest.raises(DisruptionError, match="give a rise above 0"):
        disruption.price_elasticity(0, 0.5)


def test_curve():
    curve = disruption.loss_curve(0.1, 0.5, [0.5, 1], 200)
    assert curve["loss"].tolist() == pytest.approx([200 * (1 - 1 / 1.1), 200 * (1 - 0.5**0.1)])


# --- the network ---------------------------------------------------------------------------------------------


def chain() -> InputOutput:
    """Industry b buys half of its output's value from a; a buys nothing. Value added 100 and 50."""
    names = pd.Index(["a", "b"])
    return InputOutput(
        names, names,
        domestic=np.array([[0.0, 0.5], [0.0, 0.0]]), imported=np.zeros((2, 2)), market=np.eye(2),
        import_share=pd.Series(0.0, names), consumption=pd.Series([50.0, 100.0], names),
        parent=pd.Series(names, names), output=pd.Series([100.0, 100.0], names),
        value_added=pd.Series([100.0, 50.0], names),
    )  # fmt: skip


@pytest.mark.parametrize(("elasticity", "b"), [(0, 0.36), (1, 0.6), (0.5, 1 / (0.5 / 0.36 + 0.5))])
def test_output_left_by_hand(elasticity, b):
    # a is left with 0.36; b's other half of inputs stays
    left = chain().output_left(pd.Series({"a": 0.36}), elasticity)
    assert left.to_dict() == pytest.approx({"a": 0.36, "b": b}, rel=1e-6)


def test_network_loss_by_hand():
    # the input is half of a's output and three quarters are gone, Cobb-Douglas: a keeps 0.25^0.5, b 0.5^0.5
    frame = disruption.network_loss(chain(), pd.Series({"a": 0.5}), 0.75, 1.0, 1.0)
    assert frame.loc["a", "first"] == pytest.approx(0.5) == frame.loc["a", "loss"]
    assert frame.loc["b", "first"] == 0
    assert frame.loc["b", "loss"] == pytest.approx(1 - 0.5**0.5)
    assert frame.loc["a", "value_added_loss_musd"] == pytest.approx(50)
    cost = disruption.network_cost(chain(), pd.Series({"a": 0.5}), 0.75, 1.0)
    assert cost == pytest.approx((50 + 50 * (1 - 0.5**0.5)) / 150)
    implied = disruption.implied_network_elasticity(cost, chain(), pd.Series({"a": 0.5}), 0.75)
    assert implied == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("network", [0, 0.5, 1])
def test_many_cases_at_once_are_each_case_by_itself(network):
    shares = pd.DataFrame({"first": [0.5, 0.0], "second": [0.1, 0.2]}, ["a", "b"])
    cuts, elasticities = np.array([0.75, 0.3]), np.array([1.0, 0.4])
    found = disruption.network_cost(chain(), shares, cuts, elasticities, network)
    alone = [
        disruption.network_cost(chain(), shares[name], cut, elasticity, network)
        for name, cut, elasticity in zip(shares, cuts, elasticities, strict=True)
    ]
    assert found.tolist() == pytest.approx(alone, rel=1e-8)
    lost = np.array([*found, 0.9])
    shares["third"], cuts = shares["second"], np.array([*cuts, 0.3])
    implied = disruption.implied_network_elasticities(lost, chain(), shares, cuts, network)
    assert implied[:2].tolist() == pytest.approx(elasticities, abs=1e-4)
    assert np.isnan(implied[2])  # nine tenths of output cannot be lost by three tenths of an input


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 3), st.floats(0.1, 0.9), st.floats(0.2, 1))
def test_the_network_adds_to_the_loss_and_nobody_loses_more_than_all(elasticity, cut, network):
    frame = disruption.network_loss(chain(), pd.Series({"a": 0.1}), cut, elasticity, network)
    assert (frame["loss"] >= frame["first"] - 1e-9).all()
    assert frame["loss"].between(-1e-9, 1).all()


def test_shares_of_users_by_hand():
    # 30 for one use of weight 1 and one of weight 2: 10 and 20; the second is split 100 to 100 between a and b
    uses = pd.DataFrame({
        "material": "ore", "use": ["x", "y", "y"], "industry": ["a", "a", "b"], "share_of_demand_pct": [1, 2, 2],
    })  # fmt: skip
    shares = disruption.user_shares(chain(), uses, pd.Series({"ore": 30.0}))
    assert shares.to_dict() == pytest.approx({"a": 0.2, "b": 0.1})
    with pytest.raises(DisruptionError, match="none given for 'ore'"):
        disruption.user_shares(chain(), uses, pd.Series({"tin": 1.0}))
    with pytest.raises(DisruptionError, match="no industry 'c'"):
        disruption.user_shares(chain(), uses.replace("b", "c"), pd.Series({"ore": 1.0}))


def test_what_the_network_refuses():
    with pytest.raises(InputOutputError, match="no industry 'z'"):
        chain().output_left(pd.Series({"z": 0.5}), 1)
    with pytest.raises(DisruptionError, match="cannot come from a cut of 0.5"):
        disruption.implied_network_elasticity(0.9, chain(), pd.Series({"a": 0.1}), 0.5)
