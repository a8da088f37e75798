"""One check of everything people write: ledger, quotations, evidence, tables and notebooks.

In: a house. Out: every fault, or one line that says what was found in order.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from claimbook import home as house
from claimbook.errors import ClaimbookError
from claimbook.faults import Fault, did_you_mean
from claimbook.ledger import Ledger, LedgerError
from claimbook.reading import is_coding


def _told(part: Callable[[Path], Iterable[Fault]], home: Path) -> list[Fault]:
    """The faults of one part; what it raises on bad input is a fault too."""
    try:
        return list(part(home))
    except LedgerError as error:
        return error.faults
    except ClaimbookError as error:
        return [Fault("", "", line) for line in str(error).splitlines()]
    except (OSError, UnicodeError) as error:
        name = Path(getattr(error, "filename", None) or "a file").name
        return [Fault(name, "", f"cannot be read ({getattr(error, 'strerror', None) or error}); restore the file")]


def _readable(coding: Path, claims, home: Path) -> Iterable[Fault]:
    from claimbook.coding import read_coding

    read_coding(coding, claims)
    return ()


def _codings(home: Path, ledger: Ledger) -> Iterable[Fault]:
    claims = ledger.claims_frame()
    for path in sorted((home / "data" / "ledger").iterdir()):
        if is_coding(path):
            yield from _told(partial(_readable, path, claims), home)


def _tables(home: Path) -> Iterable[Fault]:
    from claimbook.tables import validate

    return [Fault("", "", line) for line in validate(data=home / "data")]


def _beside_the_tables(home: Path) -> Iterable[Fault]:
    """What goes with the tables: the known errors of their sources, and the dictionary written from their records."""
    from claimbook.refresh.corrections import corrections
    from claimbook.refresh.dictionary import dictionary
    from claimbook.tables import package

    path, records = home / "data" / "corrections.yaml", package(home / "data")
    names = {entry["name"] for entry in records["resources"]}
    for entry in corrections(path) if path.exists() else ():
        if entry["table"] not in names:
            remedy = did_you_mean(entry["table"], names) or "; name a table of datapackage.json"
            yield Fault(path.name, entry["id"], f"no table {entry['table']!r}{remedy}")
    readme = home / "data" / "README.md"
    if names and (not readme.exists() or readme.read_text(encoding="utf-8") != dictionary(records)):
        yield Fault("data/README.md", "", "out of date; run `python -m claimbook.refresh.dictionary`")


def _notebooks(home: Path) -> Iterable[Fault]:
    from claimbook import notebooks
    from claimbook.article import story_article

    article = story_article(home)
    paths = notebooks.paths(home / "notebooks")
    return [Fault("", "", line) for path in paths for line in notebooks.faults(path, article)]


def _checked(home: Path) -> tuple[Ledger | None, list[Fault]]:
    ledger = None

    def _ledger(home: Path) -> Iterable[Fault]:
        nonlocal ledger
        ledger = Ledger.load(home)
        return ()

    tables = _told(_tables, home)
    beside = [] if tables else _told(_beside_the_tables, home)  # a record out of order would be told twice
    faults = [*_told(_ledger, home), *tables, *beside, *_told(_notebooks, home)]
    if ledger:
        faults += _codings(home, ledger)
    return ledger, list({str(fault): fault for fault in faults}.values())


def check(home: Path | None = None) -> list[Fault]:
    """Return every fault of a house; empty when all is well.

    Parameters
    ----------
    home : Path, optional
        Folder with ``seeds/``, ``data/`` and ``notebooks/``; by default this house.
    """
    return _checked(home or house.home())[1]


def summary(ledger: Ledger) -> str:
    """Return the one line of a ledger in order: ``21 sentences, 60 claims, 277 evidence, 239 sources: ok``.

    A story that says it is unfinished ends in ``unfinished, 21 to do`` instead.
    """
    counts = {
        "sentences": len(ledger.article.sentences),
        "claims": len(ledger.claims),
        "evidence": len(ledger.evidence),
        "sources": len(ledger.sources),
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    return f"{told}: unfinished, {len(ledger.todo)} to do" if ledger.story.unfinished else f"{told}: ok"


def run_check(home: Path | None = None) -> int:
    """Print the one line, or every fault, and return the exit code: 0 in order, 1 with faults."""
    try:
        ledger, faults = _checked(home or house.home())
    except ClaimbookError as error:
        print(error)
        return 1
    if faults or ledger is None:
        print("\n".join(map(str, faults)))
        print(f"{len(faults)} fault{'s' if len(faults) != 1 else ''}")
        return 1
    print("\n".join([*(f"to do: {fault}" for fault in ledger.todo), summary(ledger)]))
    return 0
