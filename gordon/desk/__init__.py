"""A desk: the folder of configuration files that makes Gordon the department's own. Described in docs/desk.md.

Import from ``gordon.desk.load`` (Desk, read_desk, load_desk) and ``gordon.desk.schema`` (the types of the files).
"""
