import { ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import { displayShort } from '../../domain/display.ts';
import { withoutIcons } from '../connections/labels.ts';

/** A line of a view that is none of its things: why a place is empty, and what to do. */
export class NoteLine {
  readonly text: string;
  readonly command: { readonly id: string; readonly title: string } | undefined;

  constructor(text: string, command?: NoteLine['command']) {
    this.text = text;
    this.command = command;
  }
}

export function noteLineItem({ text, command }: NoteLine): TreeItem {
  const item = new TreeItem(withoutIcons(displayShort(text, 400)), TreeItemCollapsibleState.None);
  item.iconPath = new ThemeIcon('info');
  item.tooltip = text;
  if (command !== undefined) item.command = { command: command.id, title: command.title };
  return item;
}
