/** An attribute of XES; its children are nested. */
export interface XesAttribute {
  readonly type: string;
  readonly key: string;
  readonly value: string | null;
  readonly children: readonly XesAttribute[];
}

/** A text inside quotes of XML. */
export function escaped(text: string): string {
  return text.replace(/[&<>"'\t\r\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** An attribute of type string. */
export function string(key: string, value: string, ...children: readonly XesAttribute[]): XesAttribute {
  return { type: 'string', key, value, children };
}

/** An attribute as XES; `prefix` is that of the namespace, with its colon. */
export function attributeText({ type, key, value, children }: XesAttribute, prefix = ''): string {
  const name = prefix + type;
  const valued = value === null ? '' : ` value="${escaped(value)}"`;
  const inner = children.map((child) => attributeText(child, prefix)).join('\n');
  return `<${name} key="${escaped(key)}"${valued}${inner === '' ? '/>' : `>${inner}</${name}>`}`;
}

/** An event as XES. */
export function eventText(attributes: readonly XesAttribute[], prefix = ''): string {
  return `<${prefix}event>${attributes.map((each) => attributeText(each, prefix)).join('\n')}</${prefix}event>`;
}
