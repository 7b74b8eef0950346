import { textOf } from './catalogue-read.ts';
import type { Path, Problems } from './catalogue-problem.ts';
import { zoneName } from '../window/window-calendar.ts';

/** The name of an IANA zone as the data writes it; null when there is a problem. */
export function readZone(value: unknown, path: Path, problems: Problems): string | null {
  const text = textOf(value);
  if (text === null) return null;
  const form = 'the name of an IANA time zone, such as UTC, Asia/Shanghai or Europe/Berlin';
  return zoneName(text) ?? problems.add(path, `'${text}' is not a known time zone`, form);
}
