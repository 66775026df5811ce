"""The composition root: the only place where stages, store and bus meet."""
