"""Chats of the bot: conversations, links, voice notes, and how somebody who was asked goes on"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

VOICE_NOTES = """
ALTER TABLE voice_note ENABLE ROW LEVEL SECURITY;
ALTER TABLE voice_note FORCE ROW LEVEL SECURITY;
CREATE POLICY voice_note_seen ON voice_note USING (
  (SELECT linli_scope()) = 'system'
  OR ((SELECT linli_scope()) = 'staff' AND EXISTS (SELECT FROM report r WHERE r.id = report_id))
)
"""
ONE_OF_TWO = "num_nonnulls(person_id, desk_id) = 1"


def upgrade() -> None:
    """Reports that were sent before say nothing of the ways in which they can be answered."""
    _conversations()
    _chats()
    op.add_column("signed_in", sa.Column("chat_link_id", sa.Uuid(), nullable=True))
    for name in ("on_the_way_at", "done_at"):
        op.add_column("offer", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    op.add_column("report", sa.Column("reach", sa.ARRAY(sa.Text()), nullable=True))
    op.add_column("report", sa.Column("chat_hash", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_report_chat_hash", "report", ["chat_hash"], postgresql_where=sa.text("chat_hash IS NOT NULL")
    )
    _voice_notes()


def _conversations() -> None:
    op.create_table(
        "conversation",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_conversation")),
    )
    op.create_index(op.f("ix_conversation_used_at"), "conversation", ["used_at"])


def _chats() -> None:
    op.create_table(
        "chat_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("desk_id", sa.Uuid(), nullable=True),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_chat_code")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_chat_code_person_id")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_chat_code_desk_id")),
        sa.ForeignKeyConstraint(["made_by"], ["person.id"], name=op.f("fk_chat_code_made_by")),
        sa.CheckConstraint(ONE_OF_TWO, name=op.f("ck_chat_code_whose")),
    )
    for name in ("person_id", "desk_id", "expires_at"):
        op.create_index(op.f(f"ix_chat_code_{name}"), "chat_code", [name])
    op.create_table(
        "chat_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("desk_id", sa.Uuid(), nullable=True),
        sa.Column("chat_hash", sa.LargeBinary(), nullable=False),
        sa.Column("chat", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chat_link")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_chat_link_person_id")),
        sa.ForeignKeyConstraint(["desk_id"], ["desk.id"], name=op.f("fk_chat_link_desk_id")),
        sa.UniqueConstraint("person_id", name=op.f("uq_chat_link_person_id")),
        sa.UniqueConstraint("desk_id", name=op.f("uq_chat_link_desk_id")),
        sa.CheckConstraint(ONE_OF_TWO, name=op.f("ck_chat_link_whose")),
    )
    op.create_index("ix_chat_link_chat", "chat_link", ["chat_hash"])
    op.create_index(
        "uq_chat_link_chat_person", "chat_link", ["chat_hash"], unique=True,
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )  # fmt: skip


def _voice_notes() -> None:
    op.add_column("photo", sa.Column("message_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_photo_message_id"), "photo", "thread_message", ["message_id"], ["id"])
    op.create_index(op.f("ix_photo_message_id"), "photo", ["message_id"])
    op.create_table(
        "voice_note",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=True),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_voice_note")),
        sa.ForeignKeyConstraint(["report_id"], ["report.id"], name=op.f("fk_voice_note_report_id")),
        sa.ForeignKeyConstraint(["message_id"], ["thread_message.id"], name=op.f("fk_voice_note_message_id")),
    )
    for name in ("report_id", "message_id"):
        op.create_index(op.f(f"ix_voice_note_{name}"), "voice_note", [name])
    op.execute(VOICE_NOTES)
