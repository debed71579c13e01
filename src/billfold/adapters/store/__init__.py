"""The store: one schema and one statement language on two small engines, SQLite and PostgreSQL."""
