"""The ladder rehearsed without telling anyone."""
