"""The queries that run now, and the watch over their clients: one that cancels or goes away has its query killed."""

from __future__ import annotations

import select
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from deploy.local.clickhouse.errors import Code, ServerError
from deploy.local.clickhouse.log import log
from deploy.local.clickhouse.packets import FromClient

_LOOK_EVERY_S = 0.1


@dataclass(slots=True, eq=False)
class RunningQuery:
    """One query and the socket it answers to; `marker` stands at the end of its text."""

    client: socket.socket
    query_id: str
    marker: str = field(default_factory=lambda: f"\n/* waypost {uuid4().hex} */")
    since: float = field(default_factory=time.monotonic)
    watched: bool = False  # while rows of an INSERT come in, what the client says is no wish to end
    stopped: bool = False
    cancelled: bool = False  # by its client


class RunningQueries:
    """All that run; `kill` is told the marker of each that shall end."""

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self._queries: dict[str, RunningQuery] = {}
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="watch", daemon=True)
        self._watcher.start()

    @contextmanager
    def run(self, client: socket.socket, query_id: str) -> Iterator[RunningQuery]:
        """Watches over a query while it runs; a second one with the id of a running one is refused."""
        query = RunningQuery(client, query_id or str(uuid4()))
        with self._lock:
            if query.query_id in self._queries:
                message = f"Query with id = {query.query_id} is already running."
                raise ServerError.of(Code.QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, message)
            self._queries[query.query_id] = query
        try:
            yield query
        finally:
            with self._lock:
                del self._queries[query.query_id]

    def stop_all(self) -> None:
        """Kills what runs now."""
        for query in self._now():
            if query.watched:
                self._stop(query)

    def stop_watching(self) -> None:
        """Looks after no client any more."""
        self._ended.set()
        self._watcher.join()

    def _now(self) -> list[RunningQuery]:
        with self._lock:
            return list(self._queries.values())

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            long_enough = time.monotonic() - _LOOK_EVERY_S
            for query in self._now():
                if not query.watched or query.since > long_enough:
                    continue
                query.cancelled = query.cancelled or _wants_an_end(query.client)
                if query.cancelled:
                    self._stop(query)

    def _stop(self, query: RunningQuery) -> None:
        """May be repeated: the engine learns of a query a moment after it is in this list."""
        query.stopped = True
        try:
            self._kill(query.marker)
        except ServerError as error:
            log("error", "a query could not be killed", query_id=query.query_id, code=error.code)


def _wants_an_end(client: socket.socket) -> bool:
    """Whether the client asked to cancel, or is gone: while a query runs, clients say nothing else."""
    try:
        poll = select.poll()
        poll.register(client, select.POLLIN)
        if not poll.poll(0):
            return False
        said = client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except (OSError, ValueError):
        return True
    return not said or said[0] == FromClient.CANCEL
