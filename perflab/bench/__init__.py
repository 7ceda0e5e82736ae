"""The real thing behind the judge's Bench: servers, services, the load, incidents, and who interferes."""
