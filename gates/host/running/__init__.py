"""Running a graph: what each node needs, in which order, what is remembered and what is reported."""
