// The policies of one process at work: they receive its events, and send a bounded number of commands at a time.
import type { EventStore, RecordedEvent } from '../../store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { atEndOfTurn } from '../handling/end-of-turn.ts'
import type { Ending, Process, RunnerOptions, Runtime } from '../processes/process-kind.ts'
import { troubleOf } from '../processes/trouble.ts'
import { GivenUp, untilDone } from '../processes/until-done.ts'
import type { Choreography } from './definition.ts'
import { type Asked, asks, beganAt, isPointless, type Known, learn, overdue, wakesAt } from './known.ts'
import { knownOf, retold } from './story.ts'

export interface ReactionsOptions<Facts> extends RunnerOptions {
  choreography: Choreography<Facts>
  store: EventStore
  bus: CommandBus
}

/** @param remembered the knowledge from before, if it is still kept */
export function openReactions<Facts>(
  { choreography, store, bus, tries, now }: ReactionsOptions<Facts>,
  id: string,
  remembered: Known<Facts> | undefined,
  { signal, budget, troubled, ended }: Runtime<Known<Facts>>,
): Process {
  const seen = new Set<string>()
  const underWay = new Set<Asked<Facts>>()
  const failures = new Map<Asked<Facts>, GivenUp>()
  let known = remembered
  let inbox: RecordedEvent[] = []
  let retried = false
  let queue: Asked<Facts>[] = []
  let correlationId: string | undefined
  let running = false
  let started = false
  let over = false

  const trying = { tries, signal, budget, troubled }

  function wake(): void {
    if (running || over || signal.aborted) return
    running = true
    atEndOfTurn(() => void run())
  }

  async function run(): Promise<void> {
    started = true
    try {
      do {
        const news = inbox
        const again = retried
        inbox = []
        retried = false
        await untilDone(() => react(news, again), trying)
      } while (inbox.length > 0 && !signal.aborted)
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      return end({ trouble: troubleOf(error), correlationId: correlationId ?? id })
    }
    running = false
    send()
  }

  /** Nothing is kept unless all of it works, so that it can be tried again. */
  async function react(news: readonly RecordedEvent[], again: boolean): Promise<void> {
    let after = known
    if (!after && news[0]?.type !== choreography.beginsWith) after = await knownOf(choreography, store, id)
    const events = again && after ? await retold(choreography, store, id, after, news) : news
    const wanted: Asked<Facts>[] = []
    for (const event of events) {
      after = learn(choreography, after, event)
      wanted.push(...asks(choreography, after, event, now()))
    }
    if (!after) throw new Error(`${choreography.storyOf(id)} has no event`)
    wanted.push(...overdue(choreography, after, now()))
    known = after
    queue.push(...wanted.filter(isNew))
  }

  /** An event may arrive twice: from the log, and when the story of a process is read again. */
  function isNew(asked: Asked<Facts>): boolean {
    const key = keyOf(asked)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  }

  function isWanted({ policy, event }: Asked<Facts>): boolean {
    return !(known && isPointless(known, policy, event))
  }

  /** Commands that waited for their time do not wait for earlier commands that are late. */
  function send(): void {
    if (over || signal.aborted) return
    let places = choreography.window - [...underWay].filter(isWanted).length
    const later: Asked<Facts>[] = []
    for (const asked of queue.filter(isWanted)) {
      if (asked.policy.at || places-- > 0) void sendOne(asked)
      else later.push(asked)
    }
    queue = later
    if (!running && underWay.size === 0 && inbox.length === 0) conclude()
  }

  function conclude(): void {
    const stuck = inOrder([...failures].filter(([asked]) => isWanted(asked)))
    const [failure] = stuck.map(([, failure]) => failure)
    if (failure) {
      const steps = stuck.flatMap(([{ step }]) => step ?? [])
      const undoing = stuck.some(([{ policy }]) => policy.undoes)
      end({ trouble: troubleOf(failure, steps, undoing), correlationId: correlationId ?? id })
    } else if (known) {
      end({ known, wakeAt: wakesAt(known) })
    }
  }

  /** In the order of the requests: the order of the failures is chance. */
  function inOrder(stuck: [Asked<Facts>, GivenUp][]): [Asked<Facts>, GivenUp][] {
    const places = new Map([...seen].map((key, place) => [key, place]))
    const placeOf = (asked: Asked<Facts>) => places.get(keyOf(asked)) ?? 0
    return stuck.sort(([one], [other]) => placeOf(one) - placeOf(other))
  }

  async function sendOne(asked: Asked<Facts>): Promise<void> {
    const { stream, command, commandId, event } = asked
    underWay.add(asked)
    try {
      await untilDone(
        async () => {
          const outcome = await bus.send({
            stream,
            command,
            commandId,
            digest: '',
            correlationId: event.metadata.correlationId ?? id,
            causationId: event.id,
            receiptOnly: true,
            // No command was sent before.
            ...(known && { after: beganAt(choreography, known) }),
          })
          if (!outcome.accepted) throw new Error(`${stream} refused ${command.type}: ${outcome.refusal.message}`)
        },
        { ...trying, pointless: () => over || !isWanted(asked) },
      )
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error
      failures.set(asked, error)
    }
    underWay.delete(asked)
    send()
  }

  function end(ending: Ending<Known<Facts>>): void {
    over = true
    ended(ending)
  }

  return {
    notice(event) {
      inbox.push(event)
      correlationId ??= event.metadata.correlationId
      wake()
    },
    retry(event) {
      retried = true
      inbox.push(event)
      correlationId ??= event.metadata.correlationId
      wake()
    },
    tick(time) {
      if (started && known && (wakesAt(known) ?? Number.POSITIVE_INFINITY) > time) return
      wake()
    },
    rest: () => Promise.resolve(),
  }
}

function keyOf({ commandId, stream }: Pick<Asked<unknown>, 'commandId' | 'stream'>): string {
  return `${commandId}/${stream}`
}
