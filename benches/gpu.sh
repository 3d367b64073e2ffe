#!/usr/bin/env bash
# What a card does, in a few minutes: its functions checked, its results compared, then the speed of training without and with histories,
# as a share of what the card itself can do, the number of runs from which it pays, and JAX on the same card where it is an NVIDIA one.
# Tables, JSON and pictures are written to target/gpu.
#
#   benches/gpu.sh                a hardware GPU
#   benches/gpu.sh --software     a software adapter: tries the script, says nothing about cards
set -euo pipefail
cd "$(dirname "$0")/.."
place=target/gpu
mkdir -p "$place"
runs=262144
if [ "${1:-}" = --software ]; then
    runs=4096
fi
cargo build --release --quiet --locked
program=target/release/gradsweep
"$program" adapters --json >"$place/adapters.json"
if ! grep -q '"software": false' "$place/adapters.json" && [ "${1:-}" != --software ]; then
    "$program" adapters
    echo "no hardware GPU: nothing measured (--software tries the script on a software adapter)"
    exit 1
fi
"$program" adapters | tee "$place/adapters.txt"
"$program" verify --json >"$place/verify.json"
"$program" verify | tail -n 3
GRADSWEEP_REQUIRE_GPU=1 cargo test --release --quiet --locked --test twins --test direct

for optimizer in rmsprop sgd adam; do
    sets=(--set "training.optimizer=$optimizer")
    [ "$optimizer" != sgd ] || sets+=(--set training.momentum=0.9)
    sets+=(--set "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = $runs, distribution = \"log_uniform\" }")
    echo "== $optimizer"
    "$program" bench --backend gpu "${sets[@]}" --plot "$place/$optimizer" --json >"$place/$optimizer.json"
    python3 benches/peers/shares.py "$place/$optimizer.json"
done

echo "== shapes of threads"
"$program" bench --backend gpu --shapes --set \
    "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = $runs, distribution = \"log_uniform\" }" | tee "$place/shapes.txt" | grep '^gpu, .*x.* \(no\|yes\) '

# JAX compiles for the same card; its first result is compared by the checksum of common.py, which peers.sh explains.
if command -v nvidia-smi >/dev/null && python3 -m venv "$place/environment"; then
    "$place/environment/bin/python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 "jax[cuda12]==0.10.2"
    for optimizer in rmsprop sgd adam; do
        (cd benches/peers && "../../$place/environment/bin/python" jax_vmap.py --optimizer "$optimizer" --runs "$runs" --tile 0)
        (cd benches/peers && "../../$place/environment/bin/python" jax_vmap.py --optimizer "$optimizer" --runs "$runs" --tile 0 --history)
    done | tee "$place/jax.json"
else
    echo "NOT RUN: no NVIDIA card, so JAX was not measured beside"
fi
