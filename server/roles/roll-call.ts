// The roll call: a gateway asks all processes of the deployment once a second which parts they run, and how those are.
import { counted } from '../../kernel/counted.ts'
import type { Messaging } from '../../kernel/messaging/messaging.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { Part, RoleHealth } from '../health/health.ts'
import type { Role } from '../settings/settings.ts'

export type RoleAnswers = Partial<Record<Role, RoleHealth>>

interface Answer {
  /** The process that answers. */
  holder: string
  roles: RoleAnswers
}

type Connected = Pick<Infrastructure, 'namespace' | 'holder'> & { messaging: Messaging }

/** Answers for this process, until the connection is closed. */
export function answerRollCall({ messaging, namespace, holder }: Connected, roles: () => Promise<RoleAnswers>): void {
  messaging.serve(subjectIn(namespace), async (): Promise<Answer> => ({ holder, roles: await roles() }))
}

export interface RollCall {
  /** The answers of the other processes that are there. Waits for the end of the first call. */
  others(): Promise<RoleAnswers[]>
  stop(): void
}

/** A projector that is busy may take a second to answer; calls overlap. */
const CALLED_EVERY_MS = 1_000
const GATHERED_FOR_MS = 1_500
/** A process that answers none of this many calls is gone. That is known after 3.5 seconds, and one late answer changes nothing. */
const CALLS_KEPT = 2

/** Calls all processes until it is stopped, one call after the other. */
export function startRollCall(
  { messaging, namespace, holder }: Connected,
  { everyMs = CALLED_EVERY_MS, gatheredForMs = GATHERED_FOR_MS } = {},
): RollCall {
  const calls: Answer[][] = []

  async function call(): Promise<void> {
    try {
      const answers = await messaging.gather(subjectIn(namespace), null, gatheredForMs)
      calls.push(answers.filter(isAnswer))
      if (calls.length > CALLS_KEPT) calls.shift()
    } catch {
      // The part `messages` reports that there is no connection.
    }
  }

  const first = call()
  const timer = setInterval(call, everyMs)
  return {
    async others() {
      await first
      const newest = new Map(calls.flat().map((answer) => [answer.holder, answer.roles]))
      newest.delete(holder)
      return [...newest.values()]
    },
    stop: () => clearInterval(timer),
  }
}

function isAnswer(value: unknown): value is Answer {
  const { holder, roles } = (value ?? {}) as Partial<Answer>
  return typeof holder === 'string' && typeof roles === 'object' && roles !== null
}

/**
 * How a part of the deployment is, by all who run it. Its figures are those of the processes that are active, added up where they
 * share the work.
 * @param shares how many shares its work has: all must be held by somebody
 */
export function roleOf(answers: readonly RoleAnswers[], role: Role, shares: number): Part {
  const running = answers.flatMap((answer) => answer[role] ?? [])
  return { ...stateOf(running, role, shares), ...figuresOf(running, shares) }
}

function stateOf(running: readonly RoleHealth[], role: Role, shares: number): Part {
  const held = running.reduce((sum, { active }) => sum + active, 0)
  const processes = counted(running.length, 'process', 'processes')
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

/**
 * A standby does none of the work that is counted; a process of an older release sends no figures. Of work that one process does at a time,
 * the last answer of the one before may still be there for a moment.
 */
function figuresOf(running: readonly RoleHealth[], shares: number): Pick<Part, 'figures'> {
  const figures: Record<string, number> = {}
  const told = running.filter(({ active }) => active > 0).flatMap((health) => Object.entries(health.figures ?? {}))
  for (const [name, value] of told) {
    const before = figures[name] ?? 0
    figures[name] = shares === 1 ? Math.max(before, value) : before + value
  }
  return told.length > 0 ? { figures } : {}
}

function subjectIn(namespace: string): string {
  return `${namespace}.roll-call`
}
