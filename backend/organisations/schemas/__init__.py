"""Bodies, mandates, desks, people and shifts as clients send and see them."""
