import { didYouMean, listed, type Problem } from '../core/catalogue/catalogue-problem.ts';
import type { Catalogue } from '../core/catalogue/catalogue.ts';
import { type MqttPlan, readMqttPlan } from '../core/ingest/mqtt-plan.ts';
import { parseYaml, problemsError, readTextFile } from './yaml-document.ts';

const FILE = { what: 'MQTT file', bytesMax: 1024 * 1024, code: 'MQTT_INVALID' } as const;

/**
 * Reads an MQTT file (docs/mqtt.md); its workflows must be the catalogue's. Throws FILE_UNREADABLE, FILE_ENCODING, or
 * MQTT_INVALID with file, line and column of what is wrong.
 */
export async function loadMqttPlan(path: string, { workflows }: Pick<Catalogue, 'workflows'>): Promise<MqttPlan> {
  const file = parseYaml(await readTextFile(path, FILE), path);
  if ('unparsed' in file) throw problemsError('MQTT_INVALID', file.unparsed);
  const { plan, problems } = readMqttPlan(file.parsed);
  const names = [...workflows.keys()];
  const unknown = (plan?.sources ?? []).flatMap(({ workflow }, i): Problem[] => {
    if (workflow === null || workflows.has(workflow)) return [];
    const message = `the catalogue has no workflow '${workflow}'${didYouMean(workflow, names)}`;
    return [{ path: ['sources', i, 'workflow'], at: 'value', message, allowed: listed(names) }];
  });
  const all = [...problems, ...unknown];
  if (plan === null || all.length > 0) throw problemsError('MQTT_INVALID', file.place(all));
  return plan;
}
