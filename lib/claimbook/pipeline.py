"""China's share of rare-earth supply by stage, under stated assumptions on the plants that are planned elsewhere.

In: the tables `projects` and `pipeline_assumptions`. Out: tonnes by year, shares as bands, break-even, sensitivity.
Every result is a scenario: what follows from the assumptions, not what will happen.
"""

import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from statistics import median

import numpy as np
import pandas as pd

from claimbook.tranches import (
    NOW,
    Assumptions,
    MixedUnitsError,
    Piece,
    PipelineError,
    pieces,
    promised,
    total,
    tranches,
)

__all__ = [
    "MEASURES", "Assumptions", "BreakEven", "MixedUnitsError", "PipelineError", "Simulation", "break_even",
    "by_group", "capacity", "expected", "promised", "public_by", "simulate", "tornado", "total", "tranches",
]  # fmt: skip

MEASURES = {
    "mine": ("mine", ("REO",)),
    "light": ("separation", ("NdPr oxide",)),
    "heavy": ("separation", ("DyTb oxide",)),
    # the IEA's magnet rare earths: neodymium, praseodymium, dysprosium and terbium counted as one
    "refined": ("separation", ("NdPr oxide", "DyTb oxide")),
    "magnets": ("magnet", ("magnets",)),
}
_NAMES = {"REO": "mine", "NdPr oxide": "ndpr", "DyTb oxide": "dytb", "magnets": "magnets"}
SEED, DRAWS = 20251025, 10_000
BAND = (0.1, 0.9)
YEARS = tuple(range(2025, 2036))


def _counted(projects: pd.DataFrame, assumed: Assumptions, measure: str, now: int) -> list[Piece]:
    if measure not in MEASURES:
        raise PipelineError(f"no measure {measure!r}; there are {', '.join(MEASURES)}")
    stage, products = MEASURES[measure]
    return [piece for piece in pieces(projects, assumed, now) if piece.stage == stage and piece.product in products]


def capacity(
    projects: pd.DataFrame, assumed: Assumptions, years: Sequence[int] = YEARS, now: int = NOW
) -> pd.DataFrame:
    """Return nameplate outside China by stage, product and year, if every plan of the table came true on its day.

    Parameters
    ----------
    projects, assumed, years, now
        As in `expected`; of the assumptions only the readings of single projects and the lead time count.

    Returns
    -------
    DataFrame
        stage, product, year, t (tonnes a year of that product; products are never added).
    """
    plans = tranches(projects, assumed, now)
    begun = plans["start"] + plans["needs_lead"] * assumed.central("lead-years")
    added = (plans["gross_t"] - plans["before_t"]).clip(lower=0)
    there = plans["piece"] == "there"
    rows = [plans.assign(year=year, t=added * (there | (begun <= year))) for year in years]
    return pd.concat(rows).groupby(["stage", "product", "year"], as_index=False)["t"].sum()


# --- the scenario, one draw or many --------------------------------------------------------------------------


class _Central:
    """Every parameter at its central value, every project at its mean."""

    def __init__(self, assumed: Assumptions):
        self.assumed = assumed

    def __call__(self, name: str) -> np.ndarray:
        return np.array([self.assumed.central(name)])

    def success(self, chance: np.ndarray, _project: str) -> np.ndarray:
        return chance

    def spread(self, _project: str) -> np.ndarray:
        return np.ones(1)


class _OneAtATime(_Central):
    """As `_Central`, but two cases for each parameter in turn: it at its low end, and it at its high end."""

    def __init__(self, assumed: Assumptions):
        super().__init__(assumed)
        self.place = {name: 2 * number for number, name in enumerate(assumed.values)}

    def __call__(self, name: str) -> np.ndarray:
        low, central, high = self.assumed.triple(name)
        cases, place = np.full(2 * len(self.place), central), self.place[name]
        cases[place : place + 2] = low, high
        return cases


class _Drawn:
    """Parameters and fortunes drawn by name: a name keeps its luck, whatever else is in the scenario."""

    def __init__(self, assumed: Assumptions, draws: int, seed: int):
        self.assumed, self.draws, self.seed = assumed, draws, seed
        self.field, self.shared = self._uniform("field"), self("common-luck")

    def _uniform(self, name: str) -> np.ndarray:
        return np.random.default_rng([self.seed, zlib.crc32(name.encode())]).random(self.draws)

    def __call__(self, name: str) -> np.ndarray:
        return triangular(self._uniform(name), *self.assumed.triple(name))

    def success(self, chance: np.ndarray, project: str) -> np.ndarray:
        """Whether a project succeeds: by the fortune of the whole field in a share of the draws, else by its own."""
        common = self._uniform(f"{project}: shares") < self.shared
        return np.where(common, self.field, self._uniform(f"{project}: own")) < chance

    def spread(self, project: str) -> np.ndarray:
        return 2 * self._uniform(f"{project}: slip")


def triangular(uniform: np.ndarray, low: float, mode: float, high: float) -> np.ndarray:
    """Return draws of a triangular distribution from uniform ones, by its inverse.

    Parameters
    ----------
    uniform : ndarray
        Draws between 0 and 1.
    low, mode, high : float
        Equal values give a constant.

    Returns
    -------
    ndarray
        Draws between `low` and `high`; larger `uniform` gives larger draws.

    Raises
    ------
    PipelineError
        If `mode` is not between `low` and `high`.

    References
    ----------
    Kotz, S., van Dorp, J. R. (2004). Beyond Beta, chapter 1: the triangular distribution.
    """
    if not low <= mode <= high:
        raise PipelineError(f"triangular: {low:g}, {mode:g}, {high:g} are not in order; mend the table of assumptions")
    if low == high:
        return np.full_like(uniform, low)
    left = (mode - low) / (high - low)
    rising = low + np.sqrt(uniform * (high - low) * (mode - low))
    falling = high - np.sqrt((1 - uniform) * (high - low) * (high - mode))
    return np.where(uniform < left, rising, falling)


_BEHAVIOUR = ("utilisation", "slip-years", "slip-share-built", "lead-years", "ramp-years")


def _outputs(plants: Iterable[Piece], luck, years: np.ndarray) -> list[np.ndarray]:
    """Return each piece's output, shape (years, cases): nameplate x utilisation x ramp where it succeeds."""
    plants = list(plants)
    chances = {f"chance-{piece.status}" for piece in plants}
    value = {name: luck(name) for name in (*_BEHAVIOUR, *chances)}
    return [_output(piece, value, luck, years) for piece in plants]


def _tonnes(tonnes: float, reading: str | None, is_output: bool, value: Mapping[str, np.ndarray], luck) -> np.ndarray:
    return (luck(reading) if reading else tonnes) * (1.0 if is_output else value["utilisation"])


def _output(piece: Piece, value: Mapping[str, np.ndarray], luck, years: np.ndarray) -> np.ndarray:
    gross = _tonnes(piece.gross_t, piece.gross_of, piece.gross_is_output, value, luck)
    before = _tonnes(piece.before_t, piece.before_of, piece.before_is_output, value, luck)
    full = np.maximum(gross - before, 0.0)
    chance = luck.success(value[f"chance-{piece.status}"], f"{piece.id} {piece.piece}")
    if piece.piece == "there":
        return full * np.where(years[:, None] < piece.start, 1.0, chance)
    late = value["slip-years"] * luck.spread(piece.id)
    if piece.status == "commissioning":
        late = late * value["slip-share-built"]
    begun = piece.start + late + (value["lead-years"] if piece.needs_lead else 0.0)
    reached = years[:, None] - begun
    reached += 1  # in place: with thousands of draws a new array costs more than the arithmetic
    reached /= value["ramp-years"]
    np.clip(reached, 0.0, 1.0, out=reached)
    reached *= full * chance
    return reached


def _outside(plants: Iterable[Piece], luck, years: np.ndarray) -> np.ndarray:
    total, *others = _outputs(plants, luck, years) or [np.zeros((len(years), 1))]
    for output in others:
        total += output
    return total


def _elsewhere(measure: str, luck) -> np.ndarray:
    return sum(luck(f"elsewhere-{_NAMES[product]}") for product in MEASURES[measure][1])


def _china(measure: str, luck, years: np.ndarray) -> np.ndarray:
    series = []
    for name in (_NAMES[product] for product in MEASURES[measure][1]):
        since = years - int(luck.assumed.table.at[f"china-{name}", "year"])
        series.append(luck(f"china-{name}") * (1 + luck(f"growth-{name}")) ** since[:, None])
    return sum(series)


def _parts(plants: Sequence[Piece], measure: str, luck, years: np.ndarray) -> dict[str, np.ndarray]:
    """Return tonnes of China, of listed plants there and to come, and made elsewhere: shape (years, cases) each."""
    parts = {
        "china": _china(measure, luck, years),
        "there": _outside((piece for piece in plants if piece.piece == "there"), luck, years),
        "to_come": _outside((piece for piece in plants if piece.piece == "to come"), luck, years),
        "elsewhere": _elsewhere(measure, luck),
    }
    return dict(zip(parts, np.broadcast_arrays(*parts.values()), strict=True))


def _share(parts: Mapping[str, np.ndarray]) -> np.ndarray:
    return parts["china"] / reduce(np.add, parts.values())


def expected(
    projects: pd.DataFrame, assumed: Assumptions, measure: str, years: Sequence[int] = YEARS, now: int = NOW
) -> pd.DataFrame:
    """Return the central case: every assumption at its central value, every project at its mean.

    Parameters
    ----------
    projects : DataFrame
        Rows of the table `projects`.
    assumed : Assumptions
    measure : str
        One of `MEASURES`: "mine" (t of all rare-earth oxides), "light" (t NdPr oxide), "heavy" (t Dy and Tb oxides),
        "refined" (both, as the IEA counts magnet rare earths), "magnets" (t magnets).
    years : sequence of int
    now : int
        As in `tranches`.

    Returns
    -------
    DataFrame
        year, china_t, there_t (listed plants at work today), to_come_t (listed plants and stages still to come),
        elsewhere_t (not in the table), share (of China, 0 to 1).

    Notes
    -----
    Output of a plant still to come in year y is nameplate x utilisation x chance of its status x
    min(1, max(0, (y - start - slip + 1) / ramp-up years)); the rate reached by the end of the year is taken for it.
    What is there keeps its output, from the year `now` on times the chance that a working plant stays at work.
    """
    parts = _parts(_counted(projects, assumed, measure, now), measure, _Central(assumed), np.asarray(years))
    tonnes = {f"{name}_t": part[:, 0] for name, part in parts.items()}
    return pd.DataFrame({"year": years, **tonnes, "share": _share(parts)[:, 0]})


@dataclass(frozen=True)
class Simulation:
    """Draws of one measure: `china_t` and `outside_t` in tonnes, shape (draws, years)."""

    measure: str
    years: tuple[int, ...]
    china_t: np.ndarray
    outside_t: np.ndarray

    @property
    def share(self) -> np.ndarray:
        """China's share, 0 to 1, shape (draws, years)."""
        return self.china_t / (self.china_t + self.outside_t)

    def bands(self, low: float = BAND[0], high: float = BAND[1]) -> pd.DataFrame:
        """Return quantiles of China's share: columns measure, year, low, median, high."""
        found = np.quantile(self.share, [low, 0.5, high], axis=0)
        return pd.DataFrame(
            {"measure": self.measure, "year": self.years, "low": found[0], "median": found[1], "high": found[2]}
        )

    def below(self, share: float, year: int) -> float:
        """Return the part of the draws in which China's share in a year is under `share`."""
        return float((self.share[:, self.years.index(year)] < share).mean())


def simulate(
    projects: pd.DataFrame,
    assumed: Assumptions,
    measure: str,
    years: Sequence[int] = YEARS,
    draws: int = DRAWS,
    seed: int = SEED,
    now: int = NOW,
) -> Simulation:
    """Return draws of the scenario: parameters over their ranges, each project by its own and the field's fortune.

    Parameters
    ----------
    projects, assumed, measure, years, now
        As in `expected`.
    draws : int
    seed : int
        The same seed gives the same draws; a parameter's change leaves the luck of all others as it was.

    Returns
    -------
    Simulation

    Notes
    -----
    Parameters are triangular between low and high with the central value as mode. A piece succeeds when a uniform
    number is below the chance of its status; that number is the whole field's with the probability `common-luck` and
    the project's own otherwise, which leaves each chance as it is and makes fortunes go together. A project's slip is
    uniform between nothing and twice the mean slip of the draw.

    References
    ----------
    Marshall, A. W., Olkin, I. (1988). Families of multivariate distributions. JASA 83(403): common shocks.
    """
    if draws < 1:
        raise PipelineError(f"draws is {draws}; ask for one or more")
    when, luck = np.asarray(years), _Drawn(assumed, draws, seed)
    outside = _outside(_counted(projects, assumed, measure, now), luck, when) + _elsewhere(measure, luck)
    china = _china(measure, luck, when)
    return Simulation(measure, tuple(int(y) for y in when), china.T, np.broadcast_to(outside, china.shape).T)


# --- what follows --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BreakEven:
    """What would bring China's share down to `share` in `year`; tonnes of the measure's product."""

    year: int
    share: float
    china_t: float
    outside_t: float
    needed_t: float
    typical_t: float

    @property
    def gap_t(self) -> float:
        """Tonnes that lack outside China; zero where enough is there."""
        return max(self.needed_t - self.outside_t, 0.0)

    @property
    def projects(self) -> int:
        """How many more plants of typical size, all at work, would fill the gap."""
        return math.ceil(self.gap_t / self.typical_t)


def break_even(
    projects: pd.DataFrame, assumed: Assumptions, measure: str, year: int, share: float, now: int = NOW
) -> BreakEven:
    """Return the tonnage outside China, and the number of plants, at which China's share falls to `share`.

    Parameters
    ----------
    projects, assumed, measure, now
        As in `expected`.
    year : int
    share : float
        Between 0 and 1, both excluded.

    Returns
    -------
    BreakEven
        `needed_t` = China x (1 - share) / share; `typical_t` is the median output of the listed plants still to come.

    Raises
    ------
    PipelineError
        If `share` is out of range, or no plant is to come; `MixedUnitsError` if the measure has several products.
    """
    if not 0 < share < 1:
        raise PipelineError(f"share is {share:g}; give one between 0 and 1")
    if len(MEASURES.get(measure, ((), ()))[1]) > 1:
        raise MixedUnitsError(f"{measure}: plants for different products have no typical size; ask for one product")
    plants = _counted(projects, assumed, measure, now)
    added = [piece.gross_t - piece.before_t for piece in plants if piece.piece == "to come"]
    if not any(tonnes > 0 for tonnes in added):
        raise PipelineError(f"{measure}: no plant with a tonnage is to come, so there is no typical one")
    parts = _parts(plants, measure, _Central(assumed), np.array([year]))
    china, *outside = (float(part[0, 0]) for part in parts.values())
    return BreakEven(
        year=year,
        share=share,
        china_t=china,
        outside_t=sum(outside),
        needed_t=china * (1 - share) / share,
        typical_t=median(tonnes for tonnes in added if tonnes > 0) * assumed.central("utilisation"),
    )


def tornado(projects: pd.DataFrame, assumed: Assumptions, measure: str, year: int, now: int = NOW) -> pd.DataFrame:
    """Return how the central share moves when one assumption at a time goes to its low and its high end.

    Returns
    -------
    DataFrame
        id, meaning, low, central, high (of the parameter), share_at_low, share_at_high (of China, 0 to 1), swing;
        largest swing first, parameters that move nothing left out.
    """
    plants, luck = _counted(projects, assumed, measure, now), _OneAtATime(assumed)
    at_low, at_high = _share(_parts(plants, measure, luck, np.array([year]))).reshape(-1, 2).T
    low, central, high = zip(*assumed.values.values(), strict=True)
    frame = pd.DataFrame({
        "id": list(assumed.values), "meaning": assumed.table.loc[list(assumed.values), "meaning"].tolist(),
        "low": low, "central": central, "high": high,
        "share_at_low": at_low, "share_at_high": at_high, "swing": abs(at_high - at_low),
    })  # fmt: skip
    return frame[frame["swing"] > 1e-9].sort_values(["swing", "id"], ascending=[False, True], ignore_index=True)


def by_group(
    projects: pd.DataFrame,
    assumed: Assumptions,
    measure: str,
    year: int,
    groups: Mapping[str, str],
    other: str = "others",
    now: int = NOW,
) -> pd.DataFrame:
    """Return listed tonnes outside China by group of countries, in the central case.

    Parameters
    ----------
    projects, assumed, measure, now
        As in `expected`.
    year : int
    groups : mapping
        ISO 3166 alpha-3 to the name of a group.
    other : str
        Group of all other countries.

    Returns
    -------
    DataFrame
        group, there_t, to_come_t.
    """
    plants = _counted(projects, assumed, measure, now)
    kinds = {"there": "there_t", "to come": "to_come_t"}
    found = {}
    for piece, output in zip(plants, _outputs(plants, _Central(assumed), np.array([year])), strict=True):
        row = found.setdefault(groups.get(piece.iso3, other), dict.fromkeys(kinds.values(), 0.0))
        row[kinds[piece.piece]] += float(output[0, 0])
    rows = [{"group": name, **tonnes} for name, tonnes in sorted(found.items())]
    return pd.DataFrame(rows, columns=["group", *kinds.values()])


def public_by(projects: pd.DataFrame, first_public: pd.DataFrame, day: str) -> pd.Series:
    """Return whether each project is shown to have been public by a day.

    Parameters
    ----------
    projects, first_public : DataFrame
        Tables `projects` and `projects_first_public`.
    day : str
        ISO date.

    Returns
    -------
    Series of bool
        True where the row itself or an earlier page is dated by then, or the plant was at work: a plant that runs
        within months of a signature was not begun by it. False means not shown, not that it is new.
    """
    earlier = projects["id"].map(first_public.set_index("id")["first_public"])
    earlier = pd.to_datetime(earlier, format="ISO8601")
    limit = pd.Timestamp(day)
    return (projects["known_by"] <= limit) | (earlier <= limit) | (projects["status"] == "operating")
