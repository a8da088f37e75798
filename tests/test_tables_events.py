"""The hand-compiled tables of data/events: codes, dates, links between tables, addresses, rows checked by hand."""

import re
from urllib.parse import urlsplit

import pandas as pd
import pytest

from claimbook import tables

TABLES = (
    "export_controls", "control_minerals", "truce_terms", "timeline", "agreements", "agreement_money",
    "agreement_delivery", "projects", "projects_2010_wave",
)  # fmt: skip
HORIZON = pd.Timestamp("2026-08-22")
ARTICLE_DAY = "2025-10-25"
US_LIST_2025 = """
    Aluminum, Antimony, Arsenic, Barite, Beryllium, Bismuth, Boron, Cerium, Cesium, Chromium,
    Cobalt, Copper, Dysprosium, Erbium, Europium, Fluorspar, Gadolinium, Gallium, Germanium,
    Graphite, Hafnium, Holmium, Indium, Iridium, Lanthanum, Lead, Lithium, Lutetium, Magnesium,
    Manganese, Metallurgical coal, Neodymium, Nickel, Niobium, Palladium, Phosphate Rock, Platinum,
    Potash, Praseodymium, Rhenium, Rhodium, Rubidium, Ruthenium, Samarium, Scandium, Silicon,
    Silver, Tantalum, Tellurium, Terbium, Thulium, Tin, Titanium, Tungsten, Uranium, Vanadium,
    Ytterbium, Yttrium, Zinc, Zirconium
"""


def orphans(child: pd.Series, parent: pd.Series) -> set[str]:
    """Ids in `child` that `parent` does not know."""
    return set(child.dropna()) - set(parent)


def bad_addresses(column: pd.Series) -> list[str]:
    """Addresses that are not a plain web address with a host."""
    return [a for a in column.dropna() if not (urlsplit(a).scheme in ("http", "https") and "." in urlsplit(a).netloc)]


def chain(row: str, carries_on: dict[str, str]) -> list[str]:
    """Follow `carries_on` from one row; a circle raises ValueError."""
    seen = [row]
    while nxt := carries_on.get(seen[-1]):
        if nxt in seen:
            raise ValueError(f"{row}: circle through {nxt}")
        seen.append(nxt)
    return seen


def row(table: str, key: str, column: str = "id") -> pd.Series:
    """The one row of `table` with that key."""
    frame = tables.load(table)
    return frame[frame[column] == key].squeeze()


def test_the_helpers_find_what_they_are_for():
    assert orphans(pd.Series(["a", "c", None]), pd.Series(["a", "b"])) == {"c"}
    assert bad_addresses(pd.Series(["unlinked-public-file", "https://localhost/x", "https://a.org/x", None])) == [
        "unlinked-public-file", "https://localhost/x",
    ]  # fmt: skip
    assert chain("b", {"b": "a", "a": None}) == ["b", "a"]
    with pytest.raises(ValueError, match="circle"):
        chain("b", {"b": "a", "a": "b"})


@pytest.mark.parametrize("name", TABLES)
def test_table_keeps_its_record(name):
    assert tables.validate(name) == []
    entry = tables.record(name)
    assert entry["builder"] == "hand-compiled"
    assert entry["licenses"][0]["name"] == "CC-BY-4.0"
    assert entry["notes"], "a hand-made table says its cautions"
    assert all(field["description"] for field in entry["schema"]["fields"])


@pytest.mark.parametrize("name", TABLES)
def test_codes_are_the_listed_ones_and_each_is_explained_by_use(name):
    frame, unused = tables.load(name), {("projects", "financed"), ("timeline", "month")}
    for field in tables.record(name)["schema"]["fields"]:
        if allowed := field.get("constraints", {}).get("enum"):
            found = set(frame[field["name"]].dropna())
            assert found <= set(allowed)
            assert {(name, code) for code in set(allowed) - found} <= unused


@pytest.mark.parametrize("name", TABLES)
def test_addresses_are_web_addresses(name):
    frame = tables.load(name)
    for column in [c for c in frame.columns if c.endswith("url")]:
        assert bad_addresses(frame[column]) == []


@pytest.mark.parametrize("name", [t for t in TABLES if t not in ("control_minerals", "truce_terms")])
def test_every_row_has_a_source(name):
    columns = ["promise_url", "promise_publisher"] if name == "projects_2010_wave" else ["source_url", "publisher"]
    assert tables.load(name)[columns].notna().all(axis=None)


@pytest.mark.parametrize("name", TABLES)
def test_text_is_plain(name):
    words = tables.load(name).select_dtypes("string")
    text = " ".join(cell for column in words for cell in words[column].dropna())
    assert not re.search(r"<[a-z/]|unlinked|\bTODO\b|\s\s", text)


# --- export controls -----------------------------------------------------------------------------------------


def test_control_dates_are_in_order():
    c = tables.load("export_controls")
    assert (c.announced <= HORIZON).all()
    assert (c.effective.dropna() >= c.announced[c.effective.notna()]).all()
    assert (c.suspended_from.dropna() >= c.announced[c.suspended_from.notna()]).all()
    both = c.dropna(subset=["suspended_from", "suspended_until"])
    assert (both.suspended_until > both.suspended_from).all()


def test_control_status_agrees_with_its_dates():
    c = tables.load("export_controls")
    assert ((c.status == "not-a-control") == ~c.restricts).all()
    suspended = c[c.status == "suspended"]
    assert suspended[["suspended_from", "suspended_until"]].notna().all(axis=None)
    assert (suspended.suspended_until > HORIZON).all()
    assert c[c.status == "in-force"].suspended_from.isna().all()
    assert c[c.status == "lifted"].suspended_from.notna().all()
    dated = c[c.restricts & c.effective.notna()]
    in_force_a_day = dated.suspended_from.isna() | (dated.suspended_from > dated.effective)
    assert (dated.took_effect == in_force_a_day).all()


def test_october_package_is_suspended_not_lifted():
    c = tables.load("export_controls")
    package = c[(c.announced == "2025-10-09") & c.number.isin([f"{n}/2025" for n in (55, 56, 57, 58, 61, 62)])]
    assert package.number.nunique() == 6 and len(package) == 7
    assert set(package.status) == {"suspended"} and set(package.suspended_until.dt.date.astype(str)) == {"2026-11-10"}
    assert sorted(package[package.took_effect].id) == ["cn-2025-61-chinese-origin", "cn-2025-62-ree-technology"]


def test_known_by_the_day_of_the_article():
    known = tables.load("export_controls", known_by=ARTICLE_DAY)
    assert known.announced.max() == pd.Timestamp("2025-10-09")
    assert "cn-2025-70-suspension" not in set(known.id)


@pytest.mark.parametrize(
    ("measure", "announced", "effective", "number", "instrument", "destination", "status"),
    [
        ("cn-2023-23-gallium-germanium", "2023-07-03", "2023-08-01", "23/2023", "licence", "all", "in-force"),
        ("cn-2024-33-antimony-superhard", "2024-08-15", "2024-09-15", "33/2024", "licence", "all", "in-force"),
        ("cn-2024-46-us-minerals", "2024-12-03", "2024-12-03", "46/2024", "ban", "US", "suspended"),
        ("cn-2025-18-seven-ree", "2025-04-04", "2025-04-04", "18/2025", "licence", "all", "in-force"),
        ("cn-2026-01-japan-military", "2026-01-06", "2026-01-06", "1/2026", "ban", "Japan", "in-force"),
    ],
)
def test_controls_checked_by_hand(measure, announced, effective, number, instrument, destination, status):
    found = row("export_controls", measure)
    assert [str(found.announced.date()), str(found.effective.date())] == [announced, effective]
    assert [found.number, found.instrument, found.destination, found.status] == [
        number, instrument, destination, status,
    ]  # fmt: skip


def test_minerals_hang_on_measures_and_bear_the_names_of_the_us_list():
    m, c = tables.load("control_minerals"), tables.load("export_controls")
    us_list = [" ".join(name.split()) for name in US_LIST_2025.split(",")]
    assert orphans(m.measure_id, c.id) == set()
    assert len(us_list) == 60
    assert (m.in_us_list_2025 == m.mineral.isin(us_list)).all()
    assert m[m.rare_earth].mineral.nunique() == 16
    by_name = c[c.restricts & c.subject.isin(["minerals", "technology", "equipment"])]
    assert orphans(by_name.id, m.measure_id) == set(), "a control on minerals without a mineral"


def test_the_seven_of_april_and_the_five_of_october():
    m = tables.load("control_minerals").groupby("measure_id").mineral.agg(set)
    april, october = m["cn-2025-18-seven-ree"], m["cn-2025-57-five-ree"]
    assert april == {"Samarium", "Gadolinium", "Terbium", "Dysprosium", "Lutetium", "Scandium", "Yttrium"}
    assert october == {"Holmium", "Erbium", "Thulium", "Europium", "Ytterbium"}
    assert not {"Neodymium", "Praseodymium", "Lanthanum", "Cerium"} & (april | october)


# --- truce ---------------------------------------------------------------------------------------------------


def test_truce_sides_have_the_texts_they_are_said_to_have():
    t = tables.load("truce_terms")
    assert (t.us_text.notna() == t.listed_by.isin(["us", "both"])).all()
    assert (t.china_text.notna() == t.listed_by.isin(["china", "both"])).all()
    assert (t.us_url.notna() == t.us_text.notna()).all() and (t.china_url.notna() == t.china_text.notna()).all()
    assert (t.later.notna() == t[["later_kind", "later_date", "later_url"]].notna().all(axis=1)).all()


def test_truce_terms_checked_by_hand():
    october, licences = row("truce_terms", "october-controls"), row("truce_terms", "general-licences")
    assert (october.listed_by, october.us_duration, october.china_duration) == ("both", "none stated", "one year")
    assert (licences.listed_by, licences.later_kind) == ("us", "us-text-edited")
    assert str(licences.later_date.date()) == "2025-11-04"
    t = tables.load("truce_terms")
    assert set(t[t.later_kind == "us-text-edited"].id) == {"general-licences", "sorghum-logs"}
    assert set(t[t.id.str.startswith("soybeans")].listed_by) == {"us"}
    assert set(t[t.listed_by == "china"].id) == {"company-cases", "investment", "tiktok", "madrid-outcomes"}


# --- timeline ------------------------------------------------------------------------------------------------


def test_events_are_short_and_the_heaviest_fit_one_screen():
    t = tables.load("timeline")
    assert t.event.str.split().str.len().max() <= 20
    assert (t.date.dt.date.astype(str) == t.id.str[:10]).all()
    assert 12 <= (t.weight == 3).sum() <= 20


def test_what_lies_after_the_horizon_is_marked():
    t = tables.load("timeline")
    later = t[t.date > HORIZON]
    assert set(later.standing) == {"reported", "scheduled"}
    assert set(t[t.date <= HORIZON].standing) == {"read", "compilation"}
    assert set(t[t.standing == "scheduled"].date.dt.date.astype(str)) == {"2026-11-10", "2026-11-18", "2026-11-27"}


def test_the_sequence_before_the_threat():
    t = tables.load("timeline").set_index("id").date
    order = ["2025-09-29-affiliates-rule", "2025-10-09-october-controls", "2025-10-10-100-percent"]
    assert t[order].is_monotonic_increasing


def test_each_side_s_step_of_december_2024_stands_on_the_line_of_one_screen():
    """China's bar on minerals came a day after a wider American rule on chips: neither is shown alone."""
    t = tables.load("timeline").set_index("id")
    rule, bar = t.loc["2024-12-02-chip-controls-3"], t.loc["2024-12-03-us-mineral-ban"]
    assert (rule.actors, bar.actors, (bar.date - rule.date).days) == ("US", "China", 1)
    assert rule.weight == bar.weight == 3


# --- deals ---------------------------------------------------------------------------------------------------


def test_sums_and_deliveries_belong_to_deals():
    deals = tables.load("agreements").deal_id
    money, delivery = tables.load("agreement_money"), tables.load("agreement_delivery")
    assert orphans(money.deal_id, deals) == orphans(delivery.deal_id, deals) == set()
    assert (delivery.deal_id.isna() == (delivery.relation == "outside")).all()
    assert (delivery.date <= HORIZON).all()
    assert (delivery.amount.notna() == delivery.unit.notna()).all()


def test_parts_do_not_exceed_their_whole():
    money = tables.load("agreement_money").set_index("id")
    assert orphans(money.part_of, money.index.to_series()) == set()
    for whole, parts in money.dropna(subset="part_of").groupby("part_of"):
        assert parts.amount_usd.sum() <= money.amount_usd[whole]


def test_the_eight_and_a_half_billion_is_no_money():
    money = tables.load("agreement_money").set_index("id")
    assert (money.amount_usd["au-pipeline"], money.kind["au-pipeline"]) == (8.5e9, "pipeline-value")
    assert (money.amount_usd["au-framework-each"], money.per["au-framework-each"]) == (1e9, "country")
    assert (money.amount_usd["au-both-3bn"], money.amount_usd["au-exim-letters"]) == (3e9, 2.2e9)
    assert money[money.kind == "letters-of-interest"].part_of.notna().sum() == 4
    delivery = tables.load("agreement_delivery")
    assert delivery[(delivery.deal_id == "au-minerals") & (delivery.kind == "money-closed")].empty


def test_the_four_minerals_documents_bind_nobody():
    a = tables.load("agreements").set_index("id")
    four = ["au-framework-2025-10", "my-mou-2025-10", "th-mou-2025-10", "jp-framework-2025-10"]
    assert set(a.binding[four]) == {"no"}
    assert set(a.price_clause[four[:3]]) == {"named"} and a.price_clause[four[3]] == "other-measures"
    assert a[(a.export_clause == "no-ban")].index.tolist() == ["my-joint-statement-2025-10"]
    assert str(a.signed_on["jp-framework-2025-10"].date()) == "2025-10-28"
    assert not a.on_trip["au-framework-2025-10"]


def test_agreement_sums_say_what_they_are():
    a = tables.load("agreements")
    described = a[["money_kind", "money_by", "money_meaning", "money_for_minerals"]].notna().all(axis=1)
    assert (a.money_usd.notna() == described).all()
    assert (a.iso3.isna() == a.country.isin(["European Union", "Several"])).all()


# --- projects ------------------------------------------------------------------------------------------------


def test_tonnes_a_year_only_where_the_source_counts_tonnes_a_year():
    p = tables.load("projects")
    counted = p[p.capacity_t_per_year.notna()]
    assert (counted.quantity == counted.capacity_t_per_year).all() and set(counted.quantity_period) == {"year"}
    assert p[p.quantity_period.isin(["quarter", "day"])].capacity_t_per_year.isna().all()
    assert not set(counted.product_basis) & {"other"}
    assert (p.planned_start_year.isna() == (p.planned_start_basis == "none")).all()


def test_rows_of_the_same_tonnes_point_to_a_row_and_never_in_a_circle():
    p = tables.load("projects").set_index("id")
    assert orphans(p.same_tonnes_as, p.index.to_series()) == set()
    links = p.same_tonnes_as.dropna().to_dict()
    assert max(len(chain(i, links)) for i in p.index) >= 3
    totals = p.loc[["stillwater-full", "solvay-expansion", "white-mesa-2-ndpr", "shin-etsu-vietnam-doubled"]]
    assert totals.same_tonnes_as.notna().all(), "a total that includes a first stage names it"


def test_projects_lie_outside_china_and_were_public_by_a_day():
    p = tables.load("projects")
    assert "CHN" not in set(p.iso3)
    assert (p.known_by <= HORIZON).all()
    whole_day = p[p.source_date.str.len() == 10]
    assert (whole_day.source_date == whole_day.known_by.dt.date.astype(str)).all()


@pytest.mark.parametrize(
    ("project", "stage", "basis", "tonnes", "actual", "year", "status"),
    [
        ("mountain-pass-mine", "mine", "REO", 50692, True, None, "operating"),
        ("eneabba", "separation", "REO", 17500, False, 2027, "building"),
        ("nolans", "separation", "NdPr oxide", 4440, False, 2029, "studied"),
        ("caremag-dytb", "separation", "DyTb oxide", 600, False, 2026, "building"),
        ("aclara-vinton-dytb", "separation", "DyTb oxide", 230, False, 2027, "announced"),
        ("mp-10x", "magnet", "magnets", 7000, False, 2028, "building"),
        ("kangankunde", "mine", "concentrate", 15300, False, 2026, "building"),
        ("lynas-malaysia-ndpr", "separation", "NdPr oxide", None, True, None, "operating"),
    ],
)
def test_projects_checked_by_hand(project, stage, basis, tonnes, actual, year, status):
    p = row("projects", project)
    assert [p.stage, p.product_basis, p.is_actual_output, p.status] == [stage, basis, actual, status]
    assert (None if pd.isna(p.capacity_t_per_year) else p.capacity_t_per_year) == tonnes
    assert (None if pd.isna(p.planned_start_year) else p.planned_start_year) == year


def test_the_wave_of_2010_promised_more_than_it_delivered():
    w = tables.load("projects_2010_wave").set_index("id")
    made = w[w.outcome == "late-and-short"]
    assert set(made.index) == {"mountain-pass", "lynas-lamp"}
    assert (made.delivered_best_t < made.promised_t_per_year).all()
    assert w[w.outcome != "late-and-short"].delivered_best_t.isna().all()
    assert w.loc["mountain-pass", "delivered_best_t"] / w.loc["mountain-pass", "promised_t_per_year"] == pytest.approx(
        0.251, abs=0.001
    )
