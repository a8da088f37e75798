"""Notebooks against the data of the day: outputs of other data, and names of claims that are not there, are told."""

import json

import pytest
from small_house import LOADS, NOTEBOOK, small_house, write_notebook
from small_package import small_package

from claimbook import notebooks, staleness
from claimbook.check import check, run_check
from claimbook.home import home as this_house
from claimbook.refresh.dictionary import write_dictionary
from claimbook.refresh.stamp import stamp

LOADS_TABLE = f"{LOADS}\nframe = tables.load('mine_production')"


@pytest.fixture
def home(tmp_path):
    """A house with a ledger and a table."""
    home = small_house(tmp_path)
    small_package(home / "data", builder="hand-compiled")
    write_dictionary(home / "data")
    write_notebook(home, LOADS_TABLE)
    return home


def told(home):
    return [str(fault) for fault in check(home)]


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_outputs_of_the_data_there_are_have_no_fault(home):
    assert told(home) == []
    assert run_check(home) == 0


def test_a_changed_reason_makes_every_output_stale(home):
    edit(home / "data" / "ledger" / "claims.yaml", "One paper announced it", "One paper alone announced it")
    assert told(home) == [
        f"{NOTEBOOK.name}: run with other data than there are now (ledger/claims.yaml); run `make notebooks`"
    ]
    assert run_check(home) == 1


def test_a_word_changed_in_the_article_is_told_though_no_claim_quotes_it(home):
    edit(home / "seeds" / "article.txt", "Minister Ada Berg said on Monday", "Minister Ada Berg says on Monday")
    assert told(home) == [
        f"{NOTEBOOK.name}: run with other data than there are now (seeds/article.txt); run `make notebooks`"
    ]


def test_a_changed_table_whose_record_is_renewed_makes_its_reader_stale(home):
    edit(home / "data" / "minerals" / "mine_production.csv", "45500", "45501")
    stamp("mine_production", data=home / "data")
    assert told(home) == [
        f"{NOTEBOOK.name}: run with other data than there are now (mine_production); run `make notebooks`"
    ]


def test_a_table_that_was_dropped_is_told(home):
    (home / "data" / "minerals" / "mine_production.csv").unlink()
    edit(home / "data" / "datapackage.json", (home / "data" / "datapackage.json").read_text(), '{"resources": []}')
    assert told(home) == [
        f"{NOTEBOOK.name}: its colophon names mine_production, of which there is no record; "
        "drop it and run `make notebooks`"
    ]


def test_while_a_story_is_unfinished_its_notebooks_may_lag_behind(home):
    edit(home / "data" / "ledger" / "story.yaml", "language: en\n", "language: en\nunfinished: true\n")
    assert told(home) == []


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"said": {}}, "loads data and shows no colophon; end it with colophon(...) and run `make notebooks`"),
        ({"words": "Look at P01 and at P07."}, "cell 2: no claim, paragraph or sentence P07; mend the name"),
        ({"code": f"{LOADS_TABLE}\nshow_claim(ledger, 'C19')"},
         "cell 3: no claim, paragraph or sentence C19; mend the name"),
        ({"code": LOADS_TABLE + "\nfinding(f'{n} of P01.S9')"},
         "cell 3: no claim, paragraph or sentence P01.S9; mend the name"),
    ],
)  # fmt: skip
def test_what_a_notebook_names_has_to_be_there(home, changes, fault):
    write_notebook(home, **({"code": LOADS_TABLE} | changes))
    assert told(home) == [f"{NOTEBOOK.name}: {fault}"]


@pytest.mark.parametrize(
    ("unsaid", "what"),
    [
        ("mine_production", "loads mine_production, not named in its colophon; add it there"),
        ("ledger/omissions.yaml", "run with other data than there are now (ledger/omissions.yaml)"),
    ],
)
def test_what_is_read_and_not_named_is_told(home, unsaid, what):
    said = staleness.digests(home / "data")
    del said[unsaid]
    write_notebook(home, LOADS_TABLE, said)
    (fault,) = told(home)
    assert what in fault


def test_code_that_is_none_is_told_once(home):
    write_notebook(home, "def f(:")
    (fault,) = told(home)
    assert fault.startswith(f"{NOTEBOOK.name}: cell 3: no Python (invalid syntax)")


def test_a_readme_of_other_findings_is_told(home):
    (home / "README.md").write_text("# A\n<!-- findings: none.ipynb -->\nold\n<!-- end of findings -->\n", "utf-8")
    (home / "site").mkdir()
    (home / "site" / "picture.png").write_bytes(b"")
    assert told(home) == ["none.ipynb: no readable notebook (No such file or directory); restore it with git"]
    write_notebook(home, LOADS_TABLE)
    text = json.loads((home / NOTEBOOK).read_text(encoding="utf-8"))
    shown = {"text/markdown": "It holds.", "image/png": "aaaa", "text/csv": "a\n1\n", "text/plain": "x"}
    alt = {"image/png": {"alt": "A line that falls from left to right and ends near zero."}}
    text["cells"][1]["source"] = "## The short answer"
    text["cells"][2]["outputs"].append({"output_type": "display_data", "data": shown, "metadata": alt})
    (home / NOTEBOOK).write_text(json.dumps(text), encoding="utf-8")
    edit(home / "README.md", "none.ipynb", NOTEBOOK.name)
    assert told(home) == ["README.md: other findings, picture or list than the notebooks have; run `make notebooks`"]


def test_every_colophon_of_this_house_is_found():
    for path in notebooks.paths():
        said = staleness.printed(notebooks.read(path))
        assert {"ledger/claims.yaml", "ledger/sources.yaml"} <= said.keys(), path.name
        assert set(said) <= set(staleness.digests(this_house() / "data")), path.name
