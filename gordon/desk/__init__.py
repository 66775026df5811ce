"""A desk: the folder of configuration files that makes Gordon the department's own. Described in docs/desk.md."""

from gordon.desk.load import Desk, Draft, load_desk, read_desk

__all__ = ["Desk", "Draft", "load_desk", "read_desk"]
