"""How rough the joins of speech are, against speech itself, and how alike in loudness its pieces."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from tests.e2e.test_joins import LONG, SENTENCE, TEXTS, said, speaking

from stentor.voices.aliases import OPENAI_VOICES


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_all(Path(folder)))


async def _all(folder: Path) -> None:
    async with speaking(folder) as context:
        for speed in (0.5, 1.0, 2.2, 3.5):
            for rate in (8_000, 24_000, 48_000):
                worst, joins = 0.0, 0
                for text in TEXTS.values():
                    spoken = await said(context, text, speed=speed, rate=rate)
                    edges = [edge for piece in spoken.pieces for edge in piece]
                    rough = max(map(spoken.roughness, edges))
                    worst = max(worst, rough / spoken.usual_roughness())
                    joins += len(edges)
                print(f"speed {speed:g}, {rate} Hz: {joins} edges, the roughest {worst:.2f} of speech's p99")
        levels = (await said(context, LONG)).loudness()
        print(f"{len(levels)} sentences of one voice: {max(levels) - min(levels):.1f} dB apart at most")
        text = " ".join(f"[voice:{voice}] {SENTENCE}" for voice in OPENAI_VOICES)
        levels = (await said(context, text)).loudness()
        print(f"one sentence in {len(levels)} voices: {max(levels) - min(levels):.1f} dB apart at most")
