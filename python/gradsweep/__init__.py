"""Trains every run of a hyperparameter sweep of one neuron in parallel, and reads the results as Arrow tables.

    import gradsweep

    sweep = gradsweep.run("sweep.toml", training__epochs=50)
    sweep.runs.to_pandas()          # a row per run
    sweep.best(by="optimizer")      # the ranking of `gradsweep compare`
    sweep                           # in a notebook: the summary and the report

The module calls the program `gradsweep`, which the same package installs. Names, defaults and bounds of config keys are those of the program.
"""

from ._program import GradsweepError, program
from ._sweep import Sweep, open, run

__all__ = ["GradsweepError", "Sweep", "open", "program", "run"]
