"""A house whose article and ledger try to run scripts, break markup and forge addresses, past what loading refuses."""

import json
import shutil
from pathlib import Path

from small_house import BASE

from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.reading import read
from claimbook.rules import broken

ATTACKS = (
    "<script>window.stolen=1</script>",
    '"><img src=x onerror="window.stolen=1">',
    "'onmouseover='window.stolen=1",
    "</title></script></p></div><b>unclosed & <!-- ",
    "[x](javascript:window.stolen=1) `{{7*7}}` ```{raw} html\n``` {eval-rst}`x` *x* $x$",
)
PAYLOAD = " ".join(ATTACKS)
CLAIMED, IN_CLAIM = "The mine may employ 300 people", ' <img src=x onerror=window.stolen=1>'
TEX = r"$$\text{<script>window.stolen=1</script>} \href{javascript:window.stolen=1}{x}$$"
ADDRESS = "javascript:window.stolen=1"
_FREE = {
    "claims.yaml": ["statement", "attributed_to"],
    "evidence.yaml": ["statement", "locator", "note"],
    "sources.yaml": ["title", "publisher", "origin", "note"],
    "quotes.yaml": ["speaker", "said_at"],
    "attributions.yaml": ["outlet", "wording", "credits"],
    "omissions.yaml": ["statement", "why"],
    "standards.yaml": ["organisation", "rule"],
    "not_found.yaml": ["topic", "what"],
}


def _spoil(record, names: list[str]):
    given = {name: f"{getattr(record, name)} {PAYLOAD}" for name in names if getattr(record, name)}
    if getattr(record, "url", None):
        given["url"] = ADDRESS
    for judgement in ("at_publication", "outcome"):
        if found := getattr(record, judgement, None):
            words = {"reason": f"{found.reason} {PAYLOAD}"}
            given[judgement] = found.model_copy(update=words)
    return record.model_copy(update=given)


def spoiled_house(folder: Path) -> Path:
    """Return a house whose article holds attacks, inside and outside of its claims, and a notebook with more."""
    house = shutil.copytree(BASE, folder / "house")
    article = next((house / "seeds").glob("*.txt"))
    text = article.read_text(encoding="utf-8").rstrip("\n").replace(CLAIMED, CLAIMED + IN_CLAIM)
    article.write_text(f"{text}\n\n{' '.join(PAYLOAD.split())}\n", encoding="utf-8")
    for name in ("conf.py", "favicon.svg", "theme", "pages"):
        source = home() / "site" / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        (house / "site").mkdir(exist_ok=True)
        copy(source, house / "site" / name)
    _notebook(house / "notebooks" / "01-what.ipynb")
    (house / "data" / "README.md").write_text(f"# Data dictionary\n\n{PAYLOAD}\n", encoding="utf-8")
    (house / "CORRECTIONS.md").write_text(f"# Corrections\n\n{PAYLOAD}\n", encoding="utf-8")
    return house


def _notebook(path: Path) -> None:
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {"text/html": f"<p>{PAYLOAD}</p>"}},
        {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": f"Found: {PAYLOAD}"}},
        {"output_type": "stream", "name": "stdout", "text": PAYLOAD},
        {"output_type": "display_data", "metadata": {},
         "data": {"text/html": '<a href="java\nscript:window.stolen=1" onclick="window.stolen=1">here</a>'
                               '<iframe src="https://example.com"></iframe><svg onload="window.stolen=1"></svg>'}},
    ]  # fmt: skip
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": f"# What of this?\n\n{PAYLOAD}\n\n{TEX}"},
        {"cell_type": "code", "id": "b", "metadata": {}, "source": "1", "execution_count": 1, "outputs": outputs},
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8")


def spoiled_ledger(house: Path) -> Ledger:
    """Return the ledger of a house with every free text and address spoiled, past the checks that would refuse it."""
    material, faults = read(house / "data" / "ledger")
    assert not faults
    claims = material.records["claims.yaml"]
    claims[-1] = claims[-1].model_copy(update={"quote": CLAIMED + IN_CLAIM})
    broken(material)  # finds the places of the quotations
    for file, names in _FREE.items():
        material.records[file] = [_spoil(record, names) for record in material.records[file]]
    story = material.story.model_copy(update={"title": f"Title {PAYLOAD}", "outlet": PAYLOAD, "url": ADDRESS})
    material.story = story
    for cached in ("claims", "evidence", "sources"):
        material.__dict__.pop(cached, None)
    lists = {file.removesuffix(".yaml"): tuple(found) for file, found in material.records.items()}
    return Ledger(story=story, article=material.article, **lists, _material=material)
