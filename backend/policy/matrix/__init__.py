"""Who leads, helps and is told, by category and area: the mandates as one table."""
