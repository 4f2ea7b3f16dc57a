"""ISO 3166-1: the two-letter code of each country and its English name, read once from `countries.json`.

The table uses short names where the official name has a comma ("Korea, Republic of"): no cell may hold a comma.
"""

import json
from pathlib import Path

COUNTRIES: dict[str, str] = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
