"""Benchmarks, each a module that `python3 dev.py bench NAME` runs. What they share lies in `lab`."""
