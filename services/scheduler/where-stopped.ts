/** How far one task of the folds is. */
interface TaskProgress {
  readonly stage: string;
  readonly topic: string;
  readonly partition: number;
  readonly nextOffset: number;
  readonly endOffset: number;
}

interface FailingStep {
  readonly stage: string;
  readonly step: string;
  readonly reason: string;
}

/** In which order events pass the stages. */
const STAGES = ['aggregate', 'roll', 'alert'];

/** Where the line stands, in a few words: what ended it, what fails, else the first stage that has records to read. */
export function whereStopped(
  tasks: readonly TaskProgress[],
  failing: readonly FailingStep[],
  halted: Error | null,
): string {
  if (halted !== null) return `the folds have halted: ${halted.message}`;
  const [longest] = failing;
  if (longest !== undefined) return `${longest.stage} cannot ${longest.step}: ${longest.reason}`;
  for (const stage of STAGES) {
    const behind = tasks.filter((task) => task.stage === stage && task.nextOffset < task.endOffset);
    const [first] = behind;
    if (first === undefined) continue;
    const records = behind.reduce((sum, { nextOffset, endOffset }) => sum + endOffset - nextOffset, 0);
    return `${stage} has not read ${records} records, the first of ${first.topic}/${first.partition}`;
  }
  return 'every stage has read what it was given';
}
