#!/usr/bin/env bash
# What a user would run instead, side by side with this program on this machine: the same sweep, the results compared first, then the
# speeds, one after the other. It sets up a Python environment of pinned public packages under target/peers.
#
#   benches/peers.sh             Numba, JAX, NumPy, Matplotlib (about ten minutes)
#   benches/peers.sh --keras     the Keras notebook too (TensorFlow is 0.6 GB)
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
