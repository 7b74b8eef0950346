import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { chdbMissing } from '../contract/chdb-missing.ts';
import { linesOf } from '../support/dump.ts';
import { temporaryDirectory } from '../support/embedded.ts';
import { pingReceiver, type PingReceiver } from '../support/ping-receiver.ts';
import { getJson, type Server, startServer, until } from '../support/takt-process.ts';

const PERIOD_MS = 5_000;
const CATALOGUE = `version: 1
workflows: { desk: { activities: [opened, closed] } }
kpis:
  n: { name: N, workflow: desk, measure: { event: opened }, aggregate: count, window: total }
`;

interface Heartbeat {
  readonly stopped: boolean;
  readonly roundTripMs: number | null;
}
interface JobRun {
  readonly scheduled_ms: string;
  readonly outcome: string;
  readonly reason: string;
}

let folder: ReturnType<typeof temporaryDirectory>;
let receiver: PingReceiver;
const servers: Server[] = [];

beforeEach(async () => {
  folder = temporaryDirectory();
  writeFileSync(join(folder.path, 'catalogue.yaml'), CATALOGUE);
  receiver = await pingReceiver();
});
afterEach(async () => {
  for (const server of servers.splice(0)) await server.kill();
  await receiver.close();
  folder.remove();
});

async function start(env: NodeJS.ProcessEnv = {}): Promise<Server> {
  const args = ['--catalogue', join(folder.path, 'catalogue.yaml'), '--heartbeat-schedule', '*/5 * * * * *'];
  const server = await startServer(join(folder.path, 'data'), args, { TAKT_HEARTBEAT_URL: receiver.url, ...env });
  servers.push(server);
  return server;
}

async function jobRuns(url: string): Promise<JobRun[]> {
  const lines = await linesOf(url, "SELECT scheduled_ms, outcome, reason FROM job_runs FINAL WHERE job = 'heartbeat'");
  const runs = lines.map((line) => JSON.parse(line) as JobRun);
  return runs.sort((a, b) => Number(a.scheduled_ms) - Number(b.scheduled_ms));
}

/** Resolves when the receiver has taken as many messages of a state. */
function heard(state: string, count: number): Promise<void> {
  return until(async () => receiver.pings.filter(({ body }) => body.state === state).length >= count);
}

describe.skipIf(chdbMissing !== false)(
  `the heartbeat of takt as a process (skipped only without chDB: ${chdbMissing})`,
  () => {
    test('beats go through the line and are told; nobody sees them among the numbers', async () => {
      const { url } = await start();
      await heard('running', 3);
      expect(new Set(receiver.pings.map(({ path }) => path))).toEqual(new Set(['/ping/uuid']));
      expect(receiver.pings[0]!.body.roundTripMs).toBeGreaterThan(0);
      const status = (await getJson(`${url}/v1/status`)) as { heartbeat: Heartbeat; jobs: { job: string }[] };
      expect(status.heartbeat).toMatchObject({ stopped: false, reason: '', receiverHears: true });
      expect(status.jobs.map(({ job }) => job)).toEqual(['heartbeat', 'verify', 'release', 'retention', 'series']);
      const metrics = await (await fetch(`${url}/metrics`)).text();
      expect(metrics).toMatch(/^takt_heartbeat_seconds_count [1-9]/m);
      expect(metrics).toMatch(/^takt_job_runs_total\{job="heartbeat",outcome="done"\} [1-9]/m);
      expect(await getJson(`${url}/healthz`)).toEqual({ healthy: true, reasons: [] });
      const { kpis } = (await getJson(`${url}/v1/kpis`)) as { kpis: { kpi: string }[] };
      expect(kpis.map(({ kpi }) => kpi)).toEqual(['n']);
      const seen = ['kpi_history', 'kpi_current', 'case_list', 'alert_history'].map((view) => `SELECT * FROM ${view}`);
      for (const sql of seen) expect(await linesOf(url, sql), sql).toEqual([]);
      const sent = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '[]' };
      expect((await fetch(`${url}/v1/events?workflow=takt`, sent)).status).toBe(404);
    });

    test('after a time without takt the latest missed run is made up for, and its row says so', async () => {
      const first = await start();
      await heard('running', 1);
      await first.kill();
      const killedMs = Date.now();
      await until(async () => Date.now() > killedMs + 2.5 * PERIOD_MS, 200);
      const before = receiver.pings.length;
      const { url } = await start();
      await heard('running', before + 1);
      // The receiver hears of a run before its last row is stored.
      const ended = ({ outcome, reason }: JobRun) => outcome !== 'running' && reason.startsWith('caught up');
      await until(async () => (await jobRuns(url)).some(ended));
      const runs = await jobRuns(url);
      expect(new Set(runs.map(({ scheduled_ms }) => scheduled_ms)).size).toBe(runs.length);
      expect(runs.find(({ reason }) => reason.startsWith('caught up'))).toMatchObject({
        outcome: 'done',
        reason: expect.stringMatching(
          /^caught up \d+ s late, in place of [1-9]\d* older ones? that no run was made for; round trip \d+ ms$/,
        ),
      });
    });

    test.each([
      { stage: 'aggregate', says: /aggregate has not read \d+ records, the first of events\./ },
      { stage: 'alert', says: /alert has not read \d+ records, the first of values/ },
    ])('$stage that hangs is told as a failure with the reason, and that the line is back', async ({ stage, says }) => {
      const breaks = `--import ${resolve('test/support/break-stage.mjs')}`;
      const { url, running } = await start({ NODE_OPTIONS: breaks, TAKT_TEST_STAGE: stage });
      await heard('running', 1);
      running.child.kill('SIGUSR2');
      await heard('stopped', 1);
      const alarm = receiver.pings.find(({ body }) => body.state === 'stopped')!;
      expect(alarm.path).toBe('/ping/uuid/fail');
      expect(alarm.body.reason).toMatch(says);
      const health = await fetch(`${url}/healthz`);
      expect(health.status).toBe(503);
      expect(((await health.json()) as { reasons: string[] }).reasons[0]).toMatch(says);
      expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^takt_heartbeat_stopped 1$/m);
      running.child.kill('SIGUSR2');
      await heard('back', 1);
      const back = receiver.pings.find(({ body }) => body.state === 'back')!;
      expect(back.path).toBe('/ping/uuid');
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      await heard('running', 2);
    });
  },
);
