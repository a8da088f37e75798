import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from claimbook.prose import (
    Link,
    ProseError,
    bare,
    count,
    escape_markdown,
    sentence,
    table_html,
    typed_numbers,
    usd,
)


def test_numbers_are_filled_in():
    assert sentence("China mined {share:.0%} of it.", share=0.692) == "China mined 69% of it."
    assert sentence("{n:count claim/claims} of {total:words}", n=1, total=62) == "one claim of 62"
    assert sentence("{n:Count claim/claims} hold.", n=6) == "Six claims hold."
    assert sentence("On {day:date}", day="2025-10-24") == "On 24 October 2025"
    assert bare("worth {money:usd}", money=8.5e9) == "worth $8.5 billion"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (8.5e9, "$8.5 billion"),
        (2.3e8, "$230 million"),
        (999.4e6, "$999 million"),
        (999.9e6, "$1 billion"),
        (250, "$250"),
        (12_345, "$12,345"),
        (-3e6, "-$3 million"),
        (1.25e12, "$1.25 trillion"),
    ],
)
def test_usd(value, words):
    assert usd(value) == words


def test_count():
    assert [count(n, "claim", "claims") for n in (0, 1, 12, 13)] == [
        "no claims",
        "one claim",
        "twelve claims",
        "13 claims",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "69% of it",
        "about 3 deals",
        "$8.5 billion",
        "nine of ten",
        "a hundred percent",
        "1,000 facts",
        "2,025 cells",
        "100 in 2025",
        "claim C17",
    ],
)
def test_typed_numbers_are_found(text):
    assert typed_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        "on 24 October 2025",
        "24-25 October",
        "in 2024",
        "2025-10-25",
        "P03.S2 and P14",
        "October 2025",
        "one or two",
        "10 October 2025, and 29 September 2025",
    ],
)
def test_dates_and_paragraphs_are_no_numbers(text):
    assert not typed_numbers(text)


@pytest.mark.parametrize(
    ("template", "numbers", "message"),
    [
        ("China has 69% of it", {}, "typed number '69%'"),
        ("China has {share:.0%}", {}, "{share}"),
        ("China has {share:.0%}", {"share": math.nan}, "missing"),
        ("China has {share}", {"share": None}, "missing"),
    ],
)
def test_refused(template, numbers, message):
    with pytest.raises(ProseError, match=message.replace("{", r"\{")):
        sentence(template, **numbers)


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    escaped = escape_markdown(text)
    assert "<" not in escaped and ">" not in escaped
    assert sentence("{text}", text=text) == escaped


def test_links():
    assert sentence("{link}", link=Link("a (b)", "https://x.org/(1)")) == "[a (b)](https://x.org/%281%29)"
    assert Link("x", "javascript:alert(1)").html() == "x"
    assert Link("x", "JAVASCRIPT:alert(1)").markdown() == "x"
    assert Link("x", "../a.html").html() == '<a href="../a.html">x</a>'


def test_table_escapes_and_formats():
    frame = pd.DataFrame({"who": ["<b>A</b>", "B"], "share": [0.5, math.nan], "go": [Link("x", "https://a.b"), None]})
    page = table_html(frame, "Who & what", {"share": ".0%"})
    assert "&lt;b&gt;A&lt;/b&gt;" in page and "<b>" not in page
    assert "<caption>Who &amp; what</caption>" in page and ">50%</td>" in page and ">–</td>" in page
    assert '<a href="https://a.b">x</a>' in page
