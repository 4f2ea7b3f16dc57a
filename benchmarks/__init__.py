"""Benchmarks. `make bench` compares MixCyfe with other applications, such as a plain Django view, and prints ratios."""
