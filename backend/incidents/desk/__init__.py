"""What a coordinator's desk has beside the acts: tasks, disputes, taking back, likely duplicates, ready answers."""
