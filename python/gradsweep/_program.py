"""Finds and calls the program `gradsweep`."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import threading
from pathlib import Path
from typing import Any, Sequence


class GradsweepError(Exception):
    """A failure of the program, with its message.

    `code` is its exit code: 1 for a failure at run time, 2 for a wrong config or argument; None if the program did not start or did not end
    by itself.
    """

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


def program() -> Path:
    """The path of the program: next to the interpreter, in a folder of scripts of this installation, or on PATH."""
    name = "gradsweep" + (sysconfig.get_config_var("EXE") or "")
    # `pip install --user` and `pip install --target` have script folders of their own.
    folders = [
        Path(sys.executable).parent,
        Path(sysconfig.get_path("scripts")),
        Path(sysconfig.get_path("scripts", sysconfig.get_preferred_scheme("user"))),
        Path(__file__).resolve().parent.parent / "bin",
    ]
    for folder in folders:
        if os.access(folder / name, os.X_OK):
            return folder / name
    found = shutil.which(name)
    if found is None:
        raise GradsweepError(f"the program {name} is neither in {folders[0]} nor on PATH; install it with `pip install gradsweep`")
    return Path(found)


def call(arguments: Sequence[str], text: str | None = None) -> Any:
    """Calls the program, passes its notes on to `sys.stderr`, and returns the JSON that it prints, or its text.

    `text` is its standard input. An interrupt is passed on to the program, which stores the finished runs before it ends.
    """
    try:
        process = subprocess.Popen(
            [str(program()), *arguments],
            stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
            # Notebooks ask for colours by CLICOLOR_FORCE; a message of an exception has none.
            env={**os.environ, "NO_COLOR": "1"},
        )
    except OSError as error:
        raise GradsweepError(f"cannot start {program()}: {error}") from error
    notes: list[str] = []
    listener = threading.Thread(target=_forward, args=(process, notes), daemon=True)
    writer = threading.Thread(target=_write, args=(process, text), daemon=True)
    listener.start()
    writer.start()
    assert process.stdout is not None
    try:
        output = process.stdout.read()
        code = process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        raise
    finally:
        process.stdout.close()
    listener.join()
    writer.join()
    if code != 0:
        message = "".join(notes).strip()
        raise GradsweepError(message or f"{program()} ended with exit code {code}", code if code > 0 else None)
    return json.loads(output) if "--json" in arguments else output


def _forward(process: subprocess.Popen[str], notes: list[str]) -> None:
    """Collects the lines of stderr. A note is written to `sys.stderr` at once, an error is left to the exception."""
    assert process.stderr is not None
    is_error = False
    for line in process.stderr:
        notes.append(line)
        # The message of a failure is the last thing that the program prints.
        is_error = is_error or line.startswith("error")
        if not is_error:
            sys.stderr.write(line)
            sys.stderr.flush()
    process.stderr.close()


def _write(process: subprocess.Popen[str], text: str | None) -> None:
    """Writes the standard input. The program may end before it has read it."""
    if process.stdin is None or text is None:
        return
    try:
        process.stdin.write(text)
        process.stdin.close()
    except OSError:
        pass
