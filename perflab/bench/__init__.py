"""The real thing behind the judge's Bench: servers, services, load, incidents, and what interferes."""
