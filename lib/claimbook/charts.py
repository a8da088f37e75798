"""The house chart: a finding as title, measure and period below it, labels where things stand, the source at the foot.

Frames and words in; out comes one picture with its alt text and the data that was drawn, in one notebook output.
"""

import io
import re
import textwrap
from bisect import bisect_right
from collections.abc import Iterable

import numpy as np

from claimbook.errors import ClaimbookError
from claimbook.words import ALT_WORDS, different_words

CHINA, UNITED_STATES, REST, ACCENT = "#c0392b", "#1f5aa6", "#b4bac2", "#8a5a00"
CHINA_AND_REST = {"China": CHINA, "runner-up": "#7f8894", "all others": "#d5d8dc"}
INK, SOFT_INK, RULE = "#222222", "#595f66", "#e6e8eb"
WIDTH_IN, DPI = 7.2, 150
TITLE_WORDS = 12

STYLE = {
    "font.family": "DejaVu Sans", "font.size": 11, "text.hinting": "none", "text.color": INK,
    "axes.labelcolor": SOFT_INK, "axes.edgecolor": "#9aa0a6",
    "axes.spines.top": False, "axes.spines.right": False, "axes.spines.left": False,
    "axes.grid": True, "axes.grid.axis": "y", "axes.axisbelow": True, "grid.color": RULE, "grid.linewidth": 0.8,
    "xtick.color": SOFT_INK, "ytick.color": INK, "xtick.labelsize": 11, "ytick.labelsize": 11,
    "ytick.major.size": 0, "xtick.major.size": 0, "lines.linewidth": 2.2, "lines.solid_capstyle": "round",
    "figure.facecolor": "white", "savefig.facecolor": "white", "axes.titlesize": 11, "axes.titlelocation": "left",
}  # fmt: skip


class ChartError(ClaimbookError):
    """A chart that breaks the house rules: clipped or overlapping text, data that was not drawn, no alt text."""


def house(height: float = 4.0, rows: int = 1, columns: int = 1, grid: str = "y", **subplots):
    """Return a figure and its axes in the house style.

    Parameters
    ----------
    height : float
        Height of the figure in inches; the width is always 7.2 in, so that type has one size in all charts.
    rows, columns : int
        Panels.
    grid : {"x", "y", "none"}
        Direction along which values are read.
    **subplots
        Passed to `matplotlib.figure.Figure.subplots`.

    Returns
    -------
    figure : matplotlib.figure.Figure
    axes : matplotlib.axes.Axes or ndarray of them
    """
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, height), dpi=DPI)
        FigureCanvasAgg(figure)
        axes = figure.subplots(rows, columns, **subplots)
        for ax in np.atleast_1d(axes).flat:
            ax.grid(False)
            if grid != "none":
                ax.grid(True, axis=grid)
            ax.set(xlabel="", ylabel="")
    return figure, axes


def ranking(
    ax,
    labels: Iterable[str],
    values: Iterable[float],
    highlight: Iterable[str] = (),
    colour: str = CHINA,
    form: str = "{:.0f}%",
) -> None:
    """Draw a ranked list of values as dots on stems, first label on top, each labelled with its value.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels, values : sequences of equal length
    highlight : iterable of str
        Labels drawn in `colour`; all others are grey.
    form : str
        Format of the value label.
    """
    labels, values, highlight = list(labels), np.asarray(list(values), float), set(highlight)
    places = np.arange(len(labels))[::-1]
    colours = [colour if label in highlight else REST for label in labels]
    ax.hlines(places, 0, values, colors=colours, linewidth=2)
    ax.scatter(values, places, c=colours, s=55, zorder=3)
    ax.set_yticks(places, labels)
    for place, value, label, tick in zip(places, values, labels, ax.get_yticklabels(), strict=True):
        bold = {"color": colour, "fontweight": "bold"} if label in highlight else {"color": SOFT_INK}
        ax.annotate(form.format(value), (value, place), (7, 0), textcoords="offset points", va="center", **bold)
        if label in highlight:
            tick.set(color=colour, fontweight="bold")
    ax.set_xlim(left=0)
    ax.set_ylim(-0.7, len(labels) - 0.3)


def counts(ax, frame, colour: str = UNITED_STATES) -> None:
    """Draw a table of counts as a heat map with the number in each cell that has one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
        Rows and columns as they are to stand; whole numbers.
    """
    import seaborn as sns

    shades = sns.light_palette(colour, as_cmap=True)
    words = frame.map(lambda count: str(count) if count else "")
    sns.heatmap(frame, ax=ax, cmap=shades, annot=words, fmt="", cbar=False, linewidths=2, linecolor="white",
                vmin=0, annot_kws={"fontsize": 12})  # fmt: skip
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.set(xlabel="", ylabel="")
    ax.set_xticklabels([_narrow(label, 9) for label in frame.columns], rotation=0, fontsize=8.8)
    ax.set_yticklabels([_narrow(label, 14) for label in frame.index], rotation=0, fontsize=10.5)


def _narrow(label: str, width: int) -> str:
    return textwrap.fill(label, width, break_long_words=False)


def stacked(ax, frame, colours: dict[str, str], form: str = "{:g}") -> None:
    """Draw one bar a row, made of one piece a column, the pieces named once above the first bar.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
        Rows from top to bottom, columns from left to right; zero or more.
    colours : dict
        Column to colour.
    form : str
        Format of the value in each piece.
    """
    places, left = np.arange(len(frame))[::-1], np.zeros(len(frame))
    for column in frame.columns:
        bars = ax.barh(places, frame[column], left=left, color=colours[column], height=0.72, edgecolor="white")
        left += frame[column].to_numpy(float)
        ink = "white" if _dark(colours[column]) else INK
        words = [form.format(value) if value else "" for value in frame[column]]
        ax.bar_label(bars, words, label_type="center", color=ink, fontsize=10)
    ax.set_yticks(places, frame.index)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.set_ylim(-0.6, len(frame) + 0.1)
    key(ax, colours)


def _dark(colour: str) -> bool:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def key(ax, colours: dict[str, str]) -> None:
    """Name colours in one line above the axes, each name in a patch of its own colour."""
    from matplotlib.offsetbox import AnchoredOffsetbox, HPacker, TextArea

    words = [
        TextArea(name, textprops={"fontsize": 10, "color": "white" if _dark(colour) else INK,
                                  "bbox": {"facecolor": colour, "edgecolor": "none", "pad": 2.5}})
        for name, colour in colours.items()
    ]  # fmt: skip
    line = HPacker(children=words, pad=0, sep=12)
    ax.add_artist(AnchoredOffsetbox("lower left", child=line, frameon=False, pad=0.3, borderpad=0,
                                    bbox_to_anchor=(0, 1), bbox_transform=ax.transAxes))  # fmt: skip


def second_dots(ax, labels: Iterable[str], values: dict[str, float], form: str, colour: str = UNITED_STATES) -> None:
    """Add to a `ranking` a second dot in some of its rows, named below the dot.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        On which `ranking` drew `labels`.
    labels : sequence of str
        All labels of the ranking, first on top.
    values : dict
        Label to value, for the rows that get a dot.
    form : str
        Format of the name.
    """
    labels = list(labels)
    for label, value in values.items():
        place = len(labels) - 1 - labels.index(label)
        ax.scatter([value], [place], color=colour, s=55, zorder=4)
        ax.annotate(form.format(value), (value, place), (0, -9), textcoords="offset points", ha="center", va="top",
                    color=colour, fontsize=10)  # fmt: skip


def placements(
    ax,
    columns: dict[str, str],
    rows: Iterable[str],
    placed: Iterable[str],
    colours: Iterable[str],
    strong: Iterable[str] = (),
) -> None:
    """Draw one dot a row, in the column it belongs to.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    columns : dict
        Code to heading, from left to right.
    rows : sequence of str
        Labels, first on top.
    placed : sequence of str
        For each row the code of its column.
    colours : sequence of str
        For each row the colour of its dot.
    strong : iterable of str
        Rows whose label is bold.
    """
    rows, codes = list(rows), list(columns)
    places = np.arange(len(rows))[::-1]
    ax.hlines(places, -0.5, len(codes) - 0.5, color=RULE, linewidth=0.8)
    ax.scatter([codes.index(code) for code in placed], places, c=list(colours), s=90, zorder=3)
    ax.set_yticks(places, rows)
    for row, tick in zip(rows, ax.get_yticklabels(), strict=True):
        tick.set_fontweight("bold" if row in strong else "normal")
    ax.set_xticks(range(len(codes)), columns.values())
    ax.xaxis.tick_top()
    ax.spines["bottom"].set_visible(False)
    ax.set_xlim(-0.5, len(codes) - 0.5)


def spread(places: Iterable[float], gap: float) -> np.ndarray:
    """Return places moved as little as needed to lie at least `gap` apart, their order kept.

    The least-squares solution: places less their rank times the gap are made non-decreasing (pool adjacent violators).
    """
    places = np.asarray(list(places), float)
    order = np.argsort(places, kind="stable")
    blocks: list[list[float]] = []  # mean, number of places
    for value in places[order] - gap * np.arange(len(places)):
        blocks.append([value, 1])
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            mean, number = blocks.pop()
            blocks[-1] = [
                (blocks[-1][0] * blocks[-1][1] + mean * number) / (blocks[-1][1] + number),
                blocks[-1][1] + number,
            ]
    even = np.concatenate([np.full(int(number), mean) for mean, number in blocks] or [np.array([])])
    moved = np.empty_like(places)
    moved[order] = even + gap * np.arange(len(places))
    return moved


def name_points(
    ax,
    x,
    y,
    names: Iterable[str],
    wanted: Iterable[str],
    strong: Iterable[str] = (),
    side: str = "right",
    gap: float = 0.0,
) -> None:
    """Name some points of a scatter beside where they stand, names that would collide moved apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, y : sequences of float
        Places of all points.
    names : sequence of str
        Names of all points.
    wanted : iterable of str
        Names to be shown, each once.
    strong : iterable of str
        Names shown bold.
    side : {"left", "right"}
        Side of the point on which the name stands.
    gap : float
        Least distance between two names, in units of y.
    """
    from matplotlib.transforms import offset_copy

    wanted = set(wanted)
    chosen = {name: (across, up) for across, up, name in zip(x, y, names, strict=True) if name in wanted}
    heights = spread([up for _, up in chosen.values()], gap)
    beside = offset_copy(ax.transData, ax.figure, x=9 if side == "right" else -9, units="points")
    stem = {"arrowstyle": "-", "color": REST, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 3}
    for (name, (across, up)), height in zip(chosen.items(), heights, strict=True):
        bold = {"fontweight": "bold", "color": INK} if name in strong else {"color": SOFT_INK}
        ax.annotate(name, (across, up), (across, height), textcoords=beside, va="center", fontsize=9.5,
                    ha="left" if side == "right" else "right", arrowprops=None if np.isclose(height, up) else stem,
                    **bold)  # fmt: skip


def intervals(
    ax,
    labels: Iterable[str],
    first: Iterable[float],
    last: Iterable[float],
    colours: Iterable[str],
    words: Iterable[str],
    hollow: bool = False,
) -> None:
    """Draw one stretch a row between two values, first row on top, its words behind the greater one.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels : sequence of str
    first, last : sequences of float
        Ends of each stretch: bounds, or from where to where; equal ends make one dot. A row that lacks `first` has its
        words alone at zero; one that lacks only `last` is open, drawn as an arrowhead at `first`.
    colours : sequence of str
        For each row.
    words : sequence of str
        For each row; an empty text is left out.
    hollow : bool
        Whether the first end is drawn hollow, so that the direction is seen.
    """
    labels = list(labels)
    places = np.arange(len(labels))[::-1]
    rows = zip(places, np.asarray(list(first), float), np.asarray(list(last), float), colours, words, strict=True)
    for place, a, b, colour, text in rows:
        open_end = not np.isnan(a) and np.isnan(b)
        if not np.isnan(a):
            ax.plot([a, a if open_end else b], [place, place], color=colour, linewidth=2.4, zorder=2)
            face = "white" if hollow and not open_end and a != b else colour
            ax.scatter([a], [place], s=55, color=face, edgecolors=colour, linewidths=1.6, zorder=3,
                       marker=">" if open_end else "o")  # fmt: skip
        if not np.isnan(b):
            ax.scatter([b], [place], s=55, color=colour, zorder=4)
        if text:
            at = np.nanmax([a, b]) if not np.isnan(a) else 0
            ax.annotate(text, (at, place), (8 if not np.isnan(a) else 2, 0), textcoords="offset points", va="center",
                        color=SOFT_INK if np.isnan(a) else INK, fontsize=9.5,
                        bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
    ax.set_yticks(places, labels)
    ax.set_ylim(-0.7, len(labels) - 0.3)
    ax.set_xlim(left=0)


def courses(ax, frame, colours: dict[str, str], names: dict[str, str], gap: float = 0.0) -> None:
    """Draw one line a column, each named at its right end in its colour.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
        Index across, columns of values; leave room at the right for the names.
    colours, names : dict
        By column.
    gap : float
        Least distance between two names, in units of y; on a logarithmic axis, in tenfolds.
    """
    ends = frame.iloc[-1].to_numpy(float)
    heights = 10 ** spread(np.log10(ends), gap) if ax.get_yscale() == "log" else spread(ends, gap)
    for (column, values), height in zip(frame.items(), heights, strict=True):
        ax.plot(frame.index, values, color=colours[column])
        ax.annotate(names[column], (frame.index[-1], height), (6, 0), textcoords="offset points", va="center",
                    color=colours[column])  # fmt: skip


def band(ax, x, low, high, colour: str, whole=None) -> None:
    """Draw a course of which each point is known between bounds; where the bounds agree it is a line.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    x, low, high : sequences of equal length
        Places, and bounds in data units.
    whole : sequence of bool, optional
        False for points of an incomplete period: they are drawn hollow and apart from the course.
    """
    x, low, high = np.asarray(x), np.asarray(low, float), np.asarray(high, float)
    whole = np.ones(len(x), bool) if whole is None else np.asarray(whole, bool)
    ax.fill_between(x[whole], low[whole], high[whole], color=colour, alpha=0.3, linewidth=0)
    for edge in (low, high):
        ax.plot(x[whole], edge[whole], color=colour, linewidth=1.8)
        ax.scatter(x[~whole], edge[~whole], facecolors="white", edgecolors=colour, s=30, zorder=3)


def measured_by(ax, frame, colour: str) -> None:
    """Draw a course that several sources measure: a band between them, dotted where only one does.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    frame : pandas.DataFrame
        Index across, one column a source, missing where a source has no value.
    colour : str
    """
    low, high = frame.min(axis=1), frame.max(axis=1)
    alone = frame.notna().sum(axis=1) == 1
    ax.fill_between(frame.index, low, high, where=~alone, color=colour, alpha=0.25, linewidth=0)
    for edge in (low, high):
        ax.plot(frame.index, edge.where(~alone), color=colour, linewidth=1.6)
    joined = alone | alone.shift(1, fill_value=False) | alone.shift(-1, fill_value=False)
    ax.plot(frame.index, ((low + high) / 2).where(joined), color=colour, linewidth=1.8, linestyle=(0, (1, 1.6)))


def spans(ax, rows: Iterable[str], frame, colours: dict[str, str]) -> None:
    """Draw a time line: one row a thing, one stretch a standing, first row on top.

    A thin line is a thing to come, a full bar holds, a hollow bar is suspended, a dot is a moment.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    rows : sequence of str
        Labels from top to bottom.
    frame : pandas.DataFrame
        row (one of `rows`), start, end (dates; equal for a moment), standing ("announced", "in force", "suspended") and
        kind; other standings are left blank.
    colours : dict
        Kind to colour; `key` names those that the rows don't.
    """
    rows = list(rows)
    places = {row: len(rows) - 1 - place for place, row in enumerate(rows)}
    for place in places.values():
        ax.axhline(place, color=RULE, linewidth=0.8, zorder=0)
    for piece in frame.itertuples():
        place, colour = places[piece.row], colours[piece.kind]
        if piece.start == piece.end:
            ax.scatter([piece.start], [place], color=colour, s=34, zorder=4)
            continue
        for width, ink in {"announced": [(1.4, colour)], "in force": [(9, colour)],
                           "suspended": [(9, colour), (6, "white")]}.get(piece.standing, []):  # fmt: skip
            ax.plot([piece.start, piece.end], [place, place], color=ink, linewidth=width, solid_capstyle="butt")
    ax.set_yticks(list(places.values()), rows)
    ax.tick_params(axis="y", labelsize=9.5)
    ax.set_ylim(-0.7, len(rows) - 0.3)


def halved(ax, left, right, colours: dict[str, str]) -> None:
    """Draw a grid of cells in two halves: how a thing stood then (left half) and later (right half).

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    left, right : pandas.DataFrame
        Same rows and columns, as they are to stand; each cell a name in `colours`, or empty.
    colours : dict
        Name to colour, named once above the grid.
    """
    for half, frame in ((0, left), (1, right)):
        for (row, column), name in np.ndenumerate(frame.to_numpy(str)):
            x, y = column + 0.03 + 0.48 * half, len(frame) - 1 - row + 0.06
            ax.bar(x, 0.88, 0.46, bottom=y, align="edge", color=colours.get(name, "#f4f5f6"), linewidth=0)
    ax.set_xticks(np.arange(left.shape[1]) + 0.5, [_narrow(label, 10) for label in left.columns], fontsize=9)
    ax.set_yticks(np.arange(len(left))[::-1] + 0.5, [textwrap.fill(label, 24) for label in left.index], fontsize=9.5)
    ax.spines["bottom"].set_visible(False)
    ax.set(xlim=(0, left.shape[1]), ylim=(0, len(left)))
    key(ax, colours)


def monthly(ax, values, hollow: Iterable[bool], colour: str = CHINA) -> None:
    """Draw a monthly series whose gaps stay open: a line broken at each month without a value, a dot a month.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    values : pandas.Series
        By month, missing where nothing is known.
    hollow : sequence of bool
        Months whose dot is hollow: worked out, not printed.
    """
    hollow = np.asarray(list(hollow), bool)
    ax.plot(values.index, values.to_numpy(float), color=colour, zorder=2)
    ax.scatter(values.index, values.to_numpy(float), s=26, zorder=3, edgecolors=colour, linewidths=1.4,
               c=["white" if open_dot else colour for open_dot in hollow])  # fmt: skip
    ax.set_ylim(bottom=0)


def bare_axis(ax) -> None:
    """Take away the axis of values, where every mark carries its own."""
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)


def mark(ax, at, text: str, y: float = 1.0, colour: str = SOFT_INK, side: str = "right", along: str = "x") -> None:
    """Draw a thin line at a date or threshold and name it where it stands.

    Parameters
    ----------
    at : date or float
        Position on the axis.
    y : float
        Place of the text along the line, 0 to 1.
    side : {"left", "right"}
        Side of the line on which the text stands (for ``along="y"``: end of the axis).
    along : {"x", "y"}
        Axis on which `at` lies.
    """
    gap = 5 if side == "right" else -5
    align = "left" if side == "right" else "right"
    if along == "x":
        ax.axvline(at, color=colour, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
        ax.annotate(
            text,
            (ax.convert_xunits(at), y),
            (gap, 0),
            xycoords=ax.get_xaxis_transform(),
            textcoords="offset points",
            ha=align,
            va="top",
            color=colour,
            fontsize=10,
        )
    else:
        ax.axhline(at, color=colour, linewidth=1.1, linestyle=(0, (4, 3)), zorder=1)
        ax.annotate(
            text,
            (1.0 if side == "left" else 0.0, at),
            (0, 4),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            ha=align,
            va="bottom",
            color=colour,
            fontsize=10,
        )


def drawn_values(figure) -> np.ndarray:
    """Return every data value the figure's artists carry: line and marker points, stems, bars, heat-map cells."""
    import matplotlib.dates as mdates
    from matplotlib.collections import Collection, LineCollection, QuadMesh
    from matplotlib.container import BarContainer

    found = [np.array([])]
    for ax in figure.axes:
        for line in ax.lines:
            found += [
                np.asarray(mdates.date2num(v) if np.asarray(v).dtype.kind in "MO" else v, float).ravel()
                for v in (line.get_xdata(), line.get_ydata())
            ]
        for collection in ax.collections:
            if isinstance(collection, QuadMesh):
                found.append(np.ma.filled(np.ma.asarray(collection.get_array(), float), np.nan).ravel())
            elif isinstance(collection, LineCollection):
                found += [np.asarray(segment, float).ravel() for segment in collection.get_segments()]
            elif isinstance(collection, Collection):
                found.append(np.ma.filled(np.ma.asarray(collection.get_offsets(), float), np.nan).ravel())
                found += [path.vertices.ravel() for path in collection.get_paths()]
        for bars in ax.containers:
            if isinstance(bars, BarContainer):
                found += [
                    np.array(
                        [
                            bar.get_width(),
                            bar.get_height(),
                            bar.get_x() + bar.get_width(),
                            bar.get_y() + bar.get_height(),
                        ],
                        float,
                    )
                    for bar in bars
                ]
    return np.concatenate(found)


def _must_be_drawn(figure, data, drawn: Iterable[str]) -> None:
    values = np.sort(drawn_values(figure))
    values = values[np.isfinite(values)]
    for column in drawn:
        wanted = data[column].dropna().to_numpy(float)
        after = np.searchsorted(values, wanted).clip(0, max(len(values) - 1, 0))
        before = np.maximum(after - 1, 0)
        near = np.minimum(abs(values[before] - wanted), abs(values[after] - wanted)) if len(values) else np.inf
        missing = wanted[near > 1e-9 * np.maximum(1, abs(wanted))]
        if len(missing):
            raise ChartError(f"{column}: {missing[0]:g} is in the data but was not drawn; plot it or drop the column")


def _hidden_tick_labels(figure) -> set:
    """Labels of ticks that lie outside the view; matplotlib keeps them and does not draw them."""
    hidden = set()
    for axis in (axis for ax in figure.axes for axis in (ax.xaxis, ax.yaxis)):
        low, high = sorted(axis.get_view_interval())
        room = 1e-9 * (high - low)
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if not low - room <= tick.get_loc() <= high + room:
                hidden |= {tick.label1, tick.label2}
    return hidden


def _texts(figure, renderer) -> list[tuple[str, object]]:
    from matplotlib.text import Text

    found, hidden = [], _hidden_tick_labels(figure)
    for text in figure.findobj(Text):
        if text not in hidden and text.get_visible() and text.get_text().strip():
            box = Text.get_window_extent(text, renderer)  # of the words alone, without an arrow
            if box.width > 0 and box.height > 0:
                found.append((text.get_text().replace("\n", " "), box))
    return found


def _must_be_legible(figure, texts) -> None:
    frame = figure.bbox
    for words, box in texts:
        if box.x0 < -1 or box.y0 < -1 or box.x1 > frame.x1 + 1 or box.y1 > frame.y1 + 1:
            raise ChartError(f"text {words!r} is clipped by the edge of the figure; shorten or move it")
    for index, (words, box) in enumerate(texts):
        for others, other in texts[index + 1 :]:
            wide = min(box.x1, other.x1) - max(box.x0, other.x0)
            high = min(box.y1, other.y1) - max(box.y0, other.y0)
            if wide > 2 and high > 0.25 * min(box.height, other.height):
                raise ChartError(f"texts {words!r} and {others!r} overlap; move one")


def _wrap(figure, text: str, size: float, weight: str = "normal") -> str:
    """Break `text` into lines that fit the figure's width."""
    from matplotlib.font_manager import FontProperties

    prop = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    measure = figure.canvas.get_renderer().get_text_width_height_descent
    limit, words, lines = figure.bbox.width - 16 * figure.dpi / 72, text.split(), []

    def width(count: int) -> float:
        return measure(" ".join(words[:count]), prop, ismath=False)[0]

    while words:
        fits = len(words) if width(len(words)) <= limit else bisect_right(range(1, len(words)), limit, key=width)
        lines.append(" ".join(words[: max(fits, 1)]))
        words = words[max(fits, 1) :]
    return "\n".join(lines)


def _frame(figure, title: str, subtitle: str, source: str) -> None:
    """Write title, subtitle and source, and give the axes the room between them."""
    high = figure.get_figheight() * 72
    title, subtitle = _wrap(figure, title, 15, "bold"), _wrap(figure, subtitle, 10.5)
    source = _wrap(figure, f"Source: {source}", 9)
    y = high - 8
    for words, size, gap, style in (
        (title, 15, 5, {"fontweight": "bold", "color": INK}),
        (subtitle, 10.5, 0, {"color": SOFT_INK}),
    ):
        figure.text(
            8 / (WIDTH_IN * 72), y / high, words, fontsize=size, va="top", linespacing=1.2, parse_math=False, **style
        )
        y -= size * 1.2 * (words.count("\n") + 1) + gap
    figure.text(
        8 / (WIDTH_IN * 72),
        7 / high,
        source,
        fontsize=9,
        va="bottom",
        color=SOFT_INK,
        linespacing=1.2,
        parse_math=False,
    )
    foot = 7 + 9 * 1.25 * (source.count("\n") + 1) + 8
    figure.set_layout_engine(
        "constrained", rect=(0.008, foot / high, 0.984, (y - 8 - foot) / high), h_pad=0.02, w_pad=0.02
    )


def _paletted(pixels: np.ndarray):
    """Return a picture of at most 256 colours: the commonest 64 as they are, the shades of letters and edges merged.

    Pillow alone takes twice as long and blurs the colours of letters: it counts a background as much as a label.

    Parameters
    ----------
    pixels : array of uint8, shape (height, width, 4)

    Returns
    -------
    PIL.Image.Image
    """
    from PIL import Image

    packed = np.ascontiguousarray(pixels).view(np.uint32).ravel()
    starts = np.flatnonzero(np.concatenate(([True], packed[1:] != packed[:-1])))  # of runs of one colour
    lengths = np.diff(starts, append=len(packed))
    colours, which = np.unique(packed[starts], return_inverse=True)
    rgb = colours.view(np.uint8).reshape(-1, 4)[:, :3]
    order = np.argsort(-np.bincount(which, weights=lengths), kind="stable")
    palette, shades = rgb[order[:64]], rgb[order[64:]]
    if len(shades):
        merged = Image.fromarray(shades[None]).quantize(192, Image.Quantize.MAXCOVERAGE)
        palette = np.concatenate([palette, np.reshape(merged.getpalette(), (-1, 3))]).astype(np.uint8)
    nearest = ((rgb[:, None].astype(int) - palette) ** 2).sum(axis=2).argmin(axis=1).astype(np.uint8)
    picture = Image.fromarray(np.repeat(nearest[which], lengths).reshape(pixels.shape[:2])).convert("P")
    picture.putpalette(palette.tobytes())
    return picture


def _png(figure) -> bytes:
    """The drawn figure as a PNG of at most 256 colours: a third of the bytes, and no difference to be seen."""
    image = _paletted(np.asarray(figure.canvas.buffer_rgba()))
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=6)
    return buffer.getvalue()


def _ten_digits(value: float) -> str:
    """Write a number without the digits that differ between machines, since sums are added in another order."""
    return repr(float(f"{value:.10g}"))


def picture(
    figure, title: str, subtitle: str, source: str, alt: str, data, drawn: Iterable[str] | None = None
) -> tuple[dict, dict]:
    """Return the chart as a notebook output: MIME bundle and metadata.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Made by `house`.
    title : str
        The finding, in twelve words or fewer.
    subtitle : str
        Measure, place, period.
    source : str
        Who published the numbers, edition included.
    alt : str
        What is seen, in eight different words or more; neither the title nor the subtitle again.
    data : pandas.DataFrame
        The values drawn, one row a mark.
    drawn : iterable of str, optional
        Columns whose values must be found among the artists; default: all columns of numbers.

    Returns
    -------
    bundle : dict
        ``image/png`` (bytes, 1,080 pixels wide), ``text/csv`` (the data, ten digits a number), ``text/plain`` (the alt
        text).
    metadata : dict
        Alt text and width of the picture.

    Raises
    ------
    ChartError
        If text is clipped or overlaps, a value of the data was not drawn, the title is too long or the alt text poor.
    """
    import matplotlib as mpl

    if len(title.split()) > TITLE_WORDS:
        raise ChartError(f"title {title!r} has more than {TITLE_WORDS} words; say the finding shorter")
    if different_words(alt) < ALT_WORDS:
        raise ChartError(f"alt text {alt!r} is too short; say what is seen in {ALT_WORDS} different words or more")
    if alt.casefold() in (title.casefold(), subtitle.casefold()):
        raise ChartError(f"alt text {alt!r} repeats what is printed above the chart; say what is seen")
    _must_be_drawn(figure, data, data.select_dtypes("number").columns if drawn is None else drawn)
    with mpl.rc_context(STYLE):
        _frame(figure, title, subtitle, source)
        figure.canvas.draw()
        _must_be_legible(figure, _texts(figure, figure.canvas.get_renderer()))
        picture = _png(figure)
    csv = data.to_csv(index=False, lineterminator="\n", float_format=_ten_digits)
    bundle = {"image/png": picture, "text/csv": csv, "text/plain": re.sub(r"\s+", " ", alt).strip()}
    return bundle, {"image/png": {"alt": bundle["text/plain"], "width": int(WIDTH_IN * 100)}}


def show(figure, *, title: str, subtitle: str, source: str, alt: str, data, drawn: Iterable[str] | None = None) -> None:
    """Show a chart in a notebook with its alt text and its data; parameters as in `picture`."""
    from IPython.display import display

    bundle, metadata = picture(figure, title, subtitle, source, alt, data, drawn)
    display(bundle, metadata=metadata, raw=True)
