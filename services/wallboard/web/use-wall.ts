import { useEffect, useState } from 'preact/hooks';
import { reloadForBuild } from './build.ts';
import { followStream } from './stream.ts';
import { stepWall, WALL_START, type WallInput, type WallState } from './wall-state.ts';

/** Ages are shown in seconds. */
const TICK_MS = 1_000;

/** Follows a stream for as long as the component is shown: what it knows, and the browser's monotonic clock. */
export function useWall(path: string): { readonly state: WallState; readonly monotonicMs: number } {
  const [state, setState] = useState(WALL_START);
  const [monotonicMs, setMonotonicMs] = useState(performance.now());
  useEffect(() => {
    const take = (input: WallInput): void => {
      if (input.event === 'snapshot' || input.event === 'beat') reloadForBuild(input.data.build);
      const nowMs = performance.now();
      setMonotonicMs(nowMs);
      setState((before) => stepWall(before, input, nowMs));
    };
    const end = followStream(path, {
      onMessage: take,
      onLost: () => take({ event: 'lost' }),
      onRefused: (status, message) => take({ event: 'refused', status, message }),
    });
    const timer = setInterval(() => setMonotonicMs(performance.now()), TICK_MS);
    return () => {
      end();
      clearInterval(timer);
    };
  }, [path]);
  return { state, monotonicMs };
}
