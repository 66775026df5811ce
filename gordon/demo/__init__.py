"""The demo's origin: a handful of invented blogs served on loopback, to show and to train without the internet.

The blogs are data (deploy/desks/demo/blogs); ``blogs`` reads them, ``feeds`` and ``pages`` render them, ``site``
answers a request, ``server`` listens. Run it with ``python -m gordon.demo FOLDER PORT PACE``.
"""

from gordon.demo.server import Server, serve

__all__ = ["Server", "serve"]
