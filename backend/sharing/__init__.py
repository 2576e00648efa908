"""Agreements between bodies on what they tell each other, and each share or refusal, written down (C03)."""
