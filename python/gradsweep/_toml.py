"""Writes Python values as TOML."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import Any


def document(config: Mapping[str, Any]) -> str:
    """A config as TOML text: a table per section, so that the program's messages name lines that a reader finds again."""
    lines = [f"{key(name)} = {value(own)}\n" for name, own in config.items() if not isinstance(own, Mapping)]
    for name, own in config.items():
        if isinstance(own, Mapping):
            lines.append(f"\n[{key(name)}]\n")
            lines.extend(f"{key(inner)} = {value(own[inner])}\n" for inner in own)
    return "".join(lines)


def key(name: object) -> str:
    """A key, quoted unless it is bare."""
    text = str(name)
    is_bare = text.isascii() and text.replace("_", "").replace("-", "").isalnum()
    return text if is_bare else _string(text)


def value(own: Any) -> str:
    """A value. None is Keras' None, which is "none" in a config; a scalar of NumPy is the Python number that it holds."""
    if own is None:
        return '"none"'
    if isinstance(own, bool):
        return "true" if own else "false"
    if isinstance(own, int):
        return str(int(own))
    if isinstance(own, float):
        return ("nan" if math.isnan(own) else "inf" if own > 0 else "-inf") if not math.isfinite(own) else repr(float(own))
    if isinstance(own, (str, os.PathLike)):
        return _string(os.fspath(own))
    if isinstance(own, Mapping):
        return "{ " + ", ".join(f"{key(name)} = {value(inner)}" for name, inner in own.items()) + " }"
    if hasattr(own, "tolist"):
        return value(own.tolist())
    if isinstance(own, (list, tuple, range)):
        return "[" + ", ".join(value(inner) for inner in own) + "]"
    raise TypeError(f"a config has no values of type {type(own).__name__}: write a string, a number, a bool, None, a list or a dict")


def _string(text: str) -> str:
    """A basic string. TOML has the escapes of JSON, and forbids the character DEL too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
