"""The dashboard Feeds: how they are, how polling goes, what it brings, who has gone quiet, push."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import Dashboard, Row

from deploy.grafana.panels import BLUE, GREEN, RED, YELLOW, Panel, Say, graph, listing, number, sheet

TROUBLE = "not-a-feed|unparseable|blocked|unreachable|rate-limited|gone"


def feeds(say: Say) -> Dashboard:
    """The feeds and what comes from them."""
    title = say("Feeds", "Fils")
    about = say("How the feeds are and what they bring.", "L'état des fils et ce qu'ils apportent.")
    made = sheet("feeds", title, about, say)
    for add in (_well, _polling, _silence, _push):
        made = add(made, say)
    return made


def _well(made: Dashboard, say: Say) -> Dashboard:
    numbers = [
        Panel(
            say("Subscribed", "Abonnements"),
            say("Feeds of the desk.", "Fils du bureau."),
            {"": "sum(max by (state) (gordon_feeds))"},
            width=6,
        ),
        Panel(
            say("In trouble", "En difficulté"),
            say("They cannot be read: gordon feeds health.", "Illisibles : gordon feeds health."),
            {"": f'sum(max by (state) (gordon_feeds{{state=~"{TROUBLE}"}})) or vector(0)'},
            width=6,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Panel(
            say("Gone quiet", "Devenus muets"),
            say("They answer, but bring nothing new any more.", "Ils répondent, mais n'apportent plus rien."),
            {"": 'max(gordon_feeds{state="dormant"}) or vector(0)'},
            width=6,
            steps=((None, GREEN), (1, YELLOW)),
        ),
        Panel(
            say("Held for review", "Retenues pour examen"),
            say("Mentions of a flood: gordon feeds held.", "Mentions d'un afflux : gordon feeds held."),
            {"": 'max(gordon_mentions_held{reason="flood"})'},
            width=6,
            steps=((None, GREEN), (1, RED)),
        ),
    ]
    made = made.with_row(Row(say("How they are", "Comment ils vont")))
    for panel in numbers:
        made = made.with_panel(number(panel, say("unknown", "inconnu")))
    states = Panel(
        say("Feeds by state", "Fils par état"),
        say(
            "ok, unchanged, empty and never are well. A state that grows at once for many feeds is the network.",
            "ok, unchanged, empty et never vont bien. Un état qui croît d'un coup : le réseau.",
        ),
        {"{{state}}": "max by (state) (gordon_feeds)"},
    )
    held = Panel(
        say("Mentions held back", "Mentions retenues"),
        say("flood: for a person. page: until its page was read.", "flood : pour examen. page : attend sa page."),
        {"{{reason}}": "max by (reason) (gordon_mentions_held)"},
    )
    return made.with_panel(graph(states, stacked=True)).with_panel(graph(held))


def _polling(made: Dashboard, say: Say) -> Dashboard:
    rate = "[$__rate_interval]"
    panels = [
        Panel(
            say("Polls a minute, by outcome", "Visites par minute, par issue"),
            say("How visits to feeds end.", "Comment finissent les visites."),
            {"{{outcome}}": "60 * gordon:polls:rate5m"},
        ),
        Panel(
            say("How long a poll takes", "Durée d'une visite"),
            say("95 % of polls end within this time; slow hosts show here.", "95 % des visites finissent en ce temps."),
            {say("95 % within", "95 % en"): "gordon:poll_seconds:p95"},
            unit="s",
        ),
        Panel(
            say("Mentions found a minute", "Mentions trouvées par minute"),
            say("New ones, and edits of known ones.", "Nouvelles, et modifications de connues."),
            {"{{kind}}": "60 * gordon:found:rate5m"},
        ),
        Panel(
            say("Bytes received a second", "Octets reçus par seconde"),
            say("Bodies of feeds.", "Corps des fils."),
            {say("received", "reçus"): f"sum(rate(gordon_feed_bytes_total{rate}))"},
            unit="Bps",
        ),
        Panel(
            say("Pages read a minute, by outcome", "Pages lues par minute, par issue"),
            say("Visits to pages for their full text.", "Visites de pages pour leur texte complet."),
            {"{{outcome}}": f"60 * sum by (outcome) (rate(gordon_pages_total{rate}))"},
        ),
        Panel(
            say("Left out, and standing by", "Laissées de côté, et en attente"),
            say(
                "Entries beyond parse.max_entries a minute; and ingest daemons that wait for their turn (SQLite).",
                "Entrées au-delà de parse.max_entries par minute ; démons ingest qui attendent leur tour (SQLite).",
            ),
            {
                say("entries a minute", "entrées par minute"): f"60 * sum(rate(gordon_entries_dropped_total{rate}))",
                say("standing by", "en attente"): "sum(gordon_ingest_standby)",
            },
        ),
    ]
    made = made.with_row(Row(say("Polling", "Visites")))
    for panel in panels:
        made = made.with_panel(graph(panel))
    return made


def _silence(made: Dashboard, say: Say) -> Dashboard:
    longest = Panel(
        say("Longest silent feeds", "Fils muets depuis le plus longtemps"),
        say(
            "Feeds that have gone quiet against their own habit, 50 at most: has it moved, or ended?",
            "Fils devenus muets contre leur habitude, 50 au plus : a-t-il déménagé, ou cessé ?",
        ),
        {"": "topk(50, max by (feed) (gordon_feed_silence_seconds))"},
        unit="s",
    )
    languages = Panel(
        say("Languages that have gone quiet", "Langues devenues muettes"),
        say(
            "1: far fewer new mentions than at the same time in earlier weeks.",
            "1 : bien moins de nouvelles mentions qu'à la même heure des semaines précédentes.",
        ),
        {"{{language}}": "max by (language) (gordon_language_quiet)"},
    )
    columns = {"feed": say("Feed", "Fil"), "Value": say("Silent for", "Muet depuis")}
    made = made.with_row(Row(say("Silence", "Silence")))
    return made.with_panel(listing(longest, columns)).with_panel(graph(languages))


def _push(made: Dashboard, say: Say) -> Dashboard:
    subscriptions = Panel(
        say("Subscriptions at hubs", "Abonnements aux concentrateurs"),
        say(
            "verified: in force. Many asked for long: the callback address does not lead here.",
            "verified : en vigueur. Beaucoup de asked : l'adresse de rappel ne mène pas ici.",
        ),
        {"{{state}}": "max by (state) (gordon_hub_subscriptions)"},
        steps=((None, BLUE),),
    )
    pushes = Panel(
        say("Pushes a minute, by outcome", "Appels par minute, par issue"),
        say(
            "accepted is right; forged or unknown growing fast is somebody trying.",
            "accepted est bien ; forged ou unknown en hausse : quelqu'un essaie.",
        ),
        {"{{outcome}}": "60 * sum by (outcome) (rate(gordon_hub_pushes_total[$__rate_interval]))"},
    )
    made = made.with_row(Row(say("Push (WebSub)", "Notifications (WebSub)")))
    return made.with_panel(graph(subscriptions)).with_panel(graph(pushes))
