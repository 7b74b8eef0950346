import { formatOf } from './file-head.ts';
import { loadMapping } from './mapping-file.ts';
import { type MappingFlags, mappingFromFlags } from './mapping-flags.ts';
import type { MappingSource } from './mapping-source.ts';
import { inspectFile } from './text-stream.ts';

/**
 * The mapping of an import: a file, or the flags. For an XES file they need not name case, activity and time: the
 * standard does. Throws what loadMapping and mappingFromFlags throw, and FILE_UNREADABLE for the file to import.
 */
export async function mappingForFile(
  path: string,
  flags: MappingFlags & { readonly mapping?: string },
): Promise<MappingSource> {
  if (flags.mapping !== undefined) return loadMapping(flags.mapping);
  const format = await formatOf(await inspectFile(path));
  return mappingFromFlags(format === 'xes' ? withNamesOfXes(flags) : flags);
}

function withNamesOfXes(flags: MappingFlags): MappingFlags {
  const activity = flags.activity ?? ['concept:name'];
  const time = flags.time ?? (activity.length === 1 ? ['time:timestamp'] : []);
  return { ...flags, case: flags.case ?? ['case:concept:name'], activity, time };
}
