"""What the short version shares with the notebooks that it sums up: two charts, and links to their sections.

In: the ledger, tables, notebooks. Out: house charts, `claimbook.prose.Link`.
"""

import re
from pathlib import Path

import pandas as pd

from claimbook import charts, notebooks, tables
from claimbook.display import WORDS
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.minerals import markets, split
from claimbook.prose import Link, bare

USGS_2025 = "USGS, Mineral Commodity Summaries 2025"


class SectionError(ClaimbookError):
    """A link to a notebook or a section that is not there."""


# --- links ---------------------------------------------------------------------------------------------------


def anchor(heading: str) -> str:
    """Return the address of a heading within its page, as GitHub and MyST make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def headings(path: Path) -> list[str]:
    """Return the headings of a notebook, without their marks."""
    cells = (cell["source"] for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "markdown")
    return [found[1].strip() for text in cells for found in re.finditer(r"^#{1,6}\s+(.+)$", text, re.M)]


def section(number: str, heading: str, folder: Path | None = None) -> Link:
    """Return a link to a section of a notebook.

    Parameters
    ----------
    number : str
        The first two characters of its name.
    heading : str
        Beginning of the section's heading.
    folder : Path, optional
        Where the notebooks are; by default the folder in which this runs, if there are any, else those of the house.

    Raises
    ------
    SectionError
        If there is no such notebook or no such heading.
    """
    folder = folder or (Path.cwd() if notebooks.paths(Path.cwd()) else home() / "notebooks")
    path = next((path for path in notebooks.paths(folder) if path.name.startswith(number)), None)
    if path is None:
        raise SectionError(f"no notebook {number} in {folder.name}/; see the reading order in the README")
    found = headings(path)
    for whole in found:
        if whole.startswith(heading):
            return Link(f"notebook {number}", f"{path.name}#{anchor(whole)}")
    raise SectionError(f"{path.name}: no section begins with {heading!r}; there are {'; '.join(found)}")


_TO_NOTEBOOK = re.compile(r"\]\((?P<name>\d\d-[\w-]+\.ipynb)(?:#(?P<part>[^)\s]*))?\)")


def broken_links(folder: Path) -> list[str]:
    """Return every link from one notebook of a folder to another, or to a section of it, that leads nowhere."""
    known = {path.name: {anchor(heading) for heading in headings(path)} for path in notebooks.paths(folder)}
    found = []
    for path in notebooks.paths(folder):
        for number, cell in enumerate(notebooks.read(path)["cells"], 1):
            shown = ("".join(out.get("data", {}).get("text/markdown", "")) for out in cell.get("outputs", []))
            for link in (link for text in (cell["source"], *shown) for link in _TO_NOTEBOOK.finditer(text)):
                if link["name"] not in known or (link["part"] and link["part"] not in known[link["name"]]):
                    found.append(f"{path.name}: cell {number}: {link[0][2:-1]} leads nowhere; see the headings there")
    return found


# --- the judgement map -----------------------------------------------------------------------------------------


def judgement_grid(ledger: Ledger) -> pd.DataFrame:
    """Return the number of claims by judgement at publication (rows) and outcome (columns), in words."""
    claims = ledger.claims_frame()
    rows, columns = (
        [name for name in claims[field].cat.categories if (claims[field] == name).any()]
        for field in ("at_publication", "outcome")
    )
    grid = pd.crosstab(claims["at_publication"], claims["outcome"]).reindex(index=rows, columns=columns)
    return grid.rename(index=WORDS, columns=WORDS).rename_axis(index=None, columns=None)


def show_judgement_map(ledger: Ledger) -> None:
    """Show each claim in one cell: its row says how it stood on the day, its column what happened."""
    grid = judgement_grid(ledger)
    figure, ax = charts.house(3.6, grid="none")
    charts.counts(ax, grid)
    row = grid.loc[WORDS["accurate"]]
    charts.show(
        figure,
        title="Mostly right on the day, less often borne out",
        subtitle="Number of claims by judgement at publication (rows) and by outcome (columns)",
        source=f"claimbook ledger, evidence to {ledger.story.evidence_horizon}",
        alt=bare(
            "A grid of counts. The row for accurate holds {held} claims; its largest cells are {none} with nothing to "
            "await and {came} that happened. The rows below, from incomplete to inaccurate, are thinly filled.",
            held=int(row.sum()), none=int(row[WORDS["not-applicable"]]), came=int(row[WORDS["happened"]]),
        ),
        data=grid.rename_axis("at publication").reset_index(),
    )  # fmt: skip


# --- China's share by stage ------------------------------------------------------------------------------------


def stages(ledger: Ledger) -> pd.DataFrame:
    """Return the shares of world output of rare earths by stage in 2024, as public on the day of the article.

    USGS counts all rare earths mined, the IEA those that go into magnets. For magnets only China's share is held: from
    a press report of the commentary that the ledger cites, which does not say of what year it is.

    Returns
    -------
    DataFrame
        Indexed by stage, with a line break; China, runner-up, all others (percent), runner_up (country).
    """
    known = {"known_by": ledger.story.published}
    production, iea = tables.load("mineral_production", **known), tables.load("iea_supply", **known)
    ores = markets(production[production["product"] == "Rare earths"], "MCS 2025", 2024)
    iea = iea[(iea["mineral"] == "Magnet rare earths") & (iea["year"] == 2024)]
    mined, refined = (iea[iea["stage"] == stage] for stage in ("mining", "refining"))
    magnets = next(float(item.value) for item in ledger.evidence if item.id == "iea-magnets-94")
    parts = {
        "mined: all\n(USGS)": split(ores, "value", ores["world"].iloc[0]),
        "mined: magnet\nelements (IEA)": split(mined, "share_pct", 100),
        "refined: magnet\nelements (IEA)": split(refined, "share_pct", 100),
        "magnets (IEA,\nas reported)": {"china": magnets, "second": 0, "rest": 100 - magnets, "runner_up": "not given"},
    }
    names = {"china": "China", "second": "runner-up", "rest": "all others"}
    frame = pd.DataFrame(parts).T.rename(columns=names)
    return frame.astype(dict.fromkeys(names.values(), float))[[*names.values(), "runner_up"]]


def show_stages(shares: pd.DataFrame) -> None:
    """Show shares by stage, as `stages` gives them, as stacked bars."""
    figure, ax = charts.house(3.6, grid="none")
    charts.stacked(ax, shares.drop(columns="runner_up"), charts.CHINA_AND_REST, form="{:.0f}%")
    charts.bare_axis(ax)
    charts.show(
        figure,
        title="The further from the mine, the tighter the hold",
        subtitle="Shares of world output of rare earths, percent, 2024; magnets: year not stated",
        source=f"{USGS_2025}; IEA, Critical Minerals Dataset, May 2025; for magnets a press report of the IEA's "
        "commentary of 23 October 2025",
        alt=bare(
            "Stacked bars, one a stage. China's piece grows from {a:.0f}% of mining by USGS and {b:.0f}% by the IEA to "
            "{c:.0f}% of refining and {d:.0f}% of magnets.",
            **dict(zip("abcd", shares["China"], strict=True)),
        ),
        data=shares.reset_index(names="stage"),
    )
