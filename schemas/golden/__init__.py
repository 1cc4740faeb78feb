"""The files that are generated from the event models and kept in the repository: schemas, examples, the catalogue."""
