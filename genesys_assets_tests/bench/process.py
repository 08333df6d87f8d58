"""Measuring in a process of its own, so that nothing measured before weighs in.

On Linux a process begins with the peak memory of the one that started it; so the processes that start
others here are themselves small.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


class BrokenError(RuntimeError):
    """A measurement ended without a result."""


def measure(module: str, arguments: Mapping[str, Any], *, cwd: Path | None = None, **env: str) -> Any:
    """Run ``module`` of this package in a fresh process with ``arguments``; what it answered.

    Raises:
        BrokenError: the process failed.
    """
    command, settings = _call(module, arguments, cwd, env)
    done = subprocess.run(command, **settings, stdout=subprocess.PIPE, check=False, text=True)
    if done.returncode or not done.stdout:
        raise BrokenError(f"{module}: its process ended with {done.returncode}; what it said stands above")
    return json.loads(done.stdout.splitlines()[-1])


def started(module: str, arguments: Mapping[str, Any], **env: str) -> subprocess.Popen[str]:
    """The same, but begun only; it can be talked with."""
    command, settings = _call(module, arguments, None, env)
    return subprocess.Popen(command, **settings, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _call(
    module: str, arguments: Mapping[str, Any], cwd: Path | None, env: Mapping[str, str]
) -> tuple[list[str], dict[str, Any]]:
    command = [sys.executable, "-m", f"{__package__}.{module}", json.dumps(dict(arguments))]
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return command, {"cwd": cwd or _ROOT, "env": {**os.environ, "PYTHONPATH": path, **env}}


def answer(run: Callable[..., Any]) -> None:
    """The other end of :func:`measure`: call ``run`` with the arguments given, print what it returns."""
    print(json.dumps(run(**json.loads(sys.argv[1]))))


def peak_mb() -> float:
    """The most memory that this process has held so far, in MB (resident set)."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def note(text: str) -> None:
    """Tell how it goes, beside the results."""
    print(f"  {text}", file=sys.stderr, flush=True)
