"""What nbval alone lets pass must fail under the plugin, and each notebook must be told with its costs."""

import base64
import copy
import io
import os
import re
import subprocess
import sys

import nbformat
import pytest
from PIL import Image, ImageDraw

from warmkernel import pytest_plugin
from warmkernel.pictures import difference
from warmkernel.pytest_plugin import import_when_called, unseen_differences


def picture(text="69", shift=0, noise=0, size=(320, 160)):
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 60, 200 + shift, 90), fill="#c0392b")
    draw.text((230, 70), text, fill="black")
    pixels = image.point(lambda value: max(value - noise, 0))
    buffer = io.BytesIO()
    pixels.save(buffer, "png")
    return buffer.getvalue()


# --- pictures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("other", [{}, {"noise": 3}])
def test_pictures_that_look_the_same(other):
    assert difference(picture(), base64.b64encode(picture(**other)).decode()) is None


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"text": "68"}, r"differs by \d+ of 255 near pixel \(2\d\d, \d\d\); allowed are 8"),
        ({"shift": 1}, r"near pixel \(200, 64\)"),
        ({"noise": 9}, r"differs by 9 of 255"),
        ({"size": (320, 161)}, "is 320 x 161 pixels, stored are 320 x 160"),
    ],
)
def test_pictures_that_do_not(other, message):
    assert re.search(message, difference(picture(), picture(**other)))
    if other != {"size": (320, 161)}:
        assert difference(picture(), picture(**other), tolerance=255) is None


# --- outputs ---------------------------------------------------------------------------------------------------------

ALT = {"image/png": {"alt": "A bar."}}
SHOWN = {"output_type": "display_data", "metadata": ALT, "data": {"image/png": "", "text/plain": "A bar."}}
SAID = {"output_type": "stream", "name": "stdout", "text": "a"}


@pytest.mark.parametrize(
    "change",
    [
        lambda outputs: outputs.reverse(),
        lambda outputs: outputs.pop(),
        lambda outputs: outputs[0].update(metadata={"image/png": {"alt": "Two bars."}}),
        lambda outputs: outputs[0].update(output_type="execute_result"),
        lambda outputs: outputs[0]["data"].pop("text/plain"),
        lambda outputs: outputs[1].update(name="stderr"),
    ],
)
def test_outputs_of_other_kinds_order_or_metadata(change):
    outputs = [copy.deepcopy(SHOWN), copy.deepcopy(SAID)]
    reference = copy.deepcopy(outputs)
    assert unseen_differences(outputs, reference) is None
    change(outputs)
    assert "outputs are not of the stored kinds, order and metadata" in unseen_differences(outputs, reference)


# --- whole runs ------------------------------------------------------------------------------------------------------

SHOW = """import base64, sys
from IPython.display import display
data = {{"image/png": base64.b64encode({png!r}).decode(), "text/plain": "A bar."}}
display(data, metadata={{"image/png": {{"alt": "A bar."}}}}, raw=True)"""
PRINT = "print('a')\n3"


def written(path, *cells):
    """Write a notebook with the outputs that its cells would have."""
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    for number, (source, outputs, *changes) in enumerate(cells, 1):
        cell = nbformat.v4.new_code_cell(source, execution_count=number, outputs=copy.deepcopy(outputs))
        cell = nbformat.from_dict(cell)
        for change in changes:
            change(cell)
        notebook.cells.append(cell)
    nbformat.write(notebook, path)


def shown(png):
    data = {"image/png": base64.b64encode(png).decode(), "text/plain": "A bar."}
    return [{"output_type": "display_data", "metadata": copy.deepcopy(ALT), "data": data}]


PRINTED = [
    {"output_type": "stream", "name": "stdout", "text": "a\n"},
    {"output_type": "execute_result", "execution_count": None, "metadata": {}, "data": {"text/plain": "3"}},
]
CELL = (SHOW.format(png=picture()), shown(picture()))
NOTEBOOKS = {
    "passes": [CELL, (PRINT, PRINTED)],
    "passes-noise": [(CELL[0], shown(picture(noise=2)))],
    "fails-digit": [(CELL[0], shown(picture("68")))],
    "fails-alt-text": [(*CELL, lambda cell: cell.outputs[0].metadata["image/png"].update(alt="Two bars."))],
    "fails-unrun": [(PRINT, [], lambda cell: cell.update(execution_count=None))],
    "fails-comment": [(f"# NBVAL_SKIP\n{PRINT}", PRINTED)],
    "fails-ignored": [(f"# NBVAL_IGNORE_OUTPUT\n{PRINT}", PRINTED)],
    "fails-tag": [("1 / 0", [], lambda cell: cell.metadata.update(tags=["raises-exception"]))],
    "fails-text": [(PRINT, PRINTED[:1])],
}


QUICK = ["--assert=plain", "-p", "no:nbmake", "-p", "no:hypothesispytest", "-p", "no:anyio", "-p", "no:cacheprovider"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """What the plugin says of NOTEBOOKS, in two processes, kernels warm where the system allows it."""
    folder = tmp_path_factory.mktemp("notebooks")
    for name, cells in NOTEBOOKS.items():
        written(folder / f"{name}.ipynb", *cells)
    command = ["-m", "warmkernel", "--import", "json", "--", sys.executable, "-m", "pytest", *QUICK]
    command += ["-p", "warmkernel.pytest_plugin", "--nbval", "-rA", "-n", "2", "--dist", "loadscope", "-c", os.devnull]
    told = ("PYTEST_", "WARMKERNEL_", "CI", "BUILD_NUMBER")  # pytest prints its summary otherwise where CI is set
    environment = {name: value for name, value in os.environ.items() if not name.startswith(told)}
    command += ["--color=no", "--rootdir", str(folder), str(folder)]
    done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, env=environment)
    return done.stdout + done.stderr


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_the_outcome_is_the_one_in_the_name(run, name):
    outcomes = set(re.findall(rf"^(PASSED|FAILED|ERROR|SKIPPED) {name}\.ipynb", run, re.M))
    assert outcomes == {"PASSED" if name.startswith("passes") else "FAILED"}, run


def test_reasons_are_named(run):
    assert run.count("switches validation off") == 3
    assert "the picture differs by" in run and "Two bars." in run and "saved without being run" in run


def test_each_notebook_is_told_with_its_costs(run):
    lines = re.findall(r"^([a-z-]+)\.ipynb +(\d+) +\d+\.\d +\d+\.\d\d$", run, re.M)
    assert {name: int(cells) for name, cells in lines} == {name: len(cells) for name, cells in NOTEBOOKS.items()}
    if sys.platform == "linux":
        assert "ordinary kernels were used" not in run


def test_ordinary_kernels_are_told(tmp_path):
    written(tmp_path / "one.ipynb", (PRINT, PRINTED))
    command = [sys.executable, "-m", "warmkernel", "--import", "no_such", "--", sys.executable, "-m", "pytest", *QUICK]
    command += ["--nbval", "-p", "warmkernel.pytest_plugin", "-n", "1", "-c", os.devnull, "--rootdir", ".", "one.ipynb"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    if sys.platform == "linux":
        assert "no_such cannot be imported" in done.stderr
        assert re.search(r"no_such cannot be imported.*; ordinary kernels were used for 1 notebooks", done.stdout)


# --- imports put off -------------------------------------------------------------------------------------------------


def test_an_import_is_put_off_until_it_is_called(tmp_path, monkeypatch):
    (tmp_path / "heavy.py").write_text("loaded = True\ndef work(a, b=1):\n    return a + b\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "heavy", None)
    del sys.modules["heavy"]
    import_when_called("heavy", "work")
    from heavy import work

    assert "loaded" not in vars(sys.modules["heavy"])
    assert work(2, b=3) == 5 and vars(sys.modules["heavy"])["loaded"]


def test_other_names_of_it_load_it_too(tmp_path, monkeypatch):
    (tmp_path / "heavier.py").write_text("loaded = True\ndef work():\n    return 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "heavier", None)
    del sys.modules["heavier"]
    import_when_called("heavier", "work")
    from heavier import loaded, work

    assert loaded and work() == 1
    with pytest.raises(ImportError):
        from heavier import nothing  # noqa: F401


def test_a_kernel_that_ends_before_it_answers_is_started_once_more(monkeypatch):
    answers = [RuntimeError("the kernel ended"), "manager and client"]

    def started(*_):
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(pytest_plugin, "_started", started)
    assert pytest_plugin.start_kernel() == "manager and client"
    assert answers == []
