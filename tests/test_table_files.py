"""Bytes of tables: equal for equal frames, exact in what they keep, refused when they cannot keep it."""

import os

import pandas as pd
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.table_files import TableError, csv_bytes, parquet_bytes, parse, write_whole

FIELDS = [
    {"name": "word", "type": "string"},
    {"name": "count", "type": "integer"},
    {"name": "share", "type": "number"},
    {"name": "flag", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "year", "type": "year"},
]
FRAME = pd.DataFrame(
    {
        "word": pd.Series(["tin, refined", 'a "quoted" word', None], dtype="str"),
        "count": pd.array([1, -20, None], dtype="Int64"),
        "share": [100.0, 0.1, None],
        "flag": pd.array([True, False, None], dtype="boolean"),
        "day": pd.to_datetime(["2025-10-25", "1600-02-29", None], format="%Y-%m-%d").astype("datetime64[s]"),
        "year": pd.array([2024, 1900, None], dtype="Int64"),
    }
)


def test_csv_is_what_a_person_would_write():
    assert csv_bytes(FRAME).decode() == (
        "word,count,share,flag,day,year\n"
        '"tin, refined",1,100,true,2025-10-25,2024\n'
        '"a ""quoted"" word",-20,0.1,false,1600-02-29,1900\n'
        ",,,,,\n"
    )


@pytest.mark.parametrize(("write", "place"), [(csv_bytes, "t.csv"), (parquet_bytes, "t.parquet")])
def test_both_formats_come_back_as_they_went(write, place):
    table = parse(write(FRAME), FIELDS, place)
    assert table.to_pylist() == [
        {key: None if pd.isna(value) else value for key, value in row.items()}
        for row in FRAME.assign(day=[None if pd.isna(d) else d.date() for d in FRAME.day]).to_dict("records")
    ]


def test_parquet_holds_no_trace_of_pandas_and_is_the_same_twice():
    content = parquet_bytes(FRAME)
    assert content == parquet_bytes(FRAME.copy())
    assert pyarrow.parquet.read_schema(pyarrow.BufferReader(content)).metadata is None


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float_survives_csv_to_the_last_bit(values):
    content = csv_bytes(pd.DataFrame({"share": values}))
    back = parse(content, [{"name": "share", "type": "number"}], "t.csv")["share"].to_pylist()
    assert back == values
    assert csv_bytes(pd.DataFrame({"share": back})) == content


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1), min_size=1))
def test_every_text_survives_csv(words):
    fields = [{"name": "word", "type": "string"}, {"name": "n", "type": "integer"}]
    frame = pd.DataFrame({"word": words, "n": range(len(words))})
    assert parse(csv_bytes(frame), fields, "t.csv")["word"].to_pylist() == words


@pytest.mark.parametrize(("value", "message"), [("two\nlines", "line break"), (float("inf"), "no quantity")])
def test_what_csv_cannot_hold_is_refused(value, message):
    with pytest.raises(TableError, match=message):
        csv_bytes(pd.DataFrame({"word": [value]}))


@pytest.mark.parametrize(
    ("type_", "cell"),
    [
        ("integer", "1.5"), ("integer", "12a"), ("year", "24"), ("number", "1,5"), ("number", "nan"), ("number", "inf"),
        ("number", "W"), ("boolean", "True"), ("boolean", "1"), ("date", "2025-02-30"), ("date", "25.10.2025"),
    ],
)  # fmt: skip
def test_a_cell_of_the_wrong_type_is_named_by_line_and_column(type_, cell):
    fields = [{"name": "x", "type": type_}, {"name": "y", "type": "string"}]
    with pytest.raises(TableError, match=rf"t\.csv: line 3: column x: '{cell}' is not of type {type_}; mend"):
        parse(f'x,y\n,a\n"{cell}",b\n'.encode(), fields, "t.csv")


def test_a_ragged_row_and_bad_utf8_are_named_by_line():
    fields = [{"name": "x", "type": "string"}, {"name": "y", "type": "string"}]
    with pytest.raises(TableError, match=r"line 3: 3 cells where the header has 2"):
        parse(b"x,y\na,b\na,b,c\n", fields, "t.csv")
    with pytest.raises(TableError, match=r"line 2: not UTF-8"):
        parse("x,y\nMünchen,b\n".encode("latin-1"), fields, "t.csv")


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    write_whole(path, b"old")

    def broken(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="disk full"):
        write_whole(path, b"new and longer")
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("t.csv", b"old")]
