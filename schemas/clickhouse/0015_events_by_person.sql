-- The view is as it was; its comment says which one answers at once.

ALTER TABLE waypost.events_by_person ${on_cluster}
    MODIFY COMMENT 'The view events with the person each belongs to, as known now: reads all events; of one person ask timeline';
