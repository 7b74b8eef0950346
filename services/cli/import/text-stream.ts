import { isUtf8 } from 'node:buffer';
import { open, type FileHandle } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { TaktError } from '../../shared/core/errors.ts';
import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import { decodeLatin1, firstInvalidUtf8, incompleteTail } from './encoding.ts';

/** Bytes that are read, unpacked and decoded at a time. */
export const CHUNK_BYTES = 256 * 1024;
const BOM = '\ufeff';

/** A file before it is read. */
export interface InputFile {
  readonly path: string;
  readonly bytesTotal: number;
  readonly gzipped: boolean;
}

/** Looks at a file. Throws FILE_UNREADABLE when it is missing, no file, or empty. */
export async function inspectFile(path: string): Promise<InputFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const info = await handle.stat();
    if (!info.isFile())
      throw new TaktError('FILE_UNREADABLE', `${path} is not a file. Give the path of a CSV or XES file.`);
    if (info.size === 0) throw new TaktError('FILE_UNREADABLE', `${path} is empty: it has no rows.`);
    const { buffer: head } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return { path, bytesTotal: info.size, gzipped: head[0] === 0x1f && head[1] === 0x8b };
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

/**
 * The text of a file, unpacked, without its byte order mark, in pieces. `onBytes` gets the bytes read of the file so
 * far. Throws FILE_ENCODING at the first byte that does not fit the encoding, FILE_UNREADABLE when reading fails.
 */
export async function* readText(
  file: InputFile,
  encoding: Encoding,
  onBytes?: (bytesRead: number) => void,
): AsyncGenerator<string> {
  const decoder = new Decoder(file.path, encoding);
  const source = createReadStream(file.path, { highWaterMark: CHUNK_BYTES });
  const gunzip = file.gzipped ? createGunzip({ chunkSize: CHUNK_BYTES }) : null;
  // Errors of either stream reach the reader through the last one.
  const piped = gunzip === null ? null : pipeline(source, gunzip).catch(() => undefined);
  try {
    for await (const bytes of gunzip ?? source) {
      const text = decoder.write(bytes as Buffer);
      onBytes?.(source.bytesRead);
      if (text !== '') yield text;
    }
    const rest = decoder.end();
    if (rest !== '') yield rest;
  } catch (error) {
    throw unreadable(file.path, error);
  } finally {
    source.destroy();
    gunzip?.destroy();
    await piped;
  }
}

function unreadable(path: string, error: unknown): TaktError {
  if (error instanceof TaktError) return error;
  const code = (error as { readonly code?: unknown }).code;
  const why = error instanceof Error ? error.message : String(error);
  const zipped = typeof code === 'string' && code.startsWith('Z_');
  const what = zipped
    ? `${path} is a damaged gzip file: ${why}. Pack it again.`
    : `${path} cannot be read: ${why}. Check the path.`;
  return new TaktError('FILE_UNREADABLE', what, { cause: error });
}

class Decoder {
  private readonly path: string;
  private readonly encoding: Encoding;
  private readonly utf16 = new TextDecoder('utf-16le', { fatal: true, ignoreBOM: true });
  /** The begin of a character whose other bytes are still to come. */
  private carry: Buffer = Buffer.alloc(0);
  private bytesBefore = 0;
  private linesBefore = 0;
  private started = false;

  constructor(path: string, encoding: Encoding) {
    this.path = path;
    this.encoding = encoding;
  }

  write(chunk: Buffer): string {
    const bytes = this.carry.length === 0 ? chunk : Buffer.concat([this.carry, chunk]);
    const tail = this.encoding === 'utf-8' ? incompleteTail(bytes) : 0;
    this.carry = Buffer.from(bytes.subarray(bytes.length - tail));
    return this.decode(bytes.subarray(0, bytes.length - tail), false);
  }

  end(): string {
    return this.decode(this.carry, true);
  }

  private decode(bytes: Buffer, last: boolean): string {
    let text = this.textOf(bytes, last);
    this.bytesBefore += bytes.length;
    this.linesBefore += lineFeeds(text);
    if (!this.started && text !== '') {
      this.started = true;
      if (text.startsWith(BOM)) text = text.slice(1);
    }
    return text;
  }

  private textOf(bytes: Buffer, last: boolean): string {
    if (this.encoding === 'latin1') return decodeLatin1(bytes);
    if (this.encoding === 'utf-8') {
      if (!isUtf8(bytes)) throw this.wrong(bytes, firstInvalidUtf8(bytes));
      return bytes.toString('utf8');
    }
    try {
      return this.utf16.decode(bytes, { stream: !last });
    } catch (error) {
      throw this.wrong(bytes, 0, error);
    }
  }

  private wrong(bytes: Buffer, at: number, cause?: unknown): TaktError {
    const start = this.bytesBefore === 0 ? bytes.subarray(0, 2).toString('latin1') : '';
    const byte = bytes[at];
    const hex = byte === undefined ? '' : ` (0x${byte.toString(16).padStart(2, '0')})`;
    const line = this.linesBefore + lineFeeds(bytes.subarray(0, at).toString('latin1')) + 1;
    const advice =
      this.encoding === 'utf16le'
        ? 'Give the encoding it has: --encoding utf-8 or latin1'
        : start === 'ÿþ'
          ? 'It begins like UTF-16: give --encoding utf16le'
          : 'Save it as UTF-8, or give --encoding latin1 (Windows-1252) or utf16le';
    const name = this.encoding === 'utf-8' ? 'UTF-8' : 'UTF-16';
    const place = `byte ${this.bytesBefore + at}${hex}, line ${line}`;
    return new TaktError('FILE_ENCODING', `${this.path} is not ${name}: ${place}. ${advice}.`, { cause });
  }
}

function lineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
