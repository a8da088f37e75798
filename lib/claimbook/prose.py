"""Prose whose numbers are computed: templates and frames in, Markdown and HTML out.

A template carries words, the fields carry the numbers. A digit or a number word typed into a template is an error,
and text from outside (ledger, article, tables) is escaped before it becomes Markdown or HTML.
"""

import datetime as dt
import html
import math
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from claimbook.errors import ClaimbookError

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_ALLOWED = re.compile(
    rf"""(?x)
      \d{{1,2}}(?:\s*[-–]\s*\d{{1,2}})?\s+(?:{MONTHS})(?:\s+\d{{4}})?   # 24 October 2025, 24-25 October
    | (?:{MONTHS})\s+\d{{4}}                                            # October 2025
    | (?<![\d.,$])(?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?(?![\d.,]*\d|\s*%)   # 2025, 2025-10-25
    | \bP\d\d+(?:\.S\d+)?                                               # P03, P03.S2
    """
)
_NUMBER = re.compile(
    r"(?i)[$€£]?\d[\d,.]*\s*%?|\b(?:three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|"
    r"million|billion|trillion|dozen)s?\b"
)
_WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$])")


class ProseError(ClaimbookError):
    """A template with a typed number, or a field that cannot be printed."""


def typed_numbers(text: str) -> list[str]:
    """Return the numbers typed into `text`: digits and number words from three up.

    Dates, years and paragraph identifiers (``P03.S2``) are no numbers in this sense. Remove verbatim quotations first.
    """
    return [match.group().strip() for match in _NUMBER.finditer(_ALLOWED.sub(" ", text))]


def escape_markdown(text: str) -> str:
    """Return `text` so that Markdown and HTML show it as it is."""
    return _MARKDOWN.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"))


class Markdown(str):
    """Text that is Markdown already and stays as it is in a sentence."""


@dataclass(frozen=True)
class Link:
    """A piece of text that leads somewhere; `url` is http(s) or relative, anything else is shown as plain text."""

    text: str
    url: str

    @property
    def safe(self) -> bool:
        bare = re.sub(r"[\x00-\x20]", "", self.url)  # browsers skip these: "java\nscript:" runs
        return bool(re.match(r"(?i)https?://|(?![a-z][a-z0-9+.-]*:)", bare))

    def markdown(self) -> str:
        target = self.url.replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C")
        return f"[{escape_markdown(self.text)}]({target})" if self.safe else escape_markdown(self.text)

    def html(self) -> str:
        text = html.escape(self.text)
        return f'<a href="{html.escape(self.url, quote=True)}">{text}</a>' if self.safe else text


def usd(value: float) -> str:
    """Return an amount of US dollars in words: ``$8.5 billion``, ``$40 million``, ``$250``."""
    for size, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(value) >= size * 0.9995:
            return f"{'-' if value < 0 else ''}${abs(value) / size:.3g}{word}"
    return f"{'-' if value < 0 else ''}${abs(value):,.0f}"


def count(value: int, singular: str, plural: str) -> str:
    """Return a count with its noun: ``no claims``, ``one claim``, ``62 claims``."""
    number = _WORDS[value] if 0 <= value < len(_WORDS) else f"{value:,d}"
    return f"{number} {singular if value == 1 else plural}"


class _Formatter(string.Formatter):
    def format_field(self, value: object, spec: str) -> str:
        if isinstance(value, float) and math.isnan(value) or value is None:
            raise ProseError("a number of this sentence is missing (NaN or None); say the gap in words instead")
        if isinstance(value, Markdown):
            return value
        if isinstance(value, Link):
            return value.markdown()
        if spec.startswith(("Words", "Count ")):
            text = self.format_field(value, spec[0].lower() + spec[1:])
            return text[0].upper() + text[1:]
        if spec == "usd":
            return escape_markdown(usd(float(value)))
        if spec == "words":
            return _WORDS[int(value)] if 0 <= int(value) < len(_WORDS) else f"{int(value):,d}"
        if spec.startswith("count "):
            return count(int(value), *spec.removeprefix("count ").split("/"))
        if spec == "date":
            day = value if isinstance(value, dt.date) else dt.date.fromisoformat(str(value))
            return f"{day.day} {day:%B %Y}"
        text = super().format_field(value, spec)
        return escape_markdown(text) if isinstance(value, str) else text

    def get_value(self, key: int | str, args: tuple, kwargs: Mapping) -> object:
        if key not in kwargs:
            raise ProseError(f"the template names {{{key}}}, but no such number was given; pass {key}=...")
        return kwargs[key]


def sentence(template: str, /, **numbers: object) -> str:
    """Return a sentence as Markdown, its numbers filled in.

    Parameters
    ----------
    template : str
        Words with fields: ``"China mined {share:.0%}"``. Besides Python's format specifications there are ``words``
        (small numbers spelled out), ``usd`` ($8.5 billion), ``date`` (24 October 2025) and
        ``count claim/claims`` (one claim, 62 claims); ``Words`` and ``Count`` begin with a capital.
    **numbers
        Values of the fields. Text is escaped; a `Link` becomes a link.

    Raises
    ------
    ProseError
        If a number is typed into the template, or a value is missing.
    """
    bare = "".join(literal for literal, *_ in string.Formatter().parse(template))
    if typed := typed_numbers(bare):
        raise ProseError(f"typed number {typed[0]!r} in {template!r}; compute it and pass it as a field")
    return _Formatter().format(template, **numbers)


def bare(template: str, /, **numbers: object) -> str:
    """Return a sentence as plain text, for chart titles and alt texts; as `sentence` otherwise."""
    return re.sub(r"\\([\\`*_{}\[\]<>#|~$])", r"\1", html.unescape(sentence(template, **numbers)))


def show_markdown(text: str) -> None:
    """Show Markdown in a notebook."""
    from IPython.display import display

    display({"text/markdown": text, "text/plain": text}, raw=True)


def finding(template: str, /, **numbers: object) -> None:
    """Show a computed sentence in a notebook; parameters as in `sentence`."""
    show_markdown(sentence(template, **numbers))


def findings(lines: Iterable[str]) -> None:
    """Show several sentences, each made by `sentence`, as a list."""
    show_markdown("\n".join(f"- {line}" for line in lines))


def _words(value: object, spec: str | None) -> str:
    """A cell as plain text."""
    if isinstance(value, Link):
        return value.text
    if isinstance(value, (list, tuple)):
        return "; ".join(_words(item, spec) for item in value)
    if value is None or value != value:
        return "–"
    text = _Formatter().format_field(value, spec) if spec else str(value)
    return re.sub(r"\\([$_*])", r"\1", text)


def _cell(value: object, spec: str | None) -> str:
    """A cell as HTML."""
    if isinstance(value, Link):
        return value.html()
    if isinstance(value, (list, tuple)):
        return "<br>".join(_cell(item, spec) for item in value)
    return html.escape(_words(value, spec))


def table_html(frame, caption: str, formats: Mapping[str, str] | None = None) -> str:
    """Return a data frame as an HTML table that a screen reader can walk.

    Parameters
    ----------
    frame : pandas.DataFrame
        Column names become the head; cells may hold `Link` objects or lists of them; the index is not shown.
    caption : str
        What the table holds, place and period included.
    formats : mapping, optional
        Column name to format specification, as in `sentence`.
    """
    formats = formats or {}
    numeric = {name for name in frame.columns if frame[name].dtype.kind in "iuf"}
    style = {True: ' style="text-align:right"', False: ' style="text-align:left"'}
    head = "".join(f'<th scope="col"{style[n in numeric]}>{html.escape(str(n))}</th>' for n in frame.columns)
    rows = "\n".join(
        "<tr>"
        + "".join(
            f"<td{style[n in numeric]}>{_cell(v, formats.get(n))}</td>" for n, v in zip(frame.columns, row, strict=True)
        )
        + "</tr>"
        for row in frame.itertuples(index=False, name=None)
    )
    head = f"<caption>{html.escape(caption)}</caption>\n<thead><tr>{head}</tr></thead>"
    return f"<table>\n{head}\n<tbody>\n{rows}\n</tbody>\n</table>"


def table(frame, caption: str, formats: Mapping[str, str] | None = None) -> None:
    """Show a data frame in a notebook as a plain, accessible table; parameters as in `table_html`."""
    from IPython.display import display

    rows = (
        map(_words, row, map((formats or {}).get, frame.columns)) for row in frame.itertuples(index=False, name=None)
    )
    plain = "\n".join([caption, " | ".join(map(str, frame.columns)), *(" | ".join(row) for row in rows)])
    display({"text/html": table_html(frame, caption, formats), "text/plain": plain}, raw=True)
