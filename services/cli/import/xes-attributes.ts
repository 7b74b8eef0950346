import type { XmlElement } from './xml-stream.ts';

/** Longest name of an attribute, with those that it is nested in. */
export const NAME_CHARS_MAX = 1024;

/** Types that hold other attributes and no value of their own. */
const HOLDERS: ReadonlySet<string> = new Set(['list', 'container']);

/**
 * The attributes of a trace, an event or a global, under flat names: a nested one is `parent/child`, the second of two
 * equal names is `name#2`, as with the columns of a CSV file. Values are texts, whatever their type is called.
 */
export class XesAttributes {
  readonly values = new Map<string, string>();
  /** What is wrong with the first attribute that is; null when none is. */
  problem: string | null = null;
  private readonly prefix: string;
  private readonly keeps: (type: string, key: string) => boolean;
  /** Names of the attributes that are open, the innermost last. */
  private readonly parents: string[] = [];
  private readonly counts = new Map<string, number>();

  /** `prefix` stands before the names; `keeps` says which attributes are kept, otherwise all are. */
  constructor(prefix: string, keeps: (type: string, key: string) => boolean = () => true) {
    this.prefix = prefix;
    this.keeps = keeps;
  }

  /** An attribute begins, inside the one that is open. Once one is wrong, nothing more is gathered. */
  open({ name: type, attributes, line }: XmlElement): void {
    const parent = this.parents.at(-1);
    if (this.problem !== null) {
      this.parents.push('');
      return;
    }
    // Between a list and what is in it.
    if (type === 'values' && parent !== undefined) {
      this.parents.push(parent);
      return;
    }
    const key = attributes['key'];
    const name = this.unique(parent === undefined ? this.prefix + (key ?? '') : `${parent}/${key ?? ''}`);
    this.parents.push(name);
    if (key === undefined) this.wrong(`<${type}> in line ${line} has no key; allowed: an attribute with key and value`);
    if (name.length > NAME_CHARS_MAX) {
      this.wrong(`the name of the attribute in line ${line} is longer than ${NAME_CHARS_MAX} characters`);
    }
    if (HOLDERS.has(type)) return;
    const value = attributes['value'];
    if (value === undefined) this.wrong(`'${name}' in line ${line} has no value`);
    else if (this.keeps(type, key ?? '')) this.values.set(name, value);
  }

  /** The innermost attribute ends. */
  close(): void {
    this.parents.pop();
  }

  private wrong(problem: string): void {
    this.problem ??= problem;
  }

  private unique(name: string): string {
    let unique = name;
    while (this.counts.has(unique)) {
      const count = this.counts.get(name)! + 1;
      this.counts.set(name, count);
      unique = `${name}#${count}`;
    }
    this.counts.set(unique, 1);
    return unique;
  }
}
