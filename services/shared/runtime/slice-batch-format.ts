import type { SliceBatch, SliceSnapshot } from '../core/messages.ts';
import type { AvroInput } from './avro-input.ts';
import type { AvroOutput } from './avro-output.ts';

/** Writes the Avro body of a batch as avsc would; a test holds it equal. */
export function writeSliceBatch(out: AvroOutput, { source, snapshots }: SliceBatch): void {
  out.string(source);
  if (snapshots.length > 0) out.long(snapshots.length);
  for (const { definition, labels, sliceStartMs, version, samples, state, importId } of snapshots) {
    out.string(definition);
    out.string(labels);
    out.long(sliceStartMs);
    out.fixed8(version);
    out.long(samples);
    out.data(state);
    out.stringOrNull(importId);
  }
  out.long(0);
}

/** Reads what `writeSliceBatch` wrote. Throws RangeError for other bytes. */
export function readSliceBatch(input: AvroInput): SliceBatch {
  const source = input.frequentString();
  const snapshots: SliceSnapshot[] = [];
  for (let left = input.blockItems(); left > 0; left = input.blockItems()) {
    for (; left > 0; left--) {
      const definition = input.frequentString();
      const labels = input.frequentString();
      const sliceStartMs = input.long();
      const version = input.fixed8();
      const samples = input.long();
      const state = input.data();
      const importId = input.stringOrNull();
      snapshots.push({ type: 'slice', definition, labels, sliceStartMs, source, version, samples, state, importId });
    }
  }
  return { type: 'slices', source, snapshots };
}
