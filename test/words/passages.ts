// The passages of a file that are written in English: comments and test titles of TypeScript, paragraphs of Markdown.
import ts from 'typescript'

/** One comment, title, paragraph, heading, list item or table cell, without its markers. */
export interface Passage {
  lines: { line: number; text: string }[]
}

/** The comments and the titles of tests in the source of a TypeScript file. */
export function passagesOfTypeScript(source: string): Passage[] {
  const file = ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true)
  const lineAt = (offset: number) => file.getLineAndCharacterOfPosition(offset).line + 1
  const comments = new Map<number, ts.CommentRange>()
  const titles: Passage[] = []
  visit(file)
  return [...commentsInOrder(source, [...comments.values()], lineAt), ...titles]

  function visit(node: ts.Node): void {
    const leading = ts.getLeadingCommentRanges(source, node.pos) ?? []
    const trailing = ts.getTrailingCommentRanges(source, node.end) ?? []
    for (const range of [...leading, ...trailing]) comments.set(range.pos, range)
    const title = titleOf(node)
    if (title) titles.push({ lines: [{ line: lineAt(title.getStart(file)), text: textOf(title) }] })
    for (const child of node.getChildren(file)) visit(child)
  }
}

/** The headings, paragraphs, list items and table cells of a Markdown file. Code blocks are left out. */
export function passagesOfMarkdown(source: string): Passage[] {
  const passages: Passage[] = []
  let open: Passage | undefined
  let isCode = false
  for (const [index, text] of source.split('\n').entries()) {
    const line = index + 1
    if (/^\s*(```|~~~)/.test(text)) isCode = !isCode
    if (isCode || /^\s*(```|~~~|$)/.test(text)) {
      open = undefined
    } else if (/^\s*\|/.test(text)) {
      for (const cell of text.split('|')) passages.push({ lines: [{ line, text: cell.trim() }] })
      open = undefined
    } else if (/^#+ /.test(text)) {
      passages.push({ lines: [{ line, text: text.replace(/^#+ /, '') }] })
      open = undefined
    } else {
      const item = /^\s*(?:[-*>]|\d+\.) (.*)$/.exec(text)?.[1]
      if (item !== undefined || !open) {
        open = { lines: [] }
        passages.push(open)
      }
      open.lines.push({ line, text: (item ?? text).trim() })
    }
  }
  return passages
}

/** Consecutive `//` lines are one passage; a `@throws` or another tag of a docstring begins a new one. */
function commentsInOrder(source: string, ranges: ts.CommentRange[], lineAt: (offset: number) => number): Passage[] {
  const passages: Passage[] = []
  let open: Passage | undefined
  let after = -1
  for (const { pos, end, kind } of ranges.sort((one, other) => one.pos - other.pos)) {
    const isLine = kind === ts.SyntaxKind.SingleLineCommentTrivia
    const continues = isLine && after >= 0 && /^\n[ \t]*$/.test(source.slice(after, pos))
    if (!continues) open = undefined
    for (const [index, raw] of source.slice(pos, end).split('\n').entries()) {
      const text = raw
        .replace(/^\s*(\/\*+|\/\/|\*(?!\/))/, '')
        .replace(/\*\/$/, '')
        .trim()
      if (!open || /^(@|- )/.test(text)) {
        open = { lines: [] }
        passages.push(open)
      }
      open.lines.push({ line: lineAt(pos) + index, text: text.replace(/^(@\w+|-) /, '') })
    }
    after = isLine ? end : -1
  }
  return passages
}

/** The title, if the node is a call such as `test('…')`, `describe.each(…)('…')` or `test.skipIf(…)('…')`. */
function titleOf(node: ts.Node): ts.StringLiteralLike | ts.TemplateExpression | undefined {
  if (!ts.isCallExpression(node)) return undefined
  let callee: ts.Expression = node.expression
  while (ts.isCallExpression(callee) || ts.isPropertyAccessExpression(callee)) callee = callee.expression
  if (!ts.isIdentifier(callee) || !['describe', 'it', 'test'].includes(callee.text)) return undefined
  const [title] = node.arguments
  return title && (ts.isStringLiteralLike(title) || ts.isTemplateExpression(title)) ? title : undefined
}

function textOf(title: ts.StringLiteralLike | ts.TemplateExpression): string {
  if (ts.isStringLiteralLike(title)) return title.text
  return title.head.text + title.templateSpans.map(({ literal }) => `…${literal.text}`).join('')
}
