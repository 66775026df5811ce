"""The dashboard Queues: what is open, how old it is, clocks, load of people, webhooks."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.panels import GREEN, RED, YELLOW, Panel, Say, bars, chooser, graph, number, sheet

QUEUE = 'queue=~"$queue"'
OPEN = f"max by (queue, priority) (gordon_items_open{{{QUEUE}}})"


def queues(say: Say) -> Dashboard:
    """The work of people."""
    title = say("Queues", "Files de travail")
    about = say("Open items, their age and clocks, the load of people.", "Tâches ouvertes, âge, échéances, charge.")
    made = sheet("queues", title, about, say)
    made = made.with_variable(chooser("queue", say("Queue", "File"), "gordon_clock_breaches_total"))
    for add in (_well, _open, _clocks, _webhooks):
        made = add(made, say)
    return made


def _well(made: Dashboard, say: Say) -> Dashboard:
    numbers = [
        Panel(
            say("Open items", "Tâches ouvertes"),
            say("In the queues chosen above.", "Dans les files choisies."),
            {"": f"sum({OPEN}) or vector(0)"},
            width=6,
        ),
        Panel(
            say("Urgent", "Urgentes"),
            say("Open items of priority urgent.", "Tâches ouvertes de priorité urgent."),
            {"": f'sum(max by (queue) (gordon_items_open{{{QUEUE}, priority="urgent"}})) or vector(0)'},
            width=6,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Panel(
            say("With gaps", "Avec lacunes"),
            say("Open items that need what nobody covers.", "Tâches qui demandent ce que personne ne couvre."),
            {"": f"sum(max by (queue) (gordon_items_with_gaps{{{QUEUE}}})) or vector(0)"},
            width=6,
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            say("Deadlines passed in the time shown", "Échéances dépassées dans la période"),
            say("Clocks that ran out.", "Délais écoulés."),
            {"": f"sum(increase(gordon_clock_breaches_total{{{QUEUE}}}[$__range]))"},
            width=6,
            steps=((None, GREEN), (1, RED)),
        ),
    ]
    made = made.with_row(Row(say("At a glance", "En un coup d'œil")))
    for panel in numbers:
        made = made.with_panel(number(panel, say("unknown", "inconnu")))
    return made


def _open(made: Dashboard, say: Say) -> Dashboard:
    panels = [
        Panel(
            say("Open items by queue", "Tâches ouvertes par file"),
            say("Growth without a fall: nobody closes them.", "Une hausse sans baisse : personne ne ferme."),
            {"{{queue}}": f"sum by (queue) ({OPEN})"},
        ),
        Panel(
            say("Open items by priority", "Tâches ouvertes par priorité"),
            say("Of the queues chosen above.", "Des files choisies."),
            {"{{priority}}": f"sum by (priority) ({OPEN})"},
        ),
        Panel(
            say("Age of the oldest open item", "Âge de la plus ancienne tâche ouverte"),
            say("By queue.", "Par file."),
            {"{{queue}}": f"max by (queue) (gordon_item_age_seconds{{{QUEUE}}})"},
            unit="s",
        ),
        Panel(
            say("Changes an hour", "Changements par heure"),
            say(
                "What happened to items: opened, grew, reassigned, escalated, closed.",
                "Ce qui est arrivé aux tâches : opened, grew, reassigned, escalated, closed.",
            ),
            {"{{change}}": f"3600 * sum by (change) (rate(gordon_items_total{{{QUEUE}}}[$__rate_interval]))"},
        ),
    ]
    made = made.with_row(Row(say("Open", "Ouvertes")))
    for place, panel in enumerate(panels):
        made = made.with_panel(graph(panel, stacked=place < 2))
    return made


def _clocks(made: Dashboard, say: Say) -> Dashboard:
    breaches = Panel(
        say("Deadlines passed in the time shown", "Échéances dépassées dans la période"),
        say("By queue and step. Often the same: more people, or a longer clock.", "Par file et étape."),
        {
            "{{queue}} {{clock}}": (
                f"sum by (queue, clock) (increase(gordon_clock_breaches_total{{{QUEUE}}}[$__range]))"
            )
        },
        steps=((None, GREEN), (1, RED)),
    )
    soon = Panel(
        say("Until the next deadline", "Jusqu'à la prochaine échéance"),
        say("Of the open items of each queue; at 0 it escalates.", "Des tâches ouvertes ; à 0 elle est signalée."),
        {"{{queue}}": f"min by (queue) (gordon_clock_next_seconds{{{QUEUE}}})"},
        unit="s",
    )
    load = Panel(
        say("Load by discipline", "Charge par discipline"),
        say(
            "Open items of its people over their capacity. Above 100 % new items get others, or a gap.",
            "Tâches ouvertes rapportées à la capacité. Au-delà de 100 %, d'autres, ou une lacune.",
        ),
        {"{{discipline}}": "max by (discipline) (gordon_load_ratio)"},
        unit="percentunit",
        steps=((None, GREEN), (0.8, YELLOW), (1, RED)),
    )
    gaps = Panel(
        say("Open items with gaps", "Tâches avec lacunes"),
        say("By queue: gordon queue show QUEUE names them.", "Par file : gordon queue show les nomme."),
        {"{{queue}}": f"max by (queue) (gordon_items_with_gaps{{{QUEUE}}})"},
    )
    made = made.with_row(Row(say("Clocks and load", "Échéances et charge")))
    made = made.with_panel(bars(breaches)).with_panel(graph(soon, least=None))
    return made.with_panel(bars(load)).with_panel(graph(gaps))


def _webhooks(made: Dashboard, say: Say) -> Dashboard:
    outcomes = Panel(
        say("Posts to webhooks a minute, by outcome", "Envois aux webhooks par minute, par issue"),
        say("dead: given up after the last try.", "dead : abandonné après le dernier essai."),
        {
            "{{webhook}} {{outcome}}": (
                "60 * sum by (webhook, outcome) (rate(gordon_webhook_deliveries_total[$__rate_interval]))"
            )
        },
    )
    waiting = Panel(
        say("Events that wait for a webhook", "Événements qui attendent un webhook"),
        say("They are kept while the tool does not answer.", "Gardés tant que l'outil ne répond pas."),
        {"{{webhook}}": "max by (webhook) (gordon_webhook_waiting)"},
    )
    oldest = Panel(
        say("Since when the oldest waits", "Attente du plus ancien"),
        say("Worry when it grows for an hour.", "Inquiétant s'il croît pendant une heure."),
        {"{{webhook}}": "max by (webhook) (gordon_webhook_oldest_seconds)"},
        unit="s",
    )
    disabled = Panel(
        say("Webhooks set aside", "Webhooks mis de côté"),
        say("1: the tool answered 410; a person enables it again.", "1 : l'outil a répondu 410."),
        {"{{webhook}}": "max by (webhook) (gordon_webhook_disabled)"},
    )
    made = made.with_row(Row("Webhooks"))
    made = made.with_panel(graph(outcomes)).with_panel(graph(waiting))
    return made.with_panel(graph(oldest)).with_panel(graph(disabled))
