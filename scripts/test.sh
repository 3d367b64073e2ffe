#!/usr/bin/env bash
# Runs every test. Where it may, it brings the software Vulkan driver that the GPU tests need; else it says which tests could
# not run and how to get them.
#
#   scripts/test.sh            GPU tests run where there is an adapter
#   GRADSWEEP_REQUIRE_GPU=1 scripts/test.sh     no adapter is a failure
set -euo pipefail
cd "$(dirname "$0")/.."

vulkan_drivers() {
    ls /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json 2>/dev/null | head -n 1
}

if [ "$(uname -s)" = Linux ] && [ -z "$(vulkan_drivers)" ] && command -v apt-get >/dev/null; then
    packages="mesa-vulkan-drivers libvulkan1"
    if [ "$(id -u)" = 0 ]; then
        echo "installing the software Vulkan driver: $packages"
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >/dev/null 2>&1 ||
            echo "the software Vulkan driver could not be installed"
    else
        echo "no Vulkan driver; for the GPU tests: sudo apt-get install --no-install-recommends $packages"
    fi
fi

# The release profile: the same dependencies as the program, built once.
cargo test --release --quiet --no-run
list=$(./target/release/gradsweep adapters 2>/dev/null || cargo run --release --quiet -- adapters)
cargo test --release

if printf '%s' "$list" | grep -q '^no GPU adapter'; then
    echo
    echo "NOT RUN for want of a GPU adapter: the tests named *gpu* and *device* (they passed as skipped). What helps:"
    printf '%s\n' "$list"
fi
