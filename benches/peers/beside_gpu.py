"""The tables of benches/gpu.sh: the program and JAX on one device, without and with histories: results first, then updates a second.

JAX leaves its results on the device; the program's speed has all transfers in it. Where JAX has no GPU it computes on the CPU, which tries
the script and says nothing about cards: the table names its device."""
import json
import sys
from pathlib import Path

import jax
import polars
from side_by_side import PLACE, agree, config, peer, program

RUNS = int(sys.argv[2])
MEANS = ["weight", "bias", "train_loss"]


def measured(optimizer):
    """The bench of an optimizer, with its pictures and its JSON left in the place."""
    place = PLACE / optimizer
    table = json.loads(program("bench", config(optimizer, RUNS), "--backend", "gpu", "--plot", place, "--json"))
    (PLACE / f"{optimizer}.json").write_text(json.dumps(table, indent=1))
    lines = [line for line in table["lines"] if line["backend"] == "gpu"]
    for line in lines:
        assert line["agrees"], f"the GPU differs from float64 by {line['deviation']:.1e}: no speed"
    return table, {line["history"]: line["speed"] for line in lines}


def results(optimizer):
    """The means of what a sweep on the GPU writes."""
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
    kept = "all points" if history else "ends alone"
    print(f"| {optimizer}, {kept} | {own / 1e9:.3f} G | {share} | {other / 1e9:.3f} G | {own / other:.2f} |", flush=True)


if __name__ == "__main__":
    device = jax.devices()[0]
    print(f"\n{RUNS:,} runs × 160 updates; JAX {jax.__version__} on {device.platform}: {device.device_kind}\n")
    print("| updates a second | gradsweep | of the limit | JAX | ÷ |\n|---|--:|--:|--:|--:|")
    for optimizer in ("rmsprop", "sgd", "adam"):
        table, speeds = measured(optimizer)
        checksum = results(optimizer)
        for history in (False, True):
            row(optimizer, history, speeds[history], checksum)
    for limit in table["limits"]:
        print(f"\n{limit['name']} can do {limit['fused_per_s'] / 1e9:.0f} Gfma/s, {limit['roots_per_s'] / 1e9:.2f} G(2 roots and a division)/s, "
              f"fill {limit['filled_bytes_per_s'] / 1e9:.0f} GB/s")
    without, kept = table["sizes"]["gpu_pays_from"]
    print(f"\nThe GPU pays from {without or 'no'} runs on, {kept or 'no'} with histories (Adam).")
