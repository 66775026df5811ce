"""Tagged mentions in, items with teams in queues out."""
