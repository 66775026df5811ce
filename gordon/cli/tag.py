"""``gordon tag``: which files a text touches, and why; JSON Lines in and out for bulk."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from gordon.cli.jsonl import STDIN, read_lines
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, complain, say, show_json, show_json_line
from gordon.errors import DeskInvalid, Problem
from gordon.events import ClaimHit, FileTag, Mention


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of JSON Lines in."""

    id: msgspec.Raw
    text: str
    title: str | None = None
    language: str | None = None
    url: str | None = None
    feed: str | None = None
    author: str | None = None


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
    url: Annotated[str, typer.Option(help="Address of the text, for rules with url: or site:.")] = "",
    feed: Annotated[str, typer.Option(help="Id of its feed, for rules with feed:.")] = "",
    author: Annotated[str, typer.Option(help="Its author, for rules with author:.")] = "",
    explain: Annotated[bool, typer.Option("--explain", help="Also say why the other files did not match.")] = False,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="JSON Lines in: id, title?, text, language?, url?, feed?, author?; and out.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Tag a text with the policy files it touches."""
    tagger = _Tagger(desk)
    if jsonl:
        _bulk(tagger, what, explain=explain)
        return
    mention = tagger.mention(title, _text(what), language, url, feed, author)
    result = tagger.result(mention, explain=explain)
    if as_json:
        show_json(result)
    else:
        _show(result)


def _bulk(tagger: _Tagger, what: str, *, explain: bool) -> None:
    """Every line that is one is tagged; the others are named as they come, and end it with exit code 1."""
    bad = 0
    for _, line in read_lines(what, Line, 'a line is {"id": ..., "text": ...}'):
        if isinstance(line, Problem):
            complain([line])
            bad += 1
            continue
        about = (line.title, line.text, line.language, line.url, line.feed, line.author)
        mention = tagger.mention(*(part or "" for part in about))
        show_json_line({"id": line.id, **tagger.result(mention, explain=explain)})
    if bad:
        raise typer.Exit(1)


class _Tagger:
    """The desk's engine and language detector, loaded once."""

    def __init__(self, folder: Path) -> None:
        from classify.matchers.spacy_runtime import Pipelines
        from gordon.app.policy import make_tagger
        from gordon.desk.load import load_desk
        from gordon.language import Detector

        self._tagger = make_tagger(load_desk(folder, os.environ), Pipelines())
        self._detect = Detector().detect

    def mention(self, title: str, text: str, language: str, url: str, feed: str, author: str) -> Mention:
        from classify.selftest import sample

        bare = sample(title, text, language or self._detect(title, text, ""))
        return msgspec.structs.replace(bare, url=url, feed=feed, author=author or None, seen=datetime.now(UTC))

    def result(self, mention: Mention, *, explain: bool) -> dict[str, Any]:
        files, claims, flags = self._tagger.tag(mention)
        found = {"language": mention.language, "files": files, "claims": claims, "flags": flags}
        return found | (self._explained(mention, files) if explain else {})

    def _explained(self, mention: Mention, files: Sequence[FileTag]) -> dict[str, Any]:
        """Rule by rule, and how far the examples of the files without a tag were from one."""
        found: dict[str, Any] = {"explain": self._tagger.engine.explain(mention)}
        recogniser = self._tagger.recogniser
        if recogniser is not None:
            tagged = {tag.file for tag in files}
            found["examples"] = [one for one in recogniser.likenesses(mention) if one.file not in tagged]
        return found


def _text(what: str) -> str:
    """The text that is meant, without a byte order mark."""
    try:
        if what == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        path = Path(what)
        return path.read_text(encoding="utf-8-sig") if path.is_file() else what
    except UnicodeDecodeError as error:
        name = STDIN if what == "-" else what
        raise DeskInvalid([Problem(name, 0, f"is not UTF-8 text: {error}", "convert it first")]) from error
    except (OSError, ValueError):  # too long, or with characters no path has: a text, then
        return what


def _show(result: dict[str, Any]) -> None:
    files: tuple[FileTag, ...] = result["files"]
    claims: tuple[ClaimHit, ...] = result["claims"]
    say(f"language {clean(result['language'])}; " + (f"{len(files)} file(s)" if files else "[yellow]no file[/yellow]"))
    for entry in files:
        say(f"[bold green]{clean(entry.file)}[/bold green]  " + _strength(entry))
        for evidence in entry.evidence:
            place = f"{evidence.field}[{evidence.start}:{evidence.end}]"
            say(f"  {clean(evidence.rule)}: “{clean(evidence.quote)}” [dim]{clean(place)}[/dim]")
    for claim in claims:
        what, place = clean(f"{claim.file}/{claim.claim}"), clean(f"{claim.field}[{claim.start}:{claim.end}]")
        say(f"[bold red]claim[/bold red] {what} {claim.score:.2f}: “{clean(claim.quote)}” [dim]{place}[/dim]")
        for text in line_of_claim(claim, result["language"]):
            say(f"  {clean(text)}")
    for report in result.get("explain", ()):
        if not report.tagged:
            say(f"[dim]not {clean(report.file)}[/dim]" + _excluded(report.excluded_by))
            for rule in report.rules:
                mark = "[yellow]near[/yellow] " if rule.near else ""
                say(f"  {mark}{clean(rule.rule)}: {clean(rule.why)}")
            for like in result.get("examples", ()):
                if like.file == report.file:
                    say(f"  examples: probability {like.probability:.2f}, the threshold is {like.threshold:.2f}")


def line_of_claim(claim: ClaimHit, language: str) -> Iterator[str]:
    """The approved line in the language of the mention, else in the other, which is then named; and its flags."""
    if claim.line is not None:
        texts = {"en": claim.line.en, "fr": claim.line.fr}
        spoken = "fr" if language.startswith("fr") else "en"
        other = "en" if spoken == "fr" else "fr"
        chosen = spoken if texts[spoken] else other
        yield f"line, version {claim.line.version}{'' if chosen == spoken else f', only in {chosen}'}: {texts[chosen]}"
    if claim.flags:
        yield f"flags: {', '.join(claim.flags)}"


def _strength(tag: FileTag) -> str:
    if tag.learned is None:
        return f"score {tag.score:g}"
    return f"by its examples: probability {tag.learned.probability:.2f}, threshold {tag.learned.threshold:.2f}"


def _excluded(rules: tuple[str, ...]) -> str:
    return f", excluded by {clean(', '.join(rules))}" if rules else ""
