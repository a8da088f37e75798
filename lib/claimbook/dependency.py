"""Which imports depend on one partner: published screens over the trade flows of all products.

Flows in; out comes one row a product (and year) with shares, concentration and a true/false column for each screen.
Written once with Narwhals: pandas, Polars, DuckDB and PySpark frames give back their own kind.
"""

import math
from collections.abc import Sequence
from typing import Any

import narwhals as nw

from claimbook.concentration import shares
from claimbook.errors import ClaimbookError

Frame = Any
TOLERANCE = 1e-12  # a sum's last digit depends on the order of adding up; what is marked may not


class DependencyError(ClaimbookError):
    """Flows that cannot be screened, or a threshold that makes no sense."""


# --- profiles: one row a product -----------------------------------------------------------------------------


def _columns(frame: Frame, *names: str):
    rows = nw.from_native(frame)
    known = rows.collect_schema()
    for name in names:
        if name not in known:
            raise DependencyError(f"column {name!r} is not in the frame; it has {', '.join(known)}")
    return rows


def _where(condition, quantity):
    return nw.when(condition).then(quantity).otherwise(nw.lit(0.0))


def _is_one_of(name: str, codes: Sequence) -> Any:
    # a chain of comparisons: DuckDB turns IN into a join, five times slower here
    found = nw.col(name) == codes[0]
    for code in codes[1:]:
        found = found | (nw.col(name) == code)
    return found


def _ratio(part: str, whole: str):
    return nw.when(nw.col(whole) > 0).then(nw.col(part) / nw.col(whole))


def _concentration(squares: str, total: str):
    return nw.when(nw.col(total) > 0).then(nw.col(squares) / (nw.col(total) * nw.col(total)))


def import_profile(
    flows: Frame, *, product: str, supplier: str, value: str, partner: Any, by: Sequence[str] = ()
) -> Frame:
    """Return how each product that one country imports is spread over its suppliers.

    Parameters
    ----------
    flows : frame of any kind Narwhals reads
        One or more rows a product and supplier: the imports of one country.
    product, supplier, value : str
        Columns; `value` zero or more, in one unit.
    partner : value of `supplier`
        The supplier asked about.
    by : sequence of str
        Further columns that tell markets apart, a year for instance.

    Returns
    -------
    frame
        Columns of `by`, `product`, ``imports`` and ``imports_from_partner`` (unit of `value`), ``suppliers`` (number
        with imports above zero), ``partner_share`` (0 to 1), ``import_hhi`` (0 to 1: the sum of squared shares;
        times 10,000 it is `concentration.herfindahl`). Products without imports are left out.

    Notes
    -----
    One pass: the index is the sum of squares over the square of the sum.
    """
    keys = [*by, product]
    rows = _columns(flows, *keys, supplier, value).select(*keys, supplier, nw.col(value).cast(nw.Float64))
    held = rows.group_by([*keys, supplier]).agg(_held=nw.col(value).sum())
    held = held.with_columns(
        _partner=_where(nw.col(supplier) == partner, nw.col("_held")),
        _square=nw.col("_held") * nw.col("_held"),
        _supplies=nw.when(nw.col("_held") > 0).then(nw.lit(1)).otherwise(nw.lit(0)),
    )
    sums = held.group_by(keys).agg(
        imports=nw.col("_held").sum(),
        imports_from_partner=nw.col("_partner").sum(),
        suppliers=nw.col("_supplies").sum(),
        _squares=nw.col("_square").sum(),
    )
    return (
        sums.filter(nw.col("imports") > 0)
        .with_columns(
            suppliers=nw.col("suppliers").cast(nw.Int64),
            partner_share=_ratio("imports_from_partner", "imports"),
            import_hhi=_concentration("_squares", "imports"),
        )
        .drop("_squares")
        .sort(*keys)
        .to_native()
    )


def trade_profile(
    flows: Frame,
    *,
    importer: Any,
    partner: Any,
    year: str = "t",
    product: str = "k",
    exporter: str = "i",
    destination: str = "j",
    value: str = "v",
    exporters: Sequence = (),
) -> Frame:
    """Return, for each year and product of world trade, how one importer's purchases and the world's sales are spread.

    Parameters
    ----------
    flows : frame of any kind Narwhals reads
        One or more rows a year, product, exporter and importer; the default names are those of CEPII's BACI.
    importer : code, or list of codes
        Values of `destination`. Several are one bloc: what its members sell each other is not imported.
    partner : code
        Value of `exporter`: the supplier asked about, none of the bloc.
    year, product, exporter, destination, value : str
        Columns.
    exporters : sequence of codes, optional
        All there are: ``world_exports`` is infinite where any other code sells, so that it shows.

    Returns
    -------
    frame
        Columns `year`, `product`, ``imports`` (of the importer, from outside), ``imports_from_partner``,
        ``exports`` (of the importer, to all), ``world_exports``, ``partner_exports`` (unit of `value`);
        ``suppliers`` (number with imports above zero); ``partner_share``, ``import_hhi``, ``outside_share`` (imports
        from outside in all that the members buy, 1 for a single country), ``partner_world_share``,
        ``world_export_hhi`` (0 to 1; missing where nothing is imported).

    Raises
    ------
    DependencyError
        If a column is missing, or the partner is one of the importers.

    Notes
    -----
    One pass over the flows: they are added up by exporter, all and those to the importer side by side. The few sums
    that are left give both indices, each the sum of squares over the square of the sum. A lazy engine adds up when the
    result is asked for: collect or cache it before several screens are put on it.
    """
    members = list(importer) if isinstance(importer, list | tuple | set | frozenset) else [importer]
    if not members or partner in members:
        raise DependencyError(f"partner {partner!r} is among the importers {members!r}; name another country")
    rows = _columns(flows, year, product, exporter, destination, value)
    theirs = rows.select(
        year,
        product,
        exporter,
        _sold=nw.col(value),
        _bought=_where(_is_one_of(destination, members), nw.col(value)),
    )
    by_exporter = theirs.group_by([year, product, exporter]).agg(nw.col("_sold", "_bought").sum())
    by_exporter = _told_apart(by_exporter, exporter, members, partner, exporters)
    sums = by_exporter.group_by([year, product]).agg(nw.col(*SUMS, "suppliers", *SUMS_FOR_SHARES).sum())
    return (
        sums.select(
            year,
            product,
            *SUMS,
            suppliers=nw.col("suppliers").cast(nw.Int64),
            partner_share=_ratio("imports_from_partner", "imports"),
            import_hhi=_concentration("_squares", "imports"),
            outside_share=_ratio("imports", "_all_bought"),
            partner_world_share=_ratio("partner_exports", "world_exports"),
            world_export_hhi=_concentration("_world_squares", "world_exports"),
        )
        .sort(year, product)
        .to_native()
    )


SUMS = ("imports", "imports_from_partner", "exports", "world_exports", "partner_exports")
SUMS_FOR_SHARES = ("_squares", "_all_bought", "_world_squares")


def _told_apart(by_exporter, exporter: str, members: Sequence, partner: Any, exporters: Sequence):
    """Turn what each exporter sold, to all and to the importer, into the columns that are added up by product."""
    inside, sold, bought = _is_one_of(exporter, members), nw.col("_sold"), nw.col("_bought")
    outside = nw.when(inside).then(nw.lit(0.0)).otherwise(bought)
    is_partner = nw.col(exporter) == partner
    known = nw.when(nw.col(exporter).is_in(exporters)).then(sold).otherwise(nw.lit(math.inf)) if exporters else sold
    return by_exporter.with_columns(
        imports=outside,
        imports_from_partner=_where(is_partner, bought),
        suppliers=nw.when(~inside & (bought > 0)).then(nw.lit(1)).otherwise(nw.lit(0)),
        exports=_where(inside, sold),
        world_exports=known,
        partner_exports=_where(is_partner, sold),
        _squares=outside * outside,
        _all_bought=bought,
        _world_squares=sold * sold,
    )


# --- screens: a profile in, the same profile with one more true/false column out ------------------------------


def _above(column: str, threshold: float, *, at_least: bool = False):
    if not 0 <= threshold <= 1:
        raise DependencyError(f"threshold {threshold:g} of {column}: a share lies between 0 and 1 (50% is 0.5)")
    lowest = threshold - TOLERANCE if at_least else threshold + TOLERANCE
    return (nw.col(column) > lowest).fill_null(False)


def _imports_exceed(exports_times: float):
    if exports_times < 0:
        raise DependencyError(f"ratio {exports_times:g}: imports over exports cannot be negative")
    return nw.col("imports") > nw.col("exports") * (exports_times * (1 + TOLERANCE))


def _flag(profile: Frame, name: str, condition) -> Frame:
    return nw.from_native(profile).with_columns(condition.alias(name)).to_native()


def partner_share(profile: Frame, threshold: float = 0.5, *, at_least: bool = False, name: str = "majority") -> Frame:
    """Mark products of which the partner supplies more than `threshold` of the imports (or `at_least` that much).

    The Peterson Institute counts products of which China supplies more than all other partners together (more than
    0.5) and those with 0.9 or more (``at_least=True``); the German Economic Institute counts those with at least 0.5.

    References
    ----------
    Peterson Institute, How dependent are US consumers on imports from China?
    https://www.piie.com/blogs/trade-and-investment-policy-watch/how-dependent-are-us-consumers-imports-china
    """
    return _flag(profile, name, _above("partner_share", threshold, at_least=at_least))


def concentrated_imports(profile: Frame, threshold: float = 0.4, *, name: str = "concentrated") -> Frame:
    """Mark products whose import index (0 to 1) exceeds `threshold`, whoever the suppliers are."""
    return _flag(profile, name, _above("import_hhi", threshold))


def net_importer(profile: Frame, ratio: float = 1.0, *, name: str = "net_importer") -> Frame:
    """Mark products of which the importer buys more than `ratio` times what it sells."""
    return _flag(profile, name, _imports_exceed(ratio))


def partner_world_share(profile: Frame, threshold: float = 0.3, *, name: str = "partner_leads_world") -> Frame:
    """Mark products of which the partner makes more than `threshold` of world exports."""
    return _flag(profile, name, _above("partner_world_share", threshold))


def henry_jackson(
    profile: Frame, *, share: float = 0.5, world_share: float = 0.3, name: str = "henry_jackson"
) -> Frame:
    """Mark what the Henry Jackson Society calls strategic dependency.

    A country is a net importer of the good, imports more than half of its supplies from China, and China controls
    more than 30 percent of the global market of the good.

    Notes
    -----
    How the global market is measured was not found in the text we could read; here it is the share of world exports.

    References
    ----------
    Rogers, J., Foxall, A., Henderson, M., Armstrong, S. (2020). Breaking the China Supply Chain: How the "Five Eyes"
    Can Decouple from Strategic Dependency. The Henry Jackson Society. The definition is quoted in
    http://mdoronin.blogspot.com/2020/05/foreign-trade-security-us-dependence-on.html
    """
    met = _imports_exceed(1.0) & _above("partner_share", share) & _above("partner_world_share", world_share)
    return _flag(profile, name, met)


def european_commission(
    profile: Frame,
    *,
    concentration: float = 0.4,
    outside: float = 0.5,
    ratio: float = 1.0,
    name: str = "european_commission",
) -> Frame:
    """Mark products that pass the three core dependency indicators of the European Commission's bottom-up screen.

    CDI1: the index of imports from outside the Union exceeds `concentration`. CDI2: imports from outside are more
    than `outside` of all that the members import. CDI3: imports from outside are more than `ratio` times the exports.

    Notes
    -----
    Made for a bloc: `trade_profile` takes its members as a list. For a single country CDI2 is always 1, and the
    screen is that of its other two indicators. The Commission's text was not open to us beyond its summary: the
    indicators and 0.4, 0.5 and 1 are as other implementations of the method give them. Exports are those of all
    members, to each other too. The Commission then keeps sensitive ecosystems only (137 products of 2018, 204 in the
    method of 2023), which is a judgement and not computed here.

    References
    ----------
    European Commission (2021). Strategic dependencies and capacities, SWD(2021) 352 final.
    Arjona, R., Connell, W., Herghelegiu, C. (2023). An enhanced methodology to monitor the EU's strategic
    dependencies and vulnerabilities. Single Market Economics Papers WP2023/14.
    """
    met = _above("import_hhi", concentration) & _above("outside_share", outside) & _imports_exceed(ratio)
    return _flag(profile, name, met)


def geodep_year(
    profile: Frame,
    *,
    concentration: float = 0.4,
    world_concentration: float = 0.4,
    ratio: float = 1.0,
    name: str = "geodep_year",
) -> Frame:
    """Mark products that pass the first three criteria of CEPII's GeoDep in a year.

    The index of imports exceeds 0.4, the index of world exports exceeds 0.4, and imports exceed exports.

    References
    ----------
    CEPII, GeoDep. https://cepii.fr/cepii/en/bdd_modele/bdd_modele_item.asp?id=41
    Lefebvre, K., Wibaux, P. (2024). Import Dependencies: Where Does the EU Stand? CEPII Policy Brief 47.
    """
    met = _above("import_hhi", concentration) & _above("world_export_hhi", world_concentration)
    return _flag(profile, name, met & _imports_exceed(ratio))


def geodep(
    profile: Frame,
    *,
    window: int = 3,
    hold: int = 2,
    year: str = "t",
    product: str = "k",
    name: str = "geodep",
    **criteria: float,
) -> Frame:
    """Mark products that CEPII's GeoDep calls dependent: `geodep_year` holds in two years of a window of three.

    Parameters
    ----------
    profile : frame
        As `trade_profile` gives it, for several years.
    window, hold : int
        Years looked at, the marked year the last of them (an assumption: the page says "a three-year window"), and
        years in which the criteria must hold.
    **criteria
        Thresholds of `geodep_year`.

    Returns
    -------
    frame
        The profile with the column `name`: true, false, or missing where the window is not in the data. A year in
        which a product is not traded counts as one in which the criteria do not hold.
    """
    if not 1 <= hold <= window:
        raise DependencyError(f"{hold} years of a window of {window}: the window must be as long, and one year or more")
    rows, met = nw.from_native(profile), nw.from_native(geodep_year(profile, name="_met", **criteria))
    in_arrow = rows.implementation.is_pyarrow()
    if in_arrow:  # which has no windows of its own
        rows, met = rows.lazy("duckdb"), met.lazy("duckdb")
    # on a few columns, joined to the others: a window carries all columns of its frame along
    met = met.select(
        year,
        product,
        _held=nw.when(nw.col("_met")).then(nw.lit(1)).otherwise(nw.lit(0)),
        _run=nw.col(year) - nw.col(year).rank("dense"),  # the same in years of the data that follow one another
    )
    held = nw.col("_held")
    for lag in range(1, window):
        then, what = (nw.col(column).shift(lag).over(product, order_by=year) for column in (year, "_held"))
        held = held + nw.when(then > nw.col(year) - window).then(what).otherwise(nw.lit(0))
    years = nw.col(year) - nw.col(year).min().over("_run")
    verdicts = met.select(year, product, nw.when(years >= window - 1).then(held >= hold).alias(name))
    marked = rows.join(verdicts, on=[year, product], how="left").sort(year, product)
    return (marked.collect("pyarrow") if in_arrow else marked).to_native()


def screen(profile: Frame, *, year: str = "t", product: str = "k") -> Frame:
    """Return the profile of the products that are imported, with every screen at its published thresholds.

    Columns added: ``majority``, ``net_importer``, ``henry_jackson``, ``european_commission``, ``geodep_year``,
    ``geodep``.
    """
    for mark in (partner_share, net_importer, henry_jackson, european_commission, geodep_year):
        profile = mark(profile)
    profile = geodep(profile, year=year, product=product)
    return nw.maybe_reset_index(nw.from_native(profile).filter(nw.col("imports") > 0)).to_native()


# --- every supplier side by side -----------------------------------------------------------------------------


def sole_suppliers(
    flows: Frame,
    *,
    product: str,
    supplier: str,
    value: str,
    thresholds: Sequence[float] = (0.5, 0.7, 0.9),
    at_least: bool = False,
) -> Frame:
    """Return for each supplier in how many products it has more than each threshold of one country's imports.

    Parameters
    ----------
    flows, product, supplier, value
        As in `import_profile`.
    thresholds : sequence of float
        Shares, 0.5 or more, so that no two suppliers can pass in one product.

    Returns
    -------
    frame
        Columns ``threshold``, `supplier`, ``products`` (number) and ``value`` (of what comes from that supplier in
        those products, unit of `value`). Suppliers with no such product have no row.
    """
    held = nw.from_native(shares(flows, value=value, holder=supplier, market=[product])).filter(nw.col("held") > 0)
    parts = []
    for threshold in thresholds:
        if threshold < 0.5:
            raise DependencyError(f"threshold {threshold:g}: below 0.5 two suppliers can pass in one product")
        above = held.filter(_above("share", threshold, at_least=at_least)).group_by(supplier)
        parts.append(
            above.agg(products=nw.len(), value=nw.col("held").sum()).select(
                nw.lit(threshold).alias("threshold"), supplier, nw.col("products").cast(nw.Int64), "value"
            )
        )
    return nw.concat(parts).sort("threshold", supplier).to_native()
