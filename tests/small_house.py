"""A small house in order, to be spoiled: the base of must_fail/, with a notebook whose colophon is of its data."""

import contextlib
import json
import shutil
from pathlib import Path

from claimbook.staleness import COLOPHON, digests
from claimbook.tables import TableError

BASE = Path(__file__).parent / "must_fail" / "_base"
NOTEBOOK = Path("notebooks") / "01-what-does-it-claim.ipynb"
LOADS = "ledger = Ledger.load()"


def small_house(into: Path, laid_over: Path | None = None) -> Path:
    """Return a copy of the base, with another folder's files laid over it and a notebook run on the outcome."""
    home = shutil.copytree(BASE, into / "house")
    write_notebook(home)
    if laid_over is not None:
        shutil.copytree(laid_over, home, dirs_exist_ok=True)
        with contextlib.suppress(TableError):  # a spoiled package, which no notebook can be run on
            write_notebook(home)
    return home


def colophon(said: dict[str, str]) -> str:
    """Return the text of a colophon that gives each name a digest."""
    return "\n".join(map(" | ".join, (COLOPHON, *((name, "–", digest) for name, digest in said.items()))))


def write_notebook(home: Path, code: str = LOADS, said: dict[str, str] | None = None, words: str = "It holds.") -> None:
    """Write the notebook of a house: a question, words, code, and a colophon of the data there are, or of `said`."""
    said = digests(home / "data") if said is None else said
    shown = [{"output_type": "display_data", "metadata": {}, "data": {"text/plain": colophon(said)}}] if said else []
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "# What does it claim?"},
        {"cell_type": "markdown", "metadata": {}, "source": words},
        {"cell_type": "code", "metadata": {}, "source": code, "execution_count": 1, "outputs": shown},
    ]
    (home / NOTEBOOK).parent.mkdir(exist_ok=True)
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (home / NOTEBOOK).write_text(text, encoding="utf-8")
