"""Operations that stand before FastAPI are routed and documented as if they stood in it."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from stentor.api.operations import Operation, install
from stentor.errors import NothingToSpeak
from tests.api.inprocess import assert_envelope, client_of


class Body(BaseModel):
    """What the operation reads."""

    word: str


async def echo(request: Request) -> Response:
    """Say it back.

    Whatever it is.
    """
    said = (await request.body()).decode()
    if not said:
        raise NothingToSpeak
    return PlainTextResponse(f"{said} {request.app.state.context}")


@pytest.fixture
def api() -> FastAPI:
    made = FastAPI()
    made.state.context = "and the context"
    install(made, [Operation("/echo", echo, Body, {}, {"description": "The word."}, (400, 503))])
    return made


async def test_a_post_reaches_the_operation_with_its_application(api: FastAPI) -> None:
    async with client_of(api) as client:
        answer = await client.post("/echo?a=b", content="hello")
    assert (answer.status_code, answer.text) == (200, "hello and the context")


async def test_its_errors_are_answered(api: FastAPI) -> None:
    async with client_of(api) as client:
        assert_envelope(await client.post("/echo"), 400, "nothing_to_speak", "input")


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/echo", 405), ("POST", "/echoes", 404), ("POST", "/docs", 405)]
)
async def test_everything_else_goes_the_usual_way(api: FastAPI, method: str, path: str, status: int) -> None:
    async with client_of(api) as client:
        answer: httpx.Response = await client.request(method, path)
    assert answer.status_code == status
    if path == "/echo":
        assert answer.headers["allow"] == "POST"


async def test_it_is_documented(api: FastAPI) -> None:
    async with client_of(api) as client:
        document = (await client.get("/openapi.json")).json()
    told = document["paths"]["/echo"]["post"]
    assert told["summary"] == "Say it back"
    assert told["description"] == "Whatever it is."
    assert told["operationId"] == "echo"
    assert set(told["responses"]) == {"200", "400", "503"}
    reference = told["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference == "#/components/schemas/Body"
    assert document["components"]["schemas"]["Body"]["properties"]["word"]
    assert "get" not in document["paths"]["/echo"]
