#!/usr/bin/env bash
# Runs every test. Installs the software Vulkan driver for the GPU tests if there is no driver and apt-get may install one.
#
#   scripts/test.sh                             a GPU test without an adapter is ignored, with the reason
#   GRADSWEEP_REQUIRE_GPU=1 scripts/test.sh     a GPU test without an adapter fails
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

# The release profile shares its dependencies with the program.
cargo test --release --locked

# The modules of the report's page that need no browser.
if command -v node >/dev/null; then
    node --test tests/page/
else
    echo "no Node.js; the tests of the report's page are left out"
fi
