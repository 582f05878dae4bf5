"""One self-hosted speech server for every voice engine."""

__version__ = "0.1.0"
