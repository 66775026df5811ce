"""The dashboard Files and coverage: mentions by file and language, who covers them, gaps, No Gordon."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.panels import GREEN, RED, YELLOW, Panel, Say, bars, chooser, graph, listing, number, sheet

CHOSEN = '{file=~"$file", language=~"$language"}'
FILE = 'file=~"$file"'


def files(say: Say) -> Dashboard:
    """What is said about the files, and who is there for them."""
    title = say("Files and coverage", "Dossiers et couverture")
    about = say(
        "Mentions by file and language; what nobody on duty covers.",
        "Mentions par dossier et langue ; ce que personne de service ne couvre.",
    )
    made = sheet("files", title, about, say)
    made = made.with_variable(chooser("file", say("File", "Dossier"), "gordon_coverage_ratio"))
    made = made.with_variable(chooser("language", say("Language", "Langue"), "gordon_mentions_tagged_total"))
    for add in (_well, _mentions, _coverage):
        made = add(made, say)
    return made


def _well(made: Dashboard, say: Say) -> Dashboard:
    numbers = [
        Panel(
            say("Mentions of these files in the time shown", "Mentions de ces dossiers dans la période"),
            say("Tagged with a file; twice where a mention touches two.", "Classées ; deux fois si deux dossiers."),
            {"": f"sum(increase(gordon_mentions_tagged_total{CHOSEN}[$__range]))"},
            width=6,
        ),
        Panel(
            say("Files with No Gordon", "Dossiers sans Gordon"),
            say(
                "Files that nobody with lead expertise is on duty for now: gordon find FILE.",
                "Dossiers dont aucun responsable n'est de service : gordon find DOSSIER.",
            ),
            {"": f'count(max by (file) (gordon_gaps{{discipline="lead", {FILE}}}) > 0) or vector(0)'},
            width=6,
            steps=((None, GREEN), (1, RED)),
        ),
        Panel(
            say("Gaps now", "Lacunes en ce moment"),
            say("What the files need and nobody on duty covers.", "Ce que personne de service ne couvre."),
            {"": f"sum(max by (file, discipline) (gordon_gaps{{{FILE}}})) or vector(0)"},
            width=6,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Panel(
            say("Kept back by silences in the time shown", "Tues dans la période"),
            say("Tagged mentions that a silence kept back.", "Mentions classées qu'un silence a retenues."),
            {"": "sum(increase(gordon_mentions_silenced_total[$__range])) or vector(0)"},
            width=6,
        ),
    ]
    made = made.with_row(Row(say("At a glance", "En un coup d'œil")))
    for panel in numbers:
        made = made.with_panel(number(panel, say("none", "aucune")))
    return made


def _mentions(made: Dashboard, say: Say) -> Dashboard:
    rate = "[$__rate_interval]"
    by_file = Panel(
        say("Mentions an hour, by file", "Mentions par heure, par dossier"),
        say(
            "A file that suddenly towers is news, or a rule that is too broad.",
            "Un pic : une nouvelle, ou une règle trop large.",
        ),
        {"{{file}}": f"3600 * sum by (file) (rate(gordon_mentions_tagged_total{CHOSEN}{rate}))"},
    )
    by_language = Panel(
        say("Mentions an hour, by language", "Mentions par heure, par langue"),
        say(
            "One language that falls alone: are its feeds well, are its rules?",
            "Une langue qui chute seule : ses fils, ses règles ?",
        ),
        {
            say("{{language}}, of a file", "{{language}}, classées"): (
                f"3600 * sum by (language) (rate(gordon_mentions_tagged_total{CHOSEN}{rate}))"
            ),
            say("{{language}}, of no file", "{{language}}, sans dossier"): (
                f'3600 * sum by (language) (rate(gordon_mentions_untagged_total{{language=~"$language"}}{rate}))'
            ),
        },
    )
    table = Panel(
        say("Mentions in the time shown", "Mentions dans la période"),
        say("By file and language.", "Par dossier et langue."),
        {"": f"sum by (file, language) (increase(gordon_mentions_tagged_total{CHOSEN}[$__range])) > 0"},
    )
    silences = Panel(
        say("Kept back by each silence in the time shown", "Retenues par chaque silence dans la période"),
        say("More than was meant? See silences.yaml.", "Plus que voulu ? Voir silences.yaml."),
        {"{{silence}}": "sum by (silence) (increase(gordon_mentions_silenced_total[$__range]))"},
    )
    columns = {
        "file": say("File", "Dossier"),
        "language": say("Language", "Langue"),
        "Value": say("Mentions", "Mentions"),
    }
    made = made.with_row(Row(say("Mentions", "Mentions")))
    made = made.with_panel(graph(by_file, stacked=True)).with_panel(graph(by_language))
    return made.with_panel(listing(table, columns)).with_panel(bars(silences))


def _coverage(made: Dashboard, say: Say) -> Dashboard:
    covered = Panel(
        say("Covered now", "Couvert en ce moment"),
        say(
            "Share of what a file's queues require that somebody on duty covers. 100 % is all.",
            "Part de ce que les files exigent que quelqu'un de service couvre. 100 % est tout.",
        ),
        {"{{file}}": f"min by (file) (gordon_coverage_ratio{{{FILE}}})"},
        unit="percentunit",
        steps=((None, RED), (0.5, YELLOW), (1, GREEN)),
    )
    gaps = Panel(
        say("Gaps now", "Lacunes en ce moment"),
        say(
            "What nobody on duty covers, by file: a discipline, an expertise (lead: No Gordon), an authority, a "
            "language. gordon gaps says when somebody comes.",
            "Ce que personne de service ne couvre : discipline, expertise (lead : sans Gordon), pouvoir, langue.",
        ),
        {"": f"max by (file, discipline) (gordon_gaps{{{FILE}}}) > 0"},
    )
    over_time = Panel(
        say("Coverage over time", "Couverture dans le temps"),
        say("Nights and weekends dip; office hours should not.", "Les nuits baissent ; les heures de bureau non."),
        {"{{file}}": f"min by (file) (gordon_coverage_ratio{{{FILE}}})"},
        unit="percentunit",
    )
    speed = Panel(
        say("From our poll to the queue, by file", "De notre visite à la file, par dossier"),
        say("95 % of a file's mentions are in a queue within this time.", "95 % des mentions y sont en ce temps."),
        {
            "{{file}}": (
                "histogram_quantile(0.95, sum by (file, le) "
                f"(rate(gordon_publish_to_queue_seconds_bucket{{{FILE}}}[$__rate_interval])))"
            )
        },
        unit="s",
    )
    columns = {"file": say("File", "Dossier"), "discipline": say("Missing", "Manque"), "Value": say("Gap", "Lacune")}
    made = made.with_row(Row(say("Coverage", "Couverture")))
    made = made.with_panel(bars(covered, most=1)).with_panel(listing(gaps, columns))
    return made.with_panel(graph(over_time)).with_panel(graph(speed))
