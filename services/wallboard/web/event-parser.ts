import type { BeatMessage, SnapshotMessage, TilesMessage } from '../../shared/core/screen/wall-message.ts';

/** What a stream tells. */
export type StreamMessage =
  | { readonly event: 'snapshot'; readonly data: SnapshotMessage }
  | { readonly event: 'tiles'; readonly data: TilesMessage }
  | { readonly event: 'beat'; readonly data: BeatMessage };

/** Takes server-sent events apart, as far as this server sends them: a name and one line of data. */
export class EventParser {
  private rest = '';
  private readonly onEvent: (name: string, data: string) => void;

  constructor(onEvent: (name: string, data: string) => void) {
    this.onEvent = onEvent;
  }

  /** Takes the next piece of text; it may end anywhere. */
  push(text: string): void {
    const blocks = (this.rest + text).split('\n\n');
    this.rest = blocks.pop()!;
    for (const block of blocks) {
      const field = (name: string): string => {
        const line = block.split('\n').find((each) => each.startsWith(`${name}: `));
        return line === undefined ? '' : line.slice(name.length + 2);
      };
      if (field('data') !== '') this.onEvent(field('event'), field('data'));
    }
  }
}
