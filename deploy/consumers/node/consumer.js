// An example: a program of yours that reads queues of Gordon and keeps a list of work.
//
//   npm ci
//   node consumer.js --brokers 127.0.0.1:9092 --group case-tool --file work.jsonl gordon.queue.rapid-correction
//
// What a consumer has to do (docs/consumers.md), and where it is done here:
//
// - at least once: the offset is committed after the work, never before (`run`);
// - once in effect: the id of the event and its effect are one line of the file, written and synced as one; an id that
//   is there is dropped (`Work.keep`); a line torn by a crash is cut off at the next start (`Work.open`);
// - what it does not know is set aside, not thrown away: a newer major version, a message that is no event (`park`);
// - SIGTERM and SIGINT: what is in hand is finished, the group is left, the exit code is 0 (`main`).

import { open, truncate } from "node:fs/promises";
import { parseArgs } from "node:util";

import { Kafka as Binding } from "cloudevents";
import { Kafka, logLevel } from "kafkajs";

const KNOWN = "gordon.assigned.v1";

/** The list of work: a file of JSON Lines, each with the id of an event and what came of it. */
class Work {
  static async open(path) {
    const work = new Work();
    work.file = await open(path, "a+");
    const text = await work.file.readFile("utf8");
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    if (whole.length < text.length) await truncate(path, Buffer.byteLength(whole));
    const lines = whole.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    work.ids = new Set(lines.map((line) => line.id));
    return work;
  }

  /** Writes these lines, each id once, and returns those that are new. They are on the disk when it returns. */
  async keep(lines) {
    const fresh = lines.filter((line) => !this.ids.has(line.id) && this.ids.add(line.id));
    if (fresh.length) {
      await this.file.appendFile(fresh.map((line) => JSON.stringify(line) + "\n").join(""));
      await this.file.datasync();
    }
    return fresh;
  }
}

/** The headers of a message as texts; kafkajs gives bytes, and a list where a name comes twice. */
function texts(headers = {}) {
  const one = (value) => String(Array.isArray(value) ? value[0] : value);
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, one(value)]));
}

/** What a message says: an event of a known type, or undefined. Unknown fields of its data are kept. */
function understood(message) {
  try {
    const event = Binding.toEvent({ ...message, headers: texts(message.headers), value: String(message.value) });
    const data = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
    return event.type === KNOWN && event.id && data?.item ? { id: event.id, data } : undefined;
  } catch {
    return undefined;
  }
}

/** A message for a person: upgrade this program, then look at it again. Its place is its id. */
function park(topic, partition, message) {
  const type = texts(message.headers).ce_type ?? "";
  const value = message.value?.toString("base64") ?? "";
  return { id: `parked:${topic}/${partition}/${message.offset}`, parked: { type, value } };
}

async function run(consumer, work) {
  await consumer.run({
    autoCommit: false, // it would commit what is not done yet
    eachBatch: async ({ batch, heartbeat, isRunning, isStale }) => {
      if (!isRunning() || isStale()) return;
      const { topic, partition, messages } = batch;
      const lines = messages.map((message) => {
        const known = understood(message);
        // Yours begins here.
        return known ? { id: known.id, item: known.data.item, data: known.data } : park(topic, partition, message);
      });
      for (const line of await work.keep(lines)) {
        if (!line.parked) console.log(JSON.stringify({ id: line.id, item: line.item }));
      }
      await heartbeat();
      const offset = String(BigInt(messages.at(-1).offset) + 1n);
      await consumer.commitOffsets([{ topic, partition, offset }]);
    },
  });
}

async function main() {
  const { values, positionals: topics } = parseArgs({
    allowPositionals: true,
    options: {
      brokers: { type: "string" },
      group: { type: "string", default: "gordon-example" },
      file: { type: "string", default: "work.jsonl" },
    },
  });
  if (!values.brokers || !topics.length) {
    console.error("usage: node consumer.js --brokers HOST:PORT [--group NAME] [--file PATH] TOPIC...");
    return 2;
  }
  const work = await Work.open(values.file);
  const kafka = new Kafka({
    clientId: values.group,
    brokers: values.brokers.split(","),
    logLevel: logLevel.WARN,
    retry: { retries: 100, maxRetryTime: 10_000 }, // a broker that is away is waited for
  });
  const consumer = kafka.consumer({ groupId: values.group, readUncommitted: false });
  const ended = new Promise((resolve) => ["SIGTERM", "SIGINT"].forEach((name) => process.once(name, resolve)));
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) process.exit(1); // whoever started us starts us again; nothing is lost by that
  });
  await consumer.connect();
  await consumer.subscribe({ topics, fromBeginning: true });
  await run(consumer, work);
  await ended;
  await consumer.disconnect(); // waits for the batch in hand
  await work.file.close();
  return 0;
}

process.exitCode = await main();
