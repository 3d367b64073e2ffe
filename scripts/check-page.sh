#!/usr/bin/env bash
# Checks the types of the scripts of the HTML report, then opens reports in each installed browser and uses their panels. Packages of npm are installed
# below target/. Prints NOT RUN and the reason where npm or a browser is missing.
#
#   scripts/check-page.sh
set -euo pipefail
cd "$(dirname "$0")/.."
folder=target/page
mkdir -p "$folder"

if ! command -v npm >/dev/null; then
    echo "NOT RUN: npm is missing, so the page of the report was not checked"
    exit 0
fi
if ! npm install --prefix "$folder" --no-audit --no-fund --silent typescript@7 prettier@3 puppeteer-core@24 >"$folder/npm.log" 2>&1; then
    echo "NOT RUN: npm could not install typescript, prettier and puppeteer-core ($folder/npm.log), so the page of the report was not checked"
    exit 0
fi
"$folder/node_modules/.bin/tsc" --project src/report/page
"$folder/node_modules/.bin/prettier" --print-width 140 --tab-width 4 --single-quote --check --log-level warn src/report/page/*.{js,ts,css} scripts/{browser,check-page,check-report}.mjs

cargo build --release --locked --quiet
reports=()
for name in article cycles; do
    rm -rf "${folder:?}/$name"
    target/release/gradsweep run "configs/$name.toml" --out "$folder/$name" >/dev/null 2>&1
    reports+=("$PWD/$folder/$name/report.html")
done
rm -rf "$folder/grid"
target/release/gradsweep run configs/learning_rates.toml --set data.scale=standard --set "sweep.parameters.momentum={ min = 0.0, max = 0.9, count = 7 }" \
    --out "$folder/grid" >/dev/null 2>&1
reports+=("$PWD/$folder/grid/report.html")
# The first installed program of each name list.
browsers=()
for names in "chromium google-chrome" "firefox-esr firefox"; do
    browser=$(command -v $names | head -n 1) || true
    [ -z "$browser" ] || browsers+=("$browser")
done
for browser in "${browsers[@]}"; do
    # A second attempt, because the checks use the page like a person in a hurry, and a busy machine may answer late.
    node scripts/check-page.mjs "$browser" "$folder" "${reports[@]}" || node scripts/check-page.mjs "$browser" "$folder" "${reports[@]}"
    node scripts/check-report.mjs "$browser" "$folder" target/release/gradsweep
done
[ ${#browsers[@]} -gt 0 ] || echo "NOT RUN: neither Chromium nor Firefox is installed, so the page was not opened"
