"""A server that speaks OpenAI's API, well unless it is told otherwise."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from tests.engines.openai.asking import HUM, MODELS, SPEECH
from tests.engines.upstream import Upstream, gives_json, upstream, whole


@pytest.fixture
async def server() -> AsyncIterator[Upstream]:
    async with upstream() as made:
        made.answers(SPEECH, whole(HUM, Content_Type="audio/pcm"))
        made.answers(MODELS, gives_json({"object": "list", "data": []}))
        yield made
