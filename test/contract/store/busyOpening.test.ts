// A window that opens the store while another one writes generations, and removes what they make unneeded.
import assert from 'node:assert/strict';
import { cpSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import initSqlJs from 'sql.js';
import type { FileSystem } from '../../../src/adapters/store/disk/fileSystem.ts';
import { nodeFileSystem } from '../../../src/adapters/store/disk/nodeFileSystem.ts';
import { readMigrations } from '../../../src/adapters/store/migrations.ts';
import { sqlJsEngine } from '../../../src/adapters/store/sql/driver.ts';
import { StoreEngine } from '../../../src/adapters/store/storeEngine.ts';
import { appendEvents } from '../../../src/adapters/store/worker/repositories/historyEvents.ts';
import { historyOptions, type ServiceOptions } from '../../../src/adapters/store/worker/storeService.ts';
import { ownFolder } from '../../support/processes.ts';
import { storeBuild } from '../../support/storeBuild.ts';
import { eventOf } from '../../support/storeRows.ts';
import { systemClock } from '../../support/systemClock.ts';

describe('opening a store that is busy', function () {
  this.timeout(60_000);
  const directory = ownFolder('cachify-busy-');
  const earlier = ownFolder('cachify-busy-earlier-');
  let options: ServiceOptions;
  const told: string[] = [];

  before(async () => {
    const built = await storeBuild();
    const module = await initSqlJs({ wasmBinary: new Uint8Array(readFileSync(built.wasmPath)).buffer });
    options = {
      directory,
      fs: nodeFileSystem,
      sql: sqlJsEngine(module),
      clock: systemClock,
      migrations: readMigrations(built.migrationsDirectory),
      heldBytes: () => 0,
      tell: (notice) => void told.push(notice.kind),
    };
    const writer = await StoreEngine.open(historyOptions(options));
    for (let n = 0; n < 6; n++) {
      await writer.commit((transaction) => appendEvents(transaction, [eventOf(n)]));
      await writer.checkpoint();
      if (n === 1) cpSync(directory, earlier, { recursive: true });
    }
    await writer.close();
  });

  /** Shows the folder as it was when the generations were looked for, and as it is from the first look into a log on. */
  function overtaken(): FileSystem {
    let isNow = false;
    const at = (path: string): string => (isNow ? path : path.replace(directory, earlier));
    const look = (path: string): string => {
      if (basename(path).startsWith('log-')) isNow = true;
      return at(path);
    };
    return {
      ...nodeFileSystem,
      list: (folder) => nodeFileSystem.list(at(folder)),
      read: (path) => nodeFileSystem.read(at(path)),
      size: (path) => nodeFileSystem.size(look(path)),
      openAppend: (path) => nodeFileSystem.openAppend(look(path)),
      openRead: (path) => nodeFileSystem.openRead(look(path)),
      openUpdate: (path) => nodeFileSystem.openUpdate(look(path)),
    };
  }

  for (const passive of [false, true]) {
    it(`finds everything that was acknowledged, ${passive ? 'as a reader' : 'as a window'}`, async () => {
      const engine = await StoreEngine.open({ ...historyOptions({ ...options, fs: overtaken() }), passive });
      const rows = engine
        .eventParts()
        .map((part) => Number(part.open()?.rows('SELECT count(*) FROM history_events')[0]?.[0] ?? 0));
      await engine.close();
      assert.equal(
        rows.reduce((sum, count) => sum + count, 0),
        6,
      );
      assert.deepEqual(told, []);
      const generations = nodeFileSystem
        .list(join(directory, 'history'))
        .filter((name) => name.startsWith('generation-'));
      assert.ok(
        generations.every((name) => name.startsWith('generation-0000-')),
        generations.join(),
      );
    });
  }
});
