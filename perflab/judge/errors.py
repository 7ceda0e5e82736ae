"""What can go wrong with a side, a service or this machine. Each is an outcome of the run, not a crash of the kit."""


class SideError(Exception):
    """A side that does not serve: the reason, and the last lines of its output."""

    def __init__(self, side: str, reason: str, output: list[str]) -> None:
        super().__init__(reason)
        self.side = side
        self.reason = reason
        self.output = output


class CheckFailed(SideError):
    """A side that serves, but not as it should. No speed makes up for that."""


class NotDeployed(CheckFailed):
    """A side that still serves its old release after a deploy."""

    def __init__(self, side: str, within_s: float) -> None:
        super().__init__(
            side, f"It was asked to reload, and {within_s:.0f} s later the old release still answered.", []
        )


class RequirementMissing(Exception):
    """Something that a lab needs, and this machine does not have. Its text is one sentence."""
