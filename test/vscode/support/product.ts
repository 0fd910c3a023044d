// What the suites inside the extension host share: the activated extension, a connection of their own, and redis-cli.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { extensions } from 'vscode';
import type { CachifyApi } from '../../../src/api.ts';
import { testEnvironment } from './environment.ts';

/** The API of the extension under development. */
export async function activatedApi(): Promise<CachifyApi> {
  const extension = extensions.getExtension<CachifyApi>('cachify.cachify-studio');
  assert.ok(extension, 'the extension under development is not loaded');
  return extension.activate();
}

/** Adds a connection to the suite's redis-server, by which writes are allowed, and connects it. The suite removes it. */
export async function connectedApi(id: string, name: string): Promise<CachifyApi> {
  const api = await activatedApi();
  const { redisPort } = testEnvironment();
  await api.connections.add({ id, name, host: '127.0.0.1', port: redisPort, environment: 'dev' });
  await api.connections.connect(id);
  return api;
}

/** What redis-cli says to a command on the suite's server, without the last line end. */
export function redisCli(...args: string[]): string {
  return execFileSync('redis-cli', ['-p', String(testEnvironment().redisPort), ...args])
    .toString()
    .replace(/\n$/, '');
}
