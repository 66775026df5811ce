"""The templates of Gordon's sentences, English and French; fields as ``gordon.french`` explains them.

What people stored in English is read by these: when a sentence changes, its old template stays.
"""

from __future__ import annotations

TEXTS: dict[str, str] = {
    # teams
    "team: {names}: the smallest of {n} on duty that covers {n2} of {n3} needs": (
        "équipe : {names} : la plus petite parmi {n} en service, qui couvre {n2} besoins sur {n3}"
    ),
    "team: {names}": "équipe : {names}",
    "covers {names}": "couvre {names}",
    "drafts": "rédige",
    "approves": "approuve",
    "stands in for {word}": "remplace {word}",
    "leads the file": "dirige le dossier",
    "has {n} of {n2} items": "a {n} élément(s) sur {n2}",
    "beyond capacity, as nobody with room covers it": (
        "au-delà de sa capacité, car aucune personne disponible ne le couvre"
    ),
    # gaps
    "gap: No Gordon: nobody with lead expertise on {word} is on duty": (
        "lacune : pas de Gordon : personne ayant l'expertise principale sur {word} n'est en service"
    ),
    "gap: {term} {word}: {why}": "lacune : {term} {word} : {why}",
    "nobody has it any more: {why}": "plus personne ne l'a : {why}",
    "nobody has it": "personne ne l'a",
    "{word}'s standing ended {when}": "le mandat de {word} a pris fin le {when}",
    "{word} cannot approve what {word2} drafts: {why}": "{word} ne peut approuver ce que {word2} rédige : {why}",
    "the only one, {word}, {why}": "la seule personne, {word}, {why}",
    "the only other one, {word}, {why}": "la seule autre personne, {word}, {why}",
    "none of {n} is free: {why}": "aucune des {n} personnes n'est libre : {why}",
    "and {n} more": "et {n} autres",
    "nobody else can do either": "personne d'autre ne peut faire ni l'un ni l'autre",
    "takes no items": "ne prend pas d'éléments",
    "takes no items any more": "ne prend plus d'éléments",
    "is there": "est là",
    # people who are not there
    "is away until {when}": "est absent(e) jusqu'au {when}",
    "has left (last day {when})": "est parti(e) (dernier jour {when})",
    "has left (standing ended {when})": "est parti(e) (mandat terminé le {when})",
    "is off duty until {when} UTC": "n'est pas en service avant le {when} UTC",
    "is off duty": "n'est pas en service",
    "is on the desk no more": "ne figure plus dans le bureau",
    "standing ended {when}": "mandat terminé le {when}",
    "covers nothing of what is asked any more": "ne couvre plus rien de ce qui est demandé",
    "{why}, and {term} is due {when} UTC": "{why}, et l'étape « {term} » est due le {when} UTC",
    # teams that change
    "reassigned: {why}": "réaffecté : {why}",
    "{word} leaves the team: {why}": "{word} quitte l'équipe : {why}",
    "{word} joins the team: {why}": "{word} rejoint l'équipe : {why}",
    "no gap any more: {term} {word}": "lacune comblée : {term} {word}",
    "{word} no longer covers {word2}": "{word} ne couvre plus {word2}",
    "{word} counts as no expert now, no longer as {word2}": "{word} ne compte plus comme {word2}",
    "{word} counts as {word2} now, no longer as {word3}": (
        "{word} compte maintenant comme {word2}, non plus comme {word3}"
    ),
    "the desk has no queue {word} any more; goes on in {word2}": (
        "le bureau n'a plus de file {word} ; la suite est dans {word2}"
    ),
    "from {word}: {why}": "de {word} : {why}",
    # clocks and escalation
    "escalated from {word}: {why}": "transmis par {word} : {why}",
    "{why}; goes to {word}": "{why} ; va à {word}",
    "{why}; the queue escalates to nobody": "{why} ; la file ne transmet à personne",
    "{why} and nobody covers {names}": "{why} et personne ne couvre {names}",
    "{why} and {term} was due {when}Z": "{why} et l'étape « {term} » était due le {when}Z",
    "{term} was due {when}Z": "l'étape « {term} » était due le {when}Z",
    "nobody covers {names}": "personne ne couvre {names}",
    # issues
    "issue: {why}": "enjeu : {why}",
    "tells the story of {own} (score {n}, needed {n2})": "raconte la même histoire que {own} (score {n}, requis {n2})",
    "the closest, {own}, scores {n} of {n2} needed": "le plus proche, {own}, obtient {n} sur {n2} requis",
    "{own} and {own2} tell one story (score {n}, needed {n2}); linked by {own3}": (
        "{own} et {own2} racontent la même histoire (score {n}, requis {n2}) ; reliés par {own3}"
    ),
    "{own} and {own2} tell one story (score {n}, needed {n2})": (
        "{own} et {own2} racontent la même histoire (score {n}, requis {n2})"
    ),
    "nothing like it in the last days": "rien de semblable ces derniers jours",
    "the same mention is in this issue already": "la même mention est déjà dans cet enjeu",
    "this revision is in the issue already": "cette révision est déjà dans l'enjeu",
    "its issue knows a newer revision": "son enjeu connaît une révision plus récente",
    "revision {n} of a mention that is in the issue": "révision {n} d'une mention qui est dans l'enjeu",
    "people put it there": "des personnes l'y ont mise",
    "has the same address": "a la même adresse",
    "has the same words": "a le même texte",
    "nearly the words of {own}": "presque le texte de {own}",
    "this mention leads elsewhere; the item in {word} grows with its issue": (
        "cette mention mène ailleurs ; l'élément de {word} grandit avec son enjeu"
    ),
    "opened again: a new mention of its story": "rouvert : une nouvelle mention de son histoire",
    "a new mention": "une nouvelle mention",
    "a mention of its story: {own}": "une mention de son histoire : {own}",
    "no mention since {when}Z": "aucune mention depuis le {when}Z",
    "merged by {act}": "fusionné par {act}",
    "with what was merged into it by {act}": "avec ce qui y a été fusionné par {act}",
    "issue {word} was merged into it by {act}": "l'enjeu {word} y a été fusionné par {act}",
    "its issue was merged into {word} by {act}": "son enjeu a été fusionné avec {word} par {act}",
    "split off by {act}": "séparé par {act}",
    "{n} of its mentions became issue {word} by {act}": "{n} de ses mentions sont devenues l'enjeu {word} par {act}",
    # what people do
    "until {when}Z; {word}'s claim ran out": "jusqu'au {when}Z ; la prise en charge de {word} a expiré",
    "until {when}Z": "jusqu'au {when}Z",
    "given back": "rendu",
    "done": "fait",
    "no reason given": "sans motif",
    "closed by {word}: {why}": "fermé par {word} : {why}",
    "after {own} of pause": "après une pause de {own}",
    # priority and routes
    "priority: {term}, as route {n} says": "priorité : {term}, selon la route {n}",
    "priority: {term}, {n} points ({why})": "priorité : {term}, {n} points ({why})",
    "priority: {term}, {n} points": "priorité : {term}, {n} points",
    "repeats a known claim: {n}": "reprend une affirmation connue : {n}",
    "a spike of the file: {n}": "un pic du dossier : {n}",
    "{n} times as many as usual: {n2}": "{n} fois plus que d'habitude : {n2}",
    "the file's sensitivity is {term}: {n}": "la sensibilité du dossier est {term} : {n}",
    "reach of {word}: {n}": "portée de {word} : {n}",
    "route {n}: {conditions} -> {word}": "route {n} : {conditions} -> {word}",
    "silence {word} of {word2} until {when}Z: {own} ({conditions})": (
        "silence {word} de {word2} jusqu'au {when}Z : {own} ({conditions})"
    ),
}
"""Where two fit, the earlier one counts: the longer sentence goes first."""

WORDS = {
    "nobody": "personne",
    "discipline": "discipline",
    "expertise": "expertise",
    "authority": "pouvoir",
    "language": "langue",
    "acknowledge": "accuser réception",
    "draft": "rédiger",
    "approve": "approuver",
    "low": "basse",
    "normal": "normale",
    "high": "haute",
    "urgent": "urgente",
    "open": "ouvert",
    "dormant": "dormant",
    "closed": "fermé",
    "uncovered": "non couvert",
    "single": "une seule personne",
    "expiring": "arrive à échéance",
    "nothing": "rien",
    "no queue": "aucune file",
    "unknown": "inconnu",
    "[dim]nobody[/dim]": "[dim]personne[/dim]",
    "merged": "fusionné",
    "split": "séparé",
    "woke": "réveillé",
    "reopened": "rouvert",
    "opened": "ouvert",
    "grew": "a grandi",
    "reassigned": "réaffecté",
    "escalated": "transmis",
    "claim": "pris en charge",
    "prolong": "prolongé",
    "release": "rendu",
    "pause": "suspendu",
    "resume": "repris",
    "close": "fermé",
    "reassign": "réaffecté",
    "escalate": "transmis",
    "merge": "fusionné",
}
CONDITION_WORDS = {"and": "et", "or": "ou", "is": "est", "always": "toujours"}
