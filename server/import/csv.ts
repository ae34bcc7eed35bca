// Reads a CSV file as records of text, also when some of its text is UTF-8 and some is Latin-1.
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { type CsvError, type Info, parse } from 'csv-parse'
import { type FileText, textOf, UnreadableFile } from './file-text.ts'

export interface CsvRecord {
  /** Where it begins in the file, as an editor counts: 1 for the first line. */
  line: number
  fields: string[] | typeof BROKEN_OFF
}

/** Stands for the fields of a last record that breaks off inside quotes. */
export const BROKEN_OFF = 'broken-off'

export interface Csv {
  /** The header and the rows in file order. Empty lines are left out. Records may have fewer or more fields than the header. */
  records: AsyncIterable<CsvRecord>
  /** The character between the fields. */
  separator: Separator
  /** The first line, as far as it is not empty. */
  firstLine: string
}

/** The usual one first. */
export const SEPARATORS = [',', ';', '\t'] as const
export type Separator = (typeof SEPARATORS)[number]

/** A quote that is opened and not closed would swallow the rest of the file; beyond this the file is given up. */
const MAX_RECORD_BYTES = 16 * 1024

const utf8 = new TextDecoder('utf-8', { fatal: true })
// The web's Latin-1: the same letters, and printable characters where ISO 8859-1 has only control codes.
const latin1 = new TextDecoder('windows-1252')

/**
 * Opens a CSV file (RFC 4180, any line ends), to be read as a stream: UTF-8, Latin-1 in places, or UTF-16.
 * @param separatorOf the separator, by the first line
 * @throws UnreadableFile, as reading the records does
 */
export async function openCsv(path: string, separatorOf: (firstLine: string) => Separator): Promise<Csv> {
  const text = await textOf(path).catch((error: unknown) => {
    throw error instanceof UnreadableFile ? error : unreadable(path, error as NodeJS.ErrnoException)
  })
  const separator = separatorOf(text.firstLine)
  return { records: records(path, separator, text.bytes), separator, firstLine: text.firstLine }
}

async function* records(path: string, separator: Separator, bytes: FileText['bytes']): AsyncGenerator<CsvRecord> {
  const lineOf = lineNumbers()
  let brokenOff: CsvError | undefined
  const parser = parse({
    // One character for each byte: every byte survives, and each field is decoded on its own afterwards.
    encoding: 'latin1',
    delimiter: separator,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    max_record_size: MAX_RECORD_BYTES,
    info: true,
    // An error at the end of the stream would drop records that are still buffered; a skipped record does not.
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error?.code !== 'CSV_QUOTE_NOT_CLOSED') throw error
      brokenOff = error
      return undefined
    },
  })
  // Errors of every part come out of the loop below; the callback is only there because `pipeline` wants one.
  pipeline(createReadStream(path), bytes, parser, () => {})
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      yield { line: lineOf(record, info.empty_lines), fields: record.map(decoded) }
    }
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException | CsvError)
  }
  if (brokenOff) yield { line: lineOf([], Number(brokenOff.empty_lines)), fields: BROKEN_OFF }
}

/**
 * Finds the line in which each record begins, from its fields and the number of empty lines so far. The parser's own count
 * (csv-parse 7.0.3) is of no use: it takes CRLF within quotes for two line ends.
 */
function lineNumbers(): (fields: readonly string[], emptyLines: number) => number {
  let next = 1
  let emptyBefore = 0
  return (fields, emptyLines) => {
    const line = next + emptyLines - emptyBefore
    emptyBefore = emptyLines
    next = line + 1
    for (const field of fields) if (/[\r\n]/.test(field)) next += field.split(/\r\n|\n|\r/).length - 1
    return line
  }
}

/** A field whose characters stand for bytes, as text: UTF-8 where the bytes are valid UTF-8, otherwise Latin-1. */
function decoded(field: string): string {
  if (!/[\x80-\xff]/.test(field)) return field
  const bytes = Buffer.from(field, 'latin1')
  try {
    return utf8.decode(bytes)
  } catch {
    return latin1.decode(bytes)
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException | CsvError): Error {
  switch (error.code) {
    case 'ENOENT':
      return new UnreadableFile(`There is no file ${path}.`)
    case 'EISDIR':
      return new UnreadableFile(`${path} is a directory. Give the name of a CSV file.`)
    case 'EACCES':
    case 'EPERM':
      return new UnreadableFile(`This user may not read ${path}.`)
    case 'CSV_MAX_RECORD_SIZE':
      return new UnreadableFile(
        `${path} cannot be read as CSV: around line ${(error as CsvError).lines} a row is longer than ${MAX_RECORD_BYTES} bytes; a quote may be open.`,
      )
    default:
      return error
  }
}
