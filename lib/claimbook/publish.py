"""The reading copy: a static site and its exports, made from what is committed; nothing is executed or fetched.

In: a house. Out: ``build/site``, the same bytes each time.
"""

import csv
import hashlib
import io
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from markupsafe import Markup

from claimbook import notebooks, readme, tables
from claimbook import publish_exports as exports
from claimbook import publish_ledger as records
from claimbook.errors import ClaimbookError
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.prose import escape_markdown
from claimbook.publish_html import link_ids, markdown, whole_days
from claimbook.publish_links import outside_links
from claimbook.publish_notebooks import Copy, title
from claimbook.publish_pages import Pages
from claimbook.strict_yaml import load_yaml

TAGLINE = "One news story, taken apart"
ARTICLE_FILE = "exports/article.txt"
EXPORTS = {
    "exports/ledger.csv": (
        "Ledger, one row a claim",
        "CSV with codes, both judgements, reasons and evidence. Text that a spreadsheet would take for a formula "
        "begins with an apostrophe.",
    ),
    "exports/ledger.csv-schema.json": (
        "Columns of the ledger as CSV",
        "Table Schema of the Data Package standard: each column with its type and the codes that it can hold.",
    ),
    "exports/ledger.json": (
        "Ledger, everything",
        "JSON: story, sentences, claims with their places in the text, evidence, sources, quotations, attributions, "
        "omissions.",
    ),
    "exports/ledger.schema.json": (
        "Form of the ledger as JSON",
        "JSON Schema, draft 2020-12: what each record holds, and the codes of each judgement.",
    ),
    "exports/claimreview.jsonld": (
        "ClaimReview of every claim with a verdict",
        "JSON-LD of schema.org. What is rated is the claim as the article makes it, on the day; the date of a review "
        "is that of the release. The page of each claim carries its own record.",
    ),
    "exports/annotations.jsonld": (
        "Claims as annotations of the article",
        "W3C Web Annotation collection. Each claim has a quote and a position selector; positions count the code "
        "points of the text beside it.",
    ),
    "data/datapackage.json": (
        "The tables as a Data Package",
        "Fields, units, sources, licences and hashes of every table.",
    ),
}
ARTICLE = (
    ARTICLE_FILE,
    "The article as received",
    "The text that quotations and positions refer to, byte for byte.",
)
CRATE = (
    exports.CRATE_FILE,
    "The whole as an RO-Crate",
    "RO-Crate 1.1: article, ledger, exports and tables with their terms.",
)
OUTSIDE = (
    "external-links.csv",
    "Every address outside",
    "CSV: each address that the site links to, and the pages that do.",
)


class PublishError(ClaimbookError):
    """A site that cannot be built whole."""


@dataclass(frozen=True)
class Entry:
    """One line of the contents: its page, its title, and its number when it is a notebook."""

    page: str
    title: str
    number: str = ""


def _stem_page(stem: str) -> str:
    return "index" if stem.startswith("00-") else f"notebooks/{stem}"


class Site:
    """One site on its way.

    Parameters
    ----------
    root : Path
        The house.
    out : Path
        Folder of the site, empty and in a folder of its own: the source for Sphinx stands beside it.
    base : str
        The site's own address, ending in a slash; empty when it is not known.
    """

    def __init__(self, root: Path, out: Path, base: str = "", ledger: Ledger | None = None) -> None:
        self.root, self.out, self.base = root, out, base
        self.source = out.parent / "source"
        self.ledger = ledger or Ledger.load(root)
        self.books = {path.stem: notebooks.read(path) for path in notebooks.paths(root / "notebooks")}
        self.package = tables.package(root / "data")
        cited = root / "CITATION.cff"
        self.release = exports.Release.of(load_yaml(cited) or {} if cited.exists() else {})
        self.pages = Pages(self.ledger, root / "site" / "pages")
        self.reading = [Entry(_stem_page(stem), title(book), stem[:2]) for stem, book in self.books.items()]
        self.kickers: dict[str, str] = {}
        self.json_ld: dict[str, str] = {}

    @cached_property
    def navigation(self) -> list[dict]:
        """The contents: notebooks in reading order, then the record behind them."""
        front = [] if any(entry.page == "index" for entry in self.reading) else [Entry("index", "What was found")]
        record = [
            Entry("article", "The article, marked"),
            Entry("claims/index", "The ledger of claims"),
            Entry("evidence", "Evidence"),
            Entry("sources", "Sources"),
            Entry("dictionary", "Tables and columns"),
            Entry("method", "How it is judged"),
            Entry("corrections", "Corrections"),
            Entry("machines", "For machines"),
        ]
        return [{"title": "Read", "entries": front + self.reading}, {"title": "The record", "entries": record}]

    def files_as_pages(self) -> dict[str, str]:
        """File of the house to page of the site, for links that notebooks and texts hold."""
        found = {f"notebooks/{stem}.ipynb": f"{_stem_page(stem)}.html" for stem in self.books}
        found |= {f"data/{entry['path']}": f"data/{entry['path']}" for entry in self.package["resources"]}
        found |= {f"data/ledger/{name}.yaml": "exports/ledger.json" for name in ("claims", "evidence", "sources")}
        found |= {
            "data/README.md": "dictionary.html",
            "data/datapackage.json": "data/datapackage.json",
            "data/corrections.yaml": "corrections.html",
            "CORRECTIONS.md": "corrections.html",
            "CONTRIBUTING.md": "method.html",
            "README.md": "index.html",
            self.ledger.story.article: ARTICLE_FILE,
        }
        return found

    # --- the source for Sphinx ---------------------------------------------------------------------------------

    def document(self, page: str, heading: str, body: str, kicker: str = "") -> None:
        """Write a page whose body is ready HTML."""
        path = self.source / f"{page}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".body").write_text(body, encoding="utf-8")
        lines = [f"# {_one_line(heading)}", "", "```{raw} html", f":file: {path.stem}.body", "```", ""]
        path.write_text("\n".join(lines), encoding="utf-8")
        if kicker:
            self.kickers[page] = kicker

    def write_notebooks(self) -> dict[str, list[tuple[str, str]]]:
        """Write the copies of the notebooks; return for each claim the pages that tell of it."""
        told: dict[str, list[tuple[str, str]]] = {claim.id: [] for claim in self.ledger.claims}
        for stem, book in self.books.items():
            page = _stem_page(stem)
            root = "../" * page.count("/")
            copy = Copy(book, stem, self.out, root, self.files_as_pages(), self.ledger).made()
            path = self.source / f"{page}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(copy, ensure_ascii=False)
            path.write_text(text, encoding="utf-8")
            self.kickers[page] = "The short version" if page == "index" else f"Notebook {stem[:2]}"
            for name in sorted(set(re.findall(r"claims/(C\d+)\.html", text)) & set(told)):
                told[name].append((f"{page}.html", f"{stem[:2]} {title(book)}"))
        return told

    def write_front(self) -> None:
        """Write a front page from the first notebook's short answer, where no notebook 00 is one."""
        if any(entry.page == "index" for entry in self.reading):
            return
        story, parts = self.ledger.story, []
        for stem, book in self.books.items():
            if sentences := readme.short_answer(book):
                made = Copy(book, stem, self.out, "", self.files_as_pages(), self.ledger)
                parts = [f'<div class="finding">{made.verdicts(text)}</div>' for text in sentences]
                parts.append(f'<p><a href="{_stem_page(stem)}.html">{markdown(title(book))[3:-5]}</a></p>')
                break
        lead = Markup('<p class="lead">“<bdi>{}</bdi>” <bdi>{}</bdi>, {}.</p>')
        lead = lead.format(story.title, story.outlet, story.published)
        self.document("index", "What was found", lead + Markup("\n".join(parts)), TAGLINE)

    def write_record(self, told: Mapping[str, list[tuple[str, str]]]) -> None:
        """Write the pages of article, claims, evidence, sources, tables, method, corrections and exports."""
        pages = self.pages
        self.document("article", "The article, with its claims marked", pages.article(), "The record")
        self.document("claims/index", "Every claim", pages.claims(), "The ledger")
        for claim in self.ledger.claims:
            heading = f"{claim.id}: {claim.statement}"
            self.document(f"claims/{claim.id}", heading, pages.claim(claim.id, told[claim.id]), f"Claim {claim.id}")
            if review := exports.claim_review(self.ledger, claim.id, self.base or "../", self.release):
                self.json_ld[f"claims/{claim.id}"] = exports.embedded(review)
        self.document("evidence", "Evidence", pages.evidence(), "The record")
        self.document("sources", "Sources", pages.sources(), "The record")
        self.document("method", "How it is judged", pages.method(self._dispute()), "The record")
        self.document("corrections", "Corrections", self._corrections(), "The record")
        listed = [*((path, *said) for path, said in EXPORTS.items()), ARTICLE, CRATE, OUTSIDE]
        listed = [export for export in listed if export != CRATE or self.release.published]
        self.document("machines", "For machines", pages.machines(listed, self.release.published), "The record")
        text = (self.root / "data" / "README.md").read_text(encoding="utf-8")
        self.document("dictionary", "Tables and columns", _dictionary(text, self.package), "The record")

    def _dispute(self) -> str:
        path = self.root / "CONTRIBUTING.md"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = re.search(r"^## Dispute a judgement\n.*?(?=^## |\Z)", text, re.M | re.S)
        return found.group() if found else "## Dispute a judgement\n\nWrite to whoever keeps this ledger."

    def _corrections(self) -> str:
        ours, theirs = self.root / "CORRECTIONS.md", self.root / "data" / "corrections.yaml"
        text = ours.read_text(encoding="utf-8") if ours.exists() else "None so far."
        text = re.sub(r"\A# .*\n", "", text)
        listed = load_yaml(theirs) if theirs.exists() and theirs.read_text(encoding="utf-8").strip() else []
        return self.pages.corrections(text, listed)

    # --- what is not a page ------------------------------------------------------------------------------------

    def write_exports(self) -> None:
        """Write the exports and the tables beside the pages."""
        ledger, base = self.ledger, self.base
        _put(self.out / ARTICLE_FILE, (self.root / ledger.story.article).read_bytes())
        columns = records.ledger_table_schema()
        names = [column["name"] for column in columns["fields"]]
        _put(self.out / "exports/ledger.json", exports.json_text(records.ledger_json(ledger)))
        _put(self.out / "exports/ledger.schema.json", exports.json_text(records.ledger_json_schema()))
        _put(self.out / "exports/ledger.csv", _csv(records.ledger_rows(ledger), names))
        _put(self.out / "exports/ledger.csv-schema.json", exports.json_text(columns))
        reviews = exports.claim_reviews(ledger, base or "../", self.release)
        _put(self.out / "exports/claimreview.jsonld", exports.json_text(reviews))
        for claim in ledger.claims:
            if review := exports.claim_review(ledger, claim.id, base or "../../", self.release):
                _put(self.out / f"exports/claimreview/{claim.id}.jsonld", exports.json_text(review))
        annotations = exports.annotations(ledger, ARTICLE_FILE, base or "../", self.release)
        _put(self.out / "exports/annotations.jsonld", exports.json_text(annotations))
        for path in ["datapackage.json", *(entry["path"] for entry in self.package["resources"])]:
            _put(self.out / "data" / path, (self.root / "data" / path).read_bytes())

    def write_crate(self) -> None:
        """Write the RO-Crate metadata on the files that lie there, once there is a release: it must name the day."""
        if not self.release.published:
            return
        named = {path: said[0] for path, said in EXPORTS.items()}
        said = {"article": ARTICLE_FILE, "release": self.release, "base": self.base}
        crate = exports.crate(self.out, self.ledger, self.package, named, **said)
        _put(self.out / exports.CRATE_FILE, exports.json_text(crate))

    # --- Sphinx ------------------------------------------------------------------------------------------------

    def ids(self, page: str) -> dict[str, str]:
        """Where ids of claims, paragraphs and sentences lead from a page."""
        root = "../" * page.count("/")
        found = {claim.id: f"{root}claims/{claim.id}.html" for claim in self.ledger.claims}
        for part in (*self.ledger.article.paragraphs, *self.ledger.article.sentences):
            found[part.id] = f"{root}article.html#{part.id}"
        return found

    def context(self, app, page: str, template: str, context: dict, doctree) -> None:
        """Complete what the theme needs to know about a page."""
        turn = self.reading if any(entry.page == page for entry in self.reading) else self._claim_entries
        at = next((number for number, entry in enumerate(turn) if entry.page == page), None)
        context |= {
            "tagline": TAGLINE,
            "story": self.ledger.story,
            "navigation": self.navigation,
            "reading": self.reading,
            "sections": _sections(doctree) if doctree else [],
            "kicker": self.kickers.get(page, ""),
            "kind": page.split("/")[0].split("-")[0],
            "before": turn[at - 1] if at else None,
            "behind": turn[at + 1] if at is not None and at + 1 < len(turn) else None,
            "json_ld": self.json_ld.get(page),
            "stamp": self.stamp,
        }
        if context.get("body") and page.split("/")[0] in ("notebooks", "index"):
            context["body"] = link_ids(_folds(context["body"]), self.ids(page))
        if page == "404":
            root = urlsplit(self.base).path or "/"
            context["pathto"] = lambda target, resource=False: _absolute(root, target, resource)
            context["content_root"] = root
            context["favicon_url"] = root + "_static/favicon.svg"

    @cached_property
    def _claim_entries(self) -> list[Entry]:
        return [Entry(f"claims/{claim.id}", f"{claim.id}: {claim.statement}") for claim in self.ledger.claims]

    @cached_property
    def stamp(self) -> str:
        """Changes when style or script change, so that no browser keeps an old one."""
        paths = sorted((self.root / "site" / "theme" / "static").iterdir())
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:8]

    def run_sphinx(self) -> None:
        """Turn the source into pages; any warning is an error."""
        from sphinx.application import Sphinx
        from sphinx.util.docutils import docutils_namespace, patch_docutils

        told = io.StringIO()
        settings = {"release": version("claimbook"), "html_baseurl": self.base, "html_title": self.ledger.story.title}
        settings |= {"html_additional_pages": {"404": "404.html"}}
        folders = (self.source, self.root / "site", self.out, self.source / ".doctrees")
        with patch_docutils(folders[1]), docutils_namespace():
            app = Sphinx(*folders, "html", confoverrides=settings, status=None, warning=told, freshenv=True)
            app.connect("html-page-context", self.context)
            app.build(force_all=True)
        if said := re.sub(r"\x1b\[[\d;]*m", "", told.getvalue()).strip():
            raise PublishError(said.replace(f"{self.source}{os.sep}", ""))

    def build(self) -> None:
        """Make the site."""
        self.write_record(self.write_notebooks())
        self.write_front()
        self.run_sphinx()
        self.write_exports()
        self.write_crate()
        _put(self.out / "external-links.csv", _csv(outside_links(self.out), ["address", "pages"]))
        for name in (".buildinfo", "objects.inv"):
            (self.out / name).unlink(missing_ok=True)


def _folds(body: str) -> str:
    """Folded code with a plain word to open it; code that is too wide can be scrolled by keyboard."""
    body = body.replace('<div class="highlight"><pre>', '<div class="highlight"><pre tabindex="0">')
    fold = r"<summary aria-label=.*?</summary>"
    body = re.sub(rf"(tag_setup[^>]*>\s*<details[^>]*>\s*){fold}", r"\1<summary>Set-up</summary>", body, flags=re.S)
    return re.sub(fold, "<summary>Code</summary>", body, flags=re.S)


def _absolute(root: str, target: str, resource: bool) -> str:
    return f"{root}{target}" if resource else f"{root}{target}.html"


def _one_line(text: str) -> str:
    return " ".join(escape_markdown(text).split())


def _sections(doctree) -> list[tuple[str, str]]:
    """Anchor and name of the sections of a page, one level deep."""
    from docutils import nodes

    top = next(doctree.findall(nodes.section), None)
    inner = [] if top is None else [node for node in top.children if isinstance(node, nodes.section)]
    return [(node["ids"][0], node[0].astext()) for node in inner]


def _dictionary(text: str, package: Mapping) -> str:
    """The data dictionary as HTML: its links lead to the tables on the site, each table has an anchor."""
    text = re.sub(r"\A# .*\n+Written from .*\n", "", text)
    text = re.sub(r"^## ", "### ", text, flags=re.M)
    text = re.sub(r"^# ", "## ", text, flags=re.M)
    names = {entry["name"]: entry["path"] for entry in package["resources"]}
    html = whole_days(str(markdown(text)))
    html = re.sub(r"<h3>(\w+)</h3>", lambda m: f'<h3 id="{m[1].replace("_", "-")}">{m[1]}</h3>', html)
    html = re.sub(r'href="#(\w+)"', lambda m: f'href="#{m[1].replace("_", "-")}"', html)
    for path in names.values():
        html = html.replace(f'href="{path}"', f'href="data/{path}"')
    named, boxed = "All tables", []
    for part in re.split(r'(<h3 id="[\w-]+">\w+</h3>|<table>.*?</table>)', html, flags=re.S):
        if part.startswith("<h3 "):
            named = f"Columns of {re.sub('<.*?>', '', part)}"
        elif part.startswith("<table>"):
            part = f'<div class="scroll" role="region" tabindex="0" aria-label="{named}">{part}</div>'
        boxed.append(part)
    return "".join(boxed)


def _csv(rows: Iterable[Mapping], columns: Iterable[str]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(columns), lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(records.spreadsheet_row, rows))
    return text.getvalue()


def _put(path: Path, content: bytes | str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)


def _may_be_replaced(out: Path, root: Path) -> bool:
    """Whether nothing is lost with `out`: what is new, empty, made under build/, or a site of an earlier run."""
    if not out.exists() or out.is_dir() and out.parent == root / "build":
        return True
    if not out.is_dir() or root.is_relative_to(out):
        return False
    return not any(out.iterdir()) or all((out / name).is_file() for name in ("404.html", "external-links.csv"))


@contextmanager
def _whole_or_not_at_all(out: Path) -> Iterator[Path]:
    """A folder to fill, with room beside it: at the end it takes the place of `out`; if it fails `out` is as it was."""
    work, old = (out.with_name(f".{out.name}-{what}") for what in ("new", "old"))
    for left_behind in (work, old):
        shutil.rmtree(left_behind, ignore_errors=True)
    made = work / "site"
    made.mkdir(parents=True)
    try:
        yield made
        if out.exists():
            out.rename(old)
        made.rename(out)
    except BaseException:
        if old.exists():
            old.rename(out)
        raise
    finally:
        for left_behind in (work, old):
            shutil.rmtree(left_behind, ignore_errors=True)


def build(out: Path | None = None, base: str = "", root: Path | None = None, ledger: Ledger | None = None) -> Path:
    """Build the site of a house and return its folder. Until it is whole, a site of an earlier run stays in place.

    Parameters
    ----------
    out : Path, optional
        By default ``build/site`` of the house.
    base : str
        The address at which the site will stand; records for machines and the page for missing addresses use it.
    root : Path, optional
        The house; by default this one.
    ledger : Ledger, optional
        By default the one of the house.

    Raises
    ------
    PublishError
        If Sphinx has anything to warn about, or `out` holds something that is no site of an earlier run.
    """
    root = root or home()
    out = (out or root / "build" / "site").resolve()
    if not _may_be_replaced(out, root.resolve()):
        raise PublishError(f"{out}: holds other files, which the site would replace; name a new or an empty folder")
    if base and not re.fullmatch(r"https?://[^\s<>\"']+", base):
        raise PublishError(f"{base!r} is no address of a site; give one like https://example.org/claimbook/")
    with _whole_or_not_at_all(out) as made:
        Site(root, made, base if not base or base.endswith("/") else base + "/", ledger).build()
    return out


def export(out: Path, base: str = "", root: Path | None = None) -> Path:
    """Write the exports alone, without pages, and return their folder; parameters as in `build`."""
    site = Site(root or home(), out.resolve(), base if not base or base.endswith("/") else base + "/")
    site.write_exports()
    site.write_crate()
    return site.out
