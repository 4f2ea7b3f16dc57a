"""Benchmarks. `make bench` prints the ratios of measurements that one run makes side by side."""
