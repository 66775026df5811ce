"""A broker that lets nobody in without TLS, a password and rights, as docs/install.md tells operators to set it up.

One more listener, without any of that, is for the broker itself and for the tests to give rights by.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

from gordon.bus.kafka_client import KafkaAdminClient
from tests.servers.authority import Authority
from tests.servers.kafka import KafkaBroker

SETTINGS = """\
listeners=PLAINTEXT://127.0.0.1:{{port}},SECURE://127.0.0.1:{{front}},CONTROLLER://127.0.0.1:{{controller}}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},SECURE://127.0.0.1:{{front}}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL,CONTROLLER:PLAINTEXT
sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.secure.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.secure.ssl.keystore.type=PEM
listener.name.secure.ssl.keystore.location={shown}
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
"""


class SecureKafka:
    """``servers``: the address that asks for all of it; ``authority``: who signed the broker's certificate."""

    def __init__(self, broker: KafkaBroker, authority: Authority) -> None:
        self.servers, self.authority = f"127.0.0.1:{broker.front}", authority
        self._broker = broker

    def allow(self, user: str, rights: Mapping[str, tuple[str, list[str]]]) -> None:
        """Gives rights: by "topics" or "groups", a prefix of their names and the operations."""
        from kafka import admin as names  # after kafka_client, which knows what its import warns of

        kinds = {"topics": names.ResourceType.TOPIC, "groups": names.ResourceType.GROUP}
        rules = [
            names.ACL(
                principal=f"User:{user}",
                host="*",
                operation=names.ACLOperation[operation.upper()],
                permission_type=names.ACLPermissionType.ALLOW,
                resource_pattern=names.ResourcePattern(kinds[kind], prefix, names.ACLResourcePatternType.PREFIXED),
            )
            for kind, (prefix, operations) in rights.items()
            for operation in operations
        ]
        with closing(KafkaAdminClient(bootstrap_servers=self._broker.servers)) as admin:
            failed = admin.create_acls(rules)["failed"]
        assert not failed, failed


@contextmanager
def secure_kafka(users: Mapping[str, str]) -> Iterator[SecureKafka]:
    """A started broker that knows these users by their passwords. They may do nothing until ``allow``."""
    folder = Path(tempfile.mkdtemp(prefix="gordon-kafka-"))
    try:
        authority = Authority(folder, "ours")
        certificate, key = authority.sign("broker")
        shown = folder / "shown.pem"
        shown.write_text(key.read_text() + certificate.read_text() + authority.file.read_text())
        scram = [f"SCRAM-SHA-512=[name={name},password={password}]" for name, password in users.items()]
        broker = KafkaBroker(folder, settings=SETTINGS.format(shown=shown), users=scram)
        try:
            broker.start()
            yield SecureKafka(broker, authority)
        finally:
            broker.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
