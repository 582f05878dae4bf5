"""The pages that document the API need nothing from anywhere else."""

from __future__ import annotations

import re

import pytest

from tests.api.inprocess import client_of, make_api
from tests.fakes import ScriptedEngine


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
async def test_all_that_a_page_loads_comes_from_this_server(page: str) -> None:
    async with client_of(make_api(ScriptedEngine())) as client:
        answer = await client.get(page)
        assert answer.status_code == 200
        loaded = re.findall(r"""(?:src|href)=["']([^"']+)""", answer.text)
        assert len(loaded) >= 2
        for address in loaded:
            assert address.startswith("/"), address
            part = await client.get(address)
            assert part.status_code == 200
            assert len(part.content) > 1000
        assert "/openapi.json" in answer.text
