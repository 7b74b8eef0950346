import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

/** Why nothing that needs Java and `path` can run here; false where it can. Under CI it has to. */
export function javaMissing(path: string): string | false {
  const lacks = !existsSync(path)
    ? `${path} is not there: mvn -q -f deploy/kafka/pom.xml generate-resources`
    : spawnSync('java', ['-version']).status === 0
      ? false
      : 'java is not installed';
  if (lacks !== false && process.env['CI'] === 'true') throw new Error(lacks);
  return lacks;
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { readonly port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
