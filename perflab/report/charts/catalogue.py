"""Which chart a lab has: the `chart` of its lab.toml, and the function that draws it."""

from collections.abc import Callable, Mapping

from matplotlib.figure import Figure

from perflab.course.lab import Chart, Lab, Metric, Side
from perflab.measure.samples import Samples
from perflab.report.charts import flame, requests, resources, style
from perflab.report.charts.frame import figures_in_words

CHARTS: dict[Chart, Callable[[Mapping[Side, Samples], Metric], Figure]] = {
    "spans": requests.spans,
    "in_flight": requests.in_flight,
    "workers": requests.workers,
    "cores": requests.cores,
    "timeline": requests.timeline,
    "memory": resources.memory,
    "sessions": resources.sessions,
    "shutdown": requests.shutdown,
    "outcomes": requests.outcomes,
    "flame": flame.flame,
    "accepted_vs_done": requests.accepted_vs_done,
    "waterfall": requests.waterfall,
    "success_by_route": requests.success_by_route,
    "lifetimes": resources.lifetimes,
    "memory_limit": resources.memory_limit,
    "admitted": requests.admitted,
    "listeners": resources.listeners,
    "sizes": requests.sizes,
    "first_bytes": requests.first_bytes,
}


def draw(lab: Lab, sides: Mapping[Side, Samples]) -> Figure:
    """The lab's own chart of one round. In words, it has all the lab's metrics: one may be the price of another."""
    figure = CHARTS[lab.chart](sides, lab.shown)
    told = style.in_words(figure).lower()
    others = [metric for metric in lab.metrics if metric.label.lower() not in told]
    return style.describe(figure, *(figures_in_words(metric, sides) for metric in others))
