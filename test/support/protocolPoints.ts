// The points of the engine's protocol: before and after everything that it stores, asks and writes.
import type { BulkLine } from '../../src/app/redis/bulkLine.ts';
import type { WorkflowParts } from '../../src/app/workflows/parts.ts';

/** Calls `cross` at every point, and waits for it. */
export function withPoints(parts: WorkflowParts, cross: () => Promise<void> | void): WorkflowParts {
  const around = async <T>(act: () => Promise<T>): Promise<T> => {
    await cross();
    const result = await act();
    await cross();
    return result;
  };
  const line = (inner: BulkLine): BulkLine => ({
    connectionName: inner.connectionName,
    user: inner.user,
    runId: inner.runId,
    node: inner.node,
    dead: () => inner.dead(),
    look: (...args) => around(() => inner.look(...args)),
    transact: (...args) => around(() => inner.transact(...args)),
    pipeline: (...args) => around(() => inner.pipeline(...args)),
    record: (batch) => inner.record(batch),
    close: () => inner.close(),
  });
  const { store, files, gate } = parts;
  const { undo } = files;
  return {
    ...parts,
    store: { ...store, append: (...args) => around(() => store.append(...args)) },
    files: {
      ...files,
      undo: {
        append: (...args) => around(() => undo.append(...args)),
        blocks: (id) => undo.blocks(id),
        read: (...args) => undo.read(...args),
        close: (id) => undo.close(id),
      },
    },
    gate: new Proxy(gate, {
      get: (target, name) => {
        if (name === 'openLine')
          return async (...args: Parameters<typeof gate.openLine>) => line(await gate.openLine(...args));
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? (value.bind(target) as unknown) : value;
      },
    }),
  };
}
