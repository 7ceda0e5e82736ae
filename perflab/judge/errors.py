"""What goes wrong with a side, a service or this machine: each an outcome of the run, and no crash of the kit."""


class SideError(Exception):
    """A side that does not serve: why, and the end of what it printed."""

    def __init__(self, side: str, reason: str, output: list[str]) -> None:
        super().__init__(reason)
        self.side = side
        self.reason = reason
        self.output = output


class CheckFailed(SideError):
    """A side that serves, but not as it should: no measure of speed makes that good."""


class NotDeployed(CheckFailed):
    """A side that goes on with its old release after a deploy."""

    def __init__(self, side: str, within_s: float) -> None:
        super().__init__(
            side, f"It was asked to reload, and {within_s:.0f} s later the old release still answered.", []
        )


class RequirementMissing(Exception):
    """Something that a lab needs is not to be had here: one sentence."""
