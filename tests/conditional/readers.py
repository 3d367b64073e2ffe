"""Reads a run directory with Polars, DuckDB and NumPy, and compares the tables with the expected rows.

    readers.py parts|whole DIRECTORY EXPECTED.json

`parts`: the sweep is not complete, its tables are folders of parts. Exits 1 with the first difference.
"""

import json
import math
import pathlib
import sys

import duckdb
import numpy
import polars


def files(directory, table, state):
    """Returns the glob pattern of a table, as a user writes it."""
    parts = table == "history" or state == "parts"
    return str(directory / table / "part-*.parquet" if parts else directory / f"{table}.parquet")


def same(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: found {found}, expected {expected}")


def check_columns(what, found, expected):
    """`found` maps a name to a list of values."""
    for name, values in expected.items():
        same(f"{what}: {name}", found[name], values)
    for name, values in found.items():
        bad = [value for value in values if isinstance(value, float) and not math.isfinite(value)]
        same(f"{what}: {name} has values that are not finite", bad, [])


def check_types(schema):
    same("type of run", schema["run"], polars.Int64)
    same("type of optimizer", schema["optimizer"], polars.String)
    same("type of learning_rate", schema["learning_rate"], polars.Float64)
    same("type of batch_size", schema["batch_size"], polars.Int64)
    same("type of nesterov", schema["nesterov"], polars.Boolean)
    same("type of data.scale", schema["data.scale"], polars.String)
    same("type of training.seed", schema["training.seed"], polars.Int64)
    same("type of weight", schema["weight"], polars.Float32)
    same("type of verdict", schema["verdict"], polars.String)


def main(state, directory, expected):
    directory = pathlib.Path(directory)
    expected = json.loads(pathlib.Path(expected).read_text())
    manifest = json.loads((directory / "manifest.json").read_text())
    same("status", manifest["status"], "incomplete" if state == "parts" else "complete")

    for table in ["runs", "epochs", "history"]:
        pattern = files(directory, table, state)
        check_columns(f"polars, {table}", polars.read_parquet(pattern).to_dict(as_series=False), expected[table])
        relation = duckdb.sql(f"SELECT * FROM read_parquet('{pattern}')")
        columns = list(zip(*relation.fetchall()))
        found = {name: list(values) for name, values in zip(relation.columns, columns)}
        check_columns(f"duckdb, {table}", found, expected[table])

    runs = polars.read_parquet(files(directory, "runs", state))
    check_types(runs.schema)
    same("learning_rate", runs["learning_rate"].to_list(), expected["learning_rate"])
    # A filter by statistics must find what a scan finds.
    history = files(directory, "history", state)
    pruned = duckdb.sql(f"SELECT count(*) FROM read_parquet('{history}') WHERE run = 5").fetchall()[0][0]
    same("rows of run 5", pruned, expected["history"]["run"].count(5))

    problems = polars.read_parquet(directory / "problems.parquet")
    # Least squares through (1, 3), (2, 5), (4, 9.5) by hand: the slope is 61/28 and the line passes through the means 7/3 and 35/6.
    same("optimum_weight", round(problems["optimum_weight"][0], 12), round(61 / 28, 12))
    same("optimum_bias", round(problems["optimum_bias"][0], 12), round(35 / 6 - 61 / 28 * 7 / 3, 12))
    same("split_seed", problems["split_seed"].to_list(), [None, 7])
    same("rows", problems.select("train_rows", "test_rows").rows(), [(3, 0), (1, 1)])
    same("condition of a constant feature", problems["condition"][1], None)

    surface = numpy.load(directory / "surfaces" / "0.npy")
    same("surface's type", surface.dtype, numpy.dtype("<f4"))
    largest = float(numpy.finfo(numpy.float32).max)
    same("surface", surface.tolist(), [[1.0, 2.5, 3.0], [4.0, 5.0, largest]])
    axes = json.loads((directory / "surfaces" / "0.json").read_text())
    same("axes", (len(axes["bias"]), len(axes["weight"])), surface.shape)


main(*sys.argv[1:])
