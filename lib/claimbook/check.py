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
from claimbook.records import FILES


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


def _beside_the_ledger(ledger: Ledger, home: Path) -> Iterable[Fault]:
    """Codings that cannot be read, and files that are neither; misspelt names of the ledger's own are its to tell."""
    claims = ledger.claims_frame()
    for path in sorted((home / "data" / "ledger").iterdir()):
        if is_coding(path):
            yield from _told(partial(_readable, path, claims), home)
        elif path.name not in ("README.md", *FILES) and not path.name.startswith("."):
            yield Fault(f"data/ledger/{path.name}", "", "no file of the ledger; move it out of data/, or remove it")


def _tables(home: Path) -> Iterable[Fault]:
    from claimbook.tables import validate

    return [Fault("", "", line) for line in validate(data=home / "data")]


def _beside_the_tables(home: Path) -> Iterable[Fault]:
    """What goes with the tables: their builders, the known errors of their sources, the dictionary of their records."""
    from claimbook.refresh.corrections import corrections
    from claimbook.refresh.dictionary import dictionary
    from claimbook.tables import package

    path, records = home / "data" / "corrections.yaml", package(home / "data")
    names = {entry["name"] for entry in records["resources"]}
    yield from _builders(records["resources"])
    for entry in corrections(path) if path.exists() else ():
        if entry["table"] not in names:
            remedy = did_you_mean(entry["table"], names) or "; name a table of datapackage.json"
            yield Fault(path.name, entry["id"], f"no table {entry['table']!r}{remedy}")
    readme = home / "data" / "README.md"
    if names and (not readme.exists() or readme.read_text(encoding="utf-8") != dictionary(records)):
        yield Fault("data/README.md", "", "out of date; run `python -m claimbook.refresh.dictionary`")


def _builders(records: list[dict]) -> Iterable[Fault]:
    """Records whose builder does not make their table."""
    from claimbook.refresh.core import builder_at, builders

    built = [entry for entry in records if entry["builder"] != "hand-compiled"]
    known = builders() if built else {}
    for entry in built:
        if entry["name"] not in known or builder_at(entry["builder"]) is not known[entry["name"]]:
            remedy = "name the module and the constant of its builder, or `hand-compiled`"
            yield Fault("datapackage.json", entry["name"], f"no builder of it at {entry['builder']!r}; {remedy}")


def _notebooks(home: Path) -> Iterable[Fault]:
    from claimbook import notebooks
    from claimbook.article import story_article

    folder, paths = home / "notebooks", notebooks.paths(home / "notebooks")
    if not paths:
        yield Fault("notebooks", "", "no notebook named like 01-question.ipynb; restore the folder with git")
    for stray in sorted({*folder.glob("*.ipynb")} - {*paths}):
        yield Fault(stray.name, "", "not named like 01-question.ipynb, so nothing runs it; rename or remove it")
    article = story_article(home)
    yield from (Fault("", "", line) for path in paths for line in notebooks.faults(path, article))


def _outputs(ledger: Ledger, home: Path) -> Iterable[Fault]:
    """Outputs of other data than there are, names of claims that are not there, a README of other findings."""
    from claimbook import notebooks, readme, staleness

    now, article = staleness.digests(home / "data"), ledger.article
    known = {record.id for record in (*ledger.claims, *article.paragraphs, *article.sentences)}
    for path in notebooks.paths(home / "notebooks"):
        yield from (Fault("", "", line) for line in staleness.faults(path, now, known))
    if (home / "README.md").exists() and not readme.is_current(home):
        yield Fault("README.md", "", "other findings, picture or list than the notebooks have; run `make notebooks`")


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
        faults += _beside_the_ledger(ledger, home)
        if not tables and not ledger.story.unfinished:  # while a story is being taken apart its notebooks lag behind
            faults += _told(partial(_outputs, ledger), home)
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
