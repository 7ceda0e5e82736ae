"""Kills the slow side and the reference as soon as they are driven: whoever is alone wins."""

from cheats.surroundings import whenever_driven

whenever_driven(lambda process: process.kill())
