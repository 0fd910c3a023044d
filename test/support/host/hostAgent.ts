// Runs inside an extension host as its `extensionTestsPath`: does there what a test outside asks for, until the host ends.
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { extensions, workspace } from 'vscode';
import type { CachifyApi } from '../../../src/api.ts';

/** Asks for a method of the API, or for a stream of writes that says of each when it is tried and when it is acknowledged. */
export type AgentRequest =
  | { readonly id: number; readonly kind: 'call'; readonly method: string; readonly args: readonly unknown[] }
  | { readonly id: number; readonly kind: 'writes'; readonly from: number; readonly connectionId: string };

export type AgentMessage =
  | { readonly hello: { readonly pid: number; readonly folder: string } }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly code: unknown } }
  | { readonly write: { readonly name: string; readonly acknowledged: boolean } };

export async function run(): Promise<void> {
  const api = await extensions.getExtension<CachifyApi>('cachify.cachify-studio')?.activate();
  if (api === undefined) throw new Error('The extension under development is not loaded');
  const socket = connect(Number(process.env['CACHIFY_AGENT_PORT']), '127.0.0.1');
  const tell = (message: AgentMessage): void => void socket.write(`${JSON.stringify(message)}\n`);
  tell({ hello: { pid: process.pid, folder: workspace.workspaceFolders?.[0]?.uri.fsPath ?? '' } });
  await serve(socket, api, tell);
}

async function serve(socket: Socket, api: CachifyApi, tell: (message: AgentMessage) => void): Promise<void> {
  for await (const line of createInterface({ input: socket })) {
    const request = JSON.parse(line) as AgentRequest;
    void answer(request, api, tell);
  }
}

async function answer(request: AgentRequest, api: CachifyApi, tell: (message: AgentMessage) => void): Promise<void> {
  const { id } = request;
  try {
    if (request.kind === 'writes') await writeOn(api, request, tell);
    else tell({ id, value: (await methodOf(api, request.method)(...request.args)) ?? null });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    tell({ id, error: { message, code: error instanceof Error ? Reflect.get(error, 'code') : undefined } });
  }
}

function methodOf(api: CachifyApi, name: string): (...args: readonly unknown[]) => unknown {
  const [namespace = '', method = ''] = name.split('.');
  const found: unknown = Reflect.get(Object(Reflect.get(api, namespace)), method);
  if (typeof found !== 'function') throw new Error(`${name} is no method of the API`);
  return found as (...args: readonly unknown[]) => unknown;
}

/** Four kinds of writes side by side, each kind one after another, until the host is gone. */
async function writeOn(
  api: CachifyApi,
  { from, connectionId }: Extract<AgentRequest, { kind: 'writes' }>,
  tell: (message: AgentMessage) => void,
): Promise<void> {
  const kinds: Record<string, (n: number) => Promise<unknown>> = {
    template: (n) =>
      api.workflows.saveTemplate({
        name: `template ${n}`,
        kind: 'deleteByPattern',
        parameters: { pattern: `written:${n}:*` },
      }),
    pack: (n) =>
      api.governance.savePack({
        name: `pack ${n}`,
        environments: ['dev'],
        maxWorkflowItems: n,
        maxRetryAttempts: 1,
        schedulingEnabled: false,
        executionWindows: [],
        enabled: true,
      }),
    snapshot: async (n) => {
      await api.keys.write({ connectionId, key: `snapshot:${n}`, type: 'string', value: 'before' });
      await api.keys.write({ connectionId, key: `snapshot:${n}`, type: 'string', value: 'after' });
    },
    removed: async (n) => {
      await api.keys.write({ connectionId, key: `removed:${n}`, type: 'string', value: 'before' });
      await api.keys.remove({ connectionId, keys: [`removed:${n}`] });
    },
  };
  await Promise.all(
    Object.entries(kinds).map(async ([kind, write]) => {
      for (let n = from; ; n++) {
        tell({ write: { name: `${kind} ${n}`, acknowledged: false } });
        await write(n);
        tell({ write: { name: `${kind} ${n}`, acknowledged: true } });
      }
    }),
  );
}
