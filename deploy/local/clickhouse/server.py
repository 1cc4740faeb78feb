"""The listener: a thread for each client, and an orderly end."""

from __future__ import annotations

import errno
import socket
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from deploy.local.clickhouse.channel import Channel
from deploy.local.clickhouse.conversation import Access, Conversation
from deploy.local.clickhouse.engine import Engine
from deploy.local.clickhouse.errors import Code, ServerError
from deploy.local.clickhouse.log import log
from deploy.local.clickhouse.packets import exception
from deploy.local.clickhouse.running import RunningQueries

_MOST_CLIENTS = 200
_BACKLOG = 128
_WORK_IN_HAND_S = 5.0
_AFTER_KILL_S = 2.0


class PortTakenError(Exception):
    """The address is in use."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortTakenError(
            f"port {port} on {host} is taken by another process; stop it or choose another with --port"
        ) from error


@dataclass(frozen=True, slots=True)
class _Client:
    thread: threading.Thread
    channel: Channel


class Server:
    """Serves clients until `stop`."""

    def __init__(self, listener: socket.socket, engine: Engine, access: Access, spool: Path) -> None:
        self._listener = listener
        self._engine = engine
        self._access = access
        self._spool = spool
        self._running = RunningQueries(engine.kill)
        self._clients: set[_Client] = set()
        self._lock = threading.Lock()
        self._stopping = False

    def start(self) -> None:
        """Accepts clients from now on."""
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def stop(self) -> None:
        """Ends: work in hand has five seconds, then queries are killed; what then still runs is left behind."""
        self._stopping = True
        self._listener.close()
        self._running.stop_watching()  # who is not listened to any more would look gone
        for client in self._now():
            client.channel.stop_listening()
        if not self._all_gone(_WORK_IN_HAND_S):
            self._running.stop_all()
            self._all_gone(_AFTER_KILL_S)

    def _all_gone(self, within: float) -> bool:
        deadline = time.monotonic() + within
        for client in self._now():
            client.thread.join(max(0.0, deadline - time.monotonic()))
        return not self._now()

    def _now(self) -> list[_Client]:
        with self._lock:
            return list(self._clients)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError as error:
                if self._stopping:
                    return
                log("error", "accept failed", error=str(error))
                time.sleep(0.1)  # too many open files: let some be closed
                continue
            self._welcome(Channel(client))

    def _welcome(self, channel: Channel) -> None:
        if len(self._now()) >= _MOST_CLIENTS:
            message = f"Too many simultaneous connections, the most is {_MOST_CLIENTS}"
            channel.part(exception(ServerError.of(Code.TOO_MANY_SIMULTANEOUS_QUERIES, message)))
            channel.client.close()
            return
        conversation = Conversation(
            channel=channel, engine=self._engine, running=self._running, access=self._access, spool=self._spool
        )
        thread = threading.Thread(target=self._talk, args=(conversation,), name="client", daemon=True)
        thread.start()

    def _talk(self, conversation: Conversation) -> None:
        client = _Client(threading.current_thread(), conversation.channel)
        with self._lock:
            self._clients.add(client)
        try:
            conversation.run()
        finally:
            with self._lock:
                self._clients.discard(client)
