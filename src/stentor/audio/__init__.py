"""Sound as values: resampled, stretched and written down; nothing here knows of engines or requests."""
