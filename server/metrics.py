"""What is counted while a process works, for Prometheus: its instruments, in a registry of their own.

Labels take few values, whatever callers send: templates of routes, languages and engines of the configuration, names of
checks. No label names an outlet, an article or a key. What is a state of the database is asked for when somebody looks
(server/gauges).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    PlatformCollector,
    ProcessCollector,
)

OTHER = "other"  # instead of a route or method that is none of ours
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
FEED_ROUTE = "/feeds/{channel}/{language}.{format}"  # what the fast path answers
PUSH_OUTCOMES = ("created", "changed", "unchanged", "late", "killed", "refused", "failed")
FEED_SOURCES = ("ready", "kept", "confirmed", "rendered")
DELIVERY_RESULTS = ("delivered", "heartbeat", "failed", "refused", "gone", "denied")
POLL_RESULTS = ("read", "unchanged", "failed", "gone")

QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)  # seconds: what somebody waits for
SLOW = (0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300)  # seconds: work in the background


@dataclass(frozen=True, slots=True)
class Metrics:
    """The instruments of one process: labels are told in `make_metrics`, meanings in the help of each."""

    registry: CollectorRegistry
    requests: Counter
    request_seconds: Histogram
    requests_open: Gauge
    feeds: Counter
    pushes: Counter
    jobs_done: Counter
    job_failures: Counter
    job_seconds: Histogram
    translations: Counter
    sentences: Counter
    translation_seconds: Histogram
    held: Counter
    deliveries: Counter
    polls: Counter
    write_wait: Histogram
    write_seconds: Histogram
    lag: Histogram

    def note_write(self, waited: float, took: float) -> None:
        """A write transaction: seconds until it could begin, and from then to its end."""
        self.write_wait.observe(waited)
        self.write_seconds.observe(took)

    def note_held(self, checks: Iterable[str]) -> None:
        """A machine version is held; each check counts once, and "none" where no check is the reason."""
        for check in sorted(set(checks)) or ["none"]:
            self.held.labels(check).inc()

    def note_fast_answers(self, counts: Iterable[tuple[tuple[str, int], int]]) -> None:
        """Answers of the fast path since the last time: ((method, status), how many)."""
        for (method, status), number in counts:
            self.requests.labels(FEED_ROUTE, method, status).inc(number)
            self.feeds.labels("ready").inc(number)


def make_metrics() -> Metrics:
    """New instruments, all at zero, with those of the process itself."""
    registry = CollectorRegistry()

    def counter(name: str, said: str, labels: Sequence[str]) -> Counter:
        return Counter(f"karvan_{name}", said, labels, registry=registry)

    def histogram(name: str, said: str, buckets: Sequence[float], labels: Sequence[str] = ()) -> Histogram:
        return Histogram(f"karvan_{name}", said, labels, registry=registry, buckets=buckets)

    made = Metrics(
        registry,
        requests=counter("http_requests", "Requests answered", ["route", "method", "status"]),
        request_seconds=histogram(
            "http_request_duration_seconds",
            "From the request's head to the end of the answer; without the fast path, streams and long polls",
            QUICK,
            ["route", "method"],
        ),
        requests_open=Gauge(
            "karvan_http_requests_open", "Requests that are being answered, streams among them", registry=registry
        ),
        feeds=counter(
            "feed_answers",
            "Where feeds came from: ready bytes (fast path), kept, kept and confirmed by the database, rendered anew",
            ["source"],
        ),
        pushes=counter("pushes", "Articles, versions and kills that outlets handed in", ["outcome"]),
        jobs_done=counter("jobs_done", "Jobs that a step was through with; they may have failed", ["kind"]),
        job_failures=counter("job_failures", "Attempts that failed, and whether another follows", ["kind", "outcome"]),
        job_seconds=histogram("job_batch_duration_seconds", "Jobs done together", SLOW, ["kind"]),
        translations=counter("translations", "Texts translated, a leg each", ["source", "target", "engine", "outcome"]),
        sentences=counter(
            "translation_sentences", "Sentences, by who translated them", ["source", "target", "engine", "by"]
        ),
        translation_seconds=histogram(
            "translation_batch_duration_seconds", "Texts of one direction together", SLOW, ["source", "target"]
        ),
        held=counter("versions_held", "Machine versions held for an editor, by check; one may fail several", ["check"]),
        deliveries=counter("deliveries", "Attempts to deliver", ["result"]),
        polls=counter("source_polls", "Sources polled", ["result"]),
        write_wait=histogram("database_write_wait_seconds", "Until a write transaction could begin", QUICK),
        write_seconds=histogram("database_write_duration_seconds", "Write transactions, the disk included", QUICK),
        lag=histogram("event_loop_lag_seconds", "How much later than asked the event loop wakes up", QUICK),
    )
    Info("karvan_build", "What runs", registry=registry).info({"version": version("karvan")})
    for family, values in (
        (made.feeds, FEED_SOURCES),
        (made.pushes, PUSH_OUTCOMES),
        (made.deliveries, DELIVERY_RESULTS),
        (made.polls, POLL_RESULTS),
    ):
        for value in values:
            family.labels(value)
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    GCCollector(registry=registry)
    return made
