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
