"""What an answer's headers say of how it was made."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stentor.pipeline.answer import Answer
    from stentor.pipeline.plan import Plan
    from stentor.pipeline.verbatim import VerbatimAnswer

_AUDIO_TOKENS_PER_SECOND = 20


def named(answer: Answer) -> dict[str, str]:
    """Name what was asked for, who speaks, who did not, and what is left out."""
    return {**names_of(answer.plan), **_fallback(answer)}


def named_verbatim(answer: VerbatimAnswer) -> dict[str, str]:
    """Name who speaks a text that was read elsewhere, and who did not."""
    prompt = answer.utterance.prompt
    voice = {"X-Voice-Prompt-Id": prompt.id} if prompt else {"X-Stentor-Voice": answer.utterance.voice.id}
    return {"X-Stentor-Engine": answer.engine.name, **voice, **_fallback(answer)}


def priced(answer: Answer) -> dict[str, str]:
    """Tell what an answer that is complete has cost, if its engine has a price."""
    return costing(answer.attempt.cost)


def foretold(answer: Answer | VerbatimAnswer) -> dict[str, str]:
    """Tell what an answer that has begun will have cost at its end, if that is known."""
    return costing(answer.foretold)


def counted(characters: int, samples: int, rate: int, cost: float | None) -> dict[str, Any]:
    """Count what OpenAI counts, a character of text or 50 ms of audio as a token, and the cost."""
    output = math.ceil(_AUDIO_TOKENS_PER_SECOND * samples / rate)
    tokens = {"input_tokens": characters, "output_tokens": output, "total_tokens": characters + output}
    return tokens if cost is None else {**tokens, "cost": round(cost, 8)}


def costing(cost: float | None) -> dict[str, str]:
    """Tell what an answer costs, if that is known."""
    return {} if cost is None else {"X-Stentor-Cost": f"{cost:.8f}".rstrip("0").rstrip(".")}


def _fallback(answer: Answer | VerbatimAnswer) -> dict[str, str]:
    found = ", ".join(f"{name}: {code}" for name, code in answer.fallback)
    return {"X-Stentor-Fallback": found} if found else {}


def names_of(plan: Plan) -> dict[str, str]:
    """Name what is planned."""
    lead = plan.cast.lead
    headers = {
        "X-Model": plan.request.model,
        "X-Voice": plan.request.voice,
        "X-Stentor-Engine": ", ".join(engine.name for engine in plan.cast.engines),
        "X-Stentor-Voice": lead.voice.id,
        "X-Stentor-Language": lead.rules.language,
    }
    if plan.delivery.seed is not None:
        headers["X-Stentor-Seed"] = str(plan.delivery.seed)
    if plan.warnings:
        headers["X-Stentor-Warning"] = "; ".join(plan.warnings)
    return headers
