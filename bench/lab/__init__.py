"""What the benchmarks are made of: data, a server of its own, a bare client, pairs, and the printed table."""
