"""A real Apache Kafka broker on loopback: KRaft, one JVM, jars by Maven, data in a temporary folder.

Works without pytest: ``with kafka_broker() as broker: print(broker.servers)``.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.missing import Missing
from tests.servers.ports import free_ports, wait_for_port, with_parent

POM = Path(__file__).with_name("kafka-pom.xml")
CACHE = Path(__file__).parents[2] / ".cache"
CLUSTER = "Z29yZG9uLXRlc3QtYnJva2Vy"
START = 240.0
PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:{port},FAULTY://127.0.0.1:{behind},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},FAULTY://127.0.0.1:{front}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,FAULTY:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs={data}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.segment.bytes=67108864
"""
LOGGING = """\
status = error
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d %p %c %m%n
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
"""


class KafkaBroker:
    """One broker. ``servers`` stays the same when it is stopped and started again on its data.

    Who connects to ``front``, where a proxy to ``behind`` is to listen, is told by the broker to come there again."""

    def __init__(self, folder: Path, *, settings: str = "", users: Sequence[str] = ()) -> None:
        """``settings``: further properties, which win, with the ports in braces; ``users``: as the storage tool takes
        them, "SCRAM-SHA-512=[name=...,password=...]"."""
        self._folder, self._users = folder, users
        self._jars = kafka_jars()
        self._java = _program("java", "openjdk-17-jre-headless")
        self.port, self.front, self.behind, controller = free_ports(4)
        self.servers = f"127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None
        properties = (PROPERTIES + settings).format(
            port=self.port, front=self.front, behind=self.behind, controller=controller, data=folder / "data"
        )
        (folder / "server.properties").write_text(properties, encoding="utf-8")
        (folder / "log4j2.properties").write_text(LOGGING, encoding="utf-8")
        self._format()

    def _format(self) -> None:
        command = self._command("kafka.tools.StorageTool", "format", "-t", CLUSTER, "-c", "server.properties")
        command += [word for user in self._users for word in ("--add-scram", user)]
        subprocess.run(command, cwd=self._folder, check=True, capture_output=True, timeout=START)

    def _command(self, *arguments: str) -> list[str]:
        options = ["-Xmx512m", "-Xms128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-Djava.awt.headless=true"]
        logging = "-Dlog4j2.configurationFile=log4j2.properties"
        return [self._java, *options, logging, "-cp", f"{self._jars}/*", *arguments]

    @property
    def pid(self) -> int:
        assert self._process, "the broker is stopped"
        return self._process.pid

    def start(self) -> None:
        """Returns when it takes connections."""
        with open(self._folder / "broker.log", "ab") as log:
            self._process = subprocess.Popen(
                with_parent(self._command("kafka.Kafka", "server.properties"), "KILL"),
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # an interrupt at the keyboard is for the tests, which then stop the broker
            )
        if not wait_for_port(self.port, self._process, START):
            self.stop()
            raise RuntimeError(f"Kafka did not start:\n{(self._folder / 'broker.log').read_text('utf-8')[-4000:]}")

    def stop(self) -> None:
        """Ends the process, whatever its state; the data stay."""
        process, self._process = self._process, None
        if process:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def lose_everything(self) -> None:
        """Dies, and comes back on an empty disk."""
        process, self._process = self._process, None
        if process:
            process.kill()
            process.wait()
        shutil.rmtree(self._folder / "data")
        self._format()
        self.start()

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)


@contextmanager
def kafka_broker() -> Iterator[KafkaBroker]:
    """A started broker; stopped and wiped at the end. Raises Missing without Java, Maven or the jars."""
    folder = Path(tempfile.mkdtemp(prefix="gordon-kafka-"))
    try:
        broker = KafkaBroker(folder)
        try:
            broker.start()
            yield broker
        finally:
            broker.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def kafka_jars() -> Path:
    """The folder with the broker's jars, fetched by Maven the first time (40 MB)."""
    found = re.search(r"<artifactId>kafka_.*?<version>([\d.]+)</version>", POM.read_text(encoding="utf-8"), re.DOTALL)
    assert found, f"{POM} names no version of Kafka"
    jars = CACHE / f"kafka-{found[1]}"
    if not jars.is_dir():
        CACHE.mkdir(exist_ok=True)
        coming = Path(tempfile.mkdtemp(prefix=f"kafka-{found[1]}-", dir=CACHE))
        maven = [_program("mvn", "maven"), "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
        options = [f"-DoutputDirectory={coming}", "-DincludeScope=runtime"]
        done = subprocess.run([*maven, *options], stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        if done.returncode:
            shutil.rmtree(coming)
            text = done.stdout.decode("utf-8", "replace")[-1000:]
            raise Missing(f"Maven could not fetch Kafka {found[1]}; it needs its registry once:\n{text}")
        _settle(coming, jars)
    return jars


def _settle(coming: Path, jars: Path) -> None:
    """Renames, unless another run was faster."""
    try:
        coming.rename(jars)
    except OSError:
        shutil.rmtree(coming)


def _program(name: str, package: str) -> str:
    found = shutil.which(name)
    if not found:
        raise Missing(f"{name} is not installed, so the tests on a real Kafka cannot run: apt install {package}")
    return found
