"""What every part of Gordon shares: events, ids, errors, settings, desk, bus, worker, app, cli."""

__version__ = "0.1.0"
