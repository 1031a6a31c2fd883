"""Benchmarks and catalogues, judged by the checks that name their controls."""
