import datetime as dt
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from claimbook import charts

DATA = pd.DataFrame({"mineral": ["Gallium", "Nickel"], "share_pct": [99.0, 3.0]})
WORDS = {
    "title": "Gallium leads", "subtitle": "Share of world output, percent, 2024", "source": "A table",
    "alt": "Two dots on stems: gallium far to the right, nickel close to zero.",
}  # fmt: skip


def chart(height=3.0):
    figure, ax = charts.house(height, grid="none")
    charts.ranking(ax, DATA.mineral, DATA.share_pct, ["Gallium"])
    ax.set_xlim(0, 115)
    return figure, ax


def test_picture_carries_alt_text_and_data():
    bundle, metadata = charts.picture(chart()[0], **WORDS, data=DATA)
    assert metadata["image/png"]["alt"] == WORDS["alt"] == bundle["text/plain"]
    assert pd.read_csv(io.StringIO(bundle["text/csv"])).equals(DATA)
    assert Image.open(io.BytesIO(bundle["image/png"])).size == (1080, 450)


def test_pictures_keep_colours():
    """A few colours stay as they are; of more than 256, the common ones do and none goes far."""
    few = np.zeros((4, 6, 4), np.uint8)
    few[:, :3], few[:, 3:] = (192, 57, 43, 255), (31, 90, 166, 255)
    assert np.array_equal(np.asarray(charts._paletted(few).convert("RGB")), few[:, :, :3])
    many = np.full((40, 40, 4), 255, np.uint8)
    many[:20, :, 0], many[:20, :, 1] = np.arange(20)[:, None] * 12, np.arange(40) * 6
    drawn = np.asarray(charts._paletted(many).convert("RGB")).astype(int)
    assert np.array_equal(drawn[20:], many[20:, :, :3])
    assert 0 < abs(drawn - many[:, :, :3]).max() <= 12


def test_data_is_written_without_digits_that_differ_between_machines():
    data = DATA.assign(share_pct=[99 + 1e-12, 3.0])
    bundle, _ = charts.picture(chart()[0], **WORDS, data=data)
    assert bundle["text/csv"] == "mineral,share_pct\nGallium,99.0\nNickel,3.0\n"


def test_same_bytes_twice():
    first, second = (charts.picture(chart()[0], **WORDS, data=DATA)[0]["image/png"] for _ in range(2))
    assert first == second


def test_data_that_is_not_drawn_is_refused():
    wrong = DATA.assign(share_pct=[99.0, 4.0])
    with pytest.raises(charts.ChartError, match="share_pct: 4 is in the data but was not drawn"):
        charts.picture(chart()[0], **WORDS, data=wrong)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title": "one two three four five six seven eight nine ten eleven twelve thirteen"}, "more than 12 words"),
        ({"alt": "A chart of shares"}, "too short"),
        ({"alt": "chart Chart chart, chart; chart chart chart chart chart"}, "too short"),
        (dict.fromkeys(["title", "alt"], "Gallium leads, far before nickel and all others"), "repeats what is"),
        ({"subtitle": WORDS["alt"]}, "repeats what is printed above the chart"),
    ],
)
def test_words_are_held_to_the_house_rules(change, message):
    with pytest.raises(charts.ChartError, match=message):
        charts.picture(chart()[0], **{**WORDS, **change}, data=DATA)


def test_overlapping_and_clipped_text_is_refused():
    figure, ax = chart()
    ax.text(50, 0.5, "here"), ax.text(50, 0.5, "there")
    with pytest.raises(charts.ChartError, match="'here' and 'there' overlap"):
        charts.picture(figure, **WORDS, data=DATA)
    figure, ax = chart()
    ax.annotate("far out", (1.3, 0.5), xycoords="axes fraction", annotation_clip=False).set_in_layout(False)
    with pytest.raises(charts.ChartError, match="clipped"):
        charts.picture(figure, **WORDS, data=DATA)


def test_drawn_values_of_each_kind_of_mark():
    figure, ax = charts.house(columns=3)
    ax[0].plot([dt.date(2025, 10, 25)], [7.5])
    ax[1].barh(["a"], [12.25])
    ax[2].pcolormesh(np.array([[31.0]]))
    values = charts.drawn_values(figure)
    assert {7.5, 12.25, 31.0, 20386.0} <= set(values)


def test_spread_by_hand():
    assert charts.spread([0, 0, 10], 2).tolist() == [-1, 1, 10]
    assert charts.spread([5, 1], 1).tolist() == [5, 1]
    assert charts.spread([], 1).tolist() == []


@given(st.lists(st.floats(-1e3, 1e3), max_size=20), st.floats(0, 50))
def test_spread_keeps_the_order_and_the_gap(places, gap):
    moved = np.array(charts.spread(places, gap))[np.argsort(places, kind="stable")]
    assert (np.diff(moved) >= gap - 1e-6).all()
    assert np.mean(moved) == pytest.approx(np.mean(places), abs=1e-6) if places else True


def test_intervals_are_drawn_from_end_to_end():
    figure, ax = charts.house(grid="x")
    first, last = [1.5, 4.25, np.nan, 7.75], [3.5, np.nan, np.nan, 7.75]
    charts.intervals(
        ax, ["range", "at least", "unknown", "one"], first, last, ["#333333"] * 4, ["", "", "no count", ""]
    )
    assert {1.5, 3.5, 4.25, 7.75} <= set(charts.drawn_values(figure))
    assert [text.get_text() for text in ax.texts] == ["no count"]


def test_a_band_keeps_the_parts_of_a_period_apart():
    figure, ax = charts.house()
    charts.band(ax, [2022, 2023, 2024], [1.0, 2.0, 0.5], [3.0, 2.0, 0.5], "#333333", [True, True, False])
    assert all(list(line.get_xdata()) == [2022, 2023] for line in ax.lines), "an incomplete year is no fall"
    assert {3.0, 0.5} <= set(charts.drawn_values(figure))


def test_spans_draw_each_standing_its_way():
    days = pd.to_datetime(["2025-01-01", "2025-02-01", "2025-03-01"])
    frame = pd.DataFrame({"row": ["a", "a", "b"], "standing": ["announced", "suspended", None],
                          "start": days, "end": [days[1], days[2], days[2]], "kind": "licence"})  # fmt: skip
    figure, ax = charts.house(2.0, grid="none")
    charts.spans(ax, ["a", "b"], frame, {"licence": charts.CHINA})
    pieces = [(line.get_linewidth(), line.get_color()) for line in ax.lines if len(set(line.get_ydata())) == 1]
    assert [piece for piece in pieces if piece[1] != charts.RULE] == [
        (1.4, charts.CHINA), (9, charts.CHINA), (6, "white")]  # fmt: skip
    (dot,) = ax.collections
    assert dot.get_offsets()[0, 1] == 0  # the moment of row b, at the foot


def test_halves_of_a_cell_carry_their_colours():
    left = pd.DataFrame({"licence": ["in force", ""]}, index=["Tin", "Zinc"])
    figure, ax = charts.house(2.0, grid="none")
    charts.halved(ax, left, left.replace("in force", "suspended"), {"in force": "#ff0000", "suspended": "#00ff00"})
    colours = [patch.get_facecolor()[:3] for patch in ax.patches]
    assert colours[0] == (1, 0, 0) and colours[2] == (0, 1, 0)
    assert colours[1] == colours[3] and colours[1] not in (colours[0], colours[2])
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["Tin", "Zinc"]


def test_a_month_without_a_figure_breaks_the_line():
    months = pd.Series([1.0, np.nan, 3.0], pd.date_range("2025-01-01", periods=3, freq="MS"))
    figure, ax = charts.house(2.0)
    charts.monthly(ax, months, [False, False, True], "#ff0000")
    assert np.isnan(ax.lines[0].get_ydata()[1])
    faces = ax.collections[0].get_facecolors()
    assert tuple(faces[0][:3]) == (1, 0, 0) and tuple(faces[2][:3]) == (1, 1, 1)


def test_a_mark_stands_at_a_date():
    figure, ax = charts.house(2.0)
    ax.plot(pd.to_datetime(["2025-01-01", "2025-12-31"]), [0, 1])
    charts.mark(ax, pd.Timestamp("2025-07-01"), "half")
    figure.canvas.draw()
    assert ax.texts[0].get_window_extent().x0 > ax.get_window_extent().x0


def test_courses_on_a_logarithmic_axis_are_named_tenfolds_apart():
    _, ax = charts.house(3)
    ax.set_yscale("log")
    charts.courses(ax, pd.DataFrame({"a": [1.0, 10.0], "b": [1.0, 10.0]}), {"a": "#ff0000", "b": "#0000ff"},
                   {"a": "first", "b": "second"}, gap=1)  # fmt: skip
    assert [label.xy[1] for label in ax.texts] == pytest.approx([10**0.5, 10**1.5])


def test_courses_are_named_at_their_ends_and_apart():
    frame = pd.DataFrame({"a": [0.0, 10.0], "b": [5.0, 11.0]}, index=[2024, 2025])
    figure, ax = charts.house(2.0)
    charts.courses(ax, frame, {"a": "#ff0000", "b": "#0000ff"}, {"a": "first", "b": "second"}, gap=4)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0, 10], [5, 11]]
    assert [(text.get_text(), text.get_color()) for text in ax.texts] == [("first", "#ff0000"), ("second", "#0000ff")]
    assert [text.xy for text in ax.texts] == [(2025, pytest.approx(8.5)), (2025, pytest.approx(12.5))]


def test_a_year_with_one_source_is_dotted():
    frame = pd.DataFrame({"first": [10.0, 20.0, 30.0], "second": [np.nan, 24.0, 36.0]}, index=[1994, 1995, 1996])
    figure, ax = charts.house()
    charts.measured_by(ax, frame, "#333333")
    *edges, dotted = ax.lines
    assert [list(np.asarray(edge.get_ydata())[1:]) for edge in edges] == [[20, 30], [24, 36]]
    assert list(np.asarray(dotted.get_ydata())[:2]) == [10, 22], "joined to the middle of the band"
    assert np.isnan(np.asarray(dotted.get_ydata())[2]) and dotted.get_linestyle() != "-"
