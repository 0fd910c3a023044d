import assert from 'node:assert/strict';
import type { FailureCode } from '../../../../src/domain/failure.ts';
import { RedisErrorReply } from '../../../../src/domain/redis/command.ts';
import { failureOfReply } from '../../../../src/domain/redis/replyFailure.ts';

function failure(message: string, over: { command?: string; write?: boolean } = {}) {
  return failureOfReply(new RedisErrorReply(message), {
    connectionName: 'Shop prod',
    user: 'app',
    command: over.command ?? 'del',
    write: over.write ?? true,
  });
}

describe('errors that a server replied', () => {
  it('names user, command, meaning and what to do', () => {
    const denied = failure("NOPERM this user has no permissions to run the 'del' command");
    assert.equal(denied.code, 'UNAUTHORIZED');
    assert.match(
      denied.message,
      /^Shop prod refused DEL: the user `app` may not run DEL .*\(NOPERM\)\. Nothing was changed/,
    );
    assert.match(denied.nextAction ?? '', /`\+del`/);
    assert.equal(denied.details?.['user'], 'app');
  });

  it('maps every known error to the closed vocabulary', () => {
    const rows: [string, FailureCode, boolean][] = [
      ['WRONGTYPE Operation against a key', 'CONFLICT', false],
      ['READONLY You can not write', 'BLOCKED', false],
      ['OOM command not allowed', 'BLOCKED', true],
      ['MISCONF Redis is configured', 'BLOCKED', false],
      ['NOREPLICAS Not enough', 'BLOCKED', true],
      ['BUSY Redis is busy', 'BLOCKED', true],
      ['BUSYKEY Target key name already exists.', 'CONFLICT', false],
      ['LOADING Redis is loading', 'CONNECTION_FAILED', true],
      ['CLUSTERDOWN The cluster is down', 'CONNECTION_FAILED', true],
      ['MOVED 1 10.0.0.1:6379', 'CONNECTION_FAILED', false],
      ['CROSSSLOT Keys', 'VALIDATION_ERROR', false],
      ['NOAUTH Authentication required.', 'UNAUTHORIZED', false],
      ['ERR unknown command `FOO`', 'NOT_SUPPORTED', false],
      ['ERR no such key', 'CONFLICT', false],
      ['ERR syntax error', 'VALIDATION_ERROR', false],
      ['', 'VALIDATION_ERROR', false],
    ];
    for (const [message, code, retryable] of rows) {
      const found = failure(message);
      assert.deepEqual([found.code, found.retryable], [code, retryable], message);
      assert.ok(found.nextAction, message);
    }
  });

  it('never repeats the arguments that the server echoes', () => {
    const echo = "ERR unknown command 'AUTHX', with args beginning with: 'hunter2' 'more'";
    const shape = JSON.stringify(failure(echo, { command: 'authx' }));
    assert.doesNotMatch(shape, /hunter2/);
    assert.doesNotMatch(JSON.stringify(failure("WEIRD thing, with args beginning with: 'hunter2'")), /hunter2/);
  });

  it('shows text of the server as text', () => {
    assert.match(failure('ERR \u202e<img>\n').message, /\\u\{202e\}<img>\\n/);
  });
});
