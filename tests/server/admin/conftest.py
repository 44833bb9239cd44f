"""Who looks: an admin's browser, which sends the key as a Basic password."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import pytest

Look = Callable[..., Awaitable[Any]]


@pytest.fixture
def look(server: Any) -> Look:
    """`await look(path)` gets a page as an admin's browser does, `await look(path, {field: text})` sends a form."""

    async def look(path: str, form: dict[str, str] | None = None, by: str = "admin", **headers: str) -> Any:
        said = base64.b64encode(f"anything:{await server.get_key(by)}".encode()).decode()
        sent = {"Authorization": f"Basic {said}", "Accept": "text/html"} | headers
        if form is None:
            return await server.call("GET", path, headers=sent)
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        return await server.call("POST", path, data=urlencode(form).encode(), headers=sent)

    return look
