#!/usr/bin/env bash
# run.sh TARGET SECONDS: fuzzes one target (config, csv, run_directory or merge), beginning with the files in `seeds`.
# Needs a nightly toolchain and cargo-fuzz (`cargo install cargo-fuzz --locked`). A finding is an input in artifacts/TARGET.
set -euo pipefail
cd "$(dirname "$0")"
target=$1 seconds=$2
corpus=corpus/$target
mkdir -p "$corpus"
# Inputs of run_directory and merge are the number of a file and its contents.
number() {
    local index=0
    while read -r file; do
        { printf "\\x$(printf %02x "$index")"; cat "$file"; } > "$corpus/seed-$index"
        index=$((index + 1))
    done < <(find "seeds/$1" -type f | LC_ALL=C sort)
}
case $target in
    run_directory) number sweep ;;
    merge) number shard-2 ;;
    *) cp seeds/"$target"/* "$corpus" ;;
esac
exec cargo +nightly fuzz run --fuzz-dir . --sanitizer none "$target" -- \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1
