"""Prints the tables of benches/gpu.sh: Gradsweep and JAX on one device, without and with histories. Results are compared before speeds.

JAX leaves its results on the device; Gradsweep's times include all transfers. Without a GPU, JAX computes on the CPU: this only tests the
script. The table names the device."""
import json
import sys
from pathlib import Path

import jax
import polars
from side_by_side import PLACE, agree, config, peer, program

RUNS = int(sys.argv[2])
MEANS = ["weight", "bias", "train_loss"]


def measured(optimizer):
    """Runs `gradsweep bench` with an optimizer; its pictures and its JSON stay in PLACE."""
    place = PLACE / optimizer
    table = json.loads(program("bench", config(optimizer, RUNS), "--software", "--plot", place, "--json"))
    (PLACE / f"{optimizer}.json").write_text(json.dumps(table, indent=1))
    lines = [line for line in table["lines"] if line["backend"] == "gpu"]
    for line in lines:
        assert line["agrees"], f"the results of the GPU differ from float64 by {line['deviation']:.1e}"
    return table, {line["history"]: line["speed"] for line in lines}


def results(optimizer):
    """Returns the means of the results of a sweep on the GPU."""
    out = PLACE / f"{optimizer}-run"
    program("run", config(optimizer, RUNS), "--backend", "gpu", "--no-plots", "--out", out)
    runs = polars.read_parquet(out / "runs.parquet", columns=MEANS)
    return [float(runs[name].cast(polars.Float64).mean()) for name in MEANS]


def row(optimizer, history, ours, checksum):
    flags = ["--runs", RUNS, "--optimizer", optimizer, "--tile", 0] + ["--history"] * history
    theirs = peer("jax_vmap.py", *flags)
    assert agree(checksum, theirs["checksum"]), f"JAX, {optimizer}: {checksum} against {theirs['checksum']}"
    share = f"{ours['share_of_limit']:.0%}" if ours["share_of_limit"] else ""
    own, other = ours["steps_per_s"], theirs["steps_per_s"]
    kept = "with histories" if history else "final weights alone"
    print(f"| {optimizer}, {kept} | {own / 1e9:.3f} G | {share} | {other / 1e9:.3f} G | {own / other:.2f} |", flush=True)


if __name__ == "__main__":
    device = jax.devices()[0]
    print(f"\n{RUNS:,} runs × 160 updates; JAX {jax.__version__} on {device.platform}: {device.device_kind}\n")
    print("| updates a second | Gradsweep | of the limit | JAX | ratio |\n|---|--:|--:|--:|--:|")
    for optimizer in ("rmsprop", "sgd", "adam"):
        table, speeds = measured(optimizer)
        checksum = results(optimizer)
        for history in (False, True):
            row(optimizer, history, speeds[history], checksum)
    for limit in table["limits"]:
        print(f"\nMeasured limits of {limit['name']}: {limit['fused_per_s'] / 1e9:.0f} G multiply-adds/s, {limit['roots_per_s'] / 1e9:.2f} G × (2 square roots + 1 division)/s, "
              f"{limit['filled_bytes_per_s'] / 1e9:.0f} GB/s written to memory")
    without, kept = table["sizes"]["gpu_pays_from"]
    from_size = lambda runs: f"from {runs:,} runs on" if runs else "at no measured size"
    print(f"\nAdam: the GPU is faster than the CPU {from_size(without)}, with histories {from_size(kept)}.")
