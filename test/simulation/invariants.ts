import type { SliceSnapshot } from '../../services/shared/core/messages.ts';
import { offsetOf } from '../../services/shared/core/version.ts';
import { sliceEnd } from '../../services/shared/core/window/window.ts';
import { earlyDifferences } from './differences.ts';
import { openAfter, watermarkAfter } from './oracle-time.ts';
import { definitions, PARTITIONS, type Placed, TOPIC, type World } from './world.ts';

/** What must hold of everything that was ever published or stored, whoever did it; gives what does not. */
export async function broken(world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const slices = await world.messages('slices', partition);
    const values = await world.messages('values', partition);
    wrong.push(
      ...marksAreRight(world, slices),
      ...marksAreComplete(slices),
      ...rowsAreFunctions(slices),
      ...finalsAreComplete(slices, values),
    );
    wrong.push(
      ...importsAreShown(slices, values),
      ...finalStays(values),
      ...holdsAtLeast(slices, values),
      ...nothingHalf(slices, values),
    );
    wrong.push(...versionsRise(values, ({ offset }) => String(world.writers.get(`${partition}/${offset}`))));
    if (!world.zombies) wrong.push(...versionsRise(values, () => 'all'));
  }
  const archive = world.style.cutChance > 0 ? await cutIsExact(world) : archiveIsExact(world);
  return [...wrong, ...(await positionsAtEnd(world)), ...archive];
}

/** What must hold as soon as both stages have caught up; gives what does not. */
export async function caughtUp(world: World): Promise<string[]> {
  const wrong = [...(await earlyDifferences(world)), ...(await positionsAtEnd(world)), ...(await marksGoOn(world))];
  const open = world.records.some((records) => openAfter(records).length > 0);
  if (open) return wrong;
  const filling = world.storedValues().filter(({ state, withdrawn }) => state === 'backfilling' && !withdrawn);
  return [...wrong, ...filling.map(({ kpi, windowEndMs }) => `backfilling after the import: ${kpi} ${windowEndMs}`)];
}

/** A mark says what the records below its position say of time and imports. */
function marksAreRight(world: World, slices: readonly Placed[]): string[] {
  return slices.flatMap(({ message }) => {
    if (message.type !== 'mark') return [];
    const below = world.records[Number(message.source.split('/')[1])]!.slice(0, offsetOf(message.position + 1n));
    const said = `${message.watermarkMs} [${[...message.openImports].sort().join()}]`;
    const right = `${watermarkAfter(below)} [${openAfter(below).sort().join()}]`;
    return said === right ? [] : [`mark of ${message.source} at ${message.position}: says ${said}, right is ${right}`];
  });
}

/** What the sources' marks have said of time stands in [values] too. */
async function marksGoOn(world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const told = highestWatermarks(await world.messages('values', partition));
    for (const [source, watermarkMs] of highestWatermarks(await world.messages('slices', partition)))
      if (told.get(source) !== watermarkMs)
        wrong.push(`watermark ${watermarkMs} of ${source} is not in values/${partition}: ${told.get(source)}`);
  }
  return wrong;
}

/** Below a mark stand all rows of its source up to its position: none comes to light later. */
function marksAreComplete(slices: readonly Placed[]): string[] {
  const marks = new Map<string, bigint>();
  const rows = new Map<string, bigint>();
  return slices.flatMap(({ message }) => {
    if (message.type === 'mark') {
      const before = marks.get(message.source) ?? -1n;
      if (message.position > before) marks.set(message.source, message.position);
    }
    if (message.type !== 'slice') return [];
    const { definition, labels, sliceStartMs, source, version } = message;
    const key = `${definition} ${labels} ${sliceStartMs} ${source}`;
    const known = rows.get(key) ?? -1n;
    if (version > known) rows.set(key, version);
    const position = marks.get(source) ?? -1n;
    if (version > position || version <= known) return [];
    return [
      `a row after its mark: ${definitions.get(definition)!.kpi} ${labels} ${sliceStartMs} of ${source} at ${version}, mark ${position}`,
    ];
  });
}

/** A slice row's content is a function of its key and version (DESIGN.md section 4, point 6). */
function rowsAreFunctions(slices: readonly Placed[]): string[] {
  const seen = new Map<string, string>();
  return slices.flatMap(({ message }) => {
    if (message.type !== 'slice') return [];
    const { definition, labels, sliceStartMs, source, version } = message;
    const key = `${definition} ${labels} ${sliceStartMs} ${source} @${version}`;
    const content = `${message.samples} ${Buffer.from(message.state).toString('hex')}`;
    const known = seen.get(key) ?? content;
    seen.set(key, content);
    return known === content ? [] : [`two contents of one slice version: ${key}`];
  });
}

/** A final value comes after the lowest watermark of all sources passed its window and the settling time. */
function finalsAreComplete(slices: readonly Placed[], values: readonly Placed[]): string[] {
  return values.flatMap(({ message }) => {
    if (message.type !== 'value' || message.state !== 'final') return [];
    const { settleMs } = definitions.get(message.definition)!;
    const lowestMs = lowestWatermark(slices, offsetOf(message.version));
    return lowestMs >= message.windowEndMs + settleMs
      ? []
      : [`final too early: ${message.kpi} ${message.windowEndMs} at ${message.version}, watermark ${lowestMs}`];
  });
}

/** No window is final while an import is open that touched the slice ending with it (DESIGN.md section 5). */
function importsAreShown(slices: readonly Placed[], values: readonly Placed[]): string[] {
  return values.flatMap(({ message }) => {
    if (message.type !== 'value' || message.state !== 'final') return [];
    const { definition, labels, windowEndMs, version } = message;
    const { window } = definitions.get(definition)!;
    const rows = new Map<string, { readonly version: bigint; readonly importId: string | null }>();
    const open = new Map<string, { readonly position: bigint; readonly imports: readonly string[] }>();
    for (const { offset, message: each } of slices) {
      if (offset > offsetOf(version)) break;
      if (each.type === 'mark' && (open.get(each.source)?.position ?? -1n) <= each.position)
        open.set(each.source, { position: each.position, imports: each.openImports });
      if (each.type !== 'slice' || each.definition !== definition || each.labels !== labels) continue;
      const last = sliceEnd(window, each.sliceStartMs) === windowEndMs;
      if (last && (rows.get(each.source)?.version ?? -1n) < each.version) rows.set(each.source, each);
    }
    const touching = [...rows].filter(
      ([source, { importId }]) => importId !== null && open.get(source)?.imports.includes(importId),
    );
    return touching.map(
      ([source]) => `final during an import of ${source}: ${message.kpi} ${labels} ${windowEndMs} at ${version}`,
    );
  });
}

function lowestWatermark(slices: readonly Placed[], uptoOffset: number): number {
  const bySource = highestWatermarks(slices.filter(({ offset }) => offset <= uptoOffset));
  return bySource.size < PARTITIONS ? -Infinity : Math.min(...bySource.values());
}

/** The highest watermark that each source's marks have told. */
function highestWatermarks(records: readonly Placed[]): Map<string, number> {
  const bySource = new Map<string, number>();
  for (const { message } of records) {
    if (message.type !== 'mark' || message.watermarkMs === null) continue;
    bySource.set(message.source, Math.max(bySource.get(message.source) ?? -Infinity, message.watermarkMs));
  }
  return bySource;
}

/**
 * No published value goes back in version: never one of the same owner, restored or not, and never one of the owner
 * before it, unless both live. What a zombie appends late stands in the log where it landed, and a reader passes over
 * it: it takes the highest version of each row (DESIGN.md section 4, point 5).
 */
function versionsRise(values: readonly Placed[], writerOf: (placed: Placed) => string): string[] {
  const last = new Map<string, bigint>();
  return values.flatMap((placed) => {
    const { message } = placed;
    if (message.type !== 'value') return [];
    const key = `${message.kpi} ${message.labels} ${message.windowEndMs} of owner ${writerOf(placed)}`;
    const before = last.get(key) ?? -1n;
    last.set(key, message.version);
    return message.version >= before ? [] : [`a published value went back: ${key} ${before} → ${message.version}`];
  });
}

/** Of two rows of a window, the one of the higher version is not less final, but for an import that fills it. */
function finalStays(values: readonly Placed[]): string[] {
  const finals = new Map<string, bigint>();
  const rows = values.flatMap(({ message }) => (message.type === 'value' ? [message] : []));
  const key = ({ definition, labels, windowEndMs }: (typeof rows)[number]): string =>
    `${definition} ${labels} ${windowEndMs}`;
  for (const row of rows) {
    const known = finals.get(key(row));
    if (row.state === 'final' && (known === undefined || row.version < known)) finals.set(key(row), row.version);
  }
  return rows
    .filter((row) => row.state === 'provisional' && row.version > (finals.get(key(row)) ?? row.version))
    .map((row) => `provisional after final: ${row.kpi} ${row.labels} ${row.windowEndMs} at ${row.version}`);
}

/**
 * A value holds at least what came up to its version (DESIGN.md section 4, point 6). Held against the samples of windows
 * of one slice: of each source, the snapshot that was the highest there, or one that came later.
 */
function holdsAtLeast(slices: readonly Placed[], values: readonly Placed[]): string[] {
  const marked = markedSnapshots(slices);
  return values.flatMap(({ message }) => {
    if (message.type !== 'value') return [];
    const { window, measure, aggregate } = definitions.get(message.definition)!;
    // What a derived one holds of its inputs, no slices of its own tell; what holds on counts where it began.
    if (aggregate.kind === 'derived' || aggregate.kind === 'integral') return [];
    // A case above the line of cases over cases is one sample of two contributions.
    const isShare = aggregate.kind === 'ratio' && measure.kind !== 'ratio';
    if (!['tumbling', 'shift', 'total'].includes(window.kind) || isShare) return [];
    const upto = offsetOf(message.version);
    const bySource = new Map<string, typeof marked>();
    for (const each of marked) {
      const { snapshot } = each;
      if (snapshot.definition !== message.definition || snapshot.labels !== message.labels) continue;
      if (window.kind !== 'total' && sliceEnd(window, snapshot.sliceStartMs) !== message.windowEndMs) continue;
      bySource.set(snapshot.source, [...(bySource.get(snapshot.source) ?? []), each]);
    }
    let sums = new Set([0]);
    for (const parts of bySource.values()) {
      const before = parts.filter(({ markOffset }) => markOffset <= upto);
      const least = before.reduce((high, { snapshot }) => (snapshot.version > high ? snapshot.version : high), -1n);
      const possible = parts
        .filter(({ snapshot }) => snapshot.version >= least)
        .map(({ snapshot }) => snapshot.samples);
      if (before.length === 0) possible.push(0);
      sums = new Set([...sums].flatMap((sum) => possible.map((samples) => sum + samples)));
    }
    return sums.has(message.samples)
      ? []
      : [`too little in ${message.kpi} ${message.labels} ${message.windowEndMs} at ${message.version}`];
  });
}

/** No value is computed of a definition that lacks cases of a source, as far as its marks have told by then. */
function nothingHalf(slices: readonly Placed[], values: readonly Placed[]): string[] {
  const marks = slices.flatMap(({ offset, message }) => (message.type === 'mark' ? [{ offset, mark: message }] : []));
  return values.flatMap(({ message }) => {
    if (message.type !== 'value') return [];
    const latest = new Map<string, (typeof marks)[number]['mark']>();
    for (const { offset, mark } of marks) {
      if (offset > offsetOf(message.version)) break;
      if ((latest.get(mark.source)?.position ?? -1n) <= mark.position) latest.set(mark.source, mark);
    }
    const lacking = [...latest.values()].filter(({ filling }) => filling.includes(message.definition));
    return lacking.map(
      ({ source }) =>
        `a value of what ${source} is filling: ${message.kpi} ${message.windowEndMs} at ${message.version}`,
    );
  });
}

/** Snapshots with the offset of the mark that ends them. */
function markedSnapshots(
  slices: readonly Placed[],
): { readonly snapshot: SliceSnapshot; readonly markOffset: number }[] {
  const staged = new Map<string, SliceSnapshot[]>();
  return slices.flatMap(({ offset, message }) => {
    if (message.type === 'slice') staged.set(message.source, [...(staged.get(message.source) ?? []), message]);
    if (message.type !== 'mark') return [];
    const ended = staged.get(message.source) ?? [];
    staged.delete(message.source);
    return ended.map((snapshot) => ({ snapshot, markOffset: offset }));
  });
}

/** With everything stored, each stored position has reached the end of its partition. */
async function positionsAtEnd(world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (const { stage, topic, partition, version } of world.store.dump('positions')) {
    // It says how far the filter goes, not the fold.
    if (stage === 'case-filter') continue;
    const end = await world.log.endOffset(topic, partition);
    const stored = offsetOf(version + 1n);
    if (stored < end) wrong.push(`${stage} ${topic}/${partition} is stuck at ${stored} of ${end}`);
  }
  return wrong;
}

/** Each event stands in the archive once, with the offset of its first append. */
/** The archive has the cases that have not expired, whole, and no others; each event that was too late has a letter. */
async function cutIsExact(world: World): Promise<string[]> {
  const wrong: string[] = [];
  for (const [partition, { living, late, expired }] of world.keptEvents.entries()) {
    for (let n = 0; n < late; n++) world.count('too late');
    for (let n = 0; n < expired; n++) world.count('expired case');
    const rows = await world.livingRows(partition);
    const [right, said] = [living, rows].map((ids) => [...ids].sort().join());
    if (right !== said) wrong.push(`archive of partition ${partition}: has ${said}, right is ${right}`);
    const letters = await world.lateLetters(partition);
    if (letters !== late)
      wrong.push(`${letters} letters of partition ${partition} for ${late} events that were too late`);
  }
  return wrong;
}

function archiveIsExact(world: World): string[] {
  const firsts = new Map<string, number>();
  const offsets = world.records.map(() => 0);
  for (const [partition, records] of world.records.entries()) {
    for (const record of records) {
      const offset = offsets[partition]!++;
      if (record.kind === 'event' && !firsts.has(record.id)) firsts.set(record.id, offset);
    }
  }
  const archived = world.store.dump('events');
  const wrong = archived
    .filter(({ id, offset }) => firsts.get(id) !== offset)
    .map(({ id, offset }) => `${TOPIC}: event ${id} archived at ${offset}, first appended at ${firsts.get(id)}`);
  if (archived.length !== firsts.size) wrong.push(`${archived.length} events archived of ${firsts.size}`);
  return wrong;
}
