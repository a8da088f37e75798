"""The reading copy: whole or not at all, the same each time, nothing from elsewhere, spoiled text shown as text."""

import csv
import filecmp
import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from spoiled import ADDRESS, ATTACKS, CLAIMED, IN_CLAIM, spoiled_ledger

from claimbook import notebooks, publish
from claimbook.home import home
from claimbook.ledger import Ledger
from claimbook.prose import Link
from claimbook.publish_html import clean, link_ids, markdown, safe_address, whole_days
from claimbook.publish_links import broken, ill_formed, outside_links, read_pages
from claimbook.publish_math import mathml
from claimbook.publish_notebooks import Copy

MB = 1_000_000


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.load()


# --- the built site ------------------------------------------------------------------------------------------


def test_the_site_has_a_page_for_each_notebook_claim_and_record(site, ledger):
    pages = set(read_pages(site))
    wanted = {"index", "article", "claims/index", "evidence", "sources", "dictionary", "method", "corrections"}
    wanted |= {"machines", "search", "404", *(f"claims/{claim.id}" for claim in ledger.claims)}
    wanted |= {publish._stem_page(path.stem) for path in notebooks.paths()}
    assert {f"{name}.html" for name in wanted} <= pages


def test_no_link_inside_is_broken_and_nothing_is_fetched_from_elsewhere(site):
    assert broken(site) == []
    for path in (*site.rglob("*.css"), *site.rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", text), path.name
        assert not re.search(r"(?:fetch|import|importScripts|open)\(\s*['\"`](?:https?:)?//", text), path.name


def test_outside_addresses_are_well_formed_and_listed(site, ledger):
    listed = list(csv.DictReader((site / "external-links.csv").open(encoding="utf-8")))
    assert [row["address"] for row in listed] == [row["address"] for row in outside_links(site)]
    assert {source.url for source in ledger.sources} <= {row["address"] for row in listed}
    assert [row["address"] for row in listed if ill_formed(row["address"])] == []


def test_the_site_is_small(site):
    sizes = {path: path.stat().st_size for path in site.rglob("*") if path.is_file()}
    assert sum(sizes.values()) <= 25 * MB
    for name, page in read_pages(site).items():
        inside = {(site / name).parent / urlsplit(url).path for url in page.fetched if not url.startswith("/")}
        with_all = sizes[site / name] + sum(path.stat().st_size for path in inside)
        assert with_all < 1.5 * MB, f"{name}: {with_all:,} bytes with all that it shows"


def test_every_chart_has_its_words_its_data_and_its_picture(site):
    charts = 0
    for path in notebooks.paths():
        page = (site / f"{publish._stem_page(path.stem)}.html").read_text(encoding="utf-8")
        wanted = [
            output
            for cell in notebooks.read(path)["cells"]
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        figures = re.findall(r"<figure.*?</figure>", page, re.S)
        assert len(figures) == len(wanted)
        for figure, output in zip(figures, wanted, strict=True):
            assert f'alt="{publish_alt(output)}"' in figure
            picture, data = re.findall(r'href="[./]*(charts/[^"]+)" download', figure)[::-1]
            assert (site / picture).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
            assert (site / data).read_text(encoding="utf-8") == "".join(output["data"]["text/csv"])
            charts += 1
    assert charts > 0


def publish_alt(output: dict) -> str:
    from html import escape

    return escape(output["metadata"]["image/png"]["alt"])


def test_code_is_folded_and_the_committed_notebooks_are_not_touched(site):
    for path in notebooks.paths():
        page = (site / f"{publish._stem_page(path.stem)}.html").read_text(encoding="utf-8")
        code = sum(cell["cell_type"] == "code" for cell in notebooks.read(path)["cells"])
        folded = r"<details class=\"[^\"]*\bhide\b[^\"]*\">\s*<summary>(?:Code|Set-up)</summary>"
        assert len(re.findall(folded, page)) == code
    status = subprocess.run(["git", "status", "--porcelain", "notebooks"], cwd=home(), capture_output=True, text=True)
    assert "hide-input" not in "".join(path.read_text(encoding="utf-8") for path in notebooks.paths()), status.stdout


def test_every_verdict_leads_to_its_claim(site, ledger):
    page = (site / "notebooks" / "01-what-does-it-claim.html").read_text(encoding="utf-8")
    for claim in ledger.claims:
        assert f'href="../claims/{claim.id}.html"' in page
    parts = re.split(r'(?=<p class="verdict"><strong>At publication)', page)[1:]
    assert parts and all(re.search(r'class="to-claim"><a [^>]*href="\.\./claims/C\d+\.html', part) for part in parts)
    rows = (site / "claims" / "index.html").read_text(encoding="utf-8")
    for claim in ledger.claims:
        own = (site / "claims" / f"{claim.id}.html").read_text(encoding="utf-8")
        assert f'class="verdict-link {rows_class(claim)}" href="{claim.id}.html"' in rows
        for name in (*claim.at_publication.cited, *claim.outcome.cited):
            assert f'href="../evidence.html#{name}"' in own
            source = ledger.source(next(item.source for item in ledger.evidence if item.id == name))
            assert f'href="{source.url}"'.replace("&", "&amp;") in own


def rows_class(claim) -> str:
    from claimbook.publish_html import VERDICT_CLASS

    return VERDICT_CLASS[claim.at_publication.verdict]


def test_the_article_stands_on_its_page_to_the_letter(site, ledger):
    class Words(HTMLParser):
        def __init__(self):
            super().__init__()
            self.inside, self.skip, self.text = 0, 0, []

        def handle_starttag(self, tag, attrs):
            css = dict(attrs).get("class", "")
            self.inside += tag == "div" and css == "the-article"
            self.skip += tag == "button" or css == "mark-number"
            if self.skip:
                self.stack = tag

        def handle_endtag(self, tag):
            self.inside -= tag == "div" and self.inside
            if self.skip and tag == self.stack:
                self.skip -= 1

        def handle_data(self, data):
            if self.inside and not self.skip:
                self.text.append(data)

    words = Words()
    words.feed((site / "article.html").read_text(encoding="utf-8"))
    assert "".join(words.text).split() == ledger.article.text.split()


def test_two_builds_are_the_same_to_the_byte_without_a_network(site, tmp_path):
    cut = "import socket\ndef no(*_): raise OSError('no network')\nsocket.socket.connect = socket.getaddrinfo = no\n"
    build = "from pathlib import Path\nfrom claimbook.publish import build\nbuild(Path(OUT))"
    program = cut + build.replace("OUT", repr(str(tmp_path / "elsewhere" / "again")))
    (tmp_path / "elsewhere").mkdir()
    environment = os.environ | {"PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", program], cwd=home(), env=environment, check=True, capture_output=True)
    again = tmp_path / "elsewhere" / "again"
    names = sorted(path.relative_to(site).as_posix() for path in site.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(again).as_posix() for path in again.rglob("*") if path.is_file())
    same, differ, lost = filecmp.cmpfiles(site, again, names, shallow=False)
    assert (differ, lost) == ([], [])


def test_a_folder_with_other_files_is_not_replaced(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(publish.PublishError, match="holds other files, which the site would replace"):
        publish.build(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(publish.PublishError, match="holds other files"):
        publish.build(home().parent)


def test_a_site_of_an_earlier_run_is_replaced(site, tmp_path):
    assert publish._may_be_replaced(site, home())
    assert publish._may_be_replaced(tmp_path / "new", home())
    assert publish._may_be_replaced(tmp_path, home())
    assert publish._may_be_replaced(home() / "build" / "site", home())
    (tmp_path / "file").touch()
    assert not publish._may_be_replaced(tmp_path / "file", home())


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("stage", ["write_record", "run_sphinx", "write_crate"])
def test_a_failed_build_leaves_the_old_site_in_place(tmp_path, spoiled_site, monkeypatch, stage):
    house, out = spoiled_site.parents[1], tmp_path / "public"
    ledger = spoiled_ledger(house)
    shutil.copytree(spoiled_site, out)
    before = tree(out)

    def fail(*_):
        raise publish.PublishError("something is wrong")

    monkeypatch.setattr(publish.Site, stage, fail)
    with pytest.raises(publish.PublishError, match="something is wrong"):
        publish.build(out, root=house, ledger=ledger)
    assert tree(out) == before
    with pytest.raises(publish.PublishError, match="something is wrong"):
        publish.build(tmp_path / "first", root=house, ledger=ledger)
    assert [path.name for path in tmp_path.iterdir()] == ["public"]


def test_a_site_that_cannot_take_its_place_leaves_the_old_one(tmp_path, monkeypatch):
    out, rename = tmp_path / "site", Path.rename
    out.mkdir()
    (out / "index.html").write_text("old", encoding="utf-8")

    def refuse(path: Path, target: Path) -> None:
        if path.parent.name == ".site-new":
            raise OSError("no space")
        rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(OSError, match="no space"), publish._whole_or_not_at_all(out) as made:
        (made / "index.html").write_text("new", encoding="utf-8")
    assert tree(tmp_path) == {"site/index.html": b"old"}


def test_a_build_replaces_a_site_and_what_a_killed_run_left_behind(tmp_path):
    for name in ("site", ".site-new", ".site-old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "gone.html").touch()
    with publish._whole_or_not_at_all(tmp_path / "site") as made:
        (made / "index.html").write_text("new", encoding="utf-8")
    assert tree(tmp_path) == {"site/index.html": b"new"}


# --- untrusted text ------------------------------------------------------------------------------------------


class Elements(HTMLParser):
    """Every element and attribute of a page, and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag, attrs) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data) -> None:
        self.text.append(data)


def test_spoiled_text_comes_out_as_text_on_every_page(spoiled_site):
    for path in spoiled_site.rglob("*.html"):
        page = Elements()
        page.feed(path.read_text(encoding="utf-8"))
        for tag, given in page.found:
            assert not [name for name in given if name.startswith("on")], (path.name, tag, given)
            addresses = [given.get(name) or "" for name in ("href", "src", "action")]
            assert not any("script:" in re.sub(r"\s", "", url) for url in addresses), (path.name, addresses)
            assert tag not in ("iframe", "svg", "object", "embed"), path.name
            assert given.get("src") != "x", path.name
            if tag == "script":
                assert "src" in given or given.get("type") == "application/ld+json", path.name
    for name in ("article", "claims/C01", "claims/C04", "evidence", "corrections", "dictionary", "notebooks/01-what"):
        page = Elements()
        page.feed((spoiled_site / f"{name}.html").read_text(encoding="utf-8"))
        assert ATTACKS[0] in "".join(page.text), name
        assert ATTACKS[1] in "".join(page.text), name
    page = Elements()
    page.feed((spoiled_site / "claims" / "C04.html").read_text(encoding="utf-8"))
    assert CLAIMED + IN_CLAIM in "".join(page.text)


def test_an_address_that_is_none_is_refused():
    with pytest.raises(publish.PublishError, match="no address of a site"):
        publish.build(Path("unused"), "javascript:alert(1)")


def test_no_link_leads_to_a_script_or_nowhere(spoiled_site):
    assert ADDRESS not in (spoiled_site / "external-links.csv").read_text(encoding="utf-8")
    assert broken(spoiled_site) == []


@pytest.mark.parametrize("url", [
    "javascript:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)", "\x01javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,<script>", "vbscript:x", "file:///etc/passwd",
])  # fmt: skip
def test_addresses_that_run_or_read_are_no_links(url):
    assert not safe_address(url)
    assert Link("here", url).html() == "here"
    assert all(map(safe_address, re.findall(r'href="([^"]*)"', markdown(f"[x](<{url}>)"))))
    assert "href" not in clean(f'<a href="{url}">x</a>')


@pytest.mark.parametrize(("given", "made"), [
    ("<b>bold</b>", "<b>bold</b>"),
    ("<script>x()</script>", "&lt;script&gt;x()&lt;/script&gt;"),
    ('<p onclick="x()">a', "<p>a</p>"),
    ("<td style='text-align:right'>1</td>", '<td class="num">1</td>'),
    ("<mark style=\"background:#cfe5e3;color:inherit\">a</mark>", '<mark class="v-holds">a</mark>'),
    ("a</p></div>b", "ab"),
    ("<ul><li>a</ul>b", "<ul><li>a</li></ul>b"),
    ("<!-- x -->", "&lt;!-- x --&gt;"),
    ("1 < 2 &amp; 3", "1 &lt; 2 &amp; 3"),
    ("<img src=x onerror='y()'>", "&lt;img src=x onerror='y()'&gt;"),
])  # fmt: skip
def test_clean(given, made):
    assert clean(given) == made


def test_days_in_cells_stay_whole():
    given = clean("<table><tr><td>2026-08-22</td><td>2026-08</td><td>2026</td><td>by 2026-08-22</td></tr></table>")
    assert whole_days(given) == (
        '<table><tr><td class="day">2026-08-22</td><td class="day">2026-08</td><td>2026</td><td>by 2026-08-22</td></tr>'
        "</table>"
    )


def test_ids_become_links_in_text_and_nowhere_else():
    targets = {"C01": "claims/C01.html", "P02": "article.html#P02", "P02.S1": "article.html#P02.S1"}
    text = "<h1>C01</h1><p>C01, P02.S1 and P02; C99. <code>C01</code> <a href='#C01'>C01</a> &amp;C01</p>"
    made = link_ids(text, targets)
    assert made.count('href="claims/C01.html"') == 2
    assert made.count('href="article.html#P02.S1"') == made.count('href="article.html#P02"') == 1
    assert "<h1>C01</h1>" in made and "<code>C01</code>" in made and "C99." in made


def test_relative_links_of_notebooks_lead_to_pages(ledger, tmp_path):
    pages = {"notebooks/02-who.ipynb": "notebooks/02-who.html", "data/README.md": "dictionary.html"}
    copy = Copy({"cells": []}, "01-what", tmp_path, "../", pages, ledger)
    text = "[a](02-who.ipynb) [b](../data/README.md#x) [c](https://example.org/a.ipynb) [d](#here) [e](lost.md)"
    assert copy.mended(text, plain=True) == (
        "[a](../notebooks/02-who.html) [b](../dictionary.html#x) [c](https://example.org/a.ipynb) [d](#here) "
        "[e](lost.md)"
    )
    assert "(site:../notebooks/02-who.html)" in copy.mended(text)


def test_formulas_become_mathml_that_keeps_its_tex():
    made = mathml(r"\frac{a < b}{\sigma}", "block")
    assert made.startswith('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><semantics>')
    assert "<mfrac>" in made and "<script" not in mathml(r"\text{<script>}", "inline")
    assert r'<annotation encoding="application/x-tex">\frac{a &lt; b}{\sigma}</annotation>' in made


def test_no_formula_is_left_as_tex_and_no_sum_of_money_is_a_formula(site):
    for path in notebooks.paths():
        page = (site / f"{publish._stem_page(path.stem)}.html").read_text(encoding="utf-8")
        sources = [cell["source"] for cell in notebooks.read(path)["cells"] if cell["cell_type"] == "markdown"]
        blocks = sum(len(re.findall(r"\$\$.+?\$\$", source, re.S)) for source in sources)
        assert page.count('<math xmlns="http://www.w3.org/1998/Math/MathML" display="block">') == blocks
        assert "$$" not in re.sub(r"<pre>.*?</pre>", "", page, flags=re.S)
        assert not re.search(r"application/x-tex\">\d", page)


def test_a_broken_link_and_a_foreign_script_are_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html">b</a><a href="#no">x</a><a id="yes" href="#yes">y</a>'
        '<script src="https://elsewhere.example/x.js"></script><a href="https://fine.example/">z</a>',
        encoding="utf-8",
    )
    told = broken(tmp_path)
    assert [line.split(": ", 1)[1] for line in told] == [
        "fetches https://elsewhere.example/x.js from elsewhere",
        "b.html leads nowhere",
        "#no names no place on its page",
    ]
    assert outside_links(tmp_path) == [{"address": "https://fine.example/", "pages": "a.html"}]


@pytest.mark.parametrize("url", ["http://", "https://nodot/", "ftp://a.example/", "https://a.example/a b", "//a.b"])
def test_ill_formed_addresses_are_told(url):
    assert ill_formed(url)
    assert not ill_formed("https://a.example/a?b=c#d")
