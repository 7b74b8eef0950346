import { listed } from '../shared/core/catalogue/catalogue-problem.ts';
import { TaktError } from '../shared/core/errors.ts';

/** WORKFLOW_UNKNOWN for a workflow that the catalogue, with these workflows, does not have. */
export function workflowUnknown(workflow: string, workflows: Iterable<string>): TaktError {
  return new TaktError(
    'WORKFLOW_UNKNOWN',
    `the catalogue has no workflow ${JSON.stringify(workflow)}; it has ${listed([...workflows])}.\nAdd it to the catalogue and start takt again, or change the mapping.`,
  );
}
