"""What there is: models and voices, in every shape that callers look for."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from stentor.api.answers import ModelList, ModelObject, VoiceList, VoiceObject
from stentor.api.context import ContextDep
from stentor.api.documented import answers
from stentor.errors import NotFound, UnknownVoice, quoted
from stentor.voices.catalog import ListedVoice, Model

router = APIRouter(prefix="/v1", tags=["models and voices"])

_MODELS = answers(ModelList, "The models.")
_MODEL = answers(ModelObject, "The model.", 404)
_VOICES = answers(VoiceList, "The voices.")
_VOICE = answers(VoiceObject, "The voice.", 404)
_CREATED = 1_763_596_800  # the project's first day; an engine has no other date to tell


@router.get("/models", summary="List the models", response_model=None, responses=_MODELS)
@router.get("/audio/models", summary="List the models", response_model=None, responses=_MODELS)
async def models(context: ContextDep) -> dict[str, Any]:
    """List the models: OpenAI's names for the default engine, and each engine by its own."""
    return {"object": "list", "data": [_model(model) for model in context.catalog.models()]}


@router.get("/models/{model}", summary="Describe one model", response_model=None, responses=_MODEL)
async def model(model: str, context: ContextDep) -> dict[str, Any]:
    """Describe one model."""
    for known in context.catalog.models():
        if known.id == model:
            return _model(known)
    raise NotFound(f"There is no model {quoted(model)} here.", param="model")


@router.get("/audio/voices", summary="List the voices", response_model=None, responses=_VOICES)
async def voices(context: ContextDep) -> dict[str, Any]:
    """List the voices: OpenAI's names, then each engine's own."""
    return {
        "voices": [_voice(listed) async for listed in context.catalog.listing()],
        "uploaded_voices": [],
    }


@router.get("/audio/voices/{voice_id}", summary="Describe one voice", response_model=None, responses=_VOICE)
async def voice(voice_id: str, context: ContextDep) -> dict[str, Any]:
    """Describe one voice."""
    try:
        return _voice(await context.catalog.describe(voice_id))
    except UnknownVoice as error:
        raise NotFound(error.message, param="voice_id") from error


def _model(model: Model) -> dict[str, Any]:
    abilities = model.engine.capabilities
    return {
        "id": model.id,
        "object": "model",
        "created": _CREATED,
        "owned_by": model.engine.name,
        "capabilities": {
            "languages": abilities.languages,
            "sample_rate": abilities.sample_rate,
            "speed": abilities.speed,
            "instructions": abilities.instructions,
            "seed": abilities.seed,
            "styles": abilities.styles,
            "pitch": abilities.pitch,
            "emphasis": abilities.emphasis,
            "phonemes": abilities.phonemes,
            "marks": abilities.marks,
            "cloning": abilities.cloning,
            "longest_utterance": abilities.longest_utterance,
        },
        "licence": abilities.licence,
    }


def _voice(listed: ListedVoice) -> dict[str, Any]:
    return {
        "id": listed.id,
        "voice_id": listed.id,
        "name": listed.voice.name,
        "engine": listed.engine.name,
        "speaks_as": listed.voice.id,
        "languages": listed.voice.languages,
        "preview_url": None,
    }
