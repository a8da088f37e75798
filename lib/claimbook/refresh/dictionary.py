"""The data dictionary: `data/README.md`, written from `datapackage.json` (`python -m claimbook.refresh.dictionary`)."""

from pathlib import Path

from claimbook import tables
from claimbook.home import home
from claimbook.refresh.quantities import QUALIFIERS
from claimbook.table_files import write_whole

_GROUPS = {
    "minerals": "Minerals",
    "trade": "Trade",
    "tariffs": "Tariffs and Phase One",
    "events": "Events, controls, agreements, projects",
    "models": "Inputs of the models",
}
_HEAD = """\
# Data dictionary

Written from `datapackage.json` by `python -m claimbook.refresh.dictionary`; edit the record, not this file.

- `claimbook.tables.load("{first}")` gives a table as a typed pandas frame, its provenance in `.attrs`;
  `load(name, known_by="2025-10-25")` only what was published by that day, without the columns that say what became of
  it later; a table whose rows carry no date is then given whole or refused. `catalogue()` lists the tables.
- Every table has a record in `datapackage.json` (Data Package v2): fields, units, sources, licence, dates, bytes and
  SHA-256. `load` refuses a file whose bytes are not the recorded ones, and a cell that breaks its schema.
- *Built* tables are made from official files by `python -m claimbook refresh NAME`. *Hand-compiled* tables are facts
  read in the sources named in their rows; they cannot be refreshed. After an edit
  `python -m claimbook.refresh.stamp NAME` checks such a table and brings its record up to date.
- A value is missing where no number is printed; its `qualifier` says why, and `..._low`, `..._high` give what is known
  of it. Nothing withheld is a zero.
{qualifiers}
- CSV: UTF-8, LF, comma, `true`/`false`, missing = empty. Tables above 1 MB are Parquet (zstd). A Parquet resource
  carries no `type` and the format name `pq`: frictionless then checks its bytes and hash as a file (its own Parquet
  reader takes missing integers for errors); its rows are checked by `claimbook.tables`.
- Errors of the sources that we mended are in `corrections.yaml`, each with its proof.
- Licence: the tables are CC BY 4.0 as a collection; each keeps the terms of its source, named below.
"""


def dictionary(package: dict) -> str:
    """Return the text of the data dictionary for a parsed `datapackage.json`."""
    resources = package["resources"]
    signs = "\n".join(f"  - `{name}`: {meaning}" for name, meaning in QUALIFIERS.items())
    head = _HEAD.replace("{first}", resources[0]["name"] if resources else "NAME").replace("{qualifiers}", signs)
    parts = [head, _contents(resources)]
    for group, title in _GROUPS.items():
        members = [entry for entry in resources if entry["path"].startswith(group + "/")]
        if members:
            parts += [f"# {title}\n", *(_table(entry) for entry in members)]
    return "\n".join(parts)


def _contents(resources: list[dict]) -> str:
    lines = ["| table | what | rows | published | licence |", "| --- | --- | ---: | --- | --- |"]
    for entry in resources:
        licence = ", ".join(licence["name"] for licence in entry["licenses"])
        published = entry.get("published") or "by row"
        lines.append(f"| [`{entry['name']}`](#{entry['name']}) | {_cell(entry['title'])} | {entry['row_count']:,} "
                     f"| {published} | {licence} |")  # fmt: skip
    return "\n".join(lines) + "\n"


def _table(entry: dict) -> str:
    built = "hand-compiled" if entry["builder"] == "hand-compiled" else f"built by `{entry['builder']}`"
    lines = [
        f"## {entry['name']}",
        f"\n**{entry['title']}.** {entry['description']}\n",
        f"- File: [`{entry['path']}`]({entry['path']}), {entry['row_count']:,} rows, {entry['bytes']:,} bytes, {built}",
        f"- Published: {entry.get('published') or 'by row'}; read: {entry['accessed']}"
        + (f"; edition: {entry['edition']}" if entry.get("edition") else ""),
        "- Key: " + ", ".join(f"`{name}`" for name in entry["schema"]["primaryKey"])
        + (f"; known by: `{entry['known_by_field']}`" if entry.get("known_by_field") else "")
        + (f", without {', '.join(f'`{name}`' for name in entry['later_fields'])}" if "later_fields" in entry else ""),
        f"- Source line: {entry['source_line']}",
        *(f"- Source: {_source(source)}" for source in entry["sources"]),
        *(f"- Licence: {_licence(licence)}" for licence in entry["licenses"]),
        *(f"- Note: {note}" for note in entry.get("notes", [])),
        "\n| field | type | unit | what | rules |\n| --- | --- | --- | --- | --- |",
        *(_field(field) for field in entry["schema"]["fields"]),
        "",
    ]  # fmt: skip
    return "\n".join(lines)


def _source(source: dict) -> str:
    version = f", {source['version']}" if source.get("version") else ""
    return f"[{source['title']}]({source['path']}){version}"


def _licence(licence: dict) -> str:
    return f"[{licence['title']}]({licence['path']})" if licence.get("path") else licence["title"]


def _field(field: dict) -> str:
    cells = (f"`{field['name']}`", field["type"], field.get("unit", ""), field["description"], _rules(field))
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _rules(field: dict) -> str:
    rules = field.get("constraints", {})
    said = [word for word in ("required", "unique") if rules.get(word)]
    forms = {"minimum": ">= {}", "maximum": "<= {}", "pattern": "`{}`"}
    said += [form.format(rules[rule]) for rule, form in forms.items() if rule in rules]
    if "enum" in rules:
        said.append("one of " + ", ".join(f"`{value}`" for value in rules["enum"]))
    return ", ".join(said)


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|")


def write_dictionary(data: Path | None = None) -> None:
    """Write `data/README.md` anew."""
    folder = data or home() / "data"
    write_whole(folder / "README.md", dictionary(tables.package(folder)).encode("utf-8"))


if __name__ == "__main__":
    write_dictionary()
