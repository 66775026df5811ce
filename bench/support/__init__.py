"""What several benchmarks share, or what would make one of them too long."""
