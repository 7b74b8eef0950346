// The other process: sends CloudEvents to takt and prints what became of them. Its argument is a SendOrder as JSON.
import { Agent, request } from 'node:http';
import type { SendOrder, SendReport } from './send.ts';
import { cloudEvent, probe, workload } from './workload.ts';

const order = JSON.parse(process.argv[2] ?? '') as SendOrder;
const agent = new Agent({ keepAlive: true, maxSockets: order.connections });
const stream = workload(order.name);
const report: { -readonly [K in keyof SendReport]: SendReport[K] } = {
  accepted: 0,
  failed: 0,
  durationMs: 0,
  bytes: 0,
};

const ackMs: number[] = [];
const lateMs: number[] = [];

/** The body of the next batch, each event a step later than the one before; `more` goes with it. */
function nextBody(fromMs: number, stepMs: number, more: readonly object[] = []): string {
  const events = Array.from({ length: order.batchEvents }, (_, i) =>
    cloudEvent(stream.next().value, Math.floor(fromMs + i * stepMs)),
  );
  return JSON.stringify([...events, ...more]);
}

/** Posts a batch; resolves with the answer's status, or 0 when there was none. */
function post(body: string): Promise<number> {
  const headers = { 'content-type': 'application/cloudevents-batch+json', 'content-length': Buffer.byteLength(body) };
  report.bytes += headers['content-length'];
  return new Promise((resolve) => {
    const sent = request(`${order.url}/v1/events`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

function count(status: number): void {
  if (status === 202) report.accepted += order.batchEvents;
  else report.failed += order.batchEvents;
}

/** As fast as the answers come, over all connections. Event times are spread over [fromMs, toMs). */
async function flood(events: number, fromMs: number, toMs: number): Promise<void> {
  const stepMs = (toMs - fromMs) / events;
  let sent = 0;
  const one = async (): Promise<void> => {
    while (sent < events) {
      const body = nextBody(fromMs + sent * stepMs, stepMs);
      sent += order.batchEvents;
      count(await post(body));
    }
  };
  await Promise.all(Array.from({ length: order.connections }, one));
}

/**
 * On schedule, whether answers come or not: what the server delays, it delays for every batch that was due meanwhile.
 * An event's time is the moment at which its batch is due. All bodies are made before the first is due: the processor
 * that this takes is not part of what is measured.
 */
async function pace(startMs: number, batches: number, everyMs: number, probeEvery: number | null): Promise<void> {
  const probes = (i: number, dueMs: number): object[] =>
    probeEvery !== null && i % probeEvery === 0 ? [probe(i / probeEvery, dueMs)] : [];
  const bodies = Array.from({ length: batches }, (_, i) => {
    const dueMs = startMs + i * everyMs;
    return nextBody(dueMs, 0, probes(i, dueMs));
  });
  if (Date.now() > startMs) throw new Error('the bodies were not made in time: start later');
  const answers: Promise<void>[] = [];
  for (const [i, body] of bodies.entries()) {
    const dueMs = startMs + i * everyMs;
    const waitMs = dueMs - Date.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    lateMs.push(Date.now() - dueMs);
    answers.push(
      post(body).then((status) => {
        count(status);
        ackMs.push(Date.now() - dueMs);
      }),
    );
  }
  await Promise.all(answers);
}

const startedMs = order.kind === 'pace' ? order.startMs : Date.now();
if (order.kind === 'flood') await flood(order.events, order.fromMs, order.toMs);
else await pace(order.startMs, order.batches, order.everyMs, order.probeEvery);
report.durationMs = Date.now() - startedMs;
agent.destroy();
process.stdout.write(JSON.stringify({ ...report, ackMs, lateMs }));
