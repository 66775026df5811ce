"""Chaos: a seeded run of real daemons under faults, a history of it, and a checker that proves what held."""
