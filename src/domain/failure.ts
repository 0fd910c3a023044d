/** Every way in which something can fail; nothing else ever reaches a user or a caller of the API. */
export const failureCodes = [
  'VALIDATION_ERROR',
  'UNAUTHORIZED',
  'TIMEOUT',
  'CONNECTION_FAILED',
  'NOT_SUPPORTED',
  'CONFLICT',
  'BLOCKED',
  'OUTCOME_UNKNOWN',
  'CANCELLED',
  'INTERNAL_ERROR',
] as const;

export type FailureCode = (typeof failureCodes)[number];

/** Facts about a failure, safe to show and to store: plain data, no values, no secrets. `path` names a field, `confirm` what to type. */
export interface FailureDetails {
  readonly path?: string;
  readonly confirm?: string;
  readonly [fact: string]: unknown;
}

export interface FailureOptions {
  /** Whether the same call may succeed later without a change by the user. Default false. */
  readonly retryable?: boolean;
  readonly details?: FailureDetails;
  /** One thing that the user can do next, as a sentence. */
  readonly nextAction?: string;
}

/**
 * The one error type of the project. `message` is finished text for a person: what happened and what it means;
 * parts that came from a server or a user went through `display()` before.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly retryable: boolean;
  readonly details: FailureDetails | undefined;
  readonly nextAction: string | undefined;

  constructor(code: FailureCode, message: string, options: FailureOptions = {}) {
    super(message);
    this.name = 'Failure';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details;
    this.nextAction = options.nextAction;
  }

  /** The shape that crosses a process, a webview or an API border. */
  toJSON(): FailureShape {
    return {
      code: this.code,
      message: this.message,
      retryable: this.retryable,
      ...(this.details === undefined ? {} : { details: this.details }),
      ...(this.nextAction === undefined ? {} : { nextAction: this.nextAction }),
    };
  }
}

export interface FailureShape {
  readonly code: FailureCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly details?: FailureDetails;
  readonly nextAction?: string;
}

export function isFailure(error: unknown, code?: FailureCode): error is Failure {
  return error instanceof Failure && (code === undefined || error.code === code);
}

/** Rebuilds a failure from its shape, for the receiving end of a border. */
export function failureFrom(shape: FailureShape): Failure {
  return new Failure(shape.code, shape.message, {
    retryable: shape.retryable,
    ...(shape.details === undefined ? {} : { details: shape.details }),
    ...(shape.nextAction === undefined ? {} : { nextAction: shape.nextAction }),
  });
}

/** Any thrown thing as a failure. An unforeseen error keeps its class name only: its text may hold secrets. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const kind = error instanceof Error ? error.name : typeof error;
  return new Failure(
    'INTERNAL_ERROR',
    `Something unforeseen went wrong in Cachify Studio (${kind}). Nothing more is known about its effect.`,
    {
      details: { kind },
      nextAction: 'Look at the Cachify Studio output channel, then try again.',
    },
  );
}

export function validationFailure(path: string, message: string): Failure {
  return new Failure('VALIDATION_ERROR', message, { details: { path } });
}
