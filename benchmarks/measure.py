"""Wall and CPU seconds, medians, and tables for people."""

import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds: on the clock, and of all cores together."""

    wall: float
    cpu: float


def measure(run: Callable[[], object]) -> Cost:
    """What one run in this process costs."""
    time.sleep(0.5)  # OpenMP's threads spin a while after their last work
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def alternate(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, Cost]:
    """Run all in turn, `rounds` times; of each the medians."""
    costs: dict[str, list[Cost]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            costs[name].append(measure(run))
    return {name: take_median(of) for name, of in costs.items()}


def take_median(costs: Sequence[Cost]) -> Cost:
    return Cost(statistics.median(one.wall for one in costs), statistics.median(one.cpu for one in costs))


def print_table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A Markdown table."""
    for row in (head, ["---"] * len(head), *rows):
        print("|", " | ".join(str(cell) for cell in row), "|", flush=True)


def name_machine(cores: int) -> str:
    """Kind of processor and number of cores, for the reader of a result."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return f"{cores} core{'s' * (cores > 1)} of {model or platform.machine()}, Python {platform.python_version()}"
