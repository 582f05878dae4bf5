"""How forms with files are read, and what is said of one that cannot be."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from stentor.api.form import Form, read_form
from stentor.errors import BodyTooLarge, BodyTooSlow, InvalidRequest, UnreadableBody, UnsupportedMediaType

BOUNDARY = "xYz"
TYPE = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, content: bytes, file_name: str = "") -> bytes:
    said = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name else "")
    return f"--{BOUNDARY}\r\nContent-Disposition: {said}\r\n\r\n".encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


async def read(
    body: bytes, media_type: str = TYPE, *, limit: int = 2**20, piece: int = 2**16, seconds: float = 5
) -> Form:
    pieces = [body[begin : begin + piece] for begin in range(0, len(body), piece)] or [b""]

    async def receive() -> Message:
        if not pieces:
            await asyncio.sleep(9)
        more = len(pieces) > 1
        return {"type": "http.request", "body": pieces.pop(0), "more_body": more}

    headers = [(b"content-type", media_type.encode())]
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    return await read_form(Request(scope, receive), limit, seconds)


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii", exclude_characters='"\\', categories=["L", "N"]), min_size=1),
        st.binary(max_size=300).filter(lambda content: b"--xYz" not in content),
        max_size=8,
    ),
    st.integers(1, 200),
)
async def test_what_was_put_in_comes_out_however_it_arrives(fields: dict[str, bytes], piece: int) -> None:
    body = form(*(part(name, content, "a.wav") for name, content in fields.items()))
    assert (await read(body, piece=piece)).parts == fields


async def test_a_file_and_a_text_are_told_by_their_names() -> None:
    read_ = await read(form(part("audio", b"\0\r\n\xff", "a.wav"), part("reference_text", "Grüße".encode())))
    assert read_.file("audio") == b"\0\r\n\xff"
    assert read_.text("reference_text", 10) == "Grüße"
    assert read_.text("model", 10) == ""
    with pytest.raises(InvalidRequest, match="`sound` is required"):
        read_.file("sound")
    with pytest.raises(InvalidRequest, match="at most 3 characters"):
        read_.text("reference_text", 3)
    with pytest.raises(UnreadableBody, match="not UTF-8"):
        read_.text("audio", 10)


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (b"", "breaks off"),
        (part("audio", b"sound"), "breaks off"),
        (part("audio", b"sound")[:20], "breaks off"),
        (b"RIFF....", "is no form"),
        (form(part("audio", b"1"), part("audio", b"2")), "'audio' is given twice"),
        (form(b"--xYz\r\n\r\nnameless\r\n"), "has no name"),
        (form(b"--xYz\r\nContent-Disposition: form-data\r\n\r\nnameless\r\n"), "has no name"),
        (form(*(part(f"a{number}", b"") for number in range(40))), "more than 32 parts"),
        (form(b"--xYz\r\n" + b"".join(b"X-%d: 1\r\n" % n for n in range(99)) + b"\r\n\r\n"), "is no form"),
        (form(b"--xYz\r\nContent-Disposition: " + b"x" * 10_000 + b"\r\n\r\n\r\n"), "is no form"),
        (form(b"--xYz\r\nno header\r\n\r\n\r\n"), "is no form"),
    ],
)
async def test_what_is_no_form_is_refused(body: bytes, because: str) -> None:
    for piece in (7, 2**16):
        with pytest.raises(UnreadableBody, match=because):
            await read(body, piece=piece)


@pytest.mark.parametrize("media_type", ["multipart/form-data", f"multipart/form-data; boundary={'x' * 300}"])
async def test_a_boundary_must_be_one(media_type: str) -> None:
    with pytest.raises(UnreadableBody, match="boundary"):
        await read(form(), media_type)


@pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded", "audio/wav"])
async def test_other_types_are_refused(media_type: str) -> None:
    with pytest.raises(UnsupportedMediaType, match="reads multipart/form-data, not"):
        await read(b"{}", media_type)


async def test_a_form_is_bounded_in_bytes_and_in_time() -> None:
    with pytest.raises(BodyTooLarge):
        await read(form(part("audio", b"0" * 5000)), limit=4000)

    async def never() -> Message:
        await asyncio.sleep(9)
        raise AssertionError

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-type", TYPE.encode())]}
    with pytest.raises(BodyTooSlow):
        await read_form(Request(scope, never), 4000, 0.05)


@given(st.binary(max_size=400))
async def test_nothing_that_is_sent_does_harm(body: bytes) -> None:
    with suppress(InvalidRequest):
        await read(b"--xYz\r\n" + body, piece=64)
