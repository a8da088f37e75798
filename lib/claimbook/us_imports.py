"""US imports of 2024 by product: what notebook 09 asks of them.

In: the tables us_imports_2024, hs10_descriptions, hs_codes. Out: one row a product, with sector and short name.
"""

import re

import pandas as pd

from claimbook import tables
from claimbook.dependency import TOLERANCE, import_profile, partner_share

TEN = 10  # digits of a line of the US tariff
SPECIAL = ("98", "99")  # chapters of special provisions: goods returned, estimates of low value; no products
RARE_EARTHS = {
    "280530": "Rare-earth metals",
    "284610": "Cerium compounds",
    "284690": "Rare-earth compounds",
    "850511": "Metal magnets",
}
# the Harmonized System's sections in short words; some are taken together
SECTORS = {
    "I": "Food and farm goods",
    "II": "Food and farm goods",
    "III": "Food and farm goods",
    "IV": "Food and farm goods",
    "V": "Ores and fuels",
    "VI": "Chemicals and medicines",
    "VII": "Plastics and rubber",
    "VIII": "Leather and bags",
    "IX": "Wood, paper, books",
    "X": "Wood, paper, books",
    "XI": "Textiles and clothing",
    "XII": "Shoes, hats, umbrellas",
    "XIII": "Stone, ceramics, glass",
    "XIV": "Jewels and coins",
    "XV": "Metals and metal goods",
    "XVI": "Machines and electronics",
    "XVII": "Vehicles and ships",
    "XVIII": "Instruments and clocks",
    "XIX": "Arms",
    "XX": "Toys, furniture, lamps",
    "XXI": "Works of art",
}
# short names of the products that the charts show, in our words; others keep the start of the official text
NAMES = RARE_EARTHS | {
    "030461": "Frozen tilapia",
    "250410": "Natural graphite",
    "293149": "Organic phosphorus compounds",
    "360410": "Fireworks",
    "392410": "Plastic tableware",
    "392490": "Plastic household goods",
    "420299": "Cases of paper or fibre",
    "481890": "Paper articles",
    "490300": "Children's picture books",
    "630110": "Electric blankets",
    "630140": "Synthetic blankets",
    "630222": "Printed bed linen",
    "630790": "Other made-up textiles",
    "640299": "Rubber and plastic shoes",
    "660110": "Garden umbrellas",
    "660191": "Folding umbrellas",
    "670210": "Plastic flowers",
    "670290": "Other artificial flowers",
    "691200": "Ceramic tableware",
    "711620": "Articles of gemstone",
    "732119": "Solid-fuel cookers",
    "732393": "Stainless kitchenware",
    "761510": "Aluminium kitchenware",
    "841451": "Small fans",
    "842310": "Household scales",
    "847130": "Laptops",
    "850760": "Lithium-ion batteries",
    "850940": "Mixers and juicers",
    "851310": "Torches",
    "851640": "Electric irons",
    "851650": "Microwave ovens",
    "851672": "Toasters",
    "851679": "Other heating appliances",
    "851713": "Smartphones",
    "852852": "Computer monitors",
    "853952": "LED lamps",
    "871160": "Electric motorcycles, e-bikes",
    "871500": "Baby carriages",
    "901910": "Massage apparatus",
    "930700": "Swords and blades",
    "950300": "Toys and puzzles",
    "950450": "Game consoles",
    "950510": "Christmas articles",
    "950590": "Other festive articles",
    "961511": "Combs",
    "961700": "Vacuum flasks",
}


def flows(digits: int = 6, table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return US imports of 2024 by product and partner, special provisions left out.

    Parameters
    ----------
    digits : {6, 10}
        Six: products of the Harmonized System, the same all over the world; ten: lines of the US tariff.
    table : DataFrame, optional
        By default the table `us_imports_2024`.

    Returns
    -------
    DataFrame
        Columns product, country, value_usd, calculated_duty_usd; `.attrs` of the table.
    """
    table = tables.load("us_imports_2024") if table is None else table
    goods = table.loc[~table["hs10"].str[:2].isin(SPECIAL), ["hs10", "country", "value_usd", "calculated_duty_usd"]]
    goods = goods.rename(columns={"hs10": "product"})
    if digits < TEN:  # the table has one row a line and partner
        goods["product"] = goods["product"].str[:digits]
        goods = goods.groupby(["product", "country"], as_index=False).sum()
    goods.attrs = table.attrs
    return goods


def profile(bought: pd.DataFrame | None = None, partner: str = "China") -> pd.DataFrame:
    """Return one row a product: imports, share of the partner, concentration, sector and short name.

    Columns are those of `dependency.import_profile` with ``product``, and ``sector``, ``name``.

    Parameters
    ----------
    bought : DataFrame, optional
        As `flows` gives it, with six digits or ten; by default with six.
    partner : str
        As named in the column country.
    """
    bought = flows() if bought is None else bought
    found = import_profile(bought, product="product", supplier="country", value="value_usd", partner=partner)
    codes, six = tables.load("hs_codes").set_index("hs"), found["product"].str[:6]
    if six.equals(found["product"]):
        lines, names = codes["description"], found["product"].map(NAMES)
    else:
        lines, names = tables.load("hs10_descriptions").set_index("hs10")["description"], pd.Series(pd.NA, found.index)
    described = found["product"].map(lines).fillna(found["product"]).map(_short)
    return found.assign(sector=six.map(codes["section"]).map(SECTORS), name=names.fillna(described))


_FIRST_WORDS = re.compile(r"[^;,(]*")


def _short(text: str) -> str:
    """Return the start of an official description: up to the first semicolon or comma, capitals lowered."""
    start = _FIRST_WORDS.match(text)[0].strip()
    return start.capitalize() if start.isupper() else start


def above(products: pd.DataFrame, thresholds: tuple[float, ...] = (0.5, 0.7, 0.9)) -> pd.DataFrame:
    """Return how many products have more than each threshold from the partner, and what they weigh.

    Returns
    -------
    DataFrame
        Index threshold; columns products, of_all (share of all products), value_usd (from the partner in these
        products), of_partner (share of all that comes from the partner).
    """
    rows = {}
    for threshold in thresholds:
        found = partner_share(products, threshold)
        value = products.loc[found["majority"], "imports_from_partner"].sum()
        rows[threshold] = {
            "products": int(found["majority"].sum()),
            "of_all": found["majority"].mean(),
            "value_usd": float(value),
            "of_partner": value / products["imports_from_partner"].sum(),
        }
    return pd.DataFrame(rows).T.rename_axis("threshold").astype({"products": int})


def by_threshold(bought: pd.DataFrame, suppliers: list[str], lowest: int = 50) -> pd.DataFrame:
    """Return in how many products each supplier has more than a share, by the share in percent from `lowest` to 99.

    Parameters
    ----------
    bought : DataFrame
        As `flows` gives it.
    """
    value = bought["value_usd"].astype(float)
    share = value / value.groupby(bought["product"]).transform("sum")
    percents = pd.RangeIndex(lowest, 100, name="share_pct")
    least = percents.to_numpy() / 100 + TOLERANCE
    held = {name: share[bought["country"] == name].to_numpy() for name in suppliers}
    return pd.DataFrame({name: (own[:, None] > least).sum(axis=0) for name, own in held.items()}, percents)


def leaders(bought: pd.DataFrame) -> pd.Series:
    """Return the largest supplier of each product."""
    largest = bought[bought["value_usd"] == bought.groupby("product")["value_usd"].transform("max")]
    return largest.sort_values(["product", "country"]).drop_duplicates("product").set_index("product")["country"]


def spared_in_april(bought: pd.DataFrame) -> pd.Series:
    """Tell for each row of ten-digit flows whether the exemption for electronics of April 2025 named its line."""
    codes = tuple(tables.load("electronics_exemption_2025")["hs"])
    return bought["product"].str.startswith(codes)


def missing_partners(table: pd.DataFrame | None = None) -> float:
    """Return the share of US imports of 2024 that comes from partners that us_imports_2024 does not list.

    Parameters
    ----------
    table : DataFrame, optional
        By default that table.
    """
    table = tables.load("us_imports_2024") if table is None else table
    by_month = tables.load("us_duties_by_partner_month")
    world = by_month[(by_month["country"] == "World") & (by_month["month"].dt.year == 2024)]
    return 1 - table["value_usd"].sum() / world["imports_usd"].sum()


def bands(products: pd.DataFrame, edges: tuple[float, ...] = (0, 0.1, 0.3, 0.5, 0.7, 0.9, 1)) -> pd.Series:
    """Return the value that comes from the partner by the partner's share of the product, US dollars."""
    shares = pd.cut(products["partner_share"], edges, include_lowest=True)
    return products.groupby(shares, observed=False)["imports_from_partner"].sum()
