"""A client's socket as packets and blocks, compressed or not."""

from __future__ import annotations

import socket
import struct
import time

from deploy.local.clickhouse.blocks import EMPTY, Sink, to_engine
from deploy.local.clickhouse.compression import compress, decompress
from deploy.local.clickhouse.errors import DisconnectedError, OutOfStepError, ServerError
from deploy.local.clickhouse.packets import ToClient
from deploy.local.clickhouse.wire import Buffer, string, varint

_RECEIVE_BYTES = 1 << 18
_SEND_TIMEOUT_S = 300  # a client that takes nothing for so long is cut off, as with ClickHouse's send_timeout
_PARTING_S = 2.0


class Channel:
    """Both directions of one connection."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.compressed = False
        self.source = Buffer(self._receive)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", _SEND_TIMEOUT_S, 0))

    def send(self, packet: bytes) -> None:
        """Sends bytes; raises DisconnectedError when the client is gone or takes nothing."""
        try:
            self.client.sendall(packet)
        except OSError as error:
            raise DisconnectedError(str(error)) from error

    def send_block(self, content: bytes) -> None:
        """Sends a block of a result, or its header."""
        self.send(varint(ToClient.DATA) + string("") + (compress(content) if self.compressed else content))

    def send_profile_events(self) -> None:
        """Sends none, in the block that clients wait for after each block that they insert."""
        self.send(varint(ToClient.PROFILE_EVENTS) + string("") + EMPTY)

    def read_block(self, into: Sink) -> tuple[str, int, int]:
        """Reads a block, after its packet type, as FORMAT Native; returns its table's name, its columns and rows."""
        table = self.source.string()
        source = Buffer(lambda: decompress(self.source)) if self.compressed else self.source
        try:
            return table, *to_engine(source, into)
        except ServerError as error:
            raise OutOfStepError(error.code, error.message) from error

    def part(self, last_words: bytes) -> None:
        """Sends a last packet and leaves the client time to read it, also when it is still sending."""
        try:
            self.client.sendall(last_words)
            self.client.shutdown(socket.SHUT_WR)
            deadline = time.monotonic() + _PARTING_S
            self.client.settimeout(_PARTING_S)
            while time.monotonic() < deadline and self.client.recv(_RECEIVE_BYTES):
                pass
        except OSError:
            return  # it did not wait

    def stop_listening(self) -> None:
        """Hears no more; an answer under way is still given."""
        try:
            self.client.shutdown(socket.SHUT_RD)
        except OSError:
            return  # gone already

    def _receive(self) -> bytes:
        try:
            received = self.client.recv(_RECEIVE_BYTES)
        except OSError as error:
            raise DisconnectedError(str(error)) from error
        if not received:
            raise DisconnectedError("the client closed the connection")
        return received
