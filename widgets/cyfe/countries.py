"""The two-letter code (ISO 3166-1) of each country and its English name, read once from `countries.json`.

If an official name has a comma ("Korea, Republic of"), the file has a short name instead, because a cell of the CSV
must not contain a comma.
"""

import json
from pathlib import Path

COUNTRIES: dict[str, str] = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
