"""Keys and constraints, against slower ways to say the same."""

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from claimbook.table_checks import table_faults

SCHEMA = {
    "fields": [{"name": "a", "type": "string"}, {"name": "b", "type": "integer"}],
    "primaryKey": ["a", "b"],
}
KEYS = st.tuples(st.sampled_from(["x", "y", "ä", None]), st.sampled_from([1, 2, 10, None]))


def table(rows):
    return pa.table({"a": pa.array([a for a, _ in rows], pa.string()), "b": pa.array([b for _, b in rows], pa.int64())})


@given(st.lists(KEYS, max_size=8), st.booleans())
def test_a_repeated_key_is_found_in_any_order_and_with_missing_parts(rows, ordered):
    if ordered:
        rows = sorted(rows, key=lambda row: (row[0] or "", row[1] or 0))
    faults = table_faults(table(rows), SCHEMA, "t.csv")
    assert len(faults) == len(rows) - len(set(rows))
    assert all("stands twice" in fault for fault in faults)


def test_no_more_than_ten_cells_are_listed():
    field = {"name": "b", "type": "integer", "constraints": {"minimum": 0}}
    rows = pa.table({"b": pa.array(range(-25, 0), pa.int64())})
    faults = table_faults(rows, {"fields": [field], "primaryKey": ["b"]}, "t.parquet")
    assert faults[0].startswith("t.parquet: row 1: column b: -25 is below the minimum 0")
    assert (len(faults), faults[-1]) == (11, "t.parquet: column b: 15 more cells like that")
