#!/usr/bin/env bash
# Builds the engine for web pages, target/wasm/gradsweep.wasm, and compares paths that it computes in Node.js with those of the native
# program, bit for bit. Prints NOT RUN and the reason where the target wasm32-unknown-unknown or Node.js is missing.
#
#   scripts/build-wasm.sh
#   scripts/build-wasm.sh --store                      also replaces src/report/engine.wasm.gz, the engine that reports contain
#   GRADSWEEP_WASM_STD=source scripts/build-wasm.sh    compiles the standard library from its source, even where rustup has the target
set -euo pipefail
cd "$(dirname "$0")/.."
target=wasm32-unknown-unknown
folder=target/wasm
mkdir -p "$folder"

# Whether the toolchain has the compiled standard library of the target; rustup adds it where it can.
has_target() {
    [ "${GRADSWEEP_WASM_STD:-}" != source ] || return 1
    [ -d "$(rustc --print target-libdir --target $target)" ] && return 0
    command -v rustup >/dev/null && timeout 300 rustup target add $target >&2
}

# Prints the folder of the standard library's source of the compiler's own version: of the toolchain, of Debian's package rust-src, or
# of that package unpacked into target/.
library_source() {
    local version places library
    version=$(rustc --version | cut -d ' ' -f 2)
    places=("$(rustc --print sysroot)/lib/rustlib/src/rust/library" "/usr/src/rustc-$version/library"
        "$PWD/$folder/rust-src/usr/src/rustc-$version/library")
    for library in "${places[@]}"; do
        [ -d "$library" ] && echo "$library" && return 0
    done
    unpack_debian_source "$version" >&2 || return 1
    [ -d "$library" ] && echo "$library"
}

# Unpacks Debian's package rust-src of a version from any release that has it. Nothing is installed, and apt's own lists stay as they are.
unpack_debian_source() {
    local version=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg apt="$PWD/$folder/apt" package options
    command -v apt-get >/dev/null && command -v dpkg >/dev/null && [ -f "$keyring" ] || return 1
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    printf "deb [signed-by=$keyring] http://deb.debian.org/debian %s main\n" trixie trixie-backports >"$apt/sources.list"
    options=(-o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o "Dir::State::Lists=$apt/lists"
        -o "Dir::Cache=$apt/cache")
    timeout 120 apt-get "${options[@]}" -qq update || return 1
    package=$(apt-cache "${options[@]}" madison rust-src | awk -F '|' '{ gsub(/ /, "", $2); print $2 }' | grep "^$version+" | head -n 1)
    [ -n "$package" ] || return 1
    (cd "$apt" && timeout 300 apt-get "${options[@]}" -qq download "rust-src=$package") || return 1
    dpkg -x "$apt"/rust-src_*.deb "$folder/rust-src"
}

build=(cargo rustc --lib --crate-type cdylib --no-default-features --profile wasm --locked --target $target --target-dir "$folder")
if has_target; then
    "${build[@]}"
elif library=$(library_source); then
    # Unstable switches of Cargo, on the stable compiler.
    RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT=$library "${build[@]}" -Zbuild-std=std,panic_abort
else
    echo "NOT RUN: the target $target is missing, so the WebAssembly module was not built. What helps: rustup target add $target," \
        "or the source of the standard library (rustup component add rust-src, or Debian's package rust-src)"
    exit 0
fi
cp "$folder/$target/wasm/gradsweep.wasm" "$folder/gradsweep.wasm"
# zopfli (a package of Debian) makes the stored engine 4 % smaller than gzip does.
compress=(gzip -9nc)
! command -v zopfli >/dev/null || compress=(zopfli -c)
[ "${1:-}" != --store ] || "${compress[@]}" "$folder/gradsweep.wasm" >src/report/engine.wasm.gz
echo "$folder/gradsweep.wasm: $(wc -c <"$folder/gradsweep.wasm") bytes, $(gzip -9 -c "$folder/gradsweep.wasm" | wc -c) with gzip"

if ! command -v node >/dev/null; then
    echo "NOT RUN: Node.js is missing, so the results of the WebAssembly module were not compared with the native program's"
    exit 0
fi
cargo build --release --quiet
gzip -dc src/report/engine.wasm.gz >"$folder/stored.wasm"
for module in "$folder/gradsweep.wasm" "$folder/stored.wasm"; do
    node scripts/check-wasm.mjs "$module" target/release/gradsweep
done
