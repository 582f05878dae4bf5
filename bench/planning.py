"""CPU of planning: a sentence, long texts against short ones, and text that was made to be slow."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.measure import SENTENCE, spread
from stentor.app import build
from stentor.engines.espeak import EspeakEngine
from stentor.pipeline.plan import PlanConfig, Planner
from stentor.pipeline.request import SpeechRequest
from stentor.settings import Settings

ROUNDS, SENTENCES = 9, 20
SHORT, LONG, TAGS = 1_000, 100_000, 50_000

PROSE = (
    "Nobody knew what would happen after the meeting was over.",
    "She opened the window; a strong wind blew the leaves off the old apple tree.",
    "My brother, who reads books in the garden, had not heard a thing.",
    "Every child in the village learned to swim before summer came.",
    "It was late, and the last boat had sailed across the river long ago!",
    "Would they ever return from the city, as they had promised their father?",
    "The president of the company spoke about money for an hour - and then he left.",
    "Rain fell on the roof of the small house near the harbour, and the lights went out one by one.",
)
NUMBERS = (
    "It cost $25.50 in 1984, and 12,345 people (about 50% of them) came at 3:30 pm.",
    '**Dr. Smith** wrote: "We need 5 kg, not 2.5 lb."',
    "See [the page](https://example.com/a?b=c), or write to me@example.com.",
    "On March 3, 2024 the 2nd train left; No. 7 of 12 did not.",
    "# Prices\n\n- tea: £3.20\n- coffee: €4\n\nThey rose by 4.5% in 2023.",
    "Call +1 555 123 4567 before 10 a.m. and say *nothing* to the others.",
)
CHINESE = (
    "今天天气很好，我们一起去公园散步。",
    "他说：“明天会下雨吗？”",
    "没有人知道答案！",
    "春天来了，花都开了；孩子们在河边玩耍，老人坐在树下喝茶。",
    "这本书一共有三百二十页，价格是45元。",
)
SSML = (
    "<s>The quick <emphasis>brown</emphasis> fox.</s>",
    "<prosody rate='110%' pitch='+2st'>Nobody knew</prosody> what would happen.",
    "One <break time='5ms'/> and two, <sub alias='three'>3</sub> and so on.",
    "<say-as interpret-as='digits'>2468</say-as> is <lang xml:lang='fr'>le nombre</lang> &amp; more.",
)
ORDINARY = {"prose": PROSE, "numbers and Markdown": NUMBERS, "Chinese": CHINESE, "SSML": SSML}
HOSTILE = {
    "digits": "1234567890",
    "$": "$",
    "((((": "(" * 999 + "a",
    "1:": "1:",
    "1,": "1,",
    "a1": "a1",
    "a.": "a.",
    "<": "<",
    "*": "*" * 999 + "a",
    "[": "[" * 999 + "a",
    "[pause:": "[pause:",
    "[voice:nova]": "[voice:nova]a",
    "http://": "http://",
    "a@": "a@",
    "marks on a letter": "a" + "\u0301" * 49,
    "right-to-left marks": "a\u202e",
    "emoji": "👩\u200d🚀",
    "letters of two scripts": "aб",
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        planner = build(
            Settings(
                speech=PlanConfig(max_text_length=LONG),
                engines={"espeak": EspeakEngine.Config()},
                data_dir=Path(folder),
            )
        ).planner
        asyncio.run(_all(planner))


async def _all(planner: Planner) -> None:
    for text in (SENTENCE, NUMBERS[0]):
        rounds = [1000 * await cpu(planner, [text] * SENTENCES) / SENTENCES for _ in range(ROUNDS)]
        print(f"a sentence of {len(text)} characters: {spread(rounds)} ms")
    plain = 0.0
    for name, (short, long) in texts().items():
        each, ratio = await compared(planner, short, long, ROUNDS if name in ORDINARY else 3)
        plain = plain or each
        print(
            f"{name}: {each:.2f} us a character of {SHORT:,}, {each / plain:.1f} times plain prose; "
            f"ratio at {LONG:,} {ratio}",
            flush=True,
        )


def texts() -> dict[str, tuple[list[str], str]]:
    """Return, by a name for them, short texts, and a long one of the same."""
    made: dict[str, tuple[list[str], str]] = {}
    for name, sentences in ORDINARY.items():
        paragraphs = list(made_of(sentences))
        made[name] = (paragraphs, "\n\n".join(paragraphs)[:LONG])
        if sentences is SSML:
            marked = [f"<p>{paragraph}</p>" for paragraph in paragraphs]
            made[name] = ([f"<speak>{each}</speak>" for each in marked], f"<speak>{''.join(marked)}</speak>")
    for name, piece in HOSTILE.items():
        long = (piece * (LONG // len(piece) + 1))[:LONG]
        made[name] = ([long[:SHORT]] * (LONG // SHORT), long)
    tags = "<s>a</s>"
    made[f"SSML of {TAGS:,} tags"] = (
        [f"<speak>{tags * (SHORT // len(tags))}</speak>"] * (LONG // SHORT),
        f"<speak>{tags * (TAGS // 2)}</speak>",
    )
    return made


async def compared(planner: Planner, short: Sequence[str], long: str, rounds: int) -> tuple[float, str]:
    """Return the microseconds that a character costs in short texts, and that of a long one against it."""
    each, ratios = [], []
    for _ in range(rounds):
        one = await cpu(planner, short) / sum(map(len, short))
        other = await cpu(planner, [long]) / len(long)
        each.append(1e6 * one)
        ratios.append(other / one)
    return statistics.median(each), spread(ratios)


async def cpu(planner: Planner, texts: Sequence[str]) -> float:
    """Return the CPU seconds of planning texts down to their last line, none of which is kept."""
    gc.collect()
    began = time.process_time()
    for text in texts:
        plan = await planner.plan(SpeechRequest(text, "tts-1", "alloy"))
        for _ in plan.lines():
            pass
    return time.process_time() - began


def made_of(sentences: Sequence[str]) -> Iterator[str]:
    """Write paragraphs of some 1,000 characters, each of the sentences in another order."""
    order = random.Random(1)
    for _ in range(LONG // SHORT):
        paragraph: list[str] = []
        while sum(map(len, paragraph)) < SHORT - 100:
            paragraph.append(order.choice(sentences))
        yield " ".join(paragraph)
