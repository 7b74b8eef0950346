import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Makes a certificate of its own for 127.0.0.1 in a folder, for two days; gives the paths of both files, as PEM. */
export function selfSigned(folder: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  const files = ['-keyout', key, '-out', cert];
  const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject]);
  if (made.status !== 0) throw new Error(`openssl: ${made.stderr.toString()}`);
  return { key, cert };
}
