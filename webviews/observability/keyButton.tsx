import type { VNode } from 'preact';
import type { HistoryEvent } from '../../src/domain/timeline/event.ts';
import { Button } from '../ui/controls.tsx';
import { act } from './model.ts';

/** Opens the key that an event is about; nothing when it is not about one key. */
export function KeyButton({ event }: { readonly event: HistoryEvent }): VNode | null {
  if (!isOfOneKey(event)) return null;
  const { connectionId, keyOrPattern } = event;
  return <Button onClick={() => act({ act: 'openKey', connectionId, keyOrPattern })}>Open key</Button>;
}

/** Scans record a pattern; these acts record one key. */
function isOfOneKey({ action, keyOrPattern }: HistoryEvent): boolean {
  return keyOrPattern !== '' && /^keys\.(read|write|rename|setTtl|restore)$/.test(action);
}
