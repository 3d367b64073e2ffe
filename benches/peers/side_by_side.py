"""Prints the table of benches/peers.sh: speeds of Gradsweep and other programs for identical sweeps, as medians of alternating rounds.

The script fails if results differ: the means of w, b and J over all runs must agree to 1e-4. Large learning rates amplify rounding errors."""
import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from common import BATCH, CORES, EPOCHS, MOMENTUM, ROWS, data

PLACE = Path(sys.argv[1]).resolve()
HERE = Path(__file__).resolve().parent
PROGRAM = HERE.parent.parent / "target" / "release" / "gradsweep"
RUNS, SMALL, ROUNDS, TOLERANCE = 1_000_000, 100_000, 5, 1e-4
PEERS = [("Numba", "numba_parallel.py", []), ("Numba, fastmath", "numba_parallel.py", ["--fastmath"]), ("JAX", "jax_vmap.py", []),
         ("NumPy", "numpy_vectorised.py", [])]


def peer(script, *arguments):
    """Runs the script of another program and returns its JSON line."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=HERE).stdout.splitlines()[-1])


def config(optimizer, runs):
    """Writes the config of the sweep that all programs train: both columns standardised, no shuffling."""
    x, y = data(np.float64)
    table = PLACE / "peers.csv"
    table.write_text("x,y\n" + "".join(f"{a!r},{b!r}\n" for a, b in zip(x.tolist(), y.tolist())))
    momentum = f"momentum = {MOMENTUM}\n" if optimizer == "sgd" else ""
    path = PLACE / f"{optimizer}-{runs}.toml"
    path.write_text(f"""name = "peers"
[data]
path = "peers.csv"
feature = "x"
target = "y"
[model]
initial_weight = 0.6
initial_bias = 0.0
[training]
optimizer = "{optimizer}"
{momentum}batch_size = {BATCH}
epochs = {EPOCHS}
shuffle = false
[history]
every = 0
epochs = false
[sweep.parameters]
learning_rate = {{ min = 1e-4, max = 1.0, count = {runs}, distribution = "log_uniform" }}
""")
    return path


def program(*arguments):
    return subprocess.run([str(PROGRAM), *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def bench(optimizer, runs, *sets):
    """Returns the speeds on all cores, without and with histories, and the cost of verdicts."""
    sets = [word for pair in sets for word in ("--set", pair)]
    table = json.loads(program("bench", config(optimizer, runs), "--backend", "cpu", "--json", *sets))
    own = [line["name"] for line in table["lines"] if line["backend"] == "cpu"][-1]
    lines = [line for line in table["lines"] if line["name"] == own]
    assert all(line["agrees"] for line in lines), "the results of gradsweep differ from float64"
    return {line["history"]: line["speed"] for line in lines}, next(cost for cost in table["costs"] if cost["name"] == own)


def whole(optimizer, runs):
    """Returns the seconds of a whole process that writes runs.parquet, and the means of its results."""
    out = PLACE / "out"
    shutil.rmtree(out, ignore_errors=True)
    begun = time.perf_counter()
    program("run", config(optimizer, runs), "--no-plots", "--out", out)
    seconds = time.perf_counter() - begun
    import polars

    runs = polars.read_parquet(out / "runs.parquet", columns=["weight", "bias", "train_loss"])
    return seconds, [float(runs[name].cast(polars.Float64).mean()) for name in runs.columns]


def agree(ours, theirs):
    return all(abs(a - b) <= TOLERANCE * max(1, abs(b)) for a, b in zip(ours, theirs))


def median(rounds):
    return statistics.median(rounds)


def giga(speed):
    return f"{speed / 1e9:.2f} G"


def trained():
    """Prints the speed of training from moments, and the time of whole processes."""
    print(f"| {RUNS:,} runs × {ROWS // BATCH * EPOCHS} updates, {CORES} cores | Gradsweep | " + " | ".join(name for name, *_ in PEERS) + " | ratio |")
    print("|---|" + "--:|" * (len(PEERS) + 2))
    cold = {}
    for optimizer, title in (("rmsprop", "RMSprop"), ("sgd", "SGD"), ("adam", "Adam")):
        ours, bare, theirs, limits = [], [], {name: [] for name, *_ in PEERS}, []
        seconds, checksum = [], None
        for _ in range(ROUNDS):
            speeds, cost = bench(optimizer, 1 << 18)
            ours.append(speeds[False]["steps_per_s"])
            bare.append(cost["final_weights_steps_per_s"])
            limits.append(speeds[False]["share_of_limit"] or float("nan"))
            took, checksum = whole(optimizer, RUNS)
            seconds.append(took)
            for name, script, flags in PEERS:
                line = peer(script, "--runs", RUNS, "--optimizer", optimizer, "--seconds", 1, *flags)
                assert agree(checksum, line["checksum"]), f"{name}, {optimizer}: {checksum} against {line['checksum']}"
                theirs[name].append(line["steps_per_s"])
                cold.setdefault((optimizer, name), []).append(line["wall_s"])
        cold[optimizer, "gradsweep"] = seconds
        exact = max(median(speeds) for name, speeds in theirs.items() if "fastmath" not in name)
        cells = " | ".join(giga(median(speeds)) for speeds in theirs.values())
        print(f"| {title}, final weights alone | {giga(median(bare))} | {cells} | {median(bare) / exact:.2f} |", flush=True)
        print(f"| {title}, with verdicts | {giga(median(ours))} ({100 * median(limits):.0f} % of the hardware limit) | " + " | ".join("" for _ in PEERS)
              + f" | {median(ours) / exact:.2f} |", flush=True)
    row = " | ".join(f"{median(cold['rmsprop', name]):.2f} s" for name, *_ in PEERS)
    fastest = min(median(cold["rmsprop", name]) for name, *_ in PEERS)
    print(f"| RMSprop, whole process from a cold start, results in memory (Gradsweep: in Parquet files) | {median(cold['rmsprop', 'gradsweep']):.2f} s | {row} "
          f"| {fastest / median(cold['rmsprop', 'gradsweep']):.2f} |", flush=True)


def compared(label, own, *arguments):
    """Prints a row of the table: the speed returned by `own`, and the speeds of the other programs with these arguments."""
    ours, theirs = [], {name: [] for name, *_ in PEERS}
    for _ in range(ROUNDS):
        ours.append(own())
        for name, script, flags in PEERS:
            theirs[name].append(peer(script, "--seconds", 1, *arguments, *flags)["steps_per_s"])
    exact = max(median(speeds) for name, speeds in theirs.items() if "fastmath" not in name)
    cells = " | ".join(giga(median(speeds)) for speeds in theirs.values())
    print(f"| {label} | {giga(median(ours))} | {cells} | {median(ours) / exact:.2f} |", flush=True)


def histories():
    own = lambda: bench("rmsprop", SMALL)[0][True]["steps_per_s"]
    compared(f"RMSprop, {SMALL:,} runs, with histories in memory", own, "--runs", SMALL, "--history")


def rows():
    """Gradients from the rows of a batch. Gradsweep trains on the absolute error here, because it computes the squared error from moments."""
    own = lambda: bench("rmsprop", 1 << 16, "model.loss=mae")[1]["final_weights_steps_per_s"]
    compared(f"RMSprop from {BATCH} rows per batch, final weights alone (Gradsweep: absolute error, the others: squared error)", own, "--runs", 1 << 16, "--variant", "direct")


def pictures():
    """One contour with eight paths: Matplotlib draws it; Gradsweep trains, stores and draws six figures as PNG and SVG."""
    text = config("rmsprop", 8).read_text().replace("[history]\nevery = 0\nepochs = false\n", "").replace("max = 1.0", "max = 0.1")
    path = PLACE / "pictures.toml"
    path.write_text(text)
    ours, theirs, figures = [], [], 0
    for _ in range(ROUNDS):
        out = PLACE / "out"
        shutil.rmtree(out, ignore_errors=True)
        begun = time.perf_counter()
        program("run", path, "--out", out)
        ours.append(time.perf_counter() - begun)
        figures = len(list((out / "plots").glob("*.png")))
        theirs.append(peer("render.py", "--seconds", 0, "--out", PLACE / "render.png")["wall_s"])
    print(f"\nPictures: Gradsweep {median(ours):.2f} s for the whole run with {figures} figures (PNG and SVG), {median(ours) / figures:.3f} s each; "
          f"Matplotlib {median(theirs):.2f} s cold for one PNG.")


def keras():
    line = peer("keras_callback.py", "--runs", 1000)
    print(f"\nKeras with a callback: {line['runs_per_s']:.2g} runs/s, {line['steps_per_s']:.0f} steps/s.")


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown CPU")
    return f"{model}, {CORES} cores, {program('adapters').split('CPU backend: ')[-1].splitlines()[0]}"


if __name__ == "__main__":
    print(f"{time.strftime('%Y-%m-%d')}, {machine()}; medians of {ROUNDS} alternating rounds.\n")
    trained()
    histories()
    rows()
    pictures()
    if "--keras" in sys.argv:
        keras()
