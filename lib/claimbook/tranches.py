"""Plants outside China in pieces of tonnes, none counted twice, and the assumptions they are reckoned with.

In: the tables `projects` and `pipeline_assumptions`. Out: one row a piece, "there" or "to come", in one product each.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import pandas as pd

from claimbook import tables
from claimbook.errors import ClaimbookError

NOW = 2026
_PERIODS_A_YEAR = {"year": 1, "quarter": 4}
_BUILT = ("operating", "commissioning")
_ROW = (
    "id", "country", "iso3", "stage", "product_basis", "status", "capacity_t_per_year", "quantity", "quantity_period",
    "is_actual_output", "planned_start_year", "known_by", "same_tonnes_as",
)  # fmt: skip


class PipelineError(ClaimbookError):
    """Projects or assumptions that cannot be reckoned with."""


class MixedUnitsError(PipelineError):
    """Tonnes of different things, or of different stages, that somebody wanted to add."""


# --- assumptions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assumptions:
    """Parameters of the scenario: `table` as published, `values` as used, id to (low, central, high)."""

    table: pd.DataFrame
    values: Mapping[str, tuple[float, float, float]]

    @classmethod
    def load(cls) -> "Assumptions":
        """Return the assumptions of `data/models/pipeline_assumptions.csv`."""
        return cls.of(tables.load("pipeline_assumptions"))

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Assumptions":
        """Return the assumptions of a frame with the columns of `pipeline_assumptions`."""
        columns = (table[name].astype(float) for name in ("low", "central", "high"))
        return cls(table.set_index("id"), dict(zip(table["id"], zip(*columns, strict=True), strict=True)))

    def triple(self, name: str) -> tuple[float, float, float]:
        """Return low, central and high value of one parameter.

        Raises
        ------
        PipelineError
            If there is no such parameter.
        """
        if name not in self.values:
            raise PipelineError(f"pipeline_assumptions: no parameter {name!r}; its column `id` lists what there is")
        return self.values[name]

    def central(self, name: str) -> float:
        """Return the central value of one parameter."""
        return self.triple(name)[1]

    def fixed(self, values: Mapping[str, float]) -> "Assumptions":
        """Return assumptions in which some parameters have one value, without spread.

        Parameters
        ----------
        values : mapping
            Id to value, such as ``{"slip-years": 0}``.
        """
        for name in values:
            self.triple(name)
        return replace(self, values={**self.values, **{name: (float(v),) * 3 for name, v in values.items()}})

    @cached_property
    def readings(self) -> dict[tuple[str, str], dict[str, str]]:
        """What sources say of single projects: (group, project) to product to id; groups "existing" and "design"."""
        rows = self.table[self.table["group"].isin(["existing", "design"])]
        found: dict[tuple[str, str], dict[str, str]] = {}
        for name, group, key, product in zip(rows.index, rows["group"], rows["key"], rows["product"], strict=True):
            found.setdefault((group, key), {})[product] = name
        return found


def promised(assumed: Assumptions) -> Assumptions:
    """Return assumptions under which every plan comes true: all succeed, on the day, at full output from the start."""
    chances = dict.fromkeys(assumed.table.index[assumed.table["group"] == "chance"], 1.0)
    return assumed.fixed(chances | {"slip-years": 0, "ramp-years": 1, "utilisation": 1})


# --- tonnes --------------------------------------------------------------------------------------------------


def total(projects: pd.DataFrame) -> float:
    """Return the yearly tonnes of rows of `projects`, none counted twice.

    Parameters
    ----------
    projects : DataFrame
        Rows of the table `projects`.

    Returns
    -------
    float
        Tonnes a year of the one product. Of a plant and its later, larger form only the later one counts.

    Raises
    ------
    MixedUnitsError
        If the rows are tonnes of different products, of different stages, or capacity together with output.
    """
    rows = projects.dropna(subset=["capacity_t_per_year"])
    kinds = rows.assign(kind=rows["is_actual_output"].map({True: "output", False: "capacity"}))
    for column, what in (("product_basis", "products"), ("stage", "stages"), ("kind", "kinds")):
        found = sorted(kinds[column].unique())
        if len(found) > 1:
            raise MixedUnitsError(f"projects: tonnes of different {what} ({', '.join(found)}) do not add; choose one")
    return float(rows.loc[~rows["id"].isin(rows["same_tonnes_as"]), "capacity_t_per_year"].sum())


class Piece(NamedTuple):
    """Tonnes of one plant in one product that are there or to come; fields as the columns of `tranches`."""

    id: str
    country: str
    iso3: str
    stage: str
    product: str
    piece: str
    status: str
    start: float
    needs_lead: bool
    gross_t: float
    gross_is_output: bool
    gross_of: str | None
    before_t: float = 0.0
    before_is_output: bool = False
    before_of: str | None = None


def tranches(projects: pd.DataFrame, assumed: Assumptions, now: int = NOW) -> pd.DataFrame:
    """Return the tonnes of each plant in pieces: what is there and what is to come.

    Parameters
    ----------
    projects : DataFrame
        Rows of the table `projects`.
    assumed : Assumptions
        Their readings turn a row into another product where a source gives that (the NdPr in a tonne of oxides), and
        say what a plant makes today; the central values are used.
    now : int
        First year in which something that is not there yet can be added, and something that is there can stop.

    Returns
    -------
    DataFrame
        One row a piece: id, country, iso3, stage, product, piece ("there", "to come"), status, start (year; of what is
        there, the year from which it may stop), needs_lead (no start is planned: count from `start`), gross_t
        (nameplate or output with this piece), gross_is_output, gross_of (id of the reading it rests on, if any),
        before_t (what stood or was planned before in the same place), before_is_output, before_of.

    Notes
    -----
    A row whose tonnes another row of the same stage and product carries on (`same_tonnes_as`) counts once: the later
    row adds only what it has more. Rows of another stage are the same tonnes further on and are never added.
    """
    return pd.DataFrame(pieces(projects, assumed, now), columns=Piece._fields)


def pieces(projects: pd.DataFrame, assumed: Assumptions, now: int = NOW) -> list[Piece]:
    """Return the rows of `tranches` as records."""
    columns = (projects[name].tolist() for name in _ROW)
    rows = [dict(zip(_ROW, values, strict=True)) for values in zip(*columns, strict=True)]
    found = [(piece, row["same_tonnes_as"]) for row in rows for piece in _of_row(row, assumed, now)]
    whole = {(piece.id, piece.stage, piece.product): piece for piece, _ in found}
    return [_less(piece, whole.get((carried_on, piece.stage, piece.product))) for piece, carried_on in found]


def _less(piece: Piece, first: Piece | None) -> Piece:
    """A piece that is to come, less the one that it carries on, if nothing else stood before in its place."""
    if first is None or piece.piece != "to come" or piece.before_t:
        return piece
    return piece._replace(before_t=first.gross_t, before_is_output=first.gross_is_output, before_of=first.gross_of)


def _of_row(row: dict, assumed: Assumptions, now: int) -> Iterator[Piece]:
    existing, design = (assumed.readings.get((group, row["id"]), {}) for group in ("existing", "design"))
    for product in dict.fromkeys([row["product_basis"], *existing, *design]):
        base = {name: row[name] for name in ("id", "country", "iso3", "stage")} | {"product": product}
        there, is_output = _there(row, product, existing.get(product), assumed)
        planned = _planned(row, product, product in existing, design.get(product), assumed)
        if there:
            yield Piece(
                **base, piece="there", status="operating", start=float(now), needs_lead=False,
                gross_t=there, gross_is_output=is_output, gross_of=existing.get(product),
            )  # fmt: skip
        if planned:
            # what a working plant still adds is built, only not yet running
            status = "commissioning" if row["status"] == "operating" else row["status"]
            start, needs_lead = _start(row, now)
            yield Piece(
                **base, piece="to come", status=status, start=start, needs_lead=needs_lead,
                gross_t=planned, gross_is_output=False, gross_of=design.get(product),
                before_t=there, before_is_output=is_output, before_of=existing.get(product),
            )  # fmt: skip


def _own_tonnes(row: dict, product: str) -> float:
    """The tonnes of the row in this product: a year's, or a quarter's output four times over; else none."""
    if product != row["product_basis"]:
        return 0.0
    if pd.notna(row["capacity_t_per_year"]):
        return float(row["capacity_t_per_year"])
    made = bool(row["is_actual_output"]) and pd.notna(row["quantity"])
    return float(row["quantity"]) * _PERIODS_A_YEAR[row["quantity_period"]] if made else 0.0


def _there(row: dict, product: str, reading: str | None, assumed: Assumptions) -> tuple[float, bool]:
    if reading:
        return assumed.central(reading), True
    if row["status"] == "operating" or row["is_actual_output"]:
        return _own_tonnes(row, product), bool(row["is_actual_output"])
    return 0.0, False


def _planned(row: dict, product: str, measured: bool, reading: str | None, assumed: Assumptions) -> float:
    """Nameplate still to be reached; a working plant without a measured output is taken to be there already."""
    if reading:
        return assumed.central(reading)
    if row["is_actual_output"] or (row["status"] == "operating" and not measured):
        return 0.0
    return _own_tonnes(row, product)


def _start(row: dict, now: int) -> tuple[float, bool]:
    """Year from which a piece can come, not before `now`, and whether a lead time has still to be added."""
    unplanned = pd.isna(row["planned_start_year"])
    first = row["known_by"].year if unplanned else row["planned_start_year"]
    return float(max(first, now)), unplanned and row["status"] not in _BUILT
