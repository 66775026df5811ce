"""``gordon dead``: messages that could not be processed, and their replay."""

from __future__ import annotations

from typing import Annotated

import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.records import DeadLetter

app = typer.Typer()
MOST = 1000
IdArgument = Annotated[str, typer.Argument(metavar="ID", help="Id of the dead letter, or how it begins.")]


@app.command("list")
def list_dead(
    desk: DeskOption = HERE,
    everything: Annotated[bool, typer.Option("--all", help="Replayed ones as well.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The dead letters, newest first. Exit 1 when there are any that nobody has replayed."""
    from store.dead import dead_letters

    with Session(desk) as session:
        letters = dead_letters(session.database, MOST, replayed=everything)
    if as_json:
        show_json(letters)
    else:
        rows = [[e.id[:8], e.stage, e.reason, e.error[:100], _origin(e), "yes" if e.replayed else ""] for e in letters]
        show_table("Dead letters", ["id", "stage", "reason", "error", "origin", "replayed"], rows)
    raise typer.Exit(1 if any(letter.replayed is None for letter in letters) else 0)


@app.command()
def show(id: IdArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """One dead letter with its traceback and its original bytes."""
    from store.dead import dead_letter

    with Session(desk) as session:
        letter = dead_letter(session.database, id)
    if as_json:
        show_json(letter)
        return
    say(f"[bold]{clean(letter.id)}[/bold]  {clean(letter.stage)}: {clean(letter.reason)}, {letter.attempts} attempt(s)")
    say(f"origin {clean(_origin(letter))}  key {clean(letter.key)}  about {clean(letter.subject or '-')}")
    say(clean(letter.error))
    if letter.traceback:
        say(f"[dim]{clean(letter.traceback)}[/dim]")
    say(clean(letter.value.decode("utf-8", "backslashreplace")))


@app.command()
def replay(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Dead letters, or how their ids begin.")
    ] = None,
    desk: DeskOption = HERE,
    everything: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Publish the original messages again to the topics they came from; or post them to their webhook again."""
    from gordon.app.daemon import utc_now
    from gordon.letters import replay_message
    from gordon.webhooks import UNDELIVERABLE
    from store.dead import Dead, dead_letter, dead_letters

    if bool(ids) == everything:
        raise typer.BadParameter("name dead letters, or give --all")
    with Session(desk) as session:
        letters = [dead_letter(session.database, id) for id in ids or ()] or dead_letters(session.database, MOST)
        with session.bus() as bus:
            for letter in reversed(letters) if everything else letters:  # oldest first: order per key
                if letter.reason == UNDELIVERABLE:
                    _deliver_again(session, letter)
                else:
                    bus.ensure([letter.topic])
                    bus.publish([replay_message(letter)])
                Dead(session.database).mark_replayed(letter.id, utc_now())
    show_json({"replayed": [letter.id for letter in letters]}) if as_json else say(f"replayed {len(letters)}")


def _deliver_again(session: Session, letter: DeadLetter) -> None:
    """What one webhook did not take concerns no other reader of the queue: it waits for that webhook again."""
    from gordon.app.daemon import utc_now
    from gordon.webhooks import delivery_again
    from store.deliveries import Deliveries

    again = delivery_again(letter.headers, key=letter.key, topic=letter.topic, value=letter.value, now=utc_now())
    Deliveries(session.database).accept_again(again)


def _origin(letter: DeadLetter) -> str:
    return f"{letter.topic}/{letter.partition}/{letter.offset}"
