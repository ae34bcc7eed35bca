// The digest of a command's input: it distinguishes a repeat from another command with the same id.
import { hash } from 'node:crypto'

/**
 * The digest of a mutation's checked input, as it stands in the metadata of the events that the command leads to.
 *
 * Digests outlive releases: a command that was sent before an upgrade is repeated after it. So an absent field, at any depth, leaves no trace
 * in the digest, and a field that is added later changes no digest of commands without it. For this to hold, an input has its fields in an
 * unchanging order, and a new field has no default there: where one is wanted, the command gets it.
 * @param input without the `commandId`
 */
export function digestOf(mutation: string, input: object): string {
  return hash('sha1', JSON.stringify([mutation, input], withoutAbsent), 'base64')
}

/** JSON has no `undefined`, which leaves a field out. An element of a list stays in every case. */
function withoutAbsent(this: unknown, _: string, value: unknown): unknown {
  return value === null && !Array.isArray(this) ? undefined : value
}
