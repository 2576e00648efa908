"""How people and desks are told: what they chose, by what they can be reached, and whether that works."""
