"""Burns the processors while another side is driven, and rests while nobody or it is: others then look worse."""

import time

from cheats.surroundings import whenever_driven


def burn(process):
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        pass


whenever_driven(burn)
