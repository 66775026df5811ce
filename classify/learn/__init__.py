"""Recognise by example: what the examples of the files teach, and how a mention is compared with it."""
