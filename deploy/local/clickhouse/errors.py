"""What clients are told when something fails: ClickHouse's own codes and names."""

from __future__ import annotations

import re
from enum import Enum
from typing import Self

_ENGINE_ERROR = re.compile(r"\A(?:Code: (?P<code>\d+)\. )?(?P<message>.*)\Z", re.DOTALL)
_REPEATED_PREFIX = re.compile(r"\A(?:DB::Exception: )?(?=Code: \d+\. )")


class Code(Enum):
    """The codes this server raises itself; the engine's own pass through."""

    NO_SUCH_COLUMN_IN_TABLE = 16
    NOT_IMPLEMENTED = 48
    SYNTAX_ERROR = 62
    UNEXPECTED_PACKET_FROM_CLIENT = 101
    UNKNOWN_SETTING = 115
    INCORRECT_DATA = 117
    UNKNOWN_COMPRESSION_METHOD = 89
    CHECKSUM_DOESNT_MATCH = 40
    READONLY = 164
    TOO_MANY_SIMULTANEOUS_QUERIES = 202
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
    NOT_ENOUGH_SPACE = 243
    QUERY_WAS_CANCELLED = 394
    ACCESS_DENIED = 497
    AUTHENTICATION_FAILED = 516
    STD_EXCEPTION = 1001
    UNKNOWN_EXCEPTION = 1002


class ServerError(Exception):
    """A failure that goes to the client as an exception packet."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @classmethod
    def of(cls, code: Code, message: str) -> Self:
        """One of this server's own errors; the text ends with the code's name, as ClickHouse's does."""
        return cls(code.value, f"DB::Exception: {message} ({code.name})")

    @classmethod
    def from_engine(cls, text: str) -> Self:
        """The engine's `Code: 47. DB::Exception: …` with its code; a text without one is a STD_EXCEPTION."""
        while (shorter := _REPEATED_PREFIX.sub("", text)) != text:
            text = shorter
        found = _ENGINE_ERROR.match(text)
        code = found and found["code"]
        while nested := re.match(r"Code: \d+\. (?:DB::Exception: (?=Code: \d+\. ))", text):
            text = text[nested.end() :]
        found = _ENGINE_ERROR.match(text)
        message = found["message"] if found else text
        return cls(int(code) if code else Code.STD_EXCEPTION.value, message)


class OutOfStepError(ServerError):
    """A failure after which it is not known where the client's next packet begins: the conversation ends."""


class DisconnectedError(Exception):
    """The client is gone; there is nobody to tell."""


def not_supported(what: str, instead: str) -> ServerError:
    """The refusal of something a ClickHouse server does and this one does not."""
    return ServerError.of(
        Code.NOT_IMPLEMENTED, f"{what} is not supported by the embedded ClickHouse of Waypost; {instead}"
    )
