"""The tables as they are now. `revisions` says how they came to be so; a test holds both together.

Times are in milliseconds since 1970, hashes are SHA-256 in hexadecimal, ids come from `new_id`.
"""

from __future__ import annotations

import secrets

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

consents = Table(
    "consents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", Text, nullable=False, doc="What the owner calls it."),
    Column("language", String(35), doc="BCP-47 tag of the statement."),
    Column("speaker", Text, doc="Whose voice it is, in their own or the owner's words."),
    Column("statement", Text, doc="What was agreed to, word by word."),
    Column("given_at", BigInteger, nullable=False, doc="When the speaker agreed."),
    Column("recording", String(96), unique=True, doc="Blob of the spoken statement."),
    Column("recording_sha256", String(64), doc="Of the file as it was sent."),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "owner", "created_at", "id"),
)
"""That somebody agreed to be imitated."""

voices = Table(
    "voices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("folded_name", Text, nullable=False, doc="The name as it is compared: one of a kind per owner."),
    Column("language", String(35), doc="BCP-47 tag of the samples."),
    Column("version", Integer, nullable=False, doc="Counts changes of the samples, from 1."),
    Column("consent_id", String(64), ForeignKey("consents.id"), doc="A consent in use cannot be deleted."),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    UniqueConstraint("owner", "folded_name"),
    Index(None, "owner", "created_at", "id"),
    Index(None, "consent_id"),
)
"""Voices that were uploaded."""

samples = Table(
    "samples",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("voice_id", String(64), ForeignKey("voices.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False, doc="Its place among the voice's samples, from 0."),
    Column("blob", String(96), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, doc="Of the recording as it is kept."),
    Column("sent_sha256", String(64), nullable=False, doc="Of the file as it was sent."),
    Column("bytes", BigInteger, nullable=False),
    Column("rate", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("transcript", Text),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("voice_id", "position"),
    UniqueConstraint("voice_id", "sent_sha256"),
)
"""Recordings of a voice."""

consented = Table(
    "consented",
    metadata,
    Column("consent_id", String(64), ForeignKey("consents.id", ondelete="CASCADE"), primary_key=True),
    Column("sent_sha256", String(64), primary_key=True),
    Column("voice_id", String(64), primary_key=True, doc="The voice may be gone; this stays."),
    Column("created_at", BigInteger, nullable=False),
)
"""Which samples were used on the strength of which consent."""

prompts = Table(
    "prompts",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("voice_id", String(64), ForeignKey("voices.id", ondelete="CASCADE"), nullable=False),
    Column("voice_version", Integer, nullable=False),
    Column("engine", Text, nullable=False),
    Column("engine_version", Text, nullable=False),
    Column("blob", String(96), nullable=False, unique=True),
    Column("sha256", String(64), nullable=False, index=True, doc="Of the content."),
    Column("bytes", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("voice_id", "voice_version", "engine", "engine_version"),
)
"""What engines made of a voice's samples."""

BLOBS = (samples.c.blob, consents.c.recording, prompts.c.blob)
"""Every column that names a blob; a blob that none of them names is swept away."""


def new_id(kind: str) -> str:
    """Return an id that nobody can guess, such as `voice_3f…`, for a row of its kind."""
    return f"{kind}_{secrets.token_hex(12)}"
