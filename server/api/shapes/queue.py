"""The queue as admins see it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict

JobState = Literal["due", "running", "later", "retrying", "given_up"]


class JobShown(TypedDict):
    id: int
    kind: str
    state: JobState
    subject: Annotated[str, Field(description="What it is about, as the kind names it.")]
    article: Annotated[str | None, Field(description="outlet/item, where it is about one.")]
    language: Annotated[str | None, Field(description="Of the version that is to be made.")]
    priority: Annotated[int, Field(description="The lower, the sooner.")]
    attempts: int
    error: str | None
    run_at: Annotated[datetime, Field(description="Not before that.")]
    created_at: datetime
    given_up_at: datetime | None
    worker: Annotated[str | None, Field(description="Who is at it.")]


class QueueShown(TypedDict):
    counts: Annotated[dict[str, dict[JobState, int]], Field(description="By kind and state.")]
    jobs: list[JobShown]
    next: Annotated[int | None, Field(description="`after` of the next page.")]


class JobsAsked(TypedDict):
    asked: Annotated[int, Field(description="How many run now.")]
