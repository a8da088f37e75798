"""The same house for another story: its text, an empty ledger with its sentences, and two notebooks that run at once.

In: a text file. Out: a folder with everything that this project has but its story, its tables and its judgements.
"""

import datetime as dt
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import ValidationError

from claimbook import home as house
from claimbook.article import Article
from claimbook.check import check
from claimbook.errors import ClaimbookError
from claimbook.ledger import Ledger
from claimbook.records import FILES, Story, problems
from claimbook.rules import PLACEHOLDER

STARTER = Path(__file__).parent / "starter"
ARTICLE = "seeds/article.txt"
COPIED = (
    *("Makefile", "pyproject.toml", "requirements.lock", "environment.yml", ".gitignore", ".ci/run"),
    *("LICENSE", "LICENSE-DATA", "CONTRIBUTING.md", "lib"),
    *("site/conf.py", "site/favicon.svg", "site/theme", "site/pages"),
)
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info", "*.pyc", ".ipynb_checkpoints")
_SHOWN = 120


class NewHouseError(ClaimbookError):
    """A house that cannot be founded: no text, a folder in use, or a library without its house."""


def _library_house() -> Path:
    """The house that this library lies in: Makefile, pins and page templates are copied from it."""
    here = Path(__file__).resolve().parents[2]
    if not (here / "Makefile").exists() or not (here / "site" / "theme").is_dir():
        raise NewHouseError(f"{here.name}: the library lies in no house to copy; run this from a clone of the project")
    return here


def _title(article: Article) -> str:
    """The headline, as far as it is plain text; else a word that says there is none."""
    headline = " ".join(article.paragraphs[0].text.split())
    try:
        Story.model_validate(_story(headline, None, None, None, "en", dt.date(2000, 1, 1)))
    except ValidationError:
        return "Untitled"
    return headline


def _story(
    title: str, outlet: str | None, url: str | None, published: str | None, language: str, today: dt.date
) -> dict:
    day = published or today.isoformat()
    return {
        "title": title,
        "outlet": outlet or "unknown",
        "url": url or PLACEHOLDER,
        "article": ARTICLE,
        "published": day,
        "evidence_horizon": max(day, today.isoformat()),
        "language": language,
        "unfinished": True,
    }


def _story_text(story: dict, given: dict[str, str | None]) -> str:
    """story.yaml, with a mark behind every value that was not given."""
    wanted = {"outlet": "who published it", "url": "its address", "published": "the day it was published"}
    lines = []
    for line in yaml.safe_dump(story, allow_unicode=True, sort_keys=False, width=10_000).splitlines():
        key = line.split(":")[0]
        lines.append(f"{line}  # TO DO: {wanted[key]}" if key in wanted and not given[key] else line)
    return "\n".join(lines) + "\n"


def _claims_text(article: Article) -> str:
    """claims.yaml: no record, and in comments how one looks and which sentences wait."""
    lines = []
    for sentence in article.sentences:
        text = "".join(c if c.isprintable() else " " for c in sentence.text)
        lines.append(f"# {sentence.id}  {text[:_SHOWN]}{'...' if len(text) > _SHOWN else ''}")
    return (STARTER / "claims.yaml").read_text(encoding="utf-8") + "\n".join(lines) + "\n[]\n"


def _package_text(title: str) -> str:
    licence = {
        "name": "CC-BY-4.0",
        "title": "Creative Commons Attribution 4.0",
        "path": "https://creativecommons.org/licenses/by/4.0/",
    }
    package = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "claimbook",
        "title": f"Tables behind the notebooks on: {title}",
        "licenses": [licence],
        "resources": [],
    }
    return json.dumps(package, ensure_ascii=False, indent=2) + "\n"


def _copy(source: Path, into: Path) -> None:
    for name in COPIED:
        path, target = source / name, into / name
        if path.is_dir():
            shutil.copytree(path, target, ignore=_LEFT_OUT)
        elif path.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
    described = 'description = "One news story, taken apart in notebooks anyone can rerun."'
    _rewrite(into / "pyproject.toml", r'^description = ".*"$', described)
    _rewrite(into / "Makefile", r"^bench:.*\n(?:\t.*\n)+\n|(?<=\s)bench ", "")


def _rewrite(path: Path, pattern: str, by: str) -> None:
    path.write_text(re.sub(pattern, by, path.read_text(encoding="utf-8"), flags=re.M), encoding="utf-8")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _furnish(article: Article, into: Path, story: dict, given: dict[str, str | None]) -> None:
    """Write what belongs to the story."""
    ledger = into / "data" / "ledger"
    _write(ledger / "story.yaml", _story_text(story, given))
    _write(ledger / "claims.yaml", _claims_text(article))
    for name in FILES:
        if not (ledger / name).exists():
            _write(ledger / name, "[]\n")
    _write(into / "data" / "datapackage.json", _package_text(story["title"]))
    _write(into / "data" / "corrections.yaml", "[]\n")
    _write(into / "data" / "README.md", "# Data dictionary\n\nNo table yet.\n")
    for name in ("README.md", "CORRECTIONS.md", "CITATION.cff"):
        shutil.copy2(STARTER / name, into / name)
    for folder in ("notebooks", "tests"):
        shutil.copytree(STARTER / folder, into / folder, ignore=_LEFT_OUT)


def _run(into: Path) -> Iterator[str]:
    from claimbook import notebooks, readme

    told: list[str] = []
    notebooks.run(notebooks.paths(into / "notebooks"), say=told.append)
    readme.write(into)
    yield from sorted(told)


def found(
    article: Path,
    into: Path,
    *,
    outlet: str | None = None,
    url: str | None = None,
    published: str | None = None,
    language: str = "en",
    today: dt.date | None = None,
    run: bool = True,
) -> Iterator[str]:
    """Found a house for another story and say what was done.

    Parameters
    ----------
    article : Path
        UTF-8 text, a paragraph a line, the headline first; taken over byte for byte.
    into : Path
        A folder that does not exist or is empty.
    outlet, url, published, language : str, optional
        What is known of the story; what is not is marked TO DO in story.yaml.
    today : date, optional
        The evidence horizon to begin with; by default the day of the calendar.
    run : bool
        Whether to execute the notebooks.

    Yields
    ------
    str
        Lines for the reader; the last says what comes next.

    Raises
    ------
    NewHouseError, ArticleError
        If the folder is in use, or the file is no text; nothing is written then.
    """
    text = Article.load(article)
    if into.exists() and (not into.is_dir() or any(into.iterdir())):
        raise NewHouseError(f"{into}: not empty; name a new folder")
    story = _story(_title(text), outlet, url, published, language, today or dt.date.today())
    try:
        Story.model_validate(story)
    except ValidationError as error:
        raise NewHouseError("\n".join(f"story: {what}" for what in problems(Story, story, error))) from error
    source = _library_house()
    into.mkdir(parents=True, exist_ok=True)
    _copy(source, into)
    _write(into / ARTICLE, "")
    shutil.copyfile(article, into / ARTICLE)
    _furnish(text, into, story, {"outlet": outlet, "url": url, "published": published})
    house._find.cache_clear()
    ledger = Ledger.load(into)
    yield f"{into}: {len(text.paragraphs)} paragraphs, {len(text.sentences)} sentences"
    if run:
        yield from _run(into)
        if faults := check(into):
            raise NewHouseError("\n".join(map(str, faults)))
    yield f"{len(ledger.todo)} things to do: cd {into}, then `make check` lists them"
