"""Kinds of field that the ledger's records share: plain text, ids, ISO dates as precise as known, web addresses.

In: what was written. Out: the same, or in plain words why it is refused.
"""

import re
from calendar import monthrange
from datetime import date
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, StringConstraints

_MARKUP = re.compile(r"<\s*[/!?]?\s*[a-zA-Z]|&(?:#\d+|#x[0-9a-fA-F]+|[a-zA-Z]+);|(?:java|vb)script\s*:", re.IGNORECASE)
_HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
_SHORTEST_REASON = 10  # characters, so that it holds for scripts without spaces too
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def _plain_text(text: str) -> str:
    if found := _MARKUP.search(text):
        raise ValueError(f"holds markup ({found.group()!r}); write plain text")
    if found := _HIDDEN.search(text):
        raise ValueError(f"holds the invisible character U+{ord(found.group()):04X}; delete it")
    if text != text.strip():
        raise ValueError("begins or ends with a space; delete it")
    return text


def first_day(text: str) -> date:
    """The first day that an ISO date, month or year can mean."""
    year, month, day = _DATE.fullmatch(text).groups()
    return date(int(year), int(month or 1), int(day or 1))


def last_day(text: str) -> date:
    """The last day that an ISO date, month or year can mean."""
    year, month, day = _DATE.fullmatch(text).groups()
    year, month = int(year), int(month or 12)
    return date(year, month, int(day) if day else monthrange(year, month)[1])


def _written_year(value):
    return str(value) if type(value) is int and 1000 <= value <= 9999 else value


def _real_date(text: str) -> str:
    remedy = "write it as 2025-10-25, 2025-10 or 2025"
    if not _DATE.fullmatch(text):
        raise ValueError(f"{text!r} is no ISO date; {remedy}")
    try:
        first_day(text)
    except ValueError:
        raise ValueError(f"{text!r} is no day of the calendar; {remedy}") from None
    return text


def _full_day(text: str) -> str:
    if len(text) != len("2025-10-25"):
        raise ValueError(f"{text!r} is not a whole day; write it as 2025-10-25")
    return text


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, named = parts.hostname or "", parts.username
    except ValueError:
        host, named, parts = "", None, urlsplit("")
    if parts.scheme not in ("http", "https") or "." not in host.strip(".") or named or re.search(r"[\s<>\"]", text):
        raise ValueError(f"{text!r} is no web address; give one that begins with http:// or https://")
    return text


def _says_why(text: str) -> str:
    if len(text) < _SHORTEST_REASON:
        raise ValueError(f"{text!r} is no reason; say in a sentence or two why")
    return text


def in_house(text: str) -> str:
    """Return a file name relative to the house; raises ValueError if it leads out of it."""
    if text.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", text) or ":" in text:
        raise ValueError(f"{text!r} leads out of the house; name a file relative to it, e.g. seeds/article.txt")
    return text


Text = Annotated[str, StringConstraints(min_length=1), AfterValidator(_plain_text)]
Reason = Annotated[Text, AfterValidator(_says_why)]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
PartialDate = Annotated[str, BeforeValidator(_written_year), AfterValidator(_real_date)]
Day = Annotated[PartialDate, AfterValidator(_full_day)]
Url = Annotated[str, AfterValidator(_web_address)]
Ids = tuple[Id, ...]
InHouse = Annotated[Text, AfterValidator(in_house)]
