import { TaktError } from '../../shared/core/errors.ts';
import type { Encoding } from '../../shared/core/ingest/mapping.ts';
import { readText, type InputFile } from './text-stream.ts';

/** Formats of a file that `takt import` reads. */
export type FileFormat = 'csv' | 'xes';

const XES_NAME = /\.xes(\.gz)?$/i;
const XML_HEAD = /^\s*<(\?xml\s|!DOCTYPE\s|!--|([\w.-]+:)?log[\s>])/;
const DECLARED = /^\s*<\?xml\s[^>]*\bencoding\s*=\s*["']([^"'>]*)["']/;
const HEAD_CHARS = 1024;
/** Names of XML declarations, as far as takt reads them. */
const ENCODING_OF: Readonly<Record<string, Encoding>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'us-ascii': 'utf-8',
  ascii: 'utf-8',
  'iso-8859-1': 'latin1',
  latin1: 'latin1',
  'windows-1252': 'latin1',
  cp1252: 'latin1',
};

/** XES by its name or its content, otherwise CSV. Throws FILE_UNREADABLE when it cannot be read or unpacked. */
export async function formatOf(file: InputFile): Promise<FileFormat> {
  if (XES_NAME.test(file.path)) return 'xes';
  const head = await headOf(file);
  return XML_HEAD.test(head.replaceAll('\0', '').replace(/^(ï»¿|ÿþ|þÿ)/, '')) ? 'xes' : 'csv';
}

/** The encoding that an XML file states: by its byte order mark, else its declaration, else UTF-8. Throws FILE_ENCODING. */
export async function xmlEncodingOf(file: InputFile): Promise<Encoding> {
  const head = await headOf(file);
  if (head.startsWith('ÿþ') || head.startsWith('<\0')) return 'utf16le';
  if (head.startsWith('þÿ') || head.startsWith('\0<')) throw unknown(file, 'UTF-16BE');
  // Behind the byte order mark of UTF-8 no declaration is looked for.
  const declared = DECLARED.exec(head)?.[1];
  if (declared === undefined) return 'utf-8';
  return ENCODING_OF[declared.toLowerCase()] ?? unknown(file, declared);
}

function unknown(file: InputFile, encoding: string): never {
  const what = `${file.path} is encoded as ${JSON.stringify(encoding)}; allowed: UTF-8, ISO-8859-1, Windows-1252, UTF-16LE`;
  throw new TaktError('FILE_ENCODING', `${what}. Save it as UTF-8, or give --encoding if it only says so.`);
}

/** The beginning of a file, unpacked, each byte as a character. */
async function headOf(file: InputFile): Promise<string> {
  for await (const text of readText(file, 'latin1')) return text.slice(0, HEAD_CHARS);
  return '';
}
