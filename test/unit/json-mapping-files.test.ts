import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadJsonMappings } from '../../services/shared/runtime/json-mapping-files.ts';
import { temporaryDirectory } from '../support/embedded.ts';

let folder: ReturnType<typeof temporaryDirectory>;
beforeEach(() => (folder = temporaryDirectory()));
afterEach(() => folder.remove());

function file(name: string, text: string): void {
  writeFileSync(join(folder.path, name), text);
}

const MAPPING = 'case: /issue/key\nactivity: status\ntime: /changed\nid: [/issue/key, n]\n';

test('each file is a mapping named like it; others are left alone', async () => {
  file('jira.yaml', MAPPING);
  file('other.json', '{"case": "c", "activity": "a", "time": "t", "id": "i"}');
  file('README.md', 'no mapping');
  mkdirSync(join(folder.path, 'old'));
  const mappings = await loadJsonMappings(folder.path);
  expect([...mappings.keys()]).toEqual(['jira', 'other']);
  expect(mappings.get('jira')!.case).toMatchObject([{ kind: 'path', path: ['issue', 'key'] }]);
});

test.each([
  ['broken YAML', { 'a.yaml': 'case: [\n' }, /a\.yaml:2:1: /],
  ['a part that is missing', { 'a.yaml': 'case: x\n' }, /a\.yaml: .*activity: it is missing/],
  ['an unknown part', { 'a.yaml': `${MAPPING}cases: x\n` }, /a\.yaml: .*cases: it is unknown; known: /],
  ['two of one name', { 'a.yaml': MAPPING, 'a.yml': MAPPING }, /two mappings named a/],
])('%s is refused with the file', async (_name, files, message) => {
  for (const [name, text] of Object.entries(files)) file(name, text);
  await expect(loadJsonMappings(folder.path)).rejects.toMatchObject({
    code: 'MAPPING_INVALID',
    message: expect.stringMatching(message) as string,
  });
});

test('a folder that is not there is refused', async () => {
  await expect(loadJsonMappings(join(folder.path, 'nowhere'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
});
