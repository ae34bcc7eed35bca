// The readiness of a process depends on its infrastructure, its own parts, and, for a gateway, the parts of other processes.
import type { EventStore } from '../../events/catalogue.ts'
import { counted } from '../../kernel/counted.ts'
import { PARTITIONS } from '../../kernel/deciding/bus/partitions.ts'
import { messageOf } from '../../kernel/failures/message-of.ts'
import type { Feed } from '../../kernel/projecting/feed/feed.ts'
import type { Infrastructure } from '../desk/infrastructure.ts'
import type { RunningRole } from '../roles/active-once.ts'
import { type RoleAnswers, type RollCall, roleOf } from '../roles/roll-call.ts'
import type { Health, Part } from './health.ts'

/** How many shares the work of each role has in the whole deployment, and under which name its health is reported. */
const work = {
  command: { part: 'commands', shares: PARTITIONS },
  saga: { part: 'sagas', shares: 1 },
  projector: { part: 'projector', shares: 1 },
} as const

type Worker = keyof typeof work

export type RunningRoles = Partial<Record<Worker, RunningRole>>

/** The feed of a gateway, and its roll call where there may be other processes. */
interface Front {
  feed: Feed | undefined
  rollCall: RollCall | undefined
}

/** Checks each part. Broken documents are reported, but the process stays ready: only these documents cannot be read. */
export async function deskHealth(
  infrastructure: Infrastructure,
  running: RunningRoles,
  { feed, rollCall }: Front,
): Promise<Health> {
  const own = await ownRoles(running)
  const parts: Record<string, Part> = { eventStore: await eventStorePart(infrastructure.store) }
  if (infrastructure.messaging) parts.messages = infrastructure.messaging.health()
  if (feed) parts.views = viewsPart(feed, infrastructure)
  Object.assign(parts, rollCall ? deploymentParts([own, ...(await rollCall.others())]) : ownParts(own))
  return { ready: Object.values(parts).every(({ ok }) => ok), parts }
}

/** The answer of this process to a roll call. */
export async function ownRoles(running: RunningRoles): Promise<RoleAnswers> {
  const told = Object.entries(running).map(async ([role, { health }]) => [role, await health()] as const)
  return Object.fromEntries(await Promise.all(told))
}

function ownParts(own: RoleAnswers): Record<string, Part> {
  const entries = Object.entries(own) as [Worker, Part][]
  return Object.fromEntries(entries.map(([role, health]) => [work[role].part, health]))
}

/** A gateway is of use only while somebody decides its commands, sees to its orders and folds its views. */
function deploymentParts(answers: readonly RoleAnswers[]): Record<string, Part> {
  const roles = Object.keys(work) as Worker[]
  return Object.fromEntries(roles.map((role) => [work[role].part, roleOf(answers, role, work[role].shares)]))
}

async function eventStorePart(store: EventStore): Promise<Part> {
  try {
    const position = await store.head()
    return { ok: true, detail: `newest event at ${position}`, figures: { position } }
  } catch (error) {
    return { ok: false, detail: messageOf(error) }
  }
}

function viewsPart(feed: Feed, { startedAt }: Infrastructure): Part {
  const { failure, away: _, ...figures } = feed.health()
  const { position, subscriptions } = figures
  if (failure !== undefined) return { ok: false, detail: failure, figures }
  if (position < startedAt) return { ok: false, detail: `catching up, at ${position} of ${startedAt}`, figures }
  return { ok: true, detail: counted(subscriptions, 'subscription'), figures }
}
