"""What the catalogue says in front of the types: how events are written, sent and answered."""

from typing import Final

from schemas.contract import Reason

INTRODUCTION: Final = """\
# Events

What you can tell Waypost, and how. This page is generated from the models that judge events
(`python -m services.cli.commands.contract write`), so it cannot differ from what the pipeline does. The same models
give a JSON Schema for each type (`schemas/jsonschema/`) and example events (`schemas/examples/`).

To try events without sending them: `waypost check FILE` (NDJSON, a JSON array or one event; `-` reads standard input).

## One event

An event is a [CloudEvents 1.0](https://cloudevents.io) JSON object:

```json
{example}
```

| attribute | required | what it is |
|---|---|---|
| `specversion` | yes | `"1.0"` |
| `id` | yes | the event's own name, unique within its `source`; at most 512 characters |
| `source` | yes | the name of the system that sends it; at most 512 characters |
| `type` | yes | one of the types below |
| `time` | yes | when it happened: RFC 3339 with an offset (`Z` or `+02:00`), from 1970 on |
| `data` | yes | an object with the facts |
| `shop` | no | the shop; without it `main`. A carrier need not know it: its events take the shop of the parcel |

`(source, id)` names an event: sending it again changes nothing, so retry as often as you like. Never reuse an `id` for
something else: the earliest one counts and the other is answered `conflict`. Further attributes and further fields in
`data` are kept, not refused. A field that is `null` counts as absent. Of a key that is there twice in one object, the
last one counts.

**Who it is about.** `data` must name at least one of `customer_id`, `anonymous_id`, `session_id`, `cart_id`,
`checkout_id`, `order_id`, `ticket_id`, or `carrier` and `tracking_number` together. Name all that you know: that is
what joins a visit, an order, its parcels and its tickets to one person. Ids are text, never numbers.

**Money** is a decimal string (`"12.50"`, exact) or a number, not negative, below a million million, with an ISO 4217
`currency` beside it.

**Promises** (`promised_by`, `ship_by`) are instants. If you promise a calendar day, send 23:59:59.999 of that day in
the shop's time zone.

**Content is compared decoded**: the order of keys, whitespace, `1.0` for `1` and `Z` for `+00:00` make no difference.

v1 only ever grows. A change that would break a reader is a new type that ends in `.v2`.

## Sending

Three topics take events: {topics}. Each type is at home in the topic of its family, but every topic takes every type,
so that a team with one connection needs one topic. A record is one of:

- **one event** as above (structured mode; content type `application/cloudevents+json` or none),
- **a JSON array of events** (content type `application/cloudevents-batch+json` or none); each is answered on its own,
  and a bad one does not touch its neighbours,
- **Kafka binary mode**: the attributes are headers (`ce_specversion`, `ce_id`, `ce_source`, `ce_type`, `ce_time`,
  `ce_shop`, …), `content-type` is `application/json`, the record's value is `data`. One event a record.

An event may have 256 KiB, and objects and lists nested 64 deep; an array may have 20,000
elements. Any record key is fine, and none is needed.

## Answers

Every event gets exactly one answer, in the view `answers` and from `waypost answer SOURCE ID`:

| answer | meaning |
|---|---|
| `stored` | taken |
| `duplicate` | the same `source`, `id` and content came before; nothing changed |
| `conflict` | the same `source` and `id` with other content came before; the earliest counts |
| `late` | stored, but more than 90 days behind its arrival: it changes no journey (live shops only) |
| `rejected` | refused for one of the reasons below; its bytes are kept whole, and it can be sent again after a fix |

| reason | cause | what to do |
|---|---|---|
{reasons}

An event that fails in several ways gets one reason: its size and its JSON are looked at first, then the attributes, the
type, the data, who it names, the shop, and the time.
"""

REASONS: Final[dict[Reason, tuple[str, str]]] = {
    Reason.NOT_JSON: (
        (
            "The bytes are no JSON: empty, cut off, not UTF-8, `NaN` or `Infinity`, half a surrogate pair, or nested "
            "more than 64 deep. An array that cannot be cut into events is refused once, as a whole."
        ),
        "Use a JSON library instead of joining text; write absent numbers as `null`; send the record whole.",
    ),
    Reason.NOT_CLOUDEVENTS: (
        (
            "It is JSON, but an attribute is missing or wrong: no `id`, `time` without an offset, a leap second, "
            "`specversion` other than `1.0`, control characters in a name, `data_base64`, an empty array."
        ),
        "Fill in the attribute that the message names.",
    ),
    Reason.UNKNOWN_TYPE: (
        "`type` is none of those below.",
        "Correct the spelling; the message offers the nearest one.",
    ),
    Reason.INVALID_DATA: (
        "`data` lacks a field, or a field has the wrong kind, range or word; a sum has no `currency`.",
        "The message names the field, what was given and what is expected. Send ids in quotes and numbers without.",
    ),
    Reason.NO_ALIAS: ("`data` names nobody.", "Add at least one of the ids listed above."),
    Reason.UNKNOWN_SHOP: (
        "`shop` is not declared.",
        "Declare it in `config/shops.yaml`, then send the refused events again with `waypost rejected replay`.",
    ),
    Reason.TOO_LARGE: (
        "The event has over 256 KiB (262,144 bytes), or an array over 20,000 elements.",
        "Send a link instead of the content.",
    ),
    Reason.IN_THE_FUTURE: (
        "`time` is more than 24 hours ahead of the event's arrival in a live shop, or after the year 2199.",
        "Set the sender's clock; check the offset and the unit.",
    ),
}
