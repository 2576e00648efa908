"""What is kept in memory of the configuration, asked for by several at once."""

import threading

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from backend.kernel.versions import Cached


def asking() -> Session:
    """A session that knows which versions hold."""
    session = Session(create_engine("sqlite://"))
    session.info |= {"versions": {}, "database": "one"}
    return session


def test_who_waits_for_what_another_loads_goes_on_where_that_one_waits_for_them() -> None:
    """The one who loads waits for a row that the other has written: only when the other goes on can it end."""
    loading, gone_on = threading.Event(), threading.Event()

    def load(_session: Session) -> bool:
        if not loading.is_set():
            loading.set()
            return gone_on.wait(20)
        return True

    cached, found = Cached("room", load=load), list[bool]()
    first = threading.Thread(target=lambda: found.append(cached.get(asking())))
    first.start()
    assert loading.wait(20)
    assert cached.get(asking())
    gone_on.set()
    first.join()
    assert found == [True]
