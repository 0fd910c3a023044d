import type * as z from 'zod/mini';

/** One request that a page may make: `in` is parsed in the host before anything happens, `out` is only a type. */
export interface RequestShape<In = unknown, Out = unknown> {
  readonly in: z.ZodMiniType<In>;
  readonly out?: Out;
}

/** One thing that the host tells; `payload` is only a type. */
export interface EventShape<Payload = unknown> {
  readonly payload?: Payload;
}

/** Everything that a panel and its host say to each other, both directions. */
export interface Contract {
  /** What the page asks. */
  readonly requests: Readonly<Record<string, RequestShape>>;
  /** What the host tells. Each payload is a whole snapshot: a hidden page misses some and must not care. */
  readonly events: Readonly<Record<string, EventShape>>;
}

/** Declares a request: `request<Answer>()(schemaOfTheInput)`. */
export function request<Out>(): <In>(schema: z.ZodMiniType<In>) => RequestShape<In, Out> {
  return (schema) => ({ in: schema });
}

/** Declares an event with its payload: `event<Payload>()`. */
export function event<Payload>(): EventShape<Payload> {
  return {};
}

export type RequestName<C extends Contract> = keyof C['requests'] & string;
export type EventName<C extends Contract> = keyof C['events'] & string;
export type RequestIn<C extends Contract, N extends RequestName<C>> = C['requests'][N] extends {
  readonly in: z.ZodMiniType<infer In>;
}
  ? In
  : never;
export type RequestOut<C extends Contract, N extends RequestName<C>> = C['requests'][N] extends {
  readonly out?: infer Out;
}
  ? Out
  : never;
export type EventPayload<C extends Contract, N extends EventName<C>> = C['events'][N] extends {
  readonly payload?: infer Payload;
}
  ? Payload
  : never;

/** One function per request; forgetting one, or a wrong type, does not compile. */
export type Handlers<C extends Contract> = {
  readonly [N in RequestName<C>]: (
    input: RequestIn<C, N>,
    signal: AbortSignal,
  ) => RequestOut<C, N> | Promise<RequestOut<C, N>>;
};
