"""`app.asgi:app`, for servers that want an import string. The environment says which side it is."""

import os
from pathlib import Path

from app.compose import Fix, Side, build, part_names

_part, _fix = os.environ.get("APP_PART"), os.environ.get("APP_FIX")
sides = [Side.load(name, Fix.at(Path(_fix) if _fix else None)) for name in ([_part] if _part else part_names())]
app = build(sides)
