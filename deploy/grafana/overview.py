"""The dashboard Overview: is all well, what goes from feed to queue, how long it takes, what waits, the daemons."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, Dashboard, Row

from deploy.grafana.panels import GREEN, RED, SOURCE, YELLOW, Panel, Say, graph, number, sheet

WELL = ((None, RED), (0, GREEN), (1, RED))
JOBS = 'job=~"gordon-.+"'


def overview(say: Say) -> Dashboard:
    """From feed to queue, on one page."""
    title = say("Overview", "Vue d'ensemble")
    about = say(
        "From feed to queue: whether anything is missing, how long it takes, what waits.",
        "Du fil à la file : manque-t-il quelque chose, combien de temps cela prend, ce qui attend.",
    )
    made = sheet("overview", title, about, say)
    alerts = AnnotationQuery().name(say("Alerts", "Alertes")).datasource(SOURCE).enable(True).icon_color(RED)
    made = made.annotation(alerts.expr('ALERTS{alertname=~"Gordon.+", alertstate="firing"}'))
    for add in (_well, _way, _time, _waiting, _daemons):
        made = add(made, say)
    return made


def _well(made: Dashboard, say: Say) -> Dashboard:
    unknown = say("unknown", "inconnu")
    numbers = [
        Panel(
            say("Alerts that fire", "Alertes actives"),
            say("0 is right. Each alert has its section in docs/alerts.md.", "0 est bien. Voir docs/alerts.md."),
            {"": 'count(ALERTS{alertname=~"Gordon.+", alertstate="firing"}) or vector(0)'},
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            say("Daemons that answer", "Démons qui répondent"),
            say("At least one ingest, classify and route.", "Au moins un ingest, un classify et un route."),
            {"": f"count(up{{{JOBS}}} == 1)"},
            steps=((None, RED), (3, GREEN)),
        ),
        Panel(
            say("Mentions missing", "Mentions manquantes"),
            say(
                "Found, and neither tagged, untagged, dead nor under way. 0 is right; empty while nobody can tell.",
                "Trouvées, mais ni classées, ni sans dossier, ni mortes, ni en route. 0 est bien ; vide si inconnu.",
            ),
            {"": "max(gordon_mentions_missing)"},
            steps=WELL,
        ),
        Panel(
            say("Tags not routed", "Classements non acheminés"),
            say(
                "Tagged, and neither in a queue nor silenced, dead or under way. 0 is right.",
                "Classées, mais ni en file, ni tues, ni mortes, ni en route. 0 est bien.",
            ),
            {"": "max(gordon_tags_unrouted)"},
            steps=WELL,
        ),
        Panel(
            say("Dead letters", "Lettres mortes"),
            say("Messages put aside that wait for a person: gordon dead list.", "À examiner : gordon dead list."),
            {"": "sum(max by (stage) (gordon_dead_letters))"},
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            say("Oldest in the outbox", "Plus ancien à l'envoi"),
            say(
                "How long a message has waited for the bus. Worry above a minute.",
                "Depuis quand un message attend le bus. Inquiétant au-delà d'une minute.",
            ),
            {"": "max(gordon:outbox_oldest_seconds:max)"},
            unit="s",
            steps=((None, GREEN), (30, YELLOW), (60, RED)),
        ),
    ]
    made = made.with_row(Row(say("Is all well?", "Tout va bien ?")))
    for panel in numbers:
        made = made.with_panel(number(_narrow(panel), unknown))
    return made


def _narrow(panel: Panel) -> Panel:
    return Panel(panel.title, panel.about, panel.queries, panel.unit, 4, panel.steps)


def _way(made: Dashboard, say: Say) -> Dashboard:
    made = made.with_row(Row(say("From feed to queue", "Du fil à la file")))
    pace = Panel(
        say("A minute, at each step", "Par minute, à chaque étape"),
        say(
            "Mentions found, then tagged or of no file, then items opened or grown. A step that falls to 0 while the "
            "one before it goes on is where to look. A mention of two files is tagged twice.",
            "Mentions trouvées, puis classées ou sans dossier, puis tâches ouvertes ou accrues. Une étape qui tombe "
            "à 0 quand la précédente continue : c'est là qu'il faut regarder.",
        ),
        {
            say("found", "trouvées"): "60 * sum(gordon:found:rate5m)",
            say("tagged", "classées"): "60 * sum(gordon:tagged:rate5m)",
            say("of no file", "sans dossier"): "60 * sum(gordon:untagged:rate5m)",
            say("items opened or grown", "tâches ouvertes ou accrues"): (
                '60 * sum(gordon:items:rate5m{change=~"opened|grew"})'
            ),
        },
    )
    states = Panel(
        say("What became of all mentions found", "Ce que sont devenues les mentions trouvées"),
        say(
            "found = tagged + untagged + dead + in flight. The height of the stack is everything found so far.",
            "trouvées = classées + sans dossier + mortes + en route. La hauteur est tout ce qui a été trouvé.",
        ),
        {"{{state}}": "gordon:mentions:max"},
    )
    tags = Panel(
        say("What became of all files of mentions", "Ce que sont devenus les classements"),
        say("tagged = routed + silenced + dead + in flight.", "classées = acheminées + tues + mortes + en route."),
        {"{{state}}": "max by (state) (gordon_tags)"},
    )
    rest = Panel(
        say("What nothing explains", "Ce que rien n'explique"),
        say(
            "Both lines lie at 0. A short peak is a moment of counting; minutes above 0 are a loss.",
            "Les deux lignes sont à 0. Une pointe brève vient du comptage ; des minutes au-dessus sont une perte.",
        ),
        {
            say("mentions missing", "mentions manquantes"): "max(gordon_mentions_missing)",
            say("tags not routed", "classements non acheminés"): "max(gordon_tags_unrouted)",
        },
    )
    made = made.with_panel(graph(pace)).with_panel(graph(states, stacked=True))
    return made.with_panel(graph(tags, stacked=True)).with_panel(graph(rest, least=None))


def _time(made: Dashboard, say: Say) -> Dashboard:
    half, most = say("half of them within", "la moitié en"), say("95 % within", "95 % en")
    queue = Panel(
        say("From our poll to the queue", "De notre visite à la file"),
        say(
            "What Gordon itself takes: from the poll that found a mention to its item in a queue.",
            "Ce que prend Gordon : de la visite qui a trouvé une mention jusqu'à sa tâche dans une file.",
        ),
        {half: "gordon:publish_to_queue_seconds:p50", most: "gordon:publish_to_queue_seconds:p95"},
        unit="s",
        width=8,
    )
    delay = Panel(
        say("From publication to our poll", "De la publication à notre visite"),
        say(
            "The delay of polling, apart: from the publisher's date to the poll that found it, over an hour. It "
            "depends on poll.least_interval and on how honest the dates are.",
            "Le délai des visites, à part : de la date de publication à la visite qui l'a trouvée, sur une heure.",
        ),
        {
            half: "gordon:publication_delay_seconds:p50",
            most: "histogram_quantile(0.95, sum by (le) (rate(gordon_publication_delay_seconds_bucket[1h])))",
        },
        unit="s",
        width=8,
    )
    event = Panel(
        say("One event in a stage", "Un événement dans une étape"),
        say(
            "95 % of events are handled within this time, in each stage.",
            "95 % des événements sont traités en ce temps, dans chaque étape.",
        ),
        {
            "{{stage}}": (
                "histogram_quantile(0.95, sum by (stage, le) (rate(gordon_event_seconds_bucket[$__rate_interval])))"
            )
        },
        unit="s",
        width=8,
    )
    made = made.with_row(Row(say("How long it takes", "Combien de temps cela prend")))
    return made.with_panel(graph(queue)).with_panel(graph(delay)).with_panel(graph(event))


def _waiting(made: Dashboard, say: Say) -> Dashboard:
    panels = [
        Panel(
            say("Behind: events not yet committed", "Retard : événements non confirmés"),
            say(
                "The lag of each stage. A hole means that the bus does not answer. Growing for minutes: alert.",
                "Le retard de chaque étape. Un trou : le bus ne répond pas. S'il croît pendant des minutes : alerte.",
            ),
            {"{{stage}} {{topic}}": "gordon:lag_events:max"},
        ),
        Panel(
            say("Outbox: accepted, not yet on the bus", "Boîte d'envoi : accepté, pas encore sur le bus"),
            say(
                "Messages that a daemon has accepted. They wait here while the bus is away; none is lost.",
                "Messages acceptés. Ils attendent ici quand le bus est absent ; aucun n'est perdu.",
            ),
            {"{{job}}": "gordon:outbox_events:max"},
        ),
        Panel(
            say("Dead letters by stage", "Lettres mortes par étape"),
            say("What nobody has replayed: gordon dead list.", "Non rejouées : gordon dead list."),
            {"{{stage}}": "max by (stage) (gordon_dead_letters)"},
        ),
        Panel(
            say("Events handled a minute, by outcome", "Événements traités par minute, par issue"),
            say(
                "ok: done. retried: waited for bus or database. dead: put aside.",
                "ok : fait. retried : a attendu le bus ou la base. dead : mis de côté.",
            ),
            {"{{stage}} {{outcome}}": "60 * gordon:events:rate5m"},
        ),
    ]
    made = made.with_row(Row(say("What waits", "Ce qui attend")))
    for panel in panels:
        made = made.with_panel(graph(panel))
    return made


def _daemons(made: Dashboard, say: Say) -> Dashboard:
    panels = [
        Panel(
            say("Ready", "Prêt"),
            say("1: it can work. 0: /health/ready says why not.", "1 : il peut travailler. 0 : voir /health/ready."),
            {"{{job}} {{instance}}": "gordon_ready"},
        ),
        Panel(
            say("Desk in force", "Bureau en vigueur"),
            say(
                "1: the desk in the folder. 0: a change was refused and the old one stays; gordon check says why.",
                "1 : celui du dossier. 0 : un changement a été refusé ; voir gordon check.",
            ),
            {"{{job}} {{instance}}": "gordon_desk_reload_success"},
        ),
        Panel(
            say("Restarts within an hour", "Redémarrages en une heure"),
            say("0 is usual. Several: the end of the log says why.", "0 d'habitude. Plusieurs : voir le journal."),
            {"{{job}} {{instance}}": f"changes(process_start_time_seconds{{{JOBS}}}[1h])"},
        ),
        Panel(
            say("Memory; write-ahead log", "Mémoire ; journal d'écriture"),
            say(
                "In use by each daemon: it levels off; steady growth is a fault. And the largest write-ahead log of "
                "SQLite, which grows while somebody reads for long; above 256 MB an alert.",
                "Utilisée par chaque démon : elle se stabilise, sinon c'est une faute. Et le plus grand journal "
                "d'écriture de SQLite, qui croît tant que quelqu'un lit longtemps ; alerte au-delà de 256 Mo.",
            ),
            {
                "{{job}} {{instance}}": f"process_resident_memory_bytes{{{JOBS}}}",
                "{{job}} {{instance}} SQLite": "gordon_database_wal_bytes",
            },
            unit="bytes",
        ),
        Panel(
            say("Processor", "Processeur"),
            say("Share of one core that each daemon takes.", "Part d'un cœur que prend chaque démon."),
            {"{{job}} {{instance}}": f"rate(process_cpu_seconds_total{{{JOBS}}}[$__rate_interval])"},
            unit="percentunit",
        ),
        Panel(
            say("Free disk", "Disque libre"),
            say(
                "Of the data folder. Below 15 % a warning, below 5 % daemons are not ready.",
                "Du dossier de données. Sous 15 % un avertissement, sous 5 % les démons ne sont pas prêts.",
            ),
            {"{{job}} {{instance}}": "gordon_disk_free_ratio"},
            unit="percentunit",
        ),
        Panel(
            say("Running since", "En marche depuis"),
            say("Of each daemon, with its version.", "De chaque démon, avec sa version."),
            {
                "{{job}} {{version}}": f"(time() - process_start_time_seconds{{{JOBS}}}) * on (job, instance) "
                "group_left (version) gordon_build_info"
            },
            unit="s",
        ),
        Panel(
            say("Desk loaded", "Bureau chargé"),
            say(
                "How long ago the desk in force was read.",
                "Depuis quand le bureau en vigueur a été lu.",
            ),
            {"{{job}} {{instance}}": "time() - gordon_desk_reload_timestamp_seconds"},
            unit="s",
        ),
        Panel(
            say("Kafka: what had to be mended", "Kafka : ce qu'il a fallu réparer"),
            say(
                "Since the start: producers replaced because they had stopped answering, and partitions that did not "
                "go on where they had been left. Growth: broker or network is not well.",
                "Depuis le démarrage : producteurs remplacés faute de réponse, et partitions qui n'ont pas repris là "
                "où elles en étaient. Une hausse : le courtier ou le réseau va mal.",
            ),
            {
                "{{job}} {{instance}} producers": "gordon_producers_replaced",
                "{{job}} {{instance}} partitions": "gordon_offset_resets",
            },
        ),
    ]
    made = made.with_row(Row(say("The daemons", "Les démons")))
    for panel in panels:
        made = made.with_panel(graph(Panel(panel.title, panel.about, panel.queries, panel.unit, 8)))
    return made
