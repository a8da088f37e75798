"""Trade flows in the form of CEPII's BACI (t, i, j, k, v, q), drawn from what was fitted to a real table.

In: a number of rows. Out: one file a year, Parquet or CSV, as BACI ships them.
Run: `python -m benchmarks.generate_baci ROWS FOLDER [--form csv] [--seed 1]`.
"""

import argparse
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet

from claimbook import tables

# Fitted to the 21,723 flows of 30 critical-mineral products of 2024 in CEPII's BACI HS17 V202601 (only the figures
# below are shipped, never the table). Logarithms are to base 10; v is in thousand US dollars, q in tonnes.
FLOWS_PER_PRODUCT = {0: 53, 0.1: 268, 0.25: 394, 0.5: 583, 0.75: 760, 0.9: 997, 1: 4415}  # quantiles
MEAN_FLOWS = 724
EXPORTER_DECAY, IMPORTER_DECAY = 0.0394, 0.0247  # flows of the trader of rank r fall as exp(-decay * r)
EXPORTER_FIRST, IMPORTER_FIRST = ("CHN", "USA"), ("DEU", "NLD", "CHN", "USA")  # real ranks; the others are drawn
MEDIAN_LOG_V, SD_PRODUCT, SD_EXPORTER, SD_IMPORTER, SD_FLOW = 1.28, 0.65, 1.31, 1.12, 1.07
MEAN_LOG_Q_PER_V, SD_LOG_Q_PER_V = -1.16, 1.20
WITHOUT_Q = 0.047
KEPT = 0.65  # share of the flows of 2022 that are there in 2024 too
LAST_YEAR = 2024
SCHEMA = pa.schema([("t", "int32"), ("i", "int32"), ("j", "int32"), ("k", "string"), ("v", "double"), ("q", "double")])


def _popularity(codes: np.ndarray, iso3: np.ndarray, first: tuple[str, ...], decay: float, draw) -> np.ndarray:
    """Return for each country the weight with which it trades: the first ones by rank, the rest in a drawn order."""
    leaders = [int(np.flatnonzero(iso3 == name)[0]) for name in first]
    rest = draw.permutation(np.setdiff1d(np.arange(len(codes)), leaders))
    weights = np.empty(len(codes))
    weights[np.concatenate([leaders, rest])] = np.exp(-decay * np.arange(len(codes)))
    return weights


def _network(products: int, draw) -> dict[str, np.ndarray]:
    """Draw who ever trades which product with whom, and the value the flow has in a usual year."""
    countries = tables.load("baci_country_codes")
    countries = countries[~countries["former"]]
    codes, iso3 = countries["code"].to_numpy(np.int32), countries["iso3"].fillna("").to_numpy(str)
    exporters = _popularity(codes, iso3, EXPORTER_FIRST, EXPORTER_DECAY, draw)
    importers = _popularity(codes, iso3, IMPORTER_FIRST, IMPORTER_DECAY, draw)
    weights = np.outer(exporters, importers)
    np.fill_diagonal(weights, 0)
    weights, several = weights.ravel(), len(codes)
    places = np.interp(draw.random(products), list(FLOWS_PER_PRODUCT), np.log(list(FLOWS_PER_PRODUCT.values())))
    pairs, usual = [], []
    for size in np.exp(places) / KEPT:
        wanted = min(int(size) + 1, int((weights > 0).sum()) - 1)
        # the smallest of exponential variates over weights: a weighted sample without replacement
        chosen = np.argpartition(draw.standard_exponential(len(weights)) / np.maximum(weights, 1e-300), wanted)[:wanted]
        exporter, importer = np.divmod(chosen, several)
        level = MEDIAN_LOG_V + draw.normal(0, SD_PRODUCT)
        level += draw.normal(0, SD_EXPORTER, several)[exporter] + draw.normal(0, SD_IMPORTER, several)[importer]
        pairs.append(chosen)
        usual.append(level)
    product = np.repeat(np.arange(products), [len(part) for part in pairs])
    exporter, importer = np.divmod(np.concatenate(pairs), several)
    order = np.lexsort((product, importer, exporter))
    return {
        "i": codes[exporter[order]],
        "j": codes[importer[order]],
        "product": product[order].astype(np.int32),
        "usual": np.concatenate(usual)[order].astype(np.float32),
    }


def _year(network: dict[str, np.ndarray], names: pa.Array, year: int, rows: int, draw) -> pa.Table:
    """Return the flows of one year, at most `rows`."""
    there = np.flatnonzero(draw.random(len(network["i"])) < KEPT)
    if len(there) > rows:
        there = np.sort(draw.choice(there, rows, replace=False))
    log_v = network["usual"][there] + draw.normal(0, SD_FLOW, len(there))
    v = np.maximum(np.round(10**log_v, 3), 0.001)
    q = np.round(v * 10 ** draw.normal(MEAN_LOG_Q_PER_V, SD_LOG_Q_PER_V, len(there)), 3)
    columns = [
        pa.array(np.full(len(there), year, np.int32)),
        pa.array(network["i"][there]),
        pa.array(network["j"][there]),
        names.take(pa.array(network["product"][there])),
        pa.array(v),
        pa.array(q, mask=draw.random(len(there)) < WITHOUT_Q),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def generate(rows: int, folder: Path, form: str = "parquet", seed: int = 1) -> list[Path]:
    """Write `rows` flows into `folder`, one file a year backwards from 2024, and return the paths.

    Parameters
    ----------
    rows : int
        Number of flows; up to some four million fit into a year, as many products as it takes.
    folder : Path
        Made if missing.
    form : {"parquet", "csv"}
    seed : int
        Equal seeds give equal files.
    """
    draw = np.random.default_rng(seed)
    codes = tables.load("hs_codes")
    codes = np.sort(codes.loc[codes["digits"] == 6, "hs"].to_numpy(str))
    chosen = np.sort(draw.permutation(codes)[: max(1, min(len(codes), round(rows / MEAN_FLOWS * 1.05)))])
    network = _network(len(chosen), draw)
    folder.mkdir(parents=True, exist_ok=True)
    paths, year = [], LAST_YEAR
    while rows > 0:
        flows = _year(network, pa.array(chosen), year, rows, draw)
        paths.append(folder / f"BACI_synthetic_Y{year}.{form}")
        _write(flows, paths[-1])
        rows, year = rows - len(flows), year - 1
    return paths


def _write(flows: pa.Table, path: Path) -> None:
    if path.suffix == ".parquet":
        pa.parquet.write_table(flows, path, row_group_size=250_000)
        return
    with duckdb.connect() as connection:
        # as CEPII writes it: three decimals, a missing quantity as NA padded with blanks
        columns = "t, i, j, k, printf('%.3f', v) as v, coalesce(printf('%.3f', q), '          NA') as q"
        connection.from_arrow(flows).select(columns).write_csv(str(path), header=True)


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--form", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    for path in generate(arguments.rows, arguments.folder, arguments.form, arguments.seed):
        print(path)


if __name__ == "__main__":
    main()
