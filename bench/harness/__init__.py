"""What scripts/bench does: starts the lab and the servers, loads them, and writes tables, JSON and plots."""
