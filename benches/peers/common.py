"""Code that the scripts of the other programs share: data, sweep, batches, moments, command line, timing."""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # the NumPy scripts start their own threads

import argparse, json, resource, statistics, time
from pathlib import Path

import numpy as np

ROWS, BATCH, EPOCHS = 160, 10, 10
STEPS = ROWS // BATCH * EPOCHS
W0, B0 = 0.6, 0.0
RHO, MOMENTUM, BETA_1, BETA_2, EPSILON = 0.9, 0.9, 0.9, 0.999, 1e-7
CORES = len(os.sched_getaffinity(0))
CSV = Path(__file__).resolve().parent.parent.parent / "configs" / "data" / "advertising.csv"


def data(dtype=np.float32):
    """TV and sales of the first 160 rows; each column is standardised by its mean and population standard deviation."""
    raw = np.loadtxt(CSV, delimiter=",", skiprows=1, usecols=(1, 4))[:ROWS]
    return ((raw - raw.mean(0)) / raw.std(0)).T.astype(dtype)


def batches(dtype=np.float32):
    """The batch of every step: x and y of shape [160 steps, 10 rows], gathered once (file order)."""
    x, y = (np.tile(column.reshape(-1, BATCH), (EPOCHS, 1)) for column in data(dtype))
    return x, y


def moments(dtype=np.float32):
    """2/n·(Σx², Σx, Σxy, Σy) of each step, which determine the gradient of its batch. Summed in float64."""
    x, y = batches(np.float64)
    return (2 * np.stack([(x * x).mean(1), x.mean(1), (x * y).mean(1), y.mean(1)], 1)).astype(dtype)


def optimum():
    """(w*, b*, J*, mean x²) of the training rows; x and y have mean 0, so J = J* + x²·(w-w*)² + (b-b*)²."""
    x, y = data(np.float64)
    w, xx = (x @ y) / (x @ x), (x @ x) / ROWS
    return w, 0.0, float(np.mean((w * x - y) ** 2)), xx


def adam_scale(dtype=np.float32):
    """Adam's bias correction at each step, sqrt(1-β2^t)/(1-β1^t), by which Keras multiplies the learning rate."""
    t = np.arange(1, STEPS + 1)
    return (np.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)).astype(dtype)


def learning_rates(runs, dtype=np.float32):
    return np.logspace(-4, 0, runs).astype(dtype)


def arguments(description, **choices):
    """Parses the flags that all scripts have; a keyword argument adds a flag with choices, the first of which is the default."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--runs", type=int, default=1000)
    parser.add_argument("--optimizer", choices=["rmsprop", "sgd", "adam"], default="rmsprop")
    parser.add_argument("--history", action="store_true", help="record (w, b) after every step")
    parser.add_argument("--save", metavar="NPZ", help="write the results")
    parser.add_argument("--seconds", type=float, default=2, help="how long to repeat warm calls")
    for name, values in choices.items():
        if isinstance(values, bool):
            parser.add_argument("--" + name, action="store_true")
        elif isinstance(values, int):
            parser.add_argument("--" + name, type=int, default=values)
        else:
            parser.add_argument("--" + name, choices=values, default=values[0])
    return parser.parse_args()


def since_start():
    """Seconds since this process was started (10 ms resolution), imports included."""
    ticks = float(Path("/proc/self/stat").read_text().rsplit(")", 1)[1].split()[19])
    return float(Path("/proc/uptime").read_text().split()[0]) - ticks / os.sysconf("SC_CLK_TCK")


def timed(call):
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def measure(peer, call, units, unit, seconds, **extra):
    """Measures one cold call, then warm calls, and returns the JSON line.

    wall_s: time from process start to the first result; compile_s: first call minus a warm call
    (with a history it includes the page faults of new memory); *_per_s: rate of the median warm call."""
    import_s = since_start()
    first = timed(call)
    line = {"peer": peer, **extra, "wall_s": round(since_start(), 2), "import_s": round(import_s, 2)}
    times, end = [], time.perf_counter() + seconds
    while len(times) < 3 or (time.perf_counter() < end and len(times) < 200):
        times.append(timed(call))
    warm = statistics.median(times)
    line |= {"compile_s": round(max(first - warm, 0), 3), "warm_s": float(f"{warm:.4g}"), "warm_min_s": float(f"{min(times):.4g}"),
             "warm_max_s": float(f"{max(times):.4g}"), "repeats": len(times), f"{unit}_per_s": float(f"{units / warm:.4g}")}
    line["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return line


def measure_sweep(peer, args, call, as_arrays=lambda result: result, **extra):
    """Measures `call()`, which trains the sweep, and prints the JSON line. as_arrays(result) is (final [run, 2], mse [run], history [run, step, 2] or None)."""
    holder = {}

    def once():
        holder.clear()  # free the previous result before the next call
        holder["result"] = call()

    line = measure(peer, once, args.runs * STEPS, "steps", args.seconds, work="sweep",
                      optimizer=args.optimizer, runs=args.runs, history=args.history, **extra)
    final, mse, history = (None if a is None else np.asarray(a) for a in as_arrays(holder["result"]))
    line["runs_per_s"] = float(f"{line['steps_per_s'] / STEPS:.4g}")
    line["checksum"] = [round(float(a.mean(dtype=np.float64)), 6) for a in (final[:, 0], final[:, 1], mse)]
    if history is not None:
        assert history.shape == (args.runs, STEPS, 2)
        line["checksum"].append(round(float(history[:: max(1, args.runs // 1000)].mean(dtype=np.float64)), 6))
    print(json.dumps(line), flush=True)
    if args.save:
        np.savez(args.save, final=final, mse=mse, **({} if history is None else {"history": history}))
