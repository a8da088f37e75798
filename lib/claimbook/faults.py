"""One fault in the material: where it is, what is wrong and the remedy, as one line."""

from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import process


@dataclass(frozen=True)
class Fault:
    """One thing wrong with a file of the house.

    Parameters
    ----------
    file : str
        File name relative to its folder, e.g. ``claims.yaml``.
    record : str
        Id of the record, or its number ("record 3"); empty for the file as a whole.
    what : str
        What is wrong, and after a semicolon what to do.
    """

    file: str
    record: str
    what: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.record, self.what) if part)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean "..."?' for the nearest known word, or '' when none is near."""
    found = process.extractOne(str(word), list(known), score_cutoff=60)
    return f'; did you mean "{found[0]}"?' if found else ""
