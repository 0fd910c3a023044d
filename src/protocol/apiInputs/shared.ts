import * as z from 'zod';
import { fromBase64, type Bytes } from '../../domain/bytes.ts';

/** What one method of the API takes, parameter by parameter. */
export type MethodInputs = Readonly<Record<string, readonly z.ZodType[]>>;

const base64Bytes = z.strictObject({ base64: z.string() }).transform((part, context): Bytes => {
  const bytes = fromBase64(part.base64);
  if (bytes !== null) return bytes;
  context.addIssue({ code: 'custom', message: 'is not base64' });
  return z.NEVER;
});

const bytes = z.custom<Bytes>((value) => value instanceof Uint8Array, 'is neither text nor bytes');

export const key = z.union([z.string(), bytes, base64Bytes], 'is neither text, nor bytes, nor { base64 }');

export const signal = z.custom<AbortSignal>(
  (value) => typeof value === 'object' && value !== null && 'aborted' in value,
  'is not an AbortSignal',
);

export const connectionId = z.string().min(1);

export const limit = z.number().int().min(1).max(10_000);

export const confirm = z.string();

/** Of this machine; a drive letter or a network share on Windows. */
export const absolutePath = z.string().regex(/^(\/|[A-Za-z]:[\\/]|\\\\)/, 'is not an absolute path');

export const instant = z.iso.datetime({ offset: false, message: 'is not a UTC time such as 2026-11-22T10:00:00.000Z' });

export const windowAndScope = {
  from: instant,
  to: instant,
  connectionIds: z.array(connectionId).optional(),
  environments: z.array(z.enum(['dev', 'staging', 'prod', 'unknown'])).optional(),
};

export const endAfterStart = (window: { from: string; to: string }): boolean =>
  Date.parse(window.to) > Date.parse(window.from);

export const endRule = { path: ['to'], message: 'must be later than `from`' };
