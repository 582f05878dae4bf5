"""The first tables: voices, their samples and prompts, and consents."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    _consents()
    _consented()
    _voices()
    _prompts()
    _samples()


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(35)),
        sa.Column("speaker", sa.Text()),
        sa.Column("statement", sa.Text()),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("recording", sa.String(96)),
        sa.Column("recording_sha256", sa.String(64)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
        sa.UniqueConstraint("recording", name="uq_consents_recording"),
    )
    op.create_index("ix_consents_owner_created_at_id", "consents", ["owner", "created_at", "id"])


def _consented() -> None:
    op.create_table(
        "consented",
        sa.Column("consent_id", sa.String(64), nullable=False),
        sa.Column("sent_sha256", sa.String(64), nullable=False),
        sa.Column("voice_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consent_id"], ["consents.id"], name="fk_consented_consent_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("consent_id", "sent_sha256", "voice_id", name="pk_consented"),
    )


def _voices() -> None:
    op.create_table(
        "voices",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False),
        sa.Column("language", sa.String(35)),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("consent_id", sa.String(64)),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["consent_id"], ["consents.id"], name="fk_voices_consent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_voices"),
        sa.UniqueConstraint("owner", "folded_name", name="uq_voices_owner_folded_name"),
    )
    op.create_index("ix_voices_consent_id", "voices", ["consent_id"])
    op.create_index("ix_voices_owner_created_at_id", "voices", ["owner", "created_at", "id"])


def _prompts() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("voice_id", sa.String(64), nullable=False),
        sa.Column("voice_version", sa.Integer(), nullable=False),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("blob", sa.String(96), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name="fk_prompts_voice_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_prompts"),
        sa.UniqueConstraint("blob", name="uq_prompts_blob"),
        sa.UniqueConstraint(
            "voice_id",
            "voice_version",
            "engine",
            "engine_version",
            name="uq_prompts_voice_id_voice_version_engine_engine_version",
        ),
    )
    op.create_index("ix_prompts_sha256", "prompts", ["sha256"])


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("voice_id", sa.String(64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(96), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("sent_sha256", sa.String(64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("transcript", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["voice_id"], ["voices.id"], name="fk_samples_voice_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_samples"),
        sa.UniqueConstraint("blob", name="uq_samples_blob"),
        sa.UniqueConstraint("voice_id", "position", name="uq_samples_voice_id_position"),
        sa.UniqueConstraint("voice_id", "sent_sha256", name="uq_samples_voice_id_sent_sha256"),
    )
