import json

import pytest

from claimbook import notebooks
from claimbook.article import Article

ARTICLE = Article("Tariffs rise again.\nThe leaders will meet in Busan on Thursday, officials said.\n")
ALT = "A line that falls from left to right and ends near zero."


def markdown(source):
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def code(source, outputs=(), count=1):
    return {"cell_type": "code", "metadata": {}, "source": source, "outputs": list(outputs), "execution_count": count}


def output(data, **metadata):
    return {"output_type": "display_data", "data": data, "metadata": metadata}


FIGURE = output({"image/png": "aaaa", "text/csv": "x\n1\n", "text/plain": ALT}, **{"image/png": {"alt": ALT}})
GOOD = [
    markdown("# Will they meet?\n\nOn 30 October 2025, in P01."),
    markdown("## “The leaders will meet in Busan”"),
    code("finding('{n} claims', n=3)", [FIGURE]),
]


@pytest.fixture
def faults(tmp_path):
    def of(*cells):
        path = tmp_path / "01-what.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), "utf-8")
        return notebooks.faults(path, ARTICLE)

    return of


def test_a_good_notebook_has_no_faults(faults):
    assert faults(*GOOD) == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (markdown("China has 69% of it."), "typed number '69%'"),
        (markdown("Nine of the claims hold."), "typed number 'Nine'"),
        (markdown("## “The leaders will meet in Seoul”"), "is not in the article"),
        (markdown('They said "never again".'), "is not in the article"),
        (code("finding('about 60 claims')"), "typed number '60' in the words of finding"),
        (code("show(f, title='China has 69%', data=d)"), "typed number '69%' in the words of show"),
        (code("show(f, title=f'China has {x:.0%} of 17', data=d)"), "typed number '17'"),
        (code("1", [output({"image/png": "a", "text/csv": "x\n"})]), "no alt text"),
        (code("1", [output({"image/png": "", "text/csv": ""}, **{"image/png": {"alt": "line " * 9}})]), "no alt text"),
        (markdown("![A line, a line and a line: a line, and a line](chart.png)"), "a picture has no alt text"),
        (code("show(f, title=bare('A', n=x), alt=bare('A', n=x), data=d)"), "alt text of show(...) is its title again"),
        (code("1", [output({"image/png": "a"}, **{"image/png": {"alt": ALT}})]), "no data beside it"),
        (code("1", [{"output_type": "stream", "name": "stderr", "text": "Warning"}]), "error or a warning"),
        (code("1", [output({"text/plain": "<A object at 0x7f3a5c1b2d90>"})]), "an address of this machine"),
        (code("1", [{"output_type": "stream", "name": "stdout", "text": "/home/me/x.csv"}]), "('/home/')"),
        (code("1", [output({"text/html": '<table id="T_3fa81">'})]), "changes from run to run ('T_3fa81')"),
        (code("1", [output({"text/html": ["<div ", 'id="qkyqzwnmhd">']})]), "changes from run to run"),
        (code("1", [output({"text/html": f'<div id="altair-viz-{"0a" * 16}">'})]), "changes from run to run"),
        (code("1", [output({"text/plain": "d10a181f-e1bc-4879-b7ee-97c56e1f186e"})]), "changes from run to run"),
        (code("1", [{"output_type": "stream", "name": "stdout", "text": '0b' * 16}]), "changes from run to run"),
        (code("1", [output({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}})]), "is a widget"),
        (code("# NBVAL_IGNORE_OUTPUT\n1"), "NBVAL_IGNORE_OUTPUT switches validation of this cell off"),
        ({**code("1"), "metadata": {"tags": ["raises-exception"]}}, "raises-exception switches validation"),
        (markdown("China has `69 percent` of it."), "typed number '69'"),
        (markdown("China has $69\\%$ of it."), "typed number '$69'"),
        (markdown("It rose from $5 to many $ more."), "typed number '$5'"),
        (markdown("![A chart](chart.png)"), "a picture has no alt text"),
        (code("display(Markdown('China has 69%'))"), "typed number '69%' in the words of Markdown"),
        (code("1", [output({"image/svg+xml": "<svg/>", "text/csv": "x\n"})]), "no alt text"),
        (code("1", [output({"image/png": "a", "text/csv": "x\n"}, **{"image/png": {"alt": 5}})]), "no alt text"),
        (code("1", [output({"text/html": "<img src='x.png'>"})]), "a picture inside HTML"),
        (code("def f(:"), "no Python (invalid syntax)"),
        (code("x = '\0'"), "no Python (source code string cannot contain null bytes)"),
        (code("1", count=3), "not run 1..n"),
        (code("1", count=None), "not run 1..n"),
    ],
)
def test_faults_are_named(faults, cell, message):
    counted = {**cell, "execution_count": 2} if cell.get("execution_count") == 1 else cell
    (fault,) = faults(*GOOD, counted)
    assert message in fault and fault.startswith("01-what.ipynb: ")


def test_what_looks_like_a_random_id_and_is_none(faults):
    link = output({"text/html": '<a href="https://example.org/d10a181f-e1bc-4879-b7ee-97c56e1f186e">a</a>'})
    digest = output({"text/plain": f"sha256 {'0c' * 32} {'0c' * 6}"})
    assert faults(*GOOD, code("1", [link, digest], count=2)) == []


@pytest.mark.parametrize(
    "cell",
    [
        markdown("Set `rate = 0.5`, then `load('x', edition=2025)`."),
        markdown("It answers with $(1+t)^{-\\sigma}$, and $$y = 2x$$ holds."),
        code("%matplotlib inline\n!ls", count=2),
        code("await wait()", count=2),
    ],
)
def test_code_and_formulas_are_no_prose(faults, cell):
    assert faults(*GOOD, cell) == []


@pytest.mark.parametrize(
    ("spoiled", "why"),
    [
        ({"source": "", "metadata": {}}, "'cell_type' is missing"),
        ({"cell_type": "code", "source": "1"}, "'outputs' is missing"),
        ({"cell_type": "code", "source": 5, "outputs": []}, "can only join an iterable"),
        (code("1", [{"data": {}}]), "'output_type' is missing"),
        (code("1", [{"output_type": "display_data", "data": None}]), "'NoneType' object has no attribute 'items'"),
        (code("1", [{"output_type": "display_data", "metadata": None}]), "'NoneType' object is not iterable"),
    ],
)
def test_a_notebook_out_of_form_is_refused(faults, spoiled, why):
    assert faults(*GOOD, spoiled) == [f"01-what.ipynb: no readable notebook ({why}); restore it with git"]


def test_the_first_cell_asks_the_question(faults):
    assert faults(markdown("# An answer"), *GOOD[1:]) == [
        "01-what.ipynb: the first cell is not a heading that asks the question; begin with `# ...?`"
    ]


def test_what_is_no_notebook_is_refused(tmp_path):
    path = tmp_path / "01-what.ipynb"
    path.write_text("{")
    assert "no readable notebook" in notebooks.faults(path, ARTICLE)[0]


def notebook(path, source):
    import nbformat

    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)]), path)


def test_two_runs_give_the_same_bytes(tmp_path):
    path = tmp_path / "01-what.ipynb"
    notebook(path, "print('a')")
    assert notebooks.execute(path)[:2] == (True, 1)
    first = path.read_bytes()
    assert notebooks.execute(path)[0] is False
    assert path.read_bytes() == first
    assert json.loads(first)["cells"][0]["outputs"][0]["text"] == ["a\n"]


def test_a_failing_cell_leaves_the_file_as_it_was(tmp_path):
    path = tmp_path / "01-what.ipynb"
    notebook(path, "raise ValueError('no such mineral')")
    before = path.read_bytes()
    said = []
    with pytest.raises(notebooks.NotebookError, match=r"01-what.ipynb: ValueError: no such mineral"):
        notebooks.run([path], say=said.append)
    assert path.read_bytes() == before and said == ["01-what.ipynb: failed"]


@pytest.mark.parametrize("content", ["{", "[]", None])
def test_what_cannot_be_run_is_told(tmp_path, content):
    path = tmp_path / "01-what.ipynb"
    if content is not None:
        path.write_text(content)
    with pytest.raises(notebooks.NotebookError, match="01-what.ipynb: no readable notebook"):
        notebooks.run([path], say=lambda line: None)


def test_a_kernel_that_dies_is_told(tmp_path):
    path = tmp_path / "01-what.ipynb"
    notebook(path, "import os; os._exit(1)")
    with pytest.raises(notebooks.NotebookError, match="01-what.ipynb: its kernel died"):
        notebooks.run([path], say=lambda line: None)


def test_committed_notebooks_have_no_faults():
    found = [fault for path in notebooks.paths() for fault in notebooks.faults(path)]
    assert not found, "\n".join(found)
