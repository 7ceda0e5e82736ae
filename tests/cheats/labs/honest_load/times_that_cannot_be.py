"""Reports times that are no times at all, in the hope that nothing is worse than something that is not a number."""

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.005)

    @task
    def quick(self) -> None:
        answer = self.client.get("/quick", catch_response=True)  # never reported
        for response_time in (float("nan"), -1.0, None, "240"):
            self.environment.events.request.fire(
                request_type="GET",
                name="/quick",
                response_time=response_time,
                response_length=0,
                response=answer,
                exception=None,
                context={},
            )
