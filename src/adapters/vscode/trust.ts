import { workspace } from 'vscode';
import type { Trust } from '../../app/ports/environment.ts';

export const vscodeTrust: Trust = {
  isTrusted: () => workspace.isTrusted,
  onDidGrant: (listener) => workspace.onDidGrantWorkspaceTrust(listener),
};
