"""A refresh: official files -> tidy table -> checked -> compared -> table and record replaced, both or neither.

In: the builders of the group modules; files from the network or a folder. Out: new tables and what changed in them.
"""

import datetime
import difflib
import hashlib
import importlib
import importlib.util
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
from rich.console import Console

from claimbook import tables
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.refresh.census import with_key
from claimbook.refresh.compare import Comparison, compare
from claimbook.refresh.corrections import correct, corrections
from claimbook.refresh.dictionary import write_dictionary
from claimbook.refresh.download import Fetcher
from claimbook.refresh.errors import RefreshError
from claimbook.table_checks import table_faults
from claimbook.table_files import TableError, csv_bytes, parquet_bytes, parse, write_beside, write_whole

__all__ = [
    "Builder", "Download", "RefreshError", "build", "builders", "conform", "correct", "corrections", "expect_columns",
    "refresh", "refresh_command",
]  # fmt: skip

_MOST_LISTED = 3
GROUPS = ("minerals", "trade", "tariffs", "models", "events")


@dataclass(frozen=True)
class Download:
    """One official file."""

    url: str  # official address
    filename: str  # name under which it is saved, and looked for with --from DIR


@dataclass(frozen=True)
class Builder:
    """How one table is made from official files."""

    table: str
    downloads: tuple[Download, ...]
    read: Callable[[Path], object]  # folder holding the official files -> raw frame(s)
    tidy: Callable[[object], pd.DataFrame]  # raw frame(s) -> the tidy table; .attrs["told"]: lines for the user
    read_copy: Callable[[Path], object] | None = None  # folder laid out as shared/raw -> the same raw frame(s)


def builders() -> dict[str, Builder]:
    """Return the builders of all group modules that exist, by table."""
    found = {}
    for group in GROUPS:
        name = f"claimbook.refresh.{group}"
        if importlib.util.find_spec(name):
            found |= {builder.table: builder for builder in getattr(importlib.import_module(name), "BUILDERS", ())}
    return found


def builder_at(place: str) -> object:
    """Return what stands at ``claimbook.refresh.module:CONSTANT``, the form in which records name builders, or None."""
    module, _, constant = place.partition(":")
    try:
        return getattr(importlib.import_module(module), constant) if module.startswith("claimbook.refresh.") else None
    except (ImportError, AttributeError):
        return None


def expect_columns(frame: pd.DataFrame, columns: Iterable[str], what: str) -> pd.DataFrame:
    """Return `frame` if it has all of `columns`; for builders, to refuse a changed header by name.

    Raises
    ------
    RefreshError
        If one is missing: the official file has a new layout.
    """
    if missing := [column for column in columns if column not in frame.columns]:
        raise RefreshError(
            f"{what}: header changed: no column {missing}, but {list(frame.columns)}; "
            "read the source's notes and mend the builder"
        )
    return frame


# --- one table -----------------------------------------------------------------------------------------------


def build(
    builder: Builder, folder: Path, *, copy: bool = False, data: Path | None = None
) -> tuple[pd.DataFrame, bytes]:
    """Make one table from the files in a folder, checked against its record.

    Parameters
    ----------
    builder : Builder
    folder : Path
        Holds the official files, or, with `copy`, the layout of shared/raw.

    Returns
    -------
    frame, content
        The table and the bytes of its file.

    Raises
    ------
    RefreshError
        If the files do not have the layout the builder knows, or the result breaks the record.
    """
    entry = tables.record(builder.table, data)
    try:
        frame = conform(builder.tidy((builder.read_copy if copy else builder.read)(folder)), entry)
    except ClaimbookError:
        raise
    except FileNotFoundError as error:
        raise RefreshError(f"{builder.table}: no {error.filename or error}; {_wanted(builder)}") from error
    except Exception as error:
        raise RefreshError(
            f"{builder.table}: the source does not have the layout the builder knows "
            f"({type(error).__name__}: {error}); compare it with {entry['builder']} and mend that"
        ) from error
    content = parquet_bytes(frame) if entry["path"].endswith(".parquet") else csv_bytes(frame)
    faults = table_faults(parse(content, entry["schema"]["fields"], entry["path"]), entry["schema"], entry["path"])
    if faults:
        listed = "\n".join(faults)
        raise RefreshError(f"{builder.table}: the new table breaks its record, so the old one stays:\n{listed}")
    return frame, content


def conform(frame: pd.DataFrame, entry: dict) -> pd.DataFrame:
    """Return `frame` with the columns, dtypes and row order of its record (sorted by primary key).

    Raises
    ------
    TableError
        If a column is missing or extra, or a value does not have the declared type.
    """
    names = [field["name"] for field in entry["schema"]["fields"]]
    if set(frame.columns) != set(names) or len(frame.columns) != len(names):
        raise TableError(
            f"{entry['path']}: the builder gives {sorted(map(str, set(frame.columns) - set(names)))} beyond and lacks "
            f"{sorted(set(names) - set(frame.columns))} of the columns in datapackage.json; mend one of them"
        )
    typed = pd.DataFrame({f["name"]: _typed(frame[f["name"]], f, entry["path"]) for f in entry["schema"]["fields"]})
    typed.attrs = dict(frame.attrs)  # what the builder has to tell
    return typed.sort_values(entry["schema"]["primaryKey"], kind="stable", ignore_index=True)


def _typed(column: pd.Series, field: dict, place: str) -> pd.Series:
    column = column.reset_index(drop=True)
    try:
        if field["type"] in ("integer", "year"):
            return pd.to_numeric(column).astype("Int64")
        if field["type"] == "number":
            return pd.to_numeric(column).astype("float64")
        if field["type"] == "boolean":
            return column.astype("boolean")
        if field["type"] == "date":
            return pd.to_datetime(column, format="ISO8601").astype("datetime64[s]")
        return column.map(str, na_action="ignore").astype("str")
    except (TypeError, ValueError) as error:
        raise TableError(f"{place}: column {field['name']}: not of type {field['type']} ({error})") from error


# --- the whole course ----------------------------------------------------------------------------------------


def refresh(
    names: Iterable[str] = (),
    source_dir: Path | None = None,
    *,
    data: Path | None = None,
    known: dict[str, Builder] | None = None,
    fetcher: Fetcher | None = None,
    console: Console | None = None,
    today: datetime.date | None = None,
) -> dict[str, Comparison | ClaimbookError]:
    """Rebuild tables from official files and replace each with its record, whole or not at all.

    Parameters
    ----------
    names : iterable of str
        Tables; when empty, all that have a builder (and official files to download, without `source_dir`).
    source_dir : Path, optional
        Folder that holds the official files (found by name, at any depth), or the layout of shared/raw. Nothing is
        downloaded then.
    data, known, fetcher, console, today
        In place of the house's `data/`, the builders of the group modules, the network, the terminal, the date.

    Returns
    -------
    dict
        For each table what changed, or the error that left it as it was. One table's error does not stop the rest.

    Raises
    ------
    RefreshError
        If a name has no builder, or `source_dir` is no folder.
    """
    data, known = data or home() / "data", builders() if known is None else known
    console = console or Console(soft_wrap=True, highlight=False)
    chosen = [_builder(name, known, data) for name in names] or _all(known, source_dir, console)
    if source_dir is not None and not Path(source_dir).is_dir():
        raise RefreshError(f"{source_dir}: no such folder; give --from a folder that holds the official files")
    results = {}
    with tempfile.TemporaryDirectory(prefix="claimbook-") as temporary:
        files = _Files(source_dir, Path(temporary), fetcher or Fetcher(console=console, address=with_key), console)
        for builder in chosen:
            console.print(f"{builder.table}")
            try:
                results[builder.table] = _refresh_one(builder, files, data, today or datetime.date.today())
                for line in results[builder.table].lines():
                    console.print(f"  {line}", markup=False)
            except ClaimbookError as error:
                results[builder.table] = error
                console.print(f"  {error}", markup=False)
    return results


def _all(known: dict[str, Builder], source_dir: Path | None, console: Console) -> list[Builder]:
    """Return every builder that can work: those without an official file are made from copies only."""
    if source_dir is not None:
        return list(known.values())
    for builder in known.values():
        if not builder.downloads:
            console.print(f"{builder.table}: left as it is; it has no official file to download (see data/README.md)")
    return [builder for builder in known.values() if builder.downloads]


def _builder(name: str, known: dict[str, Builder], data: Path) -> Builder:
    if name in known:
        return known[name]
    listed = {entry["name"]: entry for entry in tables.package(data)["resources"]}
    if name in listed:
        entry = listed[name]
        origins = "; ".join(source["title"] for source in entry["sources"])
        raise RefreshError(
            f"{name}: {entry['builder']}, so it cannot be refreshed: written down from {origins}. "
            f"Edit data/{entry['path']}, with a source for every row, then run "
            f"python -m claimbook.refresh.stamp {name}"
        )
    near = difflib.get_close_matches(name, {*known, *listed}, n=3, cutoff=0.6)
    hint = f"did you mean {' or '.join(near)}?" if near else "data/README.md lists them"
    raise RefreshError(f"no table {name!r}; {hint}")


class _Files:
    """Where the official files of a run come from: the network, once for each file, or a folder."""

    def __init__(self, source_dir: Path | None, folder: Path, fetcher: Fetcher, console: Console):
        self.source_dir, self.folder, self.fetcher, self.console = source_dir, folder, fetcher, console
        self.downloaded = source_dir is None

    def place(self, builder: Builder) -> tuple[Path, bool]:
        """Return the folder to read, and whether it is laid out as shared/raw."""
        if self.downloaded:
            for download in builder.downloads:
                self._download(download)
            return self.folder, False
        found = {download.filename: _find(Path(self.source_dir), download.filename) for download in builder.downloads}
        missing = [name for name, path in found.items() if path is None]
        if builder.downloads and not missing:
            for name, path in found.items():
                shutil.copyfile(path, self.folder / name)
            return self.folder, False
        if builder.read_copy is None:
            raise RefreshError(f"{builder.table}: no {missing[0]} under {self.source_dir}; {_wanted(builder)}")
        return Path(self.source_dir), True

    def _download(self, download: Download) -> None:
        path = self.folder / download.filename
        if not path.exists():
            self.console.print(f"  getting {download.url}", markup=False)
            self.fetcher.fetch(download.url, path)


def _wanted(builder: Builder) -> str:
    if not builder.downloads:
        return "it has no official file to download (see data/README.md)"
    listed = [f"{download.filename} from {download.url}" for download in builder.downloads]
    more = f"; and {len(listed) - _MOST_LISTED} more" if len(listed) > _MOST_LISTED else ""
    return f"the folder has to hold {'; '.join(listed[:_MOST_LISTED])}{more}"


def _find(folder: Path, name: str) -> Path | None:
    """Return the file of that name under a folder; two that differ are refused."""
    paths = sorted(path for path in folder.rglob(name) if path.is_file())
    if len({hashlib.sha256(path.read_bytes()).digest() for path in paths}) > 1:
        places = ", ".join(str(path.relative_to(folder)) for path in paths)
        raise RefreshError(f"{name}: found more than once with different content ({places}); leave only one")
    return paths[0] if paths else None


def _refresh_one(builder: Builder, files: _Files, data: Path, today: datetime.date) -> Comparison:
    entry = tables.record(builder.table, data)
    folder, copy = files.place(builder)
    frame, content = build(builder, folder, copy=copy, data=data)
    changes = compare(_old(entry, data), frame, entry["schema"]["primaryKey"])
    stamp = {"accessed": today.isoformat()} if files.downloaded else {}
    replace_table(entry["name"], frame, content, stamp, data)
    return replace(changes, told=tuple(frame.attrs.get("told", ())))


def _old(entry: dict, data: Path) -> pd.DataFrame:
    """Return the table as it stands, or an empty one if it is not there or does not fit its record any more."""
    try:
        return tables.load(entry["name"], data=data)
    except TableError:
        return pd.DataFrame({field["name"]: [] for field in entry["schema"]["fields"]})


def replace_table(name: str, frame: pd.DataFrame, content: bytes, changes: dict, data: Path) -> None:
    """Replace a table and its record: both new files are on disk first, and a failed second step undoes the first.

    A process killed between the two leaves the new table with the old record, which `load` and `check` refuse until a
    refresh has written the record, or git has restored the table.
    """
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    changes = {"bytes": len(content), "hash": digest, "row_count": len(frame), **changes}
    package = json.loads((data / "datapackage.json").read_text(encoding="utf-8"))
    entry = next(entry for entry in package["resources"] if entry["name"] == name)
    path, before = data / entry["path"], dict(entry)
    entry |= changes
    if path.exists() and path.read_bytes() == content and entry == before:
        return
    old = path.read_bytes() if path.exists() else None
    text = json.dumps(package, indent=2, ensure_ascii=False) + "\n"
    waiting = [write_beside(path, content), write_beside(data / "datapackage.json", text.encode("utf-8"))]
    try:
        os.replace(waiting[0], path)
        try:
            os.replace(waiting[1], data / "datapackage.json")
        except BaseException:
            write_whole(path, old) if old is not None else path.unlink()
            raise
    finally:
        for leftover in waiting:
            leftover.unlink(missing_ok=True)
    write_dictionary(data)


def refresh_command(names: Iterable[str] = (), source_dir: Path | None = None) -> int:
    """Run `python -m claimbook refresh`; return 0, or 1 if a table had to stay as it was."""
    console = Console(soft_wrap=True, highlight=False)
    results = refresh(names, source_dir, console=console)
    failed = [name for name, result in results.items() if isinstance(result, ClaimbookError)]
    changed = [name for name, result in results.items() if isinstance(result, Comparison) and result]
    same = len(results) - len(changed) - len(failed)
    console.print(f"{len(changed)} changed, {same} the same, {len(failed)} left as before because of an error")
    for name in failed:
        console.print(f"  {name}", markup=False)
    return 1 if failed else 0
