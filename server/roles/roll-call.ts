// The roll call: a gateway asks all processes of the deployment which parts they run, and how those are.
import type { Messaging } from '../../events/messaging/messaging.ts'
import type { Part, RoleHealth } from '../health.ts'
import type { Role } from '../settings.ts'

export type RoleAnswers = Partial<Record<Role, RoleHealth>>

const ANSWER_WITHIN_MS = 400

/** Has this process answer, until the connection is closed. */
export function answerRollCall(messaging: Messaging, namespace: string, roles: () => Promise<RoleAnswers>): void {
  messaging.serve(subjectIn(namespace), roles)
}

/** What the processes answered that are connected, this one included when it answers too. @throws MessagingUnavailable */
export async function callRoll(messaging: Messaging, namespace: string): Promise<RoleAnswers[]> {
  return (await messaging.gather(subjectIn(namespace), null, ANSWER_WITHIN_MS)) as RoleAnswers[]
}

/**
 * How a part of the deployment is, by all who run it.
 * @param shares how many shares its work has: all must be held by somebody
 */
export function roleOf(answers: readonly RoleAnswers[], role: Role, shares: number): Part {
  const running = answers.flatMap((answer) => answer[role] ?? [])
  const held = running.reduce((sum, { active }) => sum + active, 0)
  const processes = running.length === 1 ? '1 process' : `${running.length} processes`
  if (running.length === 0) return { ok: false, detail: `no process with the role ${role} answers` }
  const broken = running.find(({ ok, active }) => active > 0 && !ok)
  if (broken) return { ok: false, detail: broken.detail }
  if (held < shares) {
    const who = shares === 1 ? 'none of them is active yet' : `they hold ${held} of ${shares} partitions`
    const why = running.find(({ ok }) => !ok)?.detail
    return { ok: false, detail: [`${processes}, ${who}`, ...(why === undefined ? [] : [why])].join(': ') }
  }
  const active = running.filter(({ active }) => active > 0)
  return { ok: true, detail: `${processes}: ${active.map(({ detail }) => detail).join('; ')}` }
}

function subjectIn(namespace: string): string {
  return `${namespace}.roll-call`
}
