"""Mention in, tagged mentions out. Pure: no database, no network."""
