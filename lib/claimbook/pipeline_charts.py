"""Pictures of the pipeline scenario, and sliders that redraw one where a kernel is live.

In: frames of `claimbook.deals` and `claimbook.pipeline`. Out: marks on the axes of a house chart; figures.
"""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from claimbook import charts
from claimbook.pipeline import MEASURES, YEARS, Assumptions, expected, simulate, tranches
from claimbook.prose import Link

STEP_COLOURS = {
    "delivered": "#1f5aa6", "beside the deal": "#8fb3dc", "words and plans": "#b4bac2", "not found": "#ffffff",
    "setback": "#7a3b00",
}  # fmt: skip


def range_words(assumed: Assumptions, name: str) -> str:
    """Return the range of one assumption in words: "0 to 5 years", "67% to 95%"."""
    low, _, high = assumed.triple(name)
    unit = assumed.table.at[name, "unit"]
    if unit.startswith(("share", "probability")):
        digits = 1 if unit == "share/year" else 0
        return f"{low:.{digits}%} to {high:.{digits}%}"
    return f"{low:,.3g} to {high:,.3g} years" if unit == "years" else f"{low / 1000:.3g} to {high / 1000:.3g} kt"


def assumptions_table(assumed: Assumptions) -> pd.DataFrame:
    """Return the assumptions that hold for all projects and for China as a table for readers."""
    order = ["operating", "commissioning", "building", "financed", "studied", "announced", "suspended"]
    rows = assumed.table[assumed.table["group"].isin(["chance", "behaviour", "china"])]
    place = rows["group"].map({"chance": 0, "behaviour": 100, "china": 200})
    place += [order.index(key) if key in order else 50 for key in rows["key"]]
    rows = rows.loc[place.sort_values(kind="stable").index]
    chance = rows["group"] == "chance"
    values = {
        column.capitalize(): [f"{value:,.4g}" if value < 1000 else f"{value:,.0f}" for value in rows[column]]
        for column in ("low", "central", "high")
    }
    return pd.DataFrame({
        "Assumption": rows["meaning"].where(~chance, rows["meaning"] + " (" + rows["key"] + ")").tolist(),
        **values,
        "Unit": rows["unit"].replace("share of tonnes", "share").tolist(),
        "Basis": rows["basis"].tolist(),
    })  # fmt: skip


def plants_table(projects: pd.DataFrame, assumed: Assumptions) -> pd.DataFrame:
    """Return the plants that some measure counts, with tonnes, status, start and the pages they rest on."""
    used = {product for _, products in MEASURES.values() for product in products}
    stages = {stage for stage, _ in MEASURES.values()}
    pieces = tranches(projects, assumed)
    pieces = pieces[pieces["stage"].isin(stages) & pieces["product"].isin(used)]
    pieces = pieces[~((pieces["stage"] == "separation") & (pieces["product"] == "REO"))]
    pieces = pieces[~((pieces["stage"] == "mine") & (pieces["product"] != "REO"))]
    rows = projects.set_index("id").loc[pieces["id"]]
    readings = assumed.table.reindex(pieces["gross_of"])
    sources = [
        [Link(p, u), *([Link(q, v)] if isinstance(v, str) else [])]
        for p, u, q, v in zip(
            rows["publisher"], rows["source_url"], readings["publisher"], readings["source_url"], strict=True
        )
    ]
    return pd.DataFrame({
        "Plant": rows["project"].tolist(), "Country": rows["country"].tolist(), "Stage": pieces["stage"].tolist(),
        "Product": pieces["product"].tolist(), "Tonnes a year": pieces["gross_t"].tolist(),
        "Now": [p.status if p.piece == "to come" else "there" for p in pieces.itertuples()],
        "Start as planned": rows["planned_start_text"].tolist(), "As of": rows["status_as_of"].tolist(),
        "Sources": sources,
    })  # fmt: skip


def courses(ax, steps: pd.DataFrame, rows: Iterable[str], colours: Mapping[str, str]) -> None:
    """Draw one line a deal with a dot for each step on its day, dots that would cover each other moved apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    steps : DataFrame
        Columns deal, date, step.
    rows : iterable of str
        Deals, first on top; one without steps keeps its line.
    colours : mapping
        Step to colour; white is drawn hollow.
    """
    import matplotlib.dates as mdates

    rows = list(rows)
    places = {row: len(rows) - 1 - number for number, row in enumerate(rows)}
    ax.hlines(list(places.values()), steps["date"].min(), steps["date"].max(), color=charts.RULE, linewidth=1.2)
    for row, dots in steps.groupby("deal"):
        days = charts.spread(mdates.date2num(dots["date"]), 6)
        faces = [colours[step] for step in dots["step"]]
        edges = [charts.SOFT_INK if face == "#ffffff" else face for face in faces]
        ax.scatter(days, np.full(len(days), places[row]), s=60, c=faces, edgecolors=edges, linewidths=1.2, zorder=3)
    ax.set_yticks(list(places.values()), rows)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    ax.xaxis.set_major_locator(mdates.MonthLocator(bymonth=(1, 4, 7, 10)))
    ax.xaxis.set_major_formatter(mdates.ConciseDateFormatter(ax.xaxis.get_major_locator(), show_offset=False))


def share_course(ax, projects: pd.DataFrame, assumed: Assumptions, measure: str) -> pd.DataFrame:
    """Draw China's share by year: the central case as a line, the draws without their outer tenths as a band.

    Returns
    -------
    DataFrame
        year, central_pct, low_pct, median_pct, high_pct: what was drawn, the median apart.
    """
    case = expected(projects, assumed, measure)
    bands = simulate(projects, assumed, measure).bands()
    frame = pd.DataFrame({"year": YEARS, "central_pct": case["share"] * 100})
    frame = frame.assign(**{f"{name}_pct": bands[name] * 100 for name in ("low", "median", "high")})
    ax.fill_between(frame["year"], frame["low_pct"], frame["high_pct"], color=charts.CHINA, alpha=0.22, linewidth=0)
    ax.plot(frame["year"], frame["central_pct"], color=charts.CHINA)
    ax.set_ylim(50, 100)
    ax.set_xlim(min(YEARS), max(YEARS) + 0.2)
    ax.yaxis.set_major_formatter("{x:.0f}%")
    last = frame.iloc[-1]
    ax.annotate(f"{last['central_pct']:.0f}%", (last["year"], last["central_pct"]), (-4, 6), color=charts.CHINA,
                textcoords="offset points", ha="right", fontweight="bold")  # fmt: skip
    return frame


def show_course(projects: pd.DataFrame, assumed: Assumptions, measure: str, title: str) -> None:
    """Show `share_course` as a house chart."""
    figure, ax = charts.house(3.5)
    frame = share_course(ax, projects, assumed, measure)
    first, last = frame.iloc[0], frame.iloc[-1]
    charts.show(
        figure,
        title=title,
        subtitle="China’s share of the world total, central case and draws without their outer tenths",
        source="claimbook, projects and pipeline_assumptions",
        alt=f"A line of China’s share with a band around it: {first['central_pct']:.0f}% in {first['year']:.0f}, "
        f"{last['central_pct']:.0f}% in {last['year']:.0f}.",
        data=frame,
        drawn=["central_pct", "low_pct", "high_pct"],
    )


def with_dials(assumed: Assumptions, slip: float, success: float, growth: float) -> Assumptions:
    """Return assumptions turned by three dials, each then without spread.

    Parameters
    ----------
    assumed : Assumptions
    slip : float
        Mean slip in years.
    success : float
        Factor on the chance of every status that is still to come; no chance exceeds 1.
    growth : float
        Yearly growth of China's output, at every stage.
    """
    coming = [name for name in assumed.values if name.startswith("chance-") and name != "chance-operating"]
    chances = {name: min(1.0, success * assumed.central(name)) for name in coming}
    rates = {name: growth for name in assumed.values if name.startswith("growth-")}
    return assumed.fixed({"slip-years": slip} | chances | rates)


def sliders(projects: pd.DataFrame, assumed: Assumptions, measure: str = "refined"):
    """Return sliders for slip, success and Chinese growth with the band that they redraw; for a live kernel only.

    A widget is stored with random names, so a notebook that is saved with its outputs must not show one.
    """
    import ipywidgets

    def draw(slip: float, success: float, growth: float) -> None:
        turned = with_dials(assumed, slip, success, growth / 100)
        show_course(projects, turned, measure, "China’s share under your assumptions")

    wide = ipywidgets.Layout(width="28em")
    make = {"style": {"description_width": "14em"}, "layout": wide, "continuous_update": False}
    rate = 100 * assumed.central("growth-ndpr")
    return ipywidgets.interactive(
        draw,
        slip=ipywidgets.FloatSlider(
            assumed.central("slip-years"), min=0, max=8, step=0.5, description="slip, years", **make
        ),
        success=ipywidgets.FloatSlider(1, min=0, max=2, step=0.1, description="chances times", **make),
        growth=ipywidgets.FloatSlider(rate, min=-3, max=8, step=0.25, description="China grows, % a year", **make),
    )


def outside_lines(ax, lines: pd.DataFrame, points: pd.Series, names: Mapping[str, str], colours: Mapping[str, str]):
    """Draw courses of tonnage over years, each named at its end; points of somebody else's course are dots.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    lines : DataFrame
        One column a course, indexed by year; a course in China's colour is a requirement and dashed.
    points : Series
        Indexed by year, its `name` a key of `names`.
    names, colours : mapping
        Column to words and to colour.
    """
    for name in lines.columns:
        dashed = "--" if colours[name] == charts.CHINA else "-"
        ax.plot(lines.index, lines[name], color=colours[name], linestyle=dashed)
    ax.scatter(points.index, points, color=colours[points.name], s=45, zorder=4)
    last = max(lines.index)
    ends = {**lines.iloc[-1].to_dict(), points.name: points.iloc[-1]}
    for name, height in zip(ends, charts.spread(ends.values(), 0.055 * ax.get_ylim()[1]), strict=True):
        ax.annotate(names[name], (last, height), (9, 0), textcoords="offset points", va="center", color=colours[name],
                    fontsize=10, annotation_clip=False)  # fmt: skip


def history(ax, wave: pd.DataFrame) -> None:
    """Draw what projects promised and the best they delivered, largest promise on top."""
    rows = wave.sort_values(["promised_t_per_year", "project"], ascending=[False, True])
    names = rows["project"].str.split(r"[,(]| and ", regex=True).str[0].str.strip()
    charts.ranking(ax, names, rows["promised_t_per_year"] / 1000, form="{:.3g}")
    best = dict(zip(names, rows["delivered_best_t"] / 1000, strict=True))
    charts.second_dots(ax, names, {name: t for name, t in best.items() if np.isfinite(t)}, "{:.1f}", charts.ACCENT)
