"""How faithful a quotation is: the words printed against the words spoken.

In: the article's quotation and the original wording. Out: their similarity, and each change of words.
"""

import re
from dataclasses import dataclass
from itertools import groupby

from rapidfuzz.distance import Indel, LCSseq, Levenshtein

from claimbook.words import fold, words

_ELLIPSIS = re.compile(r"…|\.{3,}|\.(?: \.){2,}")
_BETA = 2
_WIDEST = 3  # a passage longer than three times the fragment is no longer its original


@dataclass(frozen=True)
class Edit:
    """A run of words of the original and what the article printed for it; equal words are `kept`."""

    kept: bool
    original: tuple[str, ...]
    article: tuple[str, ...]


@dataclass(frozen=True)
class Fidelity:
    """A quotation held against its original.

    Attributes
    ----------
    similarity : float
        1 - edits / words, from 0 (no word kept) to 1 (word for word): Levenshtein distance on words, divided by the
        length of the longer of the two passages.
    distance : int
        Words to insert, delete or replace to turn the original passage into the quotation.
    edits : tuple of Edit
        The two texts aligned, in order of the quotation.
    """

    similarity: float
    distance: int
    edits: tuple[Edit, ...]

    @property
    def changes(self) -> tuple[Edit, ...]:
        """The runs of words that differ."""
        return tuple(edit for edit in self.edits if not edit.kept)

    @property
    def passage(self) -> str:
        """The words of the original that the quotation was held against."""
        return " ".join(word for edit in self.edits for word in edit.original)

    def __str__(self) -> str:
        """The alignment in one line: ``[pretty long > quite lengthy] meeting``."""
        return " ".join(
            " ".join(e.article) if e.kept else f"[{' '.join(e.original) or '-'} > {' '.join(e.article) or '-'}]"
            for e in self.edits
        )


def _fragments(text: str) -> list[list[str]]:
    return [found for part in _ELLIPSIS.split(text) if (found := words(part))]


def _folded(printed: list[str]) -> list[str]:
    return [fold(word) for word in printed]


def _holds(fragment: list[str], passage: list[str]) -> float:
    """How well a passage holds the words of a fragment, in order: F measure, recall weighing twice precision."""
    kept = LCSseq.similarity(fragment, passage)
    return (1 + _BETA**2) * kept / (_BETA**2 * len(fragment) + len(passage))


def _passages(fragments: list[list[str]], original: list[str]) -> list[tuple[int, int]]:
    """A passage of the original for each fragment, in order and apart, that together hold them best.

    From the last fragment back, `value[at]` is the best that the fragments from this one on reach in the words from
    `at` on, and `choice[at]` the passages that reach it; a fragment that finds nothing has the empty passage.
    """
    size = len(original)
    value, choice = [0.0] * (size + 1), [()] * (size + 1)
    for fragment in reversed(fragments):
        later, after = value, choice
        value, choice = later[:], [((at, at), *rest) for at, rest in enumerate(after)]
        for first in range(size - 1, -1, -1):
            value[first], choice[first] = max((value[first], choice[first]), (value[first + 1], choice[first + 1]),
                                              key=lambda pair: pair[0])
            for last in range(first + 1, min(size, first + _WIDEST * len(fragment)) + 1):
                total = later[last] + len(fragment) * _holds(fragment, original[first:last])
                if total > value[first]:
                    value[first], choice[first] = total, ((first, last), *after[last])
    return list(choice[0])


def _widened(fragment: list[str], original: list[str], first: int, last: int, low: int, high: int) -> tuple[int, int]:
    """A passage widened at either end by as many words as the fragment has unmatched there, between two limits."""
    matched = [block for block in Indel.opcodes(fragment, original[first:last]) if block.tag == "equal"]
    if not matched:
        return low, high
    return max(low, first - matched[0].src_start), min(high, last + len(fragment) - matched[-1].src_end)


def _aligned(fragment: list[str], original: list[str]) -> list[Edit]:
    """The edits from a passage of the original to a fragment of the quotation, changes next to each other merged."""
    codes = Levenshtein.opcodes(_folded(original), _folded(fragment))
    edits = []
    for kept, run in groupby(codes, key=lambda code: code.tag == "equal"):
        run = list(run)
        spoken = original[run[0].src_start : run[-1].src_end]
        printed = fragment[run[0].dest_start : run[-1].dest_end]
        edits.append(Edit(kept, tuple(spoken), tuple(printed)))
    return edits


def quote_fidelity(quote: str, original: str) -> Fidelity:
    """Hold a quotation against the original wording.

    Words are compared with case folded and without punctuation: a capital or a comma is no other word, every
    other difference is. An ellipsis in the quotation marks a cut: each fragment is held against the passage of the
    original that holds most of its words in the fewest words (F measure on the longest common subsequence of words,
    recall weighing twice precision), in order, and what was cut out costs nothing. The passage is widened at either
    end by as many words as the fragment has unmatched there, so that a changed first or last word is shown against
    the one it replaces. Hence it does not matter how much of the speech around the quoted words the ledger gives.

    Parameters
    ----------
    quote : str
        The words as printed in the article.
    original : str
        The words as spoken or written, with or without their surroundings.

    Returns
    -------
    Fidelity

    Raises
    ------
    ValueError
        If either holds no word.
    """
    fragments, spoken = _fragments(quote), words(original)
    if not fragments or not spoken:
        raise ValueError("quote and original must hold at least one word each")
    folded = _folded(spoken)
    cores = _passages([_folded(f) for f in fragments], folded)
    edits, distance, longest, low = [], 0, 0, 0
    for number, (fragment, (first, last)) in enumerate(zip(fragments, cores, strict=True)):
        high = cores[number + 1][0] if number + 1 < len(cores) else len(folded)
        first, last = _widened(_folded(fragment), folded, first, last, low, max(high, last))
        edits += _aligned(fragment, spoken[first:last])
        distance += Levenshtein.distance(folded[first:last], _folded(fragment))
        longest += max(last - first, len(fragment))
        low = last
    return Fidelity(1 - distance / longest, distance, tuple(edits))
