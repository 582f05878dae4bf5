"""What engines on other machines share: settings, a client for HTTP, and readers of what comes back."""
