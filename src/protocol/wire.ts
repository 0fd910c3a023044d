// The two ends of the wire between a page and its host. The page is untrusted input: only what `parseEnvelope` and the
// contract's schemas accept reaches a handler. Nothing of zod is loaded on the page's side.
import { asFailure, Failure, failureFrom, type FailureShape } from '../domain/failure.ts';
import type { Contract, EventName, EventPayload, Handlers, RequestIn, RequestName, RequestOut } from './contract.ts';
import { exceedsLimits } from './limits.ts';

const PROTOCOL = 1;

type Kind = 'request' | 'response' | 'failure' | 'cancel' | 'event';

interface Envelope {
  readonly cachify: typeof PROTOCOL;
  /** `<page load>.<number>`; events carry none. */
  readonly id: string;
  readonly kind: Kind;
  readonly name: string;
  readonly body?: unknown;
}

/** What both a VS Code webview and a page's window offer after a small adapter. */
export interface Endpoint {
  post(message: unknown): unknown;
  listen(receive: (message: unknown) => void): { dispose(): void };
}

const kinds: readonly string[] = ['request', 'response', 'failure', 'cancel', 'event'] satisfies readonly Kind[];

/** The message as an envelope of this protocol; null for anything else, which is then ignored. */
function parseEnvelope(message: unknown): Envelope | null {
  if (typeof message !== 'object' || message === null) return null;
  const { cachify, id, kind, name, body } = message as Record<string, unknown>;
  if (cachify !== PROTOCOL || typeof id !== 'string' || typeof name !== 'string' || typeof kind !== 'string')
    return null;
  if (!kinds.includes(kind) || id.length > 64 || name.length > 64) return null;
  return { cachify, id, kind: kind as Kind, name, body };
}

/** A page cannot make the host work on more than this at once. */
const maxRequestsAtOnce = 64;

export interface ServedPanel<C extends Contract> {
  emit<N extends EventName<C>>(name: N, payload: EventPayload<C, N>): void;
  /** Messages that were refused so far: no envelope, unknown name, wrong input, too large, too many. */
  readonly refused: number;
  /** Cancels what is running; nothing is posted afterwards. */
  dispose(): void;
}

/**
 * The host's end. Parses every input with the contract's schema, runs the handler, answers its result or a
 * `FailureShape`. A cancel, a new page load and `dispose` abort the handler's signal; its answer is then dropped.
 */
export function serve<C extends Contract>(
  endpoint: Endpoint,
  contract: C,
  handlers: Handlers<C>,
  onRefused: (name: string) => void = () => undefined,
): ServedPanel<C> {
  const running = new Map<string, AbortController>();
  let refused = 0;
  let disposed = false;
  let page = '';

  function post(kind: Kind, id: string, name: string, body?: unknown): void {
    if (!disposed) endpoint.post({ cachify: PROTOCOL, id, kind, name, body } satisfies Envelope);
  }

  function refuse(id: string, name: string, failure: Failure): void {
    refused += 1;
    onRefused(Object.hasOwn(contract.requests, name) ? name : 'unknown');
    post('failure', id, '', failure.toJSON());
  }

  function forgetOtherPages(id: string): void {
    const sender = id.slice(0, id.lastIndexOf('.'));
    if (sender === page) return;
    page = sender;
    abortAll(running);
  }

  async function answer(id: string, name: RequestName<C>, input: RequestIn<C, RequestName<C>>): Promise<void> {
    const abort = new AbortController();
    running.set(id, abort);
    const settle = (kind: Kind, body: unknown): void => {
      if (running.get(id) !== abort) return;
      running.delete(id);
      post(kind, id, name, body);
    };
    try {
      settle('response', await handlers[name](input, abort.signal));
    } catch (error) {
      settle('failure', asFailure(error).toJSON());
    }
  }

  function onRequest({ id, name, body }: Envelope): void {
    const shape = Object.hasOwn(contract.requests, name) ? contract.requests[name] : undefined;
    if (shape === undefined) return refuse(id, name, invalid('name', 'This panel has no such request.'));
    forgetOtherPages(id);
    if (running.has(id)) return refuse(id, name, invalid('id', 'A request with this id is still running.'));
    if (running.size >= maxRequestsAtOnce) return refuse(id, name, invalid('', 'Too many requests at once.'));
    const parsed = shape.in.safeParse(body);
    if (!parsed.success) {
      const path = parsed.error.issues[0]?.path.join('.') ?? '';
      return refuse(id, name, invalid(path, `The request's field "${path}" is not valid. Nothing was done.`));
    }
    void answer(id, name, parsed.data as RequestIn<C, RequestName<C>>);
  }

  const listening = endpoint.listen((message) => {
    const envelope = exceedsLimits(message) ? null : parseEnvelope(message);
    if (envelope?.kind === 'request') return onRequest(envelope);
    if (envelope?.kind === 'cancel') return abortOne(running, envelope.id);
    refused += 1;
    onRefused('unknown');
  });

  return {
    emit: (name, payload) => post('event', '', name, payload),
    get refused() {
      return refused;
    },
    dispose() {
      disposed = true;
      listening.dispose();
      abortAll(running);
    },
  };
}

function invalid(path: string, message: string): Failure {
  return new Failure('VALIDATION_ERROR', message, { details: { path } });
}

function abortOne(running: Map<string, AbortController>, id: string): void {
  const abort = running.get(id);
  running.delete(id);
  abort?.abort(cancelled());
}

function abortAll(running: Map<string, AbortController>): void {
  for (const id of running.keys()) abortOne(running, id);
}

function cancelled(): Failure {
  return new Failure('CANCELLED', 'Cancelled.');
}

export interface ConnectedPage<C extends Contract> {
  /** Rejects with the host's `Failure`, or CANCELLED when `signal` aborts or the page is disposed. */
  request<N extends RequestName<C>>(name: N, input: RequestIn<C, N>, signal?: AbortSignal): Promise<RequestOut<C, N>>;
  on<N extends EventName<C>>(name: N, listener: (payload: EventPayload<C, N>) => void): { dispose(): void };
  dispose(): void;
}

interface Pending {
  resolve(body: unknown): void;
  reject(failure: Failure): void;
}

/**
 * The page's end. `page` names this load of the page, so that an answer to the load before it never settles a request
 * of this one.
 */
export function connect<C extends Contract>(endpoint: Endpoint, page: string): ConnectedPage<C> {
  const pending = new Map<string, Pending>();
  const listeners = new Map<string, Set<(payload: unknown) => void>>();
  let count = 0;
  let disposed = false;

  function onMessage(message: unknown): void {
    const envelope = parseEnvelope(message);
    if (envelope === null) return;
    if (envelope.kind === 'event') {
      for (const listener of listeners.get(envelope.name) ?? []) listener(envelope.body);
      return;
    }
    const request = pending.get(envelope.id);
    if (request === undefined) return;
    pending.delete(envelope.id);
    if (envelope.kind === 'response') request.resolve(envelope.body);
    else request.reject(failureFrom(envelope.body as FailureShape));
  }
  const listening = endpoint.listen(onMessage);

  return {
    request(name, input, signal) {
      if (disposed || signal?.aborted === true) return Promise.reject(cancelled());
      const id = `${page}.${(count += 1)}`;
      return new Promise((resolve, reject) => {
        const cancel = (): void => {
          if (!pending.delete(id)) return;
          endpoint.post({ cachify: PROTOCOL, id, kind: 'cancel', name } satisfies Envelope);
          reject(cancelled());
        };
        pending.set(id, {
          resolve: (body) => {
            signal?.removeEventListener('abort', cancel);
            resolve(body as RequestOut<C, typeof name>);
          },
          reject: (failure) => {
            signal?.removeEventListener('abort', cancel);
            reject(failure);
          },
        });
        signal?.addEventListener('abort', cancel, { once: true });
        endpoint.post({ cachify: PROTOCOL, id, kind: 'request', name, body: input } satisfies Envelope);
      });
    },
    on(name, listener) {
      const set = listeners.get(name) ?? new Set();
      listeners.set(name, set);
      const receive = listener as (payload: unknown) => void;
      set.add(receive);
      return { dispose: () => void set.delete(receive) };
    },
    dispose() {
      disposed = true;
      listening.dispose();
      listeners.clear();
      for (const request of pending.values()) request.reject(cancelled());
      pending.clear();
    },
  };
}
