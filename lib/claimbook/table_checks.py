"""What a record promises, checked: constraints and keys of a table, and the completeness of the record itself.

In: an Arrow table or a record of `datapackage.json`. Out: a list of faults, each with place, value and remedy.
"""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc

from claimbook.table_files import ARROW_TYPES

FIELDS_OF_A_RECORD = (
    "name", "title", "description", "path", "format", "mediatype", "schema", "sources", "licenses", "accessed",
    "builder", "source_line", "bytes", "hash", "row_count",
)  # fmt: skip
FORMATS = {"csv": ("csv", "text/csv"), "parquet": ("pq", "application/vnd.apache.parquet")}
_CONSTRAINTS = {"required", "enum", "minimum", "maximum", "unique", "pattern"}
_ISO = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")
_MOST = 10
_SHAPES = {"name": str, "path": str, "schema": dict, "sources": list, "licenses": list, "later_fields": list}
_SHAPE_NAMES = {str: "text", dict: "a mapping", list: "a list"}


# --- a table against its schema ------------------------------------------------------------------------------


def table_faults(table: pa.Table, schema: dict, place: str) -> list[str]:
    """Return what in `table` breaks its schema: required, enum, minimum, maximum, pattern, unique, primary key."""
    faults = [fault for field in schema["fields"] for fault in _field_faults(table, field, place)]
    return faults + _key_faults(table, schema.get("primaryKey", []), place)


def _field_faults(table: pa.Table, field: dict, place: str) -> Iterator[str]:
    column, rules = table[field["name"]], field.get("constraints", {})
    bound = ARROW_TYPES[field["type"]]
    if rules.get("required") and column.null_count:
        yield from _cells(column, pc.is_null(column), field, place, "is missing and required")
    if "enum" in rules:
        known = pa.array(rules["enum"], type=bound)
        bad = pc.and_(pc.is_valid(column), pc.invert(pc.is_in(column, value_set=known)))
        yield from _cells(column, bad, field, place, f"is not one of {rules['enum']}")
    if "minimum" in rules:
        bad = pc.less(column, _scalar(rules["minimum"], bound))
        yield from _cells(column, bad, field, place, f"is below the minimum {rules['minimum']}")
    if "maximum" in rules:
        bad = pc.greater(column, _scalar(rules["maximum"], bound))
        yield from _cells(column, bad, field, place, f"is above the maximum {rules['maximum']}")
    if "pattern" in rules:
        bad = pc.invert(pc.match_substring_regex(column, f"^(?:{rules['pattern']})$"))
        yield from _cells(column, bad, field, place, f"does not match the pattern {rules['pattern']}")
    if rules.get("unique"):
        yield from _repeats(table, [field["name"]], place, "repeats a value that must be unique")


def _scalar(value: object, kind: pa.DataType) -> pa.Scalar:
    return pa.scalar(value).cast(kind) if isinstance(value, str) else pa.scalar(value, type=kind)


def _cells(column: pa.ChunkedArray, bad: pa.ChunkedArray, field: dict, place: str, what: str) -> Iterator[str]:
    rows = pc.indices_nonzero(pc.fill_null(bad, False))
    for row in rows[:_MOST].to_pylist():
        value = column[row].as_py()
        yield (
            f"{place}: {_row(place, row)}: column {field['name']}: {_shown(value)} {what}; "
            "mend the cell, or the constraint in datapackage.json"
        )
    if len(rows) > _MOST:
        yield f"{place}: column {field['name']}: {len(rows) - _MOST} more cells like that"


def _shown(value: object) -> str:
    return "the value" if value is None else repr(value) if isinstance(value, str) else str(value)


def _row(place: str, index: int) -> str:
    """Name a row as a reader finds it: the line in a text file, the row number in Parquet."""
    return f"row {index + 1}" if place.endswith(".parquet") else f"line {index + 2}"


def _key_faults(table: pa.Table, key: list[str], place: str) -> Iterator[str] | list[str]:
    if not key:
        return [f"{place}: no primary key in datapackage.json; name the columns that tell rows apart"]
    return list(_repeats(table, key, place, "stands twice; a primary key is unique"))


def _repeats(table: pa.Table, key: list[str], place: str, what: str) -> Iterator[str]:
    keys = table.select(key)
    if _strictly_ascending(keys) or keys.group_by(key).aggregate([]).num_rows == keys.num_rows:
        return
    frame = keys.to_pandas()
    again = frame.duplicated(keep="first")
    for row in frame.index[again][:_MOST]:
        value = ", ".join(f"{name}={frame.at[row, name]}" for name in key)
        yield f"{place}: {_row(place, row)}: column {'+'.join(key)}: {value} {what}; remove or mend the row"


def _strictly_ascending(keys: pa.Table) -> bool:
    """Tell whether each row sorts after the one before, which proves that none stands twice; missing keys do not."""
    if keys.num_rows < 2 or any(column.null_count for column in keys.columns):
        return keys.num_rows < 2
    after, level = False, True
    for column in keys.columns:
        before, now = column.slice(0, keys.num_rows - 1), column.slice(1)
        after = pc.or_(after, pc.and_(level, pc.less(before, now)))
        level = pc.and_(level, pc.equal(before, now))
    return pc.all(after).as_py()


# --- a record ------------------------------------------------------------------------------------------------


def record_faults(record: dict) -> list[str]:
    """Return what a record lacks or says wrongly."""
    place = f"datapackage.json: {record.get('name', '(a record without a name)')}"
    missing = [name for name in FIELDS_OF_A_RECORD if not record.get(name) and record.get(name) != 0]
    if missing:
        return [f"{place}: {', '.join(missing)} missing or empty; complete the record"]
    if out_of_form := list(_shape_faults(record)):
        return [f"{place}: {fault}" for fault in out_of_form]
    return [f"{place}: {fault}" for fault in (*_form_faults(record), *_origin_faults(record), *_schema_faults(record))]


def _shape_faults(record: dict) -> Iterator[str]:
    """What the other checks could not even read."""
    for name, kind in _SHAPES.items():
        if not isinstance(record.get(name, kind()), kind):
            yield f"{name} is not {_SHAPE_NAMES[kind]}; see how another record writes it"
            return
    schema = record["schema"]
    parts = {"sources": record["sources"], "licenses": record["licenses"], "schema.fields": schema.get("fields")}
    for name, entries in parts.items():
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            yield f"{name} is not a list of mappings; see how another record writes it"
            return
    if not all(isinstance(field.get("name"), str) for field in schema["fields"]):
        yield "a field has no name; name the column"
    if not isinstance(schema.get("primaryKey", []), list):
        yield "primaryKey is not a list; write the column in brackets"
    if PurePosixPath(record["path"]).is_absolute() or ".." in PurePosixPath(record["path"]).parts:
        yield f"path {record['path']!r} leads out of data/; keep the table inside"


def _form_faults(record: dict) -> Iterator[str]:
    suffix = record["path"].rsplit(".", 1)[-1]
    if (record["format"], record["mediatype"]) != FORMATS.get(suffix):
        yield f"format and mediatype of a .{suffix} file are {FORMATS.get(suffix)}; mend them"
    # frictionless reads `type: table` + Parquet through pandas and takes missing integers for errors
    if ("type" in record) != (suffix == "csv"):
        yield "type is `table` for CSV and left out for Parquet (see data/README.md)"
    if not re.fullmatch(r"[a-z][a-z0-9_]*", record["name"]):
        yield "a name is lower-case letters, digits and underscores"


def _origin_faults(record: dict) -> Iterator[str]:
    for source in record["sources"]:
        if not source.get("title") or not re.match(r"https?://", source.get("path", "")):
            yield f"source {source.get('title')!r} needs a title and a path that is a web address"
    for licence in record["licenses"]:
        if not licence.get("name") or not licence.get("title"):
            yield "a licence needs a name and a title"
    if not _ISO.fullmatch(str(record.get("published") or record.get("known_by_field") and "2000")):
        yield f"published {record.get('published')!r} is not an ISO date (only a known_by_field can stand in for it)"
    if not _ISO.fullmatch(str(record["accessed"])):
        yield f"accessed {record['accessed']!r} is not an ISO date"


def _unusable_rules(field: dict) -> Iterator[str]:
    """Constraints that cannot be checked, such as a pattern that is none or a minimum of another type."""
    rules, kind = field.get("constraints", {}), ARROW_TYPES[field["type"]]
    tries = {
        "enum": lambda value: pa.array(value, type=kind),
        "minimum": lambda value: _scalar(value, kind),
        "maximum": lambda value: _scalar(value, kind),
        "pattern": lambda value: pc.match_substring_regex(pa.scalar(""), value),
    }
    for rule in tries.keys() & rules:
        try:
            tries[rule](rules[rule])
        except (pa.ArrowException, TypeError, ValueError) as error:
            what = f"{rule} {rules[rule]!r} does not work for type {field['type']}"
            yield f"field {field['name']}: {what} ({error}); mend it"


def _schema_faults(record: dict) -> Iterator[str]:
    fields = {field["name"]: field for field in record["schema"]["fields"]}
    for name, field in fields.items():
        if str(field.get("type")) not in ARROW_TYPES:
            yield f"field {name}: type {field.get('type')!r} is not one of {', '.join(ARROW_TYPES)}"
        else:
            yield from _unusable_rules(field)
        if not field.get("description"):
            yield f"field {name}: no description"
        for unknown in sorted(set(field.get("constraints", {})) - _CONSTRAINTS):
            yield f"field {name}: constraint {unknown} is not checked here; use {', '.join(sorted(_CONSTRAINTS))}"
    named = [*record["schema"].get("primaryKey", []), *filter(None, [record.get("known_by_field")])]
    for name in [*named, *record.get("later_fields", [])]:
        if name not in fields:
            yield f"{name!r} is named as a key, known_by_field or later field and is no field"
    if record.get("later_fields") and not record.get("known_by_field"):
        yield "later_fields need a known_by_field"
    if len(fields) != len(record["schema"]["fields"]):
        yield "two fields have the same name"
