"""``gordon tag``: which files a text touches, and why; JSON Lines in and out for bulk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_json_line
from gordon.errors import DeskInvalid, Problem
from gordon.events import ClaimHit, FileTag, Mention


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of JSON Lines in."""

    id: msgspec.Raw
    text: str
    title: str | None = None
    language: str | None = None


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("tag")(tag)


def tag(
    what: Annotated[
        str, typer.Argument(metavar="[TEXT|FILE|-]", help="A text, a file with one, or - for input.")
    ] = "-",
    desk: DeskOption = HERE,
    title: Annotated[str, typer.Option(help="Title of the text.")] = "",
    language: Annotated[str, typer.Option("--language", "-l", help="en, fr, ...; found out by default.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Also say why the other files did not match.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="JSON Lines in: id, title?, text, language?; and out.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag a text with the policy files it touches."""
    tagger = _Tagger(desk)
    if jsonl:
        for line in _lines(what):
            mention = tagger.mention(line.title or "", line.text, line.language or "")
            show_json_line({"id": line.id, **tagger.result(mention)})
        return
    mention = tagger.mention(title, _text(what), language)
    result = tagger.result(mention)
    if explain:
        result["explain"] = tagger.engine.explain(mention)
    if as_json:
        show_json(result)
    else:
        _show(result)


class _Tagger:
    """The desk's engine and language detector, loaded once."""

    def __init__(self, folder: Path) -> None:
        from classify.matchers.spacy_runtime import Pipelines
        from gordon.app.policy import compile_files
        from gordon.desk.load import load_desk
        from gordon.language import Detector

        self.engine = compile_files(load_desk(folder, os.environ), Pipelines())
        self._detect = Detector().detect

    def mention(self, title: str, text: str, language: str) -> Mention:
        from classify.selftest import sample

        return sample(title, text, language or self._detect(title, text, ""))

    def result(self, mention: Mention) -> dict[str, Any]:
        files = self.engine.tag(mention)
        return {"language": mention.language, "files": files, "claims": self.engine.claims(mention, files)}


def _text(what: str) -> str:
    if what == "-":
        return sys.stdin.read()
    try:
        path = Path(what)
        return path.read_text(encoding="utf-8") if path.is_file() else what
    except UnicodeDecodeError as error:
        raise DeskInvalid([Problem(what, 0, f"is not UTF-8 text: {error}", "convert it first")]) from error
    except (OSError, ValueError):  # too long, or with characters no path has: a text, then
        return what


def _lines(what: str) -> Iterator[Line]:
    """The lines of a file or of standard input; a line that is not one ends it with its number."""
    if what == "-":
        yield from _decoded(sys.stdin.buffer, "standard input")
        return
    if not Path(what).is_file():
        raise typer.BadParameter(f"no file {what!r}; --jsonl reads a file or -")
    with Path(what).open("rb") as source:
        yield from _decoded(source, what)


def _decoded(source: Iterable[bytes], name: str) -> Iterator[Line]:
    decoder = msgspec.json.Decoder(Line)
    for number, raw in enumerate(source, 1):
        if not raw.strip():
            continue
        try:
            yield decoder.decode(raw)
        except msgspec.MsgspecError as error:
            raise DeskInvalid([Problem(name, number, str(error), 'a line is {"id": ..., "text": ...}')]) from error


def _show(result: dict[str, Any]) -> None:
    files: tuple[FileTag, ...] = result["files"]
    claims: tuple[ClaimHit, ...] = result["claims"]
    say(f"language {clean(result['language'])}; " + (f"{len(files)} file(s)" if files else "[yellow]no file[/yellow]"))
    for entry in files:
        say(f"[bold green]{clean(entry.file)}[/bold green]  score {entry.score:g}")
        for evidence in entry.evidence:
            place = f"{evidence.field}[{evidence.start}:{evidence.end}]"
            say(f"  {clean(evidence.rule)}: “{clean(evidence.quote)}” [dim]{clean(place)}[/dim]")
    for claim in claims:
        what = clean(f"{claim.file}/{claim.claim}")
        say(f"[bold red]claim[/bold red] {what} {claim.score:.2f}: “{clean(claim.quote)}”")
    for report in result.get("explain", ()):
        if not report.tagged:
            say(f"[dim]not {clean(report.file)}[/dim]" + _excluded(report.excluded_by))
            for rule in report.rules:
                mark = "[yellow]near[/yellow] " if rule.near else ""
                say(f"  {mark}{clean(rule.rule)}: {clean(rule.why)}")


def _excluded(rules: tuple[str, ...]) -> str:
    return f", excluded by {clean(', '.join(rules))}" if rules else ""
