#!/usr/bin/env bash
# Compares Gradsweep with Numba, JAX, NumPy and Matplotlib on this machine: the same sweep, results first, then speeds. The script
# installs pinned public Python packages under target/peers.
#
#   benches/peers.sh             Numba, JAX, NumPy, Matplotlib (takes about ten minutes)
#   benches/peers.sh --keras     the Keras notebook too (downloads 0.6 GB of TensorFlow)
set -euo pipefail
cd "$(dirname "$0")/.."
place=target/peers
python=$place/environment/bin/python
mkdir -p "$place"
[ -x "$python" ] || python3 -m venv "$place/environment"
"$python" -m pip install --quiet --disable-pip-version-check -r benches/peers/requirements.txt
[ "${1:-}" != --keras ] || "$python" -m pip install --quiet --disable-pip-version-check tensorflow-cpu==2.21.0 keras==3.15.1
cargo build --release --quiet --locked
exec "$python" benches/peers/side_by_side.py "$place" "$@"
