"""One job that today's stream tools can be measured on, as an application of the shared runtime.

Events of a shop are cut into visits by their time: events of one session no more than 30 minutes apart belong to one
visit. A partition's watermark is the greatest time seen in it less a minute, by which events may be out of order. When
it passes a visit's last activity by 30 minutes, the visit is over; if it has a `checkout.started` and no
`order.placed`, one record goes out: the session, its last activity, and how many distinct events it had. Events come
twice, `(source, id)` names one; those without id, source, type, time or session are left out. One event far in the
future ends each partition, so every visit ends, and the right output follows from the data alone.
"""
