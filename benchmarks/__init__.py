"""Benchmarks. `make bench` prints ratios, such as MixCyfe's polls per second to those of a plain Django view."""
