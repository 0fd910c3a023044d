import { display, displayShort } from '../display.ts';
import { Failure, type FailureCode } from '../failure.ts';
import type { RedisErrorReply } from './command.ts';

/** Who asked what of whom: the words that an error needs to be understood. */
export interface ReplyContext {
  readonly connectionName: string;
  /** The ACL user in force. */
  readonly user: string;
  /** `classify(…).name` of the command that was refused. */
  readonly command: string;
  readonly write: boolean;
}

interface Rule {
  readonly code: FailureCode;
  /** Second half of "… refused DEL: ". */
  readonly because: string | ((context: ReplyContext) => string);
  readonly next: string | ((context: ReplyContext) => string);
  readonly retryable?: boolean;
}

function commandWords(context: ReplyContext): string {
  return display(context.command.replace('|', ' ').toUpperCase());
}

const grant = (context: ReplyContext): string =>
  `Ask for \`+${display(context.command)}\` for this user, or choose another user.`;

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [
    'NOPERM',
    {
      code: 'UNAUTHORIZED',
      because: (context) =>
        `the user \`${display(context.user)}\` may not run ${commandWords(context)} on this key or channel (NOPERM)`,
      next: grant,
    },
  ],
  [
    'NOAUTH',
    {
      code: 'UNAUTHORIZED',
      because: 'it asks for a password (NOAUTH)',
      next: 'Edit the connection and set its user and password.',
    },
  ],
  [
    'WRONGPASS',
    {
      code: 'UNAUTHORIZED',
      because: 'user name or password is wrong, or the user is disabled (WRONGPASS)',
      next: 'Edit the connection and enter the password again.',
    },
  ],
  [
    'WRONGTYPE',
    {
      code: 'CONFLICT',
      because: 'the key holds another type than this command works on (WRONGTYPE)',
      next: 'Refresh the key and look at its type.',
    },
  ],
  [
    'BUSYKEY',
    {
      code: 'CONFLICT',
      because: 'the target key exists already (BUSYKEY)',
      next: 'Choose another name, or allow overwriting.',
    },
  ],
  [
    'BUSYGROUP',
    { code: 'CONFLICT', because: 'the consumer group exists already (BUSYGROUP)', next: 'Choose another name.' },
  ],
  [
    'NOGROUP',
    { code: 'CONFLICT', because: 'there is no such key or consumer group (NOGROUP)', next: 'Refresh the key.' },
  ],
  [
    'EXECABORT',
    {
      code: 'CONFLICT',
      because: 'one command of the transaction was refused, so none ran (EXECABORT)',
      next: 'Look at the first refused command, then try again.',
    },
  ],
  [
    'READONLY',
    {
      code: 'BLOCKED',
      because: 'this server is a read-only replica (READONLY)',
      next: 'Connect to the master instead.',
    },
  ],
  [
    'OOM',
    {
      code: 'BLOCKED',
      because: 'its memory is full and its policy evicts nothing (OOM)',
      next: 'Free memory or raise maxmemory, then try again.',
      retryable: true,
    },
  ],
  [
    'MISCONF',
    {
      code: 'BLOCKED',
      because: 'it cannot save to disk and is set to refuse writes then (MISCONF)',
      next: "Look at the server's log and its disk.",
    },
  ],
  [
    'NOREPLICAS',
    {
      code: 'BLOCKED',
      because: 'fewer replicas are connected than it demands for writes (NOREPLICAS)',
      next: 'Bring the replicas back, then try again.',
      retryable: true,
    },
  ],
  [
    'BUSY',
    {
      code: 'BLOCKED',
      because: 'it is busy with a script that does not end (BUSY)',
      next: 'Wait, or stop the script with SCRIPT KILL or FUNCTION KILL.',
      retryable: true,
    },
  ],
  [
    'LOADING',
    {
      code: 'CONNECTION_FAILED',
      because: 'it is still loading its data into memory (LOADING)',
      next: 'Wait until it has loaded, then try again.',
      retryable: true,
    },
  ],
  [
    'MASTERDOWN',
    {
      code: 'CONNECTION_FAILED',
      because: 'this replica has lost its master (MASTERDOWN)',
      next: 'Wait for the failover, then try again.',
      retryable: true,
    },
  ],
  [
    'CLUSTERDOWN',
    {
      code: 'CONNECTION_FAILED',
      because: 'the cluster does not serve all slots now (CLUSTERDOWN)',
      next: 'Look at the state of the cluster, then try again.',
      retryable: true,
    },
  ],
  [
    'TRYAGAIN',
    {
      code: 'CONFLICT',
      because: 'the keys are just moving to another node (TRYAGAIN)',
      next: 'Try again in a moment.',
      retryable: true,
    },
  ],
  [
    'MOVED',
    {
      code: 'CONNECTION_FAILED',
      because: 'the key lives on another node of the cluster (MOVED)',
      next: 'Set `cluster` in the definition of the connection, so that Cachify follows.',
    },
  ],
  [
    'ASK',
    {
      code: 'CONNECTION_FAILED',
      because: 'the key is just moving to another node of the cluster (ASK)',
      next: 'Set `cluster` in the definition of the connection, so that Cachify follows.',
    },
  ],
  [
    'CROSSSLOT',
    {
      code: 'VALIDATION_ERROR',
      because: 'the keys live in different slots of the cluster (CROSSSLOT)',
      next: 'Use keys with the same hash tag, such as `{user1}:a` and `{user1}:b`.',
    },
  ],
  [
    'NOSCRIPT',
    {
      code: 'VALIDATION_ERROR',
      because: 'it does not know this script (NOSCRIPT)',
      next: 'Send the script with EVAL once.',
    },
  ],
  [
    'NOPROTO',
    {
      code: 'NOT_SUPPORTED',
      because: 'it does not speak this version of the protocol (NOPROTO)',
      next: 'Update the server.',
    },
  ],
  [
    'UNKILLABLE',
    {
      code: 'BLOCKED',
      because: 'the running script has written already and cannot be stopped (UNKILLABLE)',
      next: 'Wait until the script ends.',
    },
  ],
]);

const ofText: readonly (readonly [RegExp, Rule])[] = [
  [
    /^ERR unknown (sub)?command/i,
    {
      code: 'NOT_SUPPORTED',
      because: (context) => `it does not know ${commandWords(context)}`,
      next: "Check the spelling, and the server's version.",
    },
  ],
  [
    /^ERR max number of clients/i,
    {
      code: 'CONNECTION_FAILED',
      because: 'it has reached its limit of clients',
      next: 'Close other clients or raise maxclients, then try again.',
      retryable: true,
    },
  ],
  [
    /^ERR no such key/i,
    { code: 'CONFLICT', because: 'the key does not exist any more', next: 'Refresh the list of keys.' },
  ],
];

function ruleOf(error: RedisErrorReply): Rule | undefined {
  return rules.get(error.prefix) ?? ofText.find(([pattern]) => pattern.test(error.message))?.[1];
}

/** Redis repeats arguments behind these words; they may be secrets. */
function withoutArguments(message: string): string {
  return message.replace(/,? with args beginning with:[\s\S]*$/i, '');
}

const say = (part: Rule['because'], context: ReplyContext): string => (typeof part === 'string' ? part : part(context));

/** An error that a server replied, in the product's vocabulary: what happened, what it means, what to do. */
export function failureOfReply(error: RedisErrorReply, context: ReplyContext): Failure {
  const rule = ruleOf(error);
  const who = display(context.connectionName);
  const effect = context.write ? ' Nothing was changed by it.' : '';
  if (rule === undefined) {
    const said = displayShort(withoutArguments(error.message), 200);
    return new Failure('VALIDATION_ERROR', `${who} refused ${commandWords(context)}: ${said}.${effect}`, {
      details: { prefix: display(error.prefix), command: display(context.command) },
      nextAction: 'Check the arguments of the command.',
    });
  }
  return new Failure(rule.code, `${who} refused ${commandWords(context)}: ${say(rule.because, context)}.${effect}`, {
    retryable: rule.retryable ?? false,
    details: { prefix: display(error.prefix), command: display(context.command), user: display(context.user) },
    nextAction: say(rule.next, context),
  });
}
