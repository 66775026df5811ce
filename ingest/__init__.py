"""Feeds in, mentions out: poll, fetch, parse, normalise, remember."""
