import assert from 'node:assert/strict';
import type { Environment } from '../../../../src/domain/connections/definition.ts';
import { decideGuard } from '../../../../src/domain/governance/guard.ts';
import { bundledCommandTable } from '../../../../src/domain/redis/bundledCommands.ts';
import { classify } from '../../../../src/domain/redis/classify.ts';
import type { RedisCommand } from '../../../../src/domain/redis/command.ts';

const table = bundledCommandTable();

interface Ask {
  readonly line: string;
  readonly action?: string;
  readonly environment?: Environment;
  readonly readOnlyNow?: boolean;
  readonly confirm?: string;
}

function decide({ line, action = 'keys.command', environment = 'prod', readOnlyNow = false, confirm }: Ask) {
  const [name = '', ...args] = line.split(' ');
  const command: RedisCommand = [name, ...args];
  return decideGuard({
    action,
    connectionName: 'Shop prod',
    environment,
    readOnlyNow,
    commands: [{ command, classification: classify(command, table) }],
    ...(confirm === undefined ? {} : { confirm }),
  });
}

function rule(ask: Ask): string {
  const decision = decide(ask);
  return decision.allowed ? 'allowed' : decision.rule;
}

describe('guard of direct commands', () => {
  it('lets reads pass everywhere', () => {
    assert.equal(rule({ line: 'GET k', readOnlyNow: true }), 'allowed');
    assert.equal(rule({ line: 'CLIENT LIST' }), 'allowed');
  });

  it('refuses every write while the connection is read-only, confirmed or not', () => {
    for (const line of ['SET k v', 'DEL k', 'EVAL x 0', 'NO.SUCH', 'CONFIG SET a b']) {
      assert.equal(rule({ line, readOnlyNow: true, confirm: 'Shop prod', environment: 'dev' }), 'readOnly', line);
    }
    const decision = decide({ line: 'SET k v', readOnlyNow: true });
    assert.ok(!decision.allowed);
    assert.match(
      decision.failure.message,
      /SET was not sent to Shop prod: this connection is read-only\. Nothing was changed/,
    );
    assert.match(decision.failure.nextAction ?? '', /Unlock/);
  });

  it('asks for the name before something destructive on production or the unknown', () => {
    for (const environment of ['prod', 'unknown'] as const) {
      assert.equal(rule({ line: 'DEL k', environment }), 'guardrail');
      assert.equal(rule({ line: 'UNLINK k', environment, action: 'keys.remove' }), 'guardrail');
      assert.equal(rule({ line: 'DEL k', environment, confirm: 'shop prod' }), 'guardrail');
      assert.equal(rule({ line: 'DEL k', environment, confirm: 'Shop prod' }), 'allowed');
    }
    const decision = decide({ line: 'DEL k' });
    assert.ok(!decision.allowed && decision.failure.details?.confirm === 'Shop prod');
    assert.equal(rule({ line: 'DEL k', environment: 'dev' }), 'allowed');
    assert.equal(rule({ line: 'CONFIG SET a b', environment: 'staging' }), 'allowed');
    assert.equal(rule({ line: 'SET k v' }), 'allowed');
  });

  it('guards saving and renaming by other means', () => {
    assert.equal(rule({ line: 'DEL k', action: 'keys.write' }), 'allowed');
    assert.equal(rule({ line: 'RENAME a b', action: 'keys.rename' }), 'allowed');
    assert.equal(rule({ line: 'CONFIG SET a b', action: 'keys.write' }), 'guardrail');
  });

  it('lets a restore pass that overwrites nothing', () => {
    assert.equal(rule({ line: 'RESTORE k 0 x', action: 'keys.restore' }), 'allowed');
    assert.equal(rule({ line: 'RESTORE k 0 x replace', action: 'keys.restore' }), 'guardrail');
    assert.equal(rule({ line: 'RESTORE replace 0 x', action: 'keys.restore' }), 'allowed');
  });

  it('never lets through what breaks the connection', () => {
    assert.equal(rule({ line: 'FLUSHALL', environment: 'dev', confirm: 'Shop prod' }), 'refused');
    assert.equal(rule({ line: 'KEYS *', environment: 'dev' }), 'refused');
    assert.equal(rule({ line: 'MULTI', environment: 'dev' }), 'refused');
  });
});
