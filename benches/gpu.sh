#!/usr/bin/env bash
# What a card does, in a few minutes: its functions checked, its results compared, then the speed of training without and with histories,
# as a share of what the card itself can do and beside JAX on the same card, the number of runs from which it pays, and a sweep over seeds,
# whose batches it makes itself. Tables, JSON and pictures are written to target/gpu.
#
#   benches/gpu.sh                a hardware GPU
#   benches/gpu.sh --software     a software adapter, and JAX on the CPU: tries the script, says nothing about cards
set -euo pipefail
cd "$(dirname "$0")/.."
place=target/gpu
runs=262144
seeds=20000
jax="jax[cuda12]==0.10.2"
software=
if [ "${1:-}" = --software ]; then
    runs=4096
    seeds=500
    software=yes
    jax="jax==0.10.2"
fi
rm -rf "$place/out" "$place"/*-run
mkdir -p "$place"
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
GRADSWEEP_REQUIRE_GPU=1 cargo test --release --quiet --locked --test conditional

echo "== shapes of threads"
"$program" bench --backend gpu --shapes --set \
    "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = $runs, distribution = \"log_uniform\" }" | tee "$place/shapes.txt" | grep '^gpu, .*x.* \(no\|yes\) '

echo "== seeds: 10 rates each, the CPU beside the GPU"
"$program" bench ${software:+--software} --set training.shuffle=true --set "sweep.parameters.training.seed={ min = 1, max = $seeds }" --set \
    'sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = 10, distribution = "log_uniform" }' |
    tee "$place/seeds.txt" | grep -E '^(backend|cpu|gpu)[ ,].* (history|no|yes) '

echo "== beside JAX"
python=$place/environment/bin/python
[ -x "$python" ] || python3 -m venv "$place/environment"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 polars "$jax"
"$python" benches/peers/beside_gpu.py "$place" "$runs" | tee "$place/beside.txt"
