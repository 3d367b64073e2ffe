#!/usr/bin/env bash
# Builds the Python wheel and the source distribution, installs the wheel into a new virtual environment and tests it there.
#
#   scripts/test-wheel.sh                 tests the wheel
#   WHEEL_FROM_SDIST=1 scripts/test-wheel.sh   builds the wheel from the source distribution, as pip does without a wheel
set -euo pipefail
cd "$(dirname "$0")/.."
temporary=target/tmp/wheel
dist=$temporary/dist
rm -rf "$dist" $temporary/test
mkdir -p "$dist"
[ -x $temporary/build/bin/maturin ] || { python3 -m venv $temporary/build && $temporary/build/bin/python -m pip install --quiet "maturin>=1.9,<2"; }

# The dependencies are those of the release build in target/.
$temporary/build/bin/maturin sdist --out "$dist"
if [ "${WHEEL_FROM_SDIST:-0}" = 1 ]; then
    CARGO_TARGET_DIR=$PWD/target $temporary/build/bin/python -m pip wheel --quiet --no-deps --wheel-dir "$dist" "$dist"/*.tar.gz
else
    $temporary/build/bin/maturin build --release --locked --compatibility linux --out "$dist"
    # The source distribution is complete if Cargo finds a target for each entry of its manifest.
    mkdir $temporary/test && tar -xzf "$dist"/*.tar.gz -C $temporary/test --strip-components=1
    cargo metadata --locked --no-deps --format-version 1 --manifest-path $temporary/test/Cargo.toml >/dev/null
    rm -rf $temporary/test
fi
for file in "$dist"/*; do
    echo "$(basename "$file"): $(($(wc -c <"$file") / 1000)) kB"
done

python3 -m venv $temporary/test
$temporary/test/bin/python -m pip install --quiet "$dist"/*.whl pandas polars nbconvert ipykernel jsonschema pytest mypy
# Not from the source folder, so that the installed module is imported.
root=$PWD
cd "$(mktemp -d)"
PATH="$root/$temporary/test/bin:$PATH" "$root/$temporary/test/bin/python" -m pytest -q -p no:cacheprovider "$root/python/tests"
"$root/$temporary/test/bin/python" -m mypy --strict --package gradsweep --ignore-missing-imports
