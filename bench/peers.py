"""Row 2: the same work with what people would pick instead, from the registry, with equal durability."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.figure import PYTHON, Figure, at_least, at_most, by_round

PACKAGES = ("huey==3.5.4", "litequeue==0.9", "persist-queue==1.1.0", "sqlalchemy==2.1.9")
NAMES = ("huey", "litequeue", "persist-queue", "SQLAlchemy")
GOALS = {"huey": 0.9, "litequeue": 1.2, "persist-queue": 1.2, "SQLAlchemy": 4}
ROUNDS = 9
SCRIPT = Path(__file__).with_name("one_queue.py")


def measure() -> list[Figure]:
    """Enqueue, take, acknowledge, in one process; then taking behind a backlog; then four processes draining."""
    prepare()
    rates: dict[str, list[float]] = {name: [] for name in ("sparkq", *NAMES)}
    for _ in range(ROUNDS):
        for name, measured in rates.items():
            measured.append(float(_run(name, "rate")["per_second"]))
    best = {name: sorted(measured)[len(measured) // 2] for name, measured in rates.items()}
    figures = [
        at_least(2, f"tasks a second against {name}", best["sparkq"] / best[name], GOALS[name], beside=f"{best['sparkq']:,.0f} against {best[name]:,.0f} ({by_round(rates['sparkq'], rates[name])})")
        for name in NAMES
    ]  # fmt: skip
    behind = {name: float(_run(name, "behind")["seconds"]) for name in ("sparkq", "litequeue")}
    figures.append(
        at_least(2, "a claim behind 50,000 waiting tasks against litequeue", behind["litequeue"] / behind["sparkq"], 100,
                 beside=f"{behind['sparkq'] * 1e6:,.0f} µs against {behind['litequeue'] * 1e6:,.0f} µs")
    )  # fmt: skip
    twice = {name: int(_run(name, "drain")["twice"]) for name in ("sparkq", "persist-queue")}
    beside = f"persist-queue: {twice['persist-queue']} of 2,000"
    return [*figures, at_most(2, "of 2,000 tasks, handed out twice to 4 processes", twice["sparkq"], 0, "", beside)]


def prepare() -> None:
    """The peers' environment, made once."""
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parent.parent)], check=True)
        subprocess.run(
            [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES], check=True
        )


def _run(name: str, what: str) -> dict[str, Any]:
    python = sys.executable if name == "sparkq" else str(PYTHON)
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-") as folder:
        done = subprocess.run([python, str(SCRIPT), name, what, folder], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{name} {what}: {done.stderr[-2000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures
