"""HTML of unknown origin made fit for the site: only known tags and attributes, safe addresses, ids of claims linked.

In: HTML as notebooks and templates give it. Out: HTML in which everything else is text.
"""

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markupsafe import Markup

from claimbook.display import GROUPS, SHADES
from claimbook.prose import Link

_TAGS = (
    "a abbr b blockquote br caption code dd del div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i ins li mark ol "
    "p pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
TAGS = frozenset(_TAGS.split())
VOID = frozenset(["br", "hr"])
ATTRIBUTES = {
    "a": {"href", "title", "id", "download"},
    "th": {"scope", "colspan", "rowspan"},
    "td": {"colspan", "rowspan"},
    "ol": {"start"},
}
EVERYWHERE = frozenset(["class", "title", "lang", "dir"])
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
_SHADE_CLASS = {shade: f"v-{name.replace(' ', '-')}" for name, shade in SHADES.items()}
VERDICT_CLASS = {verdict: f"v-{group.replace(' ', '-')}" for verdict, group in GROUPS.items()}


def safe_address(url: str) -> bool:
    """Whether an address is http(s) or relative; what a browser would skip (blanks, control characters) is skipped."""
    return Link("", url).safe


def link_out(text: str, url: str) -> Markup:
    """Return a link, or plain text where the address is neither http(s) nor relative."""
    return Markup(Link(text, url).html())


def markdown(text: str) -> Markup:
    """Return Markdown as HTML; HTML inside it comes out as text, addresses that run as text, pictures as links."""
    return Markup(_MARKDOWN.render(text))


def _classes(tag: str, attributes: Mapping[str, str | None]) -> list[str]:
    """The classes of a tag, those that stand for inline styles included: colours have to follow light and dark."""
    classes = [name for name in (attributes.get("class") or "").split() if re.fullmatch(r"[\w-]+", name)]
    style = attributes.get("style") or ""
    if "text-align:right" in style.replace(" ", ""):
        classes.append("num")
    if tag == "mark":
        classes += [name for shade, name in _SHADE_CLASS.items() if shade in style]
    return classes


class _Cleaner(HTMLParser):
    """Writes known tags anew and everything else as text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        if tag not in TAGS:
            self.out.append(escape(self.get_starttag_text() or "", quote=False))
            return
        given = dict(attrs)
        allowed = (ATTRIBUTES.get(tag, set()) | EVERYWHERE) - {"class"}
        kept = {name: given[name] or "" for name in given if name in allowed}
        if not safe_address(kept.get("href", "")):
            del kept["href"]
        if classes := _classes(tag, given):
            kept["class"] = " ".join(dict.fromkeys(classes))
        said = "".join(f' {name}="{escape(value)}"' for name, value in kept.items())
        self.out.append(f"<{tag}{said}>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)
        if tag in TAGS - VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag) -> None:
        if tag not in TAGS:
            self.out.append(f"&lt;/{escape(tag)}&gt;")
        elif tag in self.open:
            while (inner := self.open.pop()) != tag:
                self.out.append(f"</{inner}>")
            self.out.append(f"</{tag}>")

    def handle_data(self, data) -> None:
        self.out.append(escape(data, quote=False))

    def handle_comment(self, data) -> None:
        self.out.append(escape(f"<!--{data}-->", quote=False))

    def handle_decl(self, decl) -> None:
        self.out.append(escape(f"<!{decl}>", quote=False))

    def unknown_decl(self, data) -> None:
        self.out.append(escape(f"<![{data}]>", quote=False))

    def handle_pi(self, data) -> None:
        self.out.append(escape(f"<?{data}>", quote=False))

    def finished(self) -> str:
        self.close()
        return "".join(self.out) + "".join(f"</{tag}>" for tag in reversed(self.open))


def clean(text: str) -> Markup:
    """Return HTML with known tags and attributes only; unknown ones, scripts and comments come out as text.

    Inline styles give way to classes: right-aligned cells are ``num``, marks carry the class of their judgement.
    """
    cleaner = _Cleaner()
    cleaner.feed(text)
    return Markup(cleaner.finished())


def whole_days(html: str) -> str:
    """Return HTML in which a cell that holds an ISO date or month and no more does not break at its hyphens."""
    return re.sub(r"<td>(\d{4}-\d\d(?:-\d\d)?)</td>", r'<td class="day">\1</td>', str(html))


class _Linker(HTMLParser):
    """Copies HTML and turns ids in running text into links."""

    CLOSED = frozenset(
        ["a", "button", "caption", "code", "pre", "script", "style", "title", "h1", "summary", "label", "select"]
    )

    def __init__(self, targets: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self.targets, self.out, self.inside = targets, [], 0
        self.pattern = re.compile(r"(?<![\w.#/-])(?:C\d{2,}|P\d{2,}(?:\.S\d+)?)(?![\w-])")

    def _link(self, found: re.Match) -> str:
        target = self.targets.get(found.group())
        return f'<a class="ref" href="{escape(target)}">{found.group()}</a>' if target else found.group()

    def handle_starttag(self, tag, attrs) -> None:
        self.inside += tag in self.CLOSED
        self.out.append(self.get_starttag_text())

    def handle_startendtag(self, tag, attrs) -> None:
        self.out.append(self.get_starttag_text())

    def handle_endtag(self, tag) -> None:
        self.inside -= tag in self.CLOSED
        self.out.append(f"</{tag}>")

    def handle_data(self, data) -> None:
        self.out.append(data if self.inside else self.pattern.sub(self._link, data))

    def handle_entityref(self, name) -> None:
        self.out.append(f"&{name};")

    def handle_charref(self, name) -> None:
        self.out.append(f"&#{name};")

    def handle_comment(self, data) -> None:
        self.out.append(f"<!--{data}-->")

    def handle_decl(self, decl) -> None:
        self.out.append(f"<!{decl}>")


def link_ids(text: str, targets: Mapping[str, str]) -> str:
    """Return HTML in which ids of claims, paragraphs and sentences are links, headings, links and code left alone.

    Parameters
    ----------
    text : str
        HTML that can be trusted.
    targets : mapping
        Id to address.
    """
    linker = _Linker(targets)
    linker.feed(text)
    linker.close()
    return "".join(linker.out)
