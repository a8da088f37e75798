import base64
import json

import pytest

from claimbook import readme
from claimbook.home import home

MARKED = "# x\n<!-- findings: 01-a.ipynb -->\nold\n<!-- end of findings -->\nrest\n"


def house(folder, *outputs):
    cells = [
        {"cell_type": "markdown", "source": "# Does it hold?", "metadata": {}},
        {"cell_type": "markdown", "source": "## The short answer", "metadata": {}},
        {"cell_type": "code", "source": "", "metadata": {}, "outputs": list(outputs), "execution_count": 1},
        {"cell_type": "markdown", "source": "## Why?", "metadata": {}},
        {"cell_type": "code", "source": "", "metadata": {}, "execution_count": 2,
         "outputs": [{"output_type": "display_data", "data": {"text/markdown": "Not this."}, "metadata": {}}]},
    ]  # fmt: skip
    (folder / "01-a.ipynb").write_text(json.dumps({"cells": cells}), "utf-8")
    return folder


SENTENCE = {"output_type": "display_data", "data": {"text/markdown": ["Seven of ", "nine."]}, "metadata": {}}
PICTURE = {
    "output_type": "display_data",
    "data": {"image/png": base64.b64encode(b"png").decode()},
    "metadata": {"image/png": {"alt": "A bar."}},
}


def test_findings_and_picture_come_from_the_notebook(tmp_path):
    text, picture = readme.filled(MARKED, house(tmp_path, SENTENCE, PICTURE))
    assert "Seven of nine.\n\n![A bar.](site/picture.png)\n<!-- end" in text and picture == b"png"
    assert "old" not in text and "Not this" not in text and text.endswith("rest\n")
    assert readme.filled(text, tmp_path)[0] == text


def test_the_notebooks_are_listed_by_their_questions(tmp_path):
    text = MARKED + "<!-- notebooks -->\n<!-- end of notebooks -->\n"
    filled, _ = readme.filled(text, house(tmp_path, SENTENCE, PICTURE))
    assert "| [01](notebooks/01-a.ipynb) | Does it hold? |\n<!-- end of notebooks -->" in filled


@pytest.mark.parametrize(
    ("text", "outputs", "message"),
    [
        ("# x", [SENTENCE, PICTURE], "marks around the findings are missing"),
        (MARKED, [PICTURE], "no short answer"),
        (MARKED, [SENTENCE], "no picture"),
        (MARKED.replace("01-a", "02-b"), [SENTENCE, PICTURE], "no readable notebook"),
    ],
)
def test_refused(tmp_path, text, outputs, message):
    with pytest.raises(readme.ClaimbookError, match=message):
        readme.filled(text, house(tmp_path, *outputs))


def test_the_readme_is_current():
    text = (home() / "README.md").read_text(encoding="utf-8")
    expected, picture = readme.filled(text, home() / "notebooks")
    assert text == expected
    assert (home() / readme.PICTURE).read_bytes() == picture
