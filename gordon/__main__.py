"""``python -m gordon`` is the ``gordon`` command."""

from gordon.cli import main

main()
