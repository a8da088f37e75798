"""Finding the characters of a quotation in a text: exactly, else with marks and spaces treated alike.

In: text and quotation. Out: spans in code points, the passage most like a quotation, context that fits one place.
"""

import re
import unicodedata
from collections.abc import Iterator

from rapidfuzz import fuzz

CONTEXT = 32
# Treated alike when the exact characters are not found; case and letters never are.
_ALIKE = str.maketrans({"“": '"', "”": '"', "„": '"', "‟": '"', "‘": "'", "’": "'", "‚": "'", "‛": "'", "…": "..."})
_UNIT = re.compile(r"\s+|.", re.DOTALL)


def occurrences(needle: str, text: str, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Every place of `needle`, overlapping ones too."""
    at = text.find(needle, start, end)
    while at >= 0:
        yield at
        at = text.find(needle, at + 1, end)


def alike(text: str) -> tuple[str, list[int], list[int]]:
    """`text` with marks and spaces made alike, and for each character of it where its original starts and ends.

    Characters inside an unfolded unit (the second dot of an ellipsis) carry -1, so that no match begins or ends there.
    """
    pieces, starts, ends = [], [], []
    for unit in _UNIT.finditer(text):
        piece = " " if unit.group().isspace() else unit.group().translate(_ALIKE)
        pieces.append(piece)
        starts += [unit.start()] + [-1] * (len(piece) - 1)
        ends += [-1] * (len(piece) - 1) + [unit.end()]
    return "".join(pieces), starts, ends


def _joins(text: str, at: int) -> bool:
    """Whether the character at `at` belongs to the one before it (combining marks, joiners, variation selectors)."""
    if not 0 < at < len(text):
        return False
    return (
        unicodedata.category(text[at]) in ("Mn", "Me", "Mc")
        or "\u200d" in text[at - 1 : at + 1]
        or text[at - 1 : at + 1] == "\r\n"
        or "\U0001f3fb" <= text[at] <= "\U0001f3ff"
    )


def whole(text: str, start: int, end: int) -> bool:
    """Whether a span cuts no character in two: "cafe" is no part of "cafe" + combining acute."""
    return not _joins(text, start) and not _joins(text, end)


def spans(
    quote: str, text: str, made_alike: tuple[str, list[int], list[int]], start: int, end: int
) -> list[tuple[int, int]]:
    """Where `quote` stands in `text` between two positions: its exact characters, else with marks and spaces alike.

    Parameters
    ----------
    quote, text : str
    made_alike : tuple
        ``alike(text)``, made once for many quotations.
    start, end : int
        Code points of `text`, `end` excluded.

    Returns
    -------
    list of (int, int)
        Start and end (excluded) in code points, overlapping places too.
    """
    exact = [(at, at + len(quote)) for at in occurrences(quote, text, start, end)]
    if found := [span for span in exact if whole(text, *span)]:
        return found
    folded, starts, ends = made_alike
    needle = alike(quote)[0]
    found = [(starts[at], ends[at + len(needle) - 1]) for at in occurrences(needle, folded)]
    return [(a, b) for a, b in found if start <= a < b <= end and whole(text, a, b)]


def most_like(quote: str, text: str) -> tuple[str, float]:
    """The passage of `text` most like `quote`, in whole words, and its score (partial ratio, 0 to 100)."""
    if len(quote) >= len(text):
        return text, fuzz.ratio(quote, text)
    found = fuzz.partial_ratio_alignment(quote, text)
    first, last = found.dest_start, found.dest_end
    while first > 0 and text[first - 1].isalnum() and text[first].isalnum():
        first -= 1
    while last < len(text) and text[last].isalnum() and text[last - 1].isalnum():
        last += 1
    return text[first:last].strip(), found.score


def context(text: str, start: int, end: int) -> tuple[str, str]:
    """What stands before and after a span: 32 code points, more until the whole fits one place, none cut in two."""
    size = CONTEXT
    while True:
        first, last = max(0, start - size), min(len(text), end + size)
        while first < start and _joins(text, first):
            first += 1
        while last > end and _joins(text, last):
            last -= 1
        places = occurrences(text[first:last], text)
        next(places)
        if next(places, None) is None:
            return text[first:start], text[end:last]
        size *= 2
