import type { Memento } from 'vscode';
import type { Memory } from '../../app/ports/environment.ts';

/** Small state on this machine; nothing of it is synchronised to others. */
export function vscodeMemory(memento: Memento): Memory {
  return {
    get: (name) => memento.get<unknown>(name),
    set: async (name, value) => memento.update(name, value),
  };
}
