import numpy as np
import pandas as pd

from claimbook import charts, mineral_charts


def test_a_share_that_is_not_printed_is_drawn_apart_from_zero():
    exposed = pd.DataFrame({
        "name": ["Rare earths", "Salt"], "reliance_low_pct": [60.0, 20.0], "reliance_high_pct": [60.0, 30.0],
        "middle_pct": [60.0, 25.0], "share_pct": [71.0, np.nan],
    })  # fmt: skip
    figure, ax = charts.house()
    mineral_charts.exposure(ax, exposed, exposed.head(1), [])
    assert {71.0, mineral_charts.NOT_NAMED} <= set(charts.drawn_values(figure))
    assert [text.get_text() for text in ax.texts] == ["Rare earths"]
    assert ax.get_yticklabels()[0].get_text() == "China not\nnamed"


def test_what_china_can_have_among_the_unnamed_is_drawn():
    markets = pd.DataFrame({
        "product": ["Gallium", "Cobalt"], "leader": ["China", "Congo (Kinshasa)"], "share_pct": [99.0, 0.0],
        "hhi_low": [9700.0, 5800.0], "hhi_high": [9700.0, 5900.0], "lumped_share_pct": [0.0, 2.75],
    })  # fmt: skip
    figure, ax = charts.house()
    mineral_charts.concentration(ax, markets, ["Gallium"])
    assert {99.0, 5800.0, 5900.0, 2.75} <= set(charts.drawn_values(figure))
    assert {"Gallium", "China leads", "others lead"} <= {text.get_text() for text in ax.texts}


def test_two_shares_stand_in_their_colours_and_one_source_alone_is_dotted():
    years = pd.Index([2008, 2009, 2010], name="year")
    china = pd.DataFrame({"BGS": [90.0, 96.0, 94.0], "EI": [np.nan, 97.0, 92.0]}, index=years)
    america = pd.DataFrame({"BGS": [0.0, 1.0, 2.0], "EI": [0.0, 3.0, np.nan]}, index=years)
    figure, ax = charts.house()
    mineral_charts.shares_of_two(ax, china, america)
    assert {90.0, 96.0, 97.0, 92.0, 1.0, 3.0, 2.0} <= set(charts.drawn_values(figure))
    places = {text.get_text(): (text.get_position()[1], text.get_color()) for text in ax.texts}
    assert places["China"][0] > 50 > places["United States"][0]
    assert (places["China"][1], places["United States"][1]) == (charts.CHINA, charts.UNITED_STATES)
    dotted = [line for line in ax.lines if line.get_linestyle() == "--" and len(line.get_xdata()) == len(years)]
    drawn = {line.get_color(): years[np.isfinite(line.get_ydata())].tolist() for line in dotted}
    assert drawn == {charts.CHINA: [2008, 2009], charts.UNITED_STATES: [2009, 2010]}
    assert ax.get_ylim() == (0, 103) and [tick.get_text() for tick in ax.get_yticklabels()][-1] == "100%"
