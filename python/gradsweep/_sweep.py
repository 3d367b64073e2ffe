"""A sweep: trained by the program, read from its run directory."""

from __future__ import annotations

import html
import json
import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.dataset

from . import _toml
from ._program import GradsweepError, call


def run(
    config: str | os.PathLike[str] | Mapping[str, Any],
    *,
    out: str | os.PathLike[str] | None = None,
    arguments: Sequence[str] = (),
    **set: Any,
) -> Sweep:
    """Trains a sweep and returns its results.

    `config` is the path of a TOML file, or a dict with the same keys; a data path in a dict is relative to the current directory. `out` is
    the directory of the results, by default runs/<name>. A keyword overrides a key of the config, as `--set` does: `training__epochs=50` or
    `**{"training.epochs": 50}`. `arguments` are further arguments of `gradsweep run`, for example `["--backend", "cpu"]`.

    Raises GradsweepError with the message of the program.
    """
    text = _toml.document(config) if isinstance(config, Mapping) else None
    # An absolute path cannot be mistaken for an argument, nor a file named "-" for standard input.
    command = ["run", "-" if isinstance(config, Mapping) else os.path.abspath(config), "--json"]
    if out is not None:
        command.append(f"--out={os.fspath(out)}")
    for name, own in set.items():
        command.append(f"--set={name.replace('__', '.')}={_toml.value(own)}")
    command += arguments
    result = call(command, text)
    return Sweep(result["directory"])


def open(directory: str | os.PathLike[str]) -> Sweep:
    """A sweep that was trained earlier, from its run directory."""
    return Sweep(directory)


class Sweep:
    """The results of a sweep. Tables are read from the run directory at each access."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        #: The run directory.
        self.directory = Path(directory).absolute()
        if not (self.directory / "manifest.json").is_file():
            raise GradsweepError(f"{self.directory} has no manifest.json, so it holds no sweep; give a directory that `gradsweep run` has written")

    @property
    def manifest(self) -> dict[str, Any]:
        """The contents of manifest.json: the resolved config, the backend, counts and times."""
        manifest: dict[str, Any] = json.loads((self.directory / "manifest.json").read_text(encoding="utf-8"))
        return manifest

    @property
    def runs(self) -> pyarrow.Table:
        """A row per run: its settings, its end and its verdict."""
        return self._dataset("runs").to_table()

    @property
    def epochs(self) -> pyarrow.Table:
        """A row per run and recorded epoch."""
        return self._dataset("epochs").to_table()

    @property
    def problems(self) -> pyarrow.Table:
        """A row per problem, with its optimum."""
        return self._dataset("problems").to_table()

    def history(self, run: int) -> pyarrow.Table:
        """The recorded weights and biases of one run."""
        run = int(run)
        table = self._dataset("history").to_table(filter=pyarrow.dataset.field("run") == run)
        if table.num_rows == 0:
            raise GradsweepError(f"{self.directory} has no history of run {run}; `gradsweep replay {self.directory} --run {run}` computes it")
        return table

    def best(self, by: str) -> pyarrow.Table:
        """The values of a hyperparameter, ranked by their best settings: the table of `gradsweep compare`, a row per value."""
        rows = call(["compare", str(self.directory), f"--by={by}", "--no-plots", "--json"])["rows"]
        return pyarrow.Table.from_pylist([{**row, "value": str(row["value"])} for row in rows])

    @cached_property
    def summary(self) -> str:
        """The diagnosis in words, as `gradsweep run` prints it."""
        return str(call(["summary", str(self.directory)]))

    @property
    def plots(self) -> list[Path]:
        """The pictures in the run directory that are PNG files."""
        return sorted((self.directory / "plots").glob("*.png"))

    @property
    def report(self) -> Path:
        """The HTML report, which is written if it does not exist."""
        path = self.directory / "report.html"
        if not path.is_file():
            call(["report", str(self.directory)])
        return path

    def __repr__(self) -> str:
        counts = self.manifest["counts"]
        return f"Sweep({str(self.directory)!r}, {counts['runs_done']} of {counts['runs']} runs)"

    def _repr_html_(self) -> str:
        """The summary and, in a frame of its own, the report."""
        page = html.escape(self.report.read_text(encoding="utf-8"), quote=True)
        return f'<pre>{html.escape(self.summary)}</pre><iframe srcdoc="{page}" style="width:100%;height:800px;border:0"></iframe>'

    def _dataset(self, table: str) -> pyarrow.dataset.Dataset:
        """A table of the run directory: one file, or a folder of parts in an unfinished sweep and in histories."""
        for path in (self.directory / f"{table}.parquet", self.directory / table):
            if path.exists():
                return pyarrow.dataset.dataset(path, format="parquet")
        raise GradsweepError(f"{self.directory} has no table {table}")
