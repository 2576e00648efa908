"""The roster and the phone tree on paper, for the day when all else is down."""
