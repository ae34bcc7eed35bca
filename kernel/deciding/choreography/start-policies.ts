// Runs the policies of one choreography.
import { type Logger, toStderr } from '../../logger.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { CommandBus } from '../bus/command-bus.ts'
import { defaultRunnerOptions, type RunnerOptions } from '../processes/process-kind.ts'
import { type Sagas, startProcesses } from '../processes/process-runner.ts'
import type { Choreography } from './definition.ts'
import { type Known, relevantTypes } from './known.ts'
import { openReactions } from './reactions.ts'

/**
 * Starts the policies of a choreography. They react to each event at least once, and in the order of the log within
 * each process.
 *
 * @example const policies = await startPolicies({ choreography, store, bus: handler })
 * @param options.tries how often a command may fail by its own fault before its process is parked
 * @param options.now the clock for setting and judging deadlines, in epoch milliseconds
 */
export function startPolicies<Facts>(
  options: {
    choreography: Choreography<Facts>
    store: EventStore
    bus: CommandBus
    log?: Logger
  } & Partial<RunnerOptions>,
): Promise<Sagas> {
  const { choreography, store, bus, log = toStderr, tries, now } = { ...defaultRunnerOptions, ...options }
  return startProcesses<Known<Facts>>(
    {
      name: choreography.name,
      reader: choreography.name,
      follows: choreography.follows,
      stories: choreography.stories,
      begunBy: (first) => (first.type === choreography.beginsWith ? choreography.idOf(first) : undefined),
      relevant: relevantTypes(choreography),
      idOf: choreography.idOf,
      storyOf: (_, id) => choreography.storyOf(id),
      about: choreography.about,
      open: (id, known, runtime) => openReactions({ choreography, store, bus, tries, now }, id, known, runtime),
      steps: ({ facts }) => choreography.participants(facts).length,
    },
    { store, bus, log, now },
  )
}
