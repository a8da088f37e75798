"""The pages as a reader meets them: in a browser, on a phone, by keyboard, by rules for screen readers, scriptless."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from claimbook.ledger import Ledger
from claimbook.publish_links import read_pages

PHONE = {"width": 380, "height": 800}
LISTS = ["article", "claims/index", "evidence", "sources", "dictionary", "method", "corrections", "machines"]
SERIOUS = ("serious", "critical")
# By the formula of WCAG 2.2 (contrast ratio, relative luminance): each pair of text and ground on the page that falls
# short of 4.5, or of 3 where the text is large. What is folded or waits in a card counts as well.
PALE = r"""() => {
  const numbers = (color) => color.match(/[\d.]+/g).map(Number);
  const light = (color) => {
    const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = numbers(color).map((x) => linear(x / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const grounds = new Map(), seen = new Map();
  const ground = (element) => {
    if (!element) return "rgb(255, 255, 255)";
    if (!grounds.has(element)) {
      const color = getComputedStyle(element).backgroundColor, alpha = numbers(color)[3] ?? 1;
      grounds.set(element, alpha === 0 ? ground(element.parentElement) : alpha === 1 ? color : "mixed");
    }
    return grounds.get(element);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || /^(SCRIPT|NOSCRIPT|ANNOTATION)$/i.test(element.tagName)) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    const key = `${style.color} on ${ground(element)}, at least ${least}`;
    if (!seen.has(key)) seen.set(key, [style.color, ground(element), least, element.outerHTML.slice(0, 80)]);
  }
  const pale = [];
  seen.forEach(([ink, paper, least, html], key) => {
    const [high, low] = [light(ink), light(paper)].sort((a, b) => b - a);
    if (!((high + 0.05) / (low + 0.05) >= least)) pale.push(`${key}: ${html}`);
  });
  return pale;
}"""
SHAPE = """() => {
  const width = () => document.documentElement.scrollWidth;
  const folded = width();
  document.querySelectorAll("details").forEach((e) => { e.open = true; });
  return [document.querySelectorAll("h1").length, Math.max(folded, width())];
}"""
# Of lists longer than `most` the rest is left out, their items are alike; the colours of code are left to PALE.
CUT = """(most) => {
  const at = (element) => [...element.parentNode.children].indexOf(element);
  document.querySelectorAll("li, tr, main h3 ~ *").forEach((e) => { if (at(e) > most) e.remove(); });
  document.querySelectorAll("details.hide pre").forEach((e) => { e.textContent = e.textContent; });
}"""


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    return Ledger.load()


def kinds(site, ledger: Ledger) -> list[str]:
    """Pages of each kind: all notebooks, all lists, a claim with an outcome and one with a quotation."""
    books = {f"notebooks/{path.stem}" for path in (site / "notebooks").glob("*.html")} | {"index"}
    awaited = next(c.id for c in ledger.claims if c.outcome.verdict != "not-applicable")
    return [*sorted(books), *LISTS, "search", "404", f"claims/{awaited}", f"claims/{ledger.quotes[0].claim}"]


def faults(page, rules: dict, most: int = 25) -> list[str]:
    """What axe finds serious on a page by some of its rules."""
    page.evaluate(CUT, most)
    found = Axe().run(page, options={"resultTypes": ["violations"]} | rules).response["violations"]
    return [
        f"{page.url}: {fault['id']} ({fault['impact']}): {fault['nodes'][0]['html'][:160]}"
        for fault in found
        if fault["impact"] in SERIOUS
    ]


def test_every_page_loads_fits_a_phone_and_has_contrast_by_day_and_by_night(tab, site, address):
    names = sorted(set(read_pages(site)) - {"404.html"})
    page, schemes, wrong = tab(names[0], color_scheme="light"), ["light", "dark"], []
    page.set_viewport_size(PHONE)
    for name in names:
        page.goto(address + name)
        headings, width = page.evaluate(SHAPE)
        wrong += [f"{name}: {headings} first headings"] if headings != 1 else []
        wrong += [f"{name}: {width} wide"] if width > PHONE["width"] else []
        wrong += [f"{name}, {schemes[0]}: {said}" for said in page.evaluate(PALE)]
        schemes.reverse()
        page.emulate_media(color_scheme=schemes[0])
        wrong += [f"{name}, {schemes[0]}: {said}" for said in page.evaluate(PALE)]
    assert wrong == []


def test_text_that_is_too_pale_is_found(tab):
    page = tab("method.html")
    page.evaluate("document.querySelector('main p').style.color = 'rgb(150, 150, 150)'")
    (said,) = page.evaluate(PALE)
    assert said.startswith("rgb(150, 150, 150) on rgb(")


def test_axe_finds_no_serious_fault(tab, site, ledger, address):
    page, found = tab("index.html"), []
    shapes = {"rules": {"color-contrast": {"enabled": False}}}
    for name in kinds(site, ledger):
        page.goto(f"{address}{name}.html")
        found += faults(page, shapes)
    page.set_viewport_size(PHONE)
    for name in ("index", "claims/index"):
        page.goto(f"{address}{name}.html")
        found += faults(page, shapes)
    assert found == []


def test_axe_finds_no_text_too_pale(tab, address):
    page, found = tab("index.html"), []
    for name in ("index", "claims/index", "claims/C01"):  # PALE has read them all; axe is asked whether it agrees
        page.goto(f"{address}{name}.html")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found += faults(page, {"runOnly": ["color-contrast"]}, most=8)
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
    page.fill("#find", "xyzzy")
    page.press("#find", "Enter")
    page.get_by_text("No page holds all of these words.").wait_for()


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
            assert rows.evaluate_all("rows => rows.map((row) => row.id)") == wanted
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
              window.unreached = new Set(all.filter((e) => e.checkVisibility({visibilityProperty: true})));
              document.addEventListener("focusin", (event) => window.unreached.delete(event.target));
              document.activeElement.blur();
              return window.unreached.size;
            }"""
        )
        for _ in range(wanted + 2):
            page.keyboard.press("Tab")
        assert page.evaluate("[...window.unreached].map((e) => e.outerHTML.slice(0, 80))") == [], name
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
    assert page.evaluate("[...document.images].filter((e) => !e.complete || !e.naturalWidth).map((e) => e.src)") == []
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
