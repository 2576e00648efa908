"""Who looked at what, why and when: a reading of the journal that is itself written down."""
