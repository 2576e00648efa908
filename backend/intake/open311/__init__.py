"""Open311 GeoReport v2: another way into intake, and the little that anybody may read of it (docs/adr/0007)."""
