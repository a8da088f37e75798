"""The pages as a reader meets them: in a browser, on a phone, by keyboard, by rules for screen readers, scriptless."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from claimbook.ledger import Ledger
from claimbook.publish_links import read_pages

PHONE = {"width": 380, "height": 800}
LISTS = ["article", "claims/index", "evidence", "sources", "dictionary", "method", "corrections", "machines"]
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.load()


def kinds(site, ledger: Ledger) -> list[str]:
    """Pages of each kind: all notebooks, all lists, a claim with an outcome and one with a quotation."""
    books = {f"notebooks/{path.stem}" for path in (site / "notebooks").glob("*.html")} | {"index"}
    awaited = next(c.id for c in ledger.claims if c.outcome.verdict != "not-applicable")
    return [*sorted(books), *LISTS, "search", "404", f"claims/{awaited}", f"claims/{ledger.quotes[0].claim}"]


def faults(page, *only: str) -> list[str]:
    """What axe finds serious on a page, by all rules or the ones named; long lists are cut, their items are alike."""
    page.evaluate("document.querySelectorAll('li, tr, main h3 ~ *').forEach((e) => { if (index(e) > 25) e.remove(); })"
                  .replace("index(e)", "[...e.parentNode.children].indexOf(e)"))
    options = {"resultTypes": ["violations"]} | ({"runOnly": only} if only else {})
    found = Axe().run(page, options=options).response["violations"]
    return [
        f"{page.url}: {fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:160]}"
        for fault in found
        if fault["impact"] in SERIOUS
    ]


def test_every_page_loads_on_a_phone_and_does_not_scroll_sideways(tab, site, address):
    names = sorted(set(read_pages(site)) - {"404.html"})
    page = tab(names[0])
    page.set_viewport_size(PHONE)
    wide = []
    for name in names:
        page.goto(address + name)
        assert page.locator("h1").count() == 1, name
        width = page.evaluate("document.documentElement.scrollWidth")
        wide += [f"{name}: {width}"] if width > PHONE["width"] else []
    assert wide == []


def test_axe_finds_no_serious_fault(tab, site, ledger, address):
    page, found = tab("index.html"), []
    for name in kinds(site, ledger):
        page.goto(f"{address}{name}.html")
        found += faults(page)
    page.set_viewport_size(PHONE)
    for name in ("index", "claims/index"):
        page.goto(f"{address}{name}.html")
        found += faults(page)
    assert found == []


def test_contrast_suffices_in_the_dark(tab, ledger, address):
    page, found = tab("index.html", color_scheme="dark"), []
    for name in ("index", "article", "claims/index", "claims/C01", "notebooks/01-what-does-it-claim", "method"):
        page.goto(f"{address}{name}.html")
        found += faults(page, "color-contrast")
    assert found == []


def test_search_finds(tab, ledger):
    page = tab("index.html")
    page.fill("#find", "monopoly")
    page.press("#find", "Enter")
    page.wait_for_selector("#search-results li")
    page.wait_for_function("document.querySelectorAll('#search-results li').length > 1")
    titles = page.locator("#search-results li > a").all_inner_texts()
    assert any("Is it a monopoly" in title for title in titles)
    wanted = next(claim for claim in ledger.claims if "monopoly" in ledger.place(claim.id).exact)
    assert any(title.startswith(f"{wanted.id}:") for title in titles)
    page.locator("#search-results li > a").first.click()
    assert page.locator("main h1").is_visible()


def test_filters_filter_and_stay_in_the_address(tab, ledger, address):
    page = tab("claims/index.html")
    rows = page.locator("#ledger tbody tr:visible")
    assert rows.count() == len(ledger.claims)
    codes = {
        "judgement": lambda c: c.at_publication.verdict,
        "outcome": lambda c: c.outcome.verdict,
        "kind": lambda c: c.kind,
        "attribution": lambda c: c.attribution,
        "paragraph": lambda c: c.sentence.split(".")[0],
    }
    for name, coded in codes.items():
        for value in {coded(claim) for claim in ledger.claims}:
            page.select_option(f"select[name={name}]", value)
            wanted = [claim.id for claim in ledger.claims if coded(claim) == value]
            assert [row.get_attribute("id") for row in rows.all()] == wanted
        page.select_option(f"select[name={name}]", "")
    page.select_option("select[name=kind]", "quotation")
    page.select_option("select[name=judgement]", "inaccurate")
    both = [c for c in ledger.claims if c.kind == "quotation" and c.at_publication.verdict == "inaccurate"]
    assert page.locator("output").inner_text() == f"{len(both)} of {len(ledger.claims)} claims"
    page.reload()
    assert rows.count() == len(both)
    page.click("button[type=reset]")
    page.wait_for_function(f"document.querySelector('output').textContent.startsWith('{len(ledger.claims)} ')")
    assert page.url == address + "claims/index.html"


def test_keyboard_alone_reaches_everything(tab, address):
    page = tab("index.html")
    for name in ("article", "claims/index", "claims/C01", "notebooks/01-what-does-it-claim", "search"):
        page.goto(f"{address}{name}.html")
        wanted = page.evaluate(
            """() => {
              const all = [...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')];
              const seen = all.filter((e) => e.checkVisibility({visibilityProperty: true}));
              seen.forEach((e, n) => e.dataset.stop = n);
              return seen.length;
            }"""
        )
        page.evaluate("document.activeElement.blur()")
        reached = set()
        for _ in range(wanted + 2):
            page.keyboard.press("Tab")
            stop = page.evaluate("document.activeElement.dataset.stop")
            reached |= {stop} if stop is not None else set()
            if len(reached) == wanted:
                break
        assert len(reached) == wanted, name
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", name


def test_the_skip_link_leads_to_the_text(tab):
    page = tab("article.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the text"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_claim_opens_on_hover_on_tap_and_by_keyboard(tab, ledger):
    name = ledger.claims[0].id
    page = tab("article.html")
    card, mark = page.locator(f"#card-{name}"), page.locator(f'mark[data-claims~="{name}"]').first
    assert not card.is_visible()
    mark.hover()
    card.wait_for(state="visible")
    assert ledger.claims[0].at_publication.reason in card.inner_text()
    page.mouse.move(2, 2)
    card.wait_for(state="hidden")
    page.locator(f'[popovertarget="card-{name}"]').focus()
    page.keyboard.press("Enter")
    card.wait_for(state="visible")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.closest('.card').id == 'card-{name}'")
    page.keyboard.press("Escape")
    card.wait_for(state="hidden")
    phone = tab("article.html", has_touch=True)
    phone.set_viewport_size(PHONE)
    phone.locator(f'mark[data-claims~="{name}"]').first.tap()
    sheet = phone.locator(f"#card-{name}")
    sheet.wait_for(state="visible")
    box = sheet.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
    assert box["y"] + box["height"] <= PHONE["height"] + 1
    sheet.locator(f'a[href="claims/{name}.html"]').last.click()
    assert phone.url.endswith(f"claims/{name}.html")


def test_code_unfolds_with_one_click(tab):
    page = tab("notebooks/01-what-does-it-claim.html")
    code = page.locator("details.hide").first
    assert not code.locator("pre").is_visible()
    code.locator("summary").click()
    assert code.locator("pre").is_visible()


def test_light_and_dark_can_be_switched_and_stay(tab, address):
    page = tab("index.html", color_scheme="light")
    shade = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(shade)
    page.click("[data-mode]")
    dark = page.evaluate(shade)
    assert dark != light
    page.goto(address + "article.html")
    assert page.evaluate(shade) == dark


def test_the_menu_opens_on_a_phone(tab):
    page = tab("index.html")
    page.set_viewport_size(PHONE)
    page.reload()
    link = page.locator('.contents a[href="article.html"]')
    assert not link.is_visible()
    page.locator("details.menu > summary").click()
    assert link.is_visible()


def test_on_paper_only_the_text_is_left(tab):
    page = tab("notebooks/01-what-does-it-claim.html")
    page.emulate_media(media="print")
    assert page.locator("main h1").is_visible() and page.locator("figure img").first.is_visible()
    for gone in (".contents", ".find", ".turn", "details.hide summary", "figcaption"):
        assert not page.locator(gone).first.is_visible(), gone


def test_without_scripts_everything_can_be_read(tab, ledger):
    page = tab("claims/index.html", java_script_enabled=False)
    assert page.locator("#ledger tbody tr").count() == len(ledger.claims)
    assert page.locator("#ledger tbody tr").last.is_visible()
    assert not page.locator("form.filters").is_visible()
    assert page.locator('.contents a[href="../article.html"]').is_visible()


def test_a_missing_page_helps(tab):
    page = tab("index.html")
    tab.wrong.clear()
    answer = page.goto(page.url.replace("index.html", "claims/somewhere/c12-tariff.htm"))
    assert answer.status == 404
    assert page.evaluate("getComputedStyle(document.querySelector('.masthead')).borderBottomStyle") == "solid"
    assert page.input_value("#words") == "claims somewhere c12 tariff"
    page.locator("#guess a").click()
    assert page.url.endswith("/claims/C12.html") and page.locator("h1").inner_text().startswith("C12:")
    assert [said for said in tab.wrong if "404" not in said] == []
    tab.wrong.clear()


def test_spoiled_text_runs_nothing(tab, serve, spoiled_site):
    base = serve(spoiled_site)
    page = tab("index.html", base=base)
    for name in sorted(read_pages(spoiled_site)):
        page.goto(base + name)
        assert page.evaluate("window.stolen") is None, name
    page.goto(base + "article.html")
    page.locator("mark[data-claims]").first.hover()
    page.wait_for_selector(".card:popover-open")
    assert page.evaluate("window.stolen") is None
    page.goto(base + "search.html?q=script")
    page.wait_for_selector("#search-results li")
    assert page.evaluate("window.stolen") is None


def test_the_policy_of_each_page_stops_scripts_that_are_not_ours(tab):
    page = tab("index.html")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=data:, onerror=\"window.stolen=1\">')")
    page.wait_for_timeout(150)
    assert page.evaluate("window.stolen") is None
    assert all(re.search("Content Security Policy|violates", said) for said in tab.wrong) and tab.wrong
    tab.wrong.clear()
