import type { Encoding } from '../../shared/core/ingest/mapping.ts';

/** What Windows-1252 puts at 0x80 to 0x9f, where ISO 8859-1 has control characters; the gaps stay as they are. */
const WINDOWS = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ';

/** Text of Windows-1252 bytes; written out, because runtimes disagree on what the name latin1 means. */
export function decodeLatin1(bytes: Buffer): string {
  return bytes.toString('latin1').replace(/[\u0080-\u009f]/g, (char) => WINDOWS[char.charCodeAt(0) - 0x80]!);
}

/** The bytes that a text was read from. */
export function encodeText(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf-8') return Buffer.from(text, 'utf8');
  if (encoding === 'utf16le') return Buffer.from(text, 'utf16le');
  const plain = Array.from(text, (char) => {
    const at = char < '\u0100' ? -1 : WINDOWS.indexOf(char);
    return at === -1 ? char : String.fromCharCode(0x80 + at);
  });
  return Buffer.from(plain.join(''), 'latin1');
}

/** Bytes at the end of `bytes` that begin a UTF-8 character which is not complete yet. */
export function incompleteTail(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0;
  }
  return 0;
}

/** Index of the first byte that is not UTF-8; the length when all are. */
export function firstInvalidUtf8(bytes: Buffer): number {
  let at = 0;
  for (const char of bytes.toString('utf8')) {
    const genuine = bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
    if (char === '\ufffd' && !genuine) return at;
    at += Buffer.byteLength(char, 'utf8');
  }
  return at;
}
