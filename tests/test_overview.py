"""Links between notebooks, and charts that the short version shares with the notebooks it sums up."""

import io
import json

import pandas as pd
import pytest

from claimbook import notebooks, overview
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.overview import SectionError, anchor, broken_links, headings, section

SHOWN = {"output_type": "display_data", "metadata": {}}


@pytest.fixture(scope="module")
def ledger():
    return Ledger.load()


@pytest.fixture
def folder(tmp_path):
    """Two notebooks, the first with links to the second."""

    def write(name, *cells):
        made = [
            {
                "cell_type": kind,
                "source": source,
                "outputs": [SHOWN | {"data": {"text/markdown": shown}}] if shown else [],
            }
            for kind, source, shown in cells
        ]
        text = json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
        (tmp_path / name).write_text(text, encoding="utf-8")

    write("03-is-it.ipynb", ("markdown", "# Is it?\n\ntext\n\n## How large is China's share, and “why”?", ""))
    write(
        "00-short.ipynb",
        ("markdown", "# What? see [there](03-is-it.ipynb#is-it) and [there](03-is-it.ipynb)", ""),
        ("code", "show()", "more ([3](03-is-it.ipynb#how-large-is-chinas-share-and-why))"),
    )
    return tmp_path


@pytest.mark.parametrize(
    ("heading", "address"),
    [
        ("The short answer", "the-short-answer"),
        ("“China’s stricter export controls”: what?", "chinas-stricter-export-controls-what"),
        ("US-China talks: 2 sides", "us-china-talks-2-sides"),
    ],
)
def test_addresses_of_headings(heading, address):
    assert anchor(heading) == address


def test_myst_makes_the_same_addresses():
    slug = pytest.importorskip("myst_parser.mdit_to_docutils.base").default_slugify
    for path in notebooks.paths():
        for heading in headings(path):
            assert anchor(heading) == slug(heading)


def test_headings_and_sections(folder):
    assert headings(folder / "03-is-it.ipynb") == ["Is it?", "How large is China's share, and “why”?"]
    link = section("03", "How large", folder)
    assert (link.text, link.url) == ("notebook 03", "03-is-it.ipynb#how-large-is-chinas-share-and-why")
    assert link.safe


def test_a_link_to_nowhere_is_refused(folder):
    with pytest.raises(SectionError, match="no notebook 07"):
        section("07", "How", folder)
    with pytest.raises(SectionError, match="no section begins with 'How small'; there are Is it"):
        section("03", "How small", folder)


def test_links_are_looked_up_in_text_and_outputs(folder):
    assert broken_links(folder) == []
    text = (folder / "03-is-it.ipynb").read_text(encoding="utf-8")
    (folder / "03-is-it.ipynb").write_text(text.replace("How large", "How great"), encoding="utf-8")
    assert [fault.split(";")[0] for fault in broken_links(folder)] == [
        "00-short.ipynb: cell 2: 03-is-it.ipynb#how-large-is-chinas-share-and-why leads nowhere"
    ]
    (folder / "03-is-it.ipynb").unlink()
    assert len(broken_links(folder)) == 3


def test_no_notebook_of_the_house_links_to_nowhere():
    assert broken_links(home() / "notebooks") == []


def test_every_claim_stands_in_one_cell_of_the_map(ledger):
    grid = overview.judgement_grid(ledger)
    assert grid.to_numpy().sum() == len(ledger.claims)
    stood = [c for c in ledger.claims if (c.at_publication.verdict, c.outcome.verdict) == ("accurate", "happened")]
    assert grid.loc["accurate", "happened"] == len(stood)


def test_stages_by_hand(ledger):
    stages = overview.stages(ledger)
    assert stages[["China", "runner-up", "all others"]].sum(axis=1).to_list() == pytest.approx([100] * 4)
    assert stages["China"].round().to_list() == [69, 61, 91, 94]
    assert stages["runner_up"].to_list()[0] == "United States" and stages["runner_up"].to_list()[3] == "not given"


@pytest.mark.parametrize(("number", "own"), [("01", overview.judgement_grid), ("03", overview.stages)])
def test_the_shared_charts_draw_what_the_notebooks_draw(ledger, number, own):
    """The first chart of the notebook in full carries the same numbers."""
    path = next(path for path in notebooks.paths() if path.name.startswith(number))
    outputs = (out for cell in notebooks.read(path)["cells"] for out in cell.get("outputs", []))
    shown = next("".join(out["data"]["text/csv"]) for out in outputs if "text/csv" in out.get("data", {}))
    drawn, ours = pd.read_csv(io.StringIO(shown)), own(ledger)
    numbers = list(ours.select_dtypes("number").columns)
    assert drawn[numbers].to_numpy() == pytest.approx(ours[numbers].to_numpy())
    assert drawn.iloc[:, 0].to_list() == list(ours.index)
