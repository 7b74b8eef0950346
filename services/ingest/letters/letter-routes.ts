import type { FastifyInstance } from 'fastify';
import { TaktError } from '../../shared/core/errors.ts';
import { FILTER_NAMES, readLetterFilter } from '../../shared/core/letters/letter-filter.ts';
import { type LetterAction, readLetterOrder } from '../../shared/core/letters/letter-order.ts';
import type { Letters } from '../../shared/core/letters/letters.ts';
import { parseBody } from '../batch.ts';
import type { IngestContext } from '../context.ts';
import { LETTER_LIMITS } from './letter-limits.ts';

const ACTIONS: readonly LetterAction[] = ['redrive', 'release', 'reject'];
const LISTED_DEFAULT = 20;

/** Registers GET /v1/dead-letters and POST /v1/dead-letters/(redrive|release|reject); docs/http-api.md describes them. */
export function registerLetters(scope: FastifyInstance, { bounds, gate }: IngestContext, desk: Letters): void {
  scope.get('/v1/dead-letters', (request) =>
    gate.hold(request, async () => {
      const { last, ...filter } = request.query as Readonly<Record<string, unknown>>;
      for (const name of Object.keys(filter))
        if (!(FILTER_NAMES as readonly string[]).includes(name))
          throw parameter(`there is no parameter ${JSON.stringify(name)}; known: ${FILTER_NAMES.join(', ')}, last.`);
      return desk.list(readLetterFilter(filter), countOf(last));
    }),
  );
  for (const action of ACTIONS) {
    scope.post(`/v1/dead-letters/${action}`, { bodyLimit: bounds.bodyBytesMax }, (request) =>
      gate.hold(request, async () => {
        const { value } = parseBody(request.body, bounds);
        return desk.act(readLetterOrder(action, value));
      }),
    );
  }
}

function countOf(last: unknown): number {
  if (last === undefined) return LISTED_DEFAULT;
  const count = typeof last === 'string' && /^\d{1,6}$/.test(last) ? Number(last) : NaN;
  if (count <= LETTER_LIMITS.listedMax) return count;
  throw parameter(`last must be a whole number from 0 to ${LETTER_LIMITS.listedMax}.`);
}

function parameter(message: string): TaktError {
  return new TaktError('PARAMETER_INVALID', message);
}
