"""Who can speak: every engine's voices in one catalogue, and the names callers have for them."""
