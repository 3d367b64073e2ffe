"""The JSON Schema of `gradsweep schema`, checked with a validator: bundled configs are valid, and mistakes that the program refuses are not."""

import json
import subprocess
import tomllib
from pathlib import Path

import gradsweep
import jsonschema
import pytest

CONFIGS = Path(__file__).parent.parent.parent / "configs"
DATA = {"path": "line.csv", "feature": "x", "target": "y"}


@pytest.fixture(scope="session")
def validator():
    printed = subprocess.run([gradsweep.program(), "schema"], capture_output=True, check=True)
    schema = json.loads(printed.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.toml")), ids=lambda path: path.name)
def test_bundled_configs_are_valid(validator, path):
    validator.validate(tomllib.loads(path.read_text()))


def config(**tables):
    return {"data": DATA, **tables}


VALID = [
    config(),
    config(training={"optimizer": {"name": "sgd", "momentum": 0.9, "nesterov": True}}),
    config(training={"batch_size": "full", "clipnorm": "none", "weight_decay": 0.1}),
    config(model={"initial_weight": {"name": "random_normal", "stddev": 0.05}, "loss": "MSE"}),
    config(data={**DATA, "test_size": 40}),
    config(data={**DATA, "train_rows": "0..9", "test_rows": [9, 10]}),
    config(rng={"name": "numpy_legacy", "seed": 2}, model={"initial_weight": 0.5}),
    config(history={"runs": {"best": 2}}),
    config(surface={"weight": {"min": -1, "max": 1.5, "count": 5}}),
    config(sweep={"parameters": {"optimizer": [{"name": "adam", "beta_1": [0.8, 0.9]}, "sgd"]}}),
    config(sweep={"parameters": {"training.learning_rate": {"min": 0.1, "max": 0.2, "step": 0.05}}}),
    config(
        sweep={
            "method": "random",
            "runs": 9,
            "parameters": {
                "momentum": [0, {"min": 0.5, "max": 0.9}],
                "learning_rate": {"distribution": "log_normal", "mu": -4.6, "sigma": 1.0},
                "batch_size": {"values": [4, "full"], "probabilities": [0.5, 0.5]},
            },
        }
    ),
]

WRONG = [
    {},
    config(data={"path": "line.csv", "feature": "x"}),
    config(epochs=3),
    config(training={"epohcs": 3}),
    config(training={"epochs": 0}),
    config(training={"epochs": "3"}),
    config(training={"beta_1": 1.0, "optimizer": "adam"}),
    config(training={"learning_rate": -0.1}),
    config(training={"learning_rate": [0.1]}),
    config(training={"optimizer": "sdg"}),
    config(training={"optimizer": {"name": "sgd", "rho": 0.9}}),
    config(training={"optimizer": ["sgd", "adam"]}),
    config(training={"shuffle": 1}),
    config(model={"loss": "l2"}),
    config(model={"initial_weight": {"name": "zeros", "stddev": 1.0}}),
    config(data={**DATA, "test_size": 1.5}),
    config(data={**DATA, "missing": "ignore"}),
    config(history={"runs": "best"}),
    config(surface={"weight": {"min": 0.0, "max": 1.0}}),
    config(surface={"weight": {"min": 0.0, "max": 1.0, "count": 1}}),
    config(sweep={"method": "bayes"}),
    config(sweep={"parameters": {"learning_rate": 0.1}}),
    config(sweep={"parameters": {"learning_rate": []}}),
    config(sweep={"parameters": {"seed": [1, 2]}}),
    config(sweep={"parameters": {"nesterov": {"min": 0, "max": 1}}}),
    config(sweep={"parameters": {"learning_rate": {"min": 0.1, "max": 1.0, "number": 3}}}),
]


def refusal(own, tmp_path, monkeypatch):
    """The message with which the program refuses a config; None if it accepts it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "line.csv").write_text("x,y\n" + "".join(f"{x},{x}\n" for x in range(60)))
    try:
        gradsweep.run(own, arguments=["--no-plots", "--backend", "cpu"])
    except gradsweep.GradsweepError as error:
        return str(error)


@pytest.mark.parametrize("own", VALID, ids=str)
def test_configs_that_the_program_accepts_are_valid(validator, own, tmp_path, monkeypatch):
    assert refusal(own, tmp_path, monkeypatch) is None
    validator.validate(own)


@pytest.mark.parametrize("own", WRONG, ids=str)
def test_configs_that_the_program_refuses_are_invalid(validator, own, tmp_path, monkeypatch):
    assert refusal(own, tmp_path, monkeypatch)
    assert not validator.is_valid(own)
