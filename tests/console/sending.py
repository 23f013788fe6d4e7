"""Files sent to a console in each of the ways that there are."""

from collections.abc import Callable

import pytest
from httpx2 import Response

from tests.console.conftest import Console

Send = Callable[..., Response]


def post(console: Console, content: bytes | str, name: str = "app.csv", **parameters: str) -> Response:
    return console.client.post("/classify", files={"file": (name, content)}, params=parameters)


def put(console: Console, content: bytes | str, name: str = "app.csv", **parameters: str) -> Response:
    return console.client.put("/classify", content=content, params={"name": name, **parameters})


WAYS = pytest.mark.parametrize("send", [post, put], ids=["post", "put"])


def sentence(answer: Response) -> str:
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert list(body) == ["error"]
    assert "--" not in body["error"], "an option of the command line is none of the API"
    return str(body["error"])
