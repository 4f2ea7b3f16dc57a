"""The two-letter codes (ISO 3166-1) and English names of countries.

`countries.json` has short names without commas (not "Korea, Republic of"), because no cell of the CSV has a comma.
"""

import json
from pathlib import Path

COUNTRIES: dict[str, str] = json.loads(Path(__file__).with_name("countries.json").read_text(encoding="utf-8"))
