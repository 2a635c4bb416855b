"""Reads the coverage of the last run and refuses it where a room falls below its bar (branches)."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

BAR = 90.0
ROOMS = ("bot", "channels", "handoff")


def main() -> int:
    """Print each room's share of branches taken; 1 when one is below the bar."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        subprocess.run([sys.executable, "-m", "coverage", "json", "-q", "-o", str(report)], check=True)
        files = json.loads(report.read_text("utf-8"))["files"]
    low = 0
    for room in ROOMS:
        taken, branches = _count(files, room)
        share = 100.0 * taken / branches if branches else 100.0
        print(f"branches taken in {room + '/':10} {share:5.1f} % of {branches} (bar {BAR:.0f} %)")
        low += share < BAR
    return 1 if low else 0


def _count(files: dict[str, dict[str, dict[str, int]]], room: str) -> tuple[int, int]:
    summaries = [facts["summary"] for name, facts in files.items() if name.startswith(f"{room}/")]
    return sum(s["covered_branches"] for s in summaries), sum(s["num_branches"] for s in summaries)


if __name__ == "__main__":
    sys.exit(main())
