"""What a real Prometheus sees."""
