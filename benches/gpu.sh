#!/usr/bin/env bash
# Measures a GPU in a few minutes: checks the rounding errors of all functions and the results, then measures the speed of training without and with
# histories (as a share of the GPU's limits and compared with JAX), the number of runs from which the GPU is faster than the CPU, and a
# sweep over seeds, whose batches the GPU builds. Tables, JSON and pictures are written to target/gpu.
#
#   benches/gpu.sh                a hardware GPU
#   benches/gpu.sh --software     a software adapter, and JAX on the CPU: only tests the script
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
    echo "no hardware GPU, so nothing was measured; benches/gpu.sh --software tests the script on a software adapter"
    exit 1
fi
"$program" adapters | tee "$place/adapters.txt"
"$program" verify --json >"$place/verify.json"
"$program" verify | tail -n 3
GRADSWEEP_REQUIRE_GPU=1 cargo test --release --quiet --locked --test conditional

echo "== values of --shape"
"$program" bench --backend gpu --shapes --set \
    "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = $runs, distribution = \"log_uniform\" }" | tee "$place/shapes.txt" | grep '^gpu, .*x.* \(no\|yes\) '

echo "== sweep over seeds, 10 learning rates each, CPU and GPU"
"$program" bench ${software:+--software} --set training.shuffle=true --set "sweep.parameters.training.seed={ min = 1, max = $seeds }" --set \
    'sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = 10, distribution = "log_uniform" }' |
    tee "$place/seeds.txt" | grep -E '^(backend|cpu|gpu)[ ,].* (history|no|yes) '

echo "== compared with JAX"
python=$place/environment/bin/python
[ -x "$python" ] || python3 -m venv "$place/environment"
"$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 polars "$jax"
"$python" benches/peers/beside_gpu.py "$place" "$runs" | tee "$place/beside.txt"
