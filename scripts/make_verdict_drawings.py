#!/usr/bin/env python3
"""Draws docs/verdicts/*.svg: one run for each verdict of a linear neuron under MSE. Needs Python 3 and the built program, nothing else.

    cargo build --release && python3 scripts/make_verdict_drawings.py

Left: J - J* after each update, with both windows and their means. Right: the last window in the coordinates
u = (sqrt(Var x) (w - w*), (b - b*) + (w - w*) mean(x)), in which J - J* is the squared distance from the optimum.
"""

import csv
import json
import math
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "target/release/gradsweep"
OUT = ROOT / "docs/verdicts"
INK, FAINT, BLUE, RED, PREVIOUS, LAST = "#222", "#888", "#1f5fa8", "#c0392b", "#f3efe4", "#e3edf7"

STANDARD = "[data]\npath = \"{data}\"\nfeature = \"TV\"\ntarget = \"sales\"\nscale = \"standard\"\n"
START = "[model]\ninitial_weight = 0.6\ninitial_bias = {bias}\n"
# Name of the picture, verdict, batches per epoch, initial bias (None: the run of configs/article.toml), and [training].
RUNS = [
    ("diverged", "diverged", 1, 0, 'optimizer = "sgd"\nlearning_rate = 1.5\nbatch_size = "full"\nepochs = 60'),
    ("converged", "converged", 10, 0, 'optimizer = "sgd"\nlearning_rate = 0.02\nbatch_size = 20\nepochs = 12'),
    ("cycling", "cycling", 1, 0, 'optimizer = "rmsprop"\nlearning_rate = 2.0\nbatch_size = "full"\nepochs = 300'),
    ("overshooting", "overshooting", 10, 0, 'optimizer = "rmsprop"\nlearning_rate = 60.0\nbatch_size = 20\nepochs = 12'),
    ("noisy", "noisy", 10, 0, 'optimizer = "sgd"\nlearning_rate = 0.2\nbatch_size = 20\nepochs = 12'),
    ("oscillating", "oscillating", 1, 0, 'optimizer = "sgd"\nlearning_rate = 0.999\nbatch_size = "full"\nepochs = 100'),
    ("stuck", "stuck", 1, 1, 'optimizer = "sgd"\nlearning_rate = 1e-9\nbatch_size = "full"\nepochs = 100'),
    ("slow", "slow", 10, 0, 'optimizer = "sgd"\nlearning_rate = 2e-3\nbatch_size = 20\nepochs = 12'),
    ("valley", "slow", 16, None, ""),
]


def program(*arguments):
    return subprocess.run([PROGRAM, *arguments], check=True, capture_output=True, text=True).stdout


def train(folder, bias, training):
    """The verdict of the run, and its points (w, b). Without a bias the run is that of configs/article.toml."""
    config = ROOT / "configs/article.toml"
    if bias is not None:
        config = folder / "sweep.toml"
        text = STANDARD.format(data=ROOT / "configs/data/advertising.csv") + START.format(bias=float(bias))
        config.write_text(f"{text}[training]\n{training}\n")
    result = json.loads(program("run", config, "--backend", "cpu", "--out", folder / "out", "--no-plots", "--json"))
    rows = csv.DictReader(program("replay", folder / "out", "--run", "0").splitlines())
    points = [(float(row["weight"]), float(row["bias"])) for row in rows]
    verdict = next(name for name, count in result["diagnosis"]["counts"] if count)
    return verdict, points


def rows(is_article):
    """x and y of the training rows."""
    with open(ROOT / "configs/data/advertising.csv", newline="") as file:
        table = [(float(row["TV"]), float(row["sales"])) for row in csv.DictReader(file)]
    if is_article:
        numbers = json.loads((ROOT / "tests/golden/article.json").read_text())["train_rows"]
        return [table[number][0] for number in numbers], [table[number][1] for number in numbers]
    x = [row[0] for row in table]
    mean = sum(x) / len(x)
    deviation = math.sqrt(sum((value - mean) ** 2 for value in x) / len(x))
    return [(value - mean) / deviation for value in x], [row[1] for row in table]


def mean(values):
    values = list(values)
    return sum(values) / len(values)


class Svg:
    def __init__(self, width, height):
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
            'font-family="sans-serif" font-size="11">',
            f'<rect width="{width}" height="{height}" fill="#fff"/>',
        ]

    def add(self, tag, **attributes):
        words = " ".join(f'{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        self.parts.append(f"<{tag} {words}/>")

    def text(self, x, y, words, anchor="start", fill=INK):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{words}</text>')

    def line(self, points, stroke, width=1.0, dash=""):
        joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        extra = {"stroke_dasharray": dash} if dash else {}
        self.add("polyline", points=joined, fill="none", stroke=stroke, stroke_width=width, **extra)

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>"]) + "\n")


def draw(name, verdict, batches, is_article, points):
    x, y = rows(is_article)
    mean_x, mean_y = mean(x), mean(y)
    var_x = mean((value - mean_x) ** 2 for value in x)
    weight = mean((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / var_x
    bias = mean_y - weight * mean_x
    optimum = mean((weight * a + bias - b) ** 2 for a, b in zip(x, y))
    tolerance = 0.01 * optimum + 1e-6 * mean((value - mean_y) ** 2 for value in y)
    place = lambda w, b: (math.sqrt(var_x) * (w - weight), (b - bias) + (w - weight) * mean_x)
    excess = lambda point: sum(u * u for u in place(*point))
    values = [excess(point) for point in points]
    steps = len(points) - 1
    length = max(1, min(max(batches, 32), steps // 2))
    windows = [] if verdict == "diverged" else [(steps - 2 * length, PREVIOUS), (steps - length, LAST)]
    svg = Svg(660, 250)
    left, right, top, bottom = 52, 390, 20, 210
    finite = [max(value, 1e-9) for value in values]
    low = math.floor(math.log10(min([*finite, tolerance]))) if min(finite) > 1e-6 else -6
    high = math.ceil(math.log10(max(finite)) + 0.01)
    at_step = lambda step: left + (right - left) * step / steps
    at_value = lambda value: bottom - (bottom - top) * (math.log10(max(value, 10.0**low)) - low) / (high - low)
    for first, color in windows:
        svg.add("rect", x=f"{at_step(first):.1f}", y=top, width=f"{at_step(first + length) - at_step(first):.1f}", height=bottom - top, fill=color)
    stride = max(1, (high - low) // 5)
    for decade in range(low, high + 1, stride):
        svg.line([(left - 3, at_value(10.0**decade)), (left, at_value(10.0**decade))], INK)
        svg.text(left - 6, at_value(10.0**decade) + 4, f"1e{decade}", "end")
    svg.line([(left, top), (left, bottom), (right, bottom)], INK)
    svg.line([(left, at_value(tolerance)), (right, at_value(tolerance))], FAINT, 1.0, "4 3")
    svg.text(left + 4, at_value(tolerance) - 3, "T", fill=FAINT)
    svg.line([(at_step(step), at_value(value)) for step, value in enumerate(values)], BLUE, 1.2)
    for label, (first, _) in zip(["M′", "M"], windows):
        m = mean(values[first + 1 : first + length + 1])
        svg.line([(at_step(first), at_value(m)), (at_step(first + length), at_value(m))], RED, 1.6)
        svg.text(at_step(first) + 3, at_value(m) - 4, label, fill=RED)
    svg.text((left + right) / 2, bottom + 30, "update", "middle")
    svg.text(left, bottom + 15, "0", "middle")
    svg.text(right, bottom + 15, str(steps), "middle")
    svg.text(left - 40, top - 7, "J − J*")
    if windows:
        phase(svg, [place(*point) for point in points[steps - length + 1 :]])
    svg.write(OUT / f"{name}.svg")


def phase(svg, window):
    """The points of the last window, their mean, and circles of the mean excess and of the excess of the mean point."""
    centre, radius = (540, 115), 88
    m = mean(u * u + v * v for u, v in window)
    mean_point = (mean(u for u, _ in window), mean(v for _, v in window))
    c = sum(u * u for u in mean_point)
    size = max([math.sqrt(m), *(max(abs(u), abs(v)) for u, v in window)]) * 1.05 or 1.0
    at = lambda point: (centre[0] + radius * point[0] / size, centre[1] - radius * point[1] / size)
    for value, color, dash in [(m, RED, ""), (c, INK, "3 2")]:
        svg.add("circle", cx=centre[0], cy=centre[1], r=f"{radius * math.sqrt(value) / size:.1f}", fill="none", stroke=color, stroke_dasharray=dash or "none")
    svg.line([at(point) for point in window], BLUE, 0.6)
    for point in window:
        svg.add("circle", cx=f"{at(point)[0]:.1f}", cy=f"{at(point)[1]:.1f}", r=1.8, fill=BLUE)
    svg.add("circle", cx=f"{at(mean_point)[0]:.1f}", cy=f"{at(mean_point)[1]:.1f}", r=4, fill=INK)
    for offsets in [((-5, -5), (5, 5)), ((-5, 5), (5, -5))]:
        svg.line([(centre[0] + dx, centre[1] + dy) for dx, dy in offsets], RED, 1.6)
    share = c / m if m else 0.0
    svg.text(centre[0], 226, f"last window: drift share C/M = {share:.2f}", "middle")
    svg.text(centre[0], 242, "red circle √M, dashed circle √C, cross: optimum", "middle", FAINT)


def main():
    OUT.mkdir(exist_ok=True)
    for name, expected, batches, bias, training in RUNS:
        with tempfile.TemporaryDirectory() as folder:
            verdict, points = train(pathlib.Path(folder), bias, training)
        if verdict != expected:
            sys.exit(f"{name}: the verdict is {verdict}, not {expected}")
        draw(name, verdict, batches, bias is None, points)
        print(OUT / f"{name}.svg")


if __name__ == "__main__":
    main()
