"""The installed package: the module, its tables in pandas and Polars, its errors, and a notebook."""

import json
import math
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import gradsweep
import nbformat
import numpy
import polars
import pytest
from gradsweep import _toml
from nbconvert.preprocessors import ExecutePreprocessor

# y = 2x + 1 exactly, so the optimum of each problem is J = 0 at w = 2, b = 1.
ROWS = "x,y\n" + "".join(f"{x},{2 * x + 1}\n" for x in range(-8, 9))
RATES = [0.001, 0.01]


@pytest.fixture
def config(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.csv").write_text(ROWS)
    return {
        "name": "line",
        "data": {"path": "line.csv", "feature": "x", "target": "y"},
        "training": {"optimizer": {"name": "sgd", "momentum": 0.5}, "epochs": 3, "batch_size": "full"},
        "sweep": {"parameters": {"learning_rate": RATES, "training.seed": [1, 2]}},
    }


@pytest.fixture
def sweep(config):
    return gradsweep.run(config, arguments=["--backend", "cpu", "--no-plots"])


def test_a_dict_has_a_run_for_each_combination(sweep, tmp_path):
    assert sweep.directory == tmp_path / "runs" / "line"
    assert sweep.runs.num_rows == 4
    assert sorted(set(sweep.runs["learning_rate"].to_pylist())) == pytest.approx(RATES)
    assert sweep.epochs.num_rows == 4 * 3
    assert repr(sweep) == f"Sweep({str(sweep.directory)!r}, 4 of 4 runs)"


def test_problems_have_the_optimum_of_the_line(sweep):
    problem = sweep.problems.to_pylist()[0]
    assert problem["optimum_weight"] == pytest.approx(2.0)
    assert problem["optimum_bias"] == pytest.approx(1.0)


def test_the_history_is_that_of_gradient_descent_with_momentum(sweep):
    weights = sweep.history(0).to_pandas().sort_values("step")
    x = numpy.arange(-8.0, 9.0)
    y = 2 * x + 1
    w, b = weights["weight"].iloc[0], weights["bias"].iloc[0]
    velocity = numpy.zeros(2)
    rate = sweep.runs.to_pandas().set_index("run")["learning_rate"][0]
    for index in range(1, len(weights)):
        error = w * x + b - y
        velocity = 0.5 * velocity - rate * numpy.array([2 * (error * x).mean(), 2 * error.mean()])
        w, b = w + velocity[0], b + velocity[1]
        assert weights["weight"].iloc[index] == pytest.approx(w, rel=1e-5)
        assert weights["bias"].iloc[index] == pytest.approx(b, rel=1e-5)
    assert len(weights) == 4


def test_a_run_without_history_names_the_replay(sweep):
    with pytest.raises(gradsweep.GradsweepError, match="replay .* --run 99"):
        sweep.history(99)


def test_pandas_and_polars_read_the_tables(sweep):
    assert sweep.runs.to_pandas()["run"].tolist() == [0, 1, 2, 3]
    assert polars.DataFrame(sweep.runs)["run"].to_list() == [0, 1, 2, 3]


def test_the_best_rate_is_the_one_that_ends_lower(sweep):
    best = sweep.best(by="learning_rate").to_pylist()
    runs = sweep.runs.to_pandas()
    lowest = runs.loc[runs["train_loss"].idxmin(), "learning_rate"]
    assert [row["rank"] for row in best] == [1, 2]
    assert float(best[0]["value"]) == pytest.approx(lowest)


def test_a_keyword_overrides_a_key(config):
    arguments = ["--backend", "cpu", "--no-plots"]
    assert gradsweep.run(config, arguments=arguments, training__epochs=5).epochs.num_rows == 4 * 5
    assert gradsweep.run(config, arguments=arguments, **{"training.epochs": 6}).epochs.num_rows == 4 * 6


def test_a_file_has_its_data_next_to_it(config, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "line.csv").write_text(ROWS)
    (folder / "-sweep.toml").write_text(_toml.document(config))
    os.remove(tmp_path / "line.csv")
    for path in (folder / "-sweep.toml", str(folder / "-sweep.toml")):
        sweep = gradsweep.run(path, out=tmp_path / f"out-{type(path).__name__}", arguments=["--no-plots"])
        assert sweep.runs.num_rows == 4
    assert gradsweep.open(sweep.directory).runs.num_rows == 4


def test_an_unknown_key_raises_the_message_of_the_program(config, capfd):
    config["training"]["epohcs"] = 3
    with pytest.raises(gradsweep.GradsweepError, match=r"unknown key `epohcs` in \[training\]") as caught:
        gradsweep.run(config)
    assert "did you mean `epochs`?" in str(caught.value)
    assert caught.value.code == 2
    assert "epohcs" not in capfd.readouterr().err


def test_a_missing_file_raises(tmp_path):
    with pytest.raises(gradsweep.GradsweepError, match="there is no config file"):
        gradsweep.run(tmp_path / "nothing.toml")


def test_a_directory_without_a_sweep_raises(tmp_path):
    with pytest.raises(gradsweep.GradsweepError, match="no manifest.json"):
        gradsweep.open(tmp_path)


def test_notes_of_the_program_are_passed_on(config, capsys):
    gradsweep.run(config, arguments=["--backend", "cpu", "--no-plots"])
    assert capsys.readouterr().err.startswith("backend: cpu")


def test_the_page_of_a_notebook_has_summary_and_report(config):
    sweep = gradsweep.run(config, arguments=["--backend", "cpu"])
    assert sweep.report == sweep.directory / "report.html"
    assert sweep.plots and all(path.suffix == ".png" for path in sweep.plots)
    page = sweep._repr_html_()
    assert page.startswith("<pre>") and "<iframe srcdoc=" in page
    assert "4 runs" in sweep.summary


def test_a_report_is_written_on_demand(sweep):
    assert not (sweep.directory / "report.html").exists()
    assert sweep.report.stat().st_size > 0


@pytest.mark.parametrize(
    "value",
    [True, False, 0, -7, 2**40, 0.1, 1e-300, -1e22, 'a "quoted" \\ text', "é\n\t\x7f\x00", "😀", [], [1, 2], {"a b": [0.5], "c": {"d": "e"}}],
)
def test_toml_is_read_back_unchanged(value):
    read = tomllib.loads(_toml.document({"value": value, "table": {"odd key.": value}}))
    assert read == {"value": value, "table": {"odd key.": value}}
    assert type(read["value"]) is type(value)


def test_toml_of_other_values():
    read = tomllib.loads(
        _toml.document({"none": None, "numpy": numpy.float64(0.5), "int": numpy.int32(3), "array": numpy.array([1.0, 2.0]), "path": Path("a")})
    )
    assert read == {"none": "none", "numpy": 0.5, "int": 3, "array": [1.0, 2.0], "path": "a"}
    assert math.isnan(tomllib.loads(_toml.document({"x": math.nan}))["x"])
    assert tomllib.loads(_toml.document({"x": [math.inf, -math.inf]}))["x"] == [math.inf, -math.inf]
    with pytest.raises(TypeError, match="no values of type set"):
        _toml.value({1})


def test_the_program_is_that_of_the_environment():
    assert gradsweep.program().parent == Path(sys.executable).parent
    assert subprocess.run([gradsweep.program(), "--version"], capture_output=True, text=True).stdout.startswith("gradsweep ")


def test_a_notebook_runs(config, tmp_path):
    code = f"import gradsweep, json\nsweep = gradsweep.run(json.loads({json.dumps(json.dumps(config))}), arguments=['--backend', 'cpu'])"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("sweep")])
    ExecutePreprocessor(timeout=120, kernel_name="python3").preprocess(notebook, {"metadata": {"path": str(tmp_path)}})
    notes = "".join(output.get("text", "") for output in notebook.cells[0].outputs)
    assert "backend: cpu" in notes
    assert "<iframe srcdoc=" in notebook.cells[1].outputs[0]["data"]["text/html"]
