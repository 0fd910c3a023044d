import { window } from 'vscode';
import type { SecretPrompt } from '../../app/ports/environment.ts';
import type { Secret } from '../../domain/connections/definition.ts';

const words: Readonly<Record<keyof Secret, string>> = {
  password: 'Password',
  sentinelPassword: 'Password of the Sentinels',
  keyPassphrase: 'Passphrase of the key file',
};

/** Stays open when focus leaves: the password is often in another window. */
export const vscodeSecretPrompt: SecretPrompt = {
  async ask(connectionName, what, why) {
    return window.showInputBox({
      title: `${connectionName}: ${words[what]}`,
      prompt: why,
      password: true,
      ignoreFocusOut: true,
    });
  },
};
