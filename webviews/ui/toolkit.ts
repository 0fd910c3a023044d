// The only importer of the toolkit. It must run in the page's first script: its theme listener waits for `load`.
import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeProgressRing,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { h, type ComponentChildren, type VNode } from 'preact';

provideVSCodeDesignSystem().register(
  vsCodeButton(),
  vsCodeCheckbox(),
  vsCodeDropdown(),
  vsCodeOption(),
  vsCodeProgressRing(),
  vsCodeTextField(),
);

export type ToolkitElement =
  | 'vscode-button'
  | 'vscode-checkbox'
  | 'vscode-dropdown'
  | 'vscode-option'
  | 'vscode-progress-ring'
  | 'vscode-text-field';

/** A custom element of the toolkit as a Preact node; attributes and properties as its documentation names them. */
export function toolkit(
  name: ToolkitElement,
  properties: Record<string, unknown>,
  ...children: ComponentChildren[]
): VNode {
  return h(name, properties, ...children);
}
