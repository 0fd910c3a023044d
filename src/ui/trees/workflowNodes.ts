import type { WorkflowTemplate } from '../../domain/workflows/builtIns.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';

/** The elements of the Workflows view. Instances of classes, so that a command tells them from plain arguments. */
export type WorkflowNode = GroupNode | RunNode | TemplateNode | WorkflowNoteNode;

export class GroupNode {
  readonly group: 'runs' | 'templates';
  readonly count: number;

  constructor(group: GroupNode['group'], count: number) {
    this.group = group;
    this.count = count;
  }
}

export class RunNode {
  readonly run: WorkflowRun;

  constructor(run: WorkflowRun) {
    this.run = run;
  }
}

export class TemplateNode {
  readonly template: WorkflowTemplate;

  constructor(template: WorkflowTemplate) {
    this.template = template;
  }
}

/** Why a group is empty, and what to do. */
export class WorkflowNoteNode {
  readonly text: string;
  readonly command: { readonly id: string; readonly title: string } | undefined;

  constructor(text: string, command?: { readonly id: string; readonly title: string }) {
    this.text = text;
    this.command = command;
  }
}
