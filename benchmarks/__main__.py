"""`python -m benchmarks [a b c d e f g] [--quick]`: measure, print, keep bench-results.json."""

import argparse
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.growth import growth
from benchmarks.judgement import corpus_folder, judgement, judgement_speed
from benchmarks.pages import pages
from benchmarks.recovery import recovery
from benchmarks.reservations import reservations
from benchmarks.throughput import throughput

RESULTS = Path("bench-results.json")
_CONSOLE = Console(width=None if Console().is_terminal else 120)


def main() -> None:
    """Measure what was asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", help="a b c d e f g; all where none is named")
    parser.add_argument("--quick", action="store_true", help="fewer messages and rounds")
    parser.add_argument("--corpus", type=Path, help="where labelled mail for (f) is")
    chosen = parser.parse_args()
    parts, quick = set(chosen.parts or "abcdefg"), chosen.quick
    results: dict[str, Any] = {}
    if "a" in parts:
        lines = asyncio.run(throughput(1_000 if quick else 4_000, 1 if quick else 3))
        results["throughput"] = [
            asdict(line) | {"to_rendering": line.to_rendering, "to_prebuilt": line.to_prebuilt}
            for line in lines
        ]
    if parts & set("bc"):
        sizes = (1_000, 10_000) if quick else (1_000, 10_000, 100_000)
        results["growth"] = [asdict(cost) for cost in asyncio.run(growth(sizes))]
    if "d" in parts:
        found = asyncio.run(recovery(1 if quick else 3))
        results["recovery"] = [
            {"database": database, "median_seconds": middle, "worst_seconds": worst}
            for database, (middle, worst) in found.items()
        ]
    if "e" in parts:
        results["reservations"] = [asdict(line) for line in reservations()]
    if "f" in parts:
        folder = corpus_folder(chosen.corpus)
        if scores := judgement(folder):
            results["judgement"] = scores
        else:
            _CONSOLE.print(
                f"judgement is not scored: there is no corpus in {folder} (see --corpus)"
            )
        results["judgement speed"] = judgement_speed(1_000 if quick else 10_000)
    if "g" in parts:
        page_times = pages(10_000 if quick else 100_000, 5 if quick else 20)
        results["pages"] = [asdict(line) for line in page_times]
    for title, rows in results.items():
        _print(title, rows)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


def _print(title: str, rows: Sequence[dict[str, Any]]) -> None:
    table = Table(*rows[0], title=title, title_justify="left")
    for row in rows:
        table.add_row(*(_shown(value) for value in row.values()))
    _CONSOLE.print(table)


def _shown(value: object) -> str:
    if not isinstance(value, float):
        return str(value)
    return f"{value:.3f}" if abs(value) <= 1 else f"{value:,.2f}"


if __name__ == "__main__":
    main()
