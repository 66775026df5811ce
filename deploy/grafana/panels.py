"""The few kinds of panels that Gordon's dashboards consist of, each with title, explanation and unit; and their words
in English and French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from grafana_foundation_sdk.builders import bargauge, common, dashboard, prometheus, stat, table, timeseries
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as common_models
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

Language = Literal["en", "fr"]
SOURCE = models.DataSourceRef(type_val="prometheus", uid="${datasource}")
HEIGHT, LOW = 8, 4
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"


@dataclass(frozen=True)
class Say:
    """Chooses the words of one language."""

    language: Language

    def __call__(self, english: str, french: str) -> str:
        return english if self.language == "en" else french


@dataclass(frozen=True)
class Panel:
    """What every panel has. ``queries``: PromQL by legend, which may hold labels as ``{{file}}``; ``about``: what it
    shows and when to worry; ``steps``: colours from a value on, the first for everything below."""

    title: str
    about: str
    queries: Mapping[str, str]
    unit: str = "short"
    width: int = 12
    steps: Sequence[tuple[float | None, str]] = ((None, BLUE),)

    @property
    def thresholds(self) -> dashboard.ThresholdsConfig:
        steps = [models.Threshold(value=value, color=color) for value, color in self.steps]
        return dashboard.ThresholdsConfig().mode(models.ThresholdsMode.ABSOLUTE).steps(steps)

    def targets(self, *, instant: bool = False, as_table: bool = False) -> list[Builder[Dataquery]]:
        made: list[Builder[Dataquery]] = []
        for place, (legend, expression) in enumerate(self.queries.items()):
            query = prometheus.Dataquery().expr(expression).legend_format(legend).ref_id(chr(ord("A") + place))
            if as_table:
                query = query.format(PromQueryFormat.TABLE)
            made.append(query.instant() if instant else query.range())
        return made


def graph(panel: Panel, *, stacked: bool = False, least: float | None = 0) -> timeseries.Panel:
    """Lines over time; ``stacked`` where the sum means something."""
    made = timeseries.Panel().title(panel.title).description(panel.about).datasource(SOURCE).unit(panel.unit)
    made = made.height(HEIGHT).span(panel.width).line_width(1).fill_opacity(25 if stacked else 5)
    made = made.show_points(common_models.VisibilityMode.NEVER).targets(panel.targets())
    made = made.tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
    if least is not None:
        made = made.min(least)
    if stacked:
        made = made.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL))
    return made


def number(panel: Panel, nothing: str) -> stat.Panel:
    """One number as it is now, coloured by its steps; ``nothing`` stands where there is none."""
    made = stat.Panel().title(panel.title).description(panel.about).datasource(SOURCE).unit(panel.unit)
    made = made.height(LOW).span(panel.width).no_value(nothing).thresholds(panel.thresholds)
    made = made.color_mode(common_models.BigValueColorMode.VALUE).graph_mode(common_models.BigValueGraphMode.NONE)
    return made.reduce_options(_last()).targets(panel.targets(instant=True))


def bars(panel: Panel, *, most: float | None = None) -> bargauge.Panel:
    """A bar for each series as it is now."""
    made = bargauge.Panel().title(panel.title).description(panel.about).datasource(SOURCE).unit(panel.unit)
    made = made.height(HEIGHT).span(panel.width).min(0).thresholds(panel.thresholds).reduce_options(_last())
    made = made.orientation(common_models.VizOrientation.HORIZONTAL)
    made = made.display_mode(common_models.BarGaugeDisplayMode.BASIC).targets(panel.targets(instant=True))
    return made if most is None else made.max(most)


def listing(panel: Panel, columns: Mapping[str, str]) -> table.Panel:
    """A table of series as they are now. ``columns``: labels and ``Value`` by the heads that people read, in order."""
    made = table.Panel().title(panel.title).description(panel.about).datasource(SOURCE).unit(panel.unit)
    made = made.height(HEIGHT).span(panel.width).targets(panel.targets(instant=True, as_table=True))
    made = made.with_transformation(
        models.DataTransformerConfig(
            id_val="organize",
            options={
                "excludeByName": {"Time": True},
                "renameByName": dict(columns),
                "indexByName": {name: place for place, name in enumerate(columns)},
            },
        )
    )
    return made.sort_by([common.TableSortByFieldState().display_name(columns["Value"]).desc(True)])


def _last() -> common.ReduceDataOptions:
    return common.ReduceDataOptions().calcs(["lastNotNull"])


def chooser(name: str, label: str, metric: str) -> dashboard.QueryVariable:
    """A choice of the values of a label; all of them at first."""
    made = dashboard.QueryVariable(name).label(label).datasource(SOURCE).query(f"label_values({metric}, {name})")
    made = made.multi(True).include_all(True).all_value(".*").refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
    everything = models.VariableOption(selected=True, text="All", value="$__all")
    return made.sort(models.VariableSort.ALPHABETICAL_ASC).current(everything)


def sheet(name: str, title: str, about: str, say: Say) -> dashboard.Dashboard:
    """An empty dashboard that leads to the others, with its choice of Prometheus."""
    tag = f"gordon-{say.language}"
    others = dashboard.DashboardLink(say("Other dashboards", "Autres tableaux")).tags([tag]).as_dropdown(True)
    others = others.type(models.DashboardLinkType.DASHBOARDS).include_vars(False).keep_time(True)
    made = dashboard.Dashboard(f"Gordon: {title}").description(about).tags([tag]).link(others)
    made = made.uid(f"gordon-{name}-{say.language}").refresh("30s").time("now-6h", "now").timezone("browser").readonly()
    made = made.tooltip(models.DashboardCursorSync.CROSSHAIR)
    return made.with_variable(dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
