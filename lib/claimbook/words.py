"""What a word is, once for the whole library: counting words, comparing quotations.

In: any text. Out: its words as printed, or folded for comparison.
"""

import re
import unicodedata

ALT_WORDS = 8  # different words that the alt text of a picture has at least

# Han and kana are written without spaces: each character counts as a word.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{_UNSPACED}]"
_MARKS = r"[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0903\u093a-\u094f\u200c\u200d]*"
_CHUNK = rf"(?:{_LETTER}{_MARKS})+"
_WORD = re.compile(rf"[{_UNSPACED}]|[$€£¥]?{_CHUNK}(?:[.,:'’\-‐‑]{_CHUNK})*%?")
_SAME = str.maketrans({"’": "'", "‘": "'", "‐": "-", "‑": "-"})


def words(text: str) -> list[str]:
    """Words of `text` in order, as printed.

    A word is a run of letters and digits, held together by an apostrophe, hyphen, point or comma inside it
    ("It’ll", "pull-aside", "U.S", "8.5"), with a currency sign before or a per-cent sign after it. In Chinese
    and Japanese each character counts as one word. All other punctuation is no word.
    """
    return _WORD.findall(text)


def different_words(text: str) -> int:
    """How many different words `text` has, compared in their folded form."""
    return len({fold(word) for word in words(text)})


def word_spans(text: str) -> list[tuple[int, int]]:
    """Start and end (excluded) of each word of `text`."""
    return [found.span() for found in _WORD.finditer(text)]


def fold(word: str) -> str:
    """The form in which two words are compared: NFKC, case folded, apostrophe straight."""
    return unicodedata.normalize("NFKC", word).translate(_SAME).casefold()
