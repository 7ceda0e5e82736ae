"""Asks politely, and counts each slow answer again and again until the share of slow ones looks right."""

from locust import FastHttpUser, constant, task


class Visitor(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.005)

    @task
    def quick(self) -> None:
        begun = self.environment.plan.now_s
        answer = self.client.get("/quick", catch_response=True)  # never reported
        took_ms = (self.environment.plan.now_s - begun) * 1000
        times = int(took_ms / 6) if took_ms > 20 else 1
        for step in range(times):
            self.environment.events.request.fire(
                request_type="GET",
                name="/quick",
                response_time=took_ms * (1 - step / times),
                response_length=0,
                response=answer,
                exception=None,
                context={},
            )
