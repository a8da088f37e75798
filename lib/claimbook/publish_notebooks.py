"""Notebooks made ready for the site: code folded, charts as figures with data and picture beside them, links mended.

In: a committed notebook, which is not touched. Out: a copy for Sphinx, and the files of its charts.
"""

import ast
import base64
import re
import struct
from collections.abc import Iterable, Mapping
from functools import cached_property
from html import escape
from pathlib import Path, PurePosixPath

from claimbook.display import WORDS
from claimbook.errors import ClaimbookError
from claimbook.ledger import Ledger
from claimbook.prose import escape_markdown
from claimbook.publish_html import VERDICT_CLASS, clean, markdown, whole_days

_SHOWN = ("image/png", "text/csv", "text/html", "text/markdown", "text/plain")
_LONG_CELL = 60
_NOISE = re.compile(r"[ \t]+# (?:fmt: skip|fmt: off|fmt: on|noqa.*)$", re.M)
_DIRECTIVE = re.compile(r"^(\s*(?:`{3,}|~{3,}|:{3,}))\s*\{([\w-]+)\}", re.M)  # Jupyter shows them as code
_VERDICT_LINE = re.compile(r"<p><strong>(At publication|Outcome): ")


def title(notebook: Mapping) -> str:
    """Return the first heading of a notebook as plain text."""
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" and (found := re.match(r"#\s+(.+)", cell["source"])):
            return found[1].strip()
    raise ClaimbookError("a notebook without a heading; begin its first cell with `# ...?`")


def _png_size(picture: bytes) -> tuple[int, int]:
    """Width and height in pixels, from the PNG header (PNG specification, section 11.2.2, IHDR)."""
    return struct.unpack(">II", picture[16:24])


def _rows(csv: str) -> int:
    return max(0, csv.count("\n") - 1)


def figure_html(alt: str, picture: str, data: str, size: tuple[int, int], width: int, rows: int) -> str:
    """Return a chart as HTML: the picture with its alt text, and below it the text, the data and the picture to take.

    Parameters
    ----------
    alt : str
        What is seen.
    picture, data : str
        Addresses of the PNG and CSV files.
    size : (int, int)
        Pixels of the picture.
    width : int
        Width in CSS pixels at which it is shown.
    rows : int
        Rows of the data.
    """
    height = round(size[1] * width / size[0])
    name = escape(f"chart: {alt[:60]}")
    return (
        f'<figure class="chart"><a href="{escape(picture)}"><img src="{escape(picture)}" alt="{escape(alt)}" '
        f'width="{width}" height="{height}" decoding="async"></a>'
        f'<figcaption><details><summary>In words<span class="hidden">: {name}</span></summary>'
        f"<p>{escape(alt)}</p></details>"
        f'<a href="{escape(data)}" download>Data, CSV<span class="hidden"> of the {name}</span> '
        f"<small>({rows} row{'s' if rows != 1 else ''})</small></a>"
        f'<a href="{escape(picture)}" download>Picture, PNG<span class="hidden"> of the {name}</span></a>'
        "</figcaption></figure>"
    )


class Copy:
    """One notebook on its way to the site.

    Parameters
    ----------
    notebook : mapping
        As `claimbook.notebooks.read` gives it.
    stem : str
        Its file name without suffix; names the files of its charts.
    site : Path
        Where the site is built; chart files go to ``charts/``.
    root : str
        From the page to the root of the site: empty or ``../``.
    pages : mapping
        File of the house, relative to its root, to page of the site: what relative links are turned into.
    ledger : Ledger
    """

    def __init__(self, notebook: Mapping, stem: str, site: Path, root: str, pages: Mapping[str, str], ledger: Ledger):
        self.notebook, self.stem, self.site, self.root = notebook, stem, site, root
        self.pages, self.ledger, self.charts = pages, ledger, 0

    def made(self) -> dict:
        """Return the copy: notebook format 4.5, code hidden by tag, every output one piece of HTML or text."""
        cells = [self._cell(number, cell) for number, cell in enumerate(self.notebook["cells"])]
        kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
        return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}

    def _cell(self, number: int, cell: Mapping) -> dict:
        name = f"cell-{number:02d}"
        if cell["cell_type"] != "code":
            source = _DIRECTIVE.sub(r"\1\2", self.mended(cell["source"]))
            return {"cell_type": cell["cell_type"], "id": name, "metadata": {}, "source": source}
        tags = sorted({*cell["metadata"].get("tags", []), "hide-input"})
        outputs = [made for output in cell["outputs"] if (made := self._output(cell["source"], output))]
        if number_of := self._claims_shown(cell["source"], outputs):
            outputs.append(_html(self._to_claims(number_of)))
        return {
            "cell_type": "code",
            "id": name,
            "metadata": {"tags": tags},
            "execution_count": cell.get("execution_count"),
            "source": _NOISE.sub("", cell["source"]),
            "outputs": outputs,
        }

    def mended(self, text: str, plain: bool = False) -> str:
        """Return Markdown whose relative links lead to pages of the site.

        Parameters
        ----------
        text : str
        plain : bool
            Whether addresses stay plain, for Markdown that does not go through Sphinx.
        """
        relative = r"(\]\()(?![a-z][a-z0-9+.-]*:|#|/)([^)\s#]+)(#[^)\s]*)?\)"
        return re.sub(relative, lambda found: self._link(found, plain), text)

    def _link(self, found: re.Match, plain: bool) -> str:
        parts: list[str] = []
        for part in (*PurePosixPath("notebooks").parts, *PurePosixPath(found[2]).parts):
            if part == "..":
                parts[-1:] = []
            elif part != ".":
                parts.append(part)
        page, part = self.pages.get("/".join(parts)), found[3] or ""
        scheme = "" if plain else "sitepart:" if part else "site:"
        return f"{found[1]}{scheme}{self.root}{page}{part})" if page else found.group()

    def _output(self, source: str, output: Mapping) -> dict | None:
        data = {kind: "".join(text) for kind, text in output.get("data", {}).items() if kind in _SHOWN}
        if "image/png" in data:
            return _html(self._chart(data, output.get("metadata", {}).get("image/png", {})))
        if "text/html" in data:
            return _html(_scrollable(whole_days(clean(data["text/html"]))))
        if "text/markdown" in data:
            return _html(f'<div class="finding">{self.verdicts(data["text/markdown"])}</div>')
        if text := data.get("text/plain") or "".join(output.get("text", "")):
            return _html(f"<pre>{escape(text)}</pre>")
        return None

    def _chart(self, data: Mapping[str, str], metadata: Mapping) -> str:
        self.charts += 1
        picture, csv = base64.b64decode(data["image/png"]), data.get("text/csv", "")
        alt = metadata.get("alt") or data.get("text/plain", "")
        size = _png_size(picture)
        name = f"charts/{self.stem}-{self.charts}"
        for suffix, content in ((".png", picture), (".csv", csv.encode("utf-8"))):
            path = self.site / (name + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        width = int(metadata.get("width", size[0]))
        return figure_html(alt, f"{self.root}{name}.png", f"{self.root}{name}.csv", size, width, _rows(csv))

    def verdicts(self, text: str) -> str:
        """Return a finding as HTML; where it quotes a claim with its verdict, the verdict leads to the claim's page."""
        html = str(markdown(self.mended(text, plain=True)))
        for quoted, linked in self._quoted_verdicts:
            html = html.replace(quoted, linked)
        return _VERDICT_LINE.sub(r'<p class="verdict"><strong>\1: ', html)

    @cached_property
    def _quoted_verdicts(self) -> list[tuple[str, str]]:
        """Each claim as findings quote it, words and verdict: as HTML without and with a link to its page."""
        pairs = []
        for claim in self.ledger.claims:
            verdict = WORDS[claim.at_publication.verdict]
            quoted = str(markdown(f"*{escape_markdown(self.ledger.place(claim.id).exact)}* ({verdict})"))
            quoted = quoted.strip().removeprefix("<p>").removesuffix("</p>")
            linked = quoted.removesuffix(f"({verdict})") + f"({self._to_claim(claim.id, verdict)})"
            pairs.append((quoted, linked))
        return pairs

    def _to_claim(self, name: str, text: str) -> str:
        shade = VERDICT_CLASS[self.ledger.claim(name).at_publication.verdict]
        return f'<a class="verdict-link {shade}" href="{self.root}claims/{name}.html">{escape(text)}</a>'

    def _claims_shown(self, source: str, outputs: Iterable[Mapping]) -> list[str]:
        """The claims that a cell names and whose judgement it shows."""
        if not any('class="verdict"' in output["data"]["text/html"] for output in outputs):
            return []
        known = {claim.id for claim in self.ledger.claims}
        words = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
        return [word for word in dict.fromkeys(w for w in words if isinstance(w, str)) if word in known]

    def _to_claims(self, names: Iterable[str]) -> str:
        links = " · ".join(self._to_claim(name, f"{name}: the claim, its words and all its evidence") for name in names)
        return f'<p class="to-claim">{links}</p>'


def _html(text: str) -> dict:
    return {"output_type": "display_data", "data": {"text/html": text, "text/plain": ""}, "metadata": {}}


def _scrollable(html: str) -> str:
    """Tables in boxes that scroll sideways by themselves, reachable by keyboard and named by their captions."""

    def boxed(found: re.Match) -> str:
        caption = re.search(r"<caption>(.*?)</caption>", found.group(), re.S)
        name = _bare(caption[1]) if caption else "Table"
        return f'<div class="scroll" role="region" tabindex="0" aria-label="{name}">{_stacking(found.group())}</div>'

    return re.sub(r"<table.*?</table>", boxed, str(html), flags=re.S)


def _bare(html: str) -> str:
    """The words of a piece of HTML, fit for an attribute."""
    return re.sub(r"<[^>]+>", " ", html).replace('"', "&quot;").strip()


def _stacking(table: str) -> str:
    """A table with long text gets what it takes to be read row by row on a phone: each cell carries its heading."""
    cells = re.findall(r"<td[^>]*>(.*?)</td>", table, re.S)
    if max((len(_bare(cell)) for cell in cells), default=0) <= _LONG_CELL:
        return table
    heads = [_bare(head) for head in re.findall(r"<th [^>]*>(.*?)</th>", table, re.S)]
    rows = []
    for row in re.split(r"(?=<tr>)", table):
        labels = iter(heads)
        rows.append(re.sub(r"<td", lambda _, n=labels: f'<td role="cell" data-label="{next(n, "")}"', row))
    made = "".join(rows).replace("<tr>", '<tr role="row">').replace("<th ", '<th role="columnheader" ')
    made = made.replace("<thead>", '<thead role="rowgroup">').replace("<tbody>", '<tbody role="rowgroup">')
    return made.replace("<table>", '<table class="stacked" role="table">')
