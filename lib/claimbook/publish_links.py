"""The links of a built site: which lead nowhere, and which lead out.

In: the folder of a site. Out: broken links as sentences, addresses outside with the pages that hold them.
"""

import re
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from posixpath import dirname, normpath
from urllib.parse import unquote, urlsplit

_TAKEN = {"a": ["href"], "img": ["src"], "script": ["src"], "link": ["href"], "form": ["action"], "source": ["src"]}


class _Page(HTMLParser):
    """Collects ids, links to follow and resources that a browser fetches by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.add(given["id"])
        for name in _TAKEN.get(tag, ()):
            if given.get(name) is not None:
                canonical = tag == "link" and given.get("rel") == "canonical"
                kind = self.links if tag in ("a", "form") or canonical else self.fetched
                kind.append(given[name])


def read_pages(site: Path) -> dict[str, _Page]:
    """Return every page of a site by its address within the site."""
    found = {}
    for path in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text(encoding="utf-8"))
        found[path.relative_to(site).as_posix()] = page
    return found


def _outside(url: str) -> bool:
    return bool(urlsplit(url).scheme or url.startswith("//"))


def outside_links(site: Path) -> list[dict]:
    """Return each address outside that pages link to, and the pages: address, pages (space-separated)."""
    held = defaultdict(list)
    for name, page in read_pages(site).items():
        for url in dict.fromkeys(url for url in page.links if _outside(url)):
            held[url].append(name)
    return [{"address": url, "pages": " ".join(held[url])} for url in sorted(held)]


def ill_formed(url: str) -> bool:
    """Whether an address outside is no whole http(s) address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return True
    return parts.scheme not in ("http", "https") or "." not in host or bool(re.search(r"[\s<>\"{}|\\^`]", url))


def broken(site: Path, root: str = "/") -> list[str]:
    """Return every link inside the site that leads nowhere, and everything that a page would fetch from elsewhere.

    Parameters
    ----------
    site : Path
    root : str
        Path under which the site stands, for addresses that begin with a slash.
    """
    pages = read_pages(site)
    faults = []
    for name, page in pages.items():
        faults += [f"{name}: fetches {url} from elsewhere" for url in page.fetched if _outside(url)]
        for url in dict.fromkeys(u for u in (*page.links, *page.fetched) if not _outside(u)):
            parts = urlsplit(url)
            target = unquote(parts.path)
            if target.startswith("/"):
                target = target.removeprefix(root)
            elif target:
                target = normpath(f"{dirname(name)}/{target}".lstrip("/"))
            target = target or name
            if not (site / target).is_file():
                faults.append(f"{name}: {url} leads nowhere")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
                faults.append(f"{name}: {url} names no place on its page")
    return faults
