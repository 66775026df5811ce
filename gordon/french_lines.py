"""Lines and headings of the commands that report on items, issues, mentions and people, English and French; fields as
``gordon.french`` explains them. With their Rich markup: a line is translated as a whole, when it is printed."""

from __future__ import annotations

LINES: dict[str, str] = {
    # queues and items
    "Queue [bold]{word}[/bold]: {n} item(s)": "File [bold]{word}[/bold] : {n} élément(s)",
    "[bold]{word}[/bold] {word2}, {term}, {n} mentions: “{own}”": (
        "[bold]{word}[/bold] {word2}, priorité {term}, {n} mentions : « {own} »"
    ),
    "[bold]{word}[/bold] {word2}, {term}: “{own}”": "[bold]{word}[/bold] {word2}, priorité {term} : « {own} »",
    "[cyan]{own}[/cyan] ({why})": "[cyan]{own}[/cyan] ({why})",
    "[yellow]{why}[/yellow]": "[yellow]{why}[/yellow]",
    "[dim]{clocks}[/dim]": "[dim]{clocks}[/dim]",
    "No Gordon: {why}": "Pas de Gordon : {why}",
    "no {word}: {why}": "sans {word} : {why}",
    "item {word} in [bold]{word2}[/bold] is {term}, {why}": "élément {word} de [bold]{word2}[/bold] : {term}, {why}",
    "item {word} in [bold]{word2}[/bold], {term}, {term2}": "élément {word} de [bold]{word2}[/bold], {term}, {term2}",
    "claimed by {word} until {when}Z": "pris en charge par {word} jusqu'au {when}Z",
    "claimed by {word}": "pris en charge par {word}",
    "nobody's": "libre",
    "done: {terms}": "fait : {terms}",
    "{term}_by {when}Z": "{term} avant le {when}Z",
    # issues
    "issue [bold]{word}[/bold] about {word2} has {n} mention(s)": (
        "enjeu [bold]{word}[/bold] du dossier {word2} : {n} mention(s)"
    ),
    "issue [bold]{word}[/bold] about {word2} is {term}: “{own}”": (
        "enjeu [bold]{word}[/bold] du dossier {word2}, {term} : « {own} »"
    ),
    "merged into {word}": "fusionné avec {word}",
    "the {n} newest; more with --most": "les {n} plus récents ; davantage avec --most",
    # the way of a mention
    "[dim]{own}[/dim] found in {word}: “{own2}”": "[dim]{own}[/dim] trouvée dans {word} : « {own2} »",
    "[dim]{own}[/dim] edited in {word}: “{own2}”": "[dim]{own}[/dim] modifiée dans {word} : « {own2} »",
    "revision {n}, {word}, {word2}": "révision {n}, {word}, {word2}",
    "flags: {own}": "marques : {own}",
    "on its way: route has not recorded it yet": "en route : pas encore enregistrée",
    "revision {n} tagged with policy {word}:": "révision {n} étiquetée selon la politique {word} :",
    "no file": "aucun dossier",
    "issue {word} {word2}: “{own}”, {n} mention(s)": "enjeu {word} {word2} : « {own} », {n} mention(s)",
    "because {why}": "parce que : {why}",
    "[dim]{own}[/dim] {term} with {word} by {act}": "[dim]{own}[/dim] {term} avec {word} par {act}",
    "[dim]{own}[/dim] {term} off {word} by {act}": "[dim]{own}[/dim] {term} de {word} par {act}",
    "[dim]{own}[/dim] {term} by {act}": "[dim]{own}[/dim] {term} par {act}",
    "[yellow]{word}, revision {n}:[/yellow] {why}": "[yellow]{word}, révision {n} :[/yellow] {why}",
    "[red]claim[/red] {own}: “{own2}”": "[red]affirmation[/red] {own} : « {own2} »",
    "and {n} more changes: see --json": "et {n} autres changements : voir --json",
    "[red]not in {word}[/red], but in {own}": "[red]pas dans {word}[/red], mais dans {own}",
    # who knows a file
    "{word}: [bold red]No Gordon[/bold red]": "{word} : [bold red]Pas de Gordon[/bold red]",
    "[bold red]No Gordon[/bold red] [bold]{word}[/bold]: {why}": (
        "[bold red]Pas de Gordon[/bold red] [bold]{word}[/bold] : {why}"
    ),
    "deputies {names}": "suppléance  {names}",
    "experts {names}": "expertise   {names}",
    "speakers {names}": "parole      {names}",
    "approvers {names}": "approbation {names}",
    "on duty {names}": "en service  {names}",
    "next {names}": "ensuite     {names}",
    "[yellow]ends[/yellow] {when}: {own}": "[yellow]fin[/yellow] {when} : {own}",
    "[yellow]gap[/yellow] {word}: {why}": "[yellow]lacune[/yellow] {word} : {why}",
    "picture in {own}": "image dans {own}",
    # status
    "[red]the bus does not answer; what is in flight is unknown[/red]": (
        "[red]le bus ne répond pas ; ce qui est en transit est inconnu[/red]"
    ),
    "[green]balanced: found = tagged + of no file + dead + in flight, and tagged = routed + silenced[/green]": (
        "[green]équilibré : trouvées = étiquetées + sans dossier + mortes + en transit, "
        "et étiquetées = acheminées + tues[/green]"
    ),
    "[red]NOT balanced: something was found or tagged that is neither recorded, dead nor under way[/red]": (
        "[red]PAS équilibré : quelque chose a été trouvé ou étiqueté qui n'est ni enregistré, ni mort, "
        "ni en transit[/red]"
    ),
    "{label}: none": "{label} : rien",
}

LABELS = {
    "Queues": "Files",
    "queue": "file",
    "open": "ouverts",
    "with gaps": "avec lacunes",
    "requires": "exige",
    "escalates to": "transmet à",
    "title": "titre",
    "Issues": "Enjeux",
    "issue": "enjeu",
    "file": "dossier",
    "state": "état",
    "mentions": "mentions",
    "last seen": "vu dernièrement",
    "Mentions": "Mentions",
    "mention": "mention",
    "seen": "vue",
    "language": "langue",
    "because": "parce que",
    "Items": "Éléments",
    "item": "élément",
    "priority": "priorité",
    "team": "équipe",
    "History": "Historique",
    "at": "quand",
    "who": "qui",
    "did": "geste",
    "what": "geste",
    "other": "autre",
    "why": "motif",
    "Gaps": "Lacunes",
    "needs": "besoin",
    "kind": "genre",
    "from": "du",
    "to": "au",
    "hangs on": "repose sur",
    "found": "trouvées",
    "tagged": "étiquetées",
    "of no file": "sans dossier",
    "dead": "mortes",
    "in flight": "en transit",
    "missing": "manquantes",
    "held": "retenues",
    "Files of mentions": "Dossiers des mentions",
    "routed": "acheminées",
    "silenced": "tues",
    "not yet routed": "pas encore acheminées",
    "Work": "Travail",
    "feeds": "fils",
    "issues": "enjeux",
    "items": "éléments",
    "dead letters": "lettres mortes",
    "outbox": "boîte d'envoi",
    "outbox since": "boîte d'envoi depuis",
    "Feeds by last poll": "Fils selon la dernière lecture",
    "outcome": "résultat",
    "Not yet committed": "Pas encore confirmés",
    "stage and topic": "étape et sujet",
    "events": "événements",
}
"""Titles and columns of the tables of these commands."""
