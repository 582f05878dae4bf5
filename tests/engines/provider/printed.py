"""The sample server that is printed in Voicebox's plan, with a hum in place of its model."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from fastapi import Depends, FastAPI, Header, HTTPException
from tests.fakes import tone

if TYPE_CHECKING:
    from stentor.types import Samples

GENERATE = "/v1/generate"
HUM = tone(0.5)


class Model:
    """Stands where the printed sample server has Qwen3-TTS."""

    device = "cpu"

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    @lru_cache(maxsize=1000)  # noqa: B019  as it is printed
    def generate_voice_clone(self, text: str, prompt: str, language: str, seed: int) -> tuple[Samples, int]:
        self.asked.append((text, json.loads(prompt), language, seed))
        return np.concatenate([HUM] * 2).astype(np.float32), 24_000


def printed(model: Model, path: str = GENERATE, key: str | None = None) -> FastAPI:
    """Build the sample server as it is printed in Voicebox's plan: its plain arguments stand in the query."""
    app = FastAPI()

    async def verify_api_key(x_api_key: str = Header("")) -> None:
        if key and x_api_key != key:
            raise HTTPException(status_code=401, detail="Invalid API key")

    @app.post(path, dependencies=[Depends(verify_api_key)])
    async def generate(
        text: str,
        voice_prompt: dict,  # type: ignore[type-arg]
        language: str = "en",
        seed: int = None,  # type: ignore[assignment]  # noqa: RUF013
    ) -> dict[str, Any]:
        audio, sample_rate = model.generate_voice_clone(text, json.dumps(voice_prompt), language, seed)
        if path == "/":  # the form for Modal
            return {"audio": audio.tolist(), "sample_rate": sample_rate}
        audio_bytes = audio.tobytes()
        return {
            "audio": base64.b64encode(audio_bytes).decode(),
            "sample_rate": sample_rate,
            "dtype": str(audio.dtype),
        }

    if path != "/":

        @app.get("/health")
        async def health() -> dict[str, str]:
            return {"status": "healthy", "model": "Qwen3-TTS-12Hz-1.7B-Base", "device": str(model.device)}

    return app
