import type { WorkflowTemplate } from '../../domain/workflows/builtIns.ts';
import type { WorkflowRun } from '../../domain/workflows/views.ts';
import type { NoteLine } from './noteLine.ts';

/** The elements of the Workflows view. Instances of classes, so that a command tells them from plain arguments. */
export type WorkflowNode = GroupNode | RunNode | TemplateNode | NoteLine;

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
