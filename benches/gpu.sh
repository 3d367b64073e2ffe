#!/usr/bin/env bash
# Measures a GPU unattended, in about eight minutes on a machine with 16 cores: checks rounding errors and results, then measures the speed of training (as a
# share of the GPU's limits, with the time of transfers and of the host), workgroup shapes, a sweep over seeds, a sweep of 10^7 runs on GPU and CPU, the
# longest dispatch, and JAX. Tables, JSON and logs are written to target/gpu, or to $OUT if it is set.
#
#   benches/gpu.sh                a hardware GPU
#   benches/gpu.sh --software     a software adapter with small sweeps, and JAX on the CPU: only tests the script
#
# Each step has a time limit. A step that fails or exceeds it is reported at the end, and the others still run.
set -uo pipefail
cd "$(dirname "$0")/.."
place=${OUT:-target/gpu}
mkdir -p "$place"
software=
runs=1048576 epochs=100 seeds=20000 large_runs=10000000 large_epochs=10000 jax="jax[cuda12]==0.10.2"
if [ "${1:-}" = --software ]; then
    software=yes
    runs=4096 epochs=10 seeds=500 large_runs=20000 large_epochs=1000 jax="jax==0.10.2"
fi
program=target/release/gradsweep
failed=()

# step SECONDS NAME COMMAND..: runs a command with a time limit; its output goes to the terminal and to NAME.txt.
step() {
    local limit=$1 name=$2 begun=$SECONDS
    shift 2
    echo "== $name"
    timeout "$limit" "$@" 2>&1 | tee "$place/$name.txt"
    [ "${PIPESTATUS[0]}" = 0 ] || failed+=("$name")
    echo "($((SECONDS - begun)) s)"
}

rates() {
    echo "sweep.parameters.learning_rate={ min = 1e-4, max = 1.0, count = $1, distribution = \"log_uniform\" }"
}

step 240 build cargo build --release --quiet --locked
"$program" adapters --json >"$place/adapters.json"
if ! grep -q '"software": false' "$place/adapters.json" && [ -z "$software" ]; then
    "$program" adapters
    echo "no hardware GPU, so nothing was measured; benches/gpu.sh --software tests the script on a software adapter"
    exit 1
fi
step 10 adapters "$program" adapters
step 60 verify "$program" verify
step 150 tests env GRADSWEEP_REQUIRE_GPU=1 cargo test --release --quiet --locked --test conditional

for optimizer in rmsprop sgd adam; do
    step 40 "bench-$optimizer" "$program" bench --backend gpu --set "training.optimizer=$optimizer" --set "training.epochs=$epochs" --set "$(rates $runs)"
done
step 60 bench-rows "$program" bench --backend gpu --set model.loss=mae --set "training.epochs=$epochs" --set "$(rates $((runs / 16)))"
step 60 shapes "$program" bench --backend gpu --shapes --repeats 3 --set "training.epochs=$epochs" --set "$(rates $((runs / 4)))"
step 60 seeds "$program" bench ${software:+--software} --set training.shuffle=true --set "sweep.parameters.training.seed={ min = 1, max = $seeds }" --set "$(rates 10)"
step 60 sizes "$program" bench ${software:+--software} --sizes --repeats 3 --set "$(rates $((runs / 4)))"

# A whole process: 10^7 runs of 10^4 updates. The CPU trains a hundredth of it.
sed "s|\"data/advertising.csv\"|\"$PWD/configs/data/advertising.csv\"|" src/bench/bench.toml >"$place/large.toml"
large() {
    rm -rf "$place/$1-run"
    "$program" run "$place/large.toml" --backend "$1" --no-plots --json --out "$place/$1-run" --set training.batch_size=full \
        --set "training.epochs=$large_epochs" --set "$(rates "$2")" | grep -E '"(training_s|writing_s|total_s|steps_per_s)"'
    rm -rf "$place/$1-run"
}
export -f large rates
export program place large_epochs
step 90 large-gpu bash -c "large gpu $large_runs"
step 90 large-cpu bash -c "large cpu $((large_runs / 100))"

jax_table() {
    local python=target/gpu/environment/bin/python
    [ -x "$python" ] || python3 -m venv target/gpu/environment || return 1
    "$python" -m pip install --quiet --disable-pip-version-check numpy==2.4.6 polars "$jax" || return 1
    "$python" benches/peers/beside_gpu.py "$place" "$((runs / 4))"
}
export -f jax_table
export jax runs
step 180 jax bash -c jax_table

echo
if [ ${#failed[@]} -gt 0 ]; then
    echo "failed or over the time limit: ${failed[*]}"
    exit 1
fi
