import type { Masks } from './masks.ts';
import { parseWorkflowCommand, type WorkflowCommand } from './workflow-commands.ts';

export type Annotation = {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: string;
};

/** What a person sees of a step, made from its output line by line as the runner makes it. */
export type StepLog = {
  readonly line: (line: string) => void;
  /** An annotation of the runner itself. */
  readonly annotate: (level: Annotation['level'], message: string) => void;
  readonly text: () => string;
  readonly annotations: () => readonly Annotation[];
  /** Every command that was carried out, in order; the data unmasked. */
  readonly commands: () => readonly WorkflowCommand[];
  /** What the deprecated commands `set-output` and `save-state` still set. */
  readonly set: { readonly outputs: ReadonlyMap<string, string>; readonly state: ReadonlyMap<string, string> };
  /** A command was refused, which fails the step. */
  readonly failed: () => boolean;
};

const ANNOTATIONS_PER_LEVEL = 10;
const ANNOTATION_LENGTH = 4096;

export function createStepLog(masks: Masks): StepLog {
  const shown: string[] = [];
  const annotations: Annotation[] = [];
  const commands: WorkflowCommand[] = [];
  const outputs = new Map<string, string>();
  const state = new Map<string, string>();
  let stopToken: string | undefined;
  let failed = false;

  const show = (text: string): void => {
    shown.push(masks.apply(text));
  };
  const annotate = (level: Annotation['level'], message: string, command?: WorkflowCommand): void => {
    show(`##[${level}]${message}`);
    if (annotations.filter((annotation) => annotation.level === level).length >= ANNOTATIONS_PER_LEVEL) return;
    const { title, file, line } = command?.properties ?? {};
    annotations.push({
      level,
      message: masks.apply(message).slice(0, ANNOTATION_LENGTH),
      ...(title === undefined ? {} : { title: masks.apply(title) }),
      ...(file === undefined ? {} : { file }),
      ...(line === undefined ? {} : { line }),
    });
  };

  const carryOut = (command: WorkflowCommand, line: string): void => {
    commands.push(command);
    switch (command.name) {
      case 'error':
      case 'warning':
      case 'notice':
        annotate(command.name, command.data, command);
        return;
      case 'add-mask':
        if (command.data.trim() === '')
          annotate('warning', "Can't add secret mask for empty string in ##[add-mask] command.");
        else masks.add(command.data);
        return;
      case 'stop-commands':
        stopToken = command.data;
        show(line);
        return;
      case 'group':
      case 'endgroup':
        show(`##[${command.name}]${command.data}`);
        return;
      case 'set-env':
      case 'add-path':
        failed = true;
        annotate('error', `The \`${command.name}\` command is disabled.`);
        return;
      case 'set-output':
      case 'save-state':
        (command.name === 'set-output' ? outputs : state).set(command.properties.name ?? '', command.data);
        annotate('warning', `The \`${command.name}\` command is deprecated and will be disabled soon.`);
        return;
      default:
        // debug, echo and the matchers show nothing.
        return;
    }
  };

  return {
    line: (line) => {
      const command = parseWorkflowCommand(line, stopToken === undefined ? [] : [stopToken]);
      if (stopToken !== undefined) {
        show(line);
        if (command?.name === stopToken.toLowerCase()) stopToken = undefined;
      } else if (command !== undefined) {
        carryOut(command, line);
      } else {
        show(line);
      }
    },
    annotate: (level, message) => annotate(level, message),
    text: () => shown.map((line) => `${line}\n`).join(''),
    commands: () => [...commands],
    set: { outputs, state },
    annotations: () => [...annotations],
    failed: () => failed,
  };
}
