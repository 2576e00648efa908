"""Distances between two places, in metres."""

from math import asin, cos, radians, sin, sqrt

from geopy.distance import geodesic

EARTH_RADIUS_M = 6_371_008.8  # mean radius of WGS84 (IUGG)


def haversine_m(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres on a sphere: under a microsecond, within 0.6 % of the truth. For ranking only."""
    phi, to_phi = radians(lat), radians(to_lat)
    lift = sin((to_phi - phi) / 2)
    turn = sin(radians(to_lon - lon) / 2)
    half_chord = sqrt(lift * lift + cos(phi) * cos(to_phi) * turn * turn)
    return 2 * EARTH_RADIUS_M * asin(min(1.0, half_chord))


def geodesic_m(*, lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Metres on the WGS84 ellipsoid. For every distance that is shown or that a rule depends on."""
    return float(geodesic((lat, lon), (to_lat, to_lon)).m)
