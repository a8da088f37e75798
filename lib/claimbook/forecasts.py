"""What the article let its reader expect against what happened: words of likelihood as ranges, Brier and log score.

In: the ledger and the tables `article_expectations`, `verbal_probabilities`, `forecast_readings`. Out: one row a claim
that had an outcome to await; scores with what few items leave open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from claimbook.errors import ClaimbookError
from claimbook.ledger import Ledger
from claimbook.tables import load

# Every other outcome leaves it open which of the two a reader would say.
CAME = {"happened": 1.0, "did-not-happen": 0.0}
SCORED_KINDS = ("schedule", "forecast")
ONE_HALF = 0.5
# Answers were given in whole percent, so that 100 is read as 99.5 or more: it keeps the log score finite.
HALF_A_PERCENT = 0.005
SEED, DRAWS, MOST_EXACT = 20251025, 10_000, 20


class ForecastError(ClaimbookError):
    """Chances out of range, outcomes that are none, or expectations that do not fit the ledger."""


# --- scoring rules -------------------------------------------------------------------------------------------


def _checked(chance, came) -> tuple[np.ndarray, np.ndarray]:
    chance, came = np.broadcast_arrays(np.asarray(chance, float), np.asarray(came, float))
    if not ((chance >= 0) & (chance <= 1)).all():
        raise ForecastError("a chance is missing or not between 0 and 1; give fractions, not percent")
    if not np.isin(came, (0.0, 1.0)).all():
        raise ForecastError("an outcome is neither 0 nor 1; leave open cases out, or count them each way")
    return chance, came


def brier(chance, came) -> np.ndarray:
    """Return the Brier score of single forecasts: 0 is perfect, 1 the worst, one half always gives 0.25.

    Parameters
    ----------
    chance : array-like of float
        Stated probability that it happens, 0 to 1.
    came : array-like of {0, 1}
        Whether it did.

    Returns
    -------
    ndarray
        (chance - came) squared; the mean over forecasts is the score.

    Raises
    ------
    ForecastError
        If a chance is out of range or an outcome is open.

    References
    ----------
    Brier, G. W. (1950). Verification of forecasts expressed in terms of probability; here for one of two classes, as
    the glossary of the American Meteorological Society defines it.
    """
    chance, came = _checked(chance, came)
    return (chance - came) ** 2


def log_score(chance, came, least: float = HALF_A_PERCENT) -> np.ndarray:
    """Return the log score of single forecasts: minus the logarithm of the chance given to what happened; 0 is perfect.

    Parameters
    ----------
    chance, came : array-like
        As in `brier`.
    least : float
        Chances nearer than this to 0 or 1 are moved there; with 0 a certainty that fails costs infinity.

    Raises
    ------
    ForecastError
        As in `brier`, or if `least` is not in 0 to 0.5.

    References
    ----------
    Bröcker, J., Smith, L. A. (2007). Scoring probabilistic forecasts: the importance of being proper. Weather and
    Forecasting 22(2).
    """
    chance, came = _checked(chance, came)
    if not 0 <= least < ONE_HALF:
        raise ForecastError(f"least is {least:g}; give a number from 0 to under one half")
    given = np.clip(np.where(came == 1, chance, 1 - chance), least, 1 - least)
    with np.errstate(divide="ignore"):
        return np.abs(np.log(given))


RULES = {"Brier": brier, "log": log_score}


# --- what was expected, and what came -------------------------------------------------------------------------


def phrases() -> pd.DataFrame:
    """Return what readers take each phrase to mean: low, middle, high (quartiles and median, fractions) by phrase."""
    table = load("verbal_probabilities").set_index("phrase")
    columns = {"low_pct": "low", "median_pct": "middle", "high_pct": "high"}
    return table[list(columns)].astype(float).div(100).rename(columns=columns)


def _faults(table: pd.DataFrame, claims: pd.DataFrame, ledger: Ledger, known: pd.Index) -> list[str]:
    """Say where the table of expectations and the ledger part."""
    awaited = claims.index[claims["outcome"] != "not-applicable"]
    found = [f"{name}: awaits an outcome and has no row; add one" for name in awaited.difference(table.index)]
    found += [f"{name}: no claim that awaits an outcome; delete it" for name in table.index.difference(awaited)]
    for row in table.loc[table.index.intersection(awaited)].join(claims[["kind", "sentence"]]).itertuples():
        name = row.Index
        if (row.part == "core") != (row.kind in SCORED_KINDS):
            found.append(f"{name}: part is {row.part!r} for a {row.kind}; core is for {' and '.join(SCORED_KINDS)}")
        if row.part == "not scored":
            continue
        if str(row.words) not in ledger.article.sentence(row.sentence).text:
            found.append(f"{name}: {row.words!r} is not in {row.sentence}; quote to the letter")
        if not {row.phrase, row.low_phrase, row.high_phrase} <= set(known):
            found.append(f"{name}: a phrase is not in verbal_probabilities; take one of {', '.join(known)}")
    return [f"article_expectations.csv: {fault}" for fault in found]


def expectations(ledger: Ledger, table: pd.DataFrame | None = None, scale: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return every claim that had an outcome to await, what it let a reader expect, and what came.

    Parameters
    ----------
    ledger : Ledger
        The one source of outcomes.
    table : DataFrame, optional
        By default the table `article_expectations`.
    scale : DataFrame, optional
        By default `phrases()`.

    Returns
    -------
    DataFrame
        In order of the text: claim, sentence, kind, quote, part, words, phrase, counterpart, why, low, middle, high
        (chance of happening, fractions; missing where the words carry none), first_day, last_day, day_basis, outcome,
        came (1, 0, or missing where the outcome leaves it open).

    Raises
    ------
    ForecastError
        If table and ledger do not fit; the message lists every fault.
    """
    table = (load("article_expectations") if table is None else table).set_index("claim")
    scale = phrases() if scale is None else scale
    claims = ledger.claims_frame().set_index("claim")
    if faults := _faults(table, claims, ledger, scale.index):
        raise ForecastError("\n".join(faults))
    frame = table.join(claims[["sentence", "kind", "quote", "outcome"]])
    ends = {"low": "low_phrase", "middle": "phrase", "high": "high_phrase"}
    for end, column in ends.items():
        frame[end] = frame[column].map(scale[end])
    frame["came"] = frame["outcome"].astype(str).map(CAME)
    frame = frame.loc[claims.index.intersection(frame.index)].reset_index()
    return frame[["claim", "sentence", "kind", "quote", "part", "words", "phrase", "counterpart", "why", *ends,
                  "first_day", "last_day", "day_basis", "outcome", "came"]]  # fmt: skip


# --- scores of a set -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """Score of a set of forecasts under one rule; smaller is better.

    Attributes
    ----------
    items, settled : int
        Forecasts, and those that plainly came or plainly did not.
    middle, at_low, at_high : float
        Mean over the settled ones, each range at its middle, all at their low ends, all at their high ends.
    interval : tuple of float
        Middle nine tenths of the mean over settled ones when sentences are drawn again with replacement.
    all_came, none_came : float
        Mean over all items with every open case counted as come, or as not.
    best, worst : float
        The same with each open case counted in the forecast's favour, or against it.
    one_half : float
        What always saying one half would get.
    """

    items: int
    settled: int
    middle: float
    at_low: float
    at_high: float
    interval: tuple[float, float]
    all_came: float
    none_came: float
    best: float
    worst: float
    one_half: float


def score(items: pd.DataFrame, rule: str = "Brier", draws: int = DRAWS, seed: int = SEED) -> Score:
    """Return how a set of expectations scored.

    Parameters
    ----------
    items : DataFrame
        Rows of `expectations` with a range: sentence, low, middle, high, came.
    rule : {"Brier", "log"}
    draws, seed : int
        Of the bootstrap.

    Raises
    ------
    ForecastError
        If an item has no range, none is settled, or the rule is unknown.
    """
    if rule not in RULES:
        raise ForecastError(f"no rule {rule!r}; there are {', '.join(RULES)}")
    low, middle, high, came = items[["low", "middle", "high", "came"]].to_numpy(float).T
    settled = ~np.isnan(came)
    if np.isnan([low, middle, high]).any() or not settled.any():
        raise ForecastError("a claim without a range, or no settled claim, among the items; choose others")
    at_low, points, at_high = (RULES[rule](chance[settled], came[settled]) for chance in (low, middle, high))
    either = np.array([RULES[rule](middle, np.where(settled, came, value)) for value in (0.0, 1.0)])
    return Score(
        items=len(items),
        settled=int(settled.sum()),
        middle=float(points.mean()),
        at_low=float(at_low.mean()),
        at_high=float(at_high.mean()),
        interval=resampled(points, items["sentence"][settled], draws, seed),
        all_came=float(either[1].mean()),
        none_came=float(either[0].mean()),
        best=float(either.min(axis=0).mean()),
        worst=float(either.max(axis=0).mean()),
        one_half=float(RULES[rule](ONE_HALF, 1.0)),
    )


def doubts(scores: Mapping[str, Score]) -> pd.DataFrame:
    """Return what each kind of doubt makes of scores.

    Parameters
    ----------
    scores : mapping
        Name of a set to its `Score`.

    Returns
    -------
    DataFrame
        Three rows a set: what ("all: ends of the words"), low, high, middle (of the set's score), set.
    """
    rows = []
    for name, found in scores.items():
        kinds = {
            "ends of the words": sorted([found.at_low, found.at_high]),
            "sentences drawn again": found.interval,
            "open ones either way": (found.best, found.worst),
        }
        rows += [(f"{name}: {kind}", *ends, found.middle, name) for kind, ends in kinds.items()]
    return pd.DataFrame(rows, columns=["what", "low", "high", "middle", "set"])


def resampled(points, groups, draws: int = DRAWS, seed: int = SEED, share: float = 0.9) -> tuple[float, float]:
    """Return the middle `share` of the mean when whole groups are drawn again with replacement.

    Claims of one sentence share its fate, so sentences are drawn and not claims. With a handful of groups such an
    interval is too narrow rather than too wide.

    Parameters
    ----------
    points : sequence of float
        Scores of single forecasts.
    groups : sequence
        Group of each.

    References
    ----------
    Bradley, A. A., Schwartz, S. S., Hashino, T. (2008). Sampling uncertainty and confidence intervals for the Brier
    score and Brier skill score. Weather and Forecasting 23(5): on resampling.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    total, size = np.bincount(group, np.asarray(points, float)), np.bincount(group).astype(float)
    drawn = np.random.default_rng(seed).integers(len(names), size=(draws, len(names)))
    low, high = np.quantile(total[drawn].sum(axis=1) / size[drawn].sum(axis=1), [(1 - share) / 2, (1 + share) / 2])
    return float(low), float(high)


def chance_of_worse(chance, came) -> float:
    """Return how often the Brier score would be as bad or worse if things happened with exactly the stated chances.

    Exact: every combination of outcomes is counted, as if the forecasts were independent of each other.

    Raises
    ------
    ForecastError
        As in `brier`, or if there are more than 20 forecasts, too many to count out.
    """
    chance, came = _checked(chance, came)
    if chance.size > MOST_EXACT:
        raise ForecastError(f"{chance.size} forecasts are too many to count out; give at most {MOST_EXACT}")
    worlds = np.array(list(product((0.0, 1.0), repeat=chance.size)))
    weights = np.where(worlds == 1, chance, 1 - chance).prod(axis=1)
    as_bad = ((chance - worlds) ** 2).mean(axis=1) >= brier(chance, came).mean() - 1e-12
    return float(min(weights[as_bad].sum(), 1.0))


def failures_allowed(kept: int, confidence: float = 0.95) -> float:
    """Return the largest failure rate that so many kept promises in a row leave possible.

    Exact: the rate at which keeping all of them has the probability 1 - confidence (the upper Clopper-Pearson bound for
    no failure, one-sided).

    Raises
    ------
    ForecastError
        If `kept` is not positive or `confidence` not between 0 and 1.
    """
    if kept < 1 or not 0 < confidence < 1:
        raise ForecastError(
            f"kept is {kept}, confidence {confidence:g}; give one or more, and a number between 0 and 1"
        )
    return 1 - (1 - confidence) ** (1 / kept)


# --- against others ------------------------------------------------------------------------------------------

SAME_QUESTION = {"kalshi-meet-2025": "C12"}  # reading of a market: claim of the article that asks the same


def references(expected: pd.DataFrame) -> pd.DataFrame:
    """Return the forecasts of others that are held in good quality, with the claim that asks the same, if any.

    Parameters
    ----------
    expected : DataFrame
        From `expectations`.

    Returns
    -------
    DataFrame
        By day: reading_id, read_on, platform, question, resolves_by, probability, claim, came, brier, the last two only
        where the ledger settles the claim, and article: what the claim's words score.
    """
    readings = load("forecast_readings").query("quality == 'good'").sort_values(["read_on", "reading_id"])
    known = expected.set_index("claim")
    frame = readings.assign(claim=readings["reading_id"].map(SAME_QUESTION))
    frame["came"] = frame["claim"].map(known["came"])
    asked = frame["came"].notna()
    for column, chance in (("brier", frame["probability"]), ("article", frame["claim"].map(known["middle"]))):
        frame[column] = np.nan
        frame.loc[asked, column] = brier(chance[asked], frame.loc[asked, "came"])
    return frame.drop(columns=["volume_usd", "quality", "date_precision"]).reset_index(drop=True)
