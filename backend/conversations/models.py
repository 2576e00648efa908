"""Where the conversations of the bot lie."""

from datetime import datetime

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from backend.kernel.database import Base


class Conversation(Base):
    """How far a conversation with the bot has come, sealed by the bot itself: nobody here can read it.

    ``key`` is the bot's keyed hash of whom it talks with. ``version`` rises with each change, so that of two
    processes that change it at once one learns that it was slower.
    """

    __tablename__ = "conversation"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    version: Mapped[int]
    used_at: Mapped[datetime] = mapped_column(index=True)
