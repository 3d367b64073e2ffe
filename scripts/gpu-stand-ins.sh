#!/usr/bin/env bash
# Checks the GPU backend without a GPU, on two software drivers for Vulkan: llvmpipe (Mesa) and SwiftShader (Chromium). Two drivers cover more than one,
# because they differ as hardware drivers do: SwiftShader flushes subnormal numbers to 0, llvmpipe keeps them. On each driver the script runs
# `gradsweep verify` and the tests that need a GPU: golden histories, shipped configs, dispatches, twins, Vulkan's validation layer with synchronization
# validation, and the compilation of all shaders by Chromium's WebGPU.
#
#   scripts/gpu-stand-ins.sh            both drivers
#   scripts/gpu-stand-ins.sh FILTER     only the tests whose names contain FILTER
set -euo pipefail
cd "$(dirname "$0")/.."

packages="libvulkan1 mesa-vulkan-drivers vulkan-validationlayers chromium"
if command -v dpkg-query apt-get >/dev/null && ! dpkg-query --show $packages >/dev/null 2>&1; then
    if [ "$(id -u)" != 0 ]; then
        echo "please install: sudo apt-get install --no-install-recommends $packages"
        exit 1
    fi
    echo "installing $packages"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

# Prints the path of a driver's manifest (ICD file): the first argument that exists.
icd() {
    for file in "$@"; do
        if [ -e "$file" ]; then
            echo "$file"
            return
        fi
    done
    echo "no ICD file: $*" >&2
    exit 1
}
llvmpipe=$(icd /usr/share/vulkan/icd.d/lvp_icd*.json)
swiftshader=$(icd /usr/lib/chromium/vk_swiftshader_icd.json /usr/lib/chromium-browser/vk_swiftshader_icd.json /opt/google/chrome/vk_swiftshader_icd.json)

cargo build --release --locked --quiet
export GRADSWEEP_REQUIRE_GPU=1 GRADSWEEP_REQUIRE_VALIDATION=1 GRADSWEEP_REQUIRE_WEBGPU=1
for driver in "$llvmpipe" "$swiftshader"; do
    echo "== $driver"
    # Vulkan loaders before version 1.3.207 read VK_ICD_FILENAMES, later ones VK_DRIVER_FILES.
    export VK_DRIVER_FILES=$driver VK_ICD_FILENAMES=$driver
    target/release/gradsweep verify | tail -n 1
    cargo test --release --locked --quiet --test conditional -- ${1:+"$1"}
done
