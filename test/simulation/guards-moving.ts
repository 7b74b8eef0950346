import { LevelCursor } from '../../services/processor/roll/level-cursor.ts';
import { Series } from '../../services/processor/roll/series.ts';
import { SeriesTable } from '../../services/processor/roll/series-table.ts';
import { WatermarkSteps } from '../../services/processor/roll/watermark-steps.ts';
import { type Guard, guard } from './take-away.ts';

/** Guards of what moves with time although no event arrives: ARCHITECTURE.md. */
export const movingGuards: readonly Guard[] = [
  guard(
    'moving',
    'what goes on is loaded although nothing of it changes',
    SeriesTable,
    'goingOn',
    () => async () => [],
  ),
  guard('moving', 'what comes late changes what was summed up', LevelCursor, 'replace', () => () => {}),
];

/** Guards of it between owners of unlike batches, which test/unit/roll-moving-owners.test.ts misses. */
export const ownerGuards: readonly Guard[] = [
  guard('moving', 'windows get rows at the watermarks of the log, not of a batch', WatermarkSteps, 'note', () => {
    return function (workflow, watermarkMs) {
      if (watermarkMs !== null) this.steps.set(workflow, [watermarkMs]);
    };
  }),
  guard('moving', 'rows that only others may have had are withdrawn', Series, 'isUnsure', () => () => false),
];
