"""What of each entry of the table a restart reads: `Partition.restore` takes these as it takes whole cells."""

import msgspec

from services.journey.domain.cell import CLOCKS_KEY, Head
from services.journey.domain.rulebook import RULES_KEY
from services.journey.domain.silences import SILENT
from services.journey.domain.unheard import UNHEARD

_CELL = b"c"


def head_of(key: bytes, value: bytes) -> bytes | None:
    """A cell's layout and due moment, the clocks, the rules, which feeds are silent and who waits to hear of a carrier;
    None for a unit that is kept apart from its cell.
    """
    if key.startswith(_CELL):
        return _pack(_read_head(value))
    return value if key in (CLOCKS_KEY, RULES_KEY) or key.startswith((UNHEARD, SILENT)) else None


_pack = msgspec.msgpack.Encoder().encode
_read_head = msgspec.msgpack.Decoder(Head).decode
