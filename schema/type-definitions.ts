// The schema's text, as it is served and as everything else in this folder is made from.
import { readFileSync } from 'node:fs'

export const typeDefinitions = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8')
