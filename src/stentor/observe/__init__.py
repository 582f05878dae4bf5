"""What operators see: logs now, metrics later."""
