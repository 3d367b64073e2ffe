#!/usr/bin/env bash
# Runs shipped configs and writes the pictures of docs/gallery.md. Needs a release build.
set -euo pipefail
cd "$(dirname "$0")/.."

program=target/release/gradsweep
gallery=docs/gallery
temporary=$(mktemp -d)
trap 'rm -r "$temporary"' EXIT

# picture CONFIG NAME FORMAT: draws the picture NAME of a config's sweep as CONFIG-NAME.FORMAT.
picture() {
    [ -d "$temporary/$1" ] || $program run "configs/$1.toml" --out "$temporary/$1" --no-plots >/dev/null
    $program plot "$temporary/$1" --only "$2" --format "$3" --out "$temporary/pictures" >/dev/null
    cp "$temporary/pictures/$2.$3" "$gallery/$1-$2.$3"
}

mkdir -p $gallery
rm -f $gallery/*
picture optimizers contour png
picture schedules contour png
picture learning_rates learning_rate-sgd svg
$program plot "$temporary/optimizers" --only contour --size column --title "" --format svg --out "$temporary/column" >/dev/null
cp "$temporary/column/contour.svg" $gallery/column.svg

grid='{ learning_rate = { min = 1e-4, max = 10.0, count = 100, distribution = "log_uniform" }, momentum = { min = 0.0, max = 0.98, count = 80 } }'
$program run configs/batch_sizes.toml --set name=grid --set training.batch_size=10 --set "sweep.parameters=$grid" --out "$temporary/grid" --no-plots >/dev/null
$program plot "$temporary/grid" --only heatmap --format svg --out "$temporary/grid/pictures" >/dev/null
cp "$temporary"/grid/pictures/heatmap-*.svg $gallery/heatmap.svg

# sgd, rmsprop, adam, ftrl, lion
$program animate "$temporary/optimizers" --run 0,1,2,9,10 --out $gallery/optimizers-descent.gif >/dev/null

bytes=$(cat $gallery/* | wc -c)
[ "$bytes" -le 3000000 ] || { echo "the gallery has $bytes bytes; the limit is 3,000,000"; exit 1; }
