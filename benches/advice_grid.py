"""Follows the advice of `gradsweep run` on a grid of small sweeps, as a user would who pastes the printed `--set` arguments.

    pip install polars==2.1.0
    benches/advice_grid.py [--before BINARY] [--data NAME]... [--jobs N]

Each cell of the grid has one data set of tests/data, one scaling, one optimizer, one batch size and one learning rate, and is trained with 20
seeds. The advice is followed up to two times. The table counts, over all cells without a converged median:

    raised      steps after which the median J over the seeds is higher than before
    repeated    steps that set a value that is already in use
    refused     steps whose config is refused
    reachable   cells in which some learning rate reaches the optimum, all else unchanged: 40 rates up to the stability limit of SGD, or
                1e-5 to 1e5 for other optimizers
    missed      reachable cells that do not reach the optimum in two steps
    reached     cells that reach the optimum in one step, and in two

`--before` takes the advice from another binary, with all else equal, and prints a second table row.
"""

import argparse
import concurrent.futures
import json
import math
import subprocess
import tempfile
import tomllib
from pathlib import Path

import polars

ROOT = Path(__file__).parent.parent
SEEDS = 20
EPOCHS = 30
RATES = [float(f"{10 ** (exponent / 2 - 4):.3g}") for exponent in range(12)]
SCALES = ["none", "standard"]
BATCHES = [8, 32, "full"]
OPTIMIZERS = {
    "sgd": '"sgd"',
    "momentum": '{ name = "sgd", momentum = 0.9 }',
    "rmsprop": '"rmsprop"',
    "adam": '"adam"',
    "adagrad": '"adagrad"',
}


def config(folder, data, scale, optimizer, batch, rate):
    """Writes the config of a cell, or of a whole group if `rate` is a list."""
    header = (ROOT / "tests/data" / f"{data}.csv").open().readline().strip().split(",")
    swept = f"learning_rate = {rate}\n" if isinstance(rate, list) else ""
    fixed = "" if isinstance(rate, list) else f"learning_rate = {rate}\n"
    path = Path(folder) / "sweep.toml"
    path.write_text(
        f'name = "cell"\n[data]\npath = "{ROOT}/tests/data/{data}.csv"\nfeature = "{header[0]}"\ntarget = "{header[1]}"\n'
        f'scale = "{scale}"\n[model]\ninitial_weight = 0.0\n[training]\noptimizer = {OPTIMIZERS[optimizer]}\n'
        f"batch_size = {json.dumps(batch)}\nepochs = {EPOCHS}\n{fixed}[history]\nevery = 0\nepochs = false\n"
        f'[sweep.parameters]\n{swept}"training.seed" = {{ min = 0, max = {SEEDS - 1} }}\n'
    )
    return path


def run(binary, path, sets):
    """Runs a sweep. Returns its diagnosis and its rows, or None if the config is refused."""
    with tempfile.TemporaryDirectory() as out:
        arguments = [binary, "run", path, "--no-plots", "--json", "--threads", "1", "--backend", "cpu", "--out", f"{out}/run"]
        for argument in sets:
            arguments += ["--set", argument]
        done = subprocess.run(arguments, capture_output=True, text=True)
        if done.returncode != 0:
            return None
        return json.loads(done.stdout)["diagnosis"], polars.read_parquet(f"{out}/run/runs.parquet")


def remedy(diagnosis):
    """The `--set` arguments of the advice."""
    if "models" in diagnosis:
        found = diagnosis["models"][0]["remedy"]
        return found["set"] if found else []
    return [diagnosis["remedy"]] if diagnosis["remedy"] else []


def median_loss(rows):
    """The median over seeds of the mean of J over the last updates; infinite for diverged runs."""
    column = "mean_loss" if "mean_loss" in rows.columns else "train_loss"
    losses = sorted(
        math.inf if diverged is not None or loss is None else loss for loss, diverged in zip(rows[column], rows["diverged_at"])
    )
    return (losses[(len(losses) - 1) // 2] + losses[len(losses) // 2]) / 2


def converged(rows):
    return 2 * (rows["verdict"] == "converged").sum() >= len(rows)


def repeats(path, sets):
    """Whether an argument sets a value that the config already has."""
    present = tomllib.loads(path.read_text())
    for argument in sets:
        key, value = argument.split("=", 1)
        try:
            value = tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            pass
        level = present
        for part in key.split("."):
            level = level.get(part) if isinstance(level, dict) else None
        if level is not None and level == value:
            return True
    return False


def follow(judge, adviser, path, first):
    """Follows the advice up to two times. Returns a record of the steps."""
    record = {"raised": [], "repeated": 0, "refused": 0, "steps": [], "reached": None}
    loss = median_loss(first)
    sets = []
    for step in (1, 2):
        advised = run(adviser, path, sets)
        new = remedy(advised[0]) if advised else []
        if not new:
            break
        record["repeated"] += repeats(path, new) or any(argument in sets for argument in new)
        result = run(judge, path, sets + new)
        if result is None:
            record["refused"] += 1
            break
        after = median_loss(result[1])
        record["steps"].append((new, after))
        if after > loss:
            record["raised"].append((new, loss, after))
        loss, sets = after, sets + new
        if converged(result[1]):
            record["reached"] = step
            break
    return record


def limit_rates(optimizer, problem):
    """The learning rates that decide whether a cell is reachable."""
    if optimizer not in ("sgd", "momentum"):
        return [float(f"{10 ** (exponent / 4 - 5):.3g}") for exponent in range(41)]
    limit = 2 / problem["eigenvalue_max"][0] * (1.9 if optimizer == "momentum" else 1.0)
    return [float(f"{limit * 10 ** (-exponent * 3 / 39):.3g}") for exponent in range(40)]


def eigenvalue(judge, path):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([judge, "run", path, "--no-plots", "--out", f"{out}/run"], capture_output=True, check=True)
        return polars.read_parquet(f"{out}/run/problems.parquet")


def group(task):
    """All cells of one data set, scaling, optimizer and batch size."""
    judge, advisers, data, scale, optimizer, batch = task
    cells = []
    with tempfile.TemporaryDirectory() as folder:
        path = config(folder, data, scale, optimizer, batch, RATES)
        rows = run(judge, path, [])[1]
        path = config(folder, data, scale, optimizer, batch, limit_rates(optimizer, eigenvalue(judge, path)))
        dense = run(judge, path, [])[1]
        reachable = any(converged(own) for _, own in dense.group_by("learning_rate"))
        for rate in RATES:
            own = rows.filter(polars.col("learning_rate") == rate)
            if converged(own):
                continue
            path = config(folder, data, scale, optimizer, batch, rate)
            cell = {"data": data, "scale": scale, "optimizer": optimizer, "batch": batch, "rate": rate, "reachable": reachable}
            cell["verdict"] = own["verdict"].mode()[0]
            cell["loss"] = median_loss(own)
            for name, adviser in advisers.items():
                cell[name] = follow(judge, adviser, path, own)
            cells.append(cell)
    return cells


def table(cells, names):
    """Counts over cells, one line for each binary."""
    print(f"{len(cells)} cells without a converged median, {sum(cell['reachable'] for cell in cells)} of them reachable")
    print("| advice | steps | raised | repeated | refused | missed | reached in one step | in two | no advice |")
    print("|---|--:|--:|--:|--:|--:|--:|--:|--:|")
    for name in names:
        records = [cell[name] for cell in cells]
        counts = [
            sum(len(record["steps"]) for record in records),
            sum(len(record["raised"]) for record in records),
            sum(record["repeated"] for record in records),
            sum(record["refused"] for record in records),
            sum(cell["reachable"] and cell[name]["reached"] is None for cell in cells),
            sum(record["reached"] == 1 for record in records),
            sum(record["reached"] == 2 for record in records),
            sum(not record["steps"] and not record["refused"] for record in records),
        ]
        print(f"| {name} | " + " | ".join(map(str, counts)) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=ROOT / "target/release/gradsweep", type=Path)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--data", action="append")
    parser.add_argument("--jobs", default=2, type=int)
    parser.add_argument("--cells", type=Path, help="write every cell to this JSON file")
    arguments = parser.parse_args()
    advisers = {"before": arguments.before.resolve()} if arguments.before else {}
    advisers["now"] = arguments.binary.resolve()
    names = arguments.data or sorted(path.stem for path in (ROOT / "tests/data").glob("*.csv"))
    tasks = [
        (advisers["now"], advisers, data, scale, optimizer, batch)
        for data in names
        for scale in SCALES
        for optimizer in OPTIMIZERS
        for batch in BATCHES
    ]
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        cells = [cell for cells in pool.map(group, tasks) for cell in cells]
    if arguments.cells:
        arguments.cells.write_text(json.dumps(cells, default=str, indent=1))
    table(cells, list(advisers))


main()
