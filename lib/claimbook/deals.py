"""What was signed and what became of it: the mineral deals of October 2025, their sums, and what followed.

In: the tables `agreements`, `agreement_money`, `agreement_delivery` and `mineral_production`. Out: frames to be shown.
"""

from collections.abc import Iterable, Mapping

import pandas as pd

from claimbook.display import day
from claimbook.errors import ClaimbookError
from claimbook.prose import Link, usd

TRIP = ("2025-10-20", "2025-10-30")  # from the framework with Australia to the last day in Asia
BINDING = {"no": "no", "in-form": "in form, once in force", "not-stated": "not stated", "not-applicable": "–"}
EXPORTS = {
    "none": "none", "no-ban": "no ban on exports to the US", "not-in-body": "not in its body", "lifts": "lifts curbs",
    "suspends": "suspends controls", "addresses": "to be addressed", "not-stated": "not stated",
    "third-countries": "on third countries’ curbs",
}  # fmt: skip
NAMES = {
    "au-minerals": "Australia: minerals", "my-minerals": "Malaysia: minerals", "my-trade": "Malaysia: trade",
    "th-minerals": "Thailand: minerals", "th-trade": "Thailand: trade", "kh-trade": "Cambodia: trade",
    "jp-minerals": "Japan: minerals", "jp-investment": "Japan: investment", "kr-investment": "Korea: investment",
    "vn-trade": "Vietnam: trade",
}  # fmt: skip
STEPS = {
    "delivered": ("contract", "money-closed", "plant", "shipment", "measure"),
    "words and plans": ("statement", "non-binding-step", "letter-of-interest", "announced", "conditional-commitment",
                        "decision-pending", "investment-named"),
    "not found": ("none-found",),
    "setback": ("reversal", "law"),
}  # fmt: skip


class DealError(ClaimbookError):
    """Rows that do not fit together."""


def on_the_trip(agreements: pd.DataFrame) -> pd.DataFrame:
    """Return the documents from the framework with Australia to the end of the trip, those with China left out."""
    inside = agreements["signed_on"].between(*map(pd.Timestamp, TRIP)) & (agreements["iso3"] != "CHN")
    return agreements[inside].sort_values(["signed_on", "country", "id"], ignore_index=True)


def signed_texts(agreements: pd.DataFrame) -> pd.DataFrame:
    """Return the texts with a minerals clause that were signed on or just before the trip, whether they bind or not.

    Joint statements and one-sided fact sheets are summaries, not texts.
    """
    documents = on_the_trip(agreements)
    signed = (documents["signed_basis"] == "signed") & documents["minerals_clause"]
    return documents[signed & (documents["instrument"] != "joint-statement")].reset_index(drop=True)


def signers(agreements: pd.DataFrame) -> list[str]:
    """Return the countries (ISO 3166 alpha-3) of `signed_texts`."""
    return sorted(signed_texts(agreements)["iso3"].unique())


def deals_table(documents: pd.DataFrame) -> pd.DataFrame:
    """Return documents as a table for readers: date, partner, form, binding, minerals, money, export clause, source."""
    return pd.DataFrame(
        {
            "Date": documents["signed_on"].dt.strftime("%Y-%m-%d").map(day),
            "Partner": documents["country"],
            "Instrument": documents["instrument"].str.replace("-", " "),
            "Binding": documents["binding"].map(BINDING),
            "Minerals named": documents["minerals"].where(documents["minerals_clause"], "no minerals clause"),
            "Money": [_money(*row) for row in documents[["money_usd", "money_meaning"]].itertuples(index=False)],
            "Export bans": documents["export_clause"].map(EXPORTS),
            "Source": [Link(p, u) for p, u in documents[["publisher", "source_url"]].itertuples(index=False)],
        }
    ).reset_index(drop=True)


def _money(amount: float, meaning: str | None) -> str:
    return "none" if pd.isna(amount) else f"{usd(amount)}: {meaning}"


def sums(money: pd.DataFrame, deal: str) -> pd.DataFrame:
    """Return the sums of one deal, largest first, parts of other sums left out.

    Parameters
    ----------
    money : DataFrame
        Table `agreement_money`.
    deal : str
        Its deal_id.

    Returns
    -------
    DataFrame
        component, billion_usd (times two where the sum stands for each of two countries), kind, paid_by, meaning,
        source (a `Link`).
    """
    rows = money[(money["deal_id"] == deal) & money["amount_usd"].notna() & money["part_of"].isna()]
    if rows.empty:
        raise DealError(f"agreement_money: no sums for deal {deal!r}; its column deal_id lists what there is")
    each = rows["per"].eq("country").map({True: 2, False: 1})
    links = [Link(p, u) for p, u in rows[["publisher", "source_url"]].itertuples(index=False)]
    frame = rows.assign(billion_usd=rows["amount_usd"] / 1e9 * each, source=links)
    columns = ["component", "billion_usd", "kind", "paid_by", "meaning", "source"]
    return frame.sort_values(["billion_usd", "component"], ascending=[False, True], ignore_index=True)[columns]


def steps(delivery: pd.DataFrame, deals: Iterable[str]) -> pd.DataFrame:
    """Return what followed on some deals, step by step.

    Parameters
    ----------
    delivery : DataFrame
        Table `agreement_delivery`.
    deals : iterable of str
        Their ids, in the order wanted.

    Returns
    -------
    DataFrame
        deal_id, deal (readable), date, step ("delivered", "beside the deal", "words and
        plans", "not found", "setback"), what,
        amount, unit, source (a `Link`). "beside the deal": it happened, without resting on it.
    """
    order = list(deals)
    code = {kind: step for step, kinds in STEPS.items() for kind in kinds}
    rows = delivery[delivery["deal_id"].isin(order)]
    if unknown := sorted(set(rows["kind"]) - set(code)):
        raise DealError(f"agreement_delivery: kind {unknown[0]!r} has no place in STEPS; add it")
    step = (
        rows["kind"]
        .map(code)
        .mask((rows["relation"] != "under-deal") & rows["kind"].isin(STEPS["delivered"]), "beside the deal")
    )
    frame = rows.assign(
        step=step,
        deal=rows["deal_id"].map(NAMES),
        source=[Link(p, u) for p, u in rows[["publisher", "source_url"]].itertuples(index=False)],
        place=rows["deal_id"].map(order.index),
    ).sort_values(["place", "date", "id"], ignore_index=True)
    return frame[["deal_id", "deal", "date", "step", "what", "amount", "unit", "source"]]


def with_closed(found: pd.DataFrame, followed: pd.DataFrame, deal: str) -> pd.DataFrame:
    """Return the sums of a deal with one more row: the money found closed under it.

    Parameters
    ----------
    found : DataFrame
        From `sums`.
    followed : DataFrame
        From `steps`.
    deal : str
        Its deal_id.
    """
    rows = followed[(followed["deal_id"] == deal) & (followed["step"] == "delivered") & (followed["unit"] == "USD")]
    closed = float(rows["amount"].sum()) / 1e9
    words = "found closed" if closed else "closed: none found"
    last = {"component": words, "billion_usd": closed, "kind": "closed", "paid_by": None, "meaning": words}
    return pd.concat([found, pd.DataFrame([last])], ignore_index=True)


def shares_of_output(
    production: pd.DataFrame, edition: str, year: int, markets: Mapping[str, str], groups: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Return how world output of some minerals divides among groups of countries.

    Parameters
    ----------
    production : DataFrame
        Table `mineral_production`.
    edition, year
        As "MCS 2025" and 2024.
    markets : mapping
        Product to stage, such as ``{"Gallium": "primary"}``.
    groups : mapping
        Name of a group to its countries (ISO 3166 alpha-3).

    Returns
    -------
    DataFrame
        One row a product, columns: the groups and "others", percent of the printed world total. Withheld and blank
        figures count as "others".

    Raises
    ------
    DealError
        If a product has no world total in that edition and year.
    """
    asked = (production["edition"] == edition) & (production["year"] == year) & (production["kind"] == "production")
    rows = production.loc[asked, ["product", "stage", "area", "iso3", "value"]]
    found = {}
    for product, stage in markets.items():
        market = rows[(rows["product"] == product) & (rows["stage"] == stage)]
        world = market.loc[market["area"] == "world", "value"]
        if len(world) != 1 or not world.iloc[0] > 0:
            raise DealError(f"mineral_production: no world total of {product} ({stage}) for {year} in {edition}")
        found[product] = {
            name: float(market.loc[market["iso3"].isin(list(members)), "value"].sum()) / world.iloc[0] * 100
            for name, members in groups.items()
        }
    frame = pd.DataFrame.from_dict(found, orient="index")
    return frame.assign(others=(100 - frame.sum(axis=1)).clip(lower=0))
