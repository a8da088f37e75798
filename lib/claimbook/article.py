"""The article as text, no judgement: paragraphs, sentences, and where a quotation stands.

In: a UTF-8 text file. Out: `Article` with ids such as P03.S2, and W3C selectors for exact quotations.
"""

import re
import unicodedata
from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from claimbook.errors import ClaimbookError
from claimbook.faults import did_you_mean
from claimbook.fields import in_house
from claimbook.home import home
from claimbook.locating import alike, context, most_like, spans
from claimbook.sentences import sentence_spans
from claimbook.strict_yaml import load_yaml

_LINE = re.compile(r"[^\r\n\x0b\x0c\x85\u2028\u2029]+")
_NEAR_ENOUGH = 50
_PLACES_SHOWN = 5
_LONGEST_SHOWN = 300


class ArticleError(ClaimbookError):
    """An article that cannot be read, or an id that it does not have."""


class QuoteError(ArticleError):
    """A quotation that is missing from the article or stands in it more than once."""


class AmbiguousQuoteError(QuoteError):
    """A quotation that stands in the article more than once."""


@dataclass(frozen=True)
class Sentence:
    """One sentence: its id (``P03.S2``), its text and its place in the article, in code points, end excluded."""

    id: str
    paragraph: str
    start: int
    end: int
    text: str = field(repr=False)


@dataclass(frozen=True)
class Paragraph:
    """One non-blank line of the article: its id (``P03``), text, place and sentences."""

    id: str
    start: int
    end: int
    text: str = field(repr=False)
    sentences: tuple[Sentence, ...] = field(repr=False)


@dataclass(frozen=True)
class Selector:
    """Where a quotation stands, in the terms of the W3C Web Annotation Data Model (sections 4.2.4 and 4.2.5).

    Positions count Unicode code points from 0, `end` excluded.
    """

    exact: str
    prefix: str
    suffix: str
    start: int
    end: int

    @property
    def text_quote(self) -> dict[str, str]:
        """The TextQuoteSelector."""
        return {"type": "TextQuoteSelector", "exact": self.exact, "prefix": self.prefix, "suffix": self.suffix}

    @property
    def text_position(self) -> dict[str, str | int]:
        """The TextPositionSelector."""
        return {"type": "TextPositionSelector", "start": self.start, "end": self.end}


def _visible(text: str) -> bool:
    return any(not c.isspace() and unicodedata.category(c) not in ("Cf", "Cc", "Zl", "Zp") for c in text)


def _paragraphs(text: str) -> tuple[Paragraph, ...]:
    lines = [line for line in _LINE.finditer(text) if _visible(line.group())]
    width = max(2, len(str(len(lines) - 1)))
    found = []
    for number, line in enumerate(lines):
        name = f"P{number:0{width}d}"
        sentences = tuple(
            Sentence(f"{name}.S{n}", name, line.start() + start, line.start() + end, line.group()[start:end])
            for n, (start, end) in enumerate(sentence_spans(line.group()), 1)
        )
        start, end = sentences[0].start, sentences[-1].end
        found.append(Paragraph(name, start, end, text[start:end], sentences))
    return tuple(found)


@dataclass(frozen=True)
class Article:
    """An article: its text, and the paragraphs and sentences that tile it.

    Parameters
    ----------
    text : str
        The text as decoded: line ends as in the file, a byte order mark left off. All offsets count its code points.
    name : str
        What messages call it.
    """

    text: str = field(repr=False)
    name: str = "article"

    def __post_init__(self) -> None:
        if not self.paragraphs:
            raise ArticleError(f"{self.name}: no text in it; put the article there, a paragraph a line")

    @classmethod
    def load(cls, path: str | Path | None = None) -> "Article":
        """Read an article from a UTF-8 file.

        A byte order mark is no text and is left off; line ends (LF, CRLF, CR) stay as they are, so that offsets count
        the characters of the file.

        Parameters
        ----------
        path : str or Path, optional
            The file; by default the article that ``story.yaml`` of this house names.

        Raises
        ------
        ArticleError
            If the file is missing, is not UTF-8, or has no text in it.
        """
        if path is None:
            return story_article(home())
        path = Path(path)
        try:
            data = path.read_bytes()
            return cls(data.decode("utf-8-sig"), path.name)
        except OSError as error:
            raise ArticleError(f"{path.name}: cannot be read ({error.strerror}); name a text file") from error
        except UnicodeDecodeError as error:
            kind = "UTF-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else f"not UTF-8 at byte {error.start}"
            raise ArticleError(f"{path.name}: {kind}; save it as UTF-8") from error

    @cached_property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """One paragraph for each line that is not blank, P00 (the headline) first."""
        return _paragraphs(self.text)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """All sentences in order."""
        return tuple(sentence for paragraph in self.paragraphs for sentence in paragraph.sentences)

    @cached_property
    def _by_id(self) -> dict[str, Paragraph | Sentence]:
        return {part.id: part for part in (*self.paragraphs, *self.sentences)}

    @cached_property
    def _made_alike(self) -> tuple[str, list[int], list[int]]:
        return alike(self.text)

    def _part(self, name: str) -> Paragraph | Sentence:
        if name not in self._by_id:
            last = self.sentences[-1].id
            hint = did_you_mean(name, self._by_id)
            raise ArticleError(f"{self.name}: no part {name!r}; parts run to {last}{hint}")
        return self._by_id[name]

    def paragraph(self, name: str) -> Paragraph:
        """Return a paragraph by its id.

        Raises
        ------
        ArticleError
            If there is none.
        """
        part = self._part(name)
        if not isinstance(part, Paragraph):
            raise ArticleError(f"{self.name}: {name} is a sentence; its paragraph is {part.paragraph}")
        return part

    def sentence(self, name: str) -> Sentence:
        """Return a sentence by its id.

        Raises
        ------
        ArticleError
            If there is none.
        """
        part = self._part(name)
        if not isinstance(part, Sentence):
            raise ArticleError(f"{self.name}: {name} is a paragraph; its first sentence is {name}.S1")
        return part

    def sentence_at(self, position: int) -> Sentence | None:
        """Return the sentence that holds a position, or None between sentences."""
        at = bisect_right([s.start for s in self.sentences], position) - 1
        return self.sentences[at] if at >= 0 and position < self.sentences[at].end else None

    def _spans(self, quote: str, start: int, end: int) -> list[tuple[int, int]]:
        return spans(quote, self.text, self._made_alike, start, end)

    def locate(self, quote: str, within: str | None = None) -> Selector:
        """Find the one place where a quotation stands.

        The exact characters are looked for first. If they are not there, curly and straight quotation marks and
        apostrophes, ``...`` and the ellipsis character, and all runs of white space are treated alike; letters and
        their case never are. What comes back are the article's own characters.

        Parameters
        ----------
        quote : str
            The words looked for.
        within : str, optional
            Id of the paragraph or sentence to look in; by default the whole article.

        Returns
        -------
        Selector
            With up to 32 code points of context on either side, more where the quotation needs it to be unique.

        Raises
        ------
        QuoteError
            If the quotation is missing (the message shows the nearest passage) or ambiguous (it shows all places).
        """
        if not _visible(quote):
            raise QuoteError("empty quotation; give the article's words")
        part = self._part(within) if within else None
        start, end = (part.start, part.end) if part else (0, len(self.text))
        found = self._spans(quote, start, end)
        if len(found) == 1:
            start, end = found[0]
            return Selector(self.text[start:end], *context(self.text, start, end), start, end)
        where = within or self.name
        if found:
            places = self._places(found)
            raise AmbiguousQuoteError(f"quote found {len(found)} times in {where}: {places}; lengthen it")
        raise QuoteError(f"quote not found in {where}; {self._nearest(quote, start, end)}")

    def _places(self, found: list[tuple[int, int]]) -> str:
        shown = []
        for start, end in found[:_PLACES_SHOWN]:
            sentence = self.sentence_at(start)
            around = " ".join(self.text[max(0, start - 20) : end + 20].split())
            shown.append(f'{sentence.id if sentence else "between sentences"} "...{around}..."')
        return ", ".join(shown) + (", ..." if len(found) > _PLACES_SHOWN else "")

    def _nearest(self, quote: str, start: int, end: int) -> str:
        """Where else the quotation stands, or the passage most like it."""
        elsewhere = self._spans(quote, 0, len(self.text))
        if elsewhere:
            return f"it stands elsewhere: {self._places(elsewhere)}"
        composed = unicodedata.normalize("NFC", quote)
        if composed in unicodedata.normalize("NFC", self.text):
            return "it differs only in how accents are stored (Unicode normalisation); copy it from the article"
        passage, score = most_like(quote, self.text[start:end])
        if score < _NEAR_ENOUGH:
            return "nothing in it is near; copy it from the article"
        return f'nearest is "{passage if len(passage) <= _LONGEST_SHOWN else passage[:_LONGEST_SHOWN] + "..."}"'


def story_article(house: Path) -> Article:
    """Return the article that story.yaml of a house names.

    Raises
    ------
    ArticleError, YamlError
        If story.yaml or the article cannot be read.
    """
    data = load_yaml(house / "data" / "ledger" / "story.yaml")
    name = data.get("article") if isinstance(data, dict) else None
    if not isinstance(name, str):
        raise ArticleError("story.yaml: article is missing; name the text file, e.g. seeds/article.txt")
    try:
        return Article.load(house / in_house(name))
    except ValueError as error:
        raise ArticleError(f"story.yaml: article: {error}") from error
