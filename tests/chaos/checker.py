"""Proves what held in a run, from the facts that were left and from the history. Pure; each check can fail.

violations(facts, history) -> what is wrong, in words; empty: everything held
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

Facts: TypeAlias = Mapping[str, Any]
History: TypeAlias = Sequence[Mapping[str, Any]]
Check: TypeAlias = Callable[[Facts, History], Iterator[str]]
Rows: TypeAlias = Sequence[Mapping[str, Any]]
POISON_OF_KILLERS = "poison"


def violations(facts: Facts, history: History) -> dict[str, list[str]]:
    """By check: what is wrong. A check that found nothing has an empty list."""
    return {name: list(check(facts, history)) for name, check in CHECKS.items()}


def one_mention_each(facts: Facts, history: History) -> Iterator[str]:
    """Every entry that was served is one mention, and every mention is an entry that was served."""
    found = Counter(_links(facts).values())
    served = {entry["link"] for entry in facts["served"]}
    for link in sorted(served):
        if found[link] != 1:
            yield f"{'lost' if not found[link] else 'doubled'}: {link} is {found[link]} mentions"
    yield from (f"invented: {link}" for link in sorted(set(found) - served))
    yield from (f"the mention of {row['mention']} has no revision" for row in _without(facts))


def last_word(facts: Facts, history: History) -> Iterator[str]:
    """The revisions of a mention are 1, 2, ... without a gap, each is what its entry once said, the last its last."""
    says: dict[str, dict[int, str]] = defaultdict(dict)
    links = _links(facts)
    for row in facts["revisions"]:
        says[links[row["mention"]]][row["revision"]] = row["says"]
    for entry in facts["served"]:
        had = says.get(entry["link"], {})
        if sorted(had) != list(range(1, len(had) + 1)):
            yield f"{entry['link']} has the revisions {sorted(had)}"
        if strange := set(had.values()) - set(entry["versions"]):
            yield f"{entry['link']} says what was never served: {sorted(strange)}"
        if had and had[max(had)] != entry["versions"][-1]:
            yield f"{entry['link']}: the last revision is not what the entry says"


def recorded(facts: Facts, history: History) -> Iterator[str]:
    """Every revision that was found was published once and recorded, or died as a killer must."""
    found = {(row["mention"], row["revision"]) for row in facts["revisions"]}
    arrived = {(row["id"], row["revision"]) for row in facts["mentions"]}
    killed = {row["subject"] for row in facts["dead"] if row["reason"] == POISON_OF_KILLERS}
    for mention, revision in sorted(found - arrived):
        if f"{mention}/{revision}" not in killed:
            yield f"lost on the way: revision {revision} of {mention}"
    yield from (f"recorded but never found: revision {revision} of {mention}" for mention, revision in arrived - found)
    published = _ids_by_subject(facts["topics"].get("mentions", ()), "gordon.mention.v1")
    for mention, revision in sorted(found):
        ids = published.get(f"{mention}/{revision}", set())
        if len(ids) != 1:
            yield f"revision {revision} of {mention} has {len(ids)} event ids in the topic"


def right_files(facts: Facts, history: History) -> Iterator[str]:
    """Every mention is tagged with the file that its entry is about, and with no other."""
    files: dict[str, set[str]] = defaultdict(set)
    for row in facts["tags"]:
        files[row["mention"]].add(row["file"])
    links = {link: mention for mention, link in _links(facts).items()}
    for entry in facts["served"]:
        mention = links.get(entry["link"])
        wanted = {entry["file"]} - {""}
        if mention and not entry["killer"] and files.get(mention, set()) != wanted:
            yield f"{entry['link']} is tagged {sorted(files.get(mention, set()))}, not {sorted(wanted)}"


def one_issue_each(facts: Facts, history: History) -> Iterator[str]:
    """Every tagged mention is, for each of its files, in exactly one issue, and every issue counts its mentions."""
    issues = {row["id"]: row for row in facts["issues"]}
    homes = Counter((row["mention"], issues[row["issue"]]["file"]) for row in facts["joins"])
    for mention, file in sorted({(row["mention"], row["file"]) for row in facts["tags"]}):
        if homes[mention, file] != 1:
            yield f"mention {mention} is in {homes[mention, file]} issues of {file}"
    sizes = Counter(row["issue"] for row in facts["joins"])
    for id, row in issues.items():
        if row["mentions"] != sizes[id]:
            yield f"issue {id} counts {row['mentions']} mentions and has {sizes[id]}"


def reached_queue(facts: Facts, history: History) -> Iterator[str]:
    """Every issue has an item; every item was announced in the topic of its queue, its mentions among them."""
    having = {row["issue"] for row in facts["items"]}
    alive = [row["id"] for row in facts["issues"] if not row["merged_into"]]
    yield from (f"issue {id} has no item" for id in alive if id not in having)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    named: set[str] = set()
    for queue, message in _assigned(facts):
        told[queue, message["assigned"]["item"]].add(message["assigned"]["change"])
        named.add(message["mention"])
    for row in facts["items"]:
        if "opened" not in told.get((row["queue"], row["id"]), set()):
            yield f"item {row['id']} was not announced in queue {row['queue']}"
    for mention in sorted({row["mention"] for row in facts["joins"]} - named):
        yield f"no queue heard of mention {mention}"


def no_item_twice(facts: Facts, history: History) -> Iterator[str]:
    """One issue has one item in one queue, opened once, and no queue has an item that the database does not."""
    places = Counter((row["issue"], row["queue"]) for row in facts["items"])
    yield from (f"issue {issue} has {n} items in {queue}" for (issue, queue), n in places.items() if n > 1)
    opened: dict[str, set[str]] = defaultdict(set)
    for _, message in _assigned(facts):
        if message["assigned"]["change"] == "opened":
            opened[message["assigned"]["item"]].add(message["id"])
    yield from (f"item {item} was opened {len(ids)} times" for item, ids in opened.items() if len(ids) > 1)
    known = {row["id"] for row in facts["items"]}
    yield from (f"a queue has item {item}, which the database has not" for item in sorted(set(opened) - known))


def never_backwards(facts: Facts, history: History) -> Iterator[str]:
    """In the topic of mentions no new revision follows a later one; the database has the last of each in route too."""
    highest: dict[str, int] = {}
    seen: set[str] = set()
    for message in facts["topics"].get("mentions", ()):
        if message["type"] != "gordon.mention.v1" or "/" not in message["subject"] or message["id"] in seen:
            continue
        seen.add(message["id"])
        mention, _, revision = message["subject"].rpartition("/")
        if int(revision) < highest.get(mention, 0):
            yield f"revision {revision} of {mention} came after revision {highest[mention]}"
        highest[mention] = max(highest.get(mention, 0), int(revision))
    last = _last((row["mention"], row["revision"]) for row in facts["revisions"])
    for row in facts["entries"]:
        if row["revision"] != last.get(row["mention"]):
            yield f"{row['mention']} is at revision {row['revision']}, its last is {last.get(row['mention'])}"


def clocks_once(facts: Facts, history: History) -> Iterator[str]:
    """No clock of an item fired twice: not in its state, not in its audit, not in its queue."""
    for row in facts["items"]:
        if len(set(row["fired"])) != len(row["fired"]):
            yield f"item {row['id']} has fired {row['fired']}"
    audit = Counter((row["item"], row["why"]) for row in facts["changes"] if row["action"] == "escalate")
    yield from (f"item {item}: {n} times in the audit: {why}" for (item, why), n in audit.items() if n > 1)
    told: dict[tuple[str, str], set[str]] = defaultdict(set)
    for _, message in _assigned(facts):
        if message["assigned"]["change"] == "escalated":
            told[message["assigned"]["item"], message["assigned"]["why"]].add(message["id"])
    yield from (f"item {item} told {len(ids)} times: {why}" for (item, why), ids in told.items() if len(ids) > 1)


def dead_explained(facts: Facts, history: History) -> Iterator[str]:
    """Dead letters are exactly what was poisoned, one for each place in the topics where such a message lies (a killer
    lies there twice where its publisher died before it noted that it had published), each with its reason and its
    original bytes."""
    poison = {line["digest"]: line for line in history if line["what"] == "poison"}
    killers = _killers(facts)
    wanted: dict[tuple[str, int, int], tuple[str, str]] = {}
    seen: set[str] = set()
    for topic in ("mentions", "tagged"):
        for message in facts["topics"].get(topic, ()):
            place = (f"gordon.{topic}", message["partition"], message["offset"])
            if message["digest"] in poison:
                wanted[place] = (poison[message["digest"]]["reason"], message["digest"])
                seen.add(message["digest"])
            elif topic == "mentions" and (killer := message["subject"].partition("/")[0]) in killers:
                wanted[place] = (POISON_OF_KILLERS, message["digest"])
                seen.add(killer)
    yield from (
        f"poison that was put in is not on the bus: {poison[one]['name']}" for one in sorted(set(poison) - seen)
    )
    yield from (f"killer {one} is not on the bus" for one in sorted(killers - seen))
    for row in facts["dead"]:
        place, told = (row["topic"], row["partition"], row["offset"]), (row["reason"], row["digest"])
        if place not in wanted:
            yield f"died without cause, or twice: {row['reason']} at {place}: {row['error'][:200]}"
        elif wanted.pop(place) != told:
            yield f"the letter of {place} says {told}"
        if not row["error"]:
            yield f"the letter of {place} does not say what went wrong"
    yield from (f"poison at {place} has no letter" for place in sorted(wanted))
    yield from _letters_on_the_bus(facts)


def _letters_on_the_bus(facts: Facts) -> Iterator[str]:
    """The topic of the dead and the table say the same."""
    told = {message["id"]: message for message in facts["topics"].get("dead", ())}
    stored = {row["id"]: row for row in facts["dead"]}
    yield from (f"letter {id} is on the bus and not in the database" for id in sorted(set(told) - set(stored)))
    for id, row in stored.items():
        message = told.get(id, {})
        if "dead" not in message:
            yield f"letter {id} is not on the bus, or cannot be read: {message.get('unreadable', '')}"
        elif message["dead"]["digest"] != row["digest"] or message["dead"]["origin"]["offset"] != row["offset"]:
            yield f"letter {id} says one thing on the bus and another in the database"


def equations(facts: Facts, history: History) -> Iterator[str]:
    """found = tagged + untagged + dead and nothing in flight; tags = routed + silenced + dead; no outbox waits."""
    state = facts["status"]
    if state["found"] != state["tagged"] + state["untagged"] + state["dead"]:
        yield f"found {state['found']} is not {state['tagged']} + {state['untagged']} + {state['dead']}"
    if state["tags"] != state["routed"] + state["silenced"] + state["tags_dead"]:
        yield f"tags {state['tags']} is not {state['routed']} + {state['silenced']} + {state['tags_dead']}"
    if state["in_flight"] or state["outbox"] or not state["balanced"] or sum((state["lag"] or {"": 1}).values()):
        yield f"not at rest: in flight {state['in_flight']}, outbox {state['outbox']}, lag {state['lag']}"
    yield from (f"the outbox of {row['stage']} holds {row['waiting']}" for row in facts["outbox"])
    yield from (f"held back: {row['mention']}" for row in facts["held"])


def was_a_run(facts: Facts, history: History) -> Iterator[str]:
    """Every planned fault happened and ended, or was skipped because its target was still coming back, the fewer;
    there was news, and the run came to rest."""
    begun = {line["fault"] for line in history if line["what"] == "fault"}
    over = {line["fault"] for line in history if line["what"] == "over"}
    skipped = {line["fault"] for line in history if line["what"] == "skipped"}
    if len(begun) + len(skipped) != facts["planned"] or begun != over or len(begun) < len(skipped):
        yield f"{facts['planned']} faults planned, {len(skipped)} skipped, {len(begun)} begun, {len(over)} over"
    if not any(line["what"] == "settled" for line in history):
        yield "it never came to rest"
    if len(facts["served"]) < 10:
        yield f"only {len(facts['served'])} entries were served"


CHECKS: dict[str, Check] = {
    "every entry served is exactly one mention": one_mention_each,
    "the last revision is what the entry says": last_word,
    "every revision found is recorded or dead": recorded,
    "every mention has the right files": right_files,
    "every tagged mention is in exactly one issue": one_issue_each,
    "every item reached the topic of its queue": reached_queue,
    "no item twice": no_item_twice,
    "no revision goes backwards": never_backwards,
    "no clock fired twice": clocks_once,
    "dead letters are the poison put in, and explain themselves": dead_explained,
    "the completeness equations hold": equations,
    "the run took place as planned": was_a_run,
}


def counts(facts: Facts, found: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The figures of the report: what was lost and what was doubled, among others."""
    every = [line for lines in found.values() for line in lines]
    lost = ("lost", "no queue heard", "was not announced", "has no item", "is in 0 issues")
    doubled = ("doubled", "opened ", "is in 2", "has 2", "fired", "told ", "times in the audit", "items in")
    return {
        "entries": len(facts["served"]),
        "mentions": len(facts["entries"]),
        "revisions": len(facts["revisions"]),
        "items": len(facts["items"]),
        "dead letters": len(facts["dead"]),
        "lost": sum(any(word in line for word in lost) for line in every),
        "doubled": sum(any(word in line for word in doubled) for line in every),
        "violations": len(every),
    }


def _links(facts: Facts) -> dict[str, str]:
    """The address of each mention."""
    return {row["mention"]: row["url"] for row in sorted(facts["revisions"], key=lambda row: row["revision"])}


def _without(facts: Facts) -> Rows:
    links = _links(facts)
    return [row for row in facts["entries"] if row["mention"] not in links]


def _last(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for mention, revision in pairs:
        found[mention] = max(found.get(mention, 0), revision)
    return found


def _ids_by_subject(messages: Rows, kind: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for message in messages:
        if message["type"] == kind:
            found[message["subject"]].add(message["id"])
    return found


def _assigned(facts: Facts) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for topic, messages in facts["topics"].items():
        if topic.startswith("queue."):
            yield from ((topic.removeprefix("queue."), one) for one in messages if "assigned" in one)


def _killers(facts: Facts) -> set[str]:
    links = {link: mention for mention, link in _links(facts).items()}
    return {links[entry["link"]] for entry in facts["served"] if entry["killer"] and entry["link"] in links}
