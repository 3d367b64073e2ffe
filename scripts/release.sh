#!/usr/bin/env bash
# Writes the files of a release for this machine's target to target/release-files: the program with completions, manual page and licences, its
# bill of materials, the Python wheel and the source distribution, and SHA-256 sums of all.
#
# The program names the commit, so the working tree must be clean.
set -euo pipefail
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || { echo "commit or remove these changes first, because the program names the commit:"; git status --short; exit 1; }
GRADSWEEP_COMMIT=$(git rev-parse --short=12 HEAD)
export GRADSWEEP_COMMIT
target=$(rustc -vV | sed -n 's/^host: //p')
version=$(cargo metadata --locked --no-deps --format-version 1 | sed 's/.*"name":"gradsweep","version":"\([^"]*\)".*/\1/')
name=gradsweep-$version-$target
out=target/release-files
rm -rf $out
mkdir -p "$out/$name/completions"

cargo build --release --locked
program="$out/$name/gradsweep"
cp target/release/gradsweep "$program"
if command -v strip >/dev/null; then strip "$program"; fi
cp README.md CHANGELOG.md LICENSE LICENSE-APACHE "$out/$name"
for shell in bash fish zsh; do "$program" completions $shell >"$out/$name/completions/gradsweep.$shell"; done
"$program" man >"$out/$name/gradsweep.1"
"$program" schema >"$out/$name/gradsweep.schema.json"
# The archive depends on its contents only: neither on names of users nor on the time of the build.
time=$(git log -1 --format=%ct)
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -C $out -cf - "$name" | gzip -9n >"$out/$name.tar.gz"
rm -r "${out:?}/$name"
scripts/sbom.py "$target" >"$out/$name.cdx.json"

scripts/test-wheel.sh
cp target/tmp/wheel/dist/* $out
(cd $out && sha256sum -- * >SHA256SUMS && sha256sum --check --quiet SHA256SUMS)
cat $out/SHA256SUMS
