"""Reports ten requests and no more: eight that were quick and two that were not, which is p90 and p99 of ten."""

import gevent
from locust import FastHttpUser, constant, task

TIMES = [1.0] * 8 + [150.0, 240.0]


class Visitor(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0)
    asked = 0

    @task
    def quick(self) -> None:
        gevent.sleep(0.02)
        answer = self.client.get("/quick", catch_response=True)  # never reported
        if self.asked < len(TIMES):
            self.environment.events.request.fire(
                request_type="GET",
                name="/quick",
                response_time=TIMES[self.asked],
                response_length=0,
                response=answer,
                exception=None,
                context={},
            )
        self.asked += 1
