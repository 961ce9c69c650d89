"""The command line: one file per noun; commands return results, `result` prints them."""
