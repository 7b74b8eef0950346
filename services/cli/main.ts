#!/usr/bin/env -S node --max-semi-space-size=128 --v8-pool-size=1
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { notifierOf } from '../shared/adapters/notify/channels.ts';
import { ManualClock } from '../shared/adapters/clock/manual-clock.ts';
import { NodeCron } from '../shared/adapters/cron/node-cron.ts';
import { HeartbeatUrl } from '../shared/adapters/notify/heartbeat-url.ts';
import { SystemClock } from '../shared/adapters/clock/system-clock.ts';
import type { Notifier } from '../shared/ports/notifier.ts';
import { beatGap } from '../scheduler/heartbeat.ts';
import type { Catalogue } from '../shared/core/catalogue/catalogue.ts';
import { limitSeries } from '../shared/core/series/limit-series.ts';
import { loadCatalogues } from '../shared/runtime/catalogue-files.ts';
import { loadScreens } from '../shared/runtime/screen-files.ts';
import { loadJsonMappings } from '../shared/runtime/json-mapping-files.ts';
import { loadMqttPlan } from '../shared/runtime/mqtt-file.ts';
import { testChannel } from '../shared/runtime/channel-test.ts';
import { run } from './program.ts';
import type { HeartbeatPlan } from './wiring.ts';

const root = packageRoot();
const calendarVersion = process.versions['tz'] ?? 'unknown';

/** The package's folder, from the sources as well as from dist/. */
function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'schemas', 'schemas.lock.json'))) folder = dirname(folder);
  return folder;
}

/** The channels of a catalogue; secrets are looked up when a message goes out. A log channel writes to stderr. */
function channelsOf(catalogue: Catalogue): Map<string, Notifier> {
  const writeLine = (line: string): void => void process.stderr.write(`${line}\n`);
  const setting = { clock: new SystemClock(), environment: process.env, writeLine };
  return new Map([...catalogue.channels].map(([name, channel]) => [name, notifierOf(channel, setting)]));
}

function readHeartbeat(expression: string, url: string | null): HeartbeatPlan {
  const schedule = { pattern: new NodeCron().read(expression), zone: 'UTC' };
  beatGap(schedule, new SystemClock().nowMs());
  return { schedule, receiver: url === null ? null : new HeartbeatUrl(url) };
}

// Whoever reads along may leave early (`takt lint … | head`): what they no longer read is dropped, the work goes on.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

// A variable that is set to nothing is one that is not set: container files can hardly leave one out.
for (const [name, value] of Object.entries(process.env))
  if (name.startsWith('TAKT_') && value === '') delete process.env[name];

process.exitCode = await run(
  {
    async open(directory, catalogue, options) {
      const { openStandalone } = await import('./compose/standalone.ts');
      return openStandalone(directory, catalogue, options, { root, calendarVersion, channelsOf });
    },
    async serve(service, options) {
      const { serve } = await import('./compose/serve.ts');
      return serve(service, options, { root, calendarVersion, channelsOf });
    },
    async newEpoch(place, apply) {
      const { newEpoch } = await import('./compose/new-epoch.ts');
      const { readClusterSettings } = await import('./compose/cluster-settings.ts');
      return newEpoch(readClusterSettings(place, process.env), root, apply);
    },
    loadCatalogue: (paths) => loadCatalogues(paths, { calendarVersion }),
    limitSeries: (catalogue, limits) => limitSeries(catalogue, limits, calendarVersion),
    loadScreens,
    loadMappings: loadJsonMappings,
    loadMqtt: loadMqttPlan,
    manualClock: (startMs) => new ManualClock(startMs),
    testChannel: (catalogue, channel) => testChannel(channel, channelsOf(catalogue), new SystemClock()),
    starterCatalogue: join(root, 'examples', 'starter', 'catalogue.yaml'),
    examples: join(root, 'examples'),
    readHeartbeat,
  },
  process.argv,
);
