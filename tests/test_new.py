"""The same house for another story: founded from texts of other scripts, marks and lengths, and run at once."""

import datetime as dt
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from claimbook import notebooks, publish
from claimbook.article import ArticleError
from claimbook.check import check, run_check
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.new import NewHouseError, found
from claimbook.publish_exports import Release
from claimbook.publish_links import broken

TODAY = dt.date(2026, 11, 24)
TEXTS = {
    "one line": ("Minister to open mine", 1, 1),
    "long": ("\n\n".join(f"Paragraph {n} says one thing. It says another, too!" for n in range(200)), 200, 400),
    "chinese": ("特朗普将签署矿产协议\n他说：“我们会谈得很好。”随后他离开了。稀土至关重要！\n", 2, 3),
    "arabic": ("ترامب يوقع اتفاقًا للمعادن\nقال الوزير: «سيكون منجمًا جيدًا». ثم غادر القاعة؟\n", 2, 3),
    "hebrew": ("השר יפתח מכרה\nהוא אמר: ”זה יהיה מכרה טוב.” ואז הלך.\n", 2, 3),
    "windows": ("\ufeffÜberschrift mit Umlauten\r\n\r\n„So ist es“, sagte er. – Nein … oder doch?\r\n", 2, 3),
    "hostile": (
        '<script>window.stolen=1</script>\n"><img src=x onerror=y> says **this** {role}`x`.\n---\n# x: [a](b)\n', 4, 4,
    ),
}


def house_of(folder: Path, text: str, **known) -> Path:
    article = folder / "story.txt"
    article.write_bytes(text.encode("utf-8"))
    told = list(found(article, folder / "house", today=TODAY, run=False, **known))
    assert told[-1].endswith("then `make check` lists them")
    return folder / "house"


def shown_by(house: Path, name: str, monkeypatch) -> list[dict]:
    """What a notebook shows when its cells are run one after the other."""
    shown: list[dict] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    monkeypatch.chdir(house / "notebooks")
    space: dict = {}
    for cell in notebooks.read(house / "notebooks" / name)["cells"]:
        if cell["cell_type"] == "code":
            exec(compile(cell["source"], name, "exec"), space)
    return shown


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.filterwarnings("error")
def test_a_house_is_founded_and_its_notebooks_run(tmp_path, monkeypatch, name):
    text, paragraphs, sentences = TEXTS[name]
    house = house_of(tmp_path, text, language={"chinese": "zh", "arabic": "ar", "hebrew": "he"}.get(name, "en"))
    ledger = Ledger.load(house)
    assert (len(ledger.article.paragraphs), len(ledger.article.sentences)) == (paragraphs, sentences)
    assert (house / "seeds" / "article.txt").read_bytes() == text.encode("utf-8")
    assert len(ledger.todo) == sentences + 1  # and the address
    listed = (house / "data" / "ledger" / "claims.yaml").read_text(encoding="utf-8")
    assert all(f"\n# {sentence.id}  " in listed for sentence in ledger.article.sentences)
    claims = shown_by(house, "01-what-does-it-claim.ipynb", monkeypatch)
    assert any("image/png" in data for data in claims)
    assert any("text/html" in data and "<p><small>P0" in data["text/html"] for data in claims)
    assert shown_by(house, "02-who-says-so.ipynb", monkeypatch)


@pytest.mark.parametrize("name", ["long", "arabic", "hostile"])
def test_its_site_can_be_built(tmp_path, name):
    house = house_of(tmp_path, TEXTS[name][0])
    out = publish.build(house / "build" / "site", root=house)
    assert broken(out) == []
    page = (out / "article.html").read_text(encoding="utf-8")
    assert page.count('dir="auto"') >= TEXTS[name][1]
    assert "window.stolen=1</script>" not in page
    assert "These sentences wait" in (out / "claims" / "index.html").read_text(encoding="utf-8")


def test_from_the_command_line_it_stands_and_is_in_order(tmp_path):
    (tmp_path / "story.txt").write_text(TEXTS["chinese"][0], encoding="utf-8")
    known = ["--outlet", "Mine News", "--url", "https://mine.example/a", "--published", "2026-01-02"]
    command = [sys.executable, "-m", "claimbook", "new", "story.txt", "--into", "house", "--language", "zh", *known]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    house = tmp_path / "house"
    assert check(house) == []
    books = notebooks.paths(house / "notebooks")
    assert [path.name[:2] for path in books] == ["01", "02"]
    assert all(cell.get("execution_count") for path in books for cell in code(path))
    assert "no claims are on record" in (house / "README.md").read_text(encoding="utf-8")
    story = yaml.safe_load((house / "data" / "ledger" / "story.yaml").read_text(encoding="utf-8"))
    assert (story["outlet"], story["url"], story["published"]) == ("Mine News", "https://mine.example/a", "2026-01-02")
    make = subprocess.run(["make", "-n", "notebooks"], cwd=house, capture_output=True, text=True)
    assert make.returncode == 0 and "claimbook run" in make.stdout
    commands = subprocess.run(["make"], cwd=house, capture_output=True, text=True, check=True).stdout
    assert "make site" in commands and "bench" not in (house / "Makefile").read_text(encoding="utf-8")
    cited = Release.of(yaml.safe_load((house / "CITATION.cff").read_text(encoding="utf-8")))
    assert cited == Release()
    own = subprocess.run([sys.executable, "-c", "import claimbook; print(claimbook.__file__)"], cwd=house, text=True,
                         capture_output=True, env=os.environ | {"PYTHONPATH": str(house / "lib")})  # fmt: skip
    assert own.stdout.startswith(str(house))


def code(path: Path) -> list[dict]:
    return [cell for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "code"]


def test_an_unfinished_house_lists_what_is_to_do_and_a_finished_one_does_not_pass_without(tmp_path, capsys):
    house = house_of(tmp_path, "Minister to open mine\nIt may close.\n")
    for path in notebooks.paths(house / "notebooks"):
        question = notebooks.read(path)["cells"][0]  # not run yet: without code there is nothing to run
        path.write_text(json.dumps({"cells": [question]}), encoding="utf-8")
    assert run_check(house) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "to do: story.yaml: url is still https://example.org/; give the address of the article",
        'to do: claims.yaml: P00.S1: no claim of the sentence "Minister to open mine"; add one',
        'to do: claims.yaml: P01.S1: no claim of the sentence "It may close."; add one',
        "2 sentences, 0 claims, 0 evidence, 0 sources: unfinished, 3 to do",
    ]
    story = house / "data" / "ledger" / "story.yaml"
    story.write_text(story.read_text(encoding="utf-8").replace("unfinished: true\n", ""), encoding="utf-8")
    assert run_check(house) == 1
    assert "3 faults" in capsys.readouterr().out


def test_a_claim_can_be_added_as_the_head_of_the_file_shows(tmp_path, monkeypatch):
    house = house_of(tmp_path, "Minister to open mine\nIt may close.\n", url="https://mine.example/a")
    path = house / "data" / "ledger" / "claims.yaml"
    shown = [line[2:] for line in path.read_text(encoding="utf-8").splitlines() if re.match(r"# (-|  )", line)]
    template = yaml.safe_load("\n".join(line for line in shown if not line.startswith("P")))[0]
    judged = template["at_publication"] | {"verdict": "accurate", "supports": ["e1"], "reason": "It says so."}
    outcome = {"verdict": "not-applicable"}
    claim = template | {"quote": "Minister to open mine", "at_publication": judged, "outcome": outcome}
    evidence = {"id": "e1", "statement": "The minister opened it.", "date": "2026-01-01", "source": "s1",
                "relation": "supports", "known_at_publication": True}  # fmt: skip
    source = {"id": "s1", "title": "Record", "publisher": "Ministry", "origin": "Ministry", "read": "whole"}
    source |= {"kind": "primary-official", "published": "2026-01-01", "url": "https://m.example/", "language": "en"}
    for name, record in (("claims", claim), ("evidence", evidence), ("sources", source)):
        text = yaml.safe_dump([record], allow_unicode=True)
        (house / "data" / "ledger" / f"{name}.yaml").write_text(text, encoding="utf-8")
    ledger = Ledger.load(house)
    assert [fault.record for fault in ledger.todo] == ["P01.S1"]
    shown = shown_by(house, "01-what-does-it-claim.ipynb", monkeypatch)
    assert sum("image/png" in data for data in shown) == 2
    assert any("writer's own voice" in data.get("text/markdown", "").replace("\\", "")
               for data in shown_by(house, "02-who-says-so.ipynb", monkeypatch))  # fmt: skip


@pytest.mark.parametrize(("given", "told"), [
    (b"", "no text in it"),
    (b" \n\n", "no text in it"),
    ("x".encode("utf-16"), "UTF-16"),
    (b"\xff\xfea", "UTF-16"),
    (b"a\xffb", "not UTF-8"),
])  # fmt: skip
def test_what_is_no_text_is_refused_and_nothing_is_written(tmp_path, given, told):
    (tmp_path / "story.txt").write_bytes(given)
    with pytest.raises(ArticleError, match=told):
        list(found(tmp_path / "story.txt", tmp_path / "house", today=TODAY))
    assert not (tmp_path / "house").exists()


@pytest.mark.parametrize(("known", "told"), [
    ({"url": "javascript:alert(1)"}, "no web address"),
    ({"published": "yesterday"}, "no ISO date"),
    ({"outlet": "<b>News</b>"}, "holds markup"),
])  # fmt: skip
def test_what_is_wrong_about_a_story_is_refused_and_nothing_is_written(tmp_path, known, told):
    (tmp_path / "story.txt").write_text("A mine opens.", encoding="utf-8")
    with pytest.raises(NewHouseError, match=told):
        list(found(tmp_path / "story.txt", tmp_path / "house", today=TODAY, **known))
    assert not (tmp_path / "house").exists()


def test_a_folder_in_use_is_left_alone(tmp_path):
    (tmp_path / "story.txt").write_text("A mine opens.", encoding="utf-8")
    with pytest.raises(NewHouseError, match="not empty"):
        list(found(tmp_path / "story.txt", tmp_path, today=TODAY))
    assert [path.name for path in tmp_path.iterdir()] == ["story.txt"]


def test_the_notebooks_of_a_new_house_keep_the_rules_of_ours():
    for path in (home() / "lib" / "claimbook" / "starter" / "notebooks").glob("*.ipynb"):
        told = [fault for fault in notebooks.faults(path) if "1..n" not in fault]
        assert told == []
        assert json.loads(path.read_text(encoding="utf-8"))["nbformat"] == 4
