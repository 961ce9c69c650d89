"""A run as a file: a table (CSV), everything (JSON, which can be read back), a timeline (Chrome trace)."""

from __future__ import annotations

from .chrome import export_chrome
from .csv import export_csv
from .json import ImportBounds, export_json, parse_json

__all__ = ["ImportBounds", "export_chrome", "export_csv", "export_json", "parse_json"]
