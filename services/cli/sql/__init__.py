"""Questions in SQL: asked, and written as a table, JSON or CSV."""
