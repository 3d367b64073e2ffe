#!/usr/bin/env bash
# Prints instructions and registers of the training shaders without a GPU, before and after wgpu's run-time checks were removed and loops were unrolled. Mesa's
# driver RADV compiles for an AMD GPU that is not present (RADV_FORCE_FAMILY).
#
#   scripts/gpu-instructions.sh             Debian: apt-get install mesa-vulkan-drivers libvulkan1
set -euo pipefail
cd "$(dirname "$0")/.."
place=target/tmp/instructions
mkdir -p $place
cargo run --release --quiet --locked --example instructions $place/modules
[ -x $place/environment/bin/python ] || python3 -m venv $place/environment
$place/environment/bin/python -m pip install --quiet --disable-pip-version-check vulkan==1.3.275.1
$place/environment/bin/python scripts/gpu_instructions.py $place/modules
