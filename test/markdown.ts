// The fenced blocks of README and docs.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

export interface Block {
  /** The path of the document and the first line of the text, e.g. `README.md: npm ci && npm start`. */
  name: string
  /** Empty where the fence names none. */
  language: string
  text: string
}

/** The documents with blocks that somebody may copy, from the root of the project. */
export const documents: readonly string[] = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md'))
    .map((path) => `docs/${path.replaceAll('\\', '/')}`)
    .sort(),
  ...readdirSync('.')
    .map((folder) => `${folder}/README.md`)
    .filter((path) => !path.startsWith('node_modules/') && existsSync(path)),
]

/** All blocks of a document, in its order. */
export function blocksOf(document: string): Block[] {
  const fences = readFileSync(document, 'utf8').matchAll(/^ *```(\S*)[^\n]*\n(.*?)^ *```$/gms)
  return [...fences].map(([, language = '', text = '']) => ({
    name: `${document}: ${text.trim().split('\n')[0]}`,
    language,
    text,
  }))
}
