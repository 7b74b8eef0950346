import { createHash } from 'node:crypto';
import type { Workflow } from '../../shared/core/catalogue/catalogue.ts';
import { type ErrorCode, TaktError } from '../../shared/core/errors.ts';
import type { MqttSource } from '../../shared/core/ingest/mqtt-plan.ts';
import { payloadId } from '../../shared/core/ingest/payload-id.ts';
import { matchTopic } from '../../shared/core/ingest/topic-pattern.ts';
import type { SourceMessage } from '../../shared/ports/message-source.ts';
import { type Batch, parseBody } from '../batch.ts';
import type { IngestLimits } from '../limits.ts';
import { readItems, type ReadItems } from '../read-items.ts';

/** What messages are read by. */
export interface MessageReading {
  readonly sources: readonly MqttSource[];
  readonly workflows: ReadonlyMap<string, Workflow>;
  readonly nowMs: number;
  readonly limits: IngestLimits;
  readonly payloadBytesMax: number;
}

/** The events of a message, and its items that are none, or the whole payload where that cannot be read. Never throws. */
export function readMessage(message: SourceMessage, reading: MessageReading): ReadItems {
  const { topic, payload, payloadBytes } = message;
  const { sources, workflows, nowMs, limits, payloadBytesMax } = reading;
  if (payloadBytes > payloadBytesMax)
    return refused(
      message,
      'BODY_TOO_LARGE',
      `the payload has ${payloadBytes} bytes; at most ${payloadBytesMax}. Its first ${payload.length} bytes are kept`,
    );
  const found = sourceOf(sources, topic);
  if (found === null)
    return refused(
      message,
      'EVENT_INVALID',
      'no source of the MQTT file takes this topic; the broker keeps subscriptions of an earlier file as long as its session (docs/mqtt.md)',
    );
  const { source, levels } = found;
  try {
    const { value, raw } = parseBody(payload, limits);
    const batch: Batch = { kind: 'json', items: Array.isArray(value) ? value : [value], raw };
    const dimensions = Object.fromEntries(source.dimensions.map((name) => [name, levels[name]!]));
    return readItems(batch, {
      workflows,
      workflow: source.workflow ?? undefined,
      mapping: { name: null, mapping: source.mapping },
      nowMs,
      source: `mqtt:${topic}`,
      context: (item, index) => ({
        levels,
        dimensions,
        makeId: source.makesIds ? () => payloadId(topic, item, () => raw(index)) : null,
      }),
    });
  } catch (error) {
    // Whatever it is, those behind it must not wait for it.
    const code = error instanceof TaktError ? error.code : 'INTERNAL';
    return refused(message, code, (error as Error).message.replace(/\.$/, ''));
  }
}

function sourceOf(
  sources: readonly MqttSource[],
  topic: string,
): { readonly source: MqttSource; readonly levels: Readonly<Record<string, string>> } | null {
  for (const source of sources) {
    const levels = matchTopic(source.topic, topic);
    if (levels !== null) return { source, levels };
  }
  return null;
}

/** The whole message as one dead letter. Sent again it has the same id. */
function refused({ topic, payload }: SourceMessage, code: ErrorCode, reason: string): ReadItems {
  const source = `mqtt:${topic}`;
  const id = createHash('sha256').update(`${source.length}:${source}`).update(payload).digest('hex').slice(0, 32);
  const rawBase64 = Buffer.from(payload).toString('base64');
  return {
    events: [],
    rejected: [{ index: 0, code, field: '', reason }],
    letters: [{ id, workflow: '', source, code, reason, rawBase64 }],
  };
}
