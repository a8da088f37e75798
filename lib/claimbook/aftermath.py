"""What happened next, as tables and pictures: outcomes claim by claim, sentences by how they aged, the time line.

In: the ledger, `claimbook.forecasts.expectations`, the tables `timeline` and `truce_terms`. Out: frames for
`claimbook.prose.table`, and house charts.
"""

import textwrap
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from claimbook import charts
from claimbook.display import WORDS, day
from claimbook.ledger import Ledger
from claimbook.prose import Link, bare
from claimbook.records import Evidence, Story

FATES = {
    "happened": "#9fc5c2", "partly": "#e3b04b", "not-yet": "#d5d8dc", "undetermined": "#b4bac2",
    "did-not-happen": "#7a3b00",
}  # fmt: skip
ACCOUNTS = {
    "same": "both: the\nsame step", "differently": "both: put\ndifferently", "us": "only the\nUS text",
    "china": "only the\nChinese text",
}  # fmt: skip

LINES_PER_INCH = 5.3  # lines of a name on the time line, the head and foot of the chart allowed for


# --- claims and sentences -------------------------------------------------------------------------------------


def awaited(ledger: Ledger) -> pd.DataFrame:
    """Return the claims that had an outcome to await, in order of the text: rows of `Ledger.claims_frame`."""
    claims = ledger.claims_frame()
    return claims[claims["outcome"] != "not-applicable"].reset_index(drop=True)


def told_by(first, last, basis: str) -> str:
    """Return in words by when a thing could be told."""
    if pd.isna(first):
        return f"no day set: {basis}"
    start = day(f"{first:%Y-%m-%d}")
    if pd.isna(last):
        return f"from {start}: {basis}"
    return f"{day(f'{last:%Y-%m-%d}')}: {basis}"


def _links(ledger: Ledger, facts: Mapping[str, Evidence], *lists: Iterable[str]) -> list[Link] | None:
    """Links to the evidence of lists of ids, each list oldest first and undated last, each link once."""
    links = []
    for ids in lists:
        for item in sorted((facts[name] for name in ids), key=lambda item: (item.date is None, item.date)):
            source = ledger.source(item.source)
            links.append(Link(f"{source.publisher}, {day(item.date)}", str(source.url)))
    return list(dict.fromkeys(links)) or None


def outcomes_table(ledger: Ledger, expected: pd.DataFrame, claims: Iterable[str]) -> pd.DataFrame:
    """Return what claims let a reader expect and what came of it, with the evidence.

    Parameters
    ----------
    ledger : Ledger
    expected : DataFrame
        From `claimbook.forecasts.expectations`.
    claims : iterable of str

    Returns
    -------
    DataFrame
        "Expected", "Could be told", "Outcome", "What the record shows", "For", "But or against" (links).
    """
    days = expected.set_index("claim")[["first_day", "last_day", "day_basis"]].T.to_dict("list")
    facts = {item.id: item for item in ledger.evidence}
    rows = []
    for name in claims:
        claim = ledger.claim(name)
        came = claim.outcome
        rows.append({
            "Expected": f"{name}: {claim.statement}",
            "Could be told": told_by(*days[name]),
            "Outcome": f"{WORDS[came.verdict]} ({came.confidence})",
            "What the record shows": came.reason,
            "For": _links(ledger, facts, came.supports),
            "But or against": _links(ledger, facts, came.qualifies, came.contradicts),
        })  # fmt: skip
    return pd.DataFrame(rows)


def by_sentence(ledger: Ledger) -> pd.DataFrame:
    """Return how many claims of each sentence met which outcome, the sentences that aged best first.

    Returns
    -------
    DataFrame
        Indexed by sentence; one column an outcome of `FATES`, in its order. Sorted by the share that happened, then by
        the share that came at least in part, then by the place in the text.
    """
    claims = awaited(ledger)
    counted = pd.crosstab(claims["sentence"], claims["outcome"].astype(str)).reindex(columns=list(FATES), fill_value=0)
    all_of = counted.sum(axis=1)
    order = pd.DataFrame({"full": counted["happened"] / all_of, "part": counted["partly"] / all_of})
    return counted.loc[order.sort_values(["full", "part"], ascending=False, kind="stable").index].rename_axis(
        columns=None
    )


def show_ageing(ledger: Ledger) -> None:
    """Show for each sentence which of its claims came about: one bar a sentence, best aged first."""
    counted = by_sentence(ledger)
    first = awaited(ledger).drop_duplicates("sentence").set_index("sentence")["quote"]
    names = {
        name: f"{name} {textwrap.shorten(first[name], 30, placeholder=' …', break_on_hyphens=False)}"
        for name in counted.index
    }
    shown = counted.rename(index=names, columns=WORDS)
    figure, ax = charts.house(5.8, grid="none")
    charts.stacked(ax, shown, {WORDS[fate]: colour for fate, colour in FATES.items()})
    ax.tick_params(axis="y", labelsize=9.5)
    full = int((counted["happened"] == counted.sum(axis=1)).sum())
    horizon = day(str(ledger.story.evidence_horizon))
    charts.show(
        figure,
        title="Appointments aged well, aims and conditions less so",
        subtitle=f"Claims with an outcome to await, by sentence; outcome by {horizon}",
        source="claimbook ledger",
        alt=bare(
            "Stacked bars by sentence. At the top the stops of the trip, {best} of {of} as announced; at the bottom "
            "sentences of which nothing has come or nothing can be told. {full:Count sentence/sentences} came about "
            "in every claim.",
            best=int(counted.loc["P02.S1", "happened"]), of=int(counted.loc["P02.S1"].sum()), full=full,
        ),
        data=shown.rename_axis("sentence").reset_index(),
    )  # fmt: skip


def digest(ledger: Ledger) -> pd.DataFrame:
    """Return, sentence by sentence, what its reader was right to expect and what not, or not yet.

    Returns
    -------
    DataFrame
        "Sentence", "Came as expected", "In part, later, not, or not to be told": statements of claims, each of the
        latter with its outcome; sentences in the order of `by_sentence`.
    """
    claims = awaited(ledger)
    came, missed = {}, {}
    for sentence, statement, outcome in zip(claims["sentence"], claims["statement"], claims["outcome"], strict=True):
        if outcome == "happened":
            came.setdefault(sentence, []).append(statement)
        else:
            missed.setdefault(sentence, []).append(f"{statement} ({WORDS[outcome]})")
    names = list(by_sentence(ledger).index)
    return pd.DataFrame({
        "Sentence": names,
        "Came as expected": [came.get(name) for name in names],
        "In part, later, not, or not to be told": [missed.get(name) for name in names],
    })  # fmt: skip


# --- words of likelihood --------------------------------------------------------------------------------------

BRIEF = {
    "happened": "came", "partly": "in part", "not-yet": "not yet", "undetermined": "open", "did-not-happen": "did not",
}  # fmt: skip
_EXPECTED = dict.fromkeys(["anticipates", "are expected to", "neither side anticipates"], "expected")


def by_words(core: pd.DataFrame) -> pd.DataFrame:
    """Return what readers take the article's words of likelihood to mean, likeliest first, and what came of the claims.

    Claims said flatly, without "will", are taken together, and so are the forms of "expected".

    Parameters
    ----------
    core : DataFrame
        Rows of `claimbook.forecasts.expectations` with a range.

    Returns
    -------
    DataFrame
        Indexed by words; low, high, middle (fractions), same ("same", or "stand-in" where the phrase is a neighbour),
        outcomes ("2 came, 1 not yet").
    """
    flat = (core["phrase"] == "Will Happen") & (core["words"] != "will")
    words = core["words"].mask(flat, "said flatly").replace(_EXPECTED)
    first = {"low": "low", "high": "high", "middle": "middle", "same": "counterpart"}
    grouped = core.groupby(words).agg(**{name: (column, "first") for name, column in first.items()})
    counted = pd.crosstab(words, core["outcome"].astype(str)).reindex(columns=list(BRIEF), fill_value=0)
    counts = [zip(row, BRIEF.values(), strict=True) for row in counted.loc[grouped.index].to_numpy()]
    grouped["outcomes"] = [", ".join(f"{number} {fate}" for number, fate in row if number) for row in counts]
    return grouped.sort_values(["middle", "low"], ascending=False, kind="stable")


# --- the two accounts -----------------------------------------------------------------------------------------


def accounts(terms: pd.DataFrame) -> pd.Series:
    """Return for each term of the truce a key of `ACCOUNTS`; index: id.

    Terms that both texts list count as the same step where the table says so of their difference, which is its
    compiler's reading.
    """
    same = terms["difference"].str.startswith("same step")
    both = terms["listed_by"] == "both"
    kind = terms["listed_by"].mask(both & same, "same").mask(both & ~same, "differently")
    return kind.set_axis(terms["id"])


def terms_table(terms: pd.DataFrame) -> pd.DataFrame:
    """Return terms of the truce in both governments' accounts, with what came later."""
    us = [Link(t, u) if isinstance(u, str) else None for t, u in zip(terms["us_text"], terms["us_url"], strict=True)]
    china = [
        Link(t, u) if isinstance(u, str) else None for t, u in zip(terms["china_text"], terms["china_url"], strict=True)
    ]
    frame = pd.DataFrame({
        "Term": list(terms["id"].map(term_name)), "US text": us, "Chinese text": china,
        "Difference": list(terms["difference"]), "Later": _later(terms),
    })  # fmt: skip
    return frame.loc[:, [frame[column].notna().any() for column in frame.columns]]


def _later(terms: pd.DataFrame) -> list[Link | None]:
    rows = zip(terms["later"], terms["later_date"], terms["later_url"], strict=True)
    return [Link(f"{day(f'{on:%Y-%m-%d}')}: {what}", url) if isinstance(what, str) else None for what, on, url in rows]


_TERMS = {
    "all-controls-headline": "all controls, summary line", "sorghum-logs": "sorghum and logs",
    "soybeans-2026-28": "soybeans 2026-28", "october-controls": "controls of October", "tiktok": "TikTok",
    "chinese-tariffs": "Chinese tariffs", "madrid-outcomes": "outcomes of Madrid", "nexperia": "Nexperia",
}  # fmt: skip


def term_name(name: str) -> str:
    """Return the id of a term as words: "soybeans 2026-28"."""
    return _TERMS.get(name, name.replace("-", " "))


# --- the time line --------------------------------------------------------------------------------------------


def _entries(events: pd.DataFrame, story: Story) -> pd.DataFrame:
    """Events with the day of the article and the evidence horizon put among them, oldest first."""
    side = events["actors"].map(lambda names: names if names in ("China", "US") else "several")
    rows = events.assign(side=side)[["date", "event", "side", "standing"]]
    marks = pd.DataFrame({
        "date": pd.to_datetime([story.published, story.evidence_horizon]),
        "event": ["The article", "Evidence read up to this day; what follows is only reported or scheduled"],
        "side": "mark", "standing": "mark",
    })  # fmt: skip
    return pd.concat([rows.astype({"date": "datetime64[ns]"}), marks]).sort_values("date", kind="stable")


def _apart(places: np.ndarray, lines: np.ndarray, fit: float) -> tuple[np.ndarray, float]:
    """Move names of several lines apart so that they fill an axis on which `fit` lines fit: places, size of a line.

    The further names are moved, the more time the axis has to span and the more of it a line takes: found by repeating.
    """
    from scipy.optimize import isotonic_regression

    tall = (places[-1] - places[0]) / fit
    for _ in range(40):
        middle = (lines.cumsum() - lines / 2) * tall
        heights = isotonic_regression(places - middle).x + middle
        low = min(places[0], heights[0] - lines[0] * tall / 2)
        high = max(places[-1], heights[-1] + lines[-1] * tall / 2)
        tall = (high - low) / fit
    return heights, tall


def time_line(ax, entries: pd.DataFrame, colours: dict[str, str], wrap: int = 74) -> None:
    """Draw events down a line of time, each named beside it, names that would collide moved apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    entries : DataFrame
        date, event, side (a key of `colours`), standing; oldest first. A standing of "reported" or "scheduled" makes
        the dot hollow and the words grey, "mark" makes the words bold.
    colours : dict
        Side to colour.
    wrap : int
        Characters in a line of a name.
    """
    import matplotlib.dates as mdates

    names = [textwrap.wrap(f"{row.date.day} {row.date:%b %Y}: {row.event}", wrap) for row in entries.itertuples()]
    places = mdates.date2num(entries["date"])
    lines = np.array([len(name) + 0.4 for name in names])
    heights, tall = _apart(places, lines, ax.figure.get_figheight() * LINES_PER_INCH)
    ax.plot([0, 0], [places[0], places[-1]], color=charts.REST, linewidth=2, zorder=1)
    marked = places[(entries["standing"] == "mark").to_numpy()]
    ax.hlines(marked, -0.02, 0.03, color=colours["mark"], linewidth=2.2, zorder=5)
    for row, at, height, name in zip(entries.itertuples(), places, heights, names, strict=True):
        colour, apart = colours[row.side], row.standing in ("reported", "scheduled")
        ax.plot([0, 0.045, 0.075], [at, height, height], color=charts.RULE, linewidth=1, zorder=0)
        ax.scatter(
            [0],
            [at],
            s=0 if row.standing == "mark" else 44,
            color="white" if apart else colour,
            edgecolors=colour,
            linewidths=1.5,
            zorder=3,
        )
        ax.text(0.085, height, "\n".join(name), va="center", fontsize=9.8, linespacing=1.15,
                color=charts.SOFT_INK if apart else colours["mark"] if row.standing == "mark" else charts.INK,
                fontweight="bold" if row.standing == "mark" else "normal")  # fmt: skip
    years = pd.date_range(entries["date"].iloc[0], entries["date"].iloc[-1], freq="YS")
    ax.set_yticks(mdates.date2num(years), [f"{year:%Y}" for year in years])
    edge = tall * 0.3
    ax.set_ylim(max(places[-1], heights[-1] + lines[-1] * tall / 2) + edge,
                min(places[0], heights[0] - lines[0] * tall / 2) - edge)  # fmt: skip
    ax.set_xlim(-0.02, 1)
    charts.bare_axis(ax)


def show_time_line(events: pd.DataFrame, story: Story) -> None:
    """Show the time line on one screen.

    Parameters
    ----------
    events : DataFrame
        Rows of the table `timeline`, oldest first.
    story : Story
        For the day of the article and the evidence horizon, which are marked.
    """
    entries = _entries(events, story)
    colours = {"China": charts.CHINA, "US": charts.UNITED_STATES, "several": "#7f8894", "mark": charts.ACCENT}
    figure, ax = charts.house(8.0, grid="none")
    time_line(ax, entries, colours)
    charts.key(ax, {name: colour for name, colour in colours.items() if name != "mark"})
    settled = entries["standing"].isin(["read", "compilation"])
    near = settled & (abs(entries["date"] - pd.Timestamp(story.published)) <= pd.Timedelta(days=31))
    first, last = entries["date"].iloc[0], entries.loc[settled, "date"].iloc[-1]
    charts.show(
        figure,
        title=bare("{a} of {n} events fell within a month of the article", a=int(near.sum()), n=int(settled.sum())),
        subtitle="Our choice of events, by who acted; hollow: reported or scheduled only",
        source="White House, CCTV, Chinese Ministry of Commerce, press; compiled as claimbook timeline",
        alt=bare(
            "A line of time with {n} events from {first:date} to {last:date}, {near} of them within a month of the "
            "article of {day:date}; below the horizon stand hollow dots of what is only reported or scheduled.",
            n=int(settled.sum()), first=first.date(), last=last.date(), near=int(near.sum()), day=story.published,
        ),
        data=entries.assign(date=entries["date"].dt.strftime("%Y-%m-%d")),
    )  # fmt: skip
