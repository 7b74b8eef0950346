import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { writeAll } from '../../services/shared/adapters/store/clickhouse/write-all.ts';
import { mountSmallDisk, type SmallDisk, smallDiskMissing } from '../support/small-disk.ts';

const PIECES = [Buffer.alloc(700_000, 1), Buffer.alloc(700_000, 2)];

describe.skipIf(smallDiskMissing !== false)(
  `on a small disk (skipped only where none can be made: ${smallDiskMissing})`,
  () => {
    const path = mkdtempSync(join(tmpdir(), 'takt-disk-'));
    let disk: SmallDisk | null = null;
    afterEach(() => {
      disk?.remove();
      rmSync(path, { recursive: true, force: true });
    });

    test('what finds no room for all of it fails, and with room all of it is there', async () => {
      disk = mountSmallDisk(path, 1);
      const file = join(path, 'rows.bin');
      await expect(writeAll(file, PIECES)).rejects.toMatchObject({ code: 'ENOSPC' });
      disk.grow(4);
      await writeAll(file, PIECES);
      expect((await readFile(file)).equals(Buffer.concat(PIECES))).toBe(true);
    });
  },
);
