"""An hour in which callbacks fail in every way, by a clock that the test moves: nothing is lost, nobody is hammered."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

ITEMS = 8
EVERY = timedelta(minutes=7)
HOUR = timedelta(hours=1)
LONGEST = 1_200
HEADLINES = [f"The ministers of {number + 2} countries will meet in the capital on Friday" for number in range(ITEMS)]
TROUBLES = {
    "healthy": 204,
    "broken": 500,
    "redirects": (301, {"Location": "/other"}),
    "busy": (429, {"Retry-After": "900"}),
    "resets": "reset",
    "hangs": 204,  # after the first time
    "gone": 410,
}


@dataclass
class Trial:
    """One server, a subscription of each kind, and when each was tried."""

    server: Any
    newsroom: Any
    sinks: dict[str, Any]
    times: dict[str, list[datetime]] = field(default_factory=lambda: {name: [] for name in TROUBLES})

    async def note_times(self) -> None:
        await self.server.settle()
        for name, sink in self.sinks.items():
            self.times[name] += [self.server.clock.now] * (len(sink.pushes) - len(self.times[name]))

    async def go_to(self, moment: datetime) -> None:
        left = (moment - self.server.clock.now).total_seconds()
        await self.newsroom.pass_time(seconds=max(0.0, left) + 0.001)
        await self.note_times()

    async def go_on_until(self, end: datetime) -> None:
        """From one moment at which something is tried again to the next."""
        while self.server.clock.now < end:
            due = [one for one in await self.list_due() if self.server.clock.now < one < end]
            await self.go_to(min(due, default=end))

    async def list_due(self) -> list[datetime]:
        listed = await self.newsroom.list()
        return [datetime.fromisoformat(one["next_attempt"]) for one in listed if one["next_attempt"]]

    async def find(self, name: str) -> Any:
        (found,) = [one for one in await self.newsroom.list() if one["address"].startswith(self.sinks[name].base)]
        return found


@pytest.fixture
async def trial(start, config, make_sink, make_newsroom):
    patience = {"timeout_seconds": 3, "retry_min_seconds": 60, "retry_max_seconds": LONGEST}
    delivery = config.delivery.model_copy(update=patience)
    server = await start(config=config.model_copy(update={"delivery": delivery}))
    sinks = {name: await make_sink() for name in TROUBLES}
    for name, sink in sinks.items():
        await make_newsroom(server, sink).subscribe()
        sink.usual = TROUBLES[name]
    sinks["hangs"].answers = ["hang"]
    return Trial(server, make_newsroom(server, sinks["healthy"]), sinks)


async def test_an_hour_of_every_trouble(trial):
    begun, sinks = trial.server.clock.now, trial.sinks
    for number, headline in enumerate(HEADLINES):
        await trial.go_on_until(begun + number * EVERY)
        assert (await trial.server.push(f"item-{number}", headline=headline)).status == 201
        await sinks["healthy"].wait_for(number + 1)
        if number == 0:
            assert (await trial.find("hangs"))["failures"] == 0, "the healthy one waits for no other: this still hangs"
        await trial.note_times()
    await trial.go_on_until(begun + HOUR)
    for name in ("broken", "redirects", "resets"):
        check_patience(trial.times[name])
    pauses = list_pauses(trial.times["busy"])
    assert 3 <= len(pauses) <= 4
    assert all(pause >= 900 for pause in pauses), "it said when"
    for sink in sinks.values():
        sink.usual = 204
    await trial.go_on_until(max(await trial.list_due()) + timedelta(seconds=1))
    for name, sink in sinks.items():
        titles = [title for push in sink.taken for title in reversed(push.titles)]
        assert titles == ([] if name == "gone" else HEADLINES), name
        assert {push.path for push in sink.pushes} == {"/callback"}, "a redirect was followed"
    assert len(sinks["healthy"].pushes) == ITEMS
    assert len(sinks["hangs"].pushes) == len(sinks["hangs"].taken) + 1
    assert len(sinks["gone"].pushes) == 1
    assert sorted(one["state"] for one in await trial.newsroom.list()) == ["gone"] + ["live"] * 6


def check_patience(tries: list[datetime]) -> None:
    """60, 120, 240, 480, 960, 1200 … seconds, up to a fifth longer: seven tries in the hour, however much is pushed."""
    pauses = list_pauses(tries)
    wanted = [min(60 * 2**number, LONGEST) for number in range(len(pauses))]
    assert 6 <= len(tries) <= 7, pauses
    assert all(least <= pause <= least * 1.21 for pause, least in zip(pauses, wanted, strict=True)), pauses


def list_pauses(tries: list[datetime]) -> list[float]:
    return [(later - before).total_seconds() for before, later in pairwise(tries)]
