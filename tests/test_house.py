"""The house as a stranger finds it: the files that belong there, and what they promise."""

import hashlib
import os
import re
import subprocess

import pytest
import yaml

from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.refresh.core import RefreshError, refresh

SEED = "22a5c1583b8ce185cdfc259c9e32c2307698dce4c3db31b0631e9b0e03662faa"


def test_the_article_is_as_received():
    path = home() / Ledger.load().story.article
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SEED


@pytest.mark.parametrize(
    "name",
    ["README.md", "Makefile", "pyproject.toml", "requirements.lock", "environment.yml", "CITATION.cff", "LICENSE",
     "LICENSE-DATA", "CHANGELOG.md", "CORRECTIONS.md", "CONTRIBUTING.md", ".ci/run", "data/README.md"],
)  # fmt: skip
def test_the_house_is_complete(name):
    assert (home() / name).stat().st_size > 0


def test_make_alone_lists_every_command():
    makefile = (home() / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.M))
    assert {"help", "notebooks", "test", "lab", "check", "clean"} <= targets
    shown = subprocess.run(["make", "-C", home()], capture_output=True, text=True, check=True).stdout
    assert {f"make {target}" for target in targets} <= set(re.findall(r"make [a-z]+", shown))


@pytest.mark.parametrize("made_in, anew", [(None, True), ("", False), ("here", False), ("/elsewhere", True)])
def test_the_environment_of_a_moved_folder_is_made_anew(tmp_path, made_in, anew):
    house = tmp_path / "a house"
    (house / ".venv").mkdir(parents=True)
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        (house / name).write_bytes((home() / name).read_bytes())
    if made_in is not None:
        (house / ".venv" / ".ready").write_text(str(house) if made_in == "here" else made_in)
    shown = subprocess.run(["make", "-n", "-C", house, "check"], capture_output=True, text=True, check=True).stdout
    assert ("-m venv" in shown) is anew


@pytest.mark.parametrize("user, told", [("0", True), ("1000", False)])
def test_the_lab_opens_for_root_as_well(tmp_path, user, told):
    (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n")
    (tmp_path / "id").chmod(0o755)
    paths = {**os.environ, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    ready = ["make", "-n", "-o", ".venv/.ready", "-C", home(), "lab"]
    shown = subprocess.run(ready, capture_output=True, text=True, check=True, env=paths).stdout
    assert "jupyter lab" in shown
    assert ("--allow-root" in shown) is told


def test_contributors_are_told_the_command_that_takes_an_edited_table():
    name = "timeline"
    with pytest.raises(RefreshError) as refusal:
        refresh([name])
    command = re.search(r"python -m \S+ timeline", str(refusal.value)).group().replace(name, "NAME")
    assert f"`{command}`" in " ".join((home() / "CONTRIBUTING.md").read_text(encoding="utf-8").split())


def test_the_citation_names_the_article():
    cited = yaml.safe_load((home() / "CITATION.cff").read_text(encoding="utf-8"))
    story = Ledger.load().story
    assert any(entry["title"] == story.title and entry["url"] == story.url for entry in cited["references"])


def test_the_readme_lists_every_notebook():
    readme = (home() / "README.md").read_text(encoding="utf-8")
    for path in (home() / "notebooks").glob("*.ipynb"):
        assert f"(notebooks/{path.name})" in readme
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", readme):
        assert (home() / link).exists(), link
