"""How much this process may do at once."""

import os


def count_cores() -> int:
    """The cores that it may use, which in a container are fewer than the machine's."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
