// The sentences that break the rule of plain words: subject first, active verb, the field's term.
import { type Passage, passagesOfMarkdown, passagesOfTypeScript } from './passages.ts'

export interface Breach {
  line: number
  sentence: string
}

/** A sentence that begins so puts a clause where its subject belongs; a question may begin so. */
const beginning = /^["'“(]*(What|Whose|Who|So many|So much)\b(?!.*\?["'”)]*$)/

/** Words that have no reading in the project that plainer words do not express. */
const phrase =
  /\b(is|are|was|were) told\b|\b(has|have|had|having) it [a-z]+ed\b|\b(whoever|whatever|whomever)\b|\bas a rule\b/i

/** The sentences of a `.ts` or `.md` file that break the rule, in the order of their lines. */
export function breaches(path: string, source: string): Breach[] {
  const passages = path.endsWith('.md') ? passagesOfMarkdown(source) : passagesOfTypeScript(source)
  return passages
    .flatMap(sentences)
    .filter(({ sentence }) => beginning.test(sentence) || phrase.test(sentence))
    .sort((one, other) => one.line - other.line)
}

/** Code between backticks is left out: it may be called as it likes. */
function sentences({ lines }: Passage): Breach[] {
  const starts: { offset: number; line: number }[] = []
  let text = ''
  for (const { line, text: part } of lines) {
    starts.push({ offset: text.length, line })
    text += `${part} `
  }
  const lineAt = (offset: number) => starts.findLast((start) => start.offset <= offset)?.line ?? 0
  const masked = text.replace(/`[^`]*`/g, (code) => '`'.repeat(code.length))
  return [...masked.matchAll(/\S.*?(?:[.!?]["'”)]*(?=\s)|$)/g)].map((match) => ({
    line: lineAt(match.index),
    sentence: text.slice(match.index, match.index + match[0].length).trim(),
  }))
}
